"""A grid of pictures: which two settings change from column to column and from row to row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from core.frozen import Frozen
from core.grid.render.axis import axis_controls, axis_name
from core.grid.render.grid_plan import MOST_CELLS
from core.video.control_row import Control
from gui import theme
from gui.theme import Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import LineField, ignore_wheel, named
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import FoldingSection

if TYPE_CHECKING:
    from core.video.spec import ModelSpec

_NOTHING = Choice("", "Nothing")
_WORDS = "prompt"


class AxisChoice(Frozen):
    """One axis as a person chose it.

    Attributes:
        name: of a setting; empty for none.
        find: the words of the prompt that the values come in place of.
        values: as they were typed, divided by commas.
    """

    name: str = ""
    find: str = ""
    values: str = ""

    @property
    def text(self) -> str:
        """The axis as it is typed elsewhere; empty for none."""
        if not self.name:
            return ""
        find = f":{self.find}" if self.name == _WORDS and self.find else ""
        return f"{self.name}{find}={self.values}"

    @property
    def is_ready(self) -> bool:
        """Whether there is something to be planned."""
        return bool(self.name and self.values.strip())


class GridChoice(Frozen):
    """Both axes."""

    x: AxisChoice = AxisChoice()
    y: AxisChoice = AxisChoice()

    @property
    def is_ready(self) -> bool:
        """Whether there is a grid to be planned."""
        return self.x.is_ready or self.y.is_ready


class _AxisRow(QWidget):
    """Edits one axis.

    Signals:
        edited(AxisChoice)
    """

    edited = Signal(object)

    def __init__(self, name: str, label: str) -> None:
        super().__init__()
        self._axis = AxisChoice()
        self._setting = named(ChoiceField(), f"grid_{name}", "What changes", f"{label} change")
        self._find = named(
            LineField(), f"grid_{name}_find", "These words of the prompt", f"{label}: words"
        )
        self._find.setPlaceholderText("words of the prompt")
        self._values = named(
            LineField(),
            f"grid_{name}_values",
            "Values divided by commas, such as 4, 8, 12; one with a comma in quotation marks",
            f"{label}: values",
        )
        self._values.setPlaceholderText("values, divided by commas")
        head = hbox(label_of(self._setting, label), self._setting, grows=self._setting)
        vbox(head, self._find, self._values, of=self, gap=theme.GAP // 2)
        self._setting.edited.connect(self._on_setting)
        self._find.edited.connect(self._on_find)
        self._values.edited.connect(self._on_values)
        self._show()

    def show_axis(self, axis: AxisChoice) -> None:
        """Show another axis; tells nobody."""
        self._axis = axis
        self._find.show_value(axis.find)
        self._values.show_value(axis.values)
        self._show()

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """What can change."""
        self._setting.show_choices((_NOTHING, *choices), self._axis.name)

    @Slot(object)
    def _on_setting(self, name: str) -> None:
        self._tell(name=name)

    @Slot(object)
    def _on_find(self, text: str) -> None:
        self._tell(find=text)

    @Slot(object)
    def _on_values(self, text: str) -> None:
        self._tell(values=text)

    def _tell(self, **changes: str) -> None:
        self._axis = self._axis.model_copy(update=changes)
        self._show()
        self.edited.emit(self._axis)

    def _show(self) -> None:
        self._values.setVisible(bool(self._axis.name))
        self._find.setVisible(self._axis.name == _WORDS)


class GridPanel(FoldingSection):
    """Folded until somebody wants a grid.

    Signals:
        changed(GridChoice): other axes.
        wanted(GridChoice): the grid is to be made.
    """

    changed = Signal(object)
    wanted = Signal(object)

    def __init__(self) -> None:
        self._choice = GridChoice()
        self._x = _AxisRow("x", "Columns")
        self._y = _AxisRow("y", "Rows")
        self._line = ToneLabel()
        self._make = named(QPushButton("Make grid"), "grid_make")
        super().__init__(
            "image_grid",
            "Grid",
            f"Make up to {MOST_CELLS} pictures with other settings each, and one sheet of them",
            (self._x, self._y, self._line, self._make),
        )
        self._x.edited.connect(self._on_x)
        self._y.edited.connect(self._on_y)
        self._make.clicked.connect(self._on_make)
        self.set_spec(None)
        self.show_plan("", "")
        ignore_wheel(self)

    def value(self) -> GridChoice:
        """The axes as they stand."""
        return self._choice

    def set_value(self, choice: GridChoice) -> None:
        """Show other axes; tells nobody."""
        self._choice = choice
        self._x.show_axis(choice.x)
        self._y.show_axis(choice.y)
        self.show_plan("", "")

    def set_spec(self, spec: ModelSpec | None) -> None:
        """Offer what a model has; its model can change too."""
        rows = [
            row
            for row in axis_controls()
            if row.id in (Control.PROMPT, Control.TARGET)
            or (spec is not None and row.allowed(spec) is not None)
        ]
        choices = tuple(
            Choice(axis_name(row), "Words of the prompt" if row.id is Control.PROMPT else row.label)
            for row in rows
        )
        self._x.offer(choices)
        self._y.offer(choices)

    def show_plan(self, line: str, price: str, problems: tuple[str, ...] = ()) -> None:
        """Say what the grid would be and cost, or what speaks against it."""
        tone = Tone.BAD if problems else Tone.QUIET
        self._line.show_message("\n".join(problems) or line, tone)
        self._make.setText(f"Make grid · {price}" if price else "Make grid")
        self._make.setEnabled(self._choice.is_ready and not problems)
        tip = "Put all of it into the queue" if self._choice.is_ready else "Choose what changes"
        self._make.setToolTip(tip)

    @Slot(object)
    def _on_x(self, axis: AxisChoice) -> None:
        self._take(self._choice.model_copy(update={"x": axis}))

    @Slot(object)
    def _on_y(self, axis: AxisChoice) -> None:
        self._take(self._choice.model_copy(update={"y": axis}))

    def _take(self, choice: GridChoice) -> None:
        self._choice = choice
        self.show_plan("", "")
        self.changed.emit(choice)

    @Slot()
    def _on_make(self) -> None:
        self.wanted.emit(self._choice)
