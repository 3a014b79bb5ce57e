from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.film.model.film import Transition
from core.project.model.edits import own_duration_s, with_duration, with_enhanced_words
from core.project.model.project import Scene, SceneTakes, Take, VideoProject, new_project
from core.project.storyboard.scenes import LengthChange, renew, renew_scenes
from core.project.storyboard.storyboard import Storyboard, split_storyboard

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def split(text: str, target_s: float | None = None) -> Storyboard:
    return split_storyboard(text, target_length_s=target_s, clip_s=5, min_s=1, max_s=8)


def made_from(text: str) -> VideoProject:
    return renew(new_project("Film", NOW), split(text))


def with_prompt(project: VideoProject, index: int, prompt: str) -> VideoProject:
    scene = project.scenes[index].model_copy(update={"prompt": prompt})
    return project.with_scene(scene)


def test_scenes_carry_what_the_tags_say() -> None:
    (scene,) = made_from(
        "{title: Bridge} [2.5s] A fox runs. {camera: pan left} {seed: 5} "
        "{transition: dissolve 0.5} {style: ink}"
    ).scenes
    assert (scene.title, scene.prompt) == ("Bridge", "A fox runs. ink.")
    assert scene.own_fields == ("duration_s", "camera", "seed")
    assert (scene.own.frame.duration_s, scene.own.motion.camera, scene.own.sampling.seed) == (
        2.5,
        "pan_left",
        5,
    )
    assert scene.cut.transition == Transition(kind="dissolve", duration_s=0.5)


def test_scenes_without_tags_are_as_long_as_the_project_says() -> None:
    one, other = made_from("a fox\n\nan owl").scenes
    assert one.own_fields == ()
    assert one.cut.transition is None
    assert one.id != other.id


def test_renewing_keeps_text_and_target_in_the_project() -> None:
    project = renew(new_project("Film", NOW), split("a fox\n\nan owl", 12))
    assert project.storyboard == "a fox\n\nan owl"
    assert project.target_length_s == 12


@pytest.mark.parametrize(
    ("text", "enhanced"), [("a fox {style: ink}", "A red fox."), ("a fox {style: oil}", "")]
)
def test_what_an_enhancer_wrote_stays_only_as_long_as_its_prompt(text: str, enhanced: str) -> None:
    project = made_from("a fox {style: ink}")
    project = project.with_scene(with_enhanced_words(project.scenes[0], "A red fox."))
    (renewed,) = renew(project, split(text)).scenes
    assert renewed.id == project.scenes[0].id
    assert renewed.enhanced_prompt == enhanced


def test_scenes_with_the_same_words_keep_id_edits_and_takes() -> None:
    before = with_prompt(made_from("a fox\n\nan owl\n\na hen"), 1, "a white owl, at night")
    owl = before.scenes[1]
    take = Take(id="job-1", path=Path("/clips/1.mp4"), created_at=NOW)
    before = before.with_takes(owl.id, SceneTakes().with_take(take))
    after = renew(before, split("a cow\n\n[3s] an owl {camera: orbit}\n\na fox"))
    assert [scene.text.strip() for scene in after.scenes] == [
        "a cow", "[3s] an owl {camera: orbit}", "a fox",
    ]  # fmt: skip
    renewed = after.scenes[1]
    assert (renewed.id, renewed.prompt) == (owl.id, "a white owl, at night")
    assert (renewed.own.frame.duration_s, renewed.own.motion.camera) == (3, "orbit")
    assert after.chosen_take(owl.id) == take
    assert after.scenes[2].id == before.scenes[0].id
    assert after.scenes[0].id not in {scene.id for scene in before.scenes}


def test_equal_words_are_matched_in_order() -> None:
    before = made_from("la la\n\nhey\n\nla la")
    after = renew(before, split("la la\n\nho\n\nla la"))
    assert [scene.id for scene in after.scenes[::2]] == [s.id for s in before.scenes[::2]]


def test_takes_of_scenes_that_go_stay_in_the_project() -> None:
    before = made_from("a fox")
    takes = SceneTakes().with_take(Take(id="job-1", path=Path("/1.mp4"), created_at=NOW))
    before = before.with_takes(before.scenes[0].id, takes)
    assert renew(before, split("an owl")).takes == before.takes


def test_a_prompt_nobody_edited_follows_style_and_mood() -> None:
    before = made_from("{style: ink} a fox {mood: calm}\n\nan owl")
    assert [scene.prompt for scene in before.scenes] == ["a fox, ink, calm", "an owl, ink"]
    after = renew(before, split("{style: chalk} a fox\n\nan owl"))
    assert [scene.prompt for scene in after.scenes] == ["a fox, chalk", "an owl, chalk"]


def test_a_tag_that_is_gone_takes_back_what_it_said() -> None:
    text = "{title: One} a fox {camera: orbit} {seed: 3} {transition: dissolve 1}"
    after = renew(made_from(text), split("a fox"))
    (scene,) = after.scenes
    assert (scene.title, scene.own_fields, scene.cut.transition) == ("", (), None)


def lengths(project: VideoProject) -> list[float | None]:
    return [own_duration_s(scene) for scene in project.scenes]


def test_tags_times_and_targets_give_scenes_a_length_of_their_own() -> None:
    assert lengths(made_from("a fox\n\n[3s] an owl")) == [None, 3]
    assert lengths(made_from("0:00 a fox\n0:04 an owl")) == [4, None]
    assert lengths(renew(new_project("Film", NOW), split("a fox\n\nan owl", 12))) == [6, 6]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("[3s] a fox", "[3s] a fox", 7),
        ("[3s] a fox", "[4s] a fox", 4),
        ("[3s] a fox", "a fox", 7),
        ("a fox", "a fox\n\nan owl", 7),
        ("a fox", "[2s] a fox", 2),
        ("0:00 a fox\n0:04 an owl", "0:00 a fox\n0:04 an owl\n0:09 a hen", 7),
        ("0:00 a fox\n0:04 an owl", "0:00 a fox\n0:05 an owl", 5),
    ],
)
def test_a_length_chosen_by_hand_gives_way_only_to_another_tag(
    before: str, after: str, expected: float
) -> None:
    project = made_from(before)
    project = project.with_scene(with_duration(project.scenes[0], 7))
    assert own_duration_s(renew(project, split(after)).scenes[0]) == expected


def test_a_length_of_a_tag_goes_with_the_tag_and_is_told() -> None:
    before = made_from("[3s] a fox\n\nan owl")
    renewal = renew_scenes(before.scenes, split("a fox\n\n[4s] an owl"))
    assert [own_duration_s(scene) for scene in renewal.scenes] == [None, 4]
    assert renewal.length_changes == (
        LengthChange(1, before.scenes[0].id, 3, None),
        LengthChange(2, before.scenes[1].id, None, 4),
    )


def test_a_tag_read_by_an_earlier_version_is_known_from_the_scene_s_words() -> None:
    project = made_from("[3s] a fox")
    old = with_duration(project.scenes[0], 7).model_copy(update={"storyboard_s": None})
    assert lengths(renew(project.with_scene(old), split("[3s] a fox"))) == [7]


def test_a_target_is_shared_anew_among_scenes_that_stay_only_where_that_is_wanted() -> None:
    before = renew(new_project("Film", NOW), split("a fox\n\nan owl", 8))
    board = split("a fox\n\nan owl\n\na hen", 9)
    assert lengths(renew(before, board)) == [4, 4, 3]
    assert renew_scenes(before.scenes, board).unshared == tuple(s.id for s in before.scenes)
    anew = renew(before, board, shares_anew=True)
    assert lengths(anew) == [3, 3, 3]
    assert renew_scenes(anew.scenes, board).unshared == ()


def test_another_usual_length_reaches_no_scene_through_the_storyboard() -> None:
    text = "a fox\n\nan owl"
    once = made_from(text)
    other = split_storyboard(text, target_length_s=None, clip_s=2, min_s=1, max_s=8)
    assert renew(once, other) == once


def test_what_a_person_chose_without_a_tag_stays() -> None:
    before = made_from("a fox\n\nan owl")
    chosen = before.scenes[0].with_own("camera", "orbit").model_copy(update={"title": "Mine"})
    after = renew(before.with_scene(chosen), split("a fox\n\nan owl\n\na hen"))
    assert (after.scenes[0].own.motion.camera, after.scenes[0].title) == ("orbit", "Mine")


def test_scenes_added_by_hand_stay_after_the_scene_they_followed() -> None:
    before = made_from("a fox\n\nan owl")
    fox, owl = before.scenes
    first, second = Scene(id="hand-1", prompt="titles"), Scene(id="hand-2", prompt="a bridge")
    empty = Scene(id="hand-3")
    before = before.model_copy(update={"scenes": (first, fox, second, empty, owl)})
    renewal = renew_scenes(before.scenes, split("an owl\n\na fox\n\na hen"))
    assert [scene.id for scene in renewal.scenes][:4] == ["hand-1", owl.id, fox.id, "hand-2"]
    assert renewal.own == ("hand-1", "hand-2")
    assert renewal.kept == (owl.id, fox.id)
    assert renewal.gone == ("hand-3",)
    assert len(renewal.made) == 1


def test_the_first_scene_continues_from_nothing() -> None:
    before = made_from("a fox\n\nan owl")
    linked = before.scenes[1].model_copy(update={"continues": True})
    after = renew(before.with_scene(linked), split("an owl\n\na fox"))
    assert not after.scenes[0].continues


@settings(max_examples=80, deadline=None)
@given(st.text(), st.one_of(st.none(), st.floats(1, 300)))
def test_applying_a_storyboard_twice_changes_nothing(text: str, target_s: float | None) -> None:
    once = renew(new_project("Film", NOW), split(text, target_s))
    assert renew(once, split(text, target_s)) == once
