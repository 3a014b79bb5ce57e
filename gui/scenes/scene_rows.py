"""What the scene table shows of each scene, computed from the project."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from core.platform.units import count_text
from core.project.model.status import SceneJobState, project_statuses
from core.video.control_row import Control
from gui.scenes.scene_values import film_length_s

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.project.model.project import Scene, Take, VideoProject
    from core.project.model.status import SceneJob, SceneStatus
    from gui.widgets.thumbnails import Moment


class SceneColumn(IntEnum):
    """The columns of the scene table, from left to right."""

    NUMBER = 0
    PROMPT = 1
    START = 2
    END = 3
    CLIP = 4
    DURATION = 5
    STATUS = 6

    @property
    def heading(self) -> str:
        """The words above the column."""
        return ("#", "Prompt", "Start", "End", "Clip", "Length", "Status")[self]


@dataclass(frozen=True)
class CellImage:
    """A small picture in a cell: of a file, and which frame of it where it is a clip."""

    path: Path
    at: Moment = "start"


@dataclass(frozen=True)
class SceneRow:
    """One line of the table.

    Attributes:
        start: the start frame; of a linked scene the last frame of the clip before it.
        duration_s: the length that is asked for; None where the model's own is taken.
        is_own_duration: whether the scene asks for it itself.
        film_s: how long the film shows the clip that there is; None without one.
        frame_job: makes its start frame, or could not.
    """

    number: int
    scene: Scene
    status: SceneStatus
    take: Take | None
    num_takes: int
    start: CellImage | None
    end: CellImage | None
    duration_s: float | None
    is_own_duration: bool
    film_s: float | None = None
    frame_job: SceneJob | None = None

    def image(self, column: SceneColumn) -> CellImage | None:
        """What is shown in a column of pictures."""
        match column:
            case SceneColumn.START:
                return self.start
            case SceneColumn.END:
                return self.end
            case _:
                return None if self.take is None else CellImage(self.take.path)

    def text(self, column: SceneColumn) -> str:
        """The cell in words."""
        match column:
            case SceneColumn.NUMBER:
                return str(self.number)
            case SceneColumn.PROMPT:
                return "\n".join(part for part in (self.scene.title, self.scene.prompt) if part)
            case SceneColumn.START | SceneColumn.END | SceneColumn.CLIP:
                image = self.image(column)
                return "" if image is None else image.path.name
            case SceneColumn.DURATION:
                shown_s = self.duration_s if self.film_s is None else self.film_s
                return "" if shown_s is None else f"{round(shown_s, 2):g} s"
            case SceneColumn.STATUS:
                return self.status.label

    def help(self, column: SceneColumn) -> str:
        """What the cell means and what can be done with it."""
        match column:
            case SceneColumn.NUMBER if self.scene.continues:
                return f"Scene {self.number} starts from the last frame of scene {self.number - 1}."
            case SceneColumn.NUMBER:
                return f"Scene {self.number}. Drag the row to another place to move it."
            case SceneColumn.PROMPT:
                return self.scene.prompt or "Double-click to write the prompt."
            case SceneColumn.START if self.scene.continues:
                return f"The last frame of scene {self.number - 1}'s clip."
            case SceneColumn.START if self.frame_job is not None:
                return self._frame_help(self.frame_job)
            case SceneColumn.START | SceneColumn.END:
                slot = "start" if column is SceneColumn.START else "end"
                name = self.text(column)
                return name or f"Click to choose a picture as the {slot} frame, or drop one here."
            case SceneColumn.CLIP:
                return self._clip_help()
            case SceneColumn.DURATION:
                return self._length_help()
            case SceneColumn.STATUS:
                return self.status.explanation

    def _frame_help(self, job: SceneJob) -> str:
        if job.state is SceneJobState.FAILED:
            return f"The start frame could not be made: {job.reason}"
        waits = job.state is SceneJobState.QUEUED
        return "A start frame is in the queue." if waits else "A start frame is being made."

    def _length_help(self) -> str:
        whose = "its own length" if self.is_own_duration else "the usual length"
        asked = "" if self.duration_s is None else f", {self.duration_s:g} s"
        render = f"Rendered, it has {whose}{asked}. Double-click to change that."
        if self.film_s is None or self.take is None:
            return render
        if self.take.is_still:
            return f"The film holds the picture for {self.film_s:g} s. Cut > Held for changes that."
        clip = f"The film shows {self.film_s:.2f} s of the clip's {self.take.duration_s:.2f} s."
        return f"{clip}\n{render}"

    def _clip_help(self) -> str:
        if self.take is None:
            return "There is no clip yet."
        takes = count_text(self.num_takes, "take")
        length = "a still" if self.take.is_still else f"{self.take.duration_s:.2f} s"
        facts = f"{self.take.path.name}, {length}, one of {takes}."
        return f"{facts} Double-click to play it."


@dataclass(frozen=True)
class TableFacts:
    """What the table knows besides the project.

    Attributes:
        fingerprints: by scene id, of what each scene's clip would be made from now.
        jobs: by scene id, the newest job that is not over.
        default_duration_s: the model's own length, where nobody asks for another.
        frame_jobs: by scene id, the newest job for its start frame, unless that is there.
    """

    fingerprints: Mapping[str, str]
    jobs: Mapping[str, SceneJob]
    default_duration_s: float | None = None
    frame_jobs: Mapping[str, SceneJob] = field(default_factory=dict[str, "SceneJob"])


def rows_of(project: VideoProject, facts: TableFacts) -> list[SceneRow]:
    """All lines of the table."""
    rows: list[SceneRow] = []
    still_s = project.film.film.still_s
    before: Take | None = None
    statuses = project_statuses(project, facts.fingerprints, facts.jobs)
    for number, (scene, status) in enumerate(zip(project.scenes, statuses, strict=True), start=1):
        takes = project.takes_of(scene.id)
        take = takes.chosen_take
        is_own = Control.DURATION in scene.own_fields
        asked = scene.own.frame.duration_s if is_own else project.render.frame.duration_s
        rows.append(
            SceneRow(
                number=number,
                scene=scene,
                status=status,
                take=take,
                num_takes=len(takes.takes),
                start=_start(scene, before),
                end=None if scene.end_image is None else CellImage(scene.end_image),
                duration_s=facts.default_duration_s if asked is None else asked,
                is_own_duration=is_own and asked is not None,
                film_s=None if take is None else film_length_s(scene.cut, take, still_s),
                frame_job=facts.frame_jobs.get(scene.id),
            )
        )
        before = take
    return rows


def _start(scene: Scene, before: Take | None) -> CellImage | None:
    if scene.continues:
        return None if before is None else CellImage(before.path, "end")
    return None if scene.start_image is None else CellImage(scene.start_image)
