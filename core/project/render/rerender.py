"""From a finished clip or image back to what it was made from, to make it once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import JournalError, Problem, UnsupportedRequest
from core.lora.lora_library import find_lora
from core.project.files.project_file import INPUTS
from core.project.files.recent import RecentProjects
from core.project.model.characters import escape
from core.video.control_row import Control
from core.video.controls import CHOICES
from core.video.inputs import ROLES, field_of
from core.video.record import find_input_file, find_loras
from core.video.render import KIND, RenderPayload
from core.video.request import Delivery, Input, RenderChoices
from core.video.terms import OutputKind, Role

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import Scene, VideoProject
    from core.studio import Studio
    from core.video.control_row import ControlRow
    from core.video.planning.render_planner import PlannedRender
    from core.video.record import ClipRecord
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

# How a render is carried out is no part of what was made.
_LEFT_ALONE = (Control.MEMORY, Control.TEXT_ENCODER, Control.WEBHOOK)
_FILES = tuple(row for row in CHOICES if row.role is not None)


@dataclass(frozen=True)
class FromRecord:
    """What a clip was made from, as a scene holds it.

    A record names files without their folders, the choices too: `record.find_input_file` finds
    them again.

    Attributes:
        enhanced_prompt: what the model read in place of the prompt; empty for none.
        start_image, end_image: names of pictures; empty for none.
        references: names of pictures.
    """

    prompt: str
    choices: RenderChoices
    enhanced_prompt: str = ""
    start_image: str = ""
    end_image: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class SceneAgain:
    """The scene as it was then; `notes` tell what could not be brought back."""

    scene: Scene
    notes: tuple[str, ...]


def choices_of(record: ClipRecord, spec: ModelSpec | None = None) -> FromRecord:
    """The prompt and the choices that give the same clip again, seed included.

    Args:
        record: of the clip.
        spec: of its model, where that is still known: names its size, and its length on the grid.
    """
    asked = record.request
    size = _size(record, spec)
    frame = asked.frame.model_copy(
        update={
            "resolution": size.resolution if size else asked.frame.resolution,
            "aspect": size.aspect.value if size else asked.frame.aspect,
            "fps": record.fps or None,
            "duration_s": _duration_s(record, spec, size),
            "auto_duration": None,
        }
    )
    made = _as_made(record)
    fields = {name: getattr(made, name) for name in RenderChoices.model_fields}
    choices = RenderChoices(**fields).model_copy(
        update={
            "frame": frame,
            "inputs": asked.of_role(*(row.role for row in _FILES if row.role is not None)),
            "audio": record.has_audio,
            "negative_prompt": record.negative_prompt,
            "delivery": Delivery(),
        }
    )
    start, end = asked.path_of(Role.START), asked.path_of(Role.END)
    return FromRecord(
        prompt=asked.prompt,
        choices=choices,
        enhanced_prompt=asked.enhanced_prompt or "",
        start_image=start.name if start else "",
        end_image=end.name if end else "",
        references=tuple(item.path.name for item in asked.of_role(Role.REFERENCE)),
    )


def scene_again(project: VideoProject, scene: Scene, record: ClipRecord) -> SceneAgain:
    """The scene with the prompt, the settings and the seed that a take's record names.

    Only what differs from the project becomes a choice of the scene's own.
    """
    found = choices_of(record)
    now = scene.choices(project.render)
    typed = record.origin.prompt if record.origin is not None else ""
    words = {
        "prompt": typed or escape(found.prompt),
        "enhanced_prompt": escape(found.enhanced_prompt),
    }
    again = scene.model_copy(update=words)
    for row in CHOICES:
        if row.id in _LEFT_ALONE or row in _FILES:
            continue
        value = row.value(found.choices)
        if (value or None) == (row.value(project.render) or None):
            again = again.without_own(row.id)
        else:
            again = again.with_own(row.id, value)
    notes: list[str] = []
    for row in _FILES:
        known = (*_inputs(row, now), *_inputs(row, project.render))
        files = _found(_inputs(row, found.choices), known, notes)
        if files != _inputs(row, now):
            again = again.with_own(row.id, files)
    image = scene.start_image.name if scene.start_image and not scene.continues else ""
    if found.start_image != image and not scene.continues:
        what = f"{found.start_image!r}" if found.start_image else "no picture"
        notes.append(f"The take started from {what}; the scene's start frame is left as it is.")
    return SceneAgain(again, tuple(notes))


def request_again(record: ClipRecord) -> RenderRequest:
    """The request for the very same clip: what was left open then is now asked for.

    Pictures are named without their folders, as the record does; `find_input_file` finds them.
    """
    made = _as_made(record)
    if made.output is OutputKind.IMAGE and made.of_role(Role.START):
        # Of an image that is worked on the size follows from it, as it did then.
        return made
    frame = made.frame.model_copy(
        update={
            "resolution": f"{record.width}x{record.height}",
            "aspect": None,
            "fps": record.fps or None,
            "duration_s": made.frame.duration_s
            if not made.frame.auto_duration
            else record.num_frames / record.fps,
            "auto_duration": None,
        }
    )
    return made.model_copy(update={"frame": frame})


def plan_again(studio: Studio, record: ClipRecord) -> PlannedRender:
    """The plan that makes it once more: a picture of a picture's record, else a clip.

    Looks for the files that it was made from, so it is to be called beside the main thread.

    Raises:
        UnsupportedRequest: it cannot be made, or those files are not to be found or were changed.
    """
    return studio.plan(with_files_again(studio, record))


def with_files_again(studio: Studio, record: ClipRecord) -> RenderRequest:
    """The request for the very same, with the files that it was made from where they lie now.

    Looks for them, so it is to be called beside the main thread.

    Raises:
        UnsupportedRequest: they are not to be found or were changed.
    """
    request = request_again(record)
    files, problems = _files_again(studio, record, request)
    loras, more = _loras_again(studio, record)
    if problems or more:
        raise UnsupportedRequest([*problems, *more])
    return request.with_inputs(files).with_role(Role.LORA, loras)


def _files_again(
    studio: Studio, record: ClipRecord, request: RenderRequest
) -> tuple[tuple[Input, ...], list[Problem]]:
    """The files of a record where they lie now, LoRAs as they are named, and what is missing."""
    if all(item.role is Role.LORA for item in request.inputs):
        return request.inputs, []
    recent = RecentProjects(studio.paths.state_dir)
    projects = [entry.folder / INPUTS for entry in recent.entries()]
    folders = [studio.paths.inputs_dir / record.job_id, *projects]
    inputs: list[Input] = []
    problems: list[Problem] = []
    for place, item in enumerate(request.inputs):
        file = None if item.role is Role.LORA else find_input_file(record, place, folders)
        if file is not None:
            item = item.model_copy(update={"path": file})
        elif item.role is not Role.LORA:
            name = ROLES[item.role].name
            message = f"The {name} {item.path.name!r} that it was made from is not to be found."
            problems.append(Problem(field_of(item.role), message))
        inputs.append(item)
    return tuple(inputs), problems


def _loras_again(studio: Studio, record: ClipRecord) -> tuple[tuple[Input, ...], list[Problem]]:
    """The LoRAs of a record where they lie now: where its job had them, or in one's own folders.

    With them each that is gone or was changed.
    """
    if not record.request.of_role(Role.LORA):
        return (), []
    named = {path.name: path for path in _files_of_job(studio, record.job_id)}
    folders = studio.paths.lora_dirs

    def candidates(name: str) -> list[Path]:
        kept = [named[name]] if name in named else []
        own = find_lora(name, folders)
        return kept if own is None else [*kept, own]

    found, missing = find_loras(record, candidates)
    where = f"Put it into {str(folders[0])!r}."
    return found, [Problem(field_of(Role.LORA), f"{why} {where}") for why in missing]


def _files_of_job(studio: Studio, job_id: str) -> tuple[Path, ...]:
    """The files that a render was given, where they lay; none where its job is forgotten."""
    try:
        job = studio.queue.job(job_id)
    except JournalError:
        return ()
    if job.kind != KIND:
        return ()
    inputs = RenderPayload.model_validate_json(job.payload).plan.request.inputs
    return tuple(item.path for item in inputs)


def _as_made(record: ClipRecord) -> RenderRequest:
    """The request with what was drawn or left to the model."""
    asked = record.request
    # Told for a clip of fewer or more steps, also by models whose steps cannot be chosen.
    has_fewer_or_more = record.steps_taken is not None or record.refine_steps > 0
    sampling = asked.sampling.model_copy(
        update={
            "seed": record.seed,
            "num_inference_steps": asked.sampling.num_inference_steps
            if has_fewer_or_more
            else record.num_inference_steps,
            "guidance_scale": record.guidance_scale,
        }
    )
    # Images were once requests like any other, and only their jobs knew better.
    output = OutputKind.IMAGE if record.is_image else OutputKind.VIDEO
    # Made again it is an order of its own.
    made = {"sampling": sampling, "output": output, "quality": record.quality, "batch": None}
    return asked.model_copy(update=made)


def _inputs(row: ControlRow, choices: RenderChoices) -> tuple[Input, ...]:
    return () if row.role is None else choices.of_role(row.role)


def _found(
    wanted: tuple[Input, ...], known: tuple[Input, ...], notes: list[str]
) -> tuple[Input, ...]:
    paths = {item.path.name: item.path for item in known}
    for item in wanted:
        if item.path.name not in paths:
            name = ROLES[item.role].name
            notes.append(f"The {name} {item.path.name!r} is left out: choose its file again.")
    return tuple(
        item.model_copy(update={"path": paths[item.path.name]})
        for item in wanted
        if item.path.name in paths
    )


def _size(record: ClipRecord, spec: ModelSpec | None) -> FrameSize | None:
    sizes = spec.sizes if spec else ()
    made = (record.width, record.height)
    return next((size for size in sizes if (size.width, size.height) == made), None)


def _duration_s(record: ClipRecord, spec: ModelSpec | None, size: FrameSize | None) -> float | None:
    asked_s = record.request.frame.duration_s
    if record.request.frame.auto_duration and spec is None:
        return record.num_frames / record.fps
    if asked_s is not None or spec is None or not record.fps or record.retake or record.parts:
        return asked_s
    # Without the frames beyond the grid, which would make it longer than the longest clip.
    # Of an extended video the length is that of its new part, which has none of those frames.
    new = record.num_frames - (record.kept_frames or spec.frame_grid.offset)
    exact_s = new / record.fps
    longest_s = spec.durations.longest(size.resolution if size else None, record.fps)
    return spec.durations.nearest(exact_s, longest_s)
