"""Panels of jobs over a list that the test decides, and what a person sees and does there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListView, QWidget

from core.jobs.job import ErrorReport
from core.jobs.job_record import JobRecord, JobState
from gui.background import Background
from gui.jobs.job_rows import FilterButtons
from gui.jobs.jobs_model import RECORD_ROLE, JobsModel
from gui.jobs.jobs_panel import JobsPanel
from tests.fakes.job_records import one_of_each, record
from tests.gui.controls import controls_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytestqt.qtbot import QtBot

LOST = record(
    "lost",
    JobState.FAILED,
    error=ErrorReport(kind="SubmitUnknown", message="No answer came.", hint="Look there."),
    ticket="written before the order",
)


class JobPanels:
    """Panels of jobs over a list that the test decides, with what they told."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.background = Background()
        self.records: Sequence[JobRecord] = [*one_of_each(), LOST]
        self.messages: dict[QWidget, list[Any]] = {}

    def model(self) -> JobsModel:
        model = JobsModel(lambda _: list(self.records), self.background)
        model.refresh()
        self.settle()
        return model

    def open(self) -> JobsPanel:
        panel = JobsPanel(self.model())
        self.qtbot.addWidget(panel)
        messages: list[Any] = []
        for name in ("pause", "continue", "cancel", "retry", "move", "clear", "folder"):
            getattr(panel, f"{name}_wanted").connect(
                lambda value=None, name=name: messages.append((name, value))
            )
        panel.lost.fetch_wanted.connect(lambda *asked: messages.append(("fetch", asked)))
        panel.lost.order_wanted.connect(lambda job: messages.append(("order", job)))
        panel.lost.strike_wanted.connect(lambda job: messages.append(("strike", job)))
        for buttons in panel.findChildren(FilterButtons):
            buttons.changed.connect(messages.append)
        self.messages[panel] = messages
        panel.resize(560, 420)
        with self.qtbot.waitActive(panel):
            panel.show()
            panel.activateWindow()
        return panel

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.background.is_idle)


def click(control: QWidget) -> None:
    QTest.mouseClick(control, Qt.MouseButton.LeftButton)


def select(panel: JobsPanel, *job_ids: str) -> None:
    """Choose these jobs in the list."""
    jobs = jobs_of(panel)
    jobs.clearSelection()
    for row in range(jobs.model().rowCount()):
        index = jobs.model().index(row, 0)
        if index.data(RECORD_ROLE).id in job_ids:
            flag = QItemSelectionModel.SelectionFlag.Select
            jobs.selectionModel().setCurrentIndex(index, flag)


def titles(panel: JobsPanel) -> list[str]:
    model = jobs_of(panel).model()
    rows = (model.index(row, 0) for row in range(model.rowCount()))
    return [index.data().removeprefix("fake-small: ") for index in rows]


def jobs_of(panel: JobsPanel) -> QListView:
    jobs = controls_of(panel)["jobs"]
    assert isinstance(jobs, QListView)
    return jobs


def label_of(panel: JobsPanel, name: str) -> QLabel:
    label = panel.findChild(QLabel, name)
    assert label is not None
    return label


def text_of(panel: JobsPanel, name: str) -> str:
    label = label_of(panel, name)
    return label.text() if label.isVisible() else ""
