"""Images through the engine: what plain diffusers makes with the same settings and seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import JobCancelled, NotConfigured, UnsupportedRequest
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from tests.providers.local_images.tiny_rows import (
    TINY_KLEIN,
    TINY_QWEN,
    TINY_QWEN_EDIT,
    TINY_SDXL,
    TINY_Z,
    mask,
    reference,
    start,
    tiny_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest
    from providers.local_images.models.catalog import LocalImageModel
    from providers.local_images.provider import LocalImages
    from tests.providers.tiny_home import Watched

    Fitted = Callable[[RenderRequest], RenderPlan]


def pixels(path: Path) -> np.ndarray:
    """As numbers that can be subtracted."""
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def like_bare(made_here: Path, bare: Path) -> None:
    """Both have the same pixels, up to the last bit of a rounding."""
    ours, theirs = pixels(made_here), pixels(bare)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1
    assert theirs.std() > 0, "an even area would be like any other"


@pytest.mark.parametrize(
    ("model", "work", "strength"),
    [
        (TINY_Z, "words", None),
        (TINY_Z, "edit", 0.5),
        (TINY_Z, "mask", None),
        (TINY_KLEIN, "words", None),
        (TINY_KLEIN, "edit", None),
        (TINY_KLEIN, "mask", None),
        (TINY_SDXL, "words", None),
        (TINY_SDXL, "edit", 0.7),
        (TINY_SDXL, "mask", None),
        (TINY_QWEN, "words", None),
        (TINY_QWEN, "edit", 0.7),
        (TINY_QWEN, "mask", None),
        (TINY_QWEN_EDIT, "edit", None),
    ],
    ids=lambda value: getattr(value, "id", value),
)
def test_each_family_makes_what_plain_diffusers_makes(
    provider: LocalImages,
    fitted: Fitted,
    watched: Watched,
    made: Path,
    bare: Path,
    model: LocalImageModel,
    work: str,
    strength: float | None,
) -> None:
    given = () if work == "words" else (start(made / "image.png"),)
    if work == "edit" and model in (TINY_KLEIN, TINY_QWEN_EDIT):
        given = (*given, reference(made / "other.png"))
    if work == "mask":
        given = (*given, mask(made / "mask.png"))
    plan = fitted(tiny_request(model, *given, strength=strength))
    rendered = provider.render(plan, watched.context)
    like_bare(rendered.path, bare / f"{model.id}-{work}.png")


def test_a_step_is_told_with_its_number_and_the_stages_come_in_order(
    provider: LocalImages, fitted: Fitted, watched: Watched
) -> None:
    provider.render(fitted(tiny_request(TINY_Z, steps=5)), watched.context)
    assert {event.step for event in watched.progress if event.step} == {1, 2, 3, 4, 5}
    fractions = [event.fraction for event in watched.progress if event.fraction is not None]
    assert fractions == sorted(fractions)
    stages = list(dict.fromkeys(event.stage for event in watched.progress))
    assert stages == [Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE, Stage.WRITE]


def test_a_stop_leaves_no_picture_and_the_engine_ready(
    provider: LocalImages, fitted: Fitted, watched: Watched
) -> None:
    plan = fitted(tiny_request(TINY_Z, steps=80))

    def stop(event: object) -> None:
        if isinstance(event, Progressed) and event.step == 3:
            watched.context.cancel.cancel()

    watched.on_event = stop
    with pytest.raises(JobCancelled):
        provider.render(plan, watched.context)
    assert not (watched.context.workdir / "image.png").exists()
    assert max(event.step or 0 for event in watched.progress) < 20


def test_a_file_that_is_cut_off_is_named_with_what_to_do(
    models_home: Path, made: Path, fitted: Fitted, provider: LocalImages, watched: Watched
) -> None:
    file = (
        models_home
        / "models"
        / "images"
        / "tiny-sdxl"
        / "vae"
        / "diffusion_pytorch_model.safetensors"
    )
    whole = file.read_bytes()
    plan = fitted(tiny_request(TINY_SDXL))
    file.write_bytes(whole[:-100])
    try:
        with pytest.raises(NotConfigured) as refused:
            provider.render(plan, watched.context)
        assert "damaged" in str(refused.value)
        assert "vae/diffusion_pytorch_model.safetensors" in str(refused.value)
    finally:
        file.write_bytes(whole)


def test_a_size_is_snapped_to_the_grid_and_told(fitted: Fitted) -> None:
    plan = fitted(tiny_request(TINY_Z, size="100x70"))
    assert (plan.width, plan.height) == (96, 64)
    assert any("100x70 → 96x64" in note for note in plan.notes)
    with pytest.raises(UnsupportedRequest, match="megapixels"):
        fitted(tiny_request(TINY_Z, size="4096x640"))


def test_few_steps_are_all_taken_whatever_the_strength(fitted: Fitted, made: Path) -> None:
    image = start(made / "image.png")
    distilled = fitted(tiny_request(TINY_Z, image, strength=0.3))
    assert (distilled.num_inference_steps, distilled.steps_taken) == (10, 3)
    assert any("10 are asked for" in note for note in distilled.notes)
    free = fitted(tiny_request(TINY_SDXL, image, strength=0.1, steps=4))
    assert (free.num_inference_steps, free.steps_taken) == (10, 1), "one at least"
    with pytest.raises(UnsupportedRequest, match="strength"):
        fitted(tiny_request(TINY_KLEIN, image, strength=0.5))
