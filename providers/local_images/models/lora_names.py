"""What other programs call the layers of image models in the files of LoRAs."""

from __future__ import annotations

import re

_KLEIN_SINGLE = {"attn.to_qkv_mlp_proj": "linear1", "attn.to_out": "linear2"}
_KLEIN_DOUBLE = {
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "ff.linear_in": "img_mlp.0",
    "ff.linear_out": "img_mlp.2",
    "ff_context.linear_in": "txt_mlp.0",
    "ff_context.linear_out": "txt_mlp.2",
}
_ENCODERS = {"text_encoder": "te1", "text_encoder_2": "te2"}
_BLOCK = re.compile(r"(?P<blocks>[a-z_]+)\.(?P<number>\d+)\.(?P<rest>.+)")
_UNET = re.compile(
    r"(?P<way>down|up)_blocks\.(?P<block>\d+)\.attentions\.(?P<place>\d+)\.(?P<rest>.+)"
)
_MIDDLE = "mid_block.attentions.0."


def other_names(family: str, part: str, layer: str) -> tuple[str, ...]:
    """The names of a layer besides diffusers' own, without their prefixes.

    Args:
        family: by its id.
        part: in which the layer is.
        layer: as diffusers calls it in that part.
    """
    if part in _ENCODERS:
        # In some versions of the library the encoder has one floor less.
        return tuple(f"{name}.{layer}" for name in (_ENCODERS[part], "te")[: 1 + (part[-1] != "2")])
    if part == "unet":
        return (layer, *_of_ldm(layer))
    match family:
        case "z-image":
            name = layer.replace(".attention.to_out.0", ".attention.out")
            return (name,) if name != layer else ()
        case "flux2-klein":
            return _of_klein(layer)
        case _:
            return ()


def _of_klein(layer: str) -> tuple[str, ...]:
    found = _BLOCK.fullmatch(layer)
    if found is None:
        return ()
    blocks, number, rest = found["blocks"], found["number"], found["rest"]
    if blocks == "single_transformer_blocks" and rest in _KLEIN_SINGLE:
        return (f"single_blocks.{number}.{_KLEIN_SINGLE[rest]}",)
    if blocks == "transformer_blocks" and rest in _KLEIN_DOUBLE:
        return (f"double_blocks.{number}.{_KLEIN_DOUBLE[rest]}",)
    return ()


def _of_ldm(layer: str) -> tuple[str, ...]:
    """Of a UNet's attention: as the makers count its blocks, two layers and a change of size each.

    Upwards there are three layers to a block, and the third brings the change.
    """
    if layer.startswith(_MIDDLE):
        return (f"middle_block.1.{layer.removeprefix(_MIDDLE)}",)
    found = _UNET.fullmatch(layer)
    if found is None:
        return ()
    block, place, rest = int(found["block"]), int(found["place"]), found["rest"]
    if found["way"] == "down":
        return (f"input_blocks.{3 * block + place + 1}.1.{rest}",)
    return (f"output_blocks.{3 * block + place}.1.{rest}",)
