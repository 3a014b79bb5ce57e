"""The only writer of the open project: every edit is an undo command, on the main thread."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QElapsedTimer, QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack
from typing_extensions import override

from core.project.model.edits import TakesEdit, change_scenes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.project.model.edits import Takes
    from core.project.model.project import Scene, Take, VideoProject

# What a person edits can be undone; what machines add (takes, exports, waiting scenes) cannot.
_NOT_EDITED = ("to_render", "last_export", "start_frames")
_PAUSE_MS = 1000


@dataclass(frozen=True)
class Change:
    """The project before and after; `is_edit` where a person changed it."""

    before: VideoProject
    after: VideoProject
    is_edit: bool = True


@dataclass(frozen=True)
class TakeChoice:
    """Which take the film uses, and whether a person chose it among others."""

    take_id: str | None
    is_pinned: bool = False


class UndoableMove(Protocol):
    """A file that goes away with a step and comes back with its undo."""

    def move(self) -> None:
        """Move it away.

        Raises:
            OutputError: it cannot be moved.
        """
        ...

    def move_back(self) -> None:
        """Bring it back where it was; what is lost is told, and stops nothing."""
        ...


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
        # Chosen once more it is a choice too: the same take then stays when a newer one comes.
        is_news = takes.with_chosen(take_id) != takes
        if is_known and is_news and not self.is_read_only:
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

    def change_take(self, text: str, scene_id: str, take: Take) -> None:
        """Replace the take of that id, as a step that can be undone."""
        takes = self._project.takes_of(scene_id).with_changed(take)
        self.edit(text, self._project.with_takes(scene_id, takes))

    def delete_take(self, scene_id: str, take_id: str, file: UndoableMove) -> None:
        """Drop a take and move its file away; undo brings both back.

        Raises:
            OutputError: the file cannot be moved, and the take stays.
        """
        takes = self._project.takes_of(scene_id)
        number = 1 + next(n for n, take in enumerate(takes.takes) if take.id == take_id)
        if self.is_read_only:
            return
        file.move()
        before = self._project
        after = before.with_takes(scene_id, takes.without(take_id))
        self.undo_stack.push(_DeleteTake(self, f"Delete take {number}", before, after, file))

    def restore_choice(self, scene_id: str, choice: TakeChoice) -> None:
        """For undo commands: set the chosen take."""
        takes = self._project.takes_of(scene_id).model_copy(
            update={"chosen": choice.take_id, "is_pinned": choice.is_pinned}
        )
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


class _DeleteTake(_Edit):
    """An edit that takes a file along: it goes and comes with the take."""

    def __init__(
        self,
        model: ProjectModel,
        text: str,
        before: VideoProject,
        after: VideoProject,
        file: UndoableMove,
    ) -> None:
        super().__init__(model, text, before, after, "")
        self._file = file

    @override
    def redo(self) -> None:
        # The first time it has been moved already, where a failure could still be told.
        if self._was_undone:
            self._file.move()
        super().redo()

    @override
    def undo(self) -> None:
        self._file.move_back()
        super().undo()


class _ChooseTake(QUndoCommand):
    def __init__(self, model: ProjectModel, scene_id: str, after: str) -> None:
        super().__init__("Choose take")
        self._model = _weakly(model)
        self._scene_id = scene_id
        self._before = TakeChoice(None)
        takes = model.project.takes_of(scene_id).with_chosen(after)
        self._after = TakeChoice(after, is_pinned=takes.is_pinned)

    @override
    def redo(self) -> None:
        self._before = self._swap(self._after)

    @override
    def undo(self) -> None:
        self._after = self._swap(self._before)

    def _swap(self, choice: TakeChoice) -> TakeChoice:
        """Choose another take; gives the choice there was, perhaps of one finished since."""
        takes = self._model.project.takes_of(self._scene_id)
        was = TakeChoice(takes.chosen, is_pinned=takes.is_pinned)
        self._model.restore_choice(self._scene_id, choice)
        return was
