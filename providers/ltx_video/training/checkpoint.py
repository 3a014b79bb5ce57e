"""What a training goes on from: the LoRA, the optimizer's memory, and the step it was at."""

# pyright: standard

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from providers.ltx_video.training.adapter import TrainedLora

_NAME = "checkpoint.safetensors"
_LORA, _MEAN, _SQUARE = "lora.", "mean.", "square."


@dataclass(frozen=True)
class Progress:
    """How far a training is: steps done, and losses since the last line of its record."""

    step: int = 0
    losses: tuple[float, ...] = ()


def save_checkpoint(
    folder: Path,
    lora: TrainedLora,
    optimizer: torch.optim.AdamW,
    step: int,
    losses: Sequence[float],
) -> None:
    """Write all of it aside, force it to disk and put it in place of the last one.

    What is drawn at random follows from the seed and the step, so nothing of it is kept.
    """
    tensors: dict[str, torch.Tensor] = {}
    for name, parameter in lora.named_parameters():
        tensors[_LORA + name] = parameter.detach()
        memory = optimizer.state.get(parameter)
        if memory:
            tensors[_MEAN + name] = memory["exp_avg"]
            tensors[_SQUARE + name] = memory["exp_avg_sq"]
    aside = folder / f"{_NAME}.part"
    metadata = {"step": str(step), "losses": json.dumps(list(losses))}
    save_file({key: value.cpu().contiguous() for key, value in tensors.items()}, aside, metadata)
    with aside.open("rb") as written:
        os.fsync(written.fileno())
    aside.replace(folder / _NAME)


def load_checkpoint(folder: Path, lora: TrainedLora, optimizer: torch.optim.AdamW) -> Progress:
    """Take up where the last checkpoint was; a training without one begins."""
    try:
        with safe_open(folder / _NAME, "pt") as opened:
            metadata = opened.metadata()
            # It is no dict, and nothing walks it but its keys.
            names = list(opened.keys())
            tensors = {name: opened.get_tensor(name) for name in names}
    except (OSError, SafetensorError):
        return Progress()
    step = int(metadata["step"])
    with torch.no_grad():
        for name, parameter in lora.named_parameters():
            parameter.copy_(tensors[_LORA + name])
            if _MEAN + name in tensors:
                optimizer.state[parameter] = {
                    "step": torch.tensor(float(step)),
                    "exp_avg": tensors[_MEAN + name].to(parameter.device),
                    "exp_avg_sq": tensors[_SQUARE + name].to(parameter.device),
                }
    return Progress(step, tuple(json.loads(metadata["losses"])))
