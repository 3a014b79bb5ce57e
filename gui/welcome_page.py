"""The first page: a film in one click, or a project of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.project_wishes import OpenProject
from gui.theme import Tone
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

    from core.project.recent import RecentProject
    from gui.project_actions import ProjectActions

_WIDTH = 720
_FOLDER = Qt.ItemDataRole.UserRole


class WelcomePage(QWidget):
    """What a newcomer sees.

    Signals:
        wanted(ProjectWish): a project of the list is to be opened.
    """

    wanted = Signal(object)

    def __init__(self, actions: ProjectActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("ImageAI")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 2.4)
        font.setBold(True)
        title.setFont(font)
        about = QLabel(
            "Write a storyboard, render its clips, export the film: on this machine, free and "
            "private. Services come in only where you choose them."
        )
        about.setWordWrap(True)
        sample = QPushButton("Make the sample film")
        sample.setObjectName("welcome_sample")
        sample.setToolTip("A project of four scenes, rendered on this machine, with a title")
        sample.setIcon(theme.icon("movie-open-star-outline", self.palette()))
        sample.setMinimumHeight(48)
        sample.setDefault(True)
        sample.clicked.connect(actions.sample.trigger)
        told = ToneLabel(Tone.QUIET)
        told.say("Four scenes, about half a minute, no network. Nothing is asked of you.")
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        for name, text, action in (
            ("welcome_new", "&New project…", actions.new),
            ("welcome_open", "&Open…", actions.open),
            ("welcome_import", "&Import…", actions.import_),
        ):
            buttons.addWidget(_button(name, text, action))
        self._recent_title = QLabel("Recent projects")
        self._recent = QListWidget()
        self._recent.setObjectName("welcome_recent")
        self._recent.setAccessibleName("Recent projects")
        self._recent.setToolTip("A double click, or Enter, opens a project")
        self._recent.setMaximumHeight(200)
        self._recent.itemActivated.connect(self._on_chosen)
        self._busy = ToneLabel(Tone.QUIET)
        card = QFrame()
        card.setMaximumWidth(_WIDTH)
        rows = QVBoxLayout(card)
        rows.setSpacing(theme.EDGE)
        for widget in (title, about):
            rows.addWidget(widget)
        rows.addSpacing(theme.EDGE)
        rows.addWidget(sample)
        rows.addWidget(told)
        rows.addSpacing(theme.EDGE)
        rows.addLayout(buttons)
        rows.addWidget(self._recent_title)
        rows.addWidget(self._recent)
        rows.addWidget(self._busy)
        page = QHBoxLayout(self)
        page.addStretch(1)
        page.addWidget(card, 4, Qt.AlignmentFlag.AlignVCenter)
        page.addStretch(1)
        self.set_recent(())

    def set_recent(self, entries: Sequence[RecentProject]) -> None:
        """The projects of the list, the newest first; missing ones cannot be chosen."""
        self._recent.clear()
        for entry in entries:
            missing = "   (not there now)" if entry.is_missing else ""
            item = QListWidgetItem(f"{entry.name}{missing}\n{entry.folder}")
            item.setData(_FOLDER, entry.folder)
            if entry.is_missing:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._recent.addItem(item)
        for widget in (self._recent_title, self._recent):
            widget.setVisible(bool(entries))

    def show_busy(self, text: str) -> None:
        """Say what is going on; nothing where the text is empty."""
        self._busy.say(text)

    @Slot(QListWidgetItem)
    def _on_chosen(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.wanted.emit(OpenProject(item.data(_FOLDER)))


def _button(name: str, text: str, action: QAction) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(action.toolTip())
    button.setIcon(action.icon())
    button.clicked.connect(action.trigger)
    return button
