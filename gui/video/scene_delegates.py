"""How the cells of the scene table are drawn and edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPalette, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from core.project.status import (
    Done,
    Failed,
    InQueue,
    Missing,
    NoPrompt,
    Rendering,
    Stale,
    WaitingFor,
    describe_status,
)
from gui import theme
from gui.theme import Tone
from gui.video.scene_rows import Column, SceneRow
from gui.video.scene_table_model import ROW_ROLE

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel, QPersistentModelIndex
    from PySide6.QtGui import QColor, QPainter

    from core.project.status import SceneStatus
    from gui.widgets.thumbnails import Thumbnails

    Index = QModelIndex | QPersistentModelIndex

PAD = 6
ICON = 16
THUMBNAIL = QSize(64, 40)
LONGEST_S = 600.0
_SHOWN_LETTERS = 400
_EDITOR_HEIGHT = 120


def row_height(metrics_height: int) -> int:
    """The height of a row: two lines of text, or a small picture."""
    return max(THUMBNAIL.height() + 4, 2 * metrics_height + PAD) + 4


def text_colour(option: QStyleOptionViewItem, tone: Tone | None = None) -> QColor:
    """The colour of a cell's text, readable on a selected row too."""
    if option.state & QStyle.StateFlag.State_Selected:
        return option.palette.color(QPalette.ColorRole.HighlightedText)
    if tone is not None:
        return theme.tone(option.palette, tone)
    return option.palette.color(QPalette.ColorRole.Text)


def paint_icon(painter: QPainter, name: str, rect: QRect, colour: QColor) -> None:
    """Draw an icon of the theme in a colour."""
    tinted = QPalette()
    tinted.setColor(QPalette.ColorRole.ButtonText, colour)
    theme.icon(name, tinted).paint(painter, rect)


class CellDelegate(QStyledItemDelegate):
    """Draws the background of a cell, and leaves the content to `paint_cell`."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        cell = QStyleOptionViewItem(option)
        style = option.widget.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, cell, painter, option.widget
        )
        painter.save()
        painter.setClipRect(option.rect)
        self.paint_cell(painter, option, index.data(ROW_ROLE))
        painter.restore()
        if option.state & QStyle.StateFlag.State_HasFocus:
            pen = QPen(text_colour(option), 1, Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawRect(option.rect.adjusted(1, 1, -2, -2))

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, row: SceneRow) -> None:
        """Draw what the cell holds."""


class NumberDelegate(CellDelegate):
    """The scene's number, and a link where it goes on from the scene before."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, row: SceneRow) -> None:
        """Draw the number, the link above it at the upper edge that joins it to the row before."""
        painter.setPen(text_colour(option))
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, str(row.number))
        if row.is_linked:
            place = QRect(0, 0, ICON, ICON)
            place.moveCenter(option.rect.center())
            place.moveTop(option.rect.top() + 1)
            link = option.palette.color(QPalette.ColorRole.Link)
            is_selected = option.state & QStyle.StateFlag.State_Selected
            paint_icon(painter, "link-variant", place, text_colour(option) if is_selected else link)


class PromptDelegate(CellDelegate):
    """Title and prompt in two lines; edited in a box of several."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, row: SceneRow) -> None:
        """Draw a bold title above a line of the prompt, or two lines of the prompt."""
        rect = option.rect.adjusted(PAD, 0, -PAD, 0)
        height = option.fontMetrics.height()
        top = rect.center().y() - height
        prompt = " ".join(row.scene.prompt[:_SHOWN_LETTERS].split())
        lines = 2
        if row.scene.title:
            font = painter.font()
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(text_colour(option))
            title = painter.fontMetrics().elidedText(
                row.scene.title, Qt.TextElideMode.ElideRight, rect.width()
            )
            line = QRect(rect.left(), top, rect.width(), height)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, title)
            font.setBold(False)
            painter.setFont(font)
            top, lines = top + height, 1
        painter.setPen(text_colour(option, None if prompt else Tone.QUIET))
        shown = _wrapped(prompt or "No prompt yet", option, rect.width(), lines)
        if len(shown) == 1 and not row.scene.title:
            top += height // 2
        for line in shown:
            painter.drawText(
                QRect(rect.left(), top, rect.width(), height), Qt.AlignmentFlag.AlignLeft, line
            )
            top += height

    def createEditor(  # noqa: N802
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        """A box for several lines."""
        box = QPlainTextEdit(parent)
        box.setObjectName("prompt_editor")
        box.setAccessibleName("Prompt")
        box.setToolTip("Enter takes the prompt over, Shift+Enter begins a new line, Escape leaves.")
        box.setTabChangesFocus(True)
        return box

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Higher than the row, but never out of the table."""
        rect = QRect(option.rect)
        rect.setHeight(max(rect.height(), _EDITOR_HEIGHT))
        lowest = editor.parentWidget().rect().bottom()
        if rect.bottom() > lowest:
            rect.moveBottom(max(lowest, rect.height() - 1))
        editor.setGeometry(rect)

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """The prompt, unless something was typed already while the table changed."""
        if isinstance(editor, QPlainTextEdit) and not editor.document().isModified():
            editor.setPlainText(index.data(Qt.ItemDataRole.EditRole))
            editor.selectAll()

    def setModelData(  # noqa: N802
        self, editor: QWidget, model: QAbstractItemModel, index: Index
    ) -> None:
        """Take over what was typed."""
        if isinstance(editor, QPlainTextEdit) and editor.document().isModified():
            model.setData(QModelIndex(index), editor.toPlainText())

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:  # noqa: N802
        """Enter ends the editing; with Shift it begins a new line."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if is_enter and not is_shifted and isinstance(editor, QWidget):
                self.commitData.emit(editor)
                self.closeEditor.emit(editor)
                return True
        return super().eventFilter(editor, event)


class PictureDelegate(CellDelegate):
    """A small picture, or an empty place for one."""

    def __init__(self, thumbnails: Thumbnails, column: Column, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._column = column

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, row: SceneRow) -> None:
        """Draw the picture in the middle of the cell."""
        place = QRect(0, 0, THUMBNAIL.width(), THUMBNAIL.height())
        place.moveCenter(option.rect.center())
        picture = row.picture(self._column)
        if picture is None:
            self._paint_empty(painter, option, place, row)
            return
        ratio = option.widget.devicePixelRatio()
        found = self._thumbnails.pixmap(picture.path, THUMBNAIL * ratio, picture.at)
        if found is None:
            painter.fillRect(place, option.palette.color(QPalette.ColorRole.Midlight))
            return
        shown = QRect(0, 0, round(found.width() / ratio), round(found.height() / ratio))
        shown.moveCenter(place.center())
        painter.drawPixmap(shown, found)
        if self._column is Column.START and row.is_linked:
            self._paint_badge(painter, option, shown)

    def _paint_empty(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, row: SceneRow
    ) -> None:
        colour = text_colour(option, Tone.QUIET)
        is_linked = self._column is Column.START and row.is_linked
        if self._column is Column.CLIP:
            return
        if is_linked:
            icon = QRect(0, 0, ICON, ICON)
            icon.moveCenter(place.center())
            paint_icon(painter, "link-variant", icon, colour)
            return
        painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(place.adjusted(8, 4, -8, -4), 4, 4)

    def _paint_badge(self, painter: QPainter, option: QStyleOptionViewItem, shown: QRect) -> None:
        badge = QRect(shown.left(), shown.bottom() - ICON + 1, ICON, ICON)
        painter.fillRect(badge, option.palette.color(QPalette.ColorRole.Base))
        link = option.palette.color(QPalette.ColorRole.Link)
        paint_icon(painter, "link-variant", badge.adjusted(1, 1, -1, -1), link)


class DurationDelegate(CellDelegate):
    """The length in seconds; the usual one is quiet."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, row: SceneRow) -> None:
        """Draw the length at the right."""
        painter.setPen(text_colour(option, None if row.is_own_duration else Tone.QUIET))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        rect = option.rect.adjusted(PAD, 0, -PAD, 0)
        painter.drawText(rect, align, row.text(Column.DURATION) or "Usual")

    def createEditor(  # noqa: N802
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        """A number box whose lowest value stands for the usual length."""
        box = QDoubleSpinBox(parent)
        box.setObjectName("duration_editor")
        box.setAccessibleName("Length")
        box.setToolTip("How long the clip shall be; the lowest value takes the project's length.")
        box.setRange(0.0, LONGEST_S)
        box.setDecimals(2)
        box.setSingleStep(0.5)
        box.setSuffix(" s")
        box.setSpecialValueText("Usual")
        return box

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """The scene's own length, or the usual one to begin with."""
        if isinstance(editor, QDoubleSpinBox) and not editor.property("is_begun"):
            row: SceneRow = index.data(ROW_ROLE)
            editor.setValue(row.duration_s or 0.0)
            editor.setProperty("is_begun", True)
            editor.selectAll()

    def setModelData(  # noqa: N802
        self, editor: QWidget, model: QAbstractItemModel, index: Index
    ) -> None:
        """Take the length over, unless it is the one that is there."""
        if not isinstance(editor, QDoubleSpinBox):
            return
        editor.interpretText()
        row: SceneRow = index.data(ROW_ROLE)
        value = editor.value()
        if round(row.duration_s or 0.0, 2) != value:
            model.setData(QModelIndex(index), value or None)

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Wide enough for its number."""
        rect = QRect(option.rect)
        rect.setWidth(max(rect.width(), editor.sizeHint().width()))
        rect.moveRight(min(rect.right(), editor.parentWidget().rect().right()))
        editor.setGeometry(rect)


class StatusDelegate(CellDelegate):
    """A mark and a word; a bar while the scene is rendered."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, row: SceneRow) -> None:
        """Draw the status."""
        icon, tone = _mark(row.status)
        colour = text_colour(option, tone)
        rect = option.rect.adjusted(PAD, 0, -PAD, 0)
        place = QRect(rect.left(), 0, ICON, ICON)
        place.moveTop(rect.center().y() - ICON // 2)
        paint_icon(painter, icon, place, colour)
        painter.setPen(colour)
        words = rect.adjusted(ICON + PAD - 2, 0, 0, 0)
        text = painter.fontMetrics().elidedText(
            describe_status(row.status), Qt.TextElideMode.ElideRight, words.width()
        )
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, align, text)
        if isinstance(row.status, Rendering) and row.status.fraction is not None:
            bar = QRect(rect.left(), rect.bottom() - 6, rect.width(), 3)
            painter.fillRect(bar, option.palette.color(QPalette.ColorRole.Mid))
            bar.setWidth(round(bar.width() * row.status.fraction))
            painter.fillRect(bar, colour)


def _mark(status: SceneStatus) -> tuple[str, Tone | None]:
    match status:
        case NoPrompt():
            return "text-box-remove-outline", Tone.QUIET
        case Missing():
            return "circle-outline", Tone.QUIET
        case WaitingFor():
            return "link-variant", Tone.QUIET
        case InQueue():
            return "clock-outline", Tone.QUIET
        case Rendering():
            return "movie-open-play-outline", None
        case Done():
            return "check-circle", Tone.GOOD
        case Stale():
            return "alert-circle-outline", Tone.WARNING
        case Failed():
            return "close-circle", Tone.BAD
        case _:
            assert_never(status)


def _wrapped(text: str, option: QStyleOptionViewItem, width: int, lines: int) -> list[str]:
    """The text in at most so many lines, the last of them cut short where there is more."""
    if lines == 1:
        return [option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, width)]
    layout = QTextLayout(text, option.font)
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(width)
    layout.endLayout()
    cut = first.textLength()
    rest = text[cut:]
    shown = [text[:cut].rstrip()]
    if rest:
        shown.append(option.fontMetrics.elidedText(rest, Qt.TextElideMode.ElideRight, width))
    return shown
