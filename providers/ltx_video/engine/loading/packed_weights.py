"""Weights in 4 bit as bitsandbytes packs them (NF4), unpacked on any device."""

# pyright: standard

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from providers.weights.packed_layers import NF4_STATE

if TYPE_CHECKING:
    from collections.abc import Collection


def unpacked_nf4(opened: Any, key: str, keys: Collection[str]) -> torch.Tensor:
    """A layer's weights in 32 bit.

    A byte holds two numbers, the first one in its upper half; each stands for an entry of a table,
    which is multiplied by the largest number of its block. Those may be packed in the same way,
    in 8 bit and without their mean. Equal to the bit to what bitsandbytes 0.50 unpacks.

    Args:
        opened: the safetensors file.
        key: of the packed weights.
        keys: all that the file holds.
    """
    state = json.loads(bytes(opened.get_tensor(f"{key}{NF4_STATE}").tolist()))
    table = opened.get_tensor(f"{key}.quant_map").to(torch.float32)
    largest = opened.get_tensor(f"{key}.absmax")
    if f"{key}.nested_absmax" in keys:
        nested = opened.get_tensor(f"{key}.nested_quant_map")[largest.to(torch.int64)]
        of_each = opened.get_tensor(f"{key}.nested_absmax").repeat_interleave(
            int(state["nested_blocksize"])
        )
        largest = nested * of_each[: nested.numel()] + float(state["nested_offset"])
    packed = opened.get_tensor(key).flatten()
    places = torch.stack((packed >> 4, packed & 15), dim=1).flatten().to(torch.int64)
    blocks = table[places].view(-1, int(state["blocksize"]))
    return (blocks * largest.view(-1, 1)).view(state["shape"])
