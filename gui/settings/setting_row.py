"""A setting in a form: its name, its field, its help, the way back, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from core.config.settings_schema import SettingKind
from gui import theme
from gui.widgets.buttons import IconButton
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import LineField, SwitchField, named
from gui.widgets.file_field import choose_folder
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.config.setting_fields import SettingField

_LARGEST = 1_000_000
"""Where the schema sets no end."""
_LETTERS = 20


class SettingRow(QWidget):
    """One setting, shown and changed as the text that the schema reads.

    Signals:
        edited(str): what a person wants of it; an empty text is the default.
    """

    edited = Signal(object)

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._offered: tuple[Choice, ...] = ()
        self._choices: ChoiceField | None = None
        self._folder: _FolderField | None = None
        self._widget = self._make_field()
        name = f"{field.name.replace('.', '_')}_reset"
        tip = f"Back to the default: {_default_text(field)}."
        self._reset = IconButton(name, "restore", tip, self)
        self._reset.setAccessibleName(f"{field.about.label}: back to the default")
        self._problem = ToneLabel(theme.Tone.BAD, self)
        self._lay_out()
        self._widget.edited.connect(self._pass_on)
        self._reset.clicked.connect(self._go_back)
        self.set_field(field)

    def set_field(self, field: SettingField) -> None:
        """Show this value without telling of it; what was wrong is forgotten."""
        self.field = field
        if isinstance(self._widget, ChoiceField):
            self._show_choice(self._widget, field.value)
        elif isinstance(self._widget, SwitchField):
            self._widget.show_value(field.value == "yes")
        else:
            self._widget.show_value(field.value)
        self._reset.setEnabled(field.value != field.default)
        self.show_problem("")

    def set_choices(self, labels: Mapping[str, str]) -> None:
        """Offer these values by their labels; a setting that is no choice has none."""
        unset = self.field.about.unset
        first = [Choice("", unset)] if unset else []
        self._offered = (*first, *(Choice(str(value), label) for value, label in labels.items()))
        if self._choices is not None:
            self._show_choice(self._choices, self.field.value)

    def _show_choice(self, box: ChoiceField, value: object) -> None:
        """Show a value; one that is not in the list is shown all the same."""
        is_known = any(choice.value == value for choice in self._offered)
        kept = () if is_known else (Choice(value, str(value)),)
        box.show_choices((*self._offered, *kept), value)

    def set_usual_folder(self, folder: Path) -> None:
        """Say which folder is used while none is set."""
        if self._folder is not None:
            self._folder.set_usual(f"{self.field.about.unset}: {folder}")

    def show_problem(self, text: str) -> None:
        """Say what is wrong with the value; nothing for an empty text."""
        self._problem.show_message(text)

    def matches(self, words: str) -> bool:
        """Whether each of these words occurs in its name, section or help."""
        about = self.field.about
        text = f"{self.field.section} {about.label} {self.field.help} {self.field.name}".casefold()
        return all(word in text for word in words.casefold().split())

    def _make_field(
        self,
    ) -> SwitchField | ChoiceField | _OptionalNumber | _FolderField | LineField:
        field = self.field
        kind = SettingKind.CHOICE if field.about.part is not None else field.kind
        match kind:
            case SettingKind.SWITCH:
                widget = SwitchField(field.about.label)
            case SettingKind.CHOICE:
                self._choices = widget = ChoiceField()
                widget.setMinimumContentsLength(_LETTERS)
                widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
                self.set_choices(field.about.names)
            case SettingKind.WHOLE_NUMBER | SettingKind.NUMBER:
                widget = _OptionalNumber(field)
            case SettingKind.FOLDER:
                self._folder = widget = _FolderField(field)
            case SettingKind.TEXT:
                widget = LineField()
                widget.setPlaceholderText(field.about.unset)
            case _:
                assert_never(kind)
        _name(widget, field)
        return widget

    def _lay_out(self) -> None:
        field = self.field
        line = hbox(self._widget, self._reset, gap=theme.GAP, grows=self._widget)
        restart = " It takes effect at the next start." if field.about.needs_restart else ""
        explained = ToneLabel(theme.Tone.QUIET, self)
        explained.show_message(f"{field.help}{restart}")
        lines = vbox(line, explained, self._problem, of=self, gap=2)
        lines.setContentsMargins(0, 0, 0, theme.GAP)
        if field.kind is not SettingKind.SWITCH:
            label = QLabel(field.about.label, self)
            label.setBuddy(self._widget)
            lines.insertWidget(0, label)

    @Slot(object)
    def _pass_on(self, value: object) -> None:
        text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        self.edited.emit(text)

    @Slot()
    def _go_back(self) -> None:
        self.edited.emit("")


class _OptionalNumber(QWidget):
    """A number with its unit, and a box to tick for none where that is allowed; edits a text."""

    edited = Signal(object)

    def __init__(self, field: SettingField) -> None:
        super().__init__()
        is_whole = field.kind is SettingKind.WHOLE_NUMBER
        unit = f" {field.about.unit}" if field.about.unit else ""
        self._number = NumberField(
            Limits(
                -_LARGEST if field.minimum is None else field.minimum,
                _LARGEST if field.maximum is None else field.maximum,
            ),
            NumberLook(0 if is_whole else 2, 1.0, unit, is_whole=is_whole),
        )
        self._unset = SwitchField(field.about.unset) if field.about.unset else None
        _name(self._number, field)
        row = hbox(self._number, of=self)
        if self._unset is not None:
            _name(self._unset, field, "unset")
            row.addWidget(self._unset)
            self._unset.edited.connect(self._on_switched)
        row.addStretch(1)
        self.setFocusProxy(self._number)
        self._number.edited.connect(self._on_number)

    def show_value(self, text: object) -> None:
        """Show a number, or that none is set; tells nobody."""
        self._number.show_value(float(str(text) or 0))
        self._number.setEnabled(bool(text))
        if self._unset is not None:
            self._unset.show_value(not text)

    @Slot(object)
    def _on_switched(self, is_unset: object) -> None:
        self._number.setEnabled(not is_unset)
        self.edited.emit("" if is_unset else str(self._number.number()))

    @Slot(object)
    def _on_number(self, number: object) -> None:
        self.edited.emit(str(number))


class _FolderField(QWidget):
    """A folder: typed, chosen in a dialog, or the usual one; edits a text."""

    edited = Signal(object)

    def __init__(self, field: SettingField) -> None:
        super().__init__()
        self._title = field.about.label
        self._shown = ""
        self._line = QLineEdit()
        self._line.setPlaceholderText(field.about.unset)
        self._line.setClearButtonEnabled(True)
        self._browse = QPushButton("Browse…")
        self._usual = QPushButton("Usual one")
        _name(self._line, field)
        _name(self._browse, field, "browse", "Choose the folder.")
        _name(self._usual, field, "usual", "Go back to the usual folder.")
        for button in (self._browse, self._usual):
            button.setAutoDefault(False)
        hbox(self._line, self._browse, self._usual, of=self, gap=theme.GAP, grows=self._line)
        self.setFocusProxy(self._line)
        self._line.editingFinished.connect(self._finish)
        self._browse.clicked.connect(self._choose)
        self._usual.clicked.connect(self._clear)

    def set_usual(self, text: str) -> None:
        """Say which folder is the usual one."""
        self._line.setPlaceholderText(text)

    def show_value(self, text: object) -> None:
        """Show a folder; tells nobody."""
        self._shown = str(text)
        self._line.setText(self._shown)
        self._usual.setEnabled(bool(text))

    @Slot()
    def _finish(self) -> None:
        # Leaving the field counts as an edit only where the text has changed.
        text = self._line.text().strip()
        if text != self._shown:
            self.show_value(text)
            self.edited.emit(text)

    @Slot()
    def _choose(self) -> None:
        choose_folder(self, self._title, self._shown, self._take)

    def _take(self, folder: Path) -> None:
        self._line.setText(str(folder))
        self._finish()

    @Slot()
    def _clear(self) -> None:
        self._line.clear()
        self._finish()


def _name(widget: QWidget, field: SettingField, part: str = "", tip: str = "") -> None:
    """Give a control of a setting its name, its tooltip and the name that is read aloud."""
    name = f"{field.name.replace('.', '_')}_{part}".rstrip("_")
    named(widget, name, tip or field.help, f"{field.about.label} {part}".strip())


def _default_text(field: SettingField) -> str:
    text = field.about.names.get(field.default, field.default) or field.about.unset
    return f"{text} {field.about.unit}".strip() if field.default else text
