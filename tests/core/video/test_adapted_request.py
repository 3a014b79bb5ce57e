"""One request for models that take different things: nearest values, and a sentence for each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.project.model.project import Scene, VideoProject
from core.project.render.requests import scene_request
from core.video.planning.adapted_request import adapted_to
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, Motion, RenderRequest, Sampling
from core.video.terms import Role
from tests.fakes.inputs import chosen
from tests.fakes.provider import BIG, FULL, SMALL

if TYPE_CHECKING:
    from pathlib import Path

ASKED = RenderRequest(
    prompt="a red ball",
    negative_prompt="rain",
    frame=FrameRequest(resolution="720p", fps=24, duration_s=9.0),
    motion=Motion(camera="pan_left"),
    sampling=Sampling(seed=7),
    audio=True,
)


def test_a_length_size_and_rate_that_a_model_has_not_become_the_nearest_and_it_is_told() -> None:
    found = adapted_to(ASKED, SMALL, is_seed_drawn=False)
    assert found.request.frame == FrameRequest(resolution="128p", fps=16, duration_s=2.0)
    assert found.request.negative_prompt == "rain"
    assert found.notes == (
        "Fake Small takes a resolution of 128p in place of 720p, the nearest there is.",
        "Fake Small takes a duration of 4 s in place of 9 s, the nearest there is.",
        "Fake Small takes a frame rate of 16 fps in place of 24 fps, the nearest there is.",
        "Fake Small makes at most 2 s of 128p at that rate.",
    )


def test_what_a_model_does_not_take_is_left_out_and_told() -> None:
    found = adapted_to(ASKED, BIG, is_seed_drawn=False)
    assert found.request.negative_prompt is None
    assert found.request.motion.camera is None
    assert found.request.audio is None
    assert "Fake Big takes no negative prompt, so it is left out." in found.notes
    assert "Fake Big takes no camera move, so it is left out." in found.notes


def test_nothing_is_said_of_a_seed_that_nobody_asked_for() -> None:
    seedless = BIG.model_copy(update={"takes_seed": False})
    drawn = adapted_to(ASKED, seedless, is_seed_drawn=True)
    asked = adapted_to(ASKED, seedless, is_seed_drawn=False)
    assert drawn.request.sampling.seed is asked.request.sampling.seed is None
    assert not any("seed" in note for note in drawn.notes)
    assert any("seed" in note for note in asked.notes)


def test_what_was_adapted_is_planned_without_a_problem() -> None:
    found = adapted_to(ASKED.model_copy(update={"motion": Motion()}), SMALL, is_seed_drawn=True)
    plan = make_plan(found.request, SMALL)
    assert (plan.width, plan.height, plan.fps) == (192, 128, 16)
    assert plan.duration_s == pytest.approx(2, abs=0.1)


def test_sizes_in_pixels_become_the_nearest_in_pixels() -> None:
    wide = ASKED.model_copy(update={"frame": FrameRequest(resolution="200x120")})
    found = adapted_to(wide, SMALL, is_seed_drawn=True)
    assert found.request.frame.resolution == "192x128"
    assert "192x128 in place of 200x120" in found.notes[0]


def test_what_is_taken_as_it_is_says_nothing() -> None:
    plain = RenderRequest(prompt="a red ball", sampling=Sampling(seed=7))
    assert adapted_to(plain, SMALL, is_seed_drawn=False).notes == ()


def test_files_stay_so_that_a_model_that_takes_none_refuses_the_request(tmp_path: Path) -> None:
    start = Input(role=Role.START, path=tmp_path / "start.png")
    asked = ASKED.with_inputs((start,))
    assert adapted_to(asked, BIG, is_seed_drawn=True).request.inputs == (start,)


@pytest.mark.parametrize("audio", [True, False, None])
def test_a_model_whose_clips_always_have_sound_is_asked_for_sound(audio: bool | None) -> None:
    spec = FULL.model_copy(update={"is_audio_fixed": True})
    asked = RenderRequest(prompt="a red ball", audio=audio)
    found = adapted_to(asked, spec, is_seed_drawn=True)
    assert found.request.audio is not False
    told = ("Fake Full makes nothing without sound.",) if audio is False else ()
    assert found.notes == told
    assert make_plan(found.request, spec).has_audio

    render = chosen(audio=audio)
    scene = Scene(id="scene_1", prompt="a red ball")
    now = datetime(2026, 12, 1, tzinfo=UTC)
    project = VideoProject(
        id="project_1",
        name="A film",
        created_at=now,
        render=render,
        scenes=(scene,),
    )
    sent = scene_request(project, scene, spec)
    assert (sent.request.audio is not False, sent.left_out) == (True, told)


def test_resolutions_are_listed_from_small_to_large_whichever_is_the_usual_one() -> None:
    small, large = SMALL.sizes[0], BIG.sizes[0].model_copy(update={"width": 3840, "height": 2160})
    spec = SMALL.model_copy(
        update={"sizes": (large.model_copy(update={"resolution": "4K"}), small)}
    )
    assert spec.resolutions == (small.resolution, "4K")
    assert spec.default_size.resolution == "4K"
