"""A box for prompts that offers names while an `@` is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QStringListModel, Qt, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit, QWidget
from typing_extensions import override

from core.project.model.characters import begun_mention, mention_text
from gui.widgets.fields import named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.project.model.characters import Character

_TAKEN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Escape)
_WIDEST = 320


def _nobody() -> Sequence[Character]:
    return ()


class MentionBox(QPlainTextEdit):
    """A box of text whose `@` is completed to a name that the project keeps.

    Attributes:
        popup: the names that are offered.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._characters: Callable[[], Sequence[Character]] = _nobody
        self._names = QStringListModel(self)
        self._completer = QCompleter(self._names, self)
        self._completer.setWidget(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.popup = named(QListView(), "mention_popup", says="Names to mention")
        self._completer.setPopup(self.popup)
        self._completer.activated.connect(self._insert)
        self.textChanged.connect(self._look)

    def offer(self, characters: Callable[[], Sequence[Character]]) -> None:
        """Offer the names of these, asked for anew each time."""
        self._characters = characters

    @property
    def is_completing(self) -> bool:
        """Whether names are offered right now."""
        return self.popup.isVisible()

    def _around(self) -> tuple[str, str]:
        """The line in front of the cursor, and behind it."""
        texts: list[str] = []
        for move in (QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveOperation.EndOfBlock):
            cursor = self.textCursor()
            cursor.movePosition(move, QTextCursor.MoveMode.KeepAnchor)
            texts.append(cursor.selectedText())
        before, behind = texts
        return before, behind

    @Slot()
    def _look(self) -> None:
        """Offer what the name may become that stands in front of the cursor."""
        popup = self.popup
        before, _ = self._around()
        begun = begun_mention(before, len(before)) if self.hasFocus() else None
        if begun is None or self.isReadOnly():
            popup.hide()
            return
        names = [one.name for one in self._characters()]
        wanted = begun.casefold()
        fitting = [name for name in names if name.casefold().startswith(wanted)]
        if not fitting or [name.casefold() for name in fitting] == [wanted]:
            popup.hide()
            return
        self._names.setStringList(sorted(fitting, key=str.casefold))
        self._completer.setCompletionPrefix(begun)
        popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        place = self.cursorRect()
        place.translate(self.viewport().pos())
        wide = popup.sizeHintForColumn(0) + popup.verticalScrollBar().sizeHint().width() + 8
        place.setWidth(min(wide, _WIDEST))
        self._completer.complete(place)

    @Slot(str)
    def _insert(self, name: str) -> None:
        before, behind = self._around()
        characters = self._characters()
        chosen = next((one for one in characters if one.name == name), None)
        if chosen is None or begun_mention(before, len(before)) is None:
            return
        typed = before[before.rindex("@") :]
        cursor = self.textCursor()
        # Qt counts UTF-16 units, in which some letters are two.
        units = len(typed.encode("utf-16-le", "surrogatepass")) // 2
        end = cursor.position()
        cursor.setPosition(end - units)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(mention_text(chosen, behind, characters))
        self.setTextCursor(cursor)
        self.popup.hide()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.is_completing and event.key() in _TAKEN:
            # Left to the list of names.
            event.ignore()
            return
        super().keyPressEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        # Without this, Tab would leave the box before it could take a name.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Tab
            and self.is_completing
        ):
            event.ignore()
            return False
        return super().event(event)
