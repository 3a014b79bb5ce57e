"""The running mean of a model's weights: steadier than the last of them, and what is kept."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn


class RunningMean:
    """Follows a model; `pair` holds both, for checkpoints."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self._mean = copy.deepcopy(model).requires_grad_(False)
        self._model = model
        self.pair = pair(model, self._mean)

    @torch.no_grad()
    def start(self) -> None:
        """Begins at the model's weights as they are now."""
        self._mean.load_state_dict(self._model.state_dict())

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Takes in the weights after a step; early ones count for more."""
        decay = min(self._decay, step / (step + 10))
        for mean, weight in zip(self._mean.parameters(), self._model.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)


def pair(model: nn.Module, mean: nn.Module) -> nn.ModuleDict:
    """How checkpoints hold a model and its running mean."""
    return torch.nn.ModuleDict({"model": model, "ema": mean})
