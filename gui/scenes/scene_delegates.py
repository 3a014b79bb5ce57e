"""How the cells of the scene table are drawn and edited."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QDoubleSpinBox, QPlainTextEdit, QStyleOptionViewItem, QWidget
from typing_extensions import override

from core.project.model.status import (
    Done,
    InQueue,
    LastRenderFailed,
    Missing,
    NoPrompt,
    OwnFootage,
    Rendering,
    SceneJobState,
    Stale,
    WaitingFor,
)
from gui import theme
from gui.characters.mention_box import MentionBox
from gui.scenes.scene_rows import SceneColumn, SceneRow
from gui.scenes.scene_table_model import ROW_ROLE
from gui.theme import Tone
from gui.widgets.cells import ICON, PAD, Cell, CellDelegate, Index, centred, icon_pixmap, in_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QAbstractItemModel

    from core.project.model.characters import Character
    from core.project.model.status import SceneJob, SceneStatus
    from gui.widgets.thumbnails import Thumbnails

THUMBNAILS = (QSize(64, 40), QSize(96, 60), QSize(128, 80))
"""The sizes of the small pictures, from which the table takes the one that it has room for."""
_MOST_LINES = 5
_FRAME_MARKS = {
    SceneJobState.QUEUED: "clock-outline",
    SceneJobState.RUNNING: "progress-clock",
    SceneJobState.FAILED: "alert-circle-outline",
}
_ICON = QSize(ICON, ICON)
LONGEST_S = 600.0
_SHOWN_LETTERS = 400
_EDITOR_HEIGHT = 120


def row_height(line_height: int, thumbnail: QSize) -> int:
    """The height of a row: two lines of text, or a small picture."""
    return max(thumbnail.height() + 4, 2 * line_height + PAD) + 4


def empty_slot(cell: QRect) -> QRect:
    """The dashed box of a cell that has no picture yet."""
    return centred(thumbnail_in(cell), cell).adjusted(8, 4, -8, -4)


def thumbnail_in(cell: QRect) -> QSize:
    """The largest small picture that a row of that height has room for."""
    fitting = [size for size in THUMBNAILS if size.height() <= cell.height() - 8]
    return fitting[-1] if fitting else THUMBNAILS[0]


class NumberDelegate(CellDelegate):
    """The scene's number, and a link where it goes on from the scene before."""

    def paint_cell(self, cell: Cell, index: Index) -> None:
        """Draw the number; the link stands at the upper edge, which joins it to the row before."""
        row: SceneRow = index.data(ROW_ROLE)
        cell.painter.setPen(cell.colour())
        cell.painter.drawText(cell.rect, Qt.AlignmentFlag.AlignCenter, str(row.number))
        if row.scene.continues:
            place = centred(_ICON, cell.rect)
            place.moveTop(cell.rect.top() + 1)
            cell.icon("link-variant", place, cell.link_colour())


class PromptDelegate(CellDelegate):
    """Title and prompt in two lines; edited in a box of several."""

    def __init__(self, characters: Callable[[], Sequence[Character]], parent: QObject) -> None:
        super().__init__(parent)
        self._characters = characters

    def paint_cell(self, cell: Cell, index: Index) -> None:
        """Draw a bold title above a line of the prompt, or two lines of the prompt."""
        row: SceneRow = index.data(ROW_ROLE)
        scene, rect = row.scene, cell.inner
        height = cell.option.fontMetrics.height()
        prompt = " ".join(scene.prompt[:_SHOWN_LETTERS].split())
        colour = cell.colour(None if prompt else Tone.QUIET)
        prompt = prompt or "No prompt yet"
        most = max(min((rect.height() - PAD) // height, _MOST_LINES), 2) - bool(scene.title)
        lines = in_lines(prompt, cell.option, rect.width(), most)
        place = QRect(rect.left(), 0, rect.width(), height)
        place.moveTop(rect.center().y() - height * (len(lines) + bool(scene.title)) // 2)
        if scene.title:
            font = cell.painter.font()
            font.setBold(True)
            cell.painter.setFont(font)
            cell.text(scene.title, place, cell.colour())
            font.setBold(False)
            cell.painter.setFont(font)
            place.translate(0, height)
        for line in lines:
            cell.text(line, place, colour)
            place.translate(0, height)

    @override
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A box for several lines."""
        box = MentionBox(parent)
        box.offer(lambda: self._characters())
        box.setObjectName("prompt_editor")
        box.setAccessibleName("Prompt")
        box.setToolTip("Enter takes the prompt over, Shift+Enter begins a new line, Escape leaves.")
        box.setTabChangesFocus(True)
        return box

    @override
    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Higher than the row, but never out of the table."""
        rect = QRect(option.rect)
        rect.setHeight(max(rect.height(), _EDITOR_HEIGHT))
        lowest = _room_of(editor).bottom()
        if rect.bottom() > lowest:
            rect.moveBottom(max(lowest, rect.height() - 1))
        editor.setGeometry(rect)

    @override
    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The prompt, unless something was typed already while the table changed."""
        if isinstance(editor, QPlainTextEdit) and not editor.document().isModified():
            editor.setPlainText(index.data(Qt.ItemDataRole.EditRole))
            editor.selectAll()

    @override
    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Take over what was typed."""
        if isinstance(editor, QPlainTextEdit) and editor.document().isModified():
            model.setData(model.index(index.row(), index.column()), editor.toPlainText())

    @override
    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Enter ends the editing; with Shift it begins a new line."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            is_taken = isinstance(editor, MentionBox) and editor.is_completing
            if is_enter and not is_shifted and not is_taken and isinstance(editor, QWidget):
                self.commitData.emit(editor)
                self.closeEditor.emit(editor)
                return True
        return super().eventFilter(editor, event)


class ImageDelegate(CellDelegate):
    """A small picture, or an empty place for one."""

    def __init__(self, thumbnails: Thumbnails, column: SceneColumn, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._column = column

    def paint_cell(self, cell: Cell, index: Index) -> None:
        """Draw the picture in the middle of the cell."""
        row: SceneRow = index.data(ROW_ROLE)
        size = thumbnail_in(cell.rect)
        place = centred(size, cell.rect)
        image = row.image(self._column)
        job = row.frame_job if self._column is SceneColumn.START else None
        if image is None:
            self._paint_empty(cell, place, row)
            self._paint_job(cell, place, job)
            return
        ratio = cell.option.widget.devicePixelRatio()
        found = self._thumbnails.pixmap(image.path, size * ratio, image.at)
        shown = cell.image(found, place)
        if found is not None and self._column is SceneColumn.START and row.scene.continues:
            badge = QRect(shown.left(), shown.bottom() - ICON + 1, ICON, ICON)
            cell.painter.fillRect(badge, cell.palette.color(QPalette.ColorRole.Base))
            link = cell.palette.color(QPalette.ColorRole.Link)
            cell.icon("link-variant", badge, link)
        self._paint_job(cell, shown, job)

    def _paint_job(self, cell: Cell, place: QRect, job: SceneJob | None) -> None:
        """A mark at the corner of a start frame that is to come, or could not be made."""
        if job is None:
            return
        badge = QRect(place.right() - ICON + 1, place.top(), ICON, ICON)
        cell.painter.fillRect(badge, cell.palette.color(QPalette.ColorRole.Base))
        name = _FRAME_MARKS[job.state]
        of = Tone.BAD if job.state is SceneJobState.FAILED else Tone.QUIET
        cell.icon(name, badge, theme.tone(cell.palette, of))

    def _paint_empty(self, cell: Cell, place: QRect, row: SceneRow) -> None:
        if self._column is SceneColumn.CLIP:
            return
        if self._column is SceneColumn.START and row.scene.continues:
            cell.icon("link-variant", centred(_ICON, place), cell.colour(Tone.QUIET))
            return
        slot = empty_slot(cell.rect)
        edge, sign = cell.palette.color(QPalette.ColorRole.Mid), cell.colour(Tone.QUIET)
        ratio = cell.painter.device().devicePixelRatio()
        drawn = _slot_pixmap(slot.width(), slot.height(), edge.name(), sign.name(), ratio)
        cell.painter.drawPixmap(slot.topLeft(), drawn)


class DurationDelegate(CellDelegate):
    """The length in seconds; the usual one is quiet."""

    def paint_cell(self, cell: Cell, index: Index) -> None:
        """Draw the length at the right."""
        row: SceneRow = index.data(ROW_ROLE)
        colour = cell.colour(None if row.is_own_duration else Tone.QUIET)
        cell.text(row.text(SceneColumn.DURATION) or "Usual", cell.inner, colour, is_right=True)

    @override
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
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

    @override
    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The scene's own length, or the usual one to begin with."""
        if isinstance(editor, QDoubleSpinBox) and not editor.property("is_begun"):
            row: SceneRow = index.data(ROW_ROLE)
            editor.setValue(row.duration_s or 0.0)
            editor.setProperty("is_begun", True)
            editor.selectAll()

    @override
    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Take the length over, unless it is the one that is there."""
        if not isinstance(editor, QDoubleSpinBox):
            return
        editor.interpretText()
        row: SceneRow = index.data(ROW_ROLE)
        value = editor.value()
        if round(row.duration_s or 0.0, 2) != value:
            model.setData(model.index(index.row(), index.column()), value or None)

    @override
    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Wide enough for its number."""
        rect = QRect(option.rect)
        rect.setWidth(max(rect.width(), editor.sizeHint().width()))
        rect.moveRight(min(rect.right(), _room_of(editor).right()))
        editor.setGeometry(rect)


class StatusDelegate(CellDelegate):
    """A mark and a word; a bar while the scene is rendered."""

    def paint_cell(self, cell: Cell, index: Index) -> None:
        """Draw the status."""
        row: SceneRow = index.data(ROW_ROLE)
        icon, tone = _mark(row.status)
        colour, rect = cell.colour(tone), cell.inner
        place = QRect(rect.left(), 0, ICON, ICON)
        place.moveTop(rect.center().y() - ICON // 2)
        cell.icon(icon, place, colour)
        words = rect.adjusted(ICON + PAD - 2, 0, 0, 0)
        cell.text(row.status.label, words, colour)
        if isinstance(row.status, Rendering) and row.status.fraction is not None:
            bar = QRect(rect.left(), rect.bottom() - 6, rect.width(), 3)
            cell.painter.fillRect(bar, cell.palette.color(QPalette.ColorRole.Mid))
            bar.setWidth(round(bar.width() * row.status.fraction))
            cell.painter.fillRect(bar, colour)


@cache
def _slot_pixmap(width: int, height: int, edge: str, sign: str, ratio: float) -> QPixmap:
    """A dashed box with a sign in it; a table has hundreds, and dashes are slow to draw."""
    # The edge is drawn beyond the last pixel of a box.
    pixmap = QPixmap(QSize(width + 1, height + 1) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(QColor(edge), 1, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(0, 0, width, height, 4, 4)
    place = centred(_ICON, QRect(0, 0, width, height))
    painter.drawPixmap(place, icon_pixmap("image-plus-outline", sign, ICON, ratio))
    painter.end()
    return pixmap


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
        case OwnFootage():
            return "filmstrip-box", Tone.GOOD
        case Stale():
            return "alert-circle-outline", Tone.WARNING
        case LastRenderFailed():
            return "close-circle", Tone.BAD
        case _:
            assert_never(status)


def _room_of(editor: QWidget) -> QRect:
    """The whole of what the editor lies in."""
    around = editor.parentWidget()
    return editor.rect() if around is None else around.rect()
