"""A text encoder whose layers are packed into 8 or 4 bit while it is loaded, tensor by tensor.

They are packed as GGUF packs them, Q8_0 and Q4_0, and diffusers unpacks the layer at work; so
nothing more is installed, and it works on every device. transformers itself leaves a GGUF file
packed on some accelerators only, and everywhere else unpacks all of it (5.24).
"""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from diffusers.quantizers.gguf.utils import GGUFLinear, GGUFParameter
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import quantize
from transformers.core_model_loading import ConversionOps
from transformers.quantizers.auto import register_quantization_config, register_quantizer
from transformers.quantizers.base import HfQuantizer
from transformers.utils.quantization_config import QuantizationConfigMixin
from typing_extensions import override

from core.video.terms import EncoderBits

if TYPE_CHECKING:
    from pathlib import Path

_METHOD = "packed-encoder"
_KINDS = {
    EncoderBits.EIGHT: GGMLQuantizationType.Q8_0,
    EncoderBits.FOUR: GGMLQuantizationType.Q4_0,
}


def load_encoder(
    loaded_class: Any, folder: Path, dtype: torch.dtype, bits: EncoderBits
) -> torch.nn.Module:
    """A language model of transformers, ready to read.

    Args:
        loaded_class: of transformers.
        folder: with its config and its weights in 16 or 32 bit.
        dtype: the number format of the arithmetic.
        bits: how its layers are kept.
    """
    kind = _KINDS.get(bits)
    packing = {} if kind is None else {"quantization_config": _Packing(kind, dtype)}
    return loaded_class.from_pretrained(
        folder, dtype=dtype, local_files_only=True, **packing
    ).eval()


class _Packing(QuantizationConfigMixin):
    """How `_Packer` is told what to do."""

    def __init__(self, kind: GGMLQuantizationType, dtype: torch.dtype) -> None:
        self.quant_method = _METHOD  # pyright: ignore[reportAttributeAccessIssue] - of our own
        self.kind = kind
        self.dtype = dtype


class _Packer(HfQuantizer):
    """Packs each layer as its weights come from disk, so that no two are there unpacked."""

    def __init__(self, quantization_config: _Packing, **kwargs: Any) -> None:
        super().__init__(quantization_config, **kwargs)
        self._asked = quantization_config

    @override
    def param_needs_quantization(self, model: Any, param_name: str, **kwargs: Any) -> bool:
        place, _, name = param_name.rpartition(".")
        return name == "weight" and isinstance(model.get_submodule(place), GGUFLinear)

    @override
    def get_quantize_ops(self) -> ConversionOps:
        return _Pack(self._asked.kind)

    @override
    def _process_model_before_weight_loading(self, model: Any, **kwargs: Any) -> Any:
        asked = self._asked
        row, _ = GGML_QUANT_SIZES[asked.kind]
        # It shares its weights with the table of words.
        left_out = model.get_output_embeddings()
        layers = [
            (name, layer)
            for name, layer in model.named_modules()
            if type(layer) is torch.nn.Linear
            and layer is not left_out
            and layer.in_features % row == 0
        ]
        for name, layer in layers:
            packed = GGUFLinear(
                layer.in_features,
                layer.out_features,
                layer.bias is not None,
                compute_dtype=asked.dtype,
                device="meta",
            )
            packed.requires_grad_(requires_grad=False)
            model.set_submodule(name, packed)
        return model

    @override
    def is_serializable(self) -> Any:
        return False

    @property
    @override
    def is_trainable(self) -> Any:
        return False


class _Pack(ConversionOps):
    """One layer's weights, as `_Packer` wants them."""

    def __init__(self, kind: GGMLQuantizationType) -> None:
        self._kind = kind

    @override
    def convert(
        self, input_dict: dict[str, Any], *_: Any, full_layer_name: str = "", **kwargs: Any
    ) -> dict[str, Any]:
        (found,) = input_dict.values()
        weight = found[0] if isinstance(found, list) else found
        blocks = torch.from_numpy(quantize(weight.float().numpy(), self._kind))
        # T5 turns what comes into a layer into the format of its weights, unless they are int8.
        signed = blocks.view(torch.int8)
        # Its arguments are those of `__new__`, which the type checker does not look at.
        make: Any = GGUFParameter
        return {full_layer_name: make(signed, quant_type=self._kind)}


# Not as decorators, which the type checker takes to give the parents of the classes.
register_quantization_config(_METHOD)(_Packing)
register_quantizer(_METHOD)(_Packer)
