"""Clips that follow a control video: how long they are, at which rate, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs, check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import AudioSpec, FrameGrid, ModelSpec
from core.video.terms import ControlMap, OutputKind, Role, Target, Task
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LTX = FULL.model_copy(
    update={"frame_grid": FrameGrid(step=8, offset=1), "audio": AudioSpec(sample_rate_hz=24_000)}
)
CONTROL = Input(role=Role.CONTROL, path=Path("c.mp4"))


def facts(
    num_frames: int, fps: float | None = 24.0, size: tuple[int, int] = (96, 64)
) -> VideoFacts:
    return VideoFacts(*size, num_frames, fps, num_frames / (fps or 24.0), has_audio=True)


def ask(duration_s: float | None = None, **fields: object) -> RenderRequest:
    return RenderRequest(
        target=TARGET,
        prompt="a red ball",
        frame=FrameRequest(duration_s=duration_s, resolution="64p"),
        inputs=(CONTROL,),
        editing=Editing(control_map=ControlMap.CANNY),
    ).model_copy(update=fields)


def plan(request: RenderRequest, control: VideoFacts) -> RenderPlan:
    sizes = {Role.CONTROL: (control.width, control.height)}
    return make_plan(request, LTX, CheckedInputs(sizes, videos={Role.CONTROL: control}))


def problems(
    request: RenderRequest, control: VideoFacts | None = None, spec: ModelSpec = LTX
) -> dict[str, str]:
    known = CheckedInputs(videos={Role.CONTROL: control or facts(49)})
    with pytest.raises(UnsupportedRequest) as caught:
        make_plan(request, spec, known)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(("there", "made"), [(49, 49), (52, 49), (17, 17)])
def test_a_clip_is_as_long_as_what_it_follows_and_has_sound_of_its_own(
    there: int, made: int
) -> None:
    found = plan(ask(), facts(there))
    assert (found.num_frames, found.fps, found.task) == (made, 24, Task.TEXT_TO_VIDEO)
    assert found.makes_audio
    told = next(note for note in found.notes if note.startswith("The control video is"))
    assert f"the clip follows {made} of them" in told


def test_rate_and_shape_are_those_of_the_control_video_where_the_model_has_them() -> None:
    assert plan(ask(), facts(60, 30.0)).fps == 30
    tall = plan(ask(frame=FrameRequest()), facts(49, size=(600, 900)))
    assert tall.height > tall.width
    exact = plan(ask(frame=FrameRequest()), facts(49, size=(192, 128)))
    assert (exact.width, exact.height) == (192, 128)
    assert not any("look soft" in note for note in tall.notes + exact.notes)


def test_one_that_is_shorter_than_the_clip_is_refused() -> None:
    assert plan(ask(1.0), facts(121)).num_frames == 25
    assert problems(ask(3.0), facts(49))["frame.duration_s"] == (
        "The control video is 2.04 s long, not 3 s. Leave the duration out: the clip is then as "
        "long as its control video."
    )
    assert problems(ask(), facts(8))["inputs.control"] == (
        "The control video is 0.33 s long, and Fake Full makes clips of at least 0.50 s. Choose a "
        "longer one."
    )


def test_the_video_needs_its_kind_of_map_and_the_other_way_round() -> None:
    assert problems(ask(editing=Editing())) == {
        "editing.control_map": (
            "Say what of the control video the clip follows: canny, depth, pose or given."
        )
    }
    assert problems(ask(inputs=())) == {
        "editing.control_map": "A kind of map needs a control video. Name one."
    }


def test_a_model_that_follows_none_says_so_once() -> None:
    assert problems(ask(), spec=SMALL) == {
        "inputs.control": (
            "Fake Small takes no control video. Leave it out or choose another model."
        ),
        "editing.control_map": (
            "Fake Small takes no kind of map, because it follows no control video. Leave it out."
        ),
    }


@pytest.mark.parametrize("role", [Role.SOURCE_VIDEO, Role.EXTEND_VIDEO])
def test_a_clip_does_not_follow_one_video_and_come_of_another(role: Role) -> None:
    other = Input(role=role, path=Path("v.mp4"))
    found = problems(ask(inputs=(CONTROL, other)))
    assert found["inputs.control"].startswith("A clip follows a control video or is made of")


def test_a_clip_in_two_stages_follows_one_where_one_of_a_video_is_refused() -> None:
    sampling = Sampling(two_stage=True)
    assert plan(ask(sampling=sampling), facts(49)).refine_steps == LTX.refine_steps > 0
    source = Input(role=Role.SOURCE_VIDEO, path=Path("v.mp4"))
    two = ask(sampling=sampling, inputs=(source,), editing=Editing())
    with pytest.raises(UnsupportedRequest, match="is made in one stage"):
        make_plan(two, LTX, CheckedInputs(videos={Role.SOURCE_VIDEO: facts(49)}))


def test_neither_several_prompts_nor_images_follow_one() -> None:
    parts = problems(ask(prompt="a ball | a box"), spec=LTX.model_copy(update={"most_parts": 4}))
    assert "made of no control video" in parts["prompt"]
    image = problems(ask(output=OutputKind.IMAGE))
    assert "An image has no control video" in image["inputs.control"]


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "c.mp4").write_bytes(b"no video")
    for path, says in (
        (tmp_path / "c.mp4", "The control video"),
        (tmp_path / "gone.mp4", "There is no control video"),
        (tmp_path, "is a folder"),
    ):
        request = ask(inputs=(Input(role=Role.CONTROL, path=path),))
        with pytest.raises(UnsupportedRequest) as caught:
            check_inputs(request)
        (problem,) = caught.value.problems
        assert problem.field == "inputs.control"
        assert says in problem.message
