"""A place for one picture: shown small, chosen, pasted, dropped, taken out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QPainter, QPen, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from gui import theme
from gui.theme import Tone
from gui.video.frame_pictures import picture_in
from gui.widgets.icon_button import IconButton

if TYPE_CHECKING:
    from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPaintEvent

    from gui.widgets.thumbnails import Thumbnails

_SIZE = QSize(132, 88)
_PICTURES = ("Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff)", "All files (*)")


class _Frame(QFrame):
    """Draws the picture, or a dashed place for one."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.path: Path | None = None
        self.words = ""
        self.setMinimumSize(_SIZE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = self.rect().adjusted(1, 1, -2, -2)
        size = place.size() * self.devicePixelRatioF()
        pixmap = None if self.path is None else self._thumbnails.pixmap(self.path, size)
        if pixmap is not None and not pixmap.isNull():
            shown = pixmap.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left = place.x() + (place.width() - shown.width()) // 2
            top = place.y() + (place.height() - shown.height()) // 2
            painter.drawPixmap(left, top, shown.width(), shown.height(), pixmap)
            return
        colour = theme.tone(self.palette(), Tone.QUIET)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(colour)
        words = "…" if self.path is not None else self.words
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(place.adjusted(8, 4, -8, -4), flags, words)


class ImageSlot(QWidget):
    """Shows one picture; what a person brings is a wish of which somebody else makes a copy.

    Signals:
        brought(Path | QImage): a picture for this place.
        cleared(): the picture is to be taken out.
    """

    brought = Signal(object)
    cleared = Signal()

    def __init__(
        self, name: str, title: str, tip: str, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._picture = _Frame(thumbnails, self)
        self._picture.setToolTip(tip)
        self._choose = QPushButton("Choose…")
        self._choose.setObjectName(f"{name}_choose")
        self._choose.setToolTip(f"{tip}\nYou can also drop or paste a picture here")
        self._paste = IconButton(f"{name}_paste", "content-paste", "Paste a picture")
        self._clear = IconButton(f"{name}_clear", "close", f"Take the {title.lower()} out")
        buttons = QHBoxLayout()
        buttons.addWidget(self._choose, 1)
        buttons.addWidget(self._paste)
        buttons.addWidget(self._clear)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP // 2)
        rows.addWidget(QLabel(title))
        rows.addWidget(self._picture, 1)
        rows.addLayout(buttons)
        self.setAcceptDrops(True)
        paste = QShortcut(QKeySequence.StandardKey.Paste, self)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self._on_paste)
        self._choose.clicked.connect(self._on_choose)
        self._paste.clicked.connect(self._on_paste)
        self._clear.clicked.connect(self.cleared)
        thumbnails.ready.connect(self._on_ready)
        self.show_picture(None, "")

    def show_picture(self, path: Path | None, words: str) -> None:
        """Show a picture, or these words in its place."""
        self._picture.path = path
        self._picture.words = words
        self._picture.setAccessibleName(f"{self._title}: {path.name if path else 'none'}")
        self._clear.setEnabled(path is not None)
        self._picture.update()

    @Slot(object)
    def _on_ready(self, path: Path) -> None:
        if path == self._picture.path:
            self._picture.update()

    @Slot()
    def _on_choose(self) -> None:
        dialog = QFileDialog(self, f"Choose the {self._title.lower()}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(list(_PICTURES))
        dialog.fileSelected.connect(self._on_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _on_file(self, name: str) -> None:
        self.brought.emit(Path(name))

    @Slot()
    def _on_paste(self) -> None:
        picture: Path | QImage | None = picture_in(QGuiApplication.clipboard().mimeData())
        if picture is not None:
            self.brought.emit(picture)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if picture_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        picture = picture_in(event.mimeData())
        if picture is not None:
            event.acceptProposedAction()
            self.brought.emit(picture)
