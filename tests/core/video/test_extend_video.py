"""Videos that go on: how many frames come to them, and what must be as it is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs
from core.video.planning import make_plan
from core.video.request import (
    Editing,
    ExtendDirection,
    FrameRequest,
    Input,
    OutputKind,
    RenderRequest,
    Role,
    Target,
    Task,
)
from core.video.spec import FrameGrid
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LTX = FULL.model_copy(
    update={"frame_grid": FrameGrid(step=8, offset=1), "keeps_source_audio": True}
)
SILENT = LTX.model_copy(update={"audio": None})
BACKWARD = Editing(direction=ExtendDirection.BACKWARD)
VIDEO = Input(role=Role.EXTEND_VIDEO, path=Path("v.mp4"))


def facts(
    num_frames: int = 100,
    fps: float | None = 24.0,
    size: tuple[int, int] = (96, 64),
    *,
    has_audio: bool = True,
) -> VideoFacts:
    return VideoFacts(*size, num_frames, fps, num_frames / (fps or 24.0), has_audio)


def ask(*inputs: Input, frame: FrameRequest | None = None, **fields: object) -> RenderRequest:
    request = RenderRequest(
        target=TARGET,
        prompt="it goes on",
        frame=frame or FrameRequest(duration_s=2.0),
        inputs=(VIDEO, *inputs),
    )
    return request.model_copy(update=fields)


def plan(request: RenderRequest, video: VideoFacts | None = None, spec=LTX) -> RenderPlan:
    known = CheckedInputs(videos={Role.EXTEND_VIDEO: video or facts()})
    return make_plan(request, spec, known)


def problems(request: RenderRequest, video: VideoFacts | None = None, spec=LTX) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(request, video, spec)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_new_frames_come_by_eights_to_all_of_the_video() -> None:
    found = plan(ask())
    assert found.task is Task.EXTEND_VIDEO
    assert (found.width, found.height, found.fps) == (96, 64, 24)
    assert (found.num_frames, found.kept_frames) == (148, 100)
    # The model sees a second of it, and works on a clip that is on its grid.
    assert (found.context_frames, found.made_frames, found.first_made) == (25, 73, 75)
    assert any(
        note.startswith("48 new frames (2.00 s; they come by 8) after the 100 of the video: 148 ")
        for note in found.notes
    )
    assert plan(ask(frame=FrameRequest(duration_s=2.1))).num_frames == 148


def test_before_a_video_the_new_part_comes_first() -> None:
    found = plan(ask(editing=BACKWARD))
    assert found.is_backward
    assert (found.num_frames, found.made_frames, found.first_made) == (148, 73, 0)
    assert any("before the 100 of the video" in note for note in found.notes)


@pytest.mark.parametrize(("there", "seen"), [(9, 9), (16, 9), (17, 17), (24, 17), (200, 25)])
def test_the_model_sees_as_much_of_a_short_video_as_there_is(there: int, seen: int) -> None:
    assert plan(ask(), facts(there)).context_frames == seen


def test_a_video_of_eight_frames_is_too_short() -> None:
    message = problems(ask(), facts(8))["inputs.extend_video"]
    assert message.startswith("The video to extend has 8 frames, and Fake Full must see 9 of it.")


def test_what_is_added_at_a_time_ends_where_the_model_does() -> None:
    most = LTX.frame_grid.frames(LTX.durations.maximum, 24)
    longest = plan(ask(frame=FrameRequest(duration_s=(most - 9) / 24)))
    assert (longest.made_frames, longest.context_frames) == (most, 9)
    refused = problems(ask(frame=FrameRequest(duration_s=10.0)))
    assert "adds at most 9.67 s at a time, not 10 s. Shorten it" in refused["frame.duration_s"]


def test_the_longest_part_is_told_once_however_much_is_asked_for() -> None:
    beyond = ask(frame=FrameRequest(duration_s=LTX.durations.maximum + 5))
    with pytest.raises(UnsupportedRequest) as caught:
        plan(beyond)
    (problem,) = caught.value.problems
    assert "adds at most 9.67 s at a time" in problem.message


def test_size_and_rate_are_those_of_the_video_or_refused() -> None:
    frame = FrameRequest(duration_s=2.0, resolution="128p", aspect="1:1", fps=30)
    found = problems(ask(frame=frame))
    assert "is 96x64, and so is the clip" in found["frame.resolution"]
    assert "is 3:2, and so is the clip" in found["frame.aspect"]
    assert "has 24 frames per second, and so has the clip" in found["frame.fps"]
    same = FrameRequest(duration_s=2.0, resolution="96x64", aspect="3:2", fps=24)
    assert plan(ask(frame=same)).num_frames == 148


@pytest.mark.parametrize(
    ("video", "said"),
    [
        (facts(size=(100, 64)), "is 100x64, which Fake Full does not make; the nearest is 96x64"),
        (facts(fps=23.976), "has 23.98 frames per second, and Fake Full makes 24, 25, 30, 48 or"),
        (
            facts(fps=None),
            "has no steady frame rate (or is cut off at its end), and Fake Full makes",
        ),
    ],
)
def test_a_video_that_the_model_does_not_make_is_refused_with_the_way_out(
    video: VideoFacts, said: str
) -> None:
    message = problems(ask(), video)["inputs.extend_video"]
    assert said in message
    assert "Export it" in message


def test_both_size_and_rate_are_told_at_once() -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(ask(), facts(fps=None, size=(100, 64)))
    assert len(caught.value.problems) == 2


def test_images_belong_into_the_new_part() -> None:
    end = Input(role=Role.END, path=Path("e.png"))
    inside = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=100 / 24)
    kept = Input(role=Role.KEYFRAME, path=Path("old.png"), at_s=1.0)
    assert plan(ask(inside, end)).num_frames == 148
    message = problems(ask(kept))["inputs.keyframe"]
    assert "'old.png' at 1.00 s would be a frame of the given video, which keeps" in message
    assert "The new part is at 4.17 to 6.12 s." in message
    assert plan(ask(kept, editing=BACKWARD)).num_frames == 148
    assert (
        "The new part is at 0.00 to 1.96 s." in problems(ask(end, editing=BACKWARD))["inputs.end"]
    )
    start = Input(role=Role.START, path=Path("s.png"))
    assert "inputs.start" in problems(ask(start))
    assert plan(ask(start, editing=BACKWARD)).num_frames == 148


@pytest.mark.parametrize(
    ("spec", "has_audio", "asked", "expected"),
    [
        (LTX, True, None, True),
        (LTX, False, None, True),
        (SILENT, True, None, True),
        (SILENT, False, None, False),
        (LTX, True, False, False),
    ],
)
def test_there_is_sound_where_the_video_or_the_model_has_it(
    spec, has_audio: bool, asked: bool | None, expected: bool
) -> None:
    assert plan(ask(audio=asked), facts(has_audio=has_audio), spec).has_audio is expected


def test_two_videos_a_direction_alone_and_an_image_are_refused() -> None:
    source = Input(role=Role.SOURCE_VIDEO, path=Path("s.mp4"))
    assert "not both at once" in problems(ask(source))["inputs.source_video"]
    alone = ask(inputs=(), editing=BACKWARD)
    assert "A direction needs a video to extend" in problems(alone)["editing.direction"]
    image = ask(output=OutputKind.IMAGE, frame=FrameRequest())
    assert "An image has no video to extend" in problems(image)["inputs.extend_video"]
    assert "takes no video to extend" in problems(ask(), spec=SMALL)["inputs.extend_video"]
