"""Parts of videos that are made anew: which frames, what is kept, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs
from core.video.plan import RenderPlan
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest
from core.video.spec import FrameGrid
from core.video.terms import OutputKind, RetakePart, Role, Target, Task
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.spec import ModelSpec

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LTX = FULL.model_copy(
    update={"frame_grid": FrameGrid(step=8, offset=1), "keeps_source_audio": True}
)
SILENT = LTX.model_copy(update={"audio": None})
VIDEO = Input(role=Role.RETAKE_VIDEO, path=Path("v.mp4"))


def facts(num_frames: int = 121, fps: float | None = 24.0, *, has_audio: bool = True) -> VideoFacts:
    return VideoFacts(96, 64, num_frames, fps, num_frames / (fps or 24.0), has_audio)


def ask(
    from_s: float | None = None,
    to_s: float | None = None,
    *inputs: Input,
    part: RetakePart | None = None,
    **fields: object,
) -> RenderRequest:
    request = RenderRequest(
        target=TARGET,
        prompt="it blinks",
        inputs=(VIDEO, *inputs),
        editing=Editing(retake_from_s=from_s, retake_to_s=to_s, retake_part=part),
    )
    return request.model_copy(update=fields)


def plan(request: RenderRequest, video: VideoFacts | None = None, spec=LTX) -> RenderPlan:
    return make_plan(request, spec, CheckedInputs(videos={Role.RETAKE_VIDEO: video or facts()}))


def problems(
    request: RenderRequest, video: VideoFacts | None = None, spec: ModelSpec = LTX
) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(request, video, spec)
    return {problem.field: problem.message for problem in caught.value.problems}


# In frames of a video of 121: what is asked for, what is made anew, and what the model works on.
@pytest.mark.parametrize(
    ("asked", "new", "seen"),
    [
        ((48, 72), (48, 72), (23, 96)),  # a second on either side, and the frame that stands alone
        ((48, 71), (48, 72), (23, 96)),  # by eights, to its end
        ((50, 51), (50, 58), (25, 82)),
        ((0, 9), (0, 9), (0, 33)),
        ((0, 8), (0, 9), (0, 33)),
        ((0, 1), (0, 1), (0, 25)),
        ((1, 9), (1, 9), (0, 33)),
        ((10, 20), (10, 26), (1, 50)),
        ((113, 121), (113, 121), (88, 121)),
        ((115, 121), (115, 121), (90, 123)),  # two frames more are made and left out
        ((100, 120), (100, 121), (75, 124)),
    ],
)
def test_the_part_begins_at_its_frame_and_comes_by_eights(
    asked: tuple[int, int], new: tuple[int, int], seen: tuple[int, int]
) -> None:
    found = plan(ask(asked[0] / 24, asked[1] / 24))
    assert found.task is Task.RETAKE
    assert (found.num_frames, found.fps, found.height) == (121, 24, 64)
    assert found.new == (range(*new),)
    assert (found.first_made, found.first_made + found.made_frames) == seen
    assert LTX.frame_grid.is_on_grid(found.made_frames)
    assert found.kept_frames == 121 - (new[1] - new[0])
    assert found.context_frames == min(seen[1], 121) - seen[0] - (new[1] - new[0])


def test_the_plan_tells_what_is_made_anew() -> None:
    told = plan(ask(50 / 24, 51 / 24)).notes
    assert (
        "Made again: picture and sound of frames 51 to 58 of 121 (2.08 to 2.42 s; they come by 8). "
        "The model sees 49 frames next to them, and all else of the video is kept." in told
    )


def test_a_side_that_is_left_open_is_the_beginning_or_the_end() -> None:
    assert plan(ask(to_s=1.0)).new == (range(25),)
    assert plan(ask(from_s=4.0)).new == (range(96, 121),)
    message = problems(ask())["editing.retake_from_s"]
    assert "say from when to when it is made again" in message
    # New sound for all of a clip is what it sounds like.
    assert plan(ask(part=RetakePart.AUDIO)).new == (range(121),)


def test_a_part_outside_of_the_video_or_without_a_frame_is_refused() -> None:
    assert "6 s is after its end" in problems(ask(4.0, 6.0))["editing.retake_to_s"]
    assert "6 s is not before its end" in problems(ask(6.0))["editing.retake_from_s"]
    assert "no frame from 3.00 to 2.00 s" in problems(ask(3.0, 2.0))["editing.retake_to_s"]
    assert "no frame from 2.00 to 2.00 s" in problems(ask(2.0, 2.01))["editing.retake_to_s"]
    assert "not -1" in problems(ask(-1.0, 2.0))["editing.retake_from_s"]
    assert "has 8 frames" in problems(ask(0.0, 0.2), facts(8))["inputs.retake_video"]


def test_of_a_long_film_the_model_sees_what_is_next_to_the_part() -> None:
    film = facts(24 * 600)
    found = plan(ask(300.0, 301.0), film)
    assert (found.num_frames, found.made_frames) == (24 * 600, 73)
    most = LTX.frame_grid.frames(LTX.durations.maximum, 24)
    longest = plan(ask(300.0, 300.0 + (most - 1) / 24), film)
    assert (longest.made_frames, len(longest.new[0])) == (most, most - 1)
    assert "Choose a shorter one" in problems(ask(300.0, 311.0), film)["editing.retake_to_s"]


def test_size_rate_and_length_are_those_of_the_video() -> None:
    frame = FrameRequest(resolution="128p", fps=30, duration_s=2.0)
    found = problems(ask(1.0, 2.0, frame=frame))
    assert "The video to retake is 96x64, and so is the clip" in found["frame.resolution"]
    assert "has 24 frames per second, and so has the clip" in found["frame.fps"]
    odd = problems(ask(1.0, 2.0), VideoFacts(100, 64, 121, 24.0, 5.0, has_audio=True))
    assert "is 100x64, which Fake Full does not make" in odd["inputs.retake_video"]
    both = problems(ask(3.0, 2.0), VideoFacts(100, 64, 121, 24.0, 5.0, has_audio=True))
    assert "no frame from 3.00 to 2.00 s" in both["editing.retake_to_s"]
    assert "or choose another model" in both["inputs.retake_video"]
    for unused_s in (2.0, 1000.0):
        told = plan(ask(1.0, 2.0, frame=FrameRequest(duration_s=unused_s))).notes
        assert "The clip is as long as the video; its duration is not used." in told


def test_times_behind_the_end_and_no_times_at_all_are_told_where_they_are_chosen() -> None:
    behind = problems(ask(6.0, 7.0))
    assert list(behind) == ["editing.retake_from_s"]
    assert "is 5.04 s long, and 6 to 7 s is after its end" in behind["editing.retake_from_s"]
    late = problems(ask(1.0, 7.0))
    assert "7 s is after its end" in late["editing.retake_to_s"]
    assert "say from when to when" in problems(ask(None, None))["editing.retake_from_s"]


def test_a_rate_that_the_model_has_not_is_refused_as_that_of_the_video_and_once() -> None:
    frame = FrameRequest(resolution="nonsense", aspect="9:1", fps=7)
    with pytest.raises(UnsupportedRequest) as caught:
        plan(ask(1.0, 2.0, frame=frame))
    told = [(problem.field, problem.message) for problem in caught.value.problems]
    assert [field for field, _ in told] == ["frame.resolution", "frame.aspect", "frame.fps"]
    assert all("and so" in message for _, message in told)


@pytest.mark.parametrize(
    ("spec", "has_audio", "asked", "part", "is_heard"),
    [
        (LTX, True, None, RetakePart.BOTH, True),
        (LTX, False, None, RetakePart.VIDEO, False),
        (LTX, True, RetakePart.VIDEO, RetakePart.VIDEO, True),
        (LTX, False, RetakePart.AUDIO, RetakePart.AUDIO, True),
        (SILENT, True, None, RetakePart.VIDEO, True),
    ],
)
def test_the_sound_is_made_anew_where_model_and_video_have_one_or_where_it_is_asked_for(
    spec: ModelSpec, has_audio: bool, asked: RetakePart | None, part: RetakePart, is_heard: bool
) -> None:
    found = plan(ask(1.0, 2.0, part=asked), facts(has_audio=has_audio), spec)
    assert found.retake is not None
    assert (found.retake.part, found.has_audio) == (part, is_heard)


def test_what_cannot_be_of_the_sound_is_refused() -> None:
    of_sound = ask(1.0, 2.0, part=RetakePart.AUDIO)
    assert "audio" in problems(of_sound, spec=SILENT)["editing.retake_part"]
    silent = ask(1.0, 2.0, part=RetakePart.BOTH, audio=False)
    assert "no sound to make again" in problems(silent)["editing.retake_part"]
    assert not plan(ask(1.0, 2.0, audio=False)).has_audio
    image = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.5)
    both = ask(1.0, 2.0, image, part=RetakePart.AUDIO)
    assert "images would have no effect" in problems(both)["editing.retake_part"]


def test_images_belong_into_the_part() -> None:
    inside = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.5)
    kept = Input(role=Role.KEYFRAME, path=Path("old.png"), at_s=3.0)
    assert plan(ask(1.0, 2.0, inside)).new == (range(24, 48),)
    message = problems(ask(1.0, 2.0, kept))["inputs.keyframe"]
    assert "would be a frame of the given video" in message
    assert "What is new is at 1.00 to 1.96 s." in message


def test_other_videos_times_alone_and_images_are_refused() -> None:
    source = Input(role=Role.SOURCE_VIDEO, path=Path("s.mp4"))
    assert "not two at once" in problems(ask(1.0, 2.0, source))["inputs.source_video"]
    sound = Input(role=Role.AUDIO, path=Path("s.wav"))
    assert "not both at once" in problems(ask(1.0, 2.0, sound))["inputs.audio"]
    alone = problems(ask(1.0, 2.0, part=RetakePart.BOTH, inputs=()))
    assert "A beginning needs a video to retake" in alone["editing.retake_from_s"]
    assert "An end needs a video to retake" in alone["editing.retake_to_s"]
    image = problems(ask(1.0, 2.0, output=OutputKind.IMAGE))
    assert "An image has no video to retake" in image["inputs.retake_video"]
    assert "takes no video to retake" in problems(ask(1.0), spec=SMALL)["inputs.retake_video"]


def test_a_plan_comes_back_from_where_it_was_stored() -> None:
    found = plan(ask(1.0, 2.0))
    assert RenderPlan.model_validate_json(found.model_dump_json()) == found
