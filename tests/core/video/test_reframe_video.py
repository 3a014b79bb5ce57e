"""Videos that get another aspect: which size and length come of them, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, Motion, RenderRequest
from core.video.terms import Role, Target, Task
from providers.ltx_video.lightricks.models import MODELS

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="ltx-video", deployment="lightricks", model="ltx-reframe")
SPEC = next(model.spec for model in MODELS if model.spec.id == TARGET.model)
VIDEO = Input(role=Role.REFRAME_VIDEO, path=Path("v.mp4"))
TALL = FrameRequest(aspect="9:16")


def facts(
    num_frames: int = 120,
    fps: float | None = 24.0,
    size: tuple[int, int] = (1920, 1080),
    *,
    has_audio: bool = True,
) -> VideoFacts:
    return VideoFacts(*size, num_frames, fps, num_frames / (fps or 24.0), has_audio)


def ask(frame: FrameRequest = TALL, *inputs: Input, **fields: object) -> RenderRequest:
    asked = RenderRequest(target=TARGET, prompt="", inputs=(VIDEO, *inputs), frame=frame)
    return asked.model_copy(update=fields)


def plan(request: RenderRequest, video: VideoFacts | None = None) -> RenderPlan:
    return make_plan(request, SPEC, CheckedInputs(videos={Role.REFRAME_VIDEO: video or facts()}))


def problems(request: RenderRequest, video: VideoFacts | None = None) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(request, video)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (TALL, (1080, 1920)),
        (FrameRequest(aspect="4:5", resolution="720p"), (720, 900)),
        (FrameRequest(aspect="5:4"), (1350, 1080)),
        (FrameRequest(resolution="720x720"), (720, 720)),
    ],
)
def test_the_clip_has_every_frame_of_the_video_at_the_size_that_is_asked(
    frame: FrameRequest, size: tuple[int, int]
) -> None:
    found = plan(ask(frame))
    assert found.task is Task.REFRAME
    assert (found.width, found.height) == size
    assert (found.num_frames, found.fps, found.has_audio) == (120, 24, True)
    assert (found.kept_frames, found.new, found.prompt) == (0, (range(120),), "")
    assert any("The whole picture of all 120 frames is kept" in note for note in found.notes)


def test_it_costs_by_the_seconds_of_the_video_and_the_size() -> None:
    assert plan(ask()).cost_usd == pytest.approx(0.20 * 5)
    frame = FrameRequest(aspect="1:1", resolution="720p")
    assert plan(ask(frame)).cost_usd == pytest.approx(0.10 * 5)


def test_a_rate_of_broadcasting_is_as_good_as_the_whole_one() -> None:
    assert plan(ask(), facts(300, 30000 / 1001)).fps == 30
    assert "no steady frame rate" in problems(ask(), facts(fps=None))["inputs.reframe_video"]
    assert "15 frames per second" in problems(ask(), facts(fps=15.0))["inputs.reframe_video"]
    other = FrameRequest(aspect="9:16", fps=25)
    assert "24 frames per second, and so has the clip" in problems(ask(other))["frame.fps"]


def test_words_and_a_length_are_told_to_have_no_effect() -> None:
    notes = plan(ask(FrameRequest(aspect="9:16", duration_s=2), prompt="a | b")).notes
    assert "LTX Reframe reads no words: the prompt is not used." in notes
    assert "The clip is as long as the video; its duration is not used." in notes


def test_an_aspect_must_be_said_and_be_another_one() -> None:
    said = problems(ask(FrameRequest(resolution="720p")))["frame.aspect"]
    assert said == "Say which aspect the clip gets: 9:16, 16:9, 1:1, 4:5 or 5:4."
    said = problems(ask(FrameRequest(aspect="16:9")))["frame.aspect"]
    assert "is 1920x1080, which is 16:9 already" in said
    # What cameras call 16:9 is hardly ever to the pixel.
    assert (
        "16:9 already"
        in problems(ask(FrameRequest(aspect="16:9")), facts(size=(1280, 736)))["frame.aspect"]
    )


def test_a_video_of_more_than_a_minute_or_1800_frames_is_refused() -> None:
    assert plan(ask(), facts(1440)).num_frames == 1440
    said = problems(ask(), facts(1441))["inputs.reframe_video"]
    assert "is 60.04 s long, and at 24 fps LTX Reframe takes at most 60 s" in said
    assert plan(ask(), facts(1800, 50.0)).num_frames == 1800
    assert "at most 36 s" in problems(ask(), facts(1801, 50.0))["inputs.reframe_video"]


def test_other_files_sound_and_moves_are_refused_at_once() -> None:
    start = Input(role=Role.START, path=Path("i.png"))
    extended = Input(role=Role.EXTEND_VIDEO, path=Path("e.mp4"))
    request = ask(TALL, start, extended, audio=True, motion=Motion(speed=2.0))
    said = problems(request, facts(has_audio=False))
    assert "not two at once" in said["inputs.extend_video"]
    assert {"inputs.start", "audio", "motion.speed"} <= said.keys()


def test_the_sound_is_that_of_the_video() -> None:
    assert not plan(ask(), facts(has_audio=False)).has_audio
    assert not plan(ask(audio=False)).has_audio
