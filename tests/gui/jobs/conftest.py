"""Panels of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gui.jobs.job_panels import JobPanels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture
def panels(qtbot: QtBot) -> Iterator[JobPanels]:
    panels = JobPanels(qtbot)
    yield panels
    panels.background.close()
