"""Joins the mask editor with files: reads image and mask, opens the editor, writes the mask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox, QWidget

from core.media.images import read_rgb_image
from core.media.masks import read_mask, write_mask
from gui.images.mask_editor.image_view import levels_of
from gui.images.mask_editor.mask_dialog import MaskDialog, MaskDraft
from gui.widgets.file_field import IMAGES, FileKind, file_dialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from gui.background import Background

_MASK = FileKind("a mask", (IMAGES,))
_Button, _Role = QMessageBox.StandardButton, QMessageBox.ButtonRole


@dataclass(frozen=True)
class MaskOrder:
    """A mask that a person wants to paint.

    Attributes:
        image: the file that is edited.
        mask: what is painted already; None for nothing.
        folder: where the mask goes.
        done: called with its file, once the person is content with it.
        failed: called where the image or the mask cannot be read.
    """

    image: Path
    mask: Path | None
    folder: Path
    done: Callable[[Path], None]
    failed: Callable[[StudioError], None]


class MaskController(QObject):
    """Lets a person paint one mask at a time; files are read and written beside the main thread."""

    def __init__(self, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self._background = background
        self._parent = parent
        self._order: MaskOrder | None = None
        self._dialog: MaskDialog | None = None

    def paint(self, order: MaskOrder) -> None:
        """Open the editor, once the files are read."""

        def read(_: CancelToken) -> tuple[MaskDraft, Image.Image | None]:
            upright = read_rgb_image(order.image, "image", "inputs")
            empty = Image.new("L", upright.image.size, 0)
            draft = MaskDraft(order.image, levels_of(_as_qt(upright.image)), empty, upright.notes)
            painted = None if order.mask is None else read_mask(order.mask)
            if painted is None or painted.size != upright.image.size:
                return draft, painted
            return replace(draft, mask=painted), None

        def open_editor(found: tuple[MaskDraft, Image.Image | None]) -> None:
            if self._dialog is not None:
                return
            draft, other = found
            self._order = order
            self._dialog = dialog = MaskDialog(draft, self._parent)
            dialog.ok_wanted.connect(self._write)
            dialog.file_wanted.connect(self._choose)
            dialog.finished.connect(self._on_finished)
            dialog.open()
            if other is not None:
                self._put(other)

        self._background.run(read, open_editor, order.failed, key="mask-editor")

    @Slot(object)
    def _write(self, mask: Image.Image) -> None:
        dialog, order = self._dialog, self._order
        assert dialog is not None, "who wants it has it open"
        assert order is not None, "it was opened for one"
        if order.mask is not None and dialog.painted.undo_stack.isClean():
            self._take(order.mask)
        else:
            self._background.run(
                lambda _: write_mask(mask, order.image, order.folder), self._take, self._complain
            )

    def _take(self, path: Path) -> None:
        """The mask is there: close the editor and hand it over."""
        if self._dialog is not None and self._order is not None:
            done = self._order.done
            self._dialog.accept()
            done(path)

    @Slot()
    def _choose(self) -> None:
        """Ask for a mask that lies in a file, and go on with it."""
        if self._dialog is not None:
            chooser = file_dialog(self._dialog, _MASK, None)
            chooser.fileSelected.connect(self._read)
            chooser.open()

    @Slot(str)
    def _read(self, name: str) -> None:
        self._background.run(
            lambda _: read_mask(Path(name)), self._put, self._complain, key="mask-file"
        )

    def _put(self, mask: Image.Image) -> None:
        """Go on with a mask; one of another size is scaled by the person's word alone."""
        dialog = self._dialog
        if dialog is None:
            return
        width, height = dialog.painted.size.width(), dialog.painted.size.height()
        if mask.size == (width, height):
            dialog.put_mask(mask)
            return
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "A mask of another size",
            f"The mask is {mask.width}x{mask.height} and the image {width}x{height}.",
            _Button.Cancel,
            dialog,
        )
        box.setInformativeText("Scale the mask to the size of the image?")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        scale = box.addButton("Scale", _Role.AcceptRole)
        scale.clicked.connect(partial(dialog.put_mask, mask))
        box.open()

    def _complain(self, error: StudioError) -> None:
        if self._dialog is not None:
            self._dialog.show_problem(str(error))

    @Slot(int)
    def _on_finished(self, _: int) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
        self._dialog = self._order = None


def _as_qt(image: Image.Image) -> QImage:
    """An RGB image as Qt has it, with pixels of its own."""
    rows = image.tobytes("raw", "BGRX")
    size = (image.width, image.height)
    return QImage(rows, *size, 4 * image.width, QImage.Format.Format_RGB32).copy()
