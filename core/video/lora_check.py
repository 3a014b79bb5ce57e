"""Whether the LoRAs of a request fit the model, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnreadableLora, UnsupportedRequest
from core.lora.lora_family import base_of, families_of, fit_lora
from core.lora.lora_file import LoraFile, read_lora
from core.lora.lora_library import notes_of
from core.video.inputs import field_of, scale_of
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.lora.lora_family import LoraFamily
    from core.video.request import RenderRequest


@dataclass(frozen=True)
class CheckedLoras:
    """What is known of a request's LoRAs.

    Attributes:
        billions: the parameters of all that are not switched off by a scale of 0.
    """

    billions: float = 0.0
    notes: tuple[str, ...] = ()


def check_loras(
    request: RenderRequest,
    family: LoraFamily,
    families: Sequence[LoraFamily],
    *,
    has_reference: bool,
) -> CheckedLoras:
    """Read the heads of all LoRAs and lay them against the model's layers.

    One that cannot be read is passed over: `check_inputs` tells it.

    Args:
        request: what is asked.
        family: what the model takes.
        families: all that there are, for the sentence that says where a LoRA belongs.
        has_reference: whether there is a control video, or a sheet, for an IC-LoRA to follow.

    Raises:
        UnsupportedRequest: with each that does not fit.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    billions = 0.0
    seen: set[str] = set()
    for item in request.of_role(Role.LORA):
        try:
            file = read_lora(item.path)
        except UnreadableLora:
            continue
        sentence = lora_problem(file, family, families, has_reference=has_reference)
        if not sentence and str(item.path) in seen:
            sentence = f"The LoRA {item.path.name!r} is given twice. Give it once, with one scale."
        seen.add(str(item.path))
        if sentence:
            problems.append(Problem(field_of(Role.LORA), sentence))
            continue
        billions += file.billions if scale_of(item) else 0.0
        notes += _notes(file, family, families, has_reference=has_reference)
        if not scale_of(item):
            notes.append(f"The LoRA {item.path.name!r} has the scale 0, so it changes nothing.")
    if problems:
        raise UnsupportedRequest(problems)
    return CheckedLoras(billions, tuple(notes))


def lora_problem(
    file: LoraFile,
    family: LoraFamily,
    families: Sequence[LoraFamily],
    *,
    has_reference: bool,
) -> str:
    """Why a model of this family cannot take a LoRA, in a sentence; empty where it can.

    Args:
        file: the LoRA.
        family: what the model takes.
        families: all that there are, for the sentence that says where the LoRA belongs.
        has_reference: whether there is, or may be, what an IC-LoRA follows.
    """
    name = f"The LoRA {file.path.name!r}"
    if file.reference and not has_reference:
        return (
            f"{name} is an IC-LoRA: it follows a control video or reference images "
            f"({file.reference}), and there is nothing for it. Leave it out, or name what it "
            "follows."
        )
    if file.reference and file.reference_downscale is None:
        return (
            f"{name} is an IC-LoRA that follows its video in another way than is known here "
            f"({file.reference}). Leave it out."
        )
    misfit = fit_lora(file, family).misfit
    if not misfit:
        return ""
    fitting = families_of(file, families)
    place = f" It fits {_listing(fitting)}." if fitting else " Leave it out."
    return f"{name} {misfit}.{place}"


def _notes(
    file: LoraFile, family: LoraFamily, families: Sequence[LoraFamily], *, has_reference: bool
) -> tuple[str, ...]:
    name = f"The LoRA {file.path.name!r}"
    notes: list[str] = []
    if file.is_named_for_reference and not has_reference:
        notes.append(
            f"{name} is an IC-LoRA by its name: without the video or the images that it follows it "
            "may do little or harm."
        )
    known = notes_of(file.path, file)
    fitting = families_of(file, families)
    base = base_of(file, fitting, known.base)
    if base is not None and base.id != family.id:
        notes.append(
            f"{name} says that it was made for {base.label}; its layers fit {family.label} too, "
            "but what it learned may not."
        )
    elif base is None and len(fitting) > 1:
        notes.append(
            f"{name} has layers that fit {_listing(fitting)} alike and does not say for which it "
            "was made; it works as meant only with that one."
        )
    return tuple(notes)


def _listing(families: Sequence[LoraFamily]) -> str:
    labels = [family.label for family in families]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
