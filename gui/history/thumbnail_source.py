"""Where lists get the small pictures of files from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QSize, SignalInstance
    from PySide6.QtGui import QPixmap


class ThumbnailSource(Protocol):
    """Gives a picture at once where it is known, else reads it beside the main thread."""

    @property
    def ready(self) -> SignalInstance:
        """Tells that a file's picture is there now."""
        ...

    def pixmap(self, path: Path, size: QSize) -> QPixmap | None:
        """The picture of a file as large as fits into `size` device pixels, or None for now."""
        ...
