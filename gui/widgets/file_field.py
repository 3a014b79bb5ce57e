"""A file: its name, and buttons to choose another or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from typing_extensions import override

from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.labels import ElidedLabel
from gui.widgets.last_folders import keep_folder, start_folder
from gui.widgets.layouts import hbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

IMAGES = (
    "Pictures (*.png *.jpg *.jpeg *.webp *.heic *.heif *.avif *.bmp *.gif *.jp2 *.qoi *.tif *.tiff)"
)


AUDIOS = "Music (*.mp3 *.m4a *.aac *.wav *.flac *.ogg *.opus *.wma *.aif *.aiff)"
WORKFLOWS = "Workflows (*.json)"
VIDEOS = "Videos (*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.mts *.m2ts *.ts *.mpg *.mpeg)"


@dataclass(frozen=True)
class FileKind:
    """What can be chosen.

    Attributes:
        what: as in "Choose the music".
        filters: of the file dialog: "Music (*.mp3 *.wav)".
        none_text: shown while no file is chosen; empty where there must be one.
        is_saved: the file will be written and need not exist.
    """

    what: str
    filters: tuple[str, ...]
    none_text: str = ""
    is_saved: bool = False


class FileField(QWidget):
    """Edits a path or None; files can be dropped on it.

    Signals:
        edited(Path | None)
    """

    edited = Signal(object)

    def __init__(self, name: str, kind: FileKind) -> None:
        super().__init__()
        self._kind = kind
        self._path: Path | None = None
        self._name = ElidedLabel()
        says = f"Choose {kind.what}"
        choose = named(QPushButton("Choose…"), name, f"{says}.", says)
        layout = hbox(self._name, choose, of=self, grows=self._name)
        self._clear: IconButton | None = None
        if kind.none_text:
            self._clear = IconButton(f"{name}_clear", "close", f"Without {kind.what}.")
            self._clear.clicked.connect(self._without)
            layout.addWidget(self._clear)
        self.setFocusProxy(choose)
        self.setAcceptDrops(not kind.is_saved)
        choose.clicked.connect(self._open_dialog)
        self._draw()

    def show_value(self, value: object) -> None:
        """Show a path or that there is none; tells nobody."""
        self._path = value if isinstance(value, Path) else None
        self._draw()

    def set_filters(self, filters: Sequence[str]) -> None:
        """Other kinds of file from now on."""
        self._kind = replace(self._kind, filters=tuple(filters))

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if files_in(event.mimeData()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first of the dropped files."""
        paths = files_in(event.mimeData())
        if paths:
            self._take(paths[0])

    @Slot()
    def _open_dialog(self) -> None:
        dialog = file_dialog(self, self._kind, self._path)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    @Slot(str)
    def _chosen(self, path: str) -> None:
        self._take(Path(path))

    @Slot()
    def _without(self) -> None:
        self._take(None)

    def _take(self, path: Path | None) -> None:
        self._path = path
        self._draw()
        self.edited.emit(path)

    def _draw(self) -> None:
        self._name.show_text(self._path.name if self._path else self._kind.none_text)
        self._name.setToolTip(printable(self._path) if self._path else "")
        if self._clear is not None:
            self._clear.setEnabled(self._path is not None)


def files_in(mime: QMimeData) -> tuple[Path, ...]:
    """The files of this machine that are dragged or copied."""
    return tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())


def is_image_name(path: Path) -> bool:
    """Whether a file is called as pictures are."""
    return f"*{path.suffix.lower()}" in IMAGES.partition("(")[2].rstrip(")").split()


def show_in_desktop(folder: Path) -> bool:
    """Open a folder in the desktop's file manager; whether there is one."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def printable(path: Path) -> str:
    """A path as it can be shown: bytes that are no text are marked."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def file_dialog(parent: QWidget, kind: FileKind, path: Path | None) -> QFileDialog:
    """A dialog for one file, to be connected and opened; it goes when it is done."""
    dialog = QFileDialog(parent, f"Choose {kind.what}")
    dialog.setNameFilters([*kind.filters, "All files (*)"])
    if kind.is_saved:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        # Whoever writes the file asks, once and when it is about to be written.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    begins_in = start_folder(kind.what) if path is None else path.parent
    dialog.setDirectory(printable(begins_in))
    if path is not None:
        dialog.selectFile(printable(path))

    def keep(names: list[str]) -> None:
        keep_folder(kind.what, Path(names[0]))

    # Comes for one file as well as for several.
    dialog.filesSelected.connect(keep)
    dialog.finished.connect(dialog.deleteLater)
    return dialog


def choose_files(
    parent: QWidget, kind: FileKind, chosen: Callable[[tuple[Path, ...]], None]
) -> None:
    """Open a dialog for several files; `chosen` is called with those that are accepted."""
    dialog = file_dialog(parent, kind, None)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)

    def accept(names: list[str]) -> None:
        chosen(tuple(map(Path, names)))

    dialog.filesSelected.connect(accept)
    dialog.open()


def choose_folder(parent: QWidget, title: str, start: str, chosen: Callable[[Path], None]) -> None:
    """Open the dialog for folders; `chosen` is called with the one that is accepted."""
    dialog = QFileDialog(parent, title, start)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)

    def accept(folder: str) -> None:
        chosen(Path(folder))

    dialog.fileSelected.connect(accept)
    dialog.open()
