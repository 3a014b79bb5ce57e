"""A list of parts with a form for the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.fields import Binding
from gui.widgets.parts_list import PartsLabels, PartsList

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gui.widgets.model_form import ModelForm

P = TypeVar("P")


class PartsEditor(QWidget, Generic[P]):
    """Edits a tuple of parts.

    Signals:
        edited(tuple[P, ...])
    """

    edited = Signal(object)

    def __init__(
        self,
        words: PartsLabels,
        form: ModelForm[P],
        label: Callable[[P], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts: tuple[P, ...] = ()
        self._label = label
        self._form = form
        self._list = PartsList(words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        layout.addWidget(form)
        self._list.add_wanted.connect(self.add)
        self._list.remove_wanted.connect(self._remove)
        self._list.move_wanted.connect(self._move)
        self._list.current_changed.connect(self._choose)
        form.changed.connect(self._change)
        self._show(-1)

    def value(self) -> tuple[P, ...]:
        """The parts as they are now."""
        return self._parts

    def binding(self) -> Binding:
        """This field as a form takes it."""
        return Binding(self, self.show_value, self.edited)

    def show_value(self, value: object) -> None:
        """Show other parts; tells nobody."""
        if isinstance(value, tuple) and value != self._parts:
            current = self._list.current
            self._parts = value
            self._show(min(max(current, 0), len(self._parts) - 1))

    @Slot()
    def add(self) -> None:
        """Called when a person wants one more part."""

    def append(self, parts: Sequence[P]) -> None:
        """Add parts at the end and choose the last."""
        self._take((*self._parts, *parts), len(self._parts) + len(parts) - 1)

    @Slot(object)
    def _remove(self, row: object) -> None:
        assert isinstance(row, int)
        rest = self._parts[:row] + self._parts[row + 1 :]
        self._take(rest, min(row, len(rest) - 1))

    @Slot(object)
    def _move(self, by: object) -> None:
        assert isinstance(by, int)
        row = self._list.current
        parts = list(self._parts)
        parts.insert(row + by, parts.pop(row))
        self._take(tuple(parts), row + by)

    @Slot(object)
    def _change(self, value: P) -> None:
        row = self._list.current
        self._take((*self._parts[:row], value, *self._parts[row + 1 :]), row)

    @Slot(object)
    def _choose(self, row: object) -> None:
        assert isinstance(row, int)
        self._show(row)

    def _take(self, parts: tuple[P, ...], current: int) -> None:
        self._parts = parts
        self._show(current)
        self.edited.emit(parts)

    def _show(self, current: int) -> None:
        self._list.show_labels([self._label(part) for part in self._parts], current)
        self._form.setVisible(current >= 0)
        if current >= 0 and self._form.value() != self._parts[current]:
            self._form.set_value(self._parts[current])
