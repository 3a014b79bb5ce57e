"""From a finished clip or image back to what it was made from, to make it once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.lora.lora_library import find_lora
from core.project.files.project_file import INPUTS
from core.project.files.recent import RecentProjects
from core.video.controls import CHOICES, Control
from core.video.inputs import ROLES, field_of
from core.video.record import find_loras, find_start_image
from core.video.request import Delivery, Input, OutputKind, RenderChoices, Role

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import Scene, VideoProject
    from core.studio import Studio
    from core.video.record import ClipRecord
    from core.video.render_planner import PlannedRender
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

# How a render is carried out is no part of what was made; files are looked for by their names.
_LEFT_ALONE = (Control.MEMORY, Control.WEBHOOK, Control.LORAS)


@dataclass(frozen=True)
class FromRecord:
    """What a clip was made from, as a scene holds it.

    A record names files without their folders: `record.find_start_image` finds the
    start frame again. The LoRAs among the choices have such bare names too.

    Attributes:
        start_image, end_image: names of pictures; empty for none.
        references: names of pictures.
    """

    prompt: str
    choices: RenderChoices
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
        }
    )
    made = _as_made(record)
    fields = {name: getattr(made, name) for name in RenderChoices.model_fields}
    choices = RenderChoices(**fields).model_copy(
        update={
            "frame": frame,
            "inputs": asked.of_role(Role.LORA),
            "audio": record.has_audio,
            "negative_prompt": record.negative_prompt,
            "delivery": Delivery(),
        }
    )
    start, end = asked.path_of(Role.START), asked.path_of(Role.END)
    return FromRecord(
        prompt=asked.prompt,
        choices=choices,
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
    again = scene.model_copy(update={"prompt": found.prompt})
    for row in CHOICES:
        if row.id in _LEFT_ALONE:
            continue
        value = row.value(found.choices)
        if (value or None) == (row.value(project.render) or None):
            again = again.without_own(row.id)
        else:
            again = again.with_own(row.id, value)
    notes: list[str] = []
    known = (*now.of_role(Role.LORA), *project.render.of_role(Role.LORA))
    loras = _loras(found.choices.of_role(Role.LORA), known, notes)
    if loras != now.of_role(Role.LORA):
        again = again.with_own(Control.LORAS, loras)
    image = scene.start_image.name if scene.start_image and not scene.continues else ""
    if found.start_image != image and not scene.continues:
        what = f"{found.start_image!r}" if found.start_image else "no picture"
        notes.append(f"The take started from {what}; the scene's start frame is left as it is.")
    return SceneAgain(again, tuple(notes))


def request_again(record: ClipRecord) -> RenderRequest:
    """The request for the very same clip: what was left open then is now asked for.

    Pictures are named without their folders, as the record does; `find_start_image` finds them.
    """
    made = _as_made(record)
    frame = made.frame.model_copy(
        update={
            "resolution": f"{record.width}x{record.height}",
            "aspect": None,
            "fps": record.fps or None,
        }
    )
    return made.model_copy(update={"frame": frame})


def plan_again(studio: Studio, record: ClipRecord) -> PlannedRender:
    """The plan that makes it once more: a picture of a picture's record, else a clip.

    Looks for the picture that it starts from and for its LoRAs, so it is to be called beside the
    main thread.

    Raises:
        UnsupportedRequest: it cannot be made, or one of these is not to be found or was changed.
    """
    request = request_again(record)
    start = request.one(Role.START)
    if start is not None:
        recent = RecentProjects(studio.paths.state_dir)
        projects = [entry.folder / INPUTS for entry in recent.entries()]
        image = find_start_image(record, [studio.paths.inputs_dir / record.job_id, *projects])
        if image is None:
            message = f"The picture {start.path.name!r} that it starts from is not to be found."
            raise UnsupportedRequest([Problem(field_of(Role.START), message)])
        request = request.with_role(Role.START, (start.model_copy(update={"path": image}),))
    return studio.plan(request.with_role(Role.LORA, _loras_again(studio, record)))


def _loras_again(studio: Studio, record: ClipRecord) -> tuple[Input, ...]:
    """The LoRAs of a record where they lie now: where its job had them, or in one's own folders.

    Raises:
        UnsupportedRequest: with each that is gone or was changed.
    """
    if not record.request.of_role(Role.LORA):
        return ()
    named = {path.name: path for path in studio.files_of_job(record.job_id)}
    folders = studio.paths.lora_dirs

    def candidates(name: str) -> list[Path]:
        kept = [named[name]] if name in named else []
        own = find_lora(name, folders)
        return kept if own is None else [*kept, own]

    found, missing = find_loras(record, candidates)
    if missing:
        raise UnsupportedRequest(
            [
                Problem(field_of(Role.LORA), f"{why} Put it into {str(folders[0])!r}.")
                for why in missing
            ]
        )
    return found


def _as_made(record: ClipRecord) -> RenderRequest:
    """The request with what was drawn or left to the model."""
    asked = record.request
    sampling = asked.sampling.model_copy(
        update={
            "seed": record.seed,
            "num_inference_steps": record.num_inference_steps,
            "guidance_scale": record.guidance_scale,
        }
    )
    # Images were once requests like any other, and only their jobs knew better.
    output = OutputKind.IMAGE if record.is_image else OutputKind.VIDEO
    return asked.model_copy(update={"sampling": sampling, "output": output})


def _loras(
    wanted: tuple[Input, ...], known: tuple[Input, ...], notes: list[str]
) -> tuple[Input, ...]:
    paths = {lora.path.name: lora.path for lora in known}
    for lora in wanted:
        if lora.path.name not in paths:
            name = ROLES[lora.role].name
            notes.append(f"The {name} {lora.path.name!r} is left out: choose its file again.")
    return tuple(
        lora.model_copy(update={"path": paths[lora.path.name]})
        for lora in wanted
        if lora.path.name in paths
    )


def _size(record: ClipRecord, spec: ModelSpec | None) -> FrameSize | None:
    sizes = spec.sizes if spec else ()
    made = (record.width, record.height)
    return next((size for size in sizes if (size.width, size.height) == made), None)


def _duration_s(record: ClipRecord, spec: ModelSpec | None, size: FrameSize | None) -> float | None:
    asked_s = record.request.frame.duration_s
    if asked_s is not None or spec is None or not record.fps:
        return asked_s
    # Without the frames beyond the grid, which would make it longer than the longest clip.
    exact_s = (record.num_frames - spec.frame_grid.offset) / record.fps
    longest_s = spec.durations.longest(size.resolution if size else None, record.fps)
    return spec.durations.nearest(exact_s, longest_s)
