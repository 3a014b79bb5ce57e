"""Which jobs are shown: the choice, its buttons, and the rows that it lets through."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget
from typing_extensions import override

from core.jobs.job_record import JobState
from gui.jobs.jobs_model import RECORD_ROLE, JobsModel


class JobFilter(StrEnum):
    """Which jobs are shown."""

    ALL = "all"
    ACTIVE = "active"
    FAILED = "failed"


_BUTTONS = {
    JobFilter.ALL: ("All", "Show every job"),
    JobFilter.ACTIVE: ("Active", "Show what runs, waits or was interrupted"),
    JobFilter.FAILED: ("Failed", "Show what failed"),
}


class FilteredJobs(QSortFilterProxyModel):
    """The rows of a jobs model that a filter lets through, in the same order."""

    def __init__(self, model: JobsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chosen = JobFilter.ALL
        self.setSourceModel(model)

    @property
    def chosen(self) -> JobFilter:
        """The filter."""
        return self._chosen

    def choose(self, chosen: JobFilter) -> None:
        """Show these only."""
        self._chosen = chosen
        self.invalidate()

    @override
    def filterAcceptsRow(
        self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex
    ) -> bool:
        record = self.sourceModel().index(source_row, 0, source_parent).data(RECORD_ROLE)
        match self._chosen:
            case JobFilter.ALL:
                return True
            case JobFilter.ACTIVE:
                return not record.state.has_ended
            case JobFilter.FAILED:
                return record.state is JobState.FAILED


class FilterButtons(QWidget):
    """One button for each choice, of which one is always down.

    Signals:
        changed(JobFilter): a person chose this one.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for chosen, (text, tip) in _BUTTONS.items():
            button = QToolButton()
            button.setObjectName(f"show_{chosen.value}")
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setChecked(chosen is JobFilter.ALL)
            button.clicked.connect(partial(self.changed.emit, chosen))
            row.addWidget(button)
