"""Pictures that a person brings; the project's folder takes them in before they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from gui.widgets.mime_images import files_in, image_in

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QMimeData

    from core.project.model.edits import FrameSlot


@dataclass(frozen=True)
class FrameBrought:
    """A picture that shall become a frame of a scene, once it lies in the project's folder.

    Attributes:
        picture: a file from anywhere, or a picture from the clipboard.
    """

    scene_id: str
    slot: FrameSlot
    image: Path | QImage


@dataclass(frozen=True)
class ImagesBrought:
    """Pictures that shall become references: files from anywhere, or one from the clipboard."""

    images: tuple[Path, ...] | QImage


def images_in(mime: QMimeData) -> ImagesBrought | None:
    """What of the clipboard or a drag can be pictures: every file, else the picture itself."""
    image = image_in(mime)
    if image is None:
        return None
    return ImagesBrought(image if isinstance(image, QImage) else files_in(mime))
