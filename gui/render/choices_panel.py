"""What every panel over the choices of a project or a scene has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.video.controls import ROWS, Control
from core.video.request import AUTO, RenderChoices
from gui.render.choice_row import ChoiceGrid, ChoiceRow, RowLabels
from gui.render.choices_edit import ChoicesEdit, SceneScope
from gui.render.model_choices import Offer, find_offer

if TYPE_CHECKING:
    from core.video.spec import ModelSpec

_USUAL = RenderChoices()


class ChoicesPanel(QWidget):
    """Shows some fields of the choices and edits them one at a time; the others it only keeps.

    A value that the chosen model does not take is kept and comes back with another model.

    Signals:
        changed(ChoicesEdit): a person edited one field.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = RenderChoices()
        self._scope: SceneScope | None = None
        self._offers: tuple[Offer, ...] = ()
        self._planned: ModelSpec | None = None
        self._rows: dict[str, ChoiceRow] = {}

    def value(self) -> RenderChoices:
        """All the choices: those of the project, or of the scene with the project's below."""
        return self._value

    def set_value(self, value: RenderChoices) -> None:
        """Show these choices; emits nothing."""
        self._value = value
        self.show_rows()

    def set_scope(self, scope: SceneScope | None) -> None:
        """Edit the choices of a scene, or with None those of the project."""
        self._scope = scope
        self.show_rows()

    def set_offers(self, offers: tuple[Offer, ...]) -> None:
        """What there is to choose from; empty while that is being looked up."""
        self._offers = offers
        self.show_rows()

    def set_spec(self, spec: ModelSpec | None) -> None:
        """The model that `auto` stood for in the last plan; without it, what the offers say."""
        self._planned = spec
        self.show_rows()

    def spec(self) -> ModelSpec | None:
        """The model that the choices stand for; None while it is not known."""
        target = self._value.target
        offer = find_offer(self._offers, target)
        if offer is None:
            return None
        planned = self._planned
        if planned is not None and target.model == AUTO and offer.model(planned.id) is not None:
            return planned
        model = offer.model(target.model)
        return None if model is None else model.spec

    def show_rows(self) -> None:
        """Fill the rows from the value; every panel does it in its own way."""
        # Not `abc.abstractmethod`: Qt's classes have a metaclass of their own.
        raise NotImplementedError

    def add_row(
        self, grid: ChoiceGrid, words: RowLabels, editor: QWidget, *, has_reset: bool = True
    ) -> None:
        """One more row below the others."""
        row = ChoiceRow(grid, words, editor, has_reset=has_reset)
        row.reset_wanted.connect(self.reset)
        self._rows[words.name] = row

    def show_row(self, name: str, *, is_offered: bool, has_usual: bool = True) -> None:
        """Show or hide a row, marked where the scene differs from the project.

        Args:
            name: of the row.
            is_offered: whether the model takes it at all.
            has_usual: whether the project can go back to the model's usual value in it.
        """
        row, scope = self._rows[name], self._scope
        if scope is not None:
            differs = row.words.field in scope.own_fields
            why = f"{scope.label} differs from the project here." if differs else ""
            row.mark(why, "Follow the project here again")
            row.set_visible(is_offered, can_reset=differs)
            return
        row.mark("", "Back to the model's usual value")
        control = ROWS[Control(row.words.field)]
        chosen = control.value(self._value) != control.value(_USUAL)
        row.set_visible(is_offered, can_reset=has_usual and chosen)

    def choose(self, field: str, value: object) -> None:
        """Take over what a person chose; the same again makes it a scene's own at most."""
        scope = self._scope
        is_news = scope is not None and field not in scope.own_fields
        control = ROWS[Control(field)]
        if value == control.value(self._value) and not is_news:
            return
        if scope is not None and is_news:
            self._scope = SceneScope(scope.label, (*scope.own_fields, field), scope.project)
        self._value = control.with_value(self._value, value)
        self.show_rows()
        self.changed.emit(ChoicesEdit(field, value))

    @Slot(object)
    def reset(self, field: str) -> None:
        """Let a scene follow the project in a field again, or the project the model."""
        scope = self._scope
        source = _USUAL if scope is None else scope.project
        control = ROWS[Control(field)]
        value = control.value(source)
        if scope is not None:
            own = tuple(name for name in scope.own_fields if name != field)
            self._scope = SceneScope(scope.label, own, scope.project)
        self._value = control.with_value(self._value, value)
        self.show_rows()
        self.changed.emit(ChoicesEdit(field, value, is_own=scope is None))
