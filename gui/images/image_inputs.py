"""The images that a picture is made from: the first is edited, the others are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QPushButton

from core.video.request import images_as_inputs
from gui.render.input_list import InputList, InputRow
from gui.widgets.fields import named
from gui.widgets.file_field import IMAGES, FileKind, is_image_name
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox

if TYPE_CHECKING:
    from pathlib import Path

_KIND = FileKind("images to edit or to go by", (IMAGES,))


class _ImageRow(InputRow):
    """One image, with what it is for."""

    def __init__(self, number: int) -> None:
        super().__init__(f"image_input_remove_{number}", "Leave this image out")
        use = ToneLabel()
        use.show_message("edited" if number == 0 else "to go by")
        hbox(self.name, use, self.remove, of=self, grows=self.name)


class ImageInputs(InputList):
    """Edits the paths of images, in their order."""

    def __init__(self) -> None:
        add = named(
            QPushButton("Add images…"),
            "image_inputs_add",
            "Images to edit or to go by: the first is edited, the others are looked at",
        )
        super().__init__(
            add,
            _KIND,
            make_row=_ImageRow,
            is_wanted=is_image_name,
            inputs_for=images_as_inputs,
        )
        self.lines.addWidget(add)
        self.setFocusProxy(add)

    def show_value(self, value: object) -> None:
        """Show these; tells nobody."""
        paths = cast("tuple[Path, ...]", value)
        self.show_inputs(images_as_inputs(paths), self.limit)

    def set_limit(self, limit: int) -> None:
        """How many the model takes."""
        self.show_inputs(self.items, limit)
