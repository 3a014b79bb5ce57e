"""From a scene to the request for its clip: what is sent, what is left out, and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from core.project.render.references import write_prompt
from core.video.allowed import OneOf, OneSize, OnOff, is_allowed
from core.video.control_row import Control
from core.video.controls import CHOICES, ROWS
from core.video.request import Input, Motion, RenderRequest
from core.video.terms import Role

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import Scene, VideoProject
    from core.project.render.references import WrittenPrompt
    from core.video.allowed import Allowed
    from core.video.control_row import ControlRow
    from core.video.spec import ModelSpec

# What is named in every fingerprint, asked for or not. A part that came later is named where it is
# asked for, so that the clips that were made before it do not look out of date.
_ALWAYS_NAMED = frozenset((
    "target", "prompt", "negative_prompt", "frame", "resolution", "aspect", "fps", "duration_s",
    "inputs", "start", "end", "references", "loras", "motion", "camera", "speed", "audio",
    "audio_prompt", "sampling", "seed", "num_inference_steps", "guidance_scale",
))  # fmt: skip
_NAMED_BY_ROLE = (Role.START, Role.END, Role.REFERENCE, Role.LORA)


@dataclass(frozen=True)
class SceneRequest:
    """A scene's request.

    Attributes:
        written: its prompt with the names of characters, and its references.
        left_out: sentences on what else is chosen and not sent, because the model does not take it.
        fingerprint: of everything that makes the clip; the same for the same clip.
        role: what comes of it is to the scene's clip, where it is not the clip itself.
    """

    request: RenderRequest
    written: WrittenPrompt
    left_out: tuple[str, ...]
    fingerprint: str
    role: Literal[Role.START] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not sent as it was chosen, and how the model gets to know each character."""
        return (*self.left_out, *self.written.notes)


def scene_request(
    project: VideoProject, scene: Scene, spec: ModelSpec, start_image: Path | None = None
) -> SceneRequest:
    """The request for a scene's clip.

    Args:
        project: for what the scene does not choose itself.
        scene: one of its scenes.
        spec: the model that the scene's target stands for; what it does not take is left out.
        start_image: the last frame of the scene before, where the scene goes on from it.
    """
    choices = scene.choices(project.render)
    left_out: list[str] = []
    written = write_prompt(project, scene, spec)
    start = start_image if scene.continues else scene.start_image
    inputs = [] if start is None else [Input(role=Role.START, path=start)]
    if scene.end_image is not None:
        if spec.limit(Role.END):
            inputs.append(Input(role=Role.END, path=scene.end_image))
        else:
            left_out.append(_not_sent(spec, ROWS[Control.END_IMAGE]))
    inputs += written.inputs
    request = RenderRequest(target=choices.target, prompt=written.prompt, inputs=tuple(inputs))
    if scene.enhanced_prompt:
        row = ROWS[Control.ENHANCED_PROMPT]
        if row.allowed(spec) is None:
            left_out.append(_not_sent(spec, row))
        else:
            request = row.with_value(request, written.enhanced_prompt)
    for row in CHOICES:
        value = row.value(choices)
        if value in (None, "", ()):
            continue
        allowed = row.allowed(spec)
        if allowed is None:
            left_out += [_not_sent(spec, row)] if value else []
        elif not _is_offered(value, allowed):
            left_out.append(
                f"{spec.label} makes nothing without {row.noun}."
                if value is False
                else f"{spec.label} has no {row.noun} {value}; its usual one is taken."
            )
        else:
            request = row.with_value(request, value)
    if request.motion.camera is None:
        request = request.model_copy(update={"motion": Motion()})
    frame = request.frame
    if frame.auto_duration and frame.duration_s is not None:
        # A length of the scene's own counts more than that the project leaves lengths open.
        is_own = Control.DURATION in scene.own_fields
        is_left_open = Control.AUTO_DURATION in scene.own_fields
        row = ROWS[Control.AUTO_DURATION if is_own and not is_left_open else Control.DURATION]
        request = row.with_value(request, None)
        if is_own and is_left_open:
            left_out.append(
                f"The scene's own length of {frame.duration_s:g} s is not sent, because automatic "
                "duration is chosen for the scene too. Switch that off to have the length."
            )
    # What is said of a video counts only where there is one.
    for row in CHOICES:
        if row.needs is not None and not request.of_role(row.needs):
            request = row.with_value(request, None)
    return SceneRequest(request, written, tuple(left_out), fingerprint(request))


def fingerprint(request: RenderRequest) -> str:
    """A short name for all that makes a clip; how it is carried out and where files lie is not.

    Pictures are known by their file names, which in a project carry their content's hash.
    """
    start, end = request.path_of(Role.START), request.path_of(Role.END)
    values = request.model_dump(mode="json", exclude={"delivery", "inputs", "output"}) | {
        "inputs": {
            "start": start.name if start else None,
            "end": end.name if end else None,
            "references": [item.path.name for item in request.of_role(Role.REFERENCE)],
        },
        "loras": [
            (item.path.name, 1.0 if item.strength is None else item.strength)
            for item in request.of_role(Role.LORA)
        ],
        "other inputs": [
            (item.role.value, item.path.name, item.at_s, item.strength)
            for item in request.inputs
            if item.role not in _NAMED_BY_ROLE or _is_placed(item)
        ]
        or None,
    }
    text = repr(sorted(_named(values).items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_placed(item: Input) -> bool:
    """Whether more is said of a file than its role; what counts of a LoRA is named with it."""
    return item.at_s is not None or (item.strength is not None and item.role is not Role.LORA)


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Without the later parts that are not asked for."""
    parts = {
        name: _named(cast("dict[str, Any]", value)) if isinstance(value, dict) else value
        for name, value in values.items()
    }
    return {
        name: value
        for name, value in parts.items()
        if value not in (None, {}) or name in _ALWAYS_NAMED
    }


def _is_offered(value: object, allowed: Allowed) -> bool:
    """Whether a model that has a list has this value in it; projects know sizes by their names."""
    match allowed:
        case OneSize(sizes):
            return value in [size.resolution for size in sizes]
        case OneOf(values):
            return value in values
        case OnOff():
            return is_allowed(value, allowed)
        case _:
            return True


def _not_sent(spec: ModelSpec, row: ControlRow) -> str:
    return f"{spec.label} takes no {row.noun}, so it is not sent."
