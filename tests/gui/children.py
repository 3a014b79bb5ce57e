"""Finds the parts of a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from pytestqt.wait_signal import SignalBlocker

Kind = TypeVar("Kind", bound=QObject)


def child(parent: QObject | None, kind: type[Kind], name: str = "") -> Kind:
    """The one child of a kind, or of a kind and name; there must be one."""
    assert parent is not None
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert isinstance(found, kind), f"no {kind.__name__} {name!r}"
    return found


def carried(blocker: SignalBlocker) -> object:
    """The one value that a signal came with."""
    assert blocker.args is not None
    (value,) = blocker.args
    return value
