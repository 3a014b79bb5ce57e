"""Finds the parts of a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QWidget

if TYPE_CHECKING:
    from pytestqt.wait_signal import SignalBlocker

Kind = TypeVar("Kind", bound=QObject)


def child(parent: QObject | None, kind: type[Kind], name: str = "") -> Kind:
    """The one child of a kind, or of a kind and name; there must be one."""
    assert parent is not None
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert isinstance(found, kind), f"no {kind.__name__} {name!r}"
    return found


def shown_labels(panel: QWidget) -> list[QLabel]:
    """What can be read in a panel, once it is on the screen."""
    return [label for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)]


def carried(blocker: SignalBlocker) -> object:
    """The one value that a signal came with."""
    assert blocker.args is not None
    (value,) = blocker.args
    return value
