"""What can be done about a plan that does not work out, as buttons offer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.model.project import DEFAULT_TARGET
from core.video.provider import Lack, NotReady
from core.video.request import AUTO

if TYPE_CHECKING:
    from core.config.api_keys import KeySpec
    from core.errors import Problem
    from core.project.model.project import RenderChoices
    from core.video.provider import ProviderInfo, Readiness
    from core.video.request import Target
    from core.video.spec import FloatRange, IntRange, ModelSpec


@dataclass(frozen=True)
class SetKey:
    """Ask for a key of the provider."""

    key: KeySpec


@dataclass(frozen=True)
class InstallModel:
    """Show the model where it can be installed or repaired."""

    target: Target


@dataclass(frozen=True)
class ChooseValue:
    """Set one field of the choices, as a person would in its panel."""

    field: str
    value: object


@dataclass(frozen=True)
class EditPrompt:
    """Go to the words of the scene."""


Fix = SetKey | InstallModel | ChooseValue | EditPrompt


@dataclass(frozen=True)
class Remedy:
    """A fix and the words on its button."""

    label: str
    fix: Fix


@dataclass(frozen=True)
class Situation:
    """What a plan was made from, as far as it is known.

    Attributes:
        target: the concrete one where the model is known.
    """

    target: Target
    choices: RenderChoices
    spec: ModelSpec | None = None
    info: ProviderInfo | None = None
    readiness: Readiness | None = None


def remedy_for_lack(lack: NotReady, target: Target, info: ProviderInfo | None) -> Remedy | None:
    """What mends a target that is not ready; None where only its sentence can say it."""
    if lack.lack is Lack.NOT_INSTALLED:
        return Remedy("Install model…", InstallModel(target))
    if lack.lack is Lack.DAMAGED:
        return Remedy("Repair model…", InstallModel(target))
    if lack.lack is Lack.KEY_MISSING and info is not None and info.keys:
        return Remedy("Set key…", SetKey(info.keys[0]))
    if lack.lack is Lack.MACHINE_TOO_SMALL:
        return use_automatic(target)
    return None


def use_automatic(target: Target) -> Remedy:
    """Leave the model to the provider."""
    return Remedy("Choose automatically", ChooseValue("target", target.with_model(AUTO)))


def remedy_for_problem(problem: Problem, at: Situation) -> Remedy | None:
    """What mends one problem of a request; None where only its sentence can say it."""
    spec, choices, field = at.spec, at.choices, problem.field
    if field == "prompt":
        return Remedy("Edit the prompt", EditPrompt())
    if field == "target" and isinstance(at.readiness, NotReady):
        return remedy_for_lack(at.readiness, at.target, at.info)
    if field == "target.model":
        return use_automatic(at.target)
    if field in ("target.provider", "target.deployment"):
        return Remedy("Use LTX on this machine", ChooseValue("target", DEFAULT_TARGET))
    if field == "loras" and spec is not None and len(choices.loras) > spec.max_loras:
        return Remedy(
            f"Keep {spec.max_loras}", ChooseValue("loras", choices.loras[: spec.max_loras])
        )
    usual = _USUAL.get(field)
    if usual is not None:
        return usual
    return None if spec is None else _nearest(field, choices, spec)


def _nearest(field: str, choices: RenderChoices, spec: ModelSpec) -> Remedy | None:
    """The nearest value that the model takes."""
    if field == "frame.fps" and choices.fps is not None:
        asked = choices.fps
        fps = min(spec.fps, key=lambda offered: abs(offered - asked))
        return Remedy(f"Use {fps} fps", ChooseValue("fps", fps))
    if field == "frame.duration_s":
        duration_s = _longest_or_nearest(choices, spec)
        return Remedy(f"Use {duration_s:g} s", ChooseValue("duration_s", duration_s))
    if field == "sampling.num_inference_steps":
        steps = _clamped(choices.num_inference_steps, spec.steps)
        value = None if steps is None else int(steps)
        return Remedy(_use(steps), ChooseValue("num_inference_steps", value))
    if field == "sampling.guidance_scale":
        scale = _clamped(choices.guidance_scale, spec.guidance_scale)
        return Remedy(_use(scale), ChooseValue("guidance_scale", scale))
    if field == "motion.speed":
        speed = _clamped(choices.camera_speed, spec.camera.speed if spec.camera else None)
        return Remedy(_use(speed), ChooseValue("camera_speed", speed))
    return None


_USUAL = {
    "frame.resolution": Remedy("Use the usual size", ChooseValue("resolution", None)),
    "frame.aspect": Remedy("Use the usual aspect", ChooseValue("aspect", None)),
    "motion.camera": Remedy("No camera move", ChooseValue("camera", None)),
    "sampling.seed": Remedy("New seed each time", ChooseValue("seed", None)),
    "audio": Remedy("Render without asking for sound", ChooseValue("audio", None)),
    "delivery.memory": Remedy("Lay out automatically", ChooseValue("memory", None)),
    "delivery.webhook_url": Remedy("Leave the webhook out", ChooseValue("webhook_url", "")),
}


def _longest_or_nearest(choices: RenderChoices, spec: ModelSpec) -> float:
    """The allowed length nearest to what is asked, in the size that is asked."""
    allowed = spec.duration_s
    asked = allowed.default if choices.duration_s is None else choices.duration_s
    nearest = min(max(asked, allowed.minimum), allowed.maximum)
    resolution = choices.resolution or spec.default_size.resolution
    longest = [
        size.max_duration_s
        for size in spec.sizes
        if size.resolution == resolution and size.max_duration_s is not None
    ]
    return min([nearest, *longest])


def _clamped(asked: float | None, allowed: IntRange | FloatRange | None) -> float | None:
    if asked is None or allowed is None:
        return None
    return min(max(asked, allowed.minimum), allowed.maximum)


def _use(value: float | None) -> str:
    return "Use the usual" if value is None else f"Use {value:g}"
