"""A form over a frozen model: each row edits one part of it and leaves the rest as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from gui.theme import GAP, Tone
from gui.widgets.labels import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.widgets.fields import Binding

M = TypeVar("M")


@dataclass(frozen=True)
class FieldPath(Generic[M]):
    """One part of a model: how to read it and how to put another in its place."""

    get: Callable[[M], object]
    put: Callable[[M, object], M]


def part(*path: str) -> FieldPath[Any]:
    """The part of a frozen model that lies at the end of these names."""

    def get(model: BaseModel) -> object:
        found: Any = model
        for name in path:
            found = getattr(found, name)
        return found

    def put(model: BaseModel, value: object) -> BaseModel:
        *outer, last = path
        holders: list[BaseModel] = [model]
        for name in outer:
            holders.append(getattr(holders[-1], name))
        changed: object = value
        for holder, name in zip(reversed(holders), reversed([*outer, last]), strict=True):
            changed = holder.model_copy(update={name: changed})
        assert isinstance(changed, BaseModel)
        return changed

    return FieldPath(get, put)


@dataclass(frozen=True)
class _FormRow(Generic[M]):
    field: Binding
    value_path: FieldPath[M]
    problem: ToneLabel


class ModelForm(QWidget, Generic[M]):
    """Rows of fields over one value.

    Signals:
        changed(M): a person edited a row.
    """

    changed = Signal(object)

    def __init__(self, value: M, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = value
        self._rows: dict[str, _FormRow[M]] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(GAP // 2 + 2)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def value(self) -> M:
        """The value as it is now."""
        return self._value

    def set_value(self, value: M) -> None:
        """Show another value; tells nobody."""
        self._value = value
        for row in self._rows.values():
            row.field.show(row.value_path.get(value))
        self.refresh(value)

    def refresh(self, value: M) -> None:
        """Called after every change: for what rows depend on, such as which are shown."""

    def add_row(
        self, name: str, label: str, field: Binding, value_path: FieldPath[M], tip: str
    ) -> None:
        """One more row.

        Args:
            name: finds the row again; also the widget's object name where it has none.
            label: stands before it; empty for a widget that says itself what it is.
            field: the widget with its binding.
            value_path: the part of the value that it edits.
            tip: says what it does.
        """
        widget = field.widget
        if not widget.objectName():
            widget.setObjectName(name)
        if tip:
            widget.setToolTip(tip)
        if label:
            tag = QLabel(label)
            tag.setBuddy(widget)
            tag.setToolTip(tip)
            if not widget.accessibleName():
                widget.setAccessibleName(label.replace("&", ""))
            self._form.addRow(tag, widget)
        else:
            self._form.addRow(widget)
        problem = ToneLabel(Tone.BAD)
        self._form.addRow(problem)
        self._form.setRowVisible(problem, False)
        self._rows[name] = _FormRow(field, value_path, problem)
        field.show(value_path.get(self._value))
        field.edited.connect(partial(self._put, value_path))

    def show_row(self, name: str, *, is_shown: bool) -> None:
        """Show or hide a row; its value stays."""
        row = self._rows[name]
        self._form.setRowVisible(row.field.widget, is_shown)
        self._form.setRowVisible(row.problem, is_shown and bool(row.problem.text()))

    def show_problem(self, name: str, text: str) -> bool:
        """Say under a row what is wrong with it; gives whether there is such a row to be seen."""
        row = self._rows.get(name)
        if row is None or not self._form.isRowVisible(row.field.widget):
            return False
        row.problem.show_message(text)
        self._form.setRowVisible(row.problem, bool(text))
        return True

    def clear_problems(self) -> None:
        """Nothing is wrong with any row."""
        for row in self._rows.values():
            row.problem.show_message("")
            self._form.setRowVisible(row.problem, False)

    def put(self, name: str, value: object) -> None:
        """Set what a row edits, as a person would."""
        row = self._rows[name]
        self._put(row.value_path, value)
        row.field.show(row.value_path.get(self._value))

    def _put(self, value_path: FieldPath[M], value: object) -> None:
        changed = value_path.put(self._value, value)
        if changed == self._value:
            return
        self._value = changed
        self.refresh(self._value)
        self.changed.emit(self._value)
