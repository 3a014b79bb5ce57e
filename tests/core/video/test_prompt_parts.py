"""Clips of several prompts: how they are told apart, which frames each has, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnsupportedRequest
from core.media.source_clip import AudioFacts, VideoFacts
from core.video.inputs import CheckedInputs
from core.video.placement import images_of
from core.video.planning.clip_plan import make_plan
from core.video.planning.prompt_parts import AskedPart, split_prompt
from core.video.planning.windows import windows_of
from core.video.record import make_record
from core.video.rendered import Provenance, Rendered
from core.video.request import FrameRequest, Input, Motion, RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.spec import ModelSpec

CREATED = datetime(2026, 11, 30, tzinfo=UTC)
TARGET = Target(provider="fake", deployment="local", model="fake-full")
# 8 frames a second and up to 2 s at this size, on the grid of 8k + 1: at most 17 frames at a time.
SHORT = SMALL.model_copy(update={"most_parts": 4})
# 24 frames a second, up to 10 s: at most 241 frames at a time.
LONG = FULL.model_copy(update={"most_parts": 4})


def ask(prompt: str, duration_s: float | None = None, **fields: object) -> RenderRequest:
    request = RenderRequest(
        target=TARGET,
        prompt=prompt,
        frame=FrameRequest(resolution="64p", duration_s=duration_s),
        sampling=Sampling(seed=7),
    )
    return request.model_copy(update=fields)


def plan(prompt: str, duration_s: float | None = None, spec: ModelSpec = LONG) -> RenderPlan:
    return make_plan(ask(prompt, duration_s), spec)


def frames(found: RenderPlan) -> list[int]:
    return [part.num_frames for part in found.parts]


def problems(
    request: RenderRequest, spec: ModelSpec = LONG, known: CheckedInputs | None = None
) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(request, spec, known)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a ball", [AskedPart("a ball")]),
        ("a|b", [AskedPart("a|b")]),
        ("a | b", [AskedPart("a"), AskedPart("b")]),
        ("a |b", [AskedPart("a |b")]),
        ("a |\nb", [AskedPart("a"), AskedPart("b")]),
        ("a | | b", [AskedPart("a"), AskedPart(""), AskedPart("b")]),
        ("a | b |", [AskedPart("a"), AskedPart("b"), AskedPart("")]),
        ("| a", [AskedPart(""), AskedPart("a")]),
        ("|a", [AskedPart("|a")]),
        ("a|", [AskedPart("a|")]),
        ("a | 5: b | 9.5: c", [AskedPart("a"), AskedPart("b", 5.0), AskedPart("c", 9.5)]),
        ("0: a | b", [AskedPart("a", 0.0), AskedPart("b")]),
        ("a | 16:9 b", [AskedPart("a"), AskedPart("16:9 b")]),
        ("5: a", [AskedPart("5: a")]),
        ("a | 5:", [AskedPart("a"), AskedPart("", 5.0)]),
        (f"a | {'9' * 400}: b", [AskedPart("a"), AskedPart(f"{'9' * 400}: b")]),
    ],
)
def test_a_bar_between_spaces_begins_another_part(prompt: str, parts: list[AskedPart]) -> None:
    assert split_prompt(prompt) == tuple(parts)


def test_each_part_may_have_as_many_words_as_the_model_reads() -> None:
    assert len(plan(f"{'a ' * 64} | {'b ' * 64}").parts) == 2


def test_a_prompt_of_one_part_is_planned_as_ever() -> None:
    found = plan("a|b 5: c", 2.0)
    assert (found.parts, found.prompt, found.num_frames) == ((), "a|b 5: c", 49)
    assert windows_of(found) == (found,)


@pytest.mark.parametrize(
    ("prompt", "duration_s", "expected"),
    [
        ("a | b | c", 3.0, [25, 24, 24]),
        # What is left of an even share goes to the first.
        ("a | b | c", 3.4, [33, 24, 24]),
        # Each has the usual second where nobody says how long the clip is.
        ("a | b | c", None, [25, 24, 24]),
        ("a | 5: b | 9.5: c", 12.0, [121, 104, 64]),
        ("a | 5: b | c", 9.0, [121, 48, 48]),
        ("a | b | 4: c", 6.0, [49, 48, 48]),
        ("a | 5: b", None, [121, 24]),
        # Longer than the longest clip of ten seconds, as long as no part is.
        ("a | b | c", 29.0, [233, 232, 232]),
    ],
)
def test_parts_begin_at_their_times_and_share_what_is_left(
    prompt: str, duration_s: float | None, expected: list[int]
) -> None:
    found = plan(prompt, duration_s)
    assert frames(found) == expected
    assert found.num_frames == sum(expected)


def test_the_sum_of_the_longest_parts_is_the_longest_clip() -> None:
    most = 241 + 3 * 232
    found = plan("a | b | c | d", (most - 1) / 24)
    assert frames(found) == [241, 232, 232, 232]
    assert [part.seen_frames for part in found.parts] == [0, 9, 9, 9]
    told = problems(ask("a | b | c | d", most / 24 + 0.5))
    assert list(told) == ["frame.duration_s"]
    assert "at most 39.00 s of 4 parts, not 39.5417 s" in told["frame.duration_s"]


def test_the_plan_tells_each_part_and_what_it_sees() -> None:
    found = plan("a ball | 2: it stops", 4.0)
    assert found.prompt == "a ball | it stops"
    assert found.steps_text == "4 steps for each part"
    assert found.notes[:2] == (
        "Part 1, 0.00 to 2.04 s (frames 1 to 49): 'a ball'.",
        "Part 2, 2.04 to 4.04 s (frames 50 to 97): 'it stops'. It goes on from the 24 frames "
        "before.",
    )
    record = make_record(
        found, Rendered(Path("c.mp4"), Provenance()), job_id="j", created_at=CREATED
    )
    assert record.parts == found.parts


def test_each_window_is_a_plan_of_its_own_with_noise_of_its_own() -> None:
    found = plan("a | b | c", 6.0)
    windows = windows_of(found)
    assert [window.prompt for window in windows] == ["a", "b", "c"]
    assert [window.num_frames for window in windows] == [49, 25 + 48, 25 + 48]
    assert [new for window in windows for new in window.new] == [
        range(49),
        range(25, 73),
        range(25, 73),
    ]
    assert windows[0].seed == found.seed
    assert len({window.seed for window in windows}) == 3
    assert windows == windows_of(plan("a | b | c", 6.0))


def test_images_fall_into_the_part_that_holds_their_time() -> None:
    images = (
        Input(role=Role.START, path=Path("s.png")),
        Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=3.0, strength=0.5),
        Input(role=Role.END, path=Path("e.png")),
    )
    found = make_plan(ask("a | b | c", 6.0, inputs=images), LONG)
    placed = [
        [(image.item.path.name, image.frame, image.strength) for image in images_of(window)]
        for window in windows_of(found)
    ]
    # Part 2 has frames 49 to 96 of the clip behind 25 that it sees, part 3 the rest behind as many.
    assert placed == [[("s.png", 0, 1.0)], [("k.png", 72 - 24, 0.5)], [("e.png", 72, 1.0)]]


def test_an_image_is_not_judged_by_a_length_that_is_refused() -> None:
    late = (Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=8.0),)
    assert list(problems(ask("a | | b", 9.0, inputs=late))) == ["prompt"]
    assert "outside of the clip" in problems(ask("a | b", 6.0, inputs=late))["inputs.keyframe"]


def test_a_camera_move_is_asked_for_in_every_part() -> None:
    found = make_plan(ask("a | b.", 4.0, motion=Motion(camera="static")), LONG)
    assert [part.prompt for part in found.parts] == [
        "a. The camera does not move.",
        "b. The camera does not move.",
    ]


@pytest.mark.parametrize(
    ("prompt", "duration_s", "words"),
    [
        ("a | | c", None, "Part 2 of 3 of the prompt is empty"),
        ("a | b |", None, "Part 3 of 3 of the prompt is empty"),
        ("| a", None, "Part 1 of 2 of the prompt is empty"),
        ("a | 2:", None, "Part 2 of 2 of the prompt is empty"),
        (f"a | {'b ' * 65}", None, "Part 2: The prompt has 65 words, and Fake Full reads at most"),
        ("1: a | b", None, "The first part begins with the clip, not at 1 s"),
        ("a | 4: b | 2: c", None, "A part at 2 s cannot come after one at 4 s"),
        ("a | 0: b", None, "A part at 0 s cannot come after one at 0 s"),
        ("a | 7: b", 6.0, "Part 2 begins at 7 s, and the clip ends at 6 s"),
        ("a | 5.9: b", 6.0, "Part 2 of 2 is 0.00 s long. At 96x64 and 24 fps Fake Full makes at "),
        ("a | 11: b", None, "makes at most 10.00 s of it"),
        ("a | 1: b", 12.0, "makes at most 9.67 s of it"),
        ("a | b | c | d | e", None, "has 5 parts (a bar between spaces begins another), and Fake"),
    ],
)
def test_parts_that_cannot_be_are_refused(
    prompt: str, duration_s: float | None, words: str
) -> None:
    told = problems(ask(prompt, duration_s))
    assert list(told) == ["prompt"]
    assert words in told["prompt"]


@pytest.mark.parametrize("duration_s", [-1.0, 0.0, 1.0])
def test_a_clip_that_is_too_short_for_its_parts_is_refused(duration_s: float) -> None:
    told = problems(ask("a | b | c", duration_s))
    words = f"3 parts take 2.00 s at least (0.67 s each), not {duration_s:g} s"
    assert words in told["frame.duration_s"]


def test_a_model_of_one_prompt_refuses_parts_and_judges_the_length_all_the_same() -> None:
    told = problems(ask("a | b", 60.0), SMALL)
    assert "Fake Small takes one prompt" in told["prompt"]
    assert "frame.duration_s" in told


@pytest.mark.parametrize(
    "role", [Role.SOURCE_VIDEO, Role.EXTEND_VIDEO, Role.RETAKE_VIDEO, Role.AUDIO]
)
def test_parts_are_not_made_of_a_video_or_a_sound(role: Role) -> None:
    video = VideoFacts(96, 64, 49, 24.0, 49 / 24, has_audio=False)
    known = CheckedInputs(videos={} if role is Role.AUDIO else {role: video})
    if role is Role.AUDIO:
        known = CheckedInputs(audio=AudioFacts(2.0, 0.0))
    request = ask("a | b", inputs=(Input(role=role, path=Path("v.mp4")),))
    assert "A clip of several prompts is made of no" in problems(request, LONG, known)["prompt"]


def test_parts_are_made_in_one_stage() -> None:
    told = problems(ask("a | b", sampling=Sampling(two_stage=True)))
    assert "made in one stage" in told["sampling.two_stage"]
    large = LONG.model_copy(update={"large_resolutions": ("64p",)})
    assert "made in one stage" in problems(ask("a | b"), large)["sampling.two_stage"]


def test_an_image_has_one_prompt() -> None:
    told = problems(ask("a | b", output=OutputKind.IMAGE))
    assert told == {"prompt": "An image has one prompt. Leave the bars out."}


@given(
    count=st.integers(2, 4),
    duration_s=st.floats(0.1, 45.0),
    spec=st.sampled_from((SHORT, LONG)),
)
def test_parts_lie_on_the_grid_without_a_gap_and_within_what_the_model_makes(
    count: int, duration_s: float, spec: ModelSpec
) -> None:
    step = 8
    try:
        found = plan(" | ".join("abcd"[:count]), duration_s, spec)
    except UnsupportedRequest:
        most = spec.frame_grid.frames(spec.durations.maximum, spec.default_fps)
        is_long = duration_s * spec.default_fps > most + (count - 1) * (most - 9) - step
        assert is_long or duration_s < count * (spec.durations.minimum + step / spec.default_fps)
        return
    longest = spec.frame_grid.frames(spec.durations.longest("64p", found.fps), found.fps)
    assert abs(found.duration_s - duration_s) <= (step / 2 + 1) / found.fps + 1e-9
    assert found.parts[0].first == 0
    for before, after in pairwise(found.parts):
        assert before.first + before.num_frames == after.first
    for part, window in zip(found.parts, windows_of(found), strict=True):
        assert part.first == 0 or part.first % step == 1
        assert spec.frame_grid.is_on_grid(window.num_frames)
        assert window.num_frames <= longest
        assert part.first >= part.seen_frames
        assert part.num_frames / found.fps >= spec.durations.minimum - step / 2 / found.fps
