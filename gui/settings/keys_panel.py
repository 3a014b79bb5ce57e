"""The keys of services: where each is set, and the ways to set, test and remove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.widgets.fields import named
from gui.widgets.labels import LinkLabel, ToneLabel, heading
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.config.api_keys import KeySpec, KeyUse

_KEYRING = "keyring"


@dataclass(frozen=True)
class KeyState:
    """A key, and where it is set: "keyring", a variable's name, or nothing."""

    owned: KeyUse
    place: str = ""


@dataclass(frozen=True)
class StoreKey:
    """The wish to keep a key in the keyring; the value shows in no repr."""

    owned: KeyUse
    value: str = field(repr=False)


class KeysPanel(QWidget):
    """One row for each key that a provider may ask for; a key is never shown.

    Signals:
        store_wanted(StoreKey), test_wanted(KeyUse), remove_wanted(KeyUse)
    """

    store_wanted = Signal(object)
    test_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, _KeyRow] = {}
        self._wanted = ""
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(theme.EDGE)
        self._notice = ToneLabel(theme.Tone.QUIET, self)
        self._notice.show_message("No provider here asks for a key.")
        self._lines.addWidget(self._notice)

    def set_keys(self, keys: Sequence[KeyState]) -> None:
        """Show these keys; rows that are there already keep what was typed and said."""
        self._notice.setVisible(not keys)
        for state in keys:
            row = self._rows.get(state.owned.key.id)
            if row is None:
                row = _KeyRow(state.owned, self)
                row.store_wanted.connect(self.store_wanted)
                row.test_wanted.connect(self.test_wanted)
                row.remove_wanted.connect(self.remove_wanted)
                self._rows[state.owned.key.id] = row
                self._lines.addWidget(row)
            row.set_place(state.place)
        self._go_to_wanted()

    def choose(self, key: KeySpec) -> None:
        """Go to the field of a key, as soon as its row is there."""
        self._wanted = key.id
        self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        row = self._rows.get(self._wanted)
        if row is not None:
            self._wanted = ""
            # Once all rows have their places: new ones are not laid out yet.
            QTimer.singleShot(0, row, row.go_to)

    def show_result(self, key: KeySpec, text: str, tone: theme.Tone) -> None:
        """Say what came of the last wish about a key."""
        self._rows[key.id].show_result(text, tone)

    def set_busy(self, key: KeySpec, text: str) -> None:
        """Say that something is being done about a key; its buttons rest until the result."""
        self._rows[key.id].set_busy(text)


class _KeyRow(QFrame):
    store_wanted = Signal(object)
    test_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, owned: KeyUse, parent: QWidget) -> None:
        super().__init__(parent)
        self._owned = owned
        self._place = ""
        self._is_busy = False
        key = owned.key
        self._state = ToneLabel(theme.Tone.QUIET, self)
        self._field = named(
            QLineEdit(),
            f"{key.id}_key",
            "The key itself. It is kept in the keyring and never shown again.",
            f"{key.label} key",
        )
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setPlaceholderText("Paste the key here")
        self._field.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        self._save = self._button("Save", "save", "Keep the key in the system's keyring.")
        self._test = self._button("Test", "test", "Ask the service whether it accepts the key.")
        self._remove = self._button("Remove", "remove", "Take the key out of the keyring.")
        self._result = ToneLabel(theme.Tone.QUIET, self)
        self._lay_out()
        self._field.textChanged.connect(self._show_state)
        self._field.returnPressed.connect(self._store)
        self._save.clicked.connect(self._store)
        self._test.clicked.connect(self._ask_test)
        self._remove.clicked.connect(self._ask_removal)
        self._show_state()

    def go_to(self) -> None:
        """Have what scrolls show it, and the keyboard write into it."""
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        if around is not None:
            around.ensureWidgetVisible(self)
        self._field.setFocus()

    def set_place(self, place: str) -> None:
        self._place = place
        self._show_state()

    def show_result(self, text: str, tone: theme.Tone) -> None:
        self._is_busy = False
        self._result.show_message(text, tone)
        self._show_state()

    def set_busy(self, text: str) -> None:
        self._is_busy = True
        self._result.show_message(text, theme.Tone.QUIET)
        self._show_state()

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        key = self._owned.key
        button = named(QPushButton(text), f"{key.id}_{name}", tip, f"{text} {key.label} key")
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        key = self._owned.key
        title = heading(key.label)
        title.setBuddy(self._field)
        link = LinkLabel(self)
        link.lead("Get a key", key.url)
        head = hbox(title, self._state, link, gap=theme.GAP, grows=self._state)
        line = hbox(
            self._field, self._save, self._test, self._remove, gap=theme.GAP, grows=self._field
        )
        purpose = f"{key.purpose[:1].upper()}{key.purpose[1:].rstrip('.')}."
        explained = ToneLabel(theme.Tone.QUIET, self)
        explained.show_message(purpose)
        vbox(head, explained, line, self._result, of=self, gap=4)

    @Slot()
    def _show_state(self) -> None:
        where = "keyring" if self._place == _KEYRING else f"environment variable {self._place}"
        self._state.show_message(
            f"set in the {where}" if self._place else "not set",
            theme.Tone.GOOD if self._place else theme.Tone.QUIET,
        )
        self._save.setEnabled(bool(self._field.text().strip()) and not self._is_busy)
        self._test.setEnabled(bool(self._place) and not self._is_busy)
        self._remove.setEnabled(self._place == _KEYRING and not self._is_busy)

    @Slot()
    def _store(self) -> None:
        if self._save.isEnabled():
            request = StoreKey(self._owned, self._field.text().strip())
            self._field.clear()
            self.store_wanted.emit(request)

    @Slot()
    def _ask_test(self) -> None:
        self.test_wanted.emit(self._owned)

    @Slot()
    def _ask_removal(self) -> None:
        self.remove_wanted.emit(self._owned)
