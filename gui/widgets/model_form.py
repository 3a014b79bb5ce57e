"""A form over a frozen model: each row edits one part of it and leaves the rest as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from gui.theme import GAP, Tone
from gui.widgets.fields import Field
from gui.widgets.labels import ToneLabel
from gui.widgets.number_field import NumberField, NumberLook, limits_of
from gui.widgets.panes import reveal

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Field)


@dataclass(frozen=True)
class FieldPath(Generic[M]):
    """One part of a model: how to read it, and how to put in its place what its field gives."""

    get: Callable[[M], object]
    put: Callable[[M, Any], M]


def part(*path: str) -> FieldPath[Any]:
    """The part of a frozen model that lies at the end of these names."""

    def put(model: BaseModel, value: object) -> BaseModel:
        name, *inner = path
        changed = part(*inner).put(getattr(model, name), value) if inner else value
        return model.model_copy(update={name: changed})

    return FieldPath(attrgetter(".".join(path)), put)


@dataclass(frozen=True)
class _FormRow(Generic[M]):
    widget: QWidget
    show: Callable[[object], None]
    value_path: FieldPath[M]
    is_shown: Callable[[M], bool]
    problem: ToneLabel


class ModelForm(QWidget, Generic[M]):
    """Rows of fields over one value.

    Signals:
        changed(M): a person edited a row.
    """

    changed = Signal(object)

    def __init__(self, value: M, prefix: str = "") -> None:
        """A form without rows; `prefix` begins the object names of its fields."""
        super().__init__()
        self._value = value
        self._prefix = prefix
        self._rows: dict[str, _FormRow[M]] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        # Long words of another language put the field below its label.
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
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
            row.show(row.value_path.get(value))
        self._follow()

    def refresh(self, value: M) -> None:
        """Called after every change: for what fields depend on, such as what they offer."""

    def add_row(
        self,
        name: str,
        label: str,
        field: F,
        tip: str = "",
        value_path: FieldPath[M] | None = None,
        is_shown: Callable[[M], bool] = lambda _: True,
    ) -> F:
        """One more row; gives its field.

        Args:
            name: finds the row again; also the object name of a widget that has none.
            label: stands before it; empty for a widget that says itself what it is.
            field: the widget.
            tip: says what it does; empty where its parts say so themselves.
            value_path: the part of the value that it edits; without one, the part of that name.
            is_shown: whether there is such a row beside what the others say.
        """
        assert isinstance(field, QWidget)
        if not field.objectName():
            # Where several widgets are one field, the plain name is that of one of them.
            field.setObjectName(f"{self._prefix}{name}{'_row' if field.focusProxy() else ''}")
        if tip:
            field.setToolTip(tip)
        if label:
            tag = QLabel(label)
            tag.setBuddy(field)
            tag.setToolTip(tip)
            if not field.accessibleName():
                field.setAccessibleName(label.replace("&", ""))
            self._form.addRow(tag, field)
        else:
            self._form.addRow(field)
        problem = ToneLabel(Tone.BAD)
        self._form.addRow(problem)
        value_path = value_path or part(name)
        row = _FormRow(field, field.show_value, value_path, is_shown, problem)
        self._rows[name] = row
        row.show(value_path.get(self._value))
        self._show_row(row)
        field.edited.connect(partial(self._put, value_path))
        return field

    def add_number(self, name: str, label: str, look: NumberLook, tip: str) -> None:
        """One more row for the number of that name, within the limits of the model."""
        self.add_row(name, label, NumberField(limits_of(type(self._value), name), look), tip)

    def show_problem(self, name: str, text: str) -> bool:
        """Say under a row what is wrong with it; gives whether there is such a row to be seen."""
        row = self._rows.get(name)
        if row is None or not self._form.isRowVisible(row.widget):
            return False
        row.problem.show_message(text)
        self._form.setRowVisible(row.problem, bool(text))
        return True

    def clear_problems(self) -> None:
        """Nothing is wrong with any row."""
        for row in self._rows.values():
            row.problem.show_message("")
            self._form.setRowVisible(row.problem, False)

    def focus_row(self, name: str) -> None:
        """Go to a row, with what is written in it selected."""
        field = self._rows[name].widget
        reveal(field)
        field.setFocus()
        if isinstance(field, QLineEdit | QPlainTextEdit | QAbstractSpinBox):
            field.selectAll()

    def put(self, name: str, value: object) -> None:
        """Set what a row edits, as a person would."""
        row = self._rows[name]
        self._put(row.value_path, value)
        row.show(row.value_path.get(self._value))

    def _put(self, value_path: FieldPath[M], value: object) -> None:
        changed = value_path.put(self._value, value)
        if changed == self._value:
            return
        self._value = changed
        self._follow()
        self.changed.emit(self._value)

    def _follow(self) -> None:
        for row in self._rows.values():
            self._show_row(row)
        self.refresh(self._value)

    def _show_row(self, row: _FormRow[M]) -> None:
        is_shown = row.is_shown(self._value)
        self._form.setRowVisible(row.widget, is_shown)
        self._form.setRowVisible(row.problem, is_shown and bool(row.problem.text()))
