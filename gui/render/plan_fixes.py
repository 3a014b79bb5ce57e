"""What can be done about a plan that does not work out, as buttons offer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.model.project import DEFAULT_TARGET
from core.video.provider import NotReady, ReasonCode
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
class ShowInstall:
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


Fix = SetKey | ShowInstall | ChooseValue | EditPrompt


@dataclass(frozen=True)
class QuickFix:
    """A fix and the words on its button."""

    label: str
    fix: Fix


@dataclass(frozen=True)
class PlanContext:
    """What a plan was made from, as far as it is known.

    Attributes:
        target: the concrete one where the model is known.
    """

    target: Target
    choices: RenderChoices
    spec: ModelSpec | None = None
    info: ProviderInfo | None = None
    readiness: Readiness | None = None


def fix_for_readiness(
    reason_code: NotReady, target: Target, info: ProviderInfo | None
) -> QuickFix | None:
    """What mends a target that is not ready; None where only its sentence can say it."""
    if reason_code.reason_code is ReasonCode.NOT_INSTALLED:
        return QuickFix("Install model…", ShowInstall(target))
    if reason_code.reason_code is ReasonCode.DAMAGED:
        return QuickFix("Repair model…", ShowInstall(target))
    if reason_code.reason_code is ReasonCode.KEY_MISSING and info is not None and info.keys:
        return QuickFix("Set key…", SetKey(info.keys[0]))
    if reason_code.reason_code is ReasonCode.MACHINE_TOO_SMALL:
        return use_automatic(target)
    return None


def use_automatic(target: Target) -> QuickFix:
    """Leave the model to the provider."""
    return QuickFix("Choose automatically", ChooseValue("target", target.with_model(AUTO)))


def fix_for_problem(problem: Problem, at: PlanContext) -> QuickFix | None:
    """What mends one problem of a request; None where only its sentence can say it."""
    spec, choices, field = at.spec, at.choices, problem.field
    if field == "prompt":
        return QuickFix("Edit the prompt", EditPrompt())
    if field == "target" and isinstance(at.readiness, NotReady):
        return fix_for_readiness(at.readiness, at.target, at.info)
    if field == "target.model":
        return use_automatic(at.target)
    if field in ("target.provider", "target.deployment"):
        return QuickFix("Use LTX on this machine", ChooseValue("target", DEFAULT_TARGET))
    if field == "loras" and spec is not None and len(choices.loras) > spec.max_loras:
        return QuickFix(
            f"Keep {spec.max_loras}", ChooseValue("loras", choices.loras[: spec.max_loras])
        )
    usual = _USUAL.get(field)
    if usual is not None:
        return usual
    return None if spec is None else _nearest(field, choices, spec)


def _nearest(field: str, choices: RenderChoices, spec: ModelSpec) -> QuickFix | None:
    """The nearest value that the model takes."""
    if field == "frame.fps" and choices.fps is not None:
        asked = choices.fps
        fps = min(spec.fps, key=lambda offered: abs(offered - asked))
        return QuickFix(f"Use {fps} fps", ChooseValue("fps", fps))
    if field == "frame.duration_s":
        duration_s = _longest_or_nearest(choices, spec)
        return QuickFix(f"Use {duration_s:g} s", ChooseValue("duration_s", duration_s))
    if field == "sampling.num_inference_steps":
        steps = _clamped(choices.num_inference_steps, spec.steps)
        value = None if steps is None else int(steps)
        return QuickFix(_use(steps), ChooseValue("num_inference_steps", value))
    if field == "sampling.guidance_scale":
        scale = _clamped(choices.guidance_scale, spec.guidance_scale)
        return QuickFix(_use(scale), ChooseValue("guidance_scale", scale))
    if field == "motion.speed":
        speed = _clamped(choices.camera_speed, spec.camera.speed if spec.camera else None)
        return QuickFix(_use(speed), ChooseValue("camera_speed", speed))
    return None


_USUAL = {
    "frame.resolution": QuickFix("Use the usual size", ChooseValue("resolution", None)),
    "frame.aspect": QuickFix("Use the usual aspect", ChooseValue("aspect", None)),
    "motion.camera": QuickFix("No camera move", ChooseValue("camera", None)),
    "sampling.seed": QuickFix("New seed each time", ChooseValue("seed", None)),
    "audio": QuickFix("Render without asking for sound", ChooseValue("audio", None)),
    "delivery.memory": QuickFix("Lay out automatically", ChooseValue("memory", None)),
    "delivery.webhook_url": QuickFix("Leave the webhook out", ChooseValue("webhook_url", "")),
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
