"""A form of a render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gui.render.render_forms import open_form

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.render.render_form import RenderForm


@pytest.fixture
def form(qtbot: QtBot) -> RenderForm:
    return open_form(qtbot)
