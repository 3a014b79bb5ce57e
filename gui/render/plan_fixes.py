"""What can be done about a plan that does not work out, as buttons offer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from core.project.model.edits import FrameSlot
from core.video.control_row import Control
from core.video.controls import CHOICES
from core.video.inputs import KEPT, field_of
from core.video.provider import NotReady, ReasonCode
from core.video.terms import AUTO, DEFAULT_TARGET, Role

if TYPE_CHECKING:
    from core.config.api_keys import KeySpec
    from core.errors import Problem
    from core.video.control_row import ControlRow
    from core.video.provider import ProviderInfo, Readiness
    from core.video.request import RenderChoices
    from core.video.spec import ModelSpec
    from core.video.terms import Target


_SLOTS = {Role.START: FrameSlot.START, Role.END: FrameSlot.END}


@dataclass(frozen=True)
class SetKey:
    """Ask for a key of the provider."""

    key: KeySpec


@dataclass(frozen=True)
class ShowInstall:
    """Show the model where it can be installed or repaired."""

    target: Target


@dataclass(frozen=True)
class ShowCosts:
    """Show what was spent, and the caps."""


@dataclass(frozen=True)
class ChooseValue:
    """Set one field of the choices, as a person would in its panel."""

    field: str
    value: object


@dataclass(frozen=True)
class EditPrompt:
    """Go to the words of the scene."""


@dataclass(frozen=True)
class ChooseFrame:
    """Take another picture as the start or end frame of the scene."""

    slot: FrameSlot


@dataclass(frozen=True)
class ClearFrame:
    """Go without that frame."""

    slot: FrameSlot


Fix = SetKey | ShowInstall | ShowCosts | ChooseValue | EditPrompt | ChooseFrame | ClearFrame


@dataclass(frozen=True)
class QuickFix:
    """A fix and the words on its button."""

    label: str
    fix: Fix


SHOW_COSTS = QuickFix("Costs and caps…", ShowCosts())


@dataclass(frozen=True)
class PlanContext:
    """What a plan was made from, as far as it is known.

    Attributes:
        target: the concrete one where the model is known.
        is_linked: it starts from the last frame of the scene before.
    """

    target: Target
    choices: RenderChoices
    spec: ModelSpec | None = None
    info: ProviderInfo | None = None
    readiness: Readiness | None = None
    is_linked: bool = False


def said_in_window(readiness: NotReady, spec: ModelSpec) -> str:
    """Why a model cannot be used and what to do: in the window, where that is a command else."""
    match readiness.reason_code:
        case ReasonCode.NOT_INSTALLED:
            fix = "Install it in the Models tab."
        case ReasonCode.DAMAGED if not spec.is_builtin:
            fix = "Repair it in the Models tab."
        case ReasonCode.KEY_MISSING:
            fix = "Set it under Settings > Keys."
        case _:
            fix = readiness.fix
    return f"{readiness.reason} {fix}".strip()


def problem_in_window(problem: Problem) -> str:
    """What is wrong and what to do: in the window, where that is a command else."""
    if not problem.reason:
        return problem.message
    return f"{problem.reason} Install or repair it in the Models tab."


def fix_for_readiness(
    readiness: NotReady, target: Target, info: ProviderInfo | None
) -> QuickFix | None:
    """What mends a target that is not ready; None where only its sentence can say it."""
    if readiness.reason_code is ReasonCode.NOT_INSTALLED:
        return QuickFix("Install model…", ShowInstall(target))
    if readiness.reason_code is ReasonCode.DAMAGED:
        return QuickFix("Repair model…", ShowInstall(target))
    if readiness.reason_code is ReasonCode.KEY_MISSING and info is not None and info.keys:
        return QuickFix("Set key…", SetKey(info.keys[0]))
    if readiness.reason_code is ReasonCode.MACHINE_TOO_SMALL:
        return use_automatic(target)
    return None


def frame_fixes(problem: Problem, spec: ModelSpec | None) -> tuple[QuickFix, ...]:
    """What mends a frame that cannot be used: another picture, or none; else nothing."""
    role = next((role for role in _SLOTS if field_of(role) == problem.field), None)
    if role is None:
        return ()
    slot = _SLOTS[role]
    clear = QuickFix(f"Clear the {slot.label}", ClearFrame(slot))
    if spec is not None and not spec.limit(role):
        return (clear,)
    return (QuickFix(f"Choose another {slot.label}…", ChooseFrame(slot)), clear)


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
    row = next((row for row in CHOICES if row.path == field), None)
    return None if row is None or spec is None else _fix_for_value(row, choices, spec)


_WITHOUT = {
    Control.RESOLUTION: "Use the usual size",
    Control.ASPECT: "Use the usual aspect",
    Control.CAMERA_MOTION: "No camera move",
    Control.SEED: "New seed each time",
    Control.MEMORY: "Lay out automatically",
    Control.TEXT_ENCODER: "Choose the bits automatically",
}
"""What is done without a choice, where that is better than the nearest one."""


def _fix_for_value(row: ControlRow, choices: RenderChoices, spec: ModelSpec) -> QuickFix | None:
    """The nearest value that the model takes, or none; None where another value mends nothing."""
    asked = row.value(choices)
    nearest: object = None
    if row.id is Control.DURATION:
        # What a video leaves room for is not in the model's table; without a length it is taken.
        is_of_video = choices.of_role(Role.SOURCE_VIDEO, *KEPT)
        nearest = None if is_of_video else _longest_or_nearest(choices, spec)
    elif row.id not in _WITHOUT and asked is not None:
        nearest = row.nearest(asked, spec)
        if nearest == asked:
            return None
    fix = ChooseValue(row.id, nearest)
    match nearest:
        case None:
            return QuickFix(_WITHOUT.get(row.id, f"Leave the {row.noun} out"), fix)
        case tuple():
            return QuickFix(f"Keep {len(cast('tuple[object, ...]', nearest))}", fix)
        case int() | float():
            return QuickFix(f"Use {nearest:g} {row.unit}".strip(), fix)
        case _:
            return QuickFix(f"Use {nearest}", fix)


def _longest_or_nearest(choices: RenderChoices, spec: ModelSpec) -> float:
    """The allowed length nearest to what is asked, in the size and at the rate that are asked."""
    allowed, frame = spec.durations, choices.frame
    asked = allowed.default if frame.duration_s is None else frame.duration_s
    longest_s = allowed.longest(
        frame.resolution or spec.default_size.resolution, frame.fps or spec.default_fps
    )
    return allowed.nearest(asked, longest_s)
