"""Models of the catalogue in fewer bits: what is fetched of which repository, and how they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.spec import Precision
from providers.ltx_video.models.catalog import BY_ID, MODELS
from providers.ltx_video.models.downloads import WEIGHTS
from providers.ltx_video.models.quantized import QUANTIZED, Quantized

if TYPE_CHECKING:
    from providers.weights.weights_spec import WeightsSpec

GEMMA = "Lightricks/gemma-3-12b-it-qat-q4_0-unquantized"
SHARD = "00001-of-00005.safetensors"
# What the repositories hold, each kind of file once.
OF_LIKE = (
    "README.md",
    "model_index.json",
    "scheduler/scheduler_config.json",
    "tokenizer/tokenizer.json",
    "text_encoder/config.json",
    f"text_encoder/model-{SHARD}",
    "text_encoder/model.safetensors.index.json",
    "connectors/config.json",
    "transformer/config.json",
    f"transformer/diffusion_pytorch_model-{SHARD}",
    "transformer/diffusion_pytorch_model.safetensors.index.json",
    "transformer_full/config.json",
    f"transformer_full/diffusion_pytorch_model-{SHARD}",
    "transformer_full/diffusion_pytorch_model.safetensors.index.json",
    "vae/config.json",
    "audio_vae/config.json",
    "vocoder/config.json",
)
OF_GEMMA = (
    "README.md",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "processor_config.json",
    f"model-{SHARD}",
    "model.safetensors.index.json",
)
every_one = pytest.mark.parametrize("one", QUANTIZED, ids=lambda one: one.id.value)


def placed(weights: WeightsSpec, one: Quantized) -> dict[str, str]:
    """By its place in the model's folder, which repository a file comes from."""
    listings = {GEMMA: OF_GEMMA, one.repo_id: (one.path, "README.md", f"other/{one.path}")}
    found: dict[str, str] = {}
    for files in weights.sets:
        for path in listings.get(files.repo_id, OF_LIKE):
            if files.has(path) and "upscaler" not in files.repo_id:
                place = files.place(path)
                assert place not in found, "no two files are put into one place"
                found[place] = files.repo_id
    return found


@every_one
def test_the_one_file_takes_the_place_of_the_transformer_and_nothing_else_changes(
    one: Quantized,
) -> None:
    found, like = placed(WEIGHTS[one.id], one), placed(WEIGHTS[one.like], one)
    assert found.pop(one.place) == one.repo_id
    assert found.pop("transformer/config.json")
    assert not any(place.startswith("transformer") for place in found)
    assert not any(place.endswith("README.md") for place in found)
    others = {place for place in like if not place.startswith("transformer")}
    if GEMMA in WEIGHTS[one.id].repo_ids and one.like.value.startswith("ltx-2.3"):
        encoder = {place: repo for place, repo in found.items() if place.startswith("text_")}
        assert set(encoder.values()) == {GEMMA}
        assert {f"text_encoder/model-{SHARD}", "text_encoder/config.json"} <= set(encoder)
        # The text encoder rewrites prompts too, for which its processor is there.
        assert found["processor/processor_config.json"] == GEMMA
        assert found.keys() - encoder.keys() == {
            place for place in others if not place.startswith("text_encoder/")
        }
    else:
        assert set(found) == others


@every_one
def test_the_download_is_smaller_by_what_the_file_saves(one: Quantized) -> None:
    size, whole = WEIGHTS[one.id].download_bytes, WEIGHTS[one.like].download_bytes
    saved_gb = (whole - size) / 1e9
    assert 1 < saved_gb < 90
    assert size > (one.size_bytes or one.size_gb * 1e9)
    if one.size_bytes is not None:
        assert one.size_gb == pytest.approx(one.size_bytes / 1e9, abs=0.06)


@every_one
def test_it_is_its_model_with_a_file_and_needs_of_its_own(one: Quantized) -> None:
    row, like = BY_ID[one.id], BY_ID[one.like]
    assert row.profile.transformer_file == one.place
    assert row.spec.label.startswith(f"{like.spec.label}, ")
    assert row.spec.size_bytes is not None
    assert like.spec.size_bytes is not None
    assert row.spec.size_bytes < like.spec.size_bytes
    own = {"id", "label", "summary", "needs", "size_bytes", "source", "as_of"}
    for name in type(row.spec).model_fields:
        assert name in own or getattr(row.spec, name) == getattr(like.spec, name), name
    assert (row.footprint.quantization == "") is (not one.path.endswith(".gguf"))
    assert one.path.endswith((".gguf", ".safetensors"))


def test_they_come_behind_the_model_that_they_run_like() -> None:
    ids = [model.id for model in MODELS]
    for one in QUANTIZED:
        between = ids[ids.index(one.like) + 1 : ids.index(one.id)]
        assert all(other in {each.id for each in QUANTIZED} for other in between)
    assert len(set(ids)) == len(ids)


def test_a_gguf_stays_packed_and_takes_less_than_the_whole_model() -> None:
    from tests.providers.models.test_ltx_memory_plan import SMALL_CLIP, ladder, machine

    card = machine(64, 24)
    plans = {name: ladder(BY_ID[name], card, SMALL_CLIP).choose() for name in BY_ID}
    packed, whole = plans["ltx-2.3-distilled-q4"], plans["ltx-2.3-distilled"]
    assert packed.fits
    assert packed.precision is Precision.GGUF
    assert packed.rung < whole.rung or packed.residency != whole.residency
