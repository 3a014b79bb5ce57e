"""LoRA files with random weights, in every layout that programs write, without PyTorch."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from core.lora.lora_family import LoraFamily, LoraLayer

_MAIN = "transformer."
_CODES = {"<f4": "F32", "<f2": "F16", "<i4": "I32"}


@dataclass(frozen=True)
class RandomPair:
    """One layer's matrices: (rank, in) and (out, rank), 32 bit."""

    layer: str
    other: str
    down: np.ndarray
    up: np.ndarray


def random_pairs(
    family: LoraFamily,
    *,
    rank: int = 4,
    seed: int = 1,
    size: float = 0.2,
    takes: Callable[[LoraLayer], bool] = lambda _: True,
) -> tuple[RandomPair, ...]:
    """A random LoRA for the layers of a family."""
    random = np.random.default_rng(seed)
    return tuple(
        RandomPair(
            layer.name.replace("*", str(number)),
            (layer.others or (layer.name.removeprefix(_MAIN),))[0].replace("*", str(number)),
            random.normal(size=(rank, layer.in_features)).astype("<f4"),
            (size * random.normal(size=(layer.out_features, rank))).astype("<f4"),
        )
        for layer in family.layers
        if takes(layer)
        for number in range(layer.count)
    )


def as_diffusers(pairs: Sequence[RandomPair]) -> dict[str, np.ndarray]:
    """`transformer.….lora_A.weight`, as diffusers writes it."""
    return _named(pairs, lambda pair: pair.layer, "lora_A", "lora_B")


def as_comfy(pairs: Sequence[RandomPair]) -> dict[str, np.ndarray]:
    """`diffusion_model.….lora_A.weight` under the makers' own names of the layers."""
    return _named(pairs, lambda pair: _comfy_prefix(pair) + pair.other, "lora_A", "lora_B")


def as_bare(pairs: Sequence[RandomPair]) -> dict[str, np.ndarray]:
    """Without a prefix."""
    return _named(pairs, lambda pair: pair.layer.removeprefix(_MAIN), "lora_A", "lora_B")


def as_kohya(
    pairs: Sequence[RandomPair], *, prefix: str = "lora_unet_", alpha: float | None = None
) -> dict[str, np.ndarray]:
    """Flat names with `lora_down` and `lora_up`; an alpha of half the rank halves the effect."""
    found: dict[str, np.ndarray] = {}
    for pair in pairs:
        name = prefix + pair.layer.removeprefix(_MAIN).replace(".", "_")
        rank = len(pair.down)
        used = float(rank) if alpha is None else alpha
        found[f"{name}.lora_down.weight"] = pair.down
        found[f"{name}.lora_up.weight"] = (pair.up * (rank / used)).astype("<f4")
        found[f"{name}.alpha"] = np.array(used, "<f4")
    return found


def _comfy_prefix(pair: RandomPair) -> str:
    is_projection = pair.other.startswith("text_embedding_projection.")
    return "" if is_projection else "diffusion_model."


def _named(
    pairs: Sequence[RandomPair], name_of: Callable[[RandomPair], str], down: str, up: str
) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for pair in pairs:
        found[f"{name_of(pair)}.{down}.weight"] = pair.down
        found[f"{name_of(pair)}.{up}.weight"] = pair.up
    return found


def write_lora(
    path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
) -> Path:
    """A safetensors file of these tensors."""
    header: dict[str, object] = {} if metadata is None else {"__metadata__": dict(metadata)}
    data, place = [], 0
    for name, tensor in tensors.items():
        stored = tensor.tobytes()
        header[name] = {
            "dtype": _CODES[tensor.dtype.str],
            "shape": list(tensor.shape),
            "data_offsets": [place, place + len(stored)],
        }
        place += len(stored)
        data.append(stored)
    head = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(data))
    return path


def smallest_lora(path: Path, metadata: Mapping[str, str] | None = None) -> Path:
    """A whole LoRA of one tiny layer that no model has."""
    matrix = np.ones((1, 2), "<f4")
    names = ("some.layer.lora_A.weight", "some.layer.lora_B.weight")
    return write_lora(path, dict(zip(names, (matrix, matrix.T), strict=True)), metadata)
