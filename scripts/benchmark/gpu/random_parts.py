"""Parts of a model with random weights, where the loader of the engine would put real ones."""

# pyright: standard

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from diffusers.models.attention_dispatch import AttentionBackendName
from diffusers.models.transformers.transformer_ltx2 import LTX2VideoTransformer3DModel
from transformers import Gemma3Config, PreTrainedModel

from core.video.spec import Residency
from providers.engine.process.torch_memory import torch_device
from providers.ltx_video.engine.pipeline import PartLoader
from scripts.benchmark.gpu.shapes import TINY, empty_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.video.terms import EncoderBits
    from providers.ltx_video.engine.protocol import ModelOrder

_NOISE = 4_194_301  # a prime, so that rows of a matrix begin at different places of it
# Their programs come from a hub.
_FETCHED = "_hub"


@dataclass(frozen=True)
class Arithmetic:
    """How the transformer computes; the product leaves both as they are."""

    is_compiled: bool = False
    attention: str = AttentionBackendName.NATIVE.value

    def __str__(self) -> str:
        return f"{'compiled' if self.is_compiled else 'eager'}, {self.attention}"


class RandomPartLoader(PartLoader):
    """Makes each part in the shapes that its folder has, where no weights lie.

    A model that lies whole on one device is made there; one that is moved while it works is made
    in main memory, where loading would leave it.
    """

    def __init__(
        self,
        order: ModelOrder,
        cancel: CancelToken,
        report: Callable[[float, str], None],
        arithmetic: Arithmetic,
    ) -> None:
        super().__init__(order, cancel, report)
        self._arithmetic = arithmetic
        self._memory = order.memory

    def read_weights(
        self, part_class: Any, folder: Path, dtype: torch.dtype, bits: EncoderBits | None
    ) -> torch.nn.Module:
        """A part of this class with random weights; a text encoder's stay in 16 bit."""
        is_encoder = issubclass(part_class, PreTrainedModel)
        config = Gemma3Config.from_pretrained(folder) if is_encoder else None
        part = empty_part(part_class, config or part_class.load_config(folder))
        device = torch.device("cpu")
        if self._memory.residency is Residency.RESIDENT:
            here = self._memory.text_encoder_device if is_encoder else self._memory.device
            device = torch_device(here)
        fill(part, dtype, device)
        if isinstance(part, LTX2VideoTransformer3DModel):
            part.set_attention_backend(self._arithmetic.attention)
            if self._arithmetic.is_compiled:
                part.compile_repeated_blocks(fullgraph=False)
        return part


def fill(part: torch.nn.Module, dtype: torch.dtype, device: torch.device) -> None:
    """Give a part that has none weights such as a new model's: values keep their size in it."""
    made: dict[int, torch.nn.Parameter] = {}
    for module in part.modules():
        for name, empty in module.named_parameters(recurse=False):
            # What two layers share they go on sharing.
            if id(empty) not in made:
                values = _values(name, empty.shape, dtype, device)
                made[id(empty)] = torch.nn.Parameter(values, requires_grad=False)
            setattr(module, name, made[id(empty)])
    # As loading does it; in language models what is computed keeps its 32 bit.
    kept = None if isinstance(part, PreTrainedModel) else dtype
    torch.nn.Module.to(part, device, kept)


def _values(name: str, shape: torch.Size, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    values = torch.empty(shape, dtype=dtype, device=device)
    if values.dim() < 2:
        # Norms leave values as they are, and biases add nothing.
        return values.fill_(1.0 if name == "weight" else 0.0)
    flat, noise = values.view(-1), _noise(dtype, device)
    for begin in range(0, flat.numel(), _NOISE):
        piece = flat[begin : begin + _NOISE]
        piece.copy_(noise[: piece.numel()])
    return values.mul_((shape[0] / values.numel()) ** 0.5)


@cache
def _noise(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    # From the processor, so that every device has the same weights.
    generator = torch.Generator("cpu").manual_seed(0)
    return torch.randn(_NOISE, generator=generator).to(device, dtype)


def attention_backends() -> tuple[str, ...]:
    """The ways to compute attention that diffusers has and this machine could try."""
    transformer: Any = empty_part(LTX2VideoTransformer3DModel, TINY.configs["transformer"])
    found: list[str] = []
    for backend in AttentionBackendName:
        if backend.value.endswith(_FETCHED):
            continue
        try:
            transformer.set_attention_backend(backend.value)
        except RuntimeError:
            # The package is not installed.
            continue
        found.append(backend.value)
    transformer.set_attention_backend(AttentionBackendName.NATIVE.value)
    return tuple(found)
