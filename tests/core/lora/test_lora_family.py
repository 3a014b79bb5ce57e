"""Under which names a LoRA's layers are found, and why one does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.lora.lora_family import LoraFamily, LoraLayer, base_of, families_of, fit_lora
from core.lora.lora_file import read_lora
from tests.fakes.loras import RandomPair, as_diffusers, random_pairs, write_lora

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.lora.lora_file import LoraFile

LAYERS = (
    LoraLayer(name="transformer.proj_in", in_features=6, out_features=8, others=("patchify_proj",)),
    LoraLayer(name="transformer.blocks.*.to_out.0", in_features=8, out_features=8, count=12),
    LoraLayer(
        name="connectors.video.blocks.*.to_q",
        in_features=4,
        out_features=4,
        others=("video_embeddings.layers.*.to_q",),
    ),
)
FAMILY = LoraFamily(id="new", label="New", layers=LAYERS, marks=("2.5",))
OLD = LoraFamily(id="old", label="Old", layers=LAYERS, marks=("2.3", "22b"))
WIDE = LoraFamily(
    id="wide",
    label="Wide",
    layers=tuple(
        layer.model_copy(update={"in_features": 2 * layer.in_features}) for layer in LAYERS
    ),
)
OTHER = LoraFamily(
    id="other",
    label="Other",
    layers=(LoraLayer(name="unet.down.0", in_features=6, out_features=8),),
)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., LoraFile]:
    def save(pairs: tuple[RandomPair, ...], **notes: str) -> LoraFile:
        return read_lora(write_lora(tmp_path / "ink.safetensors", as_diffusers(pairs), notes))

    return save


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("transformer.proj_in", "transformer.proj_in"),
        ("proj_in", "transformer.proj_in"),
        ("patchify_proj", "transformer.proj_in"),
        ("diffusion_model.patchify_proj", "transformer.proj_in"),
        ("model.diffusion_model.patchify_proj", "transformer.proj_in"),
        ("base_model.model.proj_in", "transformer.proj_in"),
        ("base_model.model.transformer.proj_in", "transformer.proj_in"),
        ("lora_unet_proj_in", "transformer.proj_in"),
        ("lora_transformer_patchify_proj", "transformer.proj_in"),
        ("lycoris_proj_in", "transformer.proj_in"),
        ("transformer.blocks.11.to_out.0", "transformer.blocks.11.to_out.0"),
        ("lora_unet_blocks_1_to_out_0", "transformer.blocks.1.to_out.0"),
        ("lora_unet_blocks_11_to_out_0", "transformer.blocks.11.to_out.0"),
        ("connectors.video.blocks.0.to_q", "connectors.video.blocks.0.to_q"),
        ("diffusion_model.video_embeddings.layers.0.to_q", "connectors.video.blocks.0.to_q"),
        ("lora_unet_video_embeddings_layers_0_to_q", "connectors.video.blocks.0.to_q"),
    ],
)
def test_a_layer_is_found_under_every_name(
    saved: Callable[..., LoraFile], name: str, layer: str
) -> None:
    like = next(pair for pair in random_pairs(FAMILY) if pair.layer == layer)
    fit = fit_lora(saved((RandomPair(name, "", like.down, like.up),)), FAMILY)
    assert fit.misfit == ""
    assert [placed.layer for placed in fit.placed] == [layer]


def test_a_lora_of_some_layers_fits_and_each_is_placed(saved: Callable[..., LoraFile]) -> None:
    pairs = random_pairs(FAMILY, takes=lambda layer: "blocks" in layer.name)
    fit = fit_lora(saved(pairs), FAMILY)
    assert {placed.layer for placed in fit.placed} == {pair.layer for pair in pairs}
    assert len(fit.placed) == 13


def test_one_of_another_kind_size_or_part_is_refused_with_the_reason(
    saved: Callable[..., LoraFile],
) -> None:
    pairs = random_pairs(FAMILY)
    file = saved(pairs)
    assert fit_lora(file, OTHER).misfit == (
        "is for another kind of model than Other, which has none of its 14 layers, such as "
        "'transformer.proj_in'"
    )
    assert fit_lora(file, WIDE).misfit == (
        "is for a model of another size than Wide: 'transformer.proj_in' leads from 6 values to "
        "8, in Wide from 12 to 8"
    )
    (one, *rest) = pairs
    strange = RandomPair("transformer.gate", "", one.down, one.up)
    assert fit_lora(saved((*rest, strange)), FAMILY).misfit == (
        "fits New only in part, 13 of 14 layers: 'transformer.gate' is not there"
    )
    again = RandomPair("proj_in", "", one.down, one.up)
    misfit = fit_lora(saved((*pairs, again)), FAMILY).misfit
    assert misfit == "changes a layer of New twice: 'proj_in'"
    assert fit_lora(file, OTHER).placed == ()


@pytest.mark.parametrize(
    ("note", "text", "base"),
    [
        ("model_version", "2.3.0", OLD),
        ("modelspec.architecture", "ltx-2.5/lora", FAMILY),
        ("ss_base_model_version", "LTX2_22B", OLD),
        ("base_model", "Lightricks/LTX-2.5", FAMILY),
        ("model_version", "1.0", None),
    ],
)
def test_what_a_file_says_that_it_was_made_for_tells_alike_families_apart(
    saved: Callable[..., LoraFile], note: str, text: str, base: LoraFamily | None
) -> None:
    file = saved(random_pairs(FAMILY), **{note: text})
    fitting = families_of(file, (FAMILY, OLD, WIDE, OTHER))
    assert fitting == (FAMILY, OLD)
    assert base_of(file, fitting) == base
    assert base_of(file, fitting, "for 2.5") == FAMILY
