"""A place for one picture: shown small and large, chosen, pasted, dropped, taken out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QPainter, QPalette, QPen, QShortcut
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget
from typing_extensions import override

from gui import theme
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.cells import centred, paint_target
from gui.widgets.fields import named
from gui.widgets.file_field import IMAGES, FileKind, file_dialog, files_in, printable
from gui.widgets.image_dialog import ImageDialog, ShownImage
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDropEvent,
        QMouseEvent,
        QPaintEvent,
        QPixmap,
    )

    from gui.widgets.thumbnails import Moment, Thumbnails

_SMALLEST = QSize(120, 64)
# Read once for every size of the window: a file is not read again while a person drags a border.
_READ = QSize(480, 320)
_NO_IMAGE = "The clipboard holds no picture. Copy one, or the file of one."


@dataclass(frozen=True)
class SlotImage:
    """What stands in a slot.

    Attributes:
        path: a picture, or a clip of which one frame counts; None for an empty place.
        words: said in an empty place, or under the picture.
        at: which frame of a clip.
        is_own: whether it can be taken out.
    """

    path: Path | None = None
    words: str = ""
    at: Moment = "start"
    is_own: bool = True


class _Frame(QWidget):
    """Draws the picture, or a dashed place for one, which can be clicked to fill it."""

    double_clicked = Signal()
    filling_wanted = Signal()

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._shown = SlotImage()
        self._is_open = True
        self._is_target = False
        self.setMinimumSize(_SMALLEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        thumbnails.ready.connect(self._arrived)

    def show_image(self, shown: SlotImage, *, is_open: bool) -> None:
        """Show this from now on; whether a person may change it."""
        self._shown = shown
        self._is_open = is_open
        hand = Qt.CursorShape.PointingHandCursor
        self.setCursor(hand if self._can_fill else Qt.CursorShape.ArrowCursor)
        self.update()

    def set_target(self, is_target: bool) -> None:
        """Whether a file hovers over it, which would come here."""
        self._is_target = is_target
        self.update()

    @property
    def _can_fill(self) -> bool:
        return self._is_open and self._shown.path is None and self._shown.is_own

    @Slot(object)
    def _arrived(self, path: Path) -> None:
        if path == self._shown.path:
            self.update()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() is Qt.MouseButton.LeftButton
        if is_left and self._can_fill and self.rect().contains(event.position().toPoint()):
            self.filling_wanted.emit()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shown, place = self._shown, self.rect().adjusted(1, 1, -2, -2)
        if shown.path is None:
            self._paint_words(painter, place, shown.words)
        else:
            size = _READ * self.devicePixelRatioF()
            pixmap = self._thumbnails.pixmap(shown.path, size, shown.at)
            problem = self._thumbnails.problem(shown.path, size, shown.at)
            if pixmap is None or problem:
                self._paint_words(painter, place, problem or "Reading the picture…")
            else:
                self._paint_image(painter, place, pixmap)
        if self._is_target:
            paint_target(painter, place, self.palette())
        painter.end()

    def _paint_words(self, painter: QPainter, place: QRect, words: str) -> None:
        colour = theme.tone(self.palette(), Tone.QUIET)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(colour)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(place.adjusted(theme.GAP, 2, -theme.GAP, -2), flags, words)

    def _paint_image(self, painter: QPainter, place: QRect, pixmap: QPixmap) -> None:
        size = pixmap.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawPixmap(centred(size, place), pixmap)
        if self._shown.words:
            band = QRect(place.left(), 0, place.width(), self.fontMetrics().height() + 4)
            band.moveBottom(place.bottom())
            painter.fillRect(band, self.palette().color(QPalette.ColorRole.Window))
            painter.setPen(theme.tone(self.palette(), Tone.QUIET))
            painter.drawText(band, Qt.AlignmentFlag.AlignCenter, self._shown.words)


class ImageSlot(QWidget):
    """Shows one picture; what a person brings is a wish of which somebody else makes a copy.

    Signals:
        brought(Path | QImage): a picture for this place.
        cleared(): the picture is to be taken out.
    """

    brought = Signal(object)
    cleared = Signal()

    def __init__(self, name: str, title: str, tip: str, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._name = name
        self._title = title
        self._tip = tip
        self._thumbnails = thumbnails
        self._shown = SlotImage()
        self._is_read_only = False
        what = f"the {title.lower()}"
        self._kind = FileKind(what, (IMAGES,))
        self._image = named(_Frame(thumbnails, self), f"{name}_picture")
        tip = f"Choose a picture as {what}\nYou can also drop one here"
        self._choose = named(QPushButton("Choose…"), f"{name}_choose", tip, f"Choose {what}")
        self._paste = IconButton(
            f"{name}_paste", "content-paste", f"Paste a picture as {what} (Ctrl+V)"
        )
        self._preview = IconButton(
            f"{name}_preview", "magnify-plus-outline", f"See {what} large (or double-click it)"
        )
        self._clear = IconButton(f"{name}_clear", "close", f"Take {what} out")
        self._problem = ToneLabel(Tone.WARNING)
        buttons = hbox(
            self._choose, self._paste, self._preview, self._clear, gap=2, grows=self._choose
        )
        parts = (QLabel(title), self._image, self._problem, buttons)
        vbox(*parts, of=self, gap=theme.GAP // 2, grows=self._image)
        self.setAcceptDrops(True)
        paste = QShortcut(QKeySequence.StandardKey.Paste, self)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self._on_paste)
        self._image.double_clicked.connect(self._on_preview)
        self._image.filling_wanted.connect(self._on_choose)
        self._choose.clicked.connect(self._on_choose)
        self._paste.clicked.connect(self._on_paste)
        self._preview.clicked.connect(self._on_preview)
        self._clear.clicked.connect(self.cleared)
        self._draw()

    def show_image(self, shown: SlotImage) -> None:
        """Show this."""
        if shown != self._shown:
            self._shown = shown
            self._problem.show_message("")
            self._draw()

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the picture can only be looked at."""
        self._is_read_only = is_read_only
        self.setAcceptDrops(not is_read_only)
        self._draw()

    def _draw(self) -> None:
        path, is_open = self._shown.path, not self._is_read_only
        name = "none" if path is None else printable(Path(path.name))
        self._image.setAccessibleName(f"{self._title}: {name}")
        self._image.setToolTip(self._tip if path is None else f"{self._tip}\n{name}")
        self._image.show_image(self._shown, is_open=is_open)
        self._choose.setEnabled(is_open)
        self._paste.setEnabled(is_open)
        self._preview.setEnabled(path is not None)
        self._clear.setEnabled(is_open and path is not None and self._shown.is_own)

    @Slot()
    def _on_choose(self) -> None:
        dialog = file_dialog(self, self._kind, None)
        dialog.fileSelected.connect(self._on_file)
        dialog.open()

    @Slot(str)
    def _on_file(self, name: str) -> None:
        self._bring(Path(name))

    @Slot()
    def _on_paste(self) -> None:
        if self._is_read_only:
            return
        image = image_in(QGuiApplication.clipboard().mimeData())
        if image is None:
            self._problem.show_message(_NO_IMAGE)
        else:
            self._bring(image)

    @Slot()
    def _on_preview(self) -> None:
        shown = self._shown
        if shown.path is not None:
            large = ShownImage(shown.path, self._title, shown.at)
            ImageDialog(f"{self._name}_large", large, self._thumbnails, self).open()

    def _bring(self, image: object) -> None:
        self._problem.show_message("")
        self.brought.emit(image)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if image_in(event.mimeData()) is not None:
            self._image.set_target(True)
            event.acceptProposedAction()

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._image.set_target(False)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self._image.set_target(False)
        image = image_in(event.mimeData())
        if image is not None:
            event.acceptProposedAction()
            self._bring(image)


def image_in(mime: QMimeData) -> Path | QImage | None:
    """The first file, else the picture itself."""
    files = files_in(mime)
    if files:
        return files[0]
    image = mime.imageData() if mime.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None
