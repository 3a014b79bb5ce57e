"""LoRAs over a loaded pipeline: beside each layer, the model's own weights stay as they are.

A layer's output gets `scale × up(down(input))` added. Nothing is merged into the weights: taking a
LoRA away or turning its scale leaves no trace, and weights that are kept in 8 bit, or streamed, are
not touched.
"""

# pyright: standard

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from torch.nn.functional import linear

from core.errors import Problem, UnreadableLora, UnsupportedRequest
from core.lora.lora_family import fit_lora
from core.lora.lora_file import read_lora
from core.video.terms import Residency
from providers.engine.process.torch_memory import torch_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any, Protocol

    from torch.utils.hooks import RemovableHandle

    from core.lora.lora_family import LoraFamily
    from core.lora.lora_file import LoraFile
    from core.video.memory import MemoryPlan
    from providers.engine.events import LaidLora

    class _LoraOrder(Protocol):
        @property
        def loras(self) -> tuple[LaidLora, ...]: ...
        @property
        def lora_family(self) -> LoraFamily | None: ...
        @property
        def memory(self) -> MemoryPlan: ...


FIELD = "inputs.lora"


@dataclass(frozen=True)
class _Matrices:
    """What changes one layer, alpha counted in: (rank, in) and (out, rank)."""

    down: torch.Tensor
    up: torch.Tensor


_Weights = dict[str, _Matrices]


class LoraOverlay:
    """The LoRAs of the present clip; a file is read once as long as clips go on using it."""

    def __init__(self) -> None:
        self._weights: dict[LoraFile, _Weights] = {}
        self._handles: list[RemovableHandle] = []
        self._resting: set[Path] = set()

    @contextmanager
    def resting(self, order: _LoraOrder) -> Iterator[None]:
        """Meanwhile the LoRAs change nothing that follow what is seen beside the clip."""
        self._resting = {lora.path for lora in order.loras if lora.is_for_reference}
        try:
            yield
        finally:
            self._resting = set()

    def lay(
        self,
        pipeline: object,
        order: _LoraOrder,
        dtype: torch.dtype,
        tell: Callable[[str], None],
    ) -> None:
        """Lay the LoRAs of an order over the pipeline, in place of those that lay there.

        Args:
            pipeline: loaded and laid out in memory.
            order: what is made.
            dtype: the number format of the arithmetic.
            tell: told what is read; raises where the clip is given up.

        Raises:
            UnsupportedRequest: a LoRA does not fit, is damaged or changes nothing.
        """
        self._lift()
        wanted = [(_head(lora), lora.scale) for lora in order.loras if lora.scale]
        files = [file for file, _ in wanted]
        self._weights = {file: held for file, held in self._weights.items() if file in files}
        for file, scale in wanted:
            if file not in self._weights:
                tell(f"Reading the LoRA {file.path.name!r}")
                self._weights[file] = _read(file, order, dtype)
            for layer, matrices in self._weights[file].items():
                module = _layer_of(pipeline, layer, file)
                hook = self._adding(file.path, matrices, scale)
                self._handles.append(module.register_forward_hook(hook))

    def _lift(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _adding(
        self, path: Path, matrices: _Matrices, scale: float
    ) -> Callable[[torch.nn.Module, tuple[Any, ...], torch.Tensor], torch.Tensor]:
        down, up = matrices.down, matrices.up

        def add(_: torch.nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
            if path in self._resting:
                return output
            # Where the model is streamed, so are these: they wait in main memory.
            values = inputs[0].to(down.dtype)
            device = output.device
            change = linear(linear(values, down.to(device)), up.to(device))
            return output + (scale * change).to(output.dtype)

        return add


def _head(lora: LaidLora) -> LoraFile:
    try:
        return read_lora(lora.path)
    except UnreadableLora as error:
        raise _refused(error.message) from error


def _read(file: LoraFile, order: _LoraOrder, dtype: torch.dtype) -> _Weights:
    """The matrices of a file by the layers of the model, ready for the arithmetic."""
    family, name = order.lora_family, f"The LoRA {file.path.name!r}"
    assert family is not None, "an order with LoRAs has it"
    fit = fit_lora(file, family)
    if fit.misfit:
        raise _refused(f"{name} {fit.misfit}.")
    is_resident = order.memory.residency is Residency.RESIDENT
    device = torch_device(order.memory.device) if is_resident else torch.device("cpu")
    weights: _Weights = {}
    changes = False
    try:
        with safe_open(file.path, framework="pt") as opened:
            for placed in fit.placed:
                pair = placed.pair
                down = opened.get_tensor(pair.down).float()
                up = opened.get_tensor(pair.up).float()
                if pair.alpha:
                    scale = float(opened.get_tensor(pair.alpha).float().reshape(-1)[0]) / pair.rank
                else:
                    scale = file.scale_of(pair.layer, pair.rank)
                up *= scale
                if not (down.isfinite().all() and up.isfinite().all()):
                    raise _refused(
                        f"{name} is damaged: {pair.layer!r} holds values that are no numbers. "
                        "Get a whole copy of it."
                    )
                changes = changes or bool(down.any() and up.any())
                weights[placed.layer] = _Matrices(down.to(device, dtype), up.to(device, dtype))
    except (SafetensorError, OSError, IndexError) as error:
        raise _refused(f"{name} cannot be read: {error}. Get a whole copy of it.") from error
    if not changes:
        raise _refused(f"{name} changes nothing: all of its weights are 0. Leave it out.")
    return weights


def _layer_of(pipeline: Any, layer: str, file: LoraFile) -> torch.nn.Module:
    part, _, inner = layer.partition(".")
    try:
        return getattr(pipeline, part).get_submodule(inner)
    except AttributeError as error:
        raise _refused(
            f"The LoRA {file.path.name!r} changes {inner!r}, which the loaded model does not have."
        ) from error


def _refused(message: str) -> UnsupportedRequest:
    return UnsupportedRequest([Problem(FIELD, message)])
