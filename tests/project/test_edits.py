from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.film.model.film import Fit, Transition
from core.project.model.edits import (
    FrameSlot,
    TakesEdit,
    append_to_prompt,
    between_words,
    change_scenes,
    count_in_prompt,
    delete_scenes,
    duplicate_scenes,
    insert_scenes,
    merge_scenes,
    move_scenes,
    own_duration_s,
    replace_in_prompt,
    sentence_break,
    split_scene,
    with_continues,
    with_cut,
    with_duration,
    with_frame,
    with_prompt,
)
from core.project.model.project import (
    ReferenceImage,
    Scene,
    SceneCut,
    SceneTakes,
    VideoProject,
    new_id,
)
from tests.fakes.scenes import make_project, make_take

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = Path("/pictures/boat.png")


def ids(project: VideoProject) -> list[str]:
    return [scene.id for scene in project.scenes]


def numbers(size: int) -> st.SearchStrategy[set[str]]:
    return st.sets(st.integers(1, size).map(lambda number: f"s{number}"))


EDITS: dict[str, Callable[[VideoProject], VideoProject]] = {
    "change": lambda p: change_scenes(p, {"s2"}, lambda s: with_prompt(s, "new")),
    "insert": lambda p: insert_scenes(p, 1, [Scene(id="new")]),
    "delete": lambda p: delete_scenes(p, {"s2"}),
    "move": lambda p: move_scenes(p, {"s2"}, 0),
    "duplicate": lambda p: duplicate_scenes(p, {"s2"}),
    "split": lambda p: split_scene(p, "s2", 6),
    "merge": lambda p: merge_scenes(p, {"s1", "s2"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_is_pure(name: str) -> None:
    project = make_project(takes=2)
    messages = project.model_dump_json()
    edited = EDITS[name](project)
    assert edited != project
    assert project.model_dump_json() == messages
    assert VideoProject.model_validate_json(edited.model_dump_json()) == edited


def test_scenes_are_inserted_before_a_place() -> None:
    assert ids(insert_scenes(make_project(), 1, [Scene(id="new")])) == ["s1", "new", "s2", "s3"]
    assert ids(insert_scenes(make_project(), 3, [Scene(id="new")])) == ["s1", "s2", "s3", "new"]


@given(chosen=numbers(6), index=st.integers(0, 6))
def test_moving_keeps_the_order_of_what_moves_and_of_what_stays(
    chosen: set[str], index: int
) -> None:
    project = make_project(6)
    moved = ids(move_scenes(project, chosen, index))
    assert sorted(moved) == sorted(ids(project))
    assert [one for one in moved if one in chosen] == [f for f in ids(project) if f in chosen]
    assert [one for one in moved if one not in chosen] == [
        one for one in ids(project) if one not in chosen
    ]
    before = [one for one in ids(project)[:index] if one not in chosen]
    assert moved[: len(before)] == before


@given(chosen=numbers(5))
def test_deleting_keeps_the_takes(chosen: set[str]) -> None:
    project = make_project(5, takes=1)
    left = delete_scenes(project, chosen)
    assert ids(left) == [one for one in ids(project) if one not in chosen]
    assert left.takes == project.takes


@pytest.mark.parametrize("edit", ["delete", "move", "insert", "change"])
def test_first_scene_never_goes_on_from_another(edit: str) -> None:
    project = change_scenes(make_project(), {"s2"}, lambda s: with_continues(s, True))
    assert project.scenes[1].continues
    edited = {
        "delete": lambda: delete_scenes(project, {"s1"}),
        "move": lambda: move_scenes(project, {"s2"}, 0),
        "insert": lambda: insert_scenes(project, 0, [Scene(id="new", continues=True)]),
        "change": lambda: change_scenes(project, {"s1"}, lambda s: with_continues(s, True)),
    }[edit]()
    assert not edited.scenes[0].continues


def test_copies_stand_behind_their_originals_and_share_the_takes() -> None:
    project = make_project(takes=2)
    doubled = duplicate_scenes(project, {"s1", "s3"})
    first, copy, second, third, last = doubled.scenes
    assert [first.id, second.id, third.id] == ["s1", "s2", "s3"]
    assert copy == first.model_copy(update={"id": copy.id})
    assert len(set(ids(doubled))) == 5
    assert doubled.takes_of(copy.id) == project.takes_of("s1")
    assert doubled.takes_of(last.id) == project.takes_of("s3")


def rich(scene: Scene) -> Scene:
    cut = SceneCut(start_s=0.5, end_s=1.5, speed=2, is_muted=True, volume_db=-3, fit=Fit.FILL)
    scene = scene.model_copy(
        update={
            "prompt": "One two three four",
            "start_image": IMAGE,
            "end_image": Path("/pictures/end.png"),
            "cut": cut.model_copy(update={"transition": Transition(kind="dissolve")}),
        }
    )
    return with_duration(scene, 8.0)


def test_split_divides_words_images_and_length() -> None:
    project = change_scenes(make_project(takes=1), {"s2"}, rich)
    halved = split_scene(project, "s2", 8)
    first, second = halved.scenes[1:3]
    assert (first.prompt, second.prompt) == ("One two", "three four")
    assert (first.start_image, first.end_image) == (IMAGE, None)
    assert (second.start_image, second.end_image) == (None, Path("/pictures/end.png"))
    assert (first.continues, second.continues) == (False, True)
    assert first.cut == project.scenes[1].cut
    assert second.cut == SceneCut(speed=2, is_muted=True, volume_db=-3, fit=Fit.FILL)
    assert first.text == "s2"
    assert second.text == ""
    assert (own_duration_s(first), own_duration_s(second)) == (3.6, 4.4)
    assert halved.takes == project.takes


@given(prompt=st.text(max_size=40), at=st.integers(0, 40), seconds=st.floats(0.5, 60))
def test_split_loses_no_letter_and_no_time(prompt: str, at: int, seconds: float) -> None:
    project = change_scenes(
        make_project(), {"s2"}, lambda s: with_duration(with_prompt(s, prompt), seconds)
    )
    first, second = split_scene(project, "s2", min(at, len(prompt))).scenes[1:3]
    letters = "".join((first.prompt + second.prompt).split())
    assert letters == "".join(prompt.split())
    lengths = [own_duration_s(half) or 0 for half in (first, second)]
    if prompt and seconds >= 2:
        assert sum(lengths) == pytest.approx(seconds, abs=0.002)
        assert min(lengths) >= 0.99
    else:
        assert lengths == [seconds, seconds]


@pytest.mark.parametrize(
    ("prompt", "first"),
    [
        ("One. Two three four. Five six.", "One. Two three four."),
        ("A fox runs. It is cold, it snows on the hill and it is dark.", "A fox runs."),
        ("Dr. Moon waves. The crowd cheers.", "Dr. Moon waves."),
        ("A 3.5 m ship sails e.g. by a coast! Gulls cry", "A 3.5 m ship sails e.g. by a coast!"),
        ("A lighthouse in a storm, waves break over the rocks", "A lighthouse in a storm,"),
        ("the sea is calm; a red, round ball floats by", "the sea is calm;"),
        ("a title\nand words below", "a title"),
        ("一只红色的球。孩子们在跑。", "一只红色的球。"),
        ("A blue square spinning at night with a high tone", None),
        ("A red, round, shiny ball", None),
        ("oneword", None),
        ("Only one sentence.", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_prompt_breaks_where_sentences_end_and_never_within_a_phrase(
    prompt: str, first: str | None
) -> None:
    at = sentence_break(prompt)
    assert (None if at is None else prompt[:at].strip()) == first


@pytest.mark.parametrize(("at", "gap"), [(0, 3), (4, 3), (6, 7), (7, 7), (40, 7)])
def test_a_place_within_a_word_moves_to_the_nearest_gap(at: int, gap: int) -> None:
    assert between_words("One two three", at) == gap


def test_split_without_a_place_gives_both_halves_all_the_words() -> None:
    project = change_scenes(
        make_project(), {"s2"}, lambda s: with_duration(with_prompt(s, "a ball"), 6.0)
    )
    first, second = split_scene(project, "s2", None).scenes[1:3]
    assert (first.prompt, second.prompt) == ("a ball", "a ball")
    assert (own_duration_s(first), own_duration_s(second)) == (3.0, 3.0)


def test_merge_joins_words_takes_and_lengths() -> None:
    project = make_project(takes=1)
    project = change_scenes(project, {"s1", "s2"}, lambda s: with_duration(s, 3.0))
    boat = ReferenceImage(path=IMAGE, name="boat")
    project = change_scenes(
        project,
        {"s2"},
        lambda s: s.model_copy(update={"references": (boat,), "end_image": IMAGE}),
    )
    merged = merge_scenes(project, {"s1", "s2"})
    assert ids(merged) == ["s1", "s3"]
    whole = merged.scenes[0]
    assert whole.prompt == "A boat sails past s1. A boat sails past s2."
    assert whole.text == "s1\ns2"
    assert whole.references == (boat,)
    assert whole.end_image == IMAGE
    assert own_duration_s(whole) == 6.0
    takes = merged.takes_of("s1")
    assert [take.id for take in takes.takes] == ["s1-take1", "s2-take1"]
    assert takes.chosen == "s1-take1"


def test_merge_uses_the_clip_that_there_is() -> None:
    project = make_project()
    project = project.with_takes("s2", SceneTakes().with_take(make_take("t")))
    assert merge_scenes(project, {"s1", "s2"}).takes_of("s1").chosen == "t"


def test_merge_keeps_shared_takes_once() -> None:
    project = duplicate_scenes(make_project(1, takes=2), {"s1"})
    merged = merge_scenes(project, set(ids(project)))
    assert merged.takes_of("s1") == project.takes_of("s1")


def test_merge_of_one_scene_changes_nothing() -> None:
    project = make_project()
    assert merge_scenes(project, {"s1"}) is project


def test_start_frame_ends_going_on_from_the_scene_before() -> None:
    scene = with_continues(make_project().scenes[1], True)
    assert not with_frame(scene, FrameSlot.START, IMAGE).continues
    assert with_frame(scene, FrameSlot.START, None).continues
    ended = with_frame(scene, FrameSlot.END, IMAGE)
    assert ended.continues
    assert ended.end_image == IMAGE
    assert ended.start_image is None


def test_own_length_comes_and_goes() -> None:
    scene = make_project().scenes[0]
    assert own_duration_s(with_duration(scene, 3.5)) == 3.5
    assert own_duration_s(with_duration(with_duration(scene, 3.5), None)) is None


def test_cut_changes_one_field() -> None:
    scene = with_cut(make_project().scenes[0], "speed", 2.0)
    assert scene.cut == SceneCut(speed=2.0)


@pytest.mark.parametrize(
    ("prompt", "words", "joined"),
    [("A boat.", "At night.", "A boat. At night."), ("", "x", "x"), ("A boat. ", " ", "A boat. ")],
)
def test_words_are_appended(prompt: str, words: str, joined: str) -> None:
    scene = with_prompt(make_project().scenes[0], prompt)
    assert append_to_prompt(scene, words).prompt == joined


def test_words_are_found_and_replaced_literally() -> None:
    scene = with_prompt(make_project().scenes[0], "A boat (red). a Boat (red).")
    assert count_in_prompt(scene, "a boat", matches_case=False) == 2
    assert count_in_prompt(scene, "a boat", matches_case=True) == 0
    assert count_in_prompt(scene, "", matches_case=True) == 0
    swapped = replace_in_prompt(scene, "(RED)", r"\1", matches_case=False)
    assert swapped.prompt == r"A boat \1. a Boat \1."
    assert replace_in_prompt(scene, "(RED)", "x", matches_case=True) == scene
    assert replace_in_prompt(scene, "", "x", matches_case=True) == scene


TAKES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.sampled_from([make_take(name) for name in "tuvw"]), unique_by=lambda t: t.id).map(
        lambda takes: SceneTakes(takes=tuple(takes), chosen=takes[-1].id if takes else None)
    ),
)


@given(before=TAKES, after=TAKES, scene=st.sampled_from(["a", "b", "c", "d"]))
def test_undone_takes_are_exact_and_lose_no_clip(
    before: dict[str, SceneTakes], after: dict[str, SceneTakes], scene: str
) -> None:
    edit = TakesEdit.between(before, after)
    assert edit.is_empty == (before == after)
    assert edit.done(before) == after
    assert edit.undone(after) == before
    new = make_take("new")
    later = {**after, scene: after.get(scene, SceneTakes()).with_take(new)}
    undone = edit.undone(later)
    assert undone[scene] == before.get(scene, SceneTakes()).with_take(new)
    assert edit.done(undone) == later


def test_no_two_scenes_of_any_project_have_the_same_id() -> None:
    assert len({new_id("scene") for _ in range(200_000)}) == 200_000
