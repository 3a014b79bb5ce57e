"""A length that is left to the model: its bounds in the plan, what settles it, and the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UnsupportedRequest
from core.project.model.edits import with_duration
from core.project.model.project import Scene, new_project
from core.project.render.requests import scene_request
from core.project.render.rerender import choices_of, request_again
from core.project.storyboard.scenes import renew
from core.project.storyboard.storyboard import Storyboard, split_storyboard
from core.video.planning.clip_plan import make_plan
from core.video.record import make_record
from core.video.rendered import Rendered
from core.video.request import FrameRequest, Input, RenderChoices, RenderRequest
from core.video.spec import FrameGrid
from core.video.terms import Role, Target
from tests.fakes.provider import FULL, PROVENANCE, SMALL
from tests.fakes.scenes import NOON

TARGET = Target(provider="fake", deployment="local", model=FULL.id)
OPEN = FrameRequest(auto_duration=True, resolution="64p")
FOX = RenderRequest(target=TARGET, prompt="a fox", frame=OPEN)
# As the grid of LTX is.
EIGHTS = FULL.model_copy(
    update={"frame_grid": FrameGrid(step=8, offset=1), "shortest_auto_s": 1.0, "most_parts": 4}
)


def test_the_plan_tells_the_bounds_and_is_made_for_the_longest() -> None:
    plan = make_plan(FOX, EIGHTS)
    # 24 to 240 frames, of which the grid has 25 to 233.
    assert (plan.least_frames, plan.num_frames) == (25, 233)
    assert (plan.frames_text, plan.seconds_text) == ("25 to 233 frames at 24 fps", "1.04 to 9.71 s")
    assert any("25 to 233 frames, 1.04 to 9.71 s" in note for note in plan.notes)
    settled = plan.with_length(65)
    assert (settled.frames_text, settled.seconds_text) == ("65 frames at 24 fps", "2.71 s")


def test_the_bounds_follow_size_and_rate() -> None:
    large = FOX.model_copy(update={"frame": OPEN.model_copy(update={"resolution": "128p"})})
    assert make_plan(large, EIGHTS).num_frames == 41  # 2 s at most: 48 frames
    quick = FOX.model_copy(update={"frame": OPEN.model_copy(update={"fps": 50})})
    assert make_plan(quick, EIGHTS).least_frames == 57


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"frame": OPEN.model_copy(update={"duration_s": 2.0})}, "a duration"),
        ({"inputs": (Input(role=Role.END, path=Path("e.png")),)}, "an end image"),
        ({"inputs": (Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.0),)}, "a keyframe"),
        ({"inputs": (Input(role=Role.SOURCE_VIDEO, path=Path("v.mp4")),)}, "a source video"),
        ({"inputs": (Input(role=Role.AUDIO, path=Path("a.wav")),)}, "an audio file"),
        ({"prompt": "a fox | a hen"}, "a prompt of several parts"),
    ],
)
def test_what_settles_the_length_is_refused_beside_it(change: dict[str, object], name: str) -> None:
    with pytest.raises(UnsupportedRequest) as refused:
        make_plan(FOX.model_copy(update=change), EIGHTS)
    told = {problem.field: problem.message for problem in refused.value.problems}
    assert told["frame.auto_duration"].startswith(f"With {name} it is settled how long the clip is")


def test_a_start_image_leaves_the_length_open() -> None:
    started = FOX.with_inputs((Input(role=Role.START, path=Path("s.png")),))
    assert make_plan(started, EIGHTS).least_frames == 25


def test_a_model_that_chooses_none_says_so() -> None:
    with pytest.raises(UnsupportedRequest, match="chooses no duration itself"):
        make_plan(FOX, SMALL)


def test_a_record_brings_the_chosen_length_back() -> None:
    made = make_plan(FOX, EIGHTS).with_length(65)
    record = make_record(
        made, Rendered(Path("clip.mp4"), PROVENANCE), job_id="job-1", created_at=NOON
    )
    assert (record.num_frames, record.request.frame.auto_duration) == (65, True)
    again = make_plan(request_again(record), EIGHTS)
    assert (again.num_frames, again.least_frames) == (65, None)
    frame = choices_of(record, EIGHTS).choices.frame
    assert frame.auto_duration is None
    asked = FOX.model_copy(update={"frame": frame})
    assert make_plan(asked, EIGHTS).num_frames == 65
    assert choices_of(record).choices.frame.duration_s == pytest.approx(65 / 24)


def test_a_length_of_a_scenes_own_counts_more_than_an_open_one_of_the_project() -> None:
    frame = FrameRequest(auto_duration=True, duration_s=2.0)
    render = RenderChoices(target=TARGET, frame=frame)
    scene = Scene(id="s", prompt="a fox")
    project = new_project("Foxes", NOON).model_copy(update={"scenes": (scene,), "render": render})
    sent = scene_request(project, scene, FULL).request.frame
    assert (sent.auto_duration, sent.duration_s) == (True, None)
    own = scene.with_own("duration_s", 3.0)
    sent = scene_request(project, own, FULL).request.frame
    assert (sent.auto_duration, sent.duration_s) == (None, 3.0)


def test_of_two_choices_of_a_scenes_own_the_later_counts_and_the_other_is_told() -> None:
    scene = Scene(id="s", prompt="a fox").with_own("auto_duration", True)
    render = RenderChoices(target=TARGET)
    project = new_project("Foxes", NOON).model_copy(update={"scenes": (scene,), "render": render})
    fixed = scene_request(project, with_duration(scene, 3.0), FULL)
    assert (fixed.request.frame.auto_duration, fixed.request.frame.duration_s) == (None, 3.0)
    assert fixed.left_out == ()
    opened = scene_request(project, with_duration(scene, 3.0).with_own("auto_duration", True), FULL)
    assert (opened.request.frame.auto_duration, opened.request.frame.duration_s) == (True, None)
    (told,) = opened.left_out
    assert told.startswith("The scene's own length of 3 s is not sent")


def test_the_length_that_a_storyboard_gives_is_the_length_that_is_sent() -> None:
    def split(text: str) -> Storyboard:
        return split_storyboard(text, target_length_s=None, clip_s=5, min_s=1, max_s=8)

    project = renew(new_project("Foxes", NOON), split("a fox"))
    project = project.model_copy(update={"render": RenderChoices(target=TARGET)})
    project = project.with_scene(project.scenes[0].with_own("auto_duration", True))
    (scene,) = renew(project, split("[4s] a fox")).scenes
    sent = scene_request(project, scene, FULL).request.frame
    assert (sent.auto_duration, sent.duration_s) == (None, 4.0)
