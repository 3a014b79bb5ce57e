"""The prompts of several scenes at once: words at their ends, and find and replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from core.project.scene_edits import (
    append_to_prompt,
    count_in_prompt,
    replace_in_prompt,
    with_continues,
)
from gui import theme
from gui.video.project_model import SceneEdit
from gui.widgets.text_fields import LineField, SwitchField
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.project import Scene


class BulkWordsPage(QWidget):
    """Edits the words of several scenes; each button is one step of undo.

    Signals:
        edited(SceneEdit)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scenes: tuple[Scene, ...] = ()
        self._append = _line("bulk_append", "Words that come after every prompt")
        self._add = _button("bulk_add", "&Add to every prompt", "Add these words to each prompt")
        self._find = _line("bulk_find", "What is looked for in the prompts")
        self._replacement = _line("bulk_replacement", "What stands there instead")
        self._case = SwitchField("Match &case")
        self._case.setObjectName("bulk_case")
        self._case.setToolTip("Tell large letters from small ones")
        self._replace = _button("bulk_replace", "&Replace", "Replace it in every prompt")
        self._link = _button(
            "bulk_link", "&Link each to the one before",
            "Let each of them begin where the scene before it ends",
        )  # fmt: skip
        self._count = ToneLabel()
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        grid.addWidget(QLabel("Add words"), 0, 0)
        grid.addWidget(self._append, 0, 1)
        grid.addWidget(self._add, 0, 2)
        grid.addWidget(QLabel("Find"), 1, 0)
        grid.addWidget(self._find, 1, 1)
        grid.addWidget(self._case, 1, 2)
        grid.addWidget(QLabel("Replace by"), 2, 0)
        grid.addWidget(self._replacement, 2, 1)
        grid.addWidget(self._replace, 2, 2)
        grid.addWidget(self._count, 3, 1, 1, 2)
        grid.addWidget(self._link, 4, 1, 1, 2)
        grid.setRowStretch(5, 1)
        self._add.clicked.connect(self._on_add)
        self._replace.clicked.connect(self._on_replace)
        self._link.clicked.connect(self._on_link)
        for field in (self._append, self._find, self._replacement, self._case):
            field.edited.connect(self._tell)
        self._tell()

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Work on these scenes."""
        self._scenes = tuple(scenes)
        self._tell()

    @Slot()
    def _tell(self, _: object = None) -> None:
        find = self._find.text()
        count = sum(
            count_in_prompt(scene, find, matches_case=self._case.isChecked())
            for scene in self._scenes
        )
        self._add.setEnabled(bool(self._append.text().strip()))
        self._replace.setEnabled(count > 0)
        found = "Found once" if count == 1 else f"Found {count} times"
        self._count.say(f"{found} in {len(self._scenes)} prompts." if find else "")

    @Slot()
    def _on_add(self) -> None:
        words = self._append.text()
        changed = tuple(append_to_prompt(scene, words) for scene in self._scenes)
        self.edited.emit(SceneEdit(f"Add words to {len(changed)} prompts", changed))

    @Slot()
    def _on_replace(self) -> None:
        changed = tuple(
            replace_in_prompt(
                scene,
                self._find.text(),
                self._replacement.text(),
                matches_case=self._case.isChecked(),
            )
            for scene in self._scenes
        )
        self.edited.emit(SceneEdit(f"Replace words in {len(changed)} prompts", changed))

    @Slot()
    def _on_link(self) -> None:
        changed = tuple(with_continues(scene, True) for scene in self._scenes)
        self.edited.emit(SceneEdit(f"Link {len(changed)} scenes", changed))


def _line(name: str, tip: str) -> LineField:
    field = LineField()
    field.setObjectName(name)
    field.setToolTip(tip)
    field.setAccessibleName(tip)
    return field


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    return button
