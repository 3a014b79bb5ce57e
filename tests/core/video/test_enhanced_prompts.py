"""A prompt and what an enhancer made of it: in plans, scenes and records."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UnsupportedRequest
from core.project.model.edits import merge_scenes, split_scene, with_prompt
from core.project.model.project import Scene, VideoProject, new_project
from core.project.render.requests import fingerprint, scene_request
from core.project.render.rerender import choices_of, request_again, scene_again
from core.video.planning.clip_plan import make_plan
from core.video.planning.prompt_parts import with_enhanced_prompt
from core.video.record import make_record
from core.video.rendered import Rendered
from core.video.request import Motion, RenderChoices, RenderRequest
from core.video.terms import Target
from tests.fakes.provider import FULL, PROVENANCE, SMALL
from tests.fakes.scenes import NOON

TARGET = Target(provider="fake", deployment="local", model=FULL.id)
FOX = RenderRequest(target=TARGET, prompt="a fox")
MOVE = FULL.camera.motions[0] if FULL.camera else ""


def project_of(*scenes: Scene) -> VideoProject:
    render = RenderChoices(target=TARGET)
    return new_project("Foxes", NOON).model_copy(update={"scenes": scenes, "render": render})


def asked(**changes: object) -> RenderRequest:
    return FOX.model_copy(update=changes)


def test_the_model_reads_the_enhanced_words_and_the_camera_follows_them() -> None:
    plan = make_plan(asked(enhanced_prompt="a red fox", motion=Motion(camera=MOVE)), FULL)
    assert plan.prompt.startswith("a red fox. ")
    assert plan.request.prompt == "a fox"
    assert not plan.enhances_prompt
    assert "The model reads the enhanced prompt instead of the prompt." in plan.notes

    open_one = make_plan(asked(enhance_prompt=True, motion=Motion(camera=MOVE)), FULL)
    assert open_one.enhances_prompt
    assert with_enhanced_prompt(open_one, "a red fox").prompt == plan.prompt


def test_words_that_are_there_are_not_asked_for_again() -> None:
    plan = make_plan(asked(enhance_prompt=True, enhanced_prompt="a red fox"), FULL)
    assert not plan.enhances_prompt
    said = "The model reads the enhanced prompt instead of the prompt, and its enhancer is not "
    assert f"{said}asked." in plan.notes


@pytest.mark.parametrize("change", [{"enhance_prompt": True}, {"enhanced_prompt": "a | b"}])
def test_a_prompt_of_several_parts_is_not_enhanced(change: dict[str, object]) -> None:
    parts = FULL.model_copy(update={"most_parts": 8})
    with pytest.raises(UnsupportedRequest) as refused:
        make_plan(asked(prompt="a fox | a hen", **change), parts)
    fields = [problem.field for problem in refused.value.problems]
    assert fields == list(change)


def test_a_scene_sends_its_enhanced_words_to_models_that_enhance_alone() -> None:
    scene = Scene(id="s", prompt="a fox", enhanced_prompt="a red fox")
    project = project_of(scene)
    sent = scene_request(project, scene, FULL)
    assert sent.request.enhanced_prompt == "a red fox"
    other = scene_request(project, scene, SMALL)
    assert other.request.enhanced_prompt is None
    assert "Fake Small takes no enhanced prompt, so it is not sent." in other.left_out
    assert sent.fingerprint != other.fingerprint


def test_clips_that_were_made_before_enhancers_came_do_not_look_out_of_date() -> None:
    assert fingerprint(FOX) == fingerprint(asked(enhance_prompt=None, enhanced_prompt=None))
    assert fingerprint(FOX) != fingerprint(asked(enhance_prompt=True))


def test_another_prompt_takes_the_words_with_it_that_were_made_of_the_old_one() -> None:
    scene = Scene(id="s", prompt="a fox", enhanced_prompt="a red fox")
    assert with_prompt(scene, "a fox").enhanced_prompt == "a red fox"
    assert with_prompt(scene, "a hen").enhanced_prompt == ""
    project = project_of(scene, Scene(id="t", prompt="a hen"))
    halves = split_scene(project, "s", 1).scenes
    assert [half.enhanced_prompt for half in halves] == ["", "", ""]
    assert merge_scenes(project, ("s", "t")).scenes[0].enhanced_prompt == ""


def test_a_record_brings_back_both_prompts_and_asks_no_enhancer() -> None:
    plan = make_plan(asked(enhance_prompt=True), FULL)
    made = with_enhanced_prompt(plan, "a red fox")
    rendered = Rendered(Path("clip.mp4"), PROVENANCE)
    record = make_record(made, rendered, job_id="job-1", created_at=NOON)
    again = request_again(record)
    assert (again.prompt, again.enhanced_prompt) == ("a fox", "a red fox")
    assert not make_plan(again, FULL).enhances_prompt
    assert make_plan(again, FULL).prompt == "a red fox"
    assert choices_of(record).enhanced_prompt == "a red fox"
    scene = Scene(id="s", prompt="a hen", enhanced_prompt="a white hen")
    found = scene_again(project_of(scene), scene, record)
    assert (found.scene.prompt, found.scene.enhanced_prompt) == ("a fox", "a red fox")
