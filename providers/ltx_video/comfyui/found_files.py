"""Which of a server's files a plan is made with, and what of them is not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from core.errors import Problem
from core.platform.suggestions import nearest_name
from core.video.inputs import field_of, scale_of
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.video.plan import RenderPlan
    from providers.ltx_video.comfyui.models import ServedModel, ServerFile
    from providers.ltx_video.comfyui.nodes import NodeClasses

_LORA_LOADER, _LORA_INPUT = "LoraLoaderModelOnly", "lora_name"
# The folder of custom nodes that these classes come with; all others that are used are ComfyUI's.
_LTX_PACK = "ComfyUI-LTXVideo, by Lightricks"
_PACKS = {
    "LTXVBaseSampler": _LTX_PACK,
    "LTXVExtendSampler": _LTX_PACK,
    "LTXVLoopingSampler": _LTX_PACK,
    "LTXVGemmaCLIPModelLoader": _LTX_PACK,
    "LTXVImgToVideoConditionOnly": _LTX_PACK,
    "LTXICLoRALoaderModelOnly": _LTX_PACK,
    "LTXAddVideoICLoRAGuide": _LTX_PACK,
    "GemmaAPITextEncode": _LTX_PACK,
    "MultiPromptProvider": _LTX_PACK,
    "STGGuiderAdvanced": _LTX_PACK,
}
# With which version of ComfyUI these came; where no number is known, only that it is a later one.
_SINCE = {
    "ManualSigmas": "0.7",
    "LTXAVTextEncoderLoader": "0.8",
    "LTXVImgToVideoInplace": "0.8",
    "TextGenerateLTX2Prompt": "0.15",
    "LTXVReferenceAudio": "0.19",
}


@dataclass(frozen=True)
class MissingFile:
    """A file that a server does not have, and what to do about it."""

    reason: str
    fix: str


@dataclass(frozen=True)
class FoundLora:
    """A LoRA by the name that the server has for it."""

    name: str
    strength: float


@dataclass(frozen=True)
class GraphFiles:
    """The files by the names that the server has for them; empty where one is not there."""

    checkpoint: str = ""
    text_encoder: str = ""
    upscaler: str = ""
    loras: tuple[FoundLora, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        loras = (lora.name for lora in self.loras)
        return tuple(filter(None, (self.checkpoint, self.text_encoder, self.upscaler, *loras)))


def find_files(
    plan: RenderPlan, served: ServedModel, classes: NodeClasses, prefers: str
) -> GraphFiles:
    """What a plan is made with on a server that has these classes, and every file that is missing.

    A file whose loader is missing is not missed besides: that is told with the node class.
    """
    problems: list[Problem] = []

    def found(file: ServerFile) -> str:
        missing = missing_file(file, classes, prefers, plan.spec.label)
        if missing is not None:
            message = f"{missing.reason} {missing.fix}"
            problems.append(Problem("target", message, is_of_setup=True))
        return file.choose(classes.options(file.loader, file.given), prefers) or ""

    checkpoint, text_encoder = found(served.checkpoint), found(served.text_encoder)
    upscaler = found(served.upscaler) if plan.refine_steps and served.upscaler else ""
    loras: list[FoundLora] = []
    for item in plan.request.of_role(Role.LORA):
        names = classes.options(_LORA_LOADER, _LORA_INPUT)
        wanted = item.path.name.casefold()
        name = next((name for name in names if _last(name).casefold() == wanted), None)
        if name is None:
            problems.append(Problem(field_of(Role.LORA), _missing_lora(item.path.name, names)))
        else:
            loras.append(FoundLora(name, scale_of(item)))
    return GraphFiles(checkpoint, text_encoder, upscaler, tuple(loras), tuple(problems))


def missing_file(
    file: ServerFile, classes: NodeClasses, prefers: str, label: str
) -> MissingFile | None:
    """What is wrong where a server lacks a file; None where it has it, or no class to load it."""
    names = classes.options(file.loader, file.given)
    if file.loader not in classes or file.choose(names, prefers) is not None:
        return None
    near = nearest_name(file.example, names)
    instead = f" It has {near!r}, which is another." if near else ""
    return MissingFile(
        f"ComfyUI has no {file.label} for {label}: none of its files is named like "
        f"{file.example!r}.{instead}",
        f"Put one into its folder models/{file.folder}, or choose another model.",
    )


def _missing_lora(wanted: str, names: tuple[str, ...]) -> str:
    near = nearest_name(wanted, map(_last, names))
    instead = f" The nearest that it has is {near!r}." if near else ""
    return (
        f"ComfyUI has no LoRA {wanted!r}. Put the file into its folder models/loras, under the "
        f"very same name.{instead}"
    )


def _last(name: str) -> str:
    """The last part of a name; a server on Windows parts them by its own stroke."""
    return PurePosixPath(name.replace("\\", "/")).name


def missing_nodes(missing: Iterable[str], version: str) -> str:
    """A sentence on node classes that a server does not have: what brings them."""
    names = list(dict.fromkeys(missing))
    packs = dict.fromkeys(_PACKS[name] for name in names if name in _PACKS)
    listed = ", ".join(names)
    if packs:
        return (
            f"ComfyUI has no node class {listed}: the node pack {' and '.join(packs)} is missing "
            "or failed to load. Install it there; if it is installed, the log of ComfyUI says why "
            "it did not load."
        )
    since = [_SINCE[name] for name in names if name in _SINCE]
    later = max(since, key=version_of, default="")
    needed = f"{later} or later is needed" if later else "a later one is needed"
    return f"ComfyUI {version} has no node class {listed}: {needed}. Update it."


def missing_from_packs(missing: Iterable[str]) -> str:
    """The same for a person's own workflow, whose nodes may come from anywhere."""
    names = list(dict.fromkeys(missing))
    packs = dict.fromkeys(_PACKS[name] for name in names if name in _PACKS)
    of_packs = f" {' and '.join(packs)} brings some of them." if packs else ""
    return (
        f"ComfyUI has no node class {', '.join(names)}, which the workflow uses: a node pack is "
        f"missing or failed to load, or ComfyUI is too old.{of_packs} Open the workflow there: its "
        "manager names the packs."
    )


def version_of(text: str) -> tuple[int, ...]:
    """A version as numbers that can be compared, such as (0, 27, 0); empty where it is none."""
    numbers: list[int] = []
    for part in text.strip().removeprefix("v").split("."):
        digits = "".join(filter(str.isdigit, part.partition("-")[0].partition("+")[0]))
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
