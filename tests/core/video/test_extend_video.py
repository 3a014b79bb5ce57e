"""Videos that go on: how many frames come to them, and what must be as it is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs
from core.video.placement import images_of
from core.video.planning.clip_plan import make_plan
from core.video.planning.windows import windows_of
from core.video.request import Editing, FrameRequest, Input, RenderRequest
from core.video.spec import FrameGrid
from core.video.terms import ExtendDirection, OutputKind, Role, Target, Task
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LTX = FULL.model_copy(
    update={"frame_grid": FrameGrid(step=8, offset=1), "keeps_source_audio": True}
)
SILENT = LTX.model_copy(update={"audio": None})
BACKWARD = Editing(direction=ExtendDirection.BACKWARD)
BOTH = Editing(direction=ExtendDirection.BOTH)
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
    assert found.new == (range(48),)
    assert (found.num_frames, found.made_frames, found.first_made) == (148, 73, 0)
    assert any("before the 100 of the video" in note for note in found.notes)


@pytest.mark.parametrize(
    ("duration_s", "before", "after"), [(2.0, 24, 24), (1.0, 8, 16), (0.5, 8, 8), (5.0, 56, 64)]
)
def test_half_of_the_new_frames_comes_at_each_end_and_the_odd_eight_after(
    duration_s: float, before: int, after: int
) -> None:
    found = plan(ask(frame=FrameRequest(duration_s=duration_s), editing=BOTH), facts(97))
    assert (found.new_before, found.new_after, found.kept_frames) == (before, after, 97)
    assert found.new == (range(before), range(before + 97, before + 97 + after))
    assert any(
        f"{before} before and {after} after the 97 of the video" in note for note in found.notes
    )


def test_a_video_that_is_seen_as_a_whole_is_extended_at_both_ends_in_one_pass() -> None:
    found = plan(ask(editing=BOTH), facts(97))
    assert (found.passes, found.context_frames, found.first_made) == (1, 97, 0)
    assert found.made_frames == found.num_frames == 97 + 48
    assert windows_of(found) == (found,)
    assert any("The model sees the video as a whole, in one pass" in note for note in found.notes)


@pytest.mark.parametrize(
    ("there", "why"), [(100, "it has not 8k + 1 frames"), (225, "more than the 241 frames")]
)
def test_a_video_that_is_not_seen_as_a_whole_takes_a_pass_for_each_end(
    there: int, why: str
) -> None:
    found = plan(ask(editing=BOTH), facts(there))
    assert (found.passes, found.context_frames, found.made_frames) == (2, 25, 48 + 2 * 25)
    assert any("In each of two passes" in note and why in note for note in found.notes)
    before, after = windows_of(found)
    assert (before.new, before.made_frames, before.first_made) == ((range(24),), 49, 0)
    assert (after.new, after.made_frames) == ((range(there, there + 24),), 49)
    assert after.first_made == there - 25
    assert before.seed == found.seed != after.seed


def test_images_of_both_ends_go_to_the_pass_that_makes_their_frames() -> None:
    start, end = (Input(role=role, path=Path(f"{role}.png")) for role in (Role.START, Role.END))
    inside = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=124 / 24, strength=0.5)
    found = plan(ask(start, end, inside, editing=BOTH))
    before, after = windows_of(found)
    assert [(image.frame, image.item.path.name) for image in images_of(before)] == [
        (0, "start.png")
    ]
    assert [(image.frame, image.strength) for image in images_of(after)] == [
        (100, 0.5),
        (123, 1.0),
    ]
    kept = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=2.0)
    message = problems(ask(kept, editing=BOTH))["inputs.keyframe"]
    assert "What is new is at 0.00 to 0.96 s and 5.17 to 6.12 s." in message


def test_each_end_is_as_long_as_the_model_makes_at_a_time() -> None:
    """Ten seconds at one end would be more than that."""
    longest = plan(ask(frame=FrameRequest(duration_s=10.0), editing=BOTH))
    assert (longest.new_before, longest.new_after, longest.context_frames) == (120, 120, 25)
    assert "frame.duration_s" in problems(ask(frame=FrameRequest(duration_s=10.0)))


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


def test_a_video_that_keeps_its_frames_is_not_interpolated() -> None:
    found = problems(ask(frame=FrameRequest(duration_s=2.0, interpolated_fps=60)))
    assert found["frame.interpolated_fps"].startswith(
        "The clip keeps the very frames of the video to extend, so none are made between them."
    )


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
    assert "What is new is at 4.17 to 6.12 s." in message
    assert plan(ask(kept, editing=BACKWARD)).num_frames == 148
    assert "What is new is at 0.00 to 1.96 s." in problems(ask(end, editing=BACKWARD))["inputs.end"]
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
    found = plan(ask(audio=asked), facts(has_audio=has_audio), spec)
    assert found.has_audio is expected
    goes_on = any("what is new goes on with that" in note for note in found.notes)
    assert goes_on is (spec is LTX and has_audio and asked is None)


def test_two_videos_a_direction_alone_and_an_image_are_refused() -> None:
    source = Input(role=Role.SOURCE_VIDEO, path=Path("s.mp4"))
    assert "not two at once" in problems(ask(source))["inputs.source_video"]
    alone = ask(inputs=(), editing=BACKWARD)
    assert "A direction needs a video to extend" in problems(alone)["editing.direction"]
    image = ask(output=OutputKind.IMAGE, frame=FrameRequest())
    assert "An image has no video to extend" in problems(image)["inputs.extend_video"]
    assert "takes no video to extend" in problems(ask(), spec=SMALL)["inputs.extend_video"]
