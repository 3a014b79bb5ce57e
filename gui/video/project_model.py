"""The only writer of the open project: every edit is an undo command, on the main thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack
from typing_extensions import override

from core.project.project import Scene, SceneTakes, Take, VideoProject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What a person edits can be undone; what machines add (takes, exports, waiting scenes) cannot.
_NOT_EDITED = ("takes", "to_render", "last_export")


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

    def __init__(self, project: VideoProject, folder: Path, *, is_read_only: bool = False) -> None:
        super().__init__()
        self._project = project
        self.folder = folder
        self.is_read_only = is_read_only
        self.undo_stack = QUndoStack(self)

    @property
    def project(self) -> VideoProject:
        """The project as it is now."""
        return self._project

    def edit(self, text: str, project: VideoProject, *, merge: str = "") -> None:
        """Make the project this one, as a step that can be undone; nothing happens without change.

        Args:
            text: what the step did, for the menu: "Change prompt of scene 3".
            project: the project as it shall be; its takes are not looked at.
            merge: steps of the same non-empty name that follow each other become one.
        """
        project = _with_machine_parts(project, self._project)
        if not self.is_read_only and project != self._project:
            self.undo_stack.push(_Edit(self, text, self._project, project, merge))

    def edit_scene(self, text: str, scene: Scene, *, merge: str = "") -> None:
        """Replace the scene of that id."""
        self.edit(text, self._project.with_scene(scene), merge=merge)

    def choose_take(self, scene_id: str, take_id: str) -> None:
        """Let the film use another take."""
        before = self._project.takes_of(scene_id).chosen
        if not self.is_read_only and before != take_id:
            self.undo_stack.push(_ChooseTake(self, scene_id, before, take_id))

    def add_take(self, scene_id: str, take: Take) -> None:
        """Take over a finished clip; it is chosen, and no undo removes it."""
        takes = self._project.takes_of(scene_id).with_take(take)
        self.absorb(self._project.with_takes(scene_id, takes))

    def absorb(self, project: VideoProject) -> None:
        """Take over what is no edit of a person's: takes, waiting scenes, the last export."""
        self._set(project, is_edit=False)

    def wait_for(self, scene_ids: Sequence[str]) -> None:
        """Remember which scenes are to be rendered once the clip before them is there."""
        self.absorb(self._project.model_copy(update={"to_render": tuple(scene_ids)}))

    def restore(self, project: VideoProject) -> None:
        """For undo commands: set everything that a person edits."""
        self._set(_with_machine_parts(project, self._project), is_edit=True)

    def restore_choice(self, scene_id: str, take_id: str | None) -> None:
        """For undo commands: set the chosen take."""
        takes = SceneTakes(takes=self._project.takes_of(scene_id).takes, chosen=take_id)
        self._set(self._project.with_takes(scene_id, takes), is_edit=True)

    def _set(self, project: VideoProject, *, is_edit: bool) -> None:
        before, self._project = self._project, project
        if before != project:
            self.changed.emit(Change(before, project, is_edit))


def _with_machine_parts(project: VideoProject, now: VideoProject) -> VideoProject:
    """The project with the takes and the like that there are now.

    Takes that only `project` has are those of scenes that it duplicates or merges: they stay.
    """
    takes = {**project.takes, **now.takes}
    for scene_id, asked in project.takes.items():
        known = now.takes.get(scene_id)
        if known is not None and len(asked.takes) > len(known.takes):
            takes[scene_id] = asked
    parts = {name: getattr(now, name) for name in _NOT_EDITED}
    return project.model_copy(update={**parts, "takes": takes})


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
        self._model = model
        self._before = before
        self.after = after
        self.merge = merge

    @override
    def redo(self) -> None:
        self._model.restore(self.after)

    @override
    def undo(self) -> None:
        self._model.restore(self._before)

    @override
    def id(self) -> int:
        return (hash(self.merge) & 0x7FFFFFFF) if self.merge else -1

    @override
    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.merge != self.merge:
            return False
        self.after = other.after
        return True


class _ChooseTake(QUndoCommand):
    def __init__(self, model: ProjectModel, scene_id: str, before: str | None, after: str) -> None:
        super().__init__("Choose take")
        self._model = model
        self._scene_id = scene_id
        self._before = before
        self._after = after

    @override
    def redo(self) -> None:
        self._model.restore_choice(self._scene_id, self._after)

    @override
    def undo(self) -> None:
        self._model.restore_choice(self._scene_id, self._before)
