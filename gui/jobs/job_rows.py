"""The rows of the list of jobs: which are shown, and how each is painted."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QWidget,
)
from typing_extensions import override

from core.jobs.job_record import JobRecord, JobState
from gui import theme
from gui.jobs import job_text
from gui.jobs.jobs_model import PREVIEW_ROLE, RECORD_ROLE, JobsModel

_Index = QModelIndex | QPersistentModelIndex
_ICONS = {
    JobState.QUEUED: "clock-outline",
    JobState.RUNNING: "play-circle-outline",
    JobState.INTERRUPTED: "pause-circle-outline",
    JobState.SUCCEEDED: "check-circle-outline",
    JobState.FAILED: "alert-circle-outline",
    JobState.CANCELLED: "cancel",
}
_ICON = 20
_BAR = 4
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class JobDelegate(QStyledItemDelegate):
    """Two lines for a job and a thin bar below them, filled by the real fraction only."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        line = QFontMetrics(QFont(option.font)).height()
        return QSize(200, 2 * line + _BAR + 3 * theme.GAP)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        record = index.data(RECORD_ROLE)
        if not isinstance(record, JobRecord):
            return
        widget: QWidget = option.widget
        widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, widget
        )
        painter.save()
        area = option.rect.adjusted(theme.GAP, theme.GAP, -theme.GAP, -theme.GAP)
        preview = index.data(PREVIEW_ROLE)
        left = _paint_image(painter, option, area, record, preview)
        self._paint_words(painter, option, area.adjusted(left, 0, 0, 0), record)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, record: JobRecord
    ) -> None:
        now = datetime.now(UTC)
        font = QFont(option.font)
        metrics = QFontMetrics(font)
        first = QRect(area.left(), area.top(), area.width(), metrics.height())
        second = first.translated(0, metrics.height() + theme.GAP // 4)
        colours = option.palette
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if is_selected else QPalette.ColorRole.Text
        text = colours.color(role)
        times = job_text.times(record, now)
        width = metrics.horizontalAdvance(times) + theme.GAP
        painter.setPen(text if is_selected else theme.tone(colours, theme.Tone.QUIET))
        painter.drawText(second, _RIGHT, times)
        painter.setPen(text if is_selected else theme.tone(colours, job_text.tone(record)))
        words = metrics.elidedText(
            job_text.status(record), Qt.TextElideMode.ElideRight, second.width() - width
        )
        painter.drawText(second, _LEFT, words)
        font.setBold(record.state is JobState.RUNNING)
        painter.setFont(font)
        painter.setPen(text)
        title = QFontMetrics(font).elidedText(
            record.title, Qt.TextElideMode.ElideRight, first.width()
        )
        painter.drawText(first, _LEFT, title)
        if record.state is JobState.RUNNING:
            bar = QRect(area.left(), area.bottom() - _BAR + 1, area.width(), _BAR)
            _paint_bar(painter, QRectF(bar), job_text.fraction(record), colours, text)


def _paint_image(
    painter: QPainter,
    option: QStyleOptionViewItem,
    area: QRect,
    record: JobRecord,
    preview: object,
) -> int:
    """The picture of the clip so far, or the icon of the state; gives how much room it took."""
    if isinstance(preview, QImage):
        size = preview.size().scaled(
            QSize(area.height() * 16 // 9, area.height()), Qt.AspectRatioMode.KeepAspectRatio
        )
        place = QRect(area.topLeft(), size)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, preview)
        return size.width() + theme.GAP
    colours = QPalette(option.palette)
    if option.state & QStyle.StateFlag.State_Selected:
        on_selection = colours.color(QPalette.ColorRole.HighlightedText)
        colours.setColor(QPalette.ColorRole.ButtonText, on_selection)
    box = QRect(0, 0, _ICON, _ICON)
    box.moveCenter(QPoint(area.left() + _ICON // 2, area.center().y()))
    theme.icon(_ICONS[record.state], colours).paint(painter, box)
    return _ICON + theme.GAP


def _paint_bar(
    painter: QPainter, box: QRectF, fraction: float | None, colours: QPalette, text: QColor
) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    track = QColor(text)
    track.setAlphaF(0.25)
    painter.setBrush(track)
    painter.drawRoundedRect(box, _BAR / 2, _BAR / 2)
    if fraction:
        # On the selection, whose colour the bar would share, it is as bright as the words.
        is_on_selection = text == colours.color(QPalette.ColorRole.HighlightedText)
        painter.setBrush(text if is_on_selection else colours.color(QPalette.ColorRole.Highlight))
        filled = QRectF(box.topLeft(), QPointF(box.left() + box.width() * fraction, box.bottom()))
        painter.drawRoundedRect(filled, _BAR / 2, _BAR / 2)


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
