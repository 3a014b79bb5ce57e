"""Holds a panel to its word: every control that a person can reach changes something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QScrollBar,
    QTableView,
    QTextEdit,
    QToolButton,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONTROLS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QTableView,
    QTextEdit,
)
# Parts that Qt itself puts inside of controls.
_INNER_PARENTS = (QAbstractSpinBox, QComboBox, QLineEdit)


class Heard:
    """What a panel told; kept with it as a property, which Qt would copy if it were a list."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def take(self, request: object) -> None:
        self.requests.append(request)


@dataclass(frozen=True)
class ControlCase:
    """One control by its object name.

    Attributes:
        act: operates it as a person would: clicks, types, chooses.
        seen: what must be different afterwards; called before and after with the panel.
    """

    name: str
    act: Callable[[Any], None]
    seen: Callable[[Any], object]


def controls_of(panel: QWidget) -> dict[str, Any]:
    """Every control inside a panel by its object name; one without a name fails."""
    found: dict[str, Any] = {}
    for widget in panel.findChildren(QWidget):
        if not isinstance(widget, CONTROLS) or is_inner(widget):
            continue
        name = widget.objectName()
        assert name, f"{type(widget).__name__} in {type(panel).__name__} has no object name"
        assert name not in found, f"two controls are named {name}"
        found[name] = widget
    return found


def is_inner(widget: QWidget) -> bool:
    """Whether a widget is a part that Qt puts inside of a control."""
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return True
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, _INNER_PARENTS):
            return True
        if isinstance(parent, (QListView, QTableView)) and not isinstance(widget, QToolButton):
            return True
        parent = parent.parentWidget()
    return False


def check_every_control(make: Callable[[], QWidget], cases: Sequence[ControlCase]) -> None:
    """Operate every control of a fresh panel, each alone, and see that it has its effect."""
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), "a control is in the table twice"
    known = controls_of(make())
    assert set(names) == set(known), (
        f"not in the table: {sorted(set(known) - set(names))}; "
        f"not in the panel: {sorted(set(names) - set(known))}"
    )
    for case in cases:
        panel = make()
        before = case.seen(panel)
        case.act(controls_of(panel)[case.name])
        after = case.seen(panel)
        assert after != before, f"{case.name} changes nothing"
