"""Keeps the state of a training stage, so that a stopped run goes on where it was, and its log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NAME = "checkpoint.pt"


def save_checkpoint(
    folder: Path, step: int, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> None:
    """Writes the stage's state aside and puts it in place."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{_NAME}.part"
    state = {
        "step": step,
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
    }
    torch.save(state, aside)
    aside.replace(folder / _NAME)


def load_checkpoint(
    folder: Path, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer] | None = None
) -> int:
    """Loads the stage's state where there is one; returns the number of steps done.

    Without `optimizers` only the model is loaded, for use instead of further training.
    """
    path = folder / _NAME
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    if optimizers is not None:
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
    return int(state["step"])


def load_finished(module: torch.nn.Module, model: Path, part: str, prefix: str = "") -> None:
    """Loads weights out of a finished model's folder, those of `part` that begin with `prefix`."""
    weights = load_file(model / part / "diffusion_pytorch_model.safetensors")
    module.load_state_dict(
        {
            name.removeprefix(prefix): weight.float()
            for name, weight in weights.items()
            if name.startswith(prefix)
        }
    )


def note(folder: Path, line: dict[str, float]) -> None:
    """Prints a line of figures and adds it to the stage's log."""
    text = json.dumps(line)
    print(text, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(text + "\n")
