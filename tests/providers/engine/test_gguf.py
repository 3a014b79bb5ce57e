"""Clips of transformers in GGUF: what plain diffusers makes of the same file, in every layout."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader

from core.errors import StudioError
from core.video.spec import Precision, Residency
from providers.ltx_video.engine.clip import write_clip
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.quantized import QUANTIZED
from tests.fakes.checkpoints import as_the_makers_name_it
from tests.fakes.inputs import lora
from tests.fakes.loras import as_diffusers, random_pairs, write_lora
from tests.providers.engine.lora_of_diffusers import check_like_diffusers
from tests.providers.engine.test_engine_clips import images
from tests.providers.gguf_files import write_gguf
from tests.providers.plain_diffusers.tiny_gguf import KINDS, OTHER, STEPS, WIDE, transformer_of
from tests.providers.tiny_home import (
    ALL_MODELS,
    EVERY_GENERATION,
    LAYOUTS,
    TINY_INFO,
    WIDE_VIDEO,
    adding,
    context_of,
    home_with,
    install,
    loras_of,
    made_by,
    order_for,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.video.plan import RenderPlan
    from providers.ltx_video.models.catalog import LocalModel
    from providers.ltx_video.models.quantized import Quantized
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

# Plain diffusers makes seven clips first, in a process of its own.
pytestmark = pytest.mark.timeout(300)

SILENT_IN_GGUF = [
    one for one in QUANTIZED if one.is_gguf and one.like.value.startswith("ltx-video")
]
CATALOGUE = {model.id: model for model in (*ALL_MODELS, WIDE_VIDEO)}
LEAST_DB = {"Q8_0": 45, "Q6_K": 40, "Q5_K": 36, "Q4_K": 33, "Q4_0": 27, "Q3_K": 24}
"""How like the clip of the whole weights that of each quantisation is at least."""
MOST_DB_OF_OTHERS = 20
"""And how unlike that of other weights."""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by("tiny_gguf", tmp_path_factory.mktemp("gguf"))


@pytest.fixture(scope="module")
def home(files: Path, tiny_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of this file's own: what is added to another would be in its lists."""
    return home_with(
        tmp_path_factory.mktemp("home"), {files: [WIDE_VIDEO], tiny_files: EVERY_GENERATION}
    )


@pytest.fixture(scope="module")
def provider(home: Path) -> Iterator[LocalLTX]:
    with_engine = LocalLTX(context_of(home), tuple(CATALOGUE.values()), TINY_INFO)
    yield with_engine
    with_engine.close()


@pytest.fixture
def add(provider: LocalLTX, home: Path) -> Iterator[Callable[..., LocalModel]]:
    """Adds a file for one test, and gives the model that it has become."""
    with adding(provider, home, CATALOGUE.values()) as make_model:
        yield make_model


def render(
    provider: LocalLTX, watched: Watch, model: LocalModel, *loras: Any, **layout: object
) -> np.ndarray:
    plan = laid_out(plan_for(provider, model, loras=loras, steps=STEPS), **layout)
    return images(provider.render(plan, watched().context).path)


def laid_out(plan: RenderPlan, **layout: object) -> RenderPlan:
    assert plan.memory_plan is not None
    memory = plan.memory_plan.model_copy(update=layout)
    return plan.model_copy(update={"memory_plan": memory})


def of_diffusers(files: Path, name: str, folder: Path) -> np.ndarray:
    """The frames that plain diffusers made, coded as the engine codes them."""
    coded = folder / f"{name}.mp4"
    write_clip(coded, np.load(files / f"{name}.npz")["frames"], 16, None, lambda _: None)
    return images(coded)


def likeness_db(one: np.ndarray, other: np.ndarray) -> float:
    """The peak signal-to-noise ratio."""
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_is_what_plain_diffusers_makes_of_the_same_file(
    provider: LocalLTX, watched: Watch, add, files: Path, tmp_path: Path, kind: str
) -> None:
    model = add(files / f"{kind}.gguf")
    plan = plan_for(provider, model, steps=STEPS)
    assert plan.memory_plan is not None
    assert plan.memory_plan.precision is Precision.GGUF
    assert f"the transformer in {kind}, as in its GGUF file" in plan.memory_plan.reasons[0]
    clip = images(provider.render(plan, watched().context).path)
    assert np.array_equal(clip, of_diffusers(files, kind, tmp_path))


@pytest.mark.parametrize("one", SILENT_IN_GGUF, ids=lambda one: one.id.value)
def test_a_file_of_the_catalogue_is_read_from_where_it_is_installed(
    files: Path, watched: Watch, tmp_path: Path, one: Quantized
) -> None:
    """Its folder has the config of the model that it runs like, and no weights of that."""
    model = WIDE_VIDEO.model_copy(
        update={
            "profile": WIDE_VIDEO.profile.model_copy(update={"transformer_file": one.place}),
            "footprint": WIDE_VIDEO.footprint.model_copy(
                update={"quantization": one.stored, "quantized_gb": 0.001}
            ),
        }
    )
    home = tmp_path / "home"
    folder = shutil.copytree(files / WIDE, context_of(home).paths.models_dir / model.id)
    for weights in (folder / "transformer").glob("*.safetensors"):
        weights.unlink()
    shutil.copy(files / f"{one.stored}.gguf", folder / one.place)
    install(folder, model)
    provider = LocalLTX(context_of(home), (model,), TINY_INFO)
    try:
        clip = render(provider, watched, model)
    finally:
        provider.close()
    assert np.array_equal(clip, of_diffusers(files, one.stored, tmp_path))


def test_the_fewer_bits_the_less_alike_and_other_weights_not_at_all(files: Path) -> None:
    whole, *others = (np.load(files / f"{name}.npz")["frames"] for name in (WIDE, *KINDS, OTHER))
    likenesses_db = [likeness_db(whole, one) for one in others]
    assert likenesses_db == sorted(likenesses_db, reverse=True)
    *quantised, random = likenesses_db
    assert [db > LEAST_DB[kind] for db, kind in zip(quantised, KINDS, strict=True)] == [True] * 6
    assert random < MOST_DB_OF_OTHERS


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_where_the_weights_lie_changes_nothing(
    provider: LocalLTX, watched: Watch, add, files: Path, tmp_path: Path, layout: dict[str, object]
) -> None:
    clip = render(provider, watched, add(files / "Q4_K.gguf"), **layout)
    assert np.array_equal(clip, of_diffusers(files, "Q4_K", tmp_path))


@pytest.mark.parametrize("model", EVERY_GENERATION, ids=lambda model: model.id)
def test_every_generation_is_read_under_its_makers_names(
    provider: LocalLTX, watched: Watch, add, tiny_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    weights = transformer_of(tiny_files / model.id)
    named = as_the_makers_name_it(weights, "model.diffusion_model.")
    file = write_gguf(tmp_path / "a.gguf", named, "Q8_0")
    assert "Q8_0" in {one.tensor_type.name for one in GGUFReader(file).tensors}
    usual = render(provider, watched, model)
    assert 35 < likeness_db(usual, render(provider, watched, add(file))) < 200


def test_what_is_no_layer_may_be_quantised_too(
    provider: LocalLTX, watched: Watch, add, files: Path, tmp_path: Path
) -> None:
    """Diffusers itself would compute with the bytes of such tables."""
    weights = {
        name: weight
        if weight.ndim == 2 and name.endswith(".weight")
        else torch.from_numpy(weight).bfloat16().float().numpy()
        for name, weight in transformer_of(files / WIDE).items()
    }
    in_32_bit = write_gguf(tmp_path / "a.gguf", weights, "Q8_0")
    in_16_bit = write_gguf(tmp_path / "b.gguf", weights, "Q8_0", others="BF16")
    kinds = {one.name: one.tensor_type for one in GGUFReader(in_16_bit).tensors}
    assert kinds["scale_shift_table"] is GGMLQuantizationType.BF16
    assert kinds["transformer_blocks.0.attn1.to_q.bias"] is GGMLQuantizationType.BF16
    usual = render(provider, watched, add(in_32_bit, "in 32 bit"))
    assert np.array_equal(usual, render(provider, watched, add(in_16_bit, "in 16 bit")))


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_K"])
def test_a_lora_over_a_quantised_model_is_what_diffusers_makes_of_it(
    provider: LocalLTX, home: Path, add, files: Path, tmp_path: Path, kind: str
) -> None:
    pairs = random_pairs(loras_of(WIDE_VIDEO), size=0.02, takes=lambda layer: "attn1" in layer.name)
    file = write_lora(tmp_path / "ink.safetensors", as_diffusers(pairs))
    order = order_for(provider, home, add(files / f"{kind}.gguf"), tmp_path)
    check_like_diffusers(order, file, loras_of(WIDE_VIDEO))


def test_a_lora_over_a_quantised_model_is_laid_in_the_engine_and_leaves_no_trace(
    provider: LocalLTX, watched: Watch, add, files: Path, tmp_path: Path
) -> None:
    model = add(files / "Q8_0.gguf")
    pairs = random_pairs(loras_of(WIDE_VIDEO), size=0.02)
    ink = lora(write_lora(tmp_path / "ink.safetensors", as_diffusers(pairs)))
    base = render(provider, watched, model)
    with_lora = render(provider, watched, model, ink)
    streamed = render(provider, watched, model, ink, residency=Residency.GROUP_OFFLOAD)
    assert not np.array_equal(base, with_lora)
    assert np.array_equal(with_lora, streamed)
    assert np.array_equal(base, render(provider, watched, model))


def test_a_file_that_lacks_what_no_lora_changes_is_told_when_it_is_loaded(
    provider: LocalLTX, watched: Watch, add, files: Path, tmp_path: Path
) -> None:
    weights = transformer_of(files / WIDE)
    del weights["scale_shift_table"]
    model = add(write_gguf(tmp_path / "a.gguf", weights, "Q8_0"))
    with pytest.raises(StudioError, match="lacks some of the transformer's weights"):
        render(provider, watched, model)


def test_a_quantised_model_is_not_trained_and_another_is_named(
    provider: LocalLTX, add, files: Path
) -> None:
    model = add(files / "Q4_K.gguf")
    said = provider.trainer.refusal(model.id)
    assert "is quantised to Q4_K" in said
    assert f"Train on {WIDE_VIDEO.id} ({WIDE_VIDEO.id})" in said
