"""How a widget is a field of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QWidget

SEVERAL = "(several)"
"""What a field shows where it stands for things that differ in its value."""


@dataclass(frozen=True)
class Binding:
    """A field: its widget, what shows a value in it, and what comes when a person edited it."""

    widget: QWidget
    show: Callable[[object], None]
    edited: SignalInstance
