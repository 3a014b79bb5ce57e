"""Files on their way to the desktop's trash, and back."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QStandardPaths

from core.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


log = logging.getLogger(__name__)


class TrashedFiles:
    """Moves files that belong together to the trash, all or none, and brings them back."""

    def __init__(self, paths: Sequence[Path], tell: Callable[[str], None] = log.warning) -> None:
        """Nothing is moved yet; `tell` hears of what could not be brought back."""
        self._paths = tuple(paths)
        self._tell = tell
        self._in_trash: dict[Path, Path] = {}

    def move(self) -> None:
        """Move them; one that is gone already needs no moving.

        Raises:
            OutputError: one cannot be moved, and all stay.
        """
        # On Linux the trash is not made where its parent, the folder of all data, is missing.
        data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
        Path(data).mkdir(parents=True, exist_ok=True)
        for path in self._paths:
            file = QFile(str(path))
            if not file.exists():
                continue
            if not file.moveToTrash():
                self.move_back()
                raise OutputError(
                    f"{str(path)!r} cannot be moved to the trash.", hint="Delete it in its folder."
                )
            self._in_trash[path] = Path(file.fileName())

    def move_back(self) -> None:
        """Bring back what was moved."""
        for path, trashed in self._in_trash.items():
            if path.exists() or not QFile.rename(str(trashed), str(path)):
                self._tell(f"{path.name!r} is not in the trash any more, and stays away.")
        self._in_trash.clear()
