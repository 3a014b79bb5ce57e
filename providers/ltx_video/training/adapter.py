"""A LoRA that is being trained, beside a model whose own weights stay as they are."""

# pyright: standard

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from core.lora.lora_family import LoraLayer

_PART = "transformer."
_FILE_PREFIX = "diffusion_model."


class TrainedLora(torch.nn.Module):
    """The matrices of every layer that is trained, in 32 bit: `up(down(input)) × alpha / rank`.

    A new one changes nothing: what leads out of the few values is 0.
    """

    def __init__(
        self, layers: Iterable[LoraLayer], rank: int, alpha: float, seed: int, device: torch.device
    ) -> None:
        super().__init__()
        self._scale = alpha / rank
        self._down: dict[str, torch.nn.Parameter] = {}
        self._up: dict[str, torch.nn.Parameter] = {}
        random = torch.Generator().manual_seed(seed)
        for layer in layers:
            bound = 1 / sqrt(layer.in_features)
            down = torch.empty(rank, layer.in_features).uniform_(-bound, bound, generator=random)
            up = torch.zeros(layer.out_features, rank)
            name = layer.name.removeprefix(_PART)
            self._down[name] = torch.nn.Parameter(down.to(device))
            self._up[name] = torch.nn.Parameter(up.to(device))
            flat = name.replace(".", "_")
            self.register_parameter(f"{flat}_down", self._down[name])
            self.register_parameter(f"{flat}_up", self._up[name])

    def lay_over(self, transformer: torch.nn.Module) -> None:
        """Let it work on every pass of this model from now on."""
        for name in self._down:
            transformer.get_submodule(name).register_forward_hook(self._adding(name))

    def _adding(
        self, name: str
    ) -> Callable[[torch.nn.Module, tuple[Any, ...], torch.Tensor], torch.Tensor]:
        down, up, scale = self._down[name], self._up[name], self._scale

        def add(_: torch.nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
            change = linear(linear(inputs[0].float(), down), up)
            return output + (scale * change).to(output.dtype)

        return add

    def tensors(self) -> dict[str, torch.Tensor]:
        """Its matrices as programs read them: without a number beside them, the scale counted in.

        The names are those of the makers' own programs, which ComfyUI and diffusers know too.
        """
        found: dict[str, torch.Tensor] = {}
        for name, down in self._down.items():
            up = self._up[name] * self._scale
            found[f"{_FILE_PREFIX}{name}.lora_A.weight"] = down.detach().cpu().contiguous()
            found[f"{_FILE_PREFIX}{name}.lora_B.weight"] = up.detach().cpu().contiguous()
        return found
