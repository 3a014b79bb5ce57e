"""From a scene to the request for its clip: what is sent, what is left out, and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from core.video.request import (
    Delivery,
    FrameRequest,
    Inputs,
    Motion,
    RenderRequest,
    Sampling,
)
from core.video.spec import Control

if TYPE_CHECKING:
    from pathlib import Path

    from core.project.model.project import ReferenceImage, RenderChoices, Scene, VideoProject
    from core.video.spec import ModelSpec

_T = TypeVar("_T")


@dataclass(frozen=True)
class ChosenReference:
    """One reference of a scene; `reason` says why it is not sent, empty where it is."""

    reference: ReferenceImage
    is_global: bool
    reason: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether the model gets it."""
        return not self.reason


@dataclass(frozen=True)
class SceneRequest:
    """A scene's request.

    Attributes:
        references: all of the scene's, those that are left out too.
        left_out: sentences on what is chosen and not sent, because the model does not take it.
        fingerprint: of everything that makes the clip; the same for the same clip.
    """

    request: RenderRequest
    references: tuple[ChosenReference, ...]
    left_out: tuple[str, ...]
    fingerprint: str


def choose_references(
    project: VideoProject, scene: Scene, spec: ModelSpec
) -> tuple[ChosenReference, ...]:
    """Which references the model gets for a scene: in order, as many as it takes."""
    chosen: list[ChosenReference] = []
    sent = 0
    own = {reference.path for reference in scene.references}
    for reference in scene.get_effective_reference_images(project.references):
        limit = spec.max_reference_images
        if limit == 0:
            reason = f"{spec.label} takes no reference images."
        elif sent >= limit:
            reason = f"{spec.label} takes at most {limit}."
        elif not reference.path.is_file():
            reason = "The file is missing."
        else:
            reason = ""
            sent += 1
        chosen.append(ChosenReference(reference, reference.path not in own, reason))
    return tuple(chosen)


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
    takes = spec.controls
    references = choose_references(project, scene, spec)
    start = start_image if scene.continues else scene.start_image
    request = RenderRequest(
        target=choices.target,
        prompt=scene.prompt,
        negative_prompt=_kept(Control.NEGATIVE_PROMPT, choices.negative_prompt or None, spec),
        frame=FrameRequest(
            resolution=choices.resolution if choices.resolution in spec.resolutions else None,
            aspect=choices.aspect if choices.aspect in [a.value for a in spec.aspects] else None,
            fps=choices.fps if choices.fps in spec.fps else None,
            duration_s=choices.duration_s,
        ),
        inputs=Inputs(
            start_image=start,
            end_image=_kept(Control.END_IMAGE, scene.end_image, spec),
            reference_images=tuple(item.reference.path for item in references if item.is_sent),
        ),
        motion=_motion(choices, spec),
        audio=_kept(Control.AUDIO, choices.audio, spec),
        audio_prompt=_kept(Control.AUDIO_PROMPT, choices.audio_prompt or None, spec),
        sampling=Sampling(
            seed=_kept(Control.SEED, choices.seed, spec),
            num_inference_steps=_kept(Control.STEPS, choices.num_inference_steps, spec),
            guidance_scale=_kept(Control.GUIDANCE_SCALE, choices.guidance_scale, spec),
        ),
        loras=choices.loras if Control.LORAS in takes else (),
        delivery=Delivery(
            memory=_kept(Control.MEMORY, choices.memory, spec),
            webhook_url=_kept(Control.WEBHOOK, choices.webhook_url or None, spec),
        ),
    )
    return SceneRequest(
        request=request,
        references=references,
        left_out=(
            *_left_out(choices, scene, spec),
            *(
                f"Reference {item.reference.path.name!r} is not sent: {item.reason}"
                for item in references
                if not item.is_sent
            ),
        ),
        fingerprint=fingerprint(request),
    )


def fingerprint(request: RenderRequest) -> str:
    """A short name for all that makes a clip; how it is carried out and where files lie is not.

    Pictures are known by their file names, which in a project carry their content's hash.
    """
    values = request.model_dump(mode="json", exclude={"delivery"})
    inputs = request.inputs
    values["inputs"] = {
        "start": inputs.start_image.name if inputs.start_image else None,
        "end": inputs.end_image.name if inputs.end_image else None,
        "references": [path.name for path in inputs.reference_images],
    }
    values["loras"] = [(lora.path.name, lora.scale) for lora in request.loras]
    text = repr(sorted(values.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _kept(control: Control, value: _T, spec: ModelSpec) -> _T | None:
    return value if control in spec.controls else None


def _motion(choices: RenderChoices, spec: ModelSpec) -> Motion:
    if spec.camera is None or choices.camera not in spec.camera.motions:
        return Motion()
    return Motion(camera=choices.camera, speed=choices.camera_speed if spec.camera.speed else None)


def _left_out(choices: RenderChoices, scene: Scene, spec: ModelSpec) -> list[str]:
    """What is chosen and this model does not take."""
    asked = {
        Control.NEGATIVE_PROMPT: ("negative prompt", choices.negative_prompt),
        Control.STEPS: ("number of steps", choices.num_inference_steps),
        Control.GUIDANCE_SCALE: ("guidance", choices.guidance_scale),
        Control.AUDIO: ("sound", choices.audio),
        Control.AUDIO_PROMPT: ("audio prompt", choices.audio_prompt),
        Control.END_IMAGE: ("end frame", scene.end_image),
        Control.LORAS: ("LoRA", choices.loras),
        Control.WEBHOOK: ("webhook", choices.webhook_url),
        Control.MEMORY: ("memory layout", choices.memory),
    }
    found = [
        f"{spec.label} takes no {name}, so it is not sent."
        for control, (name, value) in asked.items()
        if value and control not in spec.controls
    ]
    for name, value, offered in (
        ("resolution", choices.resolution, spec.resolutions),
        ("aspect ratio", choices.aspect, tuple(a.value for a in spec.aspects)),
        ("frame rate", choices.fps, spec.fps),
        ("camera move", choices.camera, spec.camera.motions if spec.camera else ()),
    ):
        if value is not None and value not in offered:
            found.append(f"{spec.label} has no {name} {value}; its usual one is taken.")
    if choices.camera_speed is not None and not (spec.camera and spec.camera.speed):
        found.append(f"{spec.label} takes no camera speed, so it is not sent.")
    return found
