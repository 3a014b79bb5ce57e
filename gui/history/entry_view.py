"""One entry of the history to look at: its picture, its words, and all that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.history.history_facts import facts_of, notes_of
from gui.history.history_model import title_of
from gui.widgets.labels import ToneLabel
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from core.history.history_entry import HistoryEntry
    from gui.history.history_facts import HistoryFact
    from gui.widgets.thumbnails import Thumbnails

_IMAGE_HEIGHT = 180
_Selectable = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class EntryView(QWidget):
    """Shows an entry, or that none is chosen."""

    def __init__(self, thumbnails: Thumbnails, nothing: str, parent: QWidget | None = None) -> None:
        """The view without an entry.

        Args:
            thumbnails: where its picture comes from.
            nothing: what is said while none is chosen.
            parent: owns the view.
        """
        super().__init__(parent)
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
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(theme.EDGE)
        self._facts.setVerticalSpacing(theme.GAP // 2)
        self._notes = _text()
        self._notes.hide()
        self._lay_out()
        self._thumbnails.ready.connect(self._on_thumbnail)
        self._show_image()

    def _lay_out(self) -> None:
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, theme.GAP, 0)
        lines.setSpacing(theme.GAP)
        for part in (self._title, self._gone):
            lines.addWidget(part)
        lines.addLayout(self._facts)
        lines.addWidget(self._notes)
        lines.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._image)
        whole.addWidget(scrolled(inside), 1)

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

    def _fill(self, facts: tuple[HistoryFact, ...]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # Hidden at once: until the event loop deletes it, it would shine through.
                widget.hide()
                widget.deleteLater()
        for row, fact in enumerate(facts):
            name, value = ToneLabel(), _text(fact.value)
            name.setWordWrap(False)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            value.setAccessibleName(fact.name)
            self._facts.addWidget(name, row, 0)
            self._facts.addWidget(value, row, 1)
            name.show_message(fact.name)

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
