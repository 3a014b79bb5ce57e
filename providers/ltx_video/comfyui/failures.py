"""What ComfyUI says of a graph that it refuses, or of one that failed, in words for people."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.errors import OutOfMemory, ProviderError, RenderFailed
from core.redaction import redacted
from providers.ltx_video.comfyui.found_files import missing_from_packs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_WORDS = 300
_MOST_OPTIONS = 8
# What an input of a node is called in the controls of a render.
_CONTROLS = {
    "ckpt_name": "model file",
    "text_encoder": "text encoder",
    "clip_name": "text encoder",
    "model_name": "latent upscaler",
    "lora_name": "LoRA",
    "strength_model": "strength of a LoRA",
    "image": "image",
    "file": "video",
    "audio": "audio file",
    "text": "prompt",
    "width": "resolution",
    "height": "resolution",
    "length": "duration",
    "frames_number": "duration",
    "frame_idx": "place of a keyframe",
    "strength": "strength of an image",
    "frame_rate": "frame rate",
    "fps": "frame rate",
    "steps": "number of steps",
    "cfg": "guidance scale",
    "noise_seed": "seed",
}


@dataclass(frozen=True)
class _Known:
    """A failure that has a known cause: what is found in it, what to say of it, what to do."""

    pattern: re.Pattern[str]
    said: str
    hint: str
    kind: type[ProviderError] = RenderFailed


def _known(pattern: str, said: str, hint: str, kind: type[ProviderError] = RenderFailed) -> _Known:
    return _Known(re.compile(pattern, re.IGNORECASE), said, hint, kind)


_KNOWN = (
    _known(
        r"OutOfMemoryError|out of memory|can't allocate memory",
        "the memory of its machine does not suffice for this clip",
        "Choose a smaller size or a shorter clip, or a model file in a smaller format such as fp8.",
        OutOfMemory,
    ),
    _known(
        r"SafetensorError|HeaderTooLarge|incomplete metadata|InvalidHeader",
        "a file of the model is damaged there",
        "Download that file anew on its machine.",
    ),
    _known(
        r"shapes cannot be multiplied|argument: 'attention_mask'|clip input is invalid",
        "the text encoder does not fit the model",
        "Put the text encoder of this model into its folder models/text_encoders, and name it in "
        "the setting comfyui.prefers where there are several.",
    ),
    _known(
        r"Conditioning frames exceed",
        "an image lies behind the end of the clip",
        "Choose an earlier time for it, or a longer clip.",
    ),
    _known(
        r"No space left on device",
        "the disk of its machine is full",
        "Free some space there.",
    ),
)


def failure(data: Mapping[str, Any], address: str, target: str) -> ProviderError:
    """The error for a render that failed there.

    Its traceback and its inputs are left out: they name folders of the server.

    Args:
        data: of the event `execution_error`.
        address: of the server.
        target: for the error.
    """
    kind, said = str(data.get("exception_type", "")), _plain(data.get("exception_message"))
    node = str(data.get("node_type", "") or "a node")
    number = str(data.get("node_id", "") or "?")
    where = f"at its node {number} ({node})"
    for known in _KNOWN:
        if known.pattern.search(f"{kind}: {said}"):
            return known.kind(
                f"ComfyUI at {address} stopped {where}: {known.said} ({_shortened(said)}).",
                target=target,
                hint=known.hint,
            )
    name = kind.rpartition(".")[2] or "error"
    return RenderFailed(
        f"ComfyUI at {address} stopped {where} with {name}: {_shortened(said)}.",
        target=target,
        hint="Give the command again; if it happens again, the log of ComfyUI has the details.",
    )


def interrupted(address: str, target: str) -> RenderFailed:
    """The error for a render that somebody stopped there."""
    return RenderFailed(
        f"The render was interrupted at the ComfyUI at {address}.",
        target=target,
        hint="Somebody stopped it there. Resume the job to have it made anew.",
    )


def lost(address: str, target: str) -> RenderFailed:
    """The error for a render that the server does not know, or does not know any more."""
    return RenderFailed(
        f"The ComfyUI at {address} does not know the render: it was started anew meanwhile, or "
        "somebody removed it, or the order never arrived.",
        target=target,
        hint="Resume the job to have it made anew, with the same seed. If ComfyUI ended by itself, "
        "its machine may have run out of memory: choose a smaller clip first.",
    )


def refusal(text: str, target: str) -> ProviderError | None:
    """The error for an answer of 400 to a graph; None where it is none that ComfyUI gives."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        return None
    error = _object(found).get("error")
    about = _object(error)
    if isinstance(error, str):
        about = {"message": error}
    if not about:
        return None
    kind, message = str(about.get("type", "")), _plain(about.get("message"))
    unknown_class = _object(about.get("extra_info")).get("class_type")
    if kind == "missing_node_type" or "Node ID" in str(about.get("details", "")):
        names = [str(unknown_class)] if unknown_class else [_shortened(message)]
        return RenderFailed(
            missing_from_packs(names), target=target, hint="Nothing was made. Then try again."
        )
    said = [*_problems(_object(found).get("node_errors"))] or [_shortened(message)]
    return RenderFailed(
        f"ComfyUI did not accept the graph: {'; '.join(said)}.",
        target=target,
        hint="Nothing was made. Change what it complains of, then give the command again.",
    )


def node_errors(answer: Mapping[str, Any]) -> str:
    """What is wrong with parts of a graph that was accepted; empty where nothing is."""
    return "; ".join(_problems(answer.get("node_errors")))


def _problems(found: object) -> Iterator[str]:
    """One sentence for each input of a node that is not taken."""
    for number, about in _object(found).items():
        node = str(_object(about).get("class_type", "")) or "a node"
        errors = _object(about).get("errors")
        for error in cast("list[object]", errors if isinstance(errors, list) else []):
            yield _problem(_object(error), f"node {number} ({node})")


def _problem(error: Mapping[str, Any], node: str) -> str:
    extra, details = _object(error.get("extra_info")), _plain(error.get("details"))
    name = str(extra.get("input_name", ""))
    control = _CONTROLS.get(name)
    what = f"the {control}" if control else f"the input {name!r}" if name else "it"
    value = extra.get("received_value")
    match str(error.get("type", "")):
        case "required_input_missing":
            return f"{node} needs {what}"
        case "value_not_in_list":
            return f"{node} does not have {what} {value!r}{_options(extra)}"
        case "value_smaller_than_min" | "value_bigger_than_max" as kind:
            limits = extra.get("input_config")
            ends = _object(cast("list[Any]", limits)[-1]) if isinstance(limits, list) else {}
            is_small = kind == "value_smaller_than_min"
            end = ends.get("min" if is_small else "max")
            limit = "" if end is None else f" at {'least' if is_small else 'most'} {end}, and"
            return f"{what} of {node} is{limit} not {value}" if limit else f"{node}: {details}"
        case "custom_validation_failed":
            return f"{node} cannot use {what}: {_shortened(details)}"
        case _:
            return f"{node}: {_plain(error.get('message'))} ({_shortened(details)})"


def _options(extra: Mapping[str, Any]) -> str:
    config = extra.get("input_config")
    listed = cast("list[Any]", config)[0] if isinstance(config, list) and config else None
    if not isinstance(listed, list) or not listed:
        return ""
    names = [str(name) for name in cast("list[Any]", listed)]
    shown = ", ".join(names[:_MOST_OPTIONS])
    return f" (it has {shown}{' and more' if len(names) > _MOST_OPTIONS else ''})"


def _object(found: object) -> dict[str, Any]:
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _plain(found: object) -> str:
    return " ".join(str(found or "").split())


def _shortened(said: str) -> str:
    text = redacted(said)[:_MOST_WORDS].rstrip(".")
    return text or "it does not say why"
