"""Pictures that a person brings; the project's folder takes them in before they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from gui.widgets.mime_images import files_in, picture_in

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QMimeData

    from core.project.model.scene_edits import FrameSlot


@dataclass(frozen=True)
class FrameBrought:
    """A picture that shall become a frame of a scene, once it lies in the project's folder.

    Attributes:
        picture: a file from anywhere, or a picture from the clipboard.
    """

    scene_id: str
    slot: FrameSlot
    picture: Path | QImage


@dataclass(frozen=True)
class PicturesBrought:
    """Pictures that shall become references: files from anywhere, or one from the clipboard."""

    pictures: tuple[Path, ...] | QImage


def pictures_in(mime: QMimeData) -> PicturesBrought | None:
    """What of the clipboard or a drag can be pictures: every file, else the picture itself."""
    picture = picture_in(mime)
    if picture is None:
        return None
    return PicturesBrought(picture if isinstance(picture, QImage) else files_in(mime))
