"""Clips made of another clip: how long they are, at which rate, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs, check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest
from core.video.spec import AudioSpec, FrameGrid
from core.video.terms import Role, Target, Task
from tests.fakes.clips import moving_clip
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LTX = FULL.model_copy(
    update={
        "frame_grid": FrameGrid(step=8, offset=1),
        "keeps_source_audio": True,
        "audio": AudioSpec(sample_rate_hz=24_000),
    }
)


def facts(num_frames: int, fps: float | None = 24.0, *, has_audio: bool = True) -> VideoFacts:
    return VideoFacts(96, 64, num_frames, fps, num_frames / (fps or 24.0), has_audio)


def ask(duration_s: float | None = None, fps: int | None = None, **fields: object) -> RenderRequest:
    return RenderRequest(
        target=TARGET,
        prompt="a red ball",
        frame=FrameRequest(duration_s=duration_s, fps=fps, resolution="64p"),
        inputs=(Input(role=Role.SOURCE_VIDEO, path=Path("v.mp4")),),
    ).model_copy(update=fields)


def plan(request: RenderRequest, source: VideoFacts) -> RenderPlan:
    return make_plan(request, LTX, CheckedInputs(videos={Role.SOURCE_VIDEO: source}))


def problems(request: RenderRequest, source: VideoFacts, spec=LTX) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(request, spec, CheckedInputs(videos={Role.SOURCE_VIDEO: source}))
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(("there", "made"), [(121, 121), (128, 121), (129, 129), (17, 17)])
def test_a_clip_is_as_long_as_its_source(there: int, made: int) -> None:
    found = plan(ask(), facts(there))
    assert (found.num_frames, found.fps, found.task) == (made, 24, Task.VIDEO_TO_VIDEO)
    rest = there - made
    told = next(note for note in found.notes if "the clip is made of" in note)
    assert (f"its last {rest} are left out" in told) is (rest > 0)


def test_a_source_that_is_too_long_is_used_from_its_start() -> None:
    found = plan(ask(), facts(24 * 60))
    assert found.num_frames == LTX.frame_grid.frames(LTX.durations.maximum, 24)
    assert any(f"its last {24 * 60 - found.num_frames} are left out" in n for n in found.notes)


def test_the_rate_is_that_of_the_source_where_the_model_has_it() -> None:
    assert plan(ask(), facts(60, 30.0)).fps == 30
    assert plan(ask(), facts(50, 25.0)).fps == 25
    assert plan(ask(), facts(60, 23.976)).fps == 24
    assert plan(ask(fps=30), facts(60, 24.0)).fps == 30
    # Read at another rate it has as many frames as fit into its length.
    assert plan(ask(fps=48), facts(49, 24.0)).num_frames == 97


def test_a_part_of_it_may_be_asked_for_and_no_more_than_there_is() -> None:
    assert plan(ask(1.0), facts(121)).num_frames == 25
    assert plan(ask(121 / 24), facts(121)).num_frames == 121
    found = problems(ask(8.0), facts(121))
    assert found["frame.duration_s"].startswith("The source video is 5.04 s long, not 8 s. Leave")


def test_a_source_that_is_too_short_is_refused() -> None:
    message = problems(ask(), facts(8))["inputs.source_video"]
    assert message == (
        "The source video is 0.33 s long, and Fake Full makes clips of at least 0.50 s. Choose a "
        "longer one."
    )


def test_a_size_that_the_model_makes_is_left_as_it_is() -> None:
    large = VideoFacts(192, 128, 49, 24.0, 49 / 24, has_audio=False)
    sizes = [(size.width, size.height) for size in LTX.sizes]
    assert (192, 128) in sizes
    assert sizes.index((192, 128)) > 0
    found = plan(ask(frame=FrameRequest()), large)
    assert (found.width, found.height) == (192, 128)
    assert not any("→" in note for note in found.notes)
    asked = plan(ask(frame=FrameRequest(resolution="64p")), large)
    assert asked.height == 64


def test_its_sound_is_kept_unless_the_clip_is_to_be_silent() -> None:
    kept = plan(ask(), facts(49))
    assert kept.has_audio
    assert any("keeps the sound of its source video" in note for note in kept.notes)
    assert not plan(ask(audio=False), facts(49)).has_audio
    assert not plan(ask(), facts(49, has_audio=False)).has_audio
    assert "has no sound" in problems(ask(audio=True), facts(49, has_audio=False))["audio"]


def test_the_strength_is_the_usual_one_or_as_asked_and_needs_a_source() -> None:
    assert plan(ask(), facts(49)).strength == 0.7
    assert plan(ask(editing=Editing(strength=0.2)), facts(49)).strength == 0.2
    assert "not 1.5" in problems(ask(editing=Editing(strength=1.5)), facts(49))["editing.strength"]
    without = ask(inputs=(), editing=Editing(strength=0.5))
    assert "needs a source video" in problems(without, facts(49))["editing.strength"]


def test_a_model_that_takes_no_video_says_so_once() -> None:
    found = problems(ask(editing=Editing(strength=0.5)), facts(49), SMALL)
    assert found["inputs.source_video"] == (
        "Fake Small takes no source video. Leave it out or choose another model."
    )
    assert "task" not in found


def test_what_a_file_is_is_read_off_its_frames(tmp_path: Path) -> None:
    clip = moving_clip(tmp_path / "v.mp4", 30, 25, has_audio=True)
    known = check_inputs(ask(inputs=(Input(role=Role.SOURCE_VIDEO, path=clip),)))
    assert known.sizes == {Role.SOURCE_VIDEO: (96, 64)}
    found = known.videos[Role.SOURCE_VIDEO]
    assert (found.num_frames, found.has_audio) == (30, True)
    assert found.fps == pytest.approx(25)
    assert found.duration_s == pytest.approx(1.2)


@pytest.mark.parametrize(("there", "said"), [(48, "is 2.00 s long, not 100 s"), (480, "to 10 s")])
def test_the_length_that_is_possible_is_told_once(there: int, said: str) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(ask(duration_s=100), facts(there))
    (problem,) = caught.value.problems
    assert said in problem.message


@pytest.mark.parametrize(
    ("fps", "said"),
    [
        (24.0, "is 2.00 s long, 48 frames at 24 fps"),
        (25.0, "is 2.00 s long at 25 fps, read as 48 frames at 24 fps"),
        (29.97, "is 2.00 s long at 29.97 fps, read as 48 frames at 24 fps"),
        (None, "is 2.00 s long, 48 frames at 24 fps"),
    ],
)
def test_another_rate_of_the_source_is_told(fps: float | None, said: str) -> None:
    source = VideoFacts(96, 64, round(2 * (fps or 24)), fps, 2.0, has_audio=False)
    (length,) = (note for note in plan(ask(fps=24), source).notes if "long" in note)
    assert said in length
