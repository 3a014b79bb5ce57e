"""The buttons that render: this scene, the selected, what is missing or out of date, all."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from gui import theme
from gui.widgets.fields import named
from gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from collections.abc import Mapping


class RenderScope(StrEnum):
    """Which scenes a person wants rendered."""

    THIS = "this"
    SELECTED = "selected"
    MISSING = "missing"
    ALL = "all"


_BUTTONS = {
    RenderScope.THIS: (
        "Render scene", "play-box-outline", "Render the scene that is shown", "Ctrl+Return",
    ),
    RenderScope.SELECTED: (
        "Render selected", "playlist-check", "Render every selected scene", "Ctrl+Shift+Return",
    ),
    RenderScope.MISSING: (
        "Render missing or out of date", "playlist-plus",
        "Render every scene that has no clip, or one made from something else", "F5",
    ),
    RenderScope.ALL: (
        "Render all", "playlist-play", "Render a new take of every scene", "Shift+F5",
    ),
}  # fmt: skip


_VERB = "Render "
_FRAMES_KEY = "Ctrl+F5"


class RenderBar(QWidget):
    """Says how many scenes would be rendered, and has a button for each choice of them.

    Signals:
        wanted(RenderScope): a person wants these scenes rendered.
        frames_wanted(): images for scenes to start from.
    """

    wanted = Signal(object)
    frames_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = FlowLayout(of=self, gap=theme.GAP)
        self.actions_by_scope: dict[RenderScope, QAction] = {}
        for scope, (text, icon, tip, key) in _BUTTONS.items():
            action = QAction(theme.icon(icon), text, self)
            action.setToolTip(f"{tip} ({key})")
            action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _=False, scope=scope: self.wanted.emit(scope))
            button = named(QToolButton(), f"render_{scope.value}")
            button.setDefaultAction(action)
            has_icon = scope in (RenderScope.THIS, RenderScope.MISSING)
            button.setToolButtonStyle(theme.BESIDE if has_icon else theme.TEXT)
            layout.addWidget(button)
            self.actions_by_scope[scope] = action
        self.frames = QAction(theme.icon("image-multiple-outline"), "Generate Images…", self)
        self.frames.setIconText("Generate Images")
        self.frames.setToolTip(f"Have images made for scenes to start from ({_FRAMES_KEY})")
        self.frames.setShortcut(QKeySequence(_FRAMES_KEY))
        self.frames.triggered.connect(lambda: self.frames_wanted.emit())
        images = named(QToolButton(), "start_frames")
        images.setDefaultAction(self.frames)
        images.setToolButtonStyle(theme.BESIDE)
        layout.addWidget(images)
        self._busy = QLabel()
        layout.addWidget(self._busy)
        self._counts: Mapping[RenderScope, int] = {}
        self._prices: Mapping[RenderScope, str] = {}
        self.set_counts({})

    def set_counts(self, counts: Mapping[RenderScope, int]) -> None:
        """Enable what there is to render, and say how much; what is not named has no scene."""
        self._counts = counts
        self._label()

    def set_prices(self, prices: Mapping[RenderScope, str]) -> None:
        """Say what each button costs; what is not named is free, or not known yet."""
        if prices != self._prices:
            self._prices = prices
            self._label()

    def _label(self) -> None:
        self.frames.setEnabled(self._counts.get(RenderScope.ALL, 0) > 0)
        for scope, action in self.actions_by_scope.items():
            number = self._counts.get(scope, 0)
            action.setEnabled(number > 0)
            text = _BUTTONS[scope][0]
            shown = text if scope is RenderScope.THIS else f"{text} ({number})"
            action.setText(shown)
            # In the row of buttons the first one says the verb for all of them.
            is_verb = scope is RenderScope.THIS
            words = shown if is_verb else shown.removeprefix(_VERB).capitalize()
            price = self._prices.get(scope, "") if number else ""
            action.setIconText(f"{words} · {price}" if price else words)

    def show_planning(self, is_planning: bool) -> None:
        """Say that the scenes are being looked at."""
        self._busy.setText("Planning…" if is_planning else "")
