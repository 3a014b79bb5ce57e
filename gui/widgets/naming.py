"""Names for widgets where they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

Q = TypeVar("Q", bound="QObject")


def named(widget: Q, name: str) -> Q:
    """The widget, with that object name."""
    widget.setObjectName(name)
    return widget
