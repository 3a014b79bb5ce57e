"""The only writer of the open project: every edit is an undo command, on the main thread."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack
from typing_extensions import override

from core.project.model.edits import TakesEdit, change_scenes
from core.project.model.project import Scene, SceneTakes, Take, VideoProject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.project.model.edits import Takes

# What a person edits can be undone; what machines add (takes, exports, waiting scenes) cannot.
_NOT_EDITED = ("to_render", "last_export")
_PAUSE_MS = 1000


@dataclass(frozen=True)
class Change:
    """The project before and after; `is_edit` where a person changed it."""

    before: VideoProject
    after: VideoProject
    is_edit: bool = True


class ProjectModel(QObject):
    """Holds one open project and its folder.

    Signals:
        changed(Change): after every change, undo and redo included.
    """

    changed = Signal(object)

    def __init__(
        self,
        project: VideoProject,
        folder: Path,
        *,
        is_read_only: bool = False,
        pause_ms: int = _PAUSE_MS,
    ) -> None:
        super().__init__()
        self._project = project
        self.folder = folder
        self.is_read_only = is_read_only
        self.undo_stack = QUndoStack(self)
        self._pause_ms = pause_ms
        self._since_edit = QElapsedTimer()
        self._burst = 0

    @property
    def project(self) -> VideoProject:
        """The project as it is now."""
        return self._project

    def edit(self, text: str, project: VideoProject, *, merge: str = "") -> None:
        """Make the project this one, as a step that can be undone; nothing happens without change.

        Args:
            text: what the step did, for the menu: "Change prompt of scene 3".
            project: made from the project as it is now. Takes that it adds or drops go and come
                with the step; takes that arrive later are never lost by undoing it.
            merge: steps of the same non-empty name that follow each other without a pause are one.
        """
        before = self._project
        after = _with_machine_parts(project, before)
        if self.is_read_only or after == before:
            return
        if self._since_edit.isValid() and self._since_edit.elapsed() > self._pause_ms:
            self.end_merging()
        self._since_edit.start()
        name = f"{merge}#{self._burst}" if merge else ""
        self.undo_stack.push(_Edit(self, text, before, after, name))

    def edit_scene(self, text: str, scene: Scene, *, merge: str = "") -> None:
        """Replace the scene of that id."""
        self.edit(text, self._project.with_scene(scene), merge=merge)

    def edit_scenes(self, text: str, scenes: Sequence[Scene], *, merge: str = "") -> None:
        """Replace the scenes of those ids, as one step; scenes that are gone stay gone."""
        new = {scene.id: scene for scene in scenes}
        project = change_scenes(self._project, new.keys(), lambda scene: new[scene.id])
        self.edit(text, project, merge=merge)

    def end_merging(self) -> None:
        """Let the next edit be a step of its own, whatever its name."""
        self._burst += 1

    def choose_take(self, scene_id: str, take_id: str) -> None:
        """Let the film use another take."""
        takes = self._project.takes_of(scene_id)
        is_known = any(take.id == take_id for take in takes.takes)
        if is_known and not self.is_read_only and takes.chosen != take_id:
            self.undo_stack.push(_ChooseTake(self, scene_id, take_id))

    def add_take(self, scene_id: str, take: Take) -> None:
        """Take over a finished clip; it is chosen, and no undo removes it."""
        takes = self._project.takes_of(scene_id).with_take(take)
        self.absorb(self._project.with_takes(scene_id, takes))

    def absorb(self, project: VideoProject) -> None:
        """Take over what is no edit of a person's: takes, waiting scenes, the last export."""
        self._set(project, is_edit=False)

    def take_over(self, project: VideoProject) -> None:
        """Make the project this one in every part, for good: files have been found elsewhere."""
        self.undo_stack.clear()
        self.absorb(project)

    def wait_for(self, scene_ids: Sequence[str]) -> None:
        """Remember which scenes are to be rendered once the clip before them is there."""
        self.absorb(self._project.model_copy(update={"to_render": tuple(scene_ids)}))

    def restore(self, project: VideoProject, takes: Takes) -> None:
        """For undo commands: set everything that a person edits, and the takes."""
        parts = _with_machine_parts(project, self._project)
        self._set(parts.model_copy(update={"takes": takes}), is_edit=True)

    def restore_choice(self, scene_id: str, take_id: str | None) -> None:
        """For undo commands: set the chosen take."""
        takes = SceneTakes(takes=self._project.takes_of(scene_id).takes, chosen=take_id)
        self._set(self._project.with_takes(scene_id, takes), is_edit=True)

    def _set(self, project: VideoProject, *, is_edit: bool) -> None:
        before, self._project = self._project, project
        if before != project:
            self.changed.emit(Change(before, project, is_edit))


def _with_machine_parts(project: VideoProject, now: VideoProject) -> VideoProject:
    """The project with what machines add as it is now."""
    return project.model_copy(update={name: getattr(now, name) for name in _NOT_EDITED})


def _weakly(model: ProjectModel) -> ProjectModel:
    # A step never outlives the model, whose stack owns it. Were the two to hold each other, Python
    # would let go of them together, in any order, while Qt still destroys one with the other.
    return weakref.proxy(model)


class _Edit(QUndoCommand):
    def __init__(
        self,
        model: ProjectModel,
        text: str,
        before: VideoProject,
        after: VideoProject,
        merge: str,
    ) -> None:
        super().__init__(text)
        self._model = _weakly(model)
        self._before = before
        self._was_undone = False
        self.after = after
        self.takes = TakesEdit.between(before.takes, after.takes)
        self.merge = merge

    @override
    def redo(self) -> None:
        if self._was_undone:
            self._model.end_merging()
        self._model.restore(self.after, self.takes.done(self._model.project.takes))

    @override
    def undo(self) -> None:
        self._was_undone = True
        self._model.end_merging()
        self._model.restore(self._before, self.takes.undone(self._model.project.takes))

    @override
    def id(self) -> int:
        return (hash(self.merge) & 0x7FFFFFFF) if self.merge else -1

    @override
    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.merge != self.merge:
            return False
        # Clips may have arrived between the two: what each did to takes cannot be told as one.
        if not (self.takes.is_empty and other.takes.is_empty):
            return False
        self.after = other.after
        # What was typed and taken back again is no step.
        self.setObsolete(self.after == self._before)
        return True


class _ChooseTake(QUndoCommand):
    def __init__(self, model: ProjectModel, scene_id: str, after: str) -> None:
        super().__init__("Choose take")
        self._model = _weakly(model)
        self._scene_id = scene_id
        self._before: str | None = None
        self._after: str | None = after

    @override
    def redo(self) -> None:
        self._before = self._swap(self._after)

    @override
    def undo(self) -> None:
        self._after = self._swap(self._before)

    def _swap(self, take_id: str | None) -> str | None:
        """Choose another take; gives the one that was chosen, perhaps one finished since."""
        was = self._model.project.takes_of(self._scene_id).chosen
        self._model.restore_choice(self._scene_id, take_id)
        return was
