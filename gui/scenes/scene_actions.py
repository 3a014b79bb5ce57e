"""What can be done with the selected scenes, as actions for menus, toolbars and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence

from core.project.model.edits import (
    between_words,
    change_scenes,
    delete_scenes,
    duplicate_scenes,
    insert_scenes,
    merge_scenes,
    move_scenes,
    sentence_break,
    split_scene,
    with_continues,
)
from core.project.model.project import Scene, new_id
from gui import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.project.project_model import ProjectModel


class SceneActions(QObject):
    """One action for each thing; each is enabled only while it would do something.

    Signals:
        select_wanted(tuple of str): these scenes are to be selected: what an action made.
        added(str): a new, empty scene of that id waits for its prompt.
        footage_wanted(int | None): clips of a person's own are to become scenes before the one of
            this place; None for the end.
        enhance_wanted(frozenset of str): a language model is to rewrite prompts; these scenes are
            selected.
        style_wanted(): a language model is to bring all prompts into one style.
        message(str): what has been done, where that is not seen at once.
    """

    select_wanted = Signal(object)
    added = Signal(object)
    footage_wanted = Signal(object)
    enhance_wanted = Signal(object)
    style_wanted = Signal()
    message = Signal(object)

    def __init__(self, model: ProjectModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._chosen: frozenset[str] = frozenset()
        self._cursor: int | None = None
        self.add = self._make(
            "add_scene", "Add scene", "plus", "Ins",
            "Add an empty scene after the selected one", self._add,
        )  # fmt: skip
        self.footage = self._make(
            "add_footage", "Add footage…", "filmstrip-box", "Ctrl+I",
            "Bring clips, pictures or music of your own into the film", self._add_footage,
        )  # fmt: skip
        self.duplicate = self._make(
            "duplicate_scenes", "Duplicate", "content-duplicate", "Ctrl+D",
            "Put a copy after each selected scene; its takes belong to both", self._duplicate,
        )  # fmt: skip
        self.split = self._make(
            "split_scene", "Split", "call-split", "Ctrl+K",
            "Make two scenes of one: at the cursor in the prompt, or where a sentence ends",
            self._split,
        )  # fmt: skip
        self.merge = self._make(
            "merge_scenes", "Merge", "call-merge", "Ctrl+M",
            "Make one scene of the selected ones: prompts joined, all takes kept", self._merge,
        )  # fmt: skip
        self.delete = self._make(
            "delete_scenes", "Delete", "delete-outline", "Del",
            "Delete the selected scenes; their clips stay on disk", self._delete,
        )  # fmt: skip
        self.move_up = self._make(
            "move_scenes_up", "Move up", "arrow-up", "Alt+Up",
            "Move the selected scenes up", self._move_up,
        )  # fmt: skip
        self.move_down = self._make(
            "move_scenes_down", "Move down", "arrow-down", "Alt+Down",
            "Move the selected scenes down", self._move_down,
        )  # fmt: skip
        self.link = self._make(
            "continue_scenes", "Continue from previous", "link-variant", "Ctrl+L",
            "Start from the last frame of the scene before", self._link,
        )  # fmt: skip
        self.link.setCheckable(True)
        self.enhance = self._make(
            "enhance_prompts", "Enhance prompts…", "auto-fix", "Ctrl+Shift+E",
            "Have a language model rewrite the prompts of the selected scenes, or of all",
            lambda: self.enhance_wanted.emit(self._chosen),
        )  # fmt: skip
        self.style = self._make(
            "one_style", "One style for all scenes…", "palette", "Ctrl+Shift+Y",
            "Have a language model bring all prompts into one style", self.style_wanted.emit,
        )  # fmt: skip
        self.undo = self._dress(model.undo_stack.createUndoAction(self, "Undo"), "undo", "undo")
        self.undo.setShortcuts(QKeySequence.StandardKey.Undo)
        self.redo = self._dress(model.undo_stack.createRedoAction(self, "Redo"), "redo", "redo")
        self.redo.setShortcuts(QKeySequence.StandardKey.Redo)
        model.changed.connect(self._refresh)
        self._refresh()

    def for_scenes(self) -> tuple[QAction, ...]:
        """The actions on the selected scenes in the order of a menu, with lines between groups."""
        return (
            self.add, self.footage, self.duplicate, self.split, self.merge, self._line(),
            self.link, self.move_up, self.move_down, self._line(), self.enhance, self.style,
            self._line(), self.delete,
        )  # fmt: skip

    def set_history_keys(self, are_on: bool) -> None:
        """Whether the keys of undo and redo change this project now."""
        bound, key = QKeySequence.keyBindings, QKeySequence.StandardKey
        self.undo.setShortcuts(bound(key.Undo) if are_on else [])
        self.redo.setShortcuts(bound(key.Redo) if are_on else [])

    @Slot(object)
    def set_selection(self, scene_ids: tuple[str, ...]) -> None:
        """Tell which scenes are selected."""
        self._chosen = frozenset(scene_ids)
        self._cursor = None
        self._refresh()

    @Slot(object)
    def set_cursor(self, at: int | None) -> None:
        """Tell where in the prompt of the selected scene the cursor stands."""
        self._cursor = at
        self._refresh()

    def _make(
        self, name: str, text: str, icon: str, shortcut: str, tip: str, act: Callable[[], None]
    ) -> QAction:
        action = self._dress(QAction(text, self), name, icon)
        keys = QKeySequence(shortcut)
        action.setShortcut(keys)
        # In the table only: Delete in a text box deletes letters.
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(f"{tip} ({keys.toString(QKeySequence.SequenceFormat.NativeText)})")
        action.triggered.connect(act)
        return action

    def _dress(self, action: QAction, name: str, icon: str) -> QAction:
        action.setObjectName(name)
        action.setIcon(theme.icon(icon))
        return action

    def _line(self) -> QAction:
        line = QAction(self)
        line.setSeparator(True)
        return line

    @Slot()
    def _refresh(self) -> None:
        scenes, places = self._scenes(), self._places()
        is_open = not self._model.is_read_only
        last = len(self._model.project.scenes) - 1
        for action in (self.add, self.footage):
            action.setEnabled(is_open)
        for action in (self.duplicate, self.delete):
            action.setEnabled(is_open and bool(scenes))
        for action in (self.enhance, self.style):
            has_words = any(one.prompt.strip() for one in self._model.project.scenes)
            action.setEnabled(is_open and has_words)
        self.split.setEnabled(is_open and len(scenes) == 1 and bool(scenes[0].prompt.strip()))
        self.merge.setEnabled(is_open and len(scenes) > 1)
        self.move_up.setEnabled(is_open and bool(places) and places[-1] >= len(places))
        self.move_down.setEnabled(is_open and bool(places) and places[0] <= last - len(places))
        linkable = [scene for place, scene in zip(places, scenes, strict=True) if place]
        self.link.setEnabled(is_open and bool(linkable))
        self.link.setChecked(bool(linkable) and all(scene.continues for scene in linkable))

    def _places(self) -> list[int]:
        scenes = enumerate(self._model.project.scenes)
        return [place for place, scene in scenes if scene.id in self._chosen]

    def _scenes(self) -> list[Scene]:
        return [self._model.project.scenes[place] for place in self._places()]

    def _cursor_gap(self, prompt: str) -> int | None:
        """The gap between words where the cursor stands; None where it divides nothing."""
        if self._cursor is None:
            return None
        at = between_words(prompt, self._cursor)
        return at if self._cursor and prompt[:at].strip() and prompt[at:].strip() else None

    @Slot()
    def _add(self) -> None:
        project = self._model.project
        places = self._places()
        index = places[-1] + 1 if places else len(project.scenes)
        scene = Scene(id=new_id("scene"))
        self._model.edit("Add scene", insert_scenes(project, index, [scene]))
        self.select_wanted.emit((scene.id,))
        self.added.emit(scene.id)

    @Slot()
    def _add_footage(self) -> None:
        places = self._places()
        self.footage_wanted.emit(places[-1] + 1 if places else None)

    @Slot()
    def _duplicate(self) -> None:
        before = {scene.id for scene in self._model.project.scenes}
        project = duplicate_scenes(self._model.project, self._chosen)
        self._model.edit(f"Duplicate {self._named()}", project)
        new = tuple(scene.id for scene in project.scenes if scene.id not in before)
        self.select_wanted.emit(new)

    @Slot()
    def _split(self) -> None:
        (scene,) = self._scenes()
        number = self._places()[0] + 1
        at = self._cursor_gap(scene.prompt)
        how = "at the cursor"
        if at is None:
            at, how = sentence_break(scene.prompt), "where a sentence or a part of it ends"
        project = split_scene(self._model.project, scene.id, at)
        self._model.edit(f"Split scene {number}", project)
        self.select_wanted.emit((project.scenes[number].id,))
        self.message.emit(
            f"Scene {number} is split {how}."
            if at is not None
            else f"Scenes {number} and {number + 1} both have the whole prompt: there is no place "
            "between sentences to split it. Change the words, or put the cursor where to split."
        )

    @Slot()
    def _merge(self) -> None:
        first = self._scenes()[0]
        project = merge_scenes(self._model.project, self._chosen)
        self._model.edit(f"Merge {self._named()}", project)
        self.select_wanted.emit((first.id,))

    @Slot()
    def _delete(self) -> None:
        first = self._places()[0]
        project = delete_scenes(self._model.project, self._chosen)
        self._model.edit(f"Delete {self._named()}", project)
        left = project.scenes
        if left:
            self.select_wanted.emit((left[min(first, len(left) - 1)].id,))

    @Slot()
    def _move_up(self) -> None:
        self._move(max(self._places()[0] - 1, 0))

    @Slot()
    def _move_down(self) -> None:
        self._move(self._places()[-1] + 2)

    @Slot()
    def _link(self) -> None:
        continues = self.link.isChecked()
        project = change_scenes(
            self._model.project, self._chosen, lambda scene: with_continues(scene, continues)
        )
        verb = "Continue" if continues else "Unlink"
        self._model.edit(f"{verb} {self._named()}", project)

    def _move(self, index: int) -> None:
        chosen = tuple(self._chosen)
        project = move_scenes(self._model.project, chosen, index)
        self._model.edit(f"Move {self._named()}", project)
        self.select_wanted.emit(chosen)

    def _named(self) -> str:
        """What the selected scenes are called in a menu."""
        places = self._places()
        return f"scene {places[0] + 1}" if len(places) == 1 else f"{len(places)} scenes"
