"""Where file dialogs begin: where the person last was with that kind of file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings

_PROPERTY = "last_folder:"
_GROUP = "folders"


def start_folder(kind: str) -> Path:
    """The folder in which a dialog for this kind of file begins."""
    kept = _app().property(_PROPERTY + kind)
    if isinstance(kept, str) and Path(kept).is_dir():
        return Path(kept)
    home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)
    return Path(home)


def keep_folder(kind: str, chosen: Path) -> None:
    """Begin where this file lies the next time."""
    _app().setProperty(_PROPERTY + kind, str(chosen.parent))


def read_folders(settings: QSettings) -> None:
    """Take up what an earlier window kept."""
    settings.beginGroup(_GROUP)
    for kind in settings.childKeys():
        _app().setProperty(_PROPERTY + kind, str(settings.value(kind)))
    settings.endGroup()


def write_folders(settings: QSettings) -> None:
    """Keep them for the next window."""
    settings.beginGroup(_GROUP)
    for name in _app().dynamicPropertyNames():
        text = name.toStdString()
        if text.startswith(_PROPERTY):
            settings.setValue(text.removeprefix(_PROPERTY), _app().property(text))
    settings.endGroup()


def _app() -> QObject:
    app = QApplication.instance()
    assert app is not None, "dialogs are opened by a program with a window"
    return app
