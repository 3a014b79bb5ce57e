"""Layers that a safetensors file holds in fewer bits: what each of them stands for."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableWeights
from providers.weights.weights_spec import WEIGHT_SCALES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from core.platform.safetensors_head import SafetensorsHead, StoredTensor

NF4_STATE = ".quant_state.bitsandbytes__nf4"
"""Behind the name of a weight that bitsandbytes packed in 4 bit: how."""
NF4, INT8 = "NF4", "I8"
"""What such weights are stored in, by the names that people and files give them."""

_WEIGHT = ".weight"
_OTHER_STATE = ".quant_state.bitsandbytes__"
# How ComfyUI says what each layer is packed in: in a tensor of its own, or in the file's notes.
_COMFY_LAYER, _COMFY_NOTE = ".comfy_quant", "_quantization_metadata"
_COMFY_FORMATS = ("float8_e4m3fn", "float8_e5m2", "int8_tensorwise", "int8_rowwise")
_HINT = "Get it in 16, 32 or 8 bit (float8, int8), in NF4, or as a GGUF file."


def is_part_of_packed(key: str) -> bool:
    """Whether a tensor only says how another one is packed."""
    return f"{_WEIGHT}." in key or key.endswith(_COMFY_LAYER)


def as_they_stand_for(head: SafetensorsHead, path: Path, name: str) -> dict[str, StoredTensor]:
    """The tensors of a file, packed ones with the shape that they are unpacked to.

    Args:
        head: of the file.
        path: of the file.
        name: what to call it in sentences.

    Raises:
        UnreadableWeights: layers are packed in a way that is not read, or contradict themselves.
    """
    for packing in _packings(head, path):
        if packing not in _COMFY_FORMATS:
            raise _not_read(name, packing)
    tensors: dict[str, StoredTensor] = {}
    for key, tensor in head.tensors.items():
        if is_part_of_packed(key):
            continue
        state = f"{key}{NF4_STATE}"
        if state in head.tensors:
            shape = _shape_of(head.read_text(path, state), tensor)
            if shape is None or not {f"{key}.absmax", f"{key}.quant_map"} <= head.tensors.keys():
                raise UnreadableWeights(
                    f"{name} is damaged: how {key!r} is packed contradicts itself.",
                    hint="Get a whole copy of it.",
                )
            tensor = replace(tensor, dtype=NF4, shape=shape)
        elif tensor.dtype == INT8 and not _has_scale(key, tensor, head.tensors):
            raise _not_read(name, "8 bit without scales")
        tensors[key] = tensor
    return tensors


def _packings(head: SafetensorsHead, path: Path) -> Iterator[str]:
    """What the file says that layers are packed in, by the words of those who packed them."""
    for key in head.tensors:
        if _OTHER_STATE in key and not key.endswith(NF4_STATE):
            yield key.rpartition(_OTHER_STATE)[2]
        if key.endswith(_COMFY_LAYER):
            yield _comfy_format(head.read_text(path, key))
    layers = _object(head.metadata.get(_COMFY_NOTE, "")).get("layers")
    if isinstance(layers, dict):
        for layer in cast("dict[str, Any]", layers).values():
            yield _comfy_format(json.dumps(layer))


def _comfy_format(text: str) -> str:
    """The format of a layer; "convrot" where its rows are turned, which is another one."""
    said = _object(text)
    return "convrot" if said.get("convrot") else str(said.get("format") or "an unknown way")


def _object(text: str) -> dict[str, Any]:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _shape_of(text: str, packed: StoredTensor) -> tuple[int, ...] | None:
    """The shape that packed weights are unpacked to; None where it cannot be theirs."""
    state = _object(text)
    try:
        shape, block = tuple(map(int, state["shape"])), int(state["blocksize"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    is_whole = block > 0 and prod(shape) == 2 * prod(packed.shape) and prod(shape) % block == 0
    return shape if is_whole and min(shape, default=0) > 0 else None


def _has_scale(key: str, tensor: StoredTensor, tensors: Mapping[str, StoredTensor]) -> bool:
    """Whether weights have one scale, or one for each row."""
    names = (f"{key.removesuffix(_WEIGHT)}{end}" for end in WEIGHT_SCALES)
    found = next((tensors[name] for name in names if name in tensors), None)
    return found is not None and prod(found.shape) in (1, *tensor.shape[:1])


def _not_read(name: str, packing: str) -> UnreadableWeights:
    return UnreadableWeights(
        f"{name} holds layers in {packing}, which are not read here.", hint=_HINT
    )
