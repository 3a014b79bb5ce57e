"""Text encoders in 8 and 4 bit: what they hold, what they read, and that no clip is mixed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from gguf.quants import dequantize, quantize
from safetensors.torch import load_file
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    T5Config,
    T5EncoderModel,
)

from core.video.terms import EncoderBits, Residency
from providers.ltx_video.engine.loading.packed_encoder import load_encoder
from tests.providers.engine.test_engine_layouts import forget_prompts, render
from tests.providers.tiny_home import LAYOUTS, TINY_AV_GUIDED, TINY_VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from providers.ltx_video.local import LocalLTX
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

PACKED = {
    EncoderBits.EIGHT: GGMLQuantizationType.Q8_0,
    EncoderBits.FOUR: GGMLQuantizationType.Q4_0,
}
LONGEST_ROW_BYTES = {EncoderBits.EIGHT: 34 / 32, EncoderBits.FOUR: 18 / 32}
MOST_UNLIKE = {EncoderBits.EIGHT: 0.05, EncoderBits.FOUR: 0.5}
"""How far random weights, which suit no quantisation, may lead from what 16 bit read."""
WORDS = torch.tensor([[2, 5, 6, 7, 8, 9]])

_TEXT: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "sliding_window": 8,
    "max_position_embeddings": 512,
}
# As in the real one, some of its layers have rows that are no whole number of blocks.
_EYE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 80,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}


def _t5() -> Any:
    return T5EncoderModel(
        T5Config(
            vocab_size=64,
            d_model=64,
            d_kv=32,
            d_ff=128,
            num_layers=2,
            num_heads=2,
            pad_token_id=0,
            feed_forward_proj="gated-gelu",
        )
    )


def _gemma_3() -> Any:
    config = Gemma3Config(
        text_config=_TEXT,
        vision_config=_EYE,
        mm_tokens_per_image=4,
        image_token_index=60,
        boi_token_index=61,
        eoi_token_index=62,
    )
    return Gemma3ForConditionalGeneration(config)


def _gemma_4() -> Any:
    text = _TEXT | {
        "global_head_dim": 32,
        "hidden_size_per_layer_input": 0,
        "layer_types": ["sliding_attention", "full_attention"],
    }
    config = Gemma4Config(
        text_config=text,
        vision_config={**_EYE, "num_key_value_heads": 2, "head_dim": 32},
        image_token_id=60,
        boi_token_id=61,
        eoi_token_id=62,
        audio_config=None,
    )
    return Gemma4ForConditionalGeneration(config)


ENCODERS = {"T5": _t5, "Gemma 3": _gemma_3, "Gemma 4": _gemma_4}


@pytest.fixture(params=ENCODERS)
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[type, Path]:
    """A text encoder of the true class on disk in 16 bit."""
    torch.manual_seed(0)
    encoder = ENCODERS[request.param]().to(torch.bfloat16)
    encoder.save_pretrained(tmp_path)
    return type(encoder), tmp_path


def read(encoder: Any) -> torch.Tensor:
    with torch.no_grad():
        return encoder(input_ids=WORDS, output_hidden_states=True).hidden_states[-1].float()


def held_bytes(encoder: torch.nn.Module) -> int:
    return sum(part.numel() * part.element_size() for part in encoder.parameters())


def is_packable(name: str, layer: Any) -> bool:
    is_layer = type(layer) is torch.nn.Linear and name != "lm_head"
    return is_layer and layer.in_features % 32 == 0


@pytest.mark.parametrize("bits", PACKED)
def test_it_reads_what_weights_read_that_were_packed_and_unpacked(
    saved: tuple[type, Path], bits: EncoderBits
) -> None:
    """Held against the format's own library, over the plain classes of transformers."""
    plain: Any = load_encoder(*saved, torch.bfloat16, EncoderBits.SIXTEEN)
    usual, kind = read(plain), PACKED[bits]
    for name, layer in plain.named_modules():
        if is_packable(name, layer):
            values = layer.weight.detach().float().numpy()
            unpacked = torch.from_numpy(dequantize(quantize(values, kind), kind))
            # diffusers unpacks to numbers of the format's own 16 bit.
            layer.weight.data = unpacked.half().bfloat16()
    packed = load_encoder(*saved, torch.bfloat16, bits)
    assert torch.equal(read(packed), read(plain))
    unlike = float((read(packed) - usual).norm() / usual.norm())
    assert 0 < unlike < MOST_UNLIKE[bits]


@pytest.mark.parametrize("bits", PACKED)
def test_it_holds_as_many_bytes_as_its_layers_take_packed(
    saved: tuple[type, Path], bits: EncoderBits
) -> None:
    plain: Any = load_encoder(*saved, torch.bfloat16, EncoderBits.SIXTEEN)
    layers = sum(
        layer.weight.numel() for name, layer in plain.named_modules() if is_packable(name, layer)
    )
    packed: Any = load_encoder(*saved, torch.bfloat16, bits)
    expected = held_bytes(plain) - layers * 2 + round(layers * LONGEST_ROW_BYTES[bits])
    assert held_bytes(packed) == expected
    assert packed.dtype is torch.bfloat16


def test_it_writes_too(tmp_path: Path) -> None:
    """Its last layer shares the table of words, which is never packed."""
    torch.manual_seed(0)
    _gemma_3().to(torch.bfloat16).save_pretrained(tmp_path)
    encoder: Any = load_encoder(
        Gemma3ForConditionalGeneration, tmp_path, torch.bfloat16, EncoderBits.FOUR
    )
    written = encoder.generate(input_ids=WORDS, max_new_tokens=3, do_sample=False)
    assert written.shape == (1, WORDS.shape[1] + 3)
    assert encoder.lm_head.weight is encoder.get_input_embeddings().weight


def words_read(home: Path) -> dict[str, torch.Tensor]:
    """What the engine has read and kept, by the names of its files."""
    folder = home / "cache" / "ltx-video" / "prompts"
    return {file.name: load_file(file)["embeds"] for file in folder.glob("*.safetensors")}


@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV_GUIDED], ids=lambda model: model.id)
def test_fewer_bits_read_a_little_else_and_the_same_wherever_the_weights_lie(
    provider: LocalLTX, watched: Watch, tiny_home: Path, model: LocalModel
) -> None:
    forget_prompts(tiny_home)
    usual = render(provider, watched, model)
    whole = words_read(tiny_home)
    forget_prompts(tiny_home)
    eight = render(provider, watched, model, text_encoder_bits=EncoderBits.EIGHT)
    packed = words_read(tiny_home)
    assert np.abs(usual.astype(float) - eight).mean() < 20
    assert len(packed) == len(whole) == 2
    assert not packed.keys() & whole.keys()
    for layout in LAYOUTS.values():
        forget_prompts(tiny_home)
        render(provider, watched, model, text_encoder_bits=EncoderBits.EIGHT, **layout)
        again = words_read(tiny_home)
        assert again.keys() == packed.keys()
        assert all(torch.equal(again[name], packed[name]) for name in packed)


def test_what_one_number_of_bits_has_read_is_not_taken_for_another(
    provider: LocalLTX, watched: Watch, tiny_home: Path
) -> None:
    forget_prompts(tiny_home)
    clips = {
        bits: render(provider, watched, TINY_VIDEO, text_encoder_bits=bits) for bits in EncoderBits
    }
    assert not np.array_equal(clips[EncoderBits.SIXTEEN], clips[EncoderBits.EIGHT])
    assert not np.array_equal(clips[EncoderBits.EIGHT], clips[EncoderBits.FOUR])
    for bits, clip in clips.items():
        layout = {"text_encoder_bits": bits, "residency": Residency.GROUP_OFFLOAD}
        assert np.array_equal(clip, render(provider, watched, TINY_VIDEO, **layout))
