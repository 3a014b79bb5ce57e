# pyright: standard, reportPrivateImportUsage=false
"""Muon: momentum whose matrices are made orthogonal before each step (Jordan et al., 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_ROWS = 64
_VECTOR_RATE = 1 / 8
_WARM_UP_STEPS = 20
_FALLING_SHARE = 0.4
_LONGEST_GRADIENT = 1.0


def orthogonal(matrices: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Brings the singular values of matrices (n, rows, columns) near to one.

    A quintic Newton-Schulz iteration: it needs no decomposition, and near is near enough.
    """
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    for _ in range(rounds):
        square = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions; everything else goes to AdamW."""

    def __init__(
        self, weights: Iterable[torch.nn.Parameter], lr: float = 0.02, momentum: float = 0.92
    ) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override] - none is used here
        """One update of every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                mean = state.setdefault("mean", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 1 - group["momentum"])
                flat = weight.grad.lerp(mean, group["momentum"]).flatten(1)
                rows = flat.shape[0]
                # Many rows are split: the iteration's cost grows with their cube.
                parts = next(
                    n for n in range(1, rows + 1) if rows % n == 0 and rows // n <= _MOST_ROWS
                )
                update = orthogonal(flat.reshape(parts, rows // parts, -1)).reshape(weight.shape)
                stretch = max(1.0, (rows / parts) / flat.shape[1]) ** 0.5
                weight.add_(update, alpha=-group["lr"] * stretch)


def optimizers(model: torch.nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the model's matrices, AdamW for its vectors, each in proportion to `lr`."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    matrices = [weight for weight in trained if weight.ndim >= 2]
    vectors = [weight for weight in trained if weight.ndim < 2]
    return [
        Muon(matrices, lr=lr),
        torch.optim.AdamW(vectors, lr=lr * _VECTOR_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def set_rate(chosen: Sequence[torch.optim.Optimizer], lr: float, step: int, steps: int) -> None:
    """Warm-up over 20 steps, then constant, then straight down over the last 40 %."""
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    factor = warm * min(1.0, (1 - step / steps) / _FALLING_SHARE + 0.01)
    for optimizer, rate in zip(chosen, (lr, lr * _VECTOR_RATE), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor


def update(
    model: torch.nn.Module, chosen: Sequence[torch.optim.Optimizer], loss: torch.Tensor
) -> None:
    """One step down the loss, with gradients cut to a length of one."""
    for optimizer in chosen:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), _LONGEST_GRADIENT)
    for optimizer in chosen:
        optimizer.step()
