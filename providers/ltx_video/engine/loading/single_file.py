"""A transformer out of one file: of safetensors in 8 to 32 bit, or of GGUF."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from diffusers.loaders.single_file_model import SINGLE_FILE_LOADABLE_CLASSES
from diffusers.quantizers.quantization_config import GGUFQuantizationConfig
from safetensors import safe_open
from torch.nn.functional import linear
from typing_extensions import override

from core.platform.gguf_head import GGUF_SUFFIX
from providers.engine.process.errors import DamagedModel
from providers.ltx_video.engine.loading.packed_weights import unpacked_nf4
from providers.weights.packed_layers import NF4_STATE, is_part_of_packed
from providers.weights.weights_spec import WEIGHT_SCALES

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

# What programs write before the names of the transformer's layers in a single file.
_PREFIXES = ("model.diffusion_model.", "diffusion_model.", "transformer.")
# The scales of a layer's input are for arithmetic in 8 bit, which is not done here.
_SCALES = (*WEIGHT_SCALES, ".input_scale", ".scale_input", "scaled_fp8")
_WEIGHT = ".weight"
_8_BIT = (torch.float8_e4m3fn, torch.float8_e5m2, torch.int8)


class ScaledLinear(torch.nn.Linear):
    """A layer whose weights stay in 8 bit, and are multiplied by their scales at work."""

    def __init__(self, layer: torch.nn.Linear, kept: _Kept) -> None:
        has_bias = layer.bias is not None
        super().__init__(layer.in_features, layer.out_features, has_bias, device="meta")
        # A buffer, since diffusers takes the format of the parameters for that of the arithmetic.
        del self.weight
        self.register_buffer("weight", layer.weight.detach().to(kept.dtype))
        self.bias = layer.bias
        self._scale = kept.scale
        self.register_buffer("_row_scales", kept.row_scales)

    @override
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        weight = self.weight.to(input.dtype) * self._scale
        rows: Any = self._row_scales
        if rows is not None:
            weight = (weight.to(torch.float32) * rows).to(input.dtype)
        return linear(input, weight, self.bias)


class _Kept(NamedTuple):
    """How a layer's weights are stored in 8 bit: with one scale, or with one for each row."""

    dtype: torch.dtype
    scale: float = 1.0
    row_scales: torch.Tensor | None = None


class _Read(NamedTuple):
    """The weights of a file by name, and which of them stay in 8 bit."""

    weights: dict[str, torch.Tensor]
    kept: dict[str, _Kept]


def load_transformer(
    file: Path, loaded_class: Any, folder: Path, dtype: torch.dtype, *, keeps_8_bit: bool
) -> torch.nn.Module:
    """The transformer of a file.

    Args:
        file: that holds it, under its makers' names or those of diffusers.
        loaded_class: of diffusers.
        folder: of the model, with the transformer's config.
        dtype: the number format of the arithmetic.
        keeps_8_bit: leave layers that are stored in 8 bit with a scale as they are.

    Raises:
        DamagedModel: weights are missing in it.
    """
    is_gguf = file.suffix.casefold() == GGUF_SUFFIX
    read = _read_quantized(file) if is_gguf else _read_plain(file, dtype, keeps_8_bit=keeps_8_bit)
    # Without a local config diffusers would ask the hub which model this is.
    try:
        transformer = loaded_class.from_single_file(
            read.weights,
            config=str(folder),
            subfolder="transformer",
            dtype=dtype,
            quantization_config=GGUFQuantizationConfig(dtype) if is_gguf else None,
            local_files_only=True,
        )
    except NotImplementedError as error:
        # What got no value is on PyTorch's "meta" device, without memory: this is what moving it to
        # where it belongs raises, and diffusers looks at no names before.
        reason = "it lacks some of the transformer's weights"
        raise DamagedModel(file.name, reason) from error
    if is_gguf:
        _unpack_small_parts(transformer, dtype)
    # The names of diffusers, by its own renaming.
    rename = SINGLE_FILE_LOADABLE_CLASSES[loaded_class.__name__]["checkpoint_mapping_fn"]
    for name, kept in rename(checkpoint=read.kept).items():
        place, _, last = name.removesuffix(_WEIGHT).rpartition(".")
        parent = transformer.get_submodule(place)
        setattr(parent, last, ScaledLinear(getattr(parent, last), kept))
    return transformer


def _read_plain(file: Path, dtype: torch.dtype, *, keeps_8_bit: bool) -> _Read:
    """Out of a safetensors file that may hold more."""
    read = _Read({}, {})
    with safe_open(file, framework="pt") as opened:
        keys = list(opened.keys())
        held, prefix = frozenset(keys), _prefix_of(keys)
        for key in keys:
            if not key.startswith(prefix) or key.endswith(_SCALES) or is_part_of_packed(key):
                continue
            name, weight = _renamed(key.removeprefix(prefix)), opened.get_tensor(key)
            if f"{key}{NF4_STATE}" in held:
                read.weights[name] = unpacked_nf4(opened, key, held).to(dtype)
                continue
            scale = _scale_of(opened, key, held)
            if scale is None:
                read.weights[name] = weight
            elif keeps_8_bit and weight.dtype in _8_BIT:
                # Every number of 8 bit is one of the larger formats too.
                read.weights[name] = weight.to(dtype)
                is_one = scale.numel() == 1
                one, rows = (float(scale), None) if is_one else (1.0, scale)
                read.kept[name] = _Kept(weight.dtype, one, rows)
            else:
                read.weights[name] = (weight.to(torch.float32) * scale).to(dtype)
    return read


def _scale_of(opened: Any, key: str, keys: Collection[str]) -> torch.Tensor | None:
    """What the weights of a layer are to be multiplied by: one number, or one for each row."""
    names = (f"{key.removesuffix(_WEIGHT)}{end}" for end in WEIGHT_SCALES)
    found = next((name for name in names if name in keys), None)
    if found is None:
        return None
    scale = opened.get_tensor(found).to(torch.float32)
    return scale if scale.numel() == 1 else scale.reshape(-1, 1)


def _read_quantized(file: Path) -> _Read:
    """Out of a GGUF file, as it is stored."""
    # Imported late: it needs the package of that format, and few models are in it.
    from diffusers.models.model_loading_utils import load_gguf_checkpoint

    stored = load_gguf_checkpoint(str(file))
    prefix = _prefix_of(stored)
    names = [name for name in stored if name.startswith(prefix)]
    return _Read({_renamed(name.removeprefix(prefix)): stored[name] for name in names}, {})


def _unpack_small_parts(transformer: torch.nn.Module, dtype: torch.dtype) -> None:
    """Unpack what is stored in a quantisation and is no layer.

    Only layers unpack themselves; diffusers 0.42.1 computes with the bytes of anything else.
    """
    from diffusers.quantizers.gguf.utils import GGUFLinear, GGUFParameter, dequantize_gguf_tensor

    for module in transformer.modules():
        for name, value in list(module.named_parameters(recurse=False)):
            unpacks_itself = isinstance(module, GGUFLinear) and name == "weight"
            if isinstance(value, GGUFParameter) and not unpacks_itself:
                unpacked = torch.nn.Parameter(dequantize_gguf_tensor(value).to(dtype))
                setattr(module, name, unpacked)


def _prefix_of(names: Collection[str]) -> str:
    """What stands before the names of the transformer's layers."""
    return next((one for one in _PREFIXES if any(name.startswith(one) for name in names)), "")


def _renamed(name: str) -> str:
    """The name that diffusers makes the best of.

    Its own renaming of LTX-2 leaves out the time embedding of the prompt, which 2.3 brought
    (diffusers 0.42.1): its last parts would be missing.
    """
    return name.replace("prompt_adaln_single.", "prompt_adaln.")
