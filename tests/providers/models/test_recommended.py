"""Which model a machine is best served with, of the real catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.listing import recommend
from providers.ltx_video.models.catalog import MODELS
from providers.ltx_video.models.workload import Workload
from tests.providers.models.test_ltx_memory_plan import ladder, machine

if TYPE_CHECKING:
    from core.video.listing import Recommended


def best_of(ram_gib: float, vram_gb: float = 0.0) -> Recommended | None:
    rows = []
    for model in MODELS:
        spec = model.spec
        size = spec.default_size
        frames = spec.frame_grid.frames(spec.durations.default, spec.default_fps)
        clip = Workload(size.width, size.height, frames)
        rows.append((spec, ladder(model, machine(ram_gib * 1.073, vram_gb), clip).choose()))
    return recommend(rows)


@pytest.mark.parametrize(
    ("vram_gb", "model"),
    [
        (8, "ltx-video-2b-0.9.8-distilled"),
        (12, "ltx-video-13b-0.9.8-distilled-q3"),
        (16, "ltx-2.5-distilled-q3"),
        (24, "ltx-2.5-distilled-q4"),
        (32, "ltx-2.5-distilled"),
        (80, "ltx-2.5-distilled"),
    ],
)
def test_the_best_model_that_need_not_be_moved_in_each_step_is_the_one_to_have(
    vram_gb: float, model: str
) -> None:
    found = best_of(64, vram_gb)
    assert found is not None
    assert found.model == model


def test_it_is_said_why_a_better_model_is_not_the_one() -> None:
    found = best_of(64, 24)
    assert found is not None
    assert "weights in main memory, in parts in GPU memory, Q4_K" in found.reason
    assert "LTX-2.5 distilled would run with" in found.reason
    best = best_of(64, 80)
    assert best is not None
    assert "would run" not in best.reason


def test_without_a_gpu_none_is_recommended() -> None:
    assert best_of(64) is None
