"""The first page: a film in one click, or a project of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.project.recent_list import RecentList
from gui.project.sample_button import SampleButton
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel, heading
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

    from core.project.files.recent import RecentProject
    from gui.project.project_actions import ProjectActions

_DOING, _RECENT = 560, 400
"""The widths of what can be done and of the list, at most."""
_APART = 40
_ABOUT = (
    "Write a storyboard, render its scenes as clips, and export the film.\n"
    "All on this machine, free and private; cloud services only where you choose them."
)


class WelcomePage(QWidget):
    """What a newcomer sees."""

    def __init__(self, actions: ProjectActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample = named(SampleButton(), "welcome_sample")
        self._sample.setToolTip(
            "Make a project of four scenes with a title, and render it; no network is needed"
        )
        self._buttons = (
            _action_button("welcome_new", "&New project…", actions.new),
            _action_button("welcome_open", "&Open…", actions.open),
            _action_button("welcome_import", "&Import…", actions.import_),
        )
        self._recent = named(RecentList(), "welcome_recent")
        self._busy_bar = QProgressBar()
        self._busy = ToneLabel()
        self._list = QWidget()
        self._lay_out()
        self._sample.clicked.connect(actions.sample.trigger)
        self._recent.chosen.connect(actions.open_wanted)
        self.setFocusProxy(self._sample)
        self.set_recent(())
        self.show_busy("")

    def set_recent(self, entries: Sequence[RecentProject]) -> None:
        """The projects of the list, the newest first; missing ones cannot be chosen."""
        self._recent.set_entries(entries)
        self._list.setVisible(bool(entries))

    @Slot(object)
    def show_busy(self, text: str) -> None:
        """Say what is going on, while nothing else can be begun; empty when it is over."""
        self._busy.show_message(text)
        self._busy_bar.setVisible(bool(text))
        for widget in (self._sample, *self._buttons, self._recent):
            widget.setEnabled(not text)

    def _lay_out(self) -> None:
        self._busy_bar.setRange(0, 0)
        self._busy_bar.setTextVisible(False)
        self._busy_bar.setMaximumHeight(theme.GAP // 2)
        self._busy_bar.setAccessibleName("Under way")
        for part in (self._busy_bar, self._busy):
            # Nothing moves when work begins or ends.
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            part.setSizePolicy(policy)
        about = QLabel(_ABOUT)
        about.setWordWrap(True)
        buttons = hbox(*self._buttons, gap=theme.GAP)
        doing = QWidget()
        doing.setMaximumWidth(_DOING)
        busy = (self._busy_bar, self._busy)
        rows = vbox(
            heading("ImageAI", 2.4), about, self._sample, buttons, *busy, of=doing, gap=theme.EDGE
        )
        rows.insertSpacing(2, theme.GAP)
        lists = vbox(
            heading("Recent projects", 1.2),
            self._recent,
            of=self._list,
            gap=theme.EDGE,
            grows=self._recent,
        )
        lists.setContentsMargins(_APART, 0, 0, 0)
        self._list.setMaximumWidth(_RECENT + _APART)
        self._list.setMinimumWidth(_RECENT // 2 + _APART)
        centre = hbox(None, doing, self._list, None, gap=0)
        centre.setStretch(1, 10)
        centre.setStretch(2, 7)
        page = QVBoxLayout(self)
        page.setContentsMargins(*[2 * theme.EDGE] * 4)
        page.addStretch(2)
        page.addLayout(centre)
        page.addStretch(3)


def _action_button(name: str, text: str, action: QAction) -> QPushButton:
    """Does what an action does, in words of its own."""
    button = named(QPushButton(action.icon(), text), name, action.toolTip())
    button.setMinimumHeight(round(button.fontMetrics().lineSpacing() * 2.2))
    button.clicked.connect(action.trigger)
    return button
