"""One entry of the history: its picture, its words, all that made it, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from gui import theme
from gui.history.history_facts import facts_of, notes_of
from gui.history.history_model import title_of
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.history.history_entry import HistoryEntry
    from gui.history.history_facts import Fact
    from gui.widgets.thumbnails import Thumbnails

_IMAGE_HEIGHT = 180
_Selectable = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class EntryButton(QPushButton):
    """Asks for something with the entry that is shown.

    Signals:
        wanted(object): what `request` gives for the entry.
    """

    wanted = Signal(object)

    def __init__(
        self, name: str, text: str, tip: str, request: Callable[[HistoryEntry], object]
    ) -> None:
        """The button without an entry.

        Args:
            name: the object's.
            text: on it.
            tip: what it does.
            request: what is asked for; nothing where it cannot be done with that entry.
        """
        super().__init__(text)
        self._find_request = request
        self._request: object = None
        self.setObjectName(name)
        self.setToolTip(tip)
        self.setEnabled(False)
        self.clicked.connect(self._tell)

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Ask for this entry from now on."""
        self._request = None if entry is None else self._find_request(entry)
        self.setEnabled(bool(self._request))

    @Slot()
    def _tell(self) -> None:
        self.wanted.emit(self._request)


def path_there(entry: HistoryEntry) -> Path | None:
    """The file of an entry; None where it is gone."""
    return None if entry.is_missing else entry.path


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


class EntryView(QWidget):
    """Shows an entry, or that none is chosen, above buttons for it.

    Attributes:
        buttons: for the `EntryButton`s, and what else stands below.
    """

    def __init__(self, thumbnails: Thumbnails, nothing: str) -> None:
        """The view without an entry.

        Args:
            thumbnails: where its picture comes from.
            nothing: what is said while none is chosen.
        """
        super().__init__()
        self._thumbnails = thumbnails
        self._nothing = nothing
        self._entry: HistoryEntry | None = None
        self._image = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._image.setFixedHeight(_IMAGE_HEIGHT)
        # Without this the window could not become narrower than the picture.
        self._image.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._title = _text(nothing)
        bold = self._title.font()
        bold.setBold(True)
        self._title.setFont(bold)
        self._gone = _text("The file is not there any more.")
        self._gone.hide()
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(theme.EDGE)
        self._facts.setVerticalSpacing(theme.GAP // 2)
        self._notes = _text()
        self._notes.hide()
        self.buttons = QGridLayout()
        self.buttons.setSpacing(theme.GAP)
        self._lay_out()
        self._thumbnails.ready.connect(self._on_thumbnail)
        self._show_image()

    def _lay_out(self) -> None:
        inside = QWidget()
        lines = vbox(
            self._title, self._gone, self._facts, self._notes, None, of=inside, gap=theme.GAP
        )
        lines.setContentsMargins(0, 0, theme.GAP, 0)
        words = scrolled(inside)
        vbox(self._image, words, self.buttons, of=self, gap=theme.GAP, grows=words)

    @property
    def entry(self) -> HistoryEntry | None:
        """What is shown."""
        return self._entry

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Show an entry; None says that none is chosen."""
        if entry == self._entry:
            return
        self._entry = entry
        self._fill(() if entry is None else facts_of(entry))
        notes = () if entry is None else notes_of(entry)
        self._notes.setText("\n".join(f"• {note}" for note in notes))
        self._notes.setVisible(bool(notes))
        self._title.setText(self._nothing if entry is None else _words(entry))
        self._gone.setVisible(entry is not None and entry.is_missing)
        self._show_image()
        for button in self.findChildren(EntryButton):
            button.show_entry(entry)

    def _fill(self, facts: tuple[Fact, ...]) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for fact, text in facts:
            name, value = ToneLabel(), _text(text)
            name.setWordWrap(False)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            value.setAccessibleName(fact)
            self._facts.addRow(name, value)
            name.show_message(fact)

    @Slot(object)
    def _on_thumbnail(self, path: object) -> None:
        if self._entry is not None and path == self._entry.path:
            self._show_image()

    def _show_image(self) -> None:
        entry, ratio = self._entry, self.devicePixelRatioF()
        size = QSize(max(self.width(), 2 * _IMAGE_HEIGHT), _IMAGE_HEIGHT) * ratio
        pixmap = None
        if entry is not None and not entry.is_missing:
            pixmap = self._thumbnails.pixmap(entry.path, size)
        if pixmap is None:
            self._image.setPixmap(QPixmap())
        else:
            shown = pixmap.scaled(
                size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            shown.setDevicePixelRatio(ratio)
            self._image.setPixmap(shown)
        self._image.setVisible(pixmap is not None)


def _words(entry: HistoryEntry) -> str:
    return entry.title or entry.prompt or title_of(entry)


def _text(words: str = "") -> QLabel:
    label = QLabel(words)
    # Never read as rich text: what a person typed must not be taken for mark-up.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setTextInteractionFlags(_Selectable)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
