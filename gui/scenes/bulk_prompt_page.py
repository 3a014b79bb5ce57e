"""Several scenes at once: words after their prompts, find and replace, and the links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFormLayout, QPushButton, QWidget

from core.platform.units import count_text
from core.project.model.edits import (
    append_to_prompt,
    count_in_prompt,
    replace_in_prompt,
    with_continues,
)
from gui import theme
from gui.widgets.fields import LineField, SwitchField
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.project import Scene
    from gui.project.project_model import ProjectModel


class BulkPromptPage(QWidget):
    """Edits the words of several scenes and whether they continue; each is one step of undo."""

    def __init__(self, model: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._scenes: tuple[Scene, ...] = ()
        self._append = _line("bulk_append", "Words that come after every prompt")
        self._add = _button("bulk_add", "&Add to every prompt", "Add these words to each prompt")
        self._find = _line("bulk_find", "What is looked for in the prompts")
        self._replacement = _line("bulk_replacement", "What stands there instead")
        self._case = SwitchField("Match &case")
        self._case.setObjectName("bulk_case")
        self._case.setToolTip("Tell large letters from small ones")
        self._replace = _button("bulk_replace", "&Replace", "Replace it in every prompt")
        self._continues = SwitchField("&Continue each from the last frame of the scene before")
        self._continues.setObjectName("bulk_continues")
        self._continues.setToolTip("Each clip begins where the one before it ends (Ctrl+L)")
        self._message = ToneLabel()
        self._lay_out()
        self._add.clicked.connect(self._on_add)
        self._replace.clicked.connect(self._on_replace)
        self._append.returnPressed.connect(self._add.click)
        self._replacement.returnPressed.connect(self._replace.click)
        self._continues.edited.connect(self._on_continues)
        for field in (self._append, self._find, self._replacement, self._case):
            field.edited.connect(self._tell)
        self._tell()

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        form.setVerticalSpacing(theme.GAP // 2)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for words, field, beside in (
            ("A&dd words", self._append, self._add),
            ("&Find", self._find, self._case),
            ("Replace &by", self._replacement, self._replace),
        ):
            fields = hbox(field, beside, gap=theme.GAP // 2, grows=field)
            form.addRow(label_of(field, words), fields)
        form.addRow(self._message)
        form.addRow(self._continues)

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Work on these scenes, at least two."""
        self._scenes = tuple(scenes)
        first = self._model.project.scenes[0]
        links = {scene.continues for scene in scenes if scene.id != first.id}
        if len(links) > 1:
            self._continues.show_several()
        else:
            self._continues.show_value(links == {True})
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
        self._message.show_message(f"{found} in {len(self._scenes)} prompts." if find else "")

    @Slot()
    def _on_add(self) -> None:
        words = self._append.text()
        changed = tuple(append_to_prompt(scene, words) for scene in self._scenes)
        # Emptied first: a second press shall not add the same words again.
        self._append.show_value("")
        self._model.edit_scenes(f"Add words to {len(changed)} prompts", changed)
        self._message.show_message(f"Added to {len(changed)} prompts: {words.strip()}")

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
        self._model.edit_scenes(f"Replace words in {len(changed)} prompts", changed)

    @Slot(object)
    def _on_continues(self, continues: object) -> None:
        changed = tuple(with_continues(scene, bool(continues)) for scene in self._scenes)
        verb = "Continue" if continues else "Unlink"
        self._model.edit_scenes(f"{verb} {count_text(len(changed), 'scene')}", changed)


def _line(name: str, tip: str) -> LineField:
    field = LineField(is_draft=True)
    field.setObjectName(name)
    field.setToolTip(tip)
    field.setAccessibleName(tip)
    return field


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
