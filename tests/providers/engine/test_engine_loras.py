"""LoRAs in the real engine: every layout, every scale, on each generation of models."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from core.errors import UnsupportedRequest
from core.jobs.lanes import Stage
from core.platform.paths import Paths
from core.video.spec import Precision, Residency
from providers.engine.events import LaidLora
from providers.engine.process.lora_overlay import LoraOverlay
from providers.ltx_video.engine.pipeline import compute_dtype
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import LTXModel
from tests.fakes.inputs import lora
from tests.fakes.loras import (
    RandomPair,
    as_bare,
    as_comfy,
    as_diffusers,
    as_kohya,
    random_pairs,
    write_lora,
)
from tests.providers.engine.test_engine_clips import images
from tests.providers.engine.test_engine_preview import Engine, order_for
from tests.providers.tiny_home import (
    EVERY_GENERATION,
    TINY_AV,
    TINY_INFO,
    TINY_VIDEO,
    context_of,
    install,
    loras_of,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.request import Input
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

MINI = BY_ID[LTXModel.LTX_MINI]
MERGED = TINY_AV.model_copy(
    update={"spec": TINY_AV.spec.model_copy(update={"id": "tiny-av-merged"})}
)
MODELS = (*EVERY_GENERATION, MERGED, MINI)
LAYOUTS = {"diffusers": as_diffusers, "comfy": as_comfy, "bare": as_bare, "kohya": as_kohya}


@pytest.fixture(scope="module")
def provider(tiny_home: Path) -> Iterator[LocalLTX]:
    """Of every generation and the built-in model, its engine warm from test to test."""
    with_engine = LocalLTX(context_of(tiny_home), MODELS, TINY_INFO)
    yield with_engine
    with_engine.close()


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Writes a LoRA's pairs in a layout, under a name."""

    def save(
        pairs: tuple[RandomPair, ...],
        name: str = "ink",
        write: Callable[..., dict[str, np.ndarray]] = as_diffusers,
        **options: float,
    ) -> Path:
        return write_lora(tmp_path / f"{name}.safetensors", write(pairs, **options))

    return save


def plan_with(
    provider: LocalLTX, model: LocalModel, loras: tuple[Input, ...], **layout: object
) -> RenderPlan:
    if model is MINI:
        plan = plan_for(provider, TINY_AV)
        request = plan.request.with_model(MINI.id).with_inputs(loras)
        small = {"request": request, "spec": MINI.spec, "num_inference_steps": 4}
        plan = provider.fit(plan.model_copy(update=small))
    else:
        plan = plan_for(provider, model, loras=loras)
    if not layout:
        return plan
    assert plan.memory_plan is not None
    memory = plan.memory_plan.model_copy(update=layout)
    return plan.model_copy(update={"memory_plan": memory})


def made(
    provider: LocalLTX, watched: Watch, model: LocalModel, *loras: Input, **layout: object
) -> np.ndarray:
    plan = plan_with(provider, model, loras, **layout)
    return images(provider.render(plan, watched().context).path)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("model", [*EVERY_GENERATION, MINI], ids=lambda model: model.id)
def test_every_layout_gives_the_same_clip_and_scale_0_that_of_the_model_alone(
    provider: LocalLTX, watched: Watch, saved: Callable[..., Path], model: LocalModel
) -> None:
    pairs = random_pairs(loras_of(model))
    paths = {name: saved(pairs, name, write) for name, write in LAYOUTS.items()}
    base = made(provider, watched, model)
    clips = {name: made(provider, watched, model, lora(path)) for name, path in paths.items()}
    assert not np.array_equal(base, clips["diffusers"])
    for name, clip in clips.items():
        assert np.array_equal(clip, clips["diffusers"]), name
    assert np.array_equal(base, made(provider, watched, model, lora(paths["kohya"], 0)))
    assert np.array_equal(base, made(provider, watched, model))


def test_alpha_by_rank_scales_a_kohya_file(
    provider: LocalLTX, watched: Watch, saved: Callable[..., Path]
) -> None:
    pairs = random_pairs(loras_of(TINY_AV))
    plain = made(provider, watched, TINY_AV, lora(saved(pairs)))
    # The same effect, written with an alpha of half the rank and twice the weights.
    halved = saved(pairs, "halved", as_kohya, alpha=2.0)
    assert np.array_equal(plain, made(provider, watched, TINY_AV, lora(halved)))
    ignored = as_kohya(pairs, alpha=2.0)
    without = {name: value for name, value in ignored.items() if not name.endswith(".alpha")}
    doubled = write_lora(halved.with_name("doubled.safetensors"), without)
    assert not np.array_equal(plain, made(provider, watched, TINY_AV, lora(doubled)))


def test_a_lora_is_the_same_as_its_product_added_to_the_weights(
    provider: LocalLTX, watched: Watch, tiny_home: Path, saved: Callable[..., Path]
) -> None:
    pairs = random_pairs(loras_of(TINY_AV), size=0.05)
    models = Paths.below(tiny_home).models_dir
    folder = models / MERGED.id
    shutil.copytree(models / TINY_AV.id, folder)
    for part in ("transformer", "connectors"):
        (file,) = (folder / part).glob("*.safetensors")
        weights = load_file(file)
        for pair in pairs:
            home, _, inner = pair.layer.partition(".")
            if home == part:
                weights[f"{inner}.weight"] += 0.5 * pair.up @ pair.down
        save_file(weights, file, {"format": "pt"})
    install(folder, MERGED)
    merged = made(provider, watched, MERGED)
    base = made(provider, watched, TINY_AV)
    beside = made(provider, watched, TINY_AV, lora(saved(pairs), 0.5))
    assert distance(beside, base) > 5
    assert distance(beside, merged) < 0.05


@pytest.mark.parametrize("model", EVERY_GENERATION, ids=lambda model: model.id)
def test_the_effect_grows_with_the_scale_and_two_loras_add_up(
    provider: LocalLTX,
    tiny_home: Path,
    tmp_path: Path,
    saved: Callable[..., Path],
    model: LocalModel,
) -> None:
    first = random_pairs(loras_of(model), size=0.01)
    second = random_pairs(loras_of(model), size=0.01, seed=2)
    both = tuple(
        RandomPair(
            one.layer,
            one.other,
            np.concatenate([one.down, other.down]),
            np.concatenate([one.up, 0.5 * other.up], axis=1).astype("<f4"),
        )
        for one, other in zip(first, second, strict=True)
    )
    ink, oil, joint = saved(first), saved(second, "oil"), saved(both, "both")
    order = order_for(provider, tiny_home, model, tmp_path)
    engine, overlay = Engine(order), LoraOverlay()

    def latents(*loras: tuple[Path, float]) -> torch.Tensor:
        laid = tuple(LaidLora(path=path, scale=scale) for path, scale in loras)
        update = {"loras": laid, "lora_family": loras_of(model)}
        overlay.lay(
            engine.pipeline, order.model_copy(update=update), compute_dtype(order), lambda _: None
        )
        return engine.denoise(None).video

    base = latents()
    distances = [float((latents((ink, s)) - base).norm()) for s in (0.25, 0.5, 1.0)]
    assert distances == sorted(distances)
    assert distances[0] > 0
    together = latents((ink, 1.0), (oil, 0.5))
    torch.testing.assert_close(together, latents((joint, 1.0)), rtol=1e-3, atol=1e-3)
    assert float((together - base).norm()) > 100 * float((together - latents((joint, 1.0))).norm())
    assert torch.equal(latents(), base)


@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV], ids=lambda model: model.id)
@pytest.mark.parametrize(
    "layout",
    [{"residency": Residency.GROUP_OFFLOAD}, {"residency": Residency.GROUP_OFFLOAD_TO_DISK}],
    ids=["streamed", "from-disk"],
)
def test_streamed_weights_give_the_same_clip_with_a_lora(
    provider: LocalLTX,
    watched: Watch,
    saved: Callable[..., Path],
    model: LocalModel,
    layout: dict[str, object],
) -> None:
    ink = lora(saved(random_pairs(loras_of(model))))
    usual = made(provider, watched, model, ink)
    assert np.array_equal(usual, made(provider, watched, model, ink, **layout))


def test_a_lora_over_weights_in_eight_bits_works_as_over_whole_ones(
    provider: LocalLTX, watched: Watch, saved: Callable[..., Path]
) -> None:
    ink = lora(saved(random_pairs(loras_of(TINY_AV), size=0.05)))
    small = {"precision": Precision.FLOAT8}
    usual, eight = (
        made(provider, watched, TINY_AV, ink),
        made(provider, watched, TINY_AV, ink, **small),
    )
    base = made(provider, watched, TINY_AV, **small)
    assert 0 < distance(usual, eight) < distance(base, eight)
    off = ink.model_copy(update={"strength": 0.0})
    assert np.array_equal(base, made(provider, watched, TINY_AV, off, **small))


def test_another_scale_or_no_lora_loads_no_model_anew(
    provider: LocalLTX, watched: Watch, saved: Callable[..., Path]
) -> None:
    ink, oil = (
        saved(random_pairs(loras_of(TINY_AV))),
        saved(random_pairs(loras_of(TINY_AV), seed=2), "oil"),
    )
    first = watched()
    provider.render(plan_with(provider, TINY_AV, (lora(ink),)), first.context)
    assert any("Reading the LoRA 'ink.safetensors'" in e.message for e in first.progress)
    for loras, reads in (
        ((lora(ink, 0.5),), []),
        ((lora(ink), lora(oil)), ["oil"]),
        ((lora(oil),), []),
        ((), []),
        ((lora(ink),), ["ink"]),
    ):
        plan = plan_with(provider, TINY_AV, loras)
        job = watched()
        made_in = provider.render(plan, job.context).provenance.measured
        messages = [event.message for event in job.progress if event.stage is Stage.LOAD]
        # A model that is loaded says so of each of its parts; a new engine, that it starts.
        assert not any("Loading the" in message for message in messages)
        assert [
            name for name in ("ink", "oil") if f"Reading the LoRA '{name}.safetensors'" in messages
        ] == reads
        assert made_in["load_s"] < 5


def damaged(path: Path, change: Callable[[dict[str, np.ndarray]], None]) -> Path:
    tensors = {
        name: value.copy() for name, value in as_diffusers(random_pairs(loras_of(TINY_AV))).items()
    }
    change(tensors)
    return write_lora(path, tensors)


def with_nan(tensors: dict[str, np.ndarray]) -> None:
    next(iter(tensors.values()))[0, 0] = np.nan


def with_zeros(tensors: dict[str, np.ndarray]) -> None:
    for name, value in tensors.items():
        if "lora_B" in name:
            value[:] = 0


@pytest.mark.parametrize(
    ("change", "says"), [(with_nan, "no numbers"), (with_zeros, "changes nothing")]
)
def test_weights_that_cannot_work_are_told_and_the_next_clip_is_as_ever(
    provider: LocalLTX,
    watched: Watch,
    tmp_path: Path,
    change: Callable[[dict[str, np.ndarray]], None],
    says: str,
) -> None:
    base = made(provider, watched, TINY_AV)
    bad = damaged(tmp_path / "bad.safetensors", change)
    with pytest.raises(UnsupportedRequest, match=says) as caught:
        made(provider, watched, TINY_AV, lora(bad))
    assert caught.value.problems[0].field == "inputs.lora"
    assert np.array_equal(base, made(provider, watched, TINY_AV))


def test_a_lora_of_another_model_is_refused_before_anything_is_loaded(
    provider: LocalLTX, watched: Watch, saved: Callable[..., Path]
) -> None:
    ink = saved(random_pairs(loras_of(TINY_VIDEO)))
    with pytest.raises(UnsupportedRequest, match="It fits Tiny Video") as caught:
        plan_with(provider, TINY_AV, (lora(ink),))
    assert caught.value.problems[0].field == "inputs.lora"
