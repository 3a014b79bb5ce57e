"""LoRAs against a model, before anything is loaded: refusals and notes, each in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.video.lora_check import check_loras
from core.video.request import RenderRequest
from core.video.terms import Target
from providers.ltx_video.models.lora_families import (
    LORA_FAMILIES,
    LTX_2_3,
    LTX_2_5,
    LTX_2_19B,
    LTX_VIDEO_2B,
)
from tests.fakes.inputs import lora
from tests.fakes.loras import as_comfy, random_pairs, write_lora

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.lora.lora_family import LoraFamily, LoraLayer
    from core.video.lora_check import CheckedLoras

ATTENTION = {
    "ltx-2.3": "transformer.transformer_blocks.*.audio_attn1.to_gate_logits",
    "ltx-2-19b": "transformer.audio_caption_projection.linear_2",
    "ltx-video-2b": "transformer.transformer_blocks.*.attn1.to_q",
}


def takes(name: str) -> Callable[[LoraLayer], bool]:
    return lambda layer: layer.name == name


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(family: LoraFamily, layer: str, name: str = "ink", **notes: str) -> Path:
        pairs = random_pairs(family, rank=1, takes=takes(layer))
        return write_lora(tmp_path / f"{name}.safetensors", as_comfy(pairs), notes)

    return save


def check(
    family: LoraFamily, *paths: Path, scale: float = 1.0, has_reference: bool = False
) -> CheckedLoras:
    target = Target(provider="ltx-video", deployment="local", model="any")
    inputs = tuple(lora(path, scale) for path in paths)
    request = RenderRequest(target=target, prompt="x", inputs=inputs)
    return check_loras(request, family, LORA_FAMILIES, has_reference=has_reference)


def told(family: LoraFamily, *paths: Path) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        check(family, *paths)
    (problem,) = caught.value.problems
    assert problem.field == "inputs.lora"
    return problem.message


def test_one_for_another_size_says_where_it_fits(saved: Callable[..., Path]) -> None:
    path = saved(LTX_VIDEO_2B, ATTENTION["ltx-video-2b"])
    assert check(LTX_VIDEO_2B, path).notes == ()
    assert told(LTX_2_3, path) == (
        "The LoRA 'ink.safetensors' is for a model of another size than LTX-2.3: "
        "'diffusion_model.transformer_blocks.0.attn1.to_q' leads from 2048 values to 2048, in "
        "LTX-2.3 from 4096 to 4096. It fits LTX-Video 2B."
    )


def test_one_for_another_generation_of_the_same_size_is_refused_by_its_layers(
    saved: Callable[..., Path],
) -> None:
    message = told(LTX_2_19B, saved(LTX_2_3, ATTENTION["ltx-2.3"]))
    assert "is for another kind of model than LTX-2 19B" in message
    assert message.endswith("It fits LTX-2.5 and LTX-2.3.")


def test_layers_that_several_generations_share_are_told_apart_by_what_the_file_says(
    saved: Callable[..., Path],
) -> None:
    shared = "transformer.transformer_blocks.*.attn1.to_q"
    (note,) = check(LTX_2_5, saved(LTX_2_3, shared)).notes
    assert "fit LTX-2.5, LTX-2.3, LTX-2 19B and LTX-Video 13B alike" in note
    assert check(LTX_2_3, saved(LTX_2_3, shared, model_version="2.3.0")).notes == ()
    (note,) = check(LTX_2_5, saved(LTX_2_3, shared, model_version="2.3.0")).notes
    assert note.startswith("The LoRA 'ink.safetensors' says that it was made for LTX-2.3;")


def test_one_that_follows_a_control_video_is_refused_where_there_is_none(
    saved: Callable[..., Path],
) -> None:
    path = saved(LTX_2_3, ATTENTION["ltx-2.3"], model_version="2.3", reference_downscale_factor="2")
    assert told(LTX_2_3, path) == (
        "The LoRA 'ink.safetensors' is an IC-LoRA: it follows a control video or reference images "
        "(reference_downscale_factor = 2), and there is nothing for it. Leave it out, or name what "
        "it follows."
    )
    assert check(LTX_2_3, path, has_reference=True).notes == ()
    odd = saved(LTX_2_3, ATTENTION["ltx-2.3"], "odd", reference_temporal_scale_factor="2")
    with pytest.raises(UnsupportedRequest, match="in another way than is known here"):
        check(LTX_2_3, odd, has_reference=True)


def test_one_that_is_only_named_so_is_told(saved: Callable[..., Path]) -> None:
    path = saved(LTX_2_3, ATTENTION["ltx-2.3"], "ltx-2.3-ic-lora-pose", model_version="2.3")
    (note,) = check(LTX_2_3, path).notes
    assert "is an IC-LoRA by its name" in note
    assert check(LTX_2_3, path, has_reference=True).notes == ()


def test_the_same_twice_is_refused_and_scale_0_is_told(saved: Callable[..., Path]) -> None:
    path = saved(LTX_VIDEO_2B, ATTENTION["ltx-video-2b"])
    assert "is given twice" in told(LTX_VIDEO_2B, path, path)
    off = check(LTX_VIDEO_2B, path, scale=0)
    assert off.billions == 0
    assert off.notes == ("The LoRA 'ink.safetensors' has the scale 0, so it changes nothing.",)
    assert check(LTX_VIDEO_2B, path).billions == pytest.approx(28 * 4096 / 1e9)


def test_one_that_cannot_be_read_is_left_to_the_check_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"x")
    assert check(LTX_2_3, tmp_path / "bad.safetensors").notes == ()
