"""Drops things on a widget as a person does, and pastes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

_BUTTON = Qt.MouseButton.LeftButton
_NO_KEY = Qt.KeyboardModifier.NoModifier


def files(*paths: Path) -> QMimeData:
    """What a file manager gives for files."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def hover(
    widget: QWidget,
    mime: QMimeData,
    place: QPoint,
    action: Qt.DropAction = Qt.DropAction.CopyAction,
) -> None:
    """Bring something over a widget and hold it there."""
    for kind in (QDragEnterEvent, QDragMoveEvent):
        over = kind(place, action, mime, _BUTTON, _NO_KEY)
        over.setAccepted(kind is QDragMoveEvent)
        QApplication.sendEvent(widget, over)


def drop(
    widget: QWidget,
    mime: QMimeData,
    place: QPoint,
    action: Qt.DropAction = Qt.DropAction.CopyAction,
    *,
    moves: bool = True,
) -> bool:
    """Bring something over a widget and let it go there; whether it was taken.

    Args:
        moves: it is moved over the widget; one that takes a thing anywhere is not asked again.
    """
    for kind in (QDragEnterEvent, QDragMoveEvent) if moves else (QDragEnterEvent,):
        over = kind(place, action, mime, _BUTTON, _NO_KEY)
        # As Qt does: a move begins with the answer that the widget gave before.
        over.setAccepted(kind is QDragMoveEvent)
        QApplication.sendEvent(widget, over)
        if not over.isAccepted():
            return False
    dropped = QDropEvent(QPointF(place), action, mime, _BUTTON, _NO_KEY)
    QApplication.sendEvent(widget, dropped)
    return dropped.isAccepted()
