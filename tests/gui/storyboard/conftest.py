"""A storyboard in its panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gui.storyboard.storyboard_widget import StoryboardText, StoryboardWidget
from tests.gui.storyboard.storyboards import TEXT, wait_for_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from gui.background import Background


@pytest.fixture
def open_storyboard(qtbot: QtBot, background: Background) -> Callable[[], StoryboardWidget]:
    """Opens storyboards of three scenes."""

    def fresh() -> StoryboardWidget:
        panel = StoryboardWidget(background)
        qtbot.addWidget(panel)
        panel.resize(420, 640)
        panel.set_value(StoryboardText(TEXT))
        panel.show()
        wait_for_rows(panel, 3)
        return panel

    return fresh
