"""One entry of the history in full, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.history_entry import WorkKind
from gui import theme
from gui.history_facts import facts_of, notes_of
from gui.history_model import title_of
from gui.theme import Tone

if TYPE_CHECKING:
    from core.history_entry import HistoryEntry
    from gui.history_facts import Fact
    from gui.thumbnail_source import ThumbnailSource

_PICTURE_HEIGHT = 180
_Selectable = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class HistoryDetails(QWidget):
    """Shows an entry, or that none is chosen.

    Signals:
        play_wanted(HistoryEntry): to be seen and heard.
        show_file_wanted(Path): to be shown in its folder.
        make_again(ClipRecord | ExportOrder): to be made with the very same settings.
        edit_wanted(ClipRecord): to be made with other settings.
        remove_wanted(HistoryEntry): to leave the list; its file stays.
    """

    play_wanted = Signal(object)
    show_file_wanted = Signal(object)
    make_again = Signal(object)
    edit_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, thumbnails: ThumbnailSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._entry: HistoryEntry | None = None
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._picture.setFixedHeight(_PICTURE_HEIGHT)
        # Without this the window could not become narrower than the picture.
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._title = _text()
        bold = self._title.font()
        bold.setBold(True)
        self._title.setFont(bold)
        self._gone = _text()
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(theme.EDGE)
        self._facts.setVerticalSpacing(theme.GAP // 2)
        self._notes = _text()
        self._play = _button("play", "Play", "Play it", "play")
        self._show = _button("show_file", "Show file", "Show the file in its folder", "folder")
        self._copy = _button("copy", "Copy prompt", "Copy the prompt", "content-copy")
        self._again = _button(
            "again", "Make again", "Make it once more with the same settings and seed", "refresh"
        )
        self._edit = _button(
            "edit", "Edit and make", "Take its settings over, to change and make them", "pencil"
        )
        self._remove = _button(
            "remove",
            "Remove from the list",
            "Take it off this list; the file stays",
            "playlist-remove",
        )
        self._lay_out()
        self._thumbnails.ready.connect(self._show_picture)
        self._play.clicked.connect(self._on_play)
        self._show.clicked.connect(self._on_show)
        self._copy.clicked.connect(self._on_copy)
        self._again.clicked.connect(self._on_again)
        self._edit.clicked.connect(self._on_edit)
        self._remove.clicked.connect(self._on_remove)
        self.show_entry(None)

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
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        buttons = QGridLayout()
        buttons.setSpacing(theme.GAP)
        rows = ((self._again, self._edit), (self._play, self._show), (self._copy, self._remove))
        for row, (left, right) in enumerate(rows):
            buttons.addWidget(left, row, 0)
            buttons.addWidget(right, row, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.GAP, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._picture)
        whole.addWidget(area, 1)
        whole.addLayout(buttons)

    @property
    def entry(self) -> HistoryEntry | None:
        """What is shown."""
        return self._entry

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Show an entry; None says that none is chosen."""
        if entry is not None and entry == self._entry:
            return
        self._entry = entry
        facts: tuple[Fact, ...] = () if entry is None else facts_of(entry)
        self._fill(facts)
        notes = () if entry is None else notes_of(entry)
        self._notes.setText("\n".join(f"• {note}" for note in notes))
        self._notes.setVisible(bool(notes))
        words = "Choose something to see how it was made." if entry is None else _words(entry)
        self._title.setText(words)
        is_missing = entry is not None and entry.is_missing
        self._gone.setText("The file is not there any more." if is_missing else "")
        self._gone.setVisible(is_missing)
        self._enable(entry)
        self._show_picture()

    def _enable(self, entry: HistoryEntry | None) -> None:
        is_there = entry is not None and not entry.is_missing
        record = None if entry is None else entry.clip_record
        order = None if entry is None else entry.export_order
        self._play.setEnabled(is_there)
        self._show.setEnabled(is_there)
        self._copy.setEnabled(entry is not None and bool(entry.prompt))
        self._again.setEnabled(record is not None or order is not None)
        self._edit.setEnabled(record is not None)
        self._remove.setEnabled(entry is not None)
        is_film = entry is not None and entry.kind is WorkKind.FILM
        self._edit.setToolTip(
            "A film is edited in its project"
            if is_film
            else "Take its settings over, to change and make them"
        )

    def _fill(self, facts: tuple[Fact, ...]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # Hidden at once: until the event loop deletes it, it would shine through.
                widget.hide()
                widget.deleteLater()
        quiet = theme.tone(self.palette(), Tone.QUIET).name()
        for row, fact in enumerate(facts):
            name, value = QLabel(fact.name), _text(fact.value)
            name.setStyleSheet(f"color: {quiet}")
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            value.setAccessibleName(fact.name)
            self._facts.addWidget(name, row, 0)
            self._facts.addWidget(value, row, 1)

    @Slot()
    @Slot(object)
    def _show_picture(self, path: object = None) -> None:
        entry = self._entry
        if path is not None and (entry is None or path != entry.path):
            return
        ratio = self.devicePixelRatioF()
        size = QSize(max(self.width(), 2 * _PICTURE_HEIGHT), _PICTURE_HEIGHT) * ratio
        pixmap = None
        if entry is not None and not entry.is_missing:
            pixmap = self._thumbnails.pixmap(entry.path, size)
        if pixmap is None:
            self._picture.setPixmap(QPixmap())
        else:
            shown = pixmap.scaled(
                size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            shown.setDevicePixelRatio(ratio)
            self._picture.setPixmap(shown)
        self._picture.setVisible(pixmap is not None)

    @Slot()
    def _on_play(self) -> None:
        self.play_wanted.emit(self._entry)

    @Slot()
    def _on_show(self) -> None:
        if self._entry is not None:
            self.show_file_wanted.emit(self._entry.path)

    @Slot()
    def _on_copy(self) -> None:
        if self._entry is not None:
            QGuiApplication.clipboard().setText(self._entry.prompt)

    @Slot()
    def _on_again(self) -> None:
        if self._entry is not None:
            self.make_again.emit(self._entry.clip_record or self._entry.export_order)

    @Slot()
    def _on_edit(self) -> None:
        if self._entry is not None:
            self.edit_wanted.emit(self._entry.clip_record)

    @Slot()
    def _on_remove(self) -> None:
        self.remove_wanted.emit(self._entry)


def _words(entry: HistoryEntry) -> str:
    return entry.title or entry.prompt or title_of(entry)


def _text(words: str = "") -> QLabel:
    label = QLabel(words)
    # Never read as rich text: what a person typed must not be taken for mark-up.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(_Selectable)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _button(name: str, text: str, tip: str, icon: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setIcon(theme.icon(icon, button.palette()))
    return button
