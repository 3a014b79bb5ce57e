"""Where the film goes: a preset, what it means, and whether it was changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.project.model.project import FilmChoices
from gui.export.export_labels import preset_choices, settings_text
from gui.export.film_edits import is_preset_changed, with_preset
from gui.theme import GAP
from gui.widgets.choice_field import ChoiceField
from gui.widgets.icon_button import IconButton
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QFont


class PresetBox(QWidget):
    """Edits the preset in `FilmChoices`, and with it all settings.

    Signals:
        changed(FilmChoices)
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = FilmChoices()
        self._preset = ChoiceField(preset_choices())
        self._preset.setObjectName("preset")
        self._preset.setToolTip("Where the film goes; sets everything about its file at once.")
        self._preset.setAccessibleName("Made for")
        self._reset = IconButton(
            "preset_reset", "undo-variant", "Set everything about the file as the preset has it."
        )
        label = QLabel("Made for")
        label.setBuddy(self._preset)
        label.setFont(_bold(label.font()))
        self._meaning = ToneLabel()
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(label)
        row.addWidget(self._preset, 1)
        row.addWidget(self._reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addLayout(row)
        layout.addWidget(self._meaning)
        self._preset.edited.connect(self._choose)
        self._reset.clicked.connect(self._again)
        self.set_value(self._value)

    def value(self) -> FilmChoices:
        """The choices as they are now."""
        return self._value

    def set_value(self, value: FilmChoices) -> None:
        """Show other choices; tells nobody."""
        self._value = value
        self._preset.show_value(value.preset)
        is_changed = is_preset_changed(value)
        self._reset.setVisible(is_changed)
        changed = "Changed: " if is_changed and value.preset else ""
        self._meaning.show_message(f"{changed}{settings_text(value.settings)}")

    @Slot(object)
    def _choose(self, name: object) -> None:
        self.set_value(with_preset(self._value, str(name)))
        self.changed.emit(self._value)

    @Slot()
    def _again(self) -> None:
        self._choose(self._value.preset)


def _bold(font: QFont) -> QFont:
    font.setBold(True)
    return font
