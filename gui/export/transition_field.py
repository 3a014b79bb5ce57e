"""A transition: its kind and how long it lasts."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.film.model.film import Transition
from core.film.model.transitions import NONE
from gui.export.export_labels import transition_choices
from gui.widgets.choice_field import ChoiceField
from gui.widgets.fields import Binding
from gui.widgets.number_field import SECONDS, NumberField, limits_of


class TransitionField(QWidget):
    """Edits a `Transition`; the length rests while there is a plain cut.

    Signals:
        edited(Transition)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = Transition()
        self._kind = ChoiceField(transition_choices())
        self._kind.setObjectName("transition_kind")
        self._kind.setAccessibleName("Transition")
        self._kind.setToolTip("How one clip gives way to the next.")
        self._length = NumberField(limits_of(Transition, "duration_s", most=60), SECONDS)
        self._length.setObjectName("transition_length")
        self._length.setAccessibleName("Length of the transition")
        self._length.setToolTip("For how long both clips are seen.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._kind, 1)
        layout.addWidget(self._length)
        self.setFocusProxy(self._kind)
        self._kind.edited.connect(self._set_kind)
        self._length.edited.connect(self._set_length)
        self.show_value(self._value)

    def binding(self) -> Binding:
        """This field as a form takes it."""
        return Binding(self, self.show_value, self.edited)

    def show_value(self, value: object) -> None:
        """Show a transition; tells nobody."""
        if isinstance(value, Transition):
            self._value = value
            self._kind.show_value(value.kind)
            self._length.show_value(value.duration_s)
            self._length.setEnabled(value.kind != NONE)

    @Slot(object)
    def _set_kind(self, kind: object) -> None:
        self._length.setEnabled(kind != NONE)
        self._tell("kind", kind)

    @Slot(object)
    def _set_length(self, seconds: object) -> None:
        self._tell("duration_s", seconds)

    def _tell(self, name: str, value: object) -> None:
        self._value = self._value.model_copy(update={name: value})
        self.edited.emit(self._value)
