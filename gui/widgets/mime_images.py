"""What of the clipboard or a drag can be a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData


def files_in(mime: QMimeData) -> tuple[Path, ...]:
    """The files of this machine that are dragged or copied."""
    return tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())


def image_in(mime: QMimeData) -> Path | QImage | None:
    """The first file, else the picture itself."""
    files = files_in(mime)
    if files:
        return files[0]
    image = mime.imageData() if mime.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None
