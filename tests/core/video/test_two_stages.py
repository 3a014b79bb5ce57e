"""Clips in two stages: when, at which sizes, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import AspectRatio, FrameSize
from core.video.terms import Role, Target
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LARGE = FULL.model_copy(
    update={
        "sizes": (
            *FULL.sizes,
            FrameSize(resolution="256p", aspect=AspectRatio.LANDSCAPE_3_2, width=384, height=256),
        ),
        "large_resolutions": ("256p",),
        "refine_grid": 64,
    }
)


def plan(
    resolution: str, two_stage: bool | None = None, spec=LARGE, **fields: object
) -> RenderPlan:
    request = RenderRequest(
        target=TARGET,
        prompt="a red ball",
        frame=FrameRequest(resolution=resolution),
        sampling=Sampling(two_stage=two_stage),
    )
    return make_plan(request.model_copy(update=fields), spec)


def problem(resolution: str, two_stage: bool | None, spec=LARGE, **fields: object) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(resolution, two_stage, spec, **fields)
    return {item.field: item.message for item in caught.value.problems}["sampling.two_stage"]


def test_one_stage_is_usual_and_two_are_taken_where_they_are_asked_for_or_needed() -> None:
    assert plan("128p").refine_steps == 0
    assert plan("128p", False).refine_steps == 0
    assert plan("128p", True).refine_steps == 3
    assert plan("128p", True).steps_text == "4 + 3 steps"
    assert plan("256p").refine_steps == 3


def test_a_size_that_needs_two_is_not_made_in_one() -> None:
    assert "makes 256p in two stages alone" in problem("256p", False)


def test_a_size_off_the_grid_of_two_stages_is_refused_with_those_that_are_on_it() -> None:
    assert problem("64p", True) == (
        "96x64 cannot be made in two stages, whose sizes are multiples of 64; at 3:2: 192x128, "
        "384x256. Choose another size, or one stage."
    )


def test_a_model_that_has_one_stage_says_so() -> None:
    assert "does not work in two stages" in problem("64p", True, SMALL)
    assert plan("64p", False, SMALL).refine_steps == 0


@pytest.mark.parametrize("role", [Role.SOURCE_VIDEO, Role.EXTEND_VIDEO, Role.RETAKE_VIDEO])
def test_a_clip_of_a_video_is_made_in_one_stage(role: Role) -> None:
    video = VideoFacts(192, 128, 49, 24.0, 49 / 24, has_audio=False)
    request = RenderRequest(
        target=TARGET,
        prompt="a red ball",
        sampling=Sampling(two_stage=True),
        inputs=(Input(role=role, path=Path("v.mp4")),),
    )
    with pytest.raises(UnsupportedRequest, match="made in one stage"):
        make_plan(request, LARGE, CheckedInputs(videos={role: video}))
