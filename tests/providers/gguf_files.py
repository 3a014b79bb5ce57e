"""Weights in GGUF as other programs make them: each quantisation in its true layout.

The format's own library writes the file and quantises by halves of a byte; of the K kinds it only
reads, so that these are packed here, each sub-block by its largest value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BLOCK = 256
"""So many values of a row are stored together in the K kinds."""
ROW = 32
"""And in the plain ones."""

_F32 = GGMLQuantizationType.F32


def write_gguf(
    path: Path,
    weights: Mapping[str, np.ndarray],
    kind: str = "Q8_0",
    *,
    fallback: str = "F16",
    others: str = "F32",
    architecture: str = "ltxv",
) -> Path:
    """A file with the layers of a model in a quantisation, and all else in 32 bit.

    Args:
        path: where it goes.
        weights: by name, in 32 bit; the ends of names say which are layers.
        kind: of layers whose rows can be stored so; `fallback` of those whose rows cannot.
        others: of what is no layer.
        architecture: what the head says it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    for name, values in weights.items():
        asked = GGMLQuantizationType[kind if values.shape[-1] % _row(kind) == 0 else fallback]
        is_layer = name.endswith(".weight") and values.ndim == 2
        stored = asked if is_layer else GGMLQuantizationType[others]
        packed = values.astype(np.float32) if stored is _F32 else pack(values, stored.name)
        writer.add_tensor(name, packed, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def pack(values: np.ndarray, kind: str) -> np.ndarray:
    """Values of (rows, columns) as the bytes of a quantisation, or as 16-bit numbers."""
    if kind == "F16":
        return values.astype(np.float16)
    if kind not in _PACKERS:
        return quantize(values.astype(np.float32), GGMLQuantizationType[kind])
    blocks = values.astype(np.float32).reshape(-1, BLOCK)
    return _PACKERS[kind](blocks).reshape(len(values), -1)


def _row(kind: str) -> int:
    return BLOCK if kind in _PACKERS else 1 if kind in ("F16", "BF16") else ROW


def _half(values: np.ndarray) -> np.ndarray:
    """The nearest 16-bit numbers, and their bytes."""
    return values.astype(np.float16)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)


def _divided(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(values, by, out=np.zeros_like(values), where=by != 0)


def _scaled(blocks: np.ndarray, most_scale: int, most: int) -> tuple[np.ndarray, ...]:
    """Scales of blocks and of 16 values in them, and the whole numbers up to `most`."""
    parts = blocks.reshape(len(blocks), 16, 16)
    wanted = np.abs(parts).max(2) / most
    block = _half(wanted.max(1, keepdims=True) / most_scale)
    scales = np.rint(_divided(wanted, block.astype(np.float32) + 0 * wanted))
    scales = scales.clip(0, most_scale)
    step = block.astype(np.float32)[..., None] * scales[..., None]
    numbers = np.rint(_divided(parts, step + 0 * parts)).clip(-most - 1, most)
    return block, scales.astype(np.int8), numbers.astype(np.int8).reshape(len(blocks), BLOCK)


def _pack_q6(blocks: np.ndarray) -> np.ndarray:
    block, scales, numbers = _scaled(blocks, 127, 31)
    numbers = (numbers + 32).astype(np.uint8)
    low = (numbers & 15).reshape(-1, 2, 2, 64)
    high = (numbers >> 4).reshape(-1, 2, 4, 32)
    ql = (low[:, :, 0] | low[:, :, 1] << 4).reshape(len(blocks), -1)
    qh = sum(high[:, :, place] << 2 * place for place in range(4))
    return np.hstack([ql, np.asarray(qh).reshape(len(blocks), -1), _bytes(scales), _bytes(block)])


def _pack_q3(blocks: np.ndarray) -> np.ndarray:
    block, scales, numbers = _scaled(blocks, 31, 3)
    numbers = (numbers + 4).astype(np.uint8)
    low = (numbers & 3).reshape(-1, 2, 4, 32)
    qs = np.asarray(sum(low[:, :, place] << 2 * place for place in range(4)))
    upper = (numbers >> 2).reshape(-1, 8, 32)
    mask = np.asarray(sum(upper[:, place] << place for place in range(8)))
    six_bit = (scales + 32).astype(np.uint8)
    halves = six_bit & 15
    tops = (six_bit >> 4).reshape(-1, 4, 4)
    packed = np.hstack(
        [
            halves[:, :8] | halves[:, 8:] << 4,
            np.asarray(sum(tops[:, place] << 2 * place for place in range(4))),
        ]
    )
    return np.hstack([mask, qs.reshape(len(blocks), -1), packed, _bytes(block)])


def _with_minimum(blocks: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The head of a block (two block scales and the 6-bit ones), and whole numbers up to `most`."""
    parts = blocks.reshape(len(blocks), 8, 32)
    lowest = np.minimum(parts.min(2), 0)
    steps = (parts.max(2) - lowest) / most
    step, offset = (_half(wide.max(1, keepdims=True) / 63) for wide in (steps, -lowest))
    scales, minima = (
        np.rint(_divided(wide, half.astype(np.float32) + 0 * wide)).clip(0, 63).astype(np.uint8)
        for wide, half in ((steps, step), (-lowest, offset))
    )
    unit = (step.astype(np.float32) * scales)[..., None]
    shifted = parts + (offset.astype(np.float32) * minima)[..., None]
    numbers = np.rint(_divided(shifted, unit + 0 * parts)).clip(0, most).astype(np.uint8)
    packed = [
        scales[:, :4] | scales[:, 4:] >> 4 << 6,
        minima[:, :4] | minima[:, 4:] >> 4 << 6,
        scales[:, 4:] & 15 | (minima[:, 4:] & 15) << 4,
    ]
    return np.hstack([_bytes(step), _bytes(offset), *packed]), numbers


def _pack_q4(blocks: np.ndarray) -> np.ndarray:
    head, numbers = _with_minimum(blocks, 15)
    return np.hstack([head, _nibbles(numbers)])


def _pack_q5(blocks: np.ndarray) -> np.ndarray:
    head, numbers = _with_minimum(blocks, 31)
    top = np.asarray(sum((numbers[:, place] >> 4) << place for place in range(8)))
    return np.hstack([head, top, _nibbles(numbers & 15)])


def _nibbles(numbers: np.ndarray) -> np.ndarray:
    pairs = numbers.reshape(-1, 4, 2, 32)
    return (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(len(numbers), -1)


_PACKERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Q3_K": _pack_q3,
    "Q4_K": _pack_q4,
    "Q5_K": _pack_q5,
    "Q6_K": _pack_q6,
}
