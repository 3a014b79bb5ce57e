"""The box for the storyboard's words, and what stands around it: notes, menu of tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import (
    QKeySequence,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QToolButton, QWidget
from typing_extensions import override

from core.film.model.transitions import NONE, TRANSITIONS
from core.project.storyboard.tags import CAMERA_MOTIONS
from core.video.spec import shown_name
from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.file_field import files_in
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtGui import QKeyEvent

_PLACEHOLDER = (
    "Paste or type a story, lyrics or a script.\n\n"
    "Each paragraph, line of a verse, heading or time (0:12) begins a scene."
)
# Qt lays out a whole line whenever a letter of it changes: a novel in one line would stall.
_LONGEST_LINE = 2000
_JOINT = QTextFormat.Property.UserProperty.value + 1
# A format keeps no empty text, so that joints are kept by their place here.
_JOINTS = ("\n", " ", "")


@dataclass(frozen=True)
class _Chunk:
    """Lines as they are, or a part of a very long one; and what stands before it."""

    joint: str
    text: str


class StoryboardBox(QPlainTextEdit):
    """Edits a plain text; text files can be dropped on it.

    Very long lines are shown as several, which `text` joins again.

    Signals:
        edited: a person changed the text.
        file_dropped(Path)
    """

    edited = Signal()
    file_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # As it was set, until it is changed: the box itself knows only one kind of line end.
        self._exact: str | None = ""
        self._has_joints = False
        self.setPlaceholderText(_PLACEHOLDER)
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._on_changed)

    def text(self) -> str:
        """The text to the letter."""
        if self._exact is None:
            self._exact = self._read()
        return self._exact

    def set_text(self, text: str) -> None:
        """Show a text; tells nobody."""
        if text == self.text():
            return
        self.blockSignals(True)
        if _has_long_lines(text):
            self.clear()
            self._insert(QTextCursor(self.document()), text)
            self.document().clearUndoRedoStacks()
        else:
            self._has_joints = False
            self.setPlainText(text)
        self.blockSignals(False)
        self._exact = text

    def replace_text(self, text: str) -> None:
        """Put a text in the place of everything, as a step that can be undone."""
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        self._insert(cursor, text)
        cursor.setPosition(0)
        self.setTextCursor(cursor)

    def select(self, start: int, text: str) -> None:
        """Select the words of a part of the text and scroll to them."""
        before = _as_shown(self.text()[:start])
        words = _as_shown(text)
        first = len(before) + len(words) - len(words.lstrip())
        cursor = self.textCursor()
        cursor.setPosition(self._place(first))
        cursor.setPosition(self._place(first + len(words.strip())), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()

    @override
    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Welcome files too."""
        return bool(files_in(source)) or super().canInsertFromMimeData(source)

    @override
    def insertFromMimeData(self, source: QMimeData) -> None:
        """Tell of a file; take in everything else as text."""
        files = files_in(source)
        if files:
            self.file_dropped.emit(files[0])
        elif source.hasText() and not self.isReadOnly():
            self._insert(self.textCursor(), source.text())
            self.ensureCursorVisible()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Begin a true new line with Enter, also inside of a very long one."""
        is_enter = event.matches(QKeySequence.StandardKey.InsertParagraphSeparator)
        if is_enter and not self.isReadOnly():
            self.textCursor().insertBlock(QTextBlockFormat())
            self.ensureCursorVisible()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_changed(self) -> None:
        self._exact = None
        self.edited.emit()

    def _insert(self, cursor: QTextCursor, text: str) -> None:
        """Insert a text as one step, and lines that are very long in parts."""
        self._has_joints = self._has_joints or _has_long_lines(text)
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        for number, chunk in enumerate(_chunks(_as_shown(text))):
            if number > 0:
                # Each time with a format of its own: else it takes over that of the line before.
                joined = QTextBlockFormat()
                joined.setProperty(_JOINT, _JOINTS.index(chunk.joint))
                cursor.insertBlock(joined)
            cursor.insertText(chunk.text)
        cursor.endEditBlock()

    def _read(self) -> str:
        if self._has_joints:
            return "".join(f"{_joint(block)}{block.text()}" for block in self._blocks())
        # Not toPlainText(), which turns spaces that hold words together into plain ones.
        return self.document().toRawText().replace("\u2029", "\n")

    def _blocks(self) -> Iterator[QTextBlock]:
        block = self.document().begin()
        while block.isValid():
            yield block
            block = block.next()

    def _place(self, offset: int) -> int:
        """Where a letter of the text is in the document, where rare letters take two places."""
        rest = offset
        last = self.document().begin()
        for block in self._blocks():
            last = block
            rest -= len(_joint(block))
            if rest <= len(block.text()):
                break
            rest -= len(block.text())
        return last.position() + len(last.text()[: max(rest, 0)].encode("utf-16-le")) // 2


def _joint(block: QTextBlock) -> str:
    """What stands in the text between this line and the one before it."""
    if block.blockNumber() == 0:
        return ""
    return _JOINTS[block.blockFormat().intProperty(_JOINT)]


def _chunks(text: str) -> Iterator[_Chunk]:
    """The first line, then all others; very long ones in parts."""
    first, is_more, rest = text.partition("\n")
    yield from _parts(first)
    short: list[str] = []
    for line in rest.split("\n") if is_more else ():
        if len(line) <= _LONGEST_LINE:
            short.append(line)
            continue
        if short:
            yield _Chunk("\n", "\n".join(short))
        short = []
        yield from _parts(line)
    if short:
        yield _Chunk("\n", "\n".join(short))


def _parts(line: str) -> Iterator[_Chunk]:
    joint, start = "\n", 0
    while len(line) - start > _LONGEST_LINE:
        space = line.rfind(" ", start + 1, start + _LONGEST_LINE)
        end = start + _LONGEST_LINE if space < 0 else space
        yield _Chunk(joint, line[start:end])
        joint, start = ("", end) if space < 0 else (" ", end + 1)
    yield _Chunk(joint, line[start:])


def _has_long_lines(text: str) -> bool:
    return any(len(line) > _LONGEST_LINE for line in text.split("\n"))


def _as_shown(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


_FIRST = 2


class StoryboardNotes(QWidget):
    """Shows a few notes, with a button for the rest; takes no room where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[str, ...] = ()
        self._words = ToneLabel(Tone.WARNING)
        self._more = named(QToolButton(), "more_notes")
        self._more.setCheckable(True)
        self._more.setAutoRaise(True)
        self._more.setToolTip("Show every note, or the first ones alone")
        self._more.toggled.connect(self._show)
        rows = vbox(self._words, of=self, gap=0)
        rows.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._show()

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show these."""
        if tuple(notes) != self._notes:
            self._notes = tuple(notes)
            self._show()

    @Slot()
    def _show(self, _: object = None) -> None:
        more = len(self._notes) - _FIRST
        shown = self._notes if self._more.isChecked() else self._notes[:_FIRST]
        self._words.show_message("\n".join(f"• {note}" for note in shown))
        self._more.setText("Fewer notes" if self._more.isChecked() else f"{more} more…")
        self._more.setVisible(more > 0)
        self.setVisible(bool(self._notes))


_LENGTHS_S = (2, 3, 5, 8, 10)
_SIMPLE = (
    ("&Begins at…", "{time: 0:00}", "The moment of the film at which the scene begins"),
    ("T&itle…", "{title: }", "The scene's name, in the table and in chapters"),
    ("&Style…", "{style: }", "How this scene and all after it look, up to the next style"),
    ("&Mood…", "{mood: }", "How this scene alone feels"),
    ("S&eed…", "{seed: 1}", "Draw the scene from this seed every time"),
)


def tag_menu(parent: QWidget) -> QMenu:
    """A menu of every tag; the text of a tag is its action's data."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    lengths = menu.addMenu("&Length")
    for seconds in _LENGTHS_S:
        _add_tag(lengths, f"{seconds} seconds", f"[{seconds}s]", "How long the scene lasts")
    cameras = menu.addMenu("&Camera")
    for motion in CAMERA_MOTIONS:
        name = shown_name(motion)
        _add_tag(cameras, name.capitalize(), f"{{camera: {name}}}", "How the camera moves")
    transitions = menu.addMenu("&Transition into it")
    for kind in TRANSITIONS.values():
        if kind.is_common:
            seconds = "" if kind.name == NONE else " 0.5"
            _add_tag(
                transitions,
                kind.label,
                f"{{transition: {kind.name}{seconds}}}",
                "How the scene before gives way to this one, and for how many seconds",
            )
    menu.addSeparator()
    for text, tag, tip in _SIMPLE:
        _add_tag(menu, text, tag, tip)
    return menu


def _add_tag(menu: QMenu, text: str, tag: str, tip: str) -> None:
    action = menu.addAction(text)
    action.setData(tag)
    action.setToolTip(f"{tip}: {tag}")
