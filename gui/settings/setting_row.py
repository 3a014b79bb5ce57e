"""A setting in a form: its name, its editor, its help, the way back, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget
from typing_extensions import override

from core.config.settings_schema import SettingKind
from gui import theme
from gui.settings.setting_editors import editor_for
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from core.config.settings import SettingField


@dataclass(frozen=True)
class SettingEdit:
    """What a person wants of one setting; an empty text is the default."""

    name: str
    text: str


class SettingRow(QWidget):
    """One setting.

    Signals:
        edited(SettingEdit): a person changed it.
    """

    edited = Signal(object)

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.editor = editor_for(field, self)
        self._reset = QToolButton(self)
        self._reset.setObjectName(f"{field.name.replace('.', '_')}_reset")
        self._reset.setAutoRaise(True)
        self._reset.setToolTip(f"Back to the default: {_default_words(field)}.")
        self._reset.setAccessibleName(f"{field.about.label}: back to the default")
        self._problem = ToneLabel(theme.Tone.BAD, self)
        self._lay_out()
        self._paint_icon()
        self.editor.edited.connect(self._pass_on)
        self._reset.clicked.connect(self._go_back)
        self.set_field(field)

    def set_field(self, field: SettingField) -> None:
        """Show this value without telling of it; what was wrong is forgotten."""
        self.field = field
        self.editor.set_text(field.value)
        self._reset.setEnabled(field.value != field.default)
        self.show_problem("")

    def show_problem(self, text: str) -> None:
        """Say what is wrong with the value; nothing for an empty text."""
        self._problem.show_message(text)

    def matches(self, words: str) -> bool:
        """Whether each of these words occurs in its name, section or help."""
        about = self.field.about
        problem_text = (
            f"{self.field.section} {about.label} {self.field.help} {self.field.name}".casefold()
        )
        return all(word in problem_text for word in words.casefold().split())

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon in the colours of the new theme."""
        if event.type() is QEvent.Type.PaletteChange:
            self._paint_icon()
        super().changeEvent(event)

    def _lay_out(self) -> None:
        field = self.field
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, theme.GAP)
        lines.setSpacing(2)
        if field.kind is not SettingKind.SWITCH:
            label = QLabel(field.about.label, self)
            label.setBuddy(self.editor.focusProxy() or self.editor)
            lines.addWidget(label)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.editor, 1)
        line.addWidget(self._reset)
        lines.addLayout(line)
        restart = " It takes effect at the next start." if field.about.needs_restart else ""
        explained = ToneLabel(theme.Tone.QUIET, self)
        explained.show_message(f"{field.help}{restart}")
        lines.addWidget(explained)
        lines.addWidget(self._problem)

    def _paint_icon(self) -> None:
        self._reset.setIcon(theme.icon("restore", self.palette()))

    @Slot(object)
    def _pass_on(self, text: str) -> None:
        self.edited.emit(SettingEdit(self.field.name, text))

    @Slot()
    def _go_back(self) -> None:
        self.edited.emit(SettingEdit(self.field.name, ""))


def _default_words(field: SettingField) -> str:
    names = {str(choice.value): choice.label for choice in field.choices}
    text = names.get(field.default, field.default) or field.about.unset
    return f"{text} {field.about.unit}".strip() if field.default else text
