"""The rows of the list of jobs: which are shown, and how each is painted."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QStyleOptionViewItem,
    QToolButton,
    QWidget,
)
from typing_extensions import override

from core.jobs.job_record import JobRecord, JobState
from gui import theme
from gui.jobs import job_text
from gui.jobs.jobs_model import PREVIEW_ROLE, RECORD_ROLE, JobsModel
from gui.theme import Tone
from gui.widgets.cells import Cell, CellDelegate, centred
from gui.widgets.fields import named
from gui.widgets.layouts import hbox

_Index = QModelIndex | QPersistentModelIndex
_ICONS = {
    JobState.QUEUED: "clock-outline",
    JobState.RUNNING: "play-circle-outline",
    JobState.INTERRUPTED: "pause-circle-outline",
    JobState.SUCCEEDED: "check-circle-outline",
    JobState.FAILED: "alert-circle-outline",
    JobState.CANCELLED: "cancel",
}
STOP, PAUSE = "Stop", "Pause"
_STOP_ICON = 16
_ICON = 20
_BAR = 4


class JobDelegate(CellDelegate):
    """Two lines for a job and a thin bar below them, filled by the real fraction only.

    Signals:
        stop_wanted(str): a person clicked on "Stop" in the row of that job.
    """

    stop_wanted = Signal(object)

    @override
    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """Stop the job of a row whose "Stop" is clicked."""
        record = index.data(RECORD_ROLE)
        if (
            isinstance(event, QMouseEvent)
            and isinstance(record, JobRecord)
            and not record.state.has_ended
            and stop_place(option).contains(event.position().toPoint())
        ):
            if event.type() is QEvent.Type.MouseButtonRelease:
                self.stop_wanted.emit(record.id)
            # The row is not chosen by what is meant for its button.
            return True
        return super().editorEvent(event, model, option, index)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, 2 * option.fontMetrics.height() + _BAR + 3 * theme.GAP)

    @override
    def paint_cell(self, cell: Cell, index: _Index) -> None:
        record = index.data(RECORD_ROLE)
        if not isinstance(record, JobRecord):
            return
        area = cell.rect.adjusted(theme.GAP, theme.GAP, -theme.GAP, -theme.GAP)
        area.setLeft(area.left() + _paint_image(cell, area, record, index.data(PREVIEW_ROLE)))
        metrics = cell.option.fontMetrics
        if not record.state.has_ended:
            place = stop_place(cell.option)
            _paint_stop(cell, place, goes_on=record.goes_on)
            area.setRight(place.left() - theme.GAP)
        first = QRect(area.topLeft(), QSize(area.width(), metrics.height()))
        second = first.translated(0, metrics.height() + theme.GAP // 4)
        is_running = record.state is JobState.RUNNING
        write_title = cell.bold_text if is_running else cell.text
        write_title(record.title, first, cell.colour())
        times = job_text.times(record, datetime.now(UTC))
        cell.text(times, second, cell.colour(Tone.QUIET), is_right=True)
        second.setRight(second.right() - metrics.horizontalAdvance(times) - theme.GAP)
        cell.text(job_text.status(record), second, cell.colour(job_text.tone(record)))
        if is_running:
            bar = QRectF(area.left(), area.bottom() - _BAR + 1, area.width(), _BAR)
            cell.bar(bar, job_text.fraction(record))


def stop_place(option: QStyleOptionViewItem) -> QRect:
    """Where "Stop" or "Pause" stands in a row."""
    words = max(map(option.fontMetrics.horizontalAdvance, (STOP, PAUSE)))
    width = words + _STOP_ICON + 3 * theme.GAP
    place = option.rect.adjusted(0, theme.GAP, -theme.GAP, -theme.GAP)
    place.setLeft(place.right() - width)
    return place


def _paint_stop(cell: Cell, place: QRect, *, goes_on: bool) -> None:
    painter = cell.painter
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(cell.palette.color(QPalette.ColorRole.Mid))
    painter.setBrush(cell.palette.color(QPalette.ColorRole.Button))
    painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    sign = centred(QSize(_STOP_ICON, _STOP_ICON), place)
    sign.moveLeft(place.left() + theme.GAP)
    colour = cell.palette.color(QPalette.ColorRole.ButtonText)
    cell.icon("pause" if goes_on else "close-circle-outline", sign, colour)
    cell.text(
        PAUSE if goes_on else STOP, place.adjusted(_STOP_ICON + 2 * theme.GAP, 0, 0, 0), colour
    )


def _paint_image(cell: Cell, area: QRect, record: JobRecord, preview: object) -> int:
    """The picture of the clip so far, or the icon of the state; gives how much room it took."""
    if isinstance(preview, QImage):
        size = preview.size().scaled(
            QSize(area.height() * 16 // 9, area.height()), Qt.AspectRatioMode.KeepAspectRatio
        )
        cell.painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        cell.painter.drawImage(QRect(area.topLeft(), size), preview)
        return size.width() + theme.GAP
    place = centred(QSize(_ICON, _ICON), area)
    place.moveLeft(area.left())
    is_paused = record.state is JobState.CANCELLED and record.goes_on
    shown = JobState.INTERRUPTED if is_paused else record.state
    cell.icon(_ICONS[shown], place, cell.colour())
    return _ICON + theme.GAP


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
    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
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
        row = hbox(of=self, gap=2)
        for chosen, (text, tip) in _BUTTONS.items():
            button = named(QToolButton(), f"show_{chosen.value}", tip, tip)
            button.setText(text)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setChecked(chosen is JobFilter.ALL)
            button.clicked.connect(partial(self.changed.emit, chosen))
            row.addWidget(button)
