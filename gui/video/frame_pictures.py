"""Pictures that a person brings for a scene's frames; the project's folder takes them in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from core.project.scene_edits import FrameSlot


@dataclass(frozen=True)
class FrameBrought:
    """A picture that shall become a frame of a scene, once it lies in the project's folder.

    Attributes:
        picture: a file from anywhere, or a picture from the clipboard.
    """

    scene_id: str
    slot: FrameSlot
    picture: Path | QImage


def files_in(mime: QMimeData) -> tuple[Path, ...]:
    """The files of this machine that are dragged or copied."""
    return tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())


def picture_in(mime: QMimeData) -> Path | QImage | None:
    """What of the clipboard or a drag can be a picture: the first file, else the picture itself."""
    files = files_in(mime)
    if files:
        return files[0]
    image = mime.imageData() if mime.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None
