"""The menu of tags: what can be said about a scene, ready to be put into the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from core.film.model.transitions import NONE, TRANSITIONS
from core.project.storyboard.markup import CAMERA_MOTIONS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_LENGTHS_S = (2, 3, 5, 8, 10)
_SIMPLE = (
    ("&Begins at…", "{time: 0:00}", "The moment of the film at which the scene begins"),
    ("T&itle…", "{title: }", "The scene's name, in the table and in chapters"),
    ("&Style…", "{style: }", "How this scene and all after it look, up to the next style"),
    ("&Mood…", "{mood: }", "How this scene alone feels"),
    ("S&eed…", "{seed: 1}", "Draw the scene from this seed every time"),
)


class TagMenu(QMenu):
    """Offers every tag.

    Signals:
        chosen(str): the text of a tag.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        lengths = self.addMenu("&Length")
        for seconds in _LENGTHS_S:
            self._add(lengths, f"{seconds} seconds", f"[{seconds}s]", "How long the scene lasts")
        cameras = self.addMenu("&Camera")
        for motion in CAMERA_MOTIONS:
            name = motion.replace("_", " ")
            self._add(cameras, name.capitalize(), f"{{camera: {name}}}", "How the camera moves")
        transitions = self.addMenu("&Transition into it")
        for kind in TRANSITIONS.values():
            if kind.is_common:
                seconds = "" if kind.name == NONE else " 0.5"
                self._add(
                    transitions,
                    kind.label,
                    f"{{transition: {kind.name}{seconds}}}",
                    "How the scene before gives way to this one, and for how many seconds",
                )
        self.addSeparator()
        for text, tag, tip in _SIMPLE:
            self._add(self, text, tag, tip)

    def _add(self, menu: QMenu, text: str, tag: str, tip: str) -> None:
        action = menu.addAction(text)
        action.setData(tag)
        action.setToolTip(f"{tip}: {tag}")
        action.triggered.connect(self._on_chosen)

    @Slot()
    def _on_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.chosen.emit(str(action.data()))
