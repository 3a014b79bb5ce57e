"""Characters between the open project and their panel; every change is a step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

from core.platform.units import count_text
from core.project.model.character_edits import scenes_with, with_character, with_characters
from core.project.model.characters import name_problem, tidy_name
from core.project.model.edits import describe_edit
from gui.scenes.image_controller import ImageRole, ImageUse
from gui.theme import Tone

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

    from core.project.model.characters import Character
    from gui.characters.characters_panel import CharactersPanel
    from gui.project.project_model import ProjectModel
    from gui.scenes.image_controller import ImageController

    Characters = tuple[Character, ...]

_COPYING = "Copying into the project…"
_MOST_NAMED = 8


class CharactersController(QObject):
    """Keeps panel and project in step."""

    def __init__(
        self,
        model: ProjectModel,
        panel: CharactersPanel,
        images: ImageController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._panel = panel
        self._images = images
        panel.changed.connect(self._on_edit)
        panel.images_changed.connect(self._on_images)
        panel.brought.connect(self._on_brought)
        model.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self, _: object = None) -> None:
        self._panel.set_value(self._model.project.characters)
        self._panel.set_editable(not self._model.is_read_only)

    @Slot(object)
    def _on_edit(self, after: Characters) -> None:
        before = self._model.project.characters
        problem = _problem_with(before, after)
        if problem or not self._agrees(before, after):
            self._show()
            self._panel.show_problem(problem)
            return
        after = tuple(one.model_copy(update={"name": tidy_name(one.name)}) for one in after)
        edit = _describe(before, after)
        # What is typed into the sentence is one step.
        self._model.edit(edit, with_characters(self._model.project, after), merge=edit)

    def _agrees(self, before: Characters, after: Characters) -> bool:
        """Whether whoever is gone may go; asked where scenes mention it."""
        kept = {one.id for one in after}
        for one in before:
            scenes = () if one.id in kept else scenes_with(self._model.project, one.id)
            if scenes and not self._ask(one, scenes):
                return False
        return True

    def _ask(self, one: Character, scenes: tuple[int, ...]) -> bool:
        numbers = ", ".join(map(str, scenes[:_MOST_NAMED]))
        more = len(scenes) - _MOST_NAMED
        where = f"{numbers} and {count_text(more, 'more')}" if more > 0 else numbers
        answer = QMessageBox.question(
            self._panel,
            "Remove",
            f"@{one.name} is in {'scene' if len(scenes) == 1 else 'scenes'} {where}.\n\nRemoved, "
            "its name stays there as a plain word. Undo brings it back.",
            QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Ok

    @Slot(object)
    def _on_images(self, one: Character) -> None:
        was = next((known for known in self._model.project.characters if known.id == one.id), None)
        if was is not None:
            text = f"{describe_edit(was.images, one.images)} of {one.name}"
            self._model.edit(text, with_character(self._model.project, one))

    @Slot(object)
    def _on_brought(self, images: tuple[Path | QImage, ...]) -> None:
        one = self._panel.chosen
        if one is None:
            return
        self._panel.show_message(_COPYING, Tone.QUIET)
        use = ImageUse(images, ImageRole.CHARACTER, character_id=one.id)
        self._images.bring(
            use,
            lambda: self._panel.show_message(""),
            lambda error: self._panel.show_message(str(error)),
        )


def _problem_with(before: Characters, after: Characters) -> str:
    """What is wrong with a name that was changed."""
    names = {one.id: one.name for one in before}
    for one in after:
        if names.get(one.id) != one.name:
            problem = name_problem(one.name, [other for other in after if other.id != one.id])
            if problem:
                return problem
    return ""


def _describe(before: Characters, after: Characters) -> str:
    """What was done, for the menu."""
    known = {one.id: one for one in before}
    left = {one.id for one in after}
    for one in after:
        was = known.get(one.id)
        if was is None:
            return f"Add {one.name}"
        if was.name != one.name:
            return f"Rename {was.name} to {one.name}"
        if was != one:
            return f"Change {one.name}"
    gone = next((one.name for one in before if one.id not in left), "")
    return f"Remove {gone}" if gone else "Move character"
