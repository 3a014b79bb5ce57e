"""Maps of a control video are drawn once, and found again by what the video holds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.errors import JobCancelled
from core.jobs.job import CancelToken
from core.video.inputs import check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest
from core.video.spec import AudioSpec, FrameGrid
from core.video.terms import ControlMap, Role, Target
from providers.ltx_video.engine.source import fitted_frames
from providers.ltx_video.maps.control_maps import ControlMaps, as_images
from providers.ltx_video.models.map_models import MapModel
from tests.fakes.clips import moving_clip
from tests.fakes.provider import FULL
from tests.providers.plain_diffusers.tiny_map_models import save_tiny_map_models

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan

FRAMES, FPS = 17, 24
LTX = FULL.model_copy(
    update={"frame_grid": FrameGrid(step=8, offset=1), "audio": AudioSpec(sample_rate_hz=24_000)}
)
SHAPES = {
    ControlMap.CANNY: (FRAMES, 64, 96),
    ControlMap.DEPTH: (FRAMES, 64, 96),
    ControlMap.POSE: (FRAMES, 64, 96, 3),
    ControlMap.GIVEN: (FRAMES, 64, 96, 3),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[MapModel, Path]:
    folder = tmp_path_factory.mktemp("models")
    save_tiny_map_models(folder)
    return {model: folder / model for model in MapModel}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return moving_clip(tmp_path / "control.mp4", FRAMES, FPS, size=(192, 128))


def plan_of(video: Path, kind: ControlMap) -> RenderPlan:
    request = RenderRequest(
        target=Target(provider="fake", deployment="local", model=LTX.id),
        prompt="a ball",
        frame=FrameRequest(resolution="64p"),
        inputs=(Input(role=Role.CONTROL, path=video),),
        editing=Editing(control_map=kind),
    )
    return make_plan(request, LTX, check_inputs(request))


def maps_of(
    plan: RenderPlan, models: dict[MapModel, Path], cache: Path, cancel: CancelToken | None = None
) -> tuple[np.ndarray, list[int]]:
    """The maps and how many were drawn by each report; none where they were found."""
    token, counted = cancel or CancelToken(), list[int]()
    maps = ControlMaps(plan, models, cache)
    found = maps.find(token)
    if found is None:
        video = plan.request.path_of(Role.CONTROL)
        assert video is not None
        frames = fitted_frames(plan, video, token)
        found = maps.draw(frames, torch.device("cpu"), counted.append, token)
    return found, counted


@pytest.mark.parametrize("kind", ControlMap)
def test_what_was_drawn_is_found_again(
    models: dict[MapModel, Path], video: Path, tmp_path: Path, kind: ControlMap
) -> None:
    plan, cache = plan_of(video, kind), tmp_path / "maps"
    drawn, counted = maps_of(plan, models, cache)
    assert (drawn.shape, drawn.dtype) == (SHAPES[kind], np.uint8)
    assert counted == list(range(1, FRAMES + 1))
    assert [image.size for image in as_images(drawn)] == [(96, 64)] * FRAMES
    moved = tmp_path / "same under another name.mp4"
    shutil.copy(video, moved)
    again, counted = maps_of(plan_of(moved, kind), models, cache)
    assert np.array_equal(again, drawn)
    # What is given takes no drawing, and is read each time.
    assert bool(counted) is (kind is ControlMap.GIVEN)


def test_another_video_another_kind_and_another_size_are_drawn_anew(
    models: dict[MapModel, Path], video: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "maps"
    plan = plan_of(video, ControlMap.CANNY)
    assert maps_of(plan, models, cache)[1]
    other = moving_clip(tmp_path / "other.mp4", FRAMES + 1, FPS, size=(192, 128))
    assert maps_of(plan_of(other, ControlMap.CANNY), models, cache)[1]
    assert maps_of(plan_of(video, ControlMap.DEPTH), models, cache)[1]
    half = plan.model_copy(update={"width": 48, "height": 32})
    assert maps_of(half, models, cache)[0].shape == (FRAMES, 32, 48)
    # And all of them are kept.
    for known in (plan, plan_of(other, ControlMap.CANNY), plan_of(video, ControlMap.DEPTH), half):
        assert not maps_of(known, models, cache)[1]


def test_damage_in_what_is_kept_only_costs_time(
    models: dict[MapModel, Path], video: Path, tmp_path: Path
) -> None:
    plan, cache = plan_of(video, ControlMap.CANNY), tmp_path / "maps"
    drawn, _ = maps_of(plan, models, cache)
    (kept,) = cache.glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:-10])
    again, counted = maps_of(plan, models, cache)
    assert counted
    assert np.array_equal(again, drawn)


def test_nothing_is_kept_of_maps_that_were_given_up(
    models: dict[MapModel, Path], video: Path, tmp_path: Path
) -> None:
    plan, cache = plan_of(video, ControlMap.CANNY), tmp_path / "maps"
    token = CancelToken()
    maps = ControlMaps(plan, models, cache)
    assert maps.find(token) is None
    counted: list[int] = []

    def stop(number: int) -> None:
        counted.append(number)
        if number == 3:
            token.cancel()

    with pytest.raises(JobCancelled):
        maps.draw(fitted_frames(plan, video, token), torch.device("cpu"), stop, token)
    assert counted == [1, 2, 3]
    assert not list(cache.glob("*"))
