from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.project.model.edits import (
    change_scenes,
    delete_scenes,
    duplicate_scenes,
    insert_scenes,
    merge_scenes,
    move_scenes,
    split_scene,
    with_continues,
    with_cut,
    with_duration,
    with_prompt,
)
from core.project.model.project import Scene, VideoProject, new_id
from gui.project.project_model import Change, ProjectModel
from tests.fakes.scenes import make_project, make_take

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

FOLDER = Path("/projects/harbour")


def make_model(scenes: int = 3, takes: int = 0, *, is_read_only: bool = False) -> ProjectModel:
    return ProjectModel(make_project(scenes, takes=takes), FOLDER, is_read_only=is_read_only)


def changes_of(model: ProjectModel) -> list[Change]:
    seen: list[Change] = []
    model.changed.connect(seen.append)
    return seen


def typed(model: ProjectModel, prompt: str, scene: str = "s1") -> None:
    edit = with_prompt(model.project.scenes[model.project.index(scene)], prompt)
    model.edit_scene("Change prompt", edit, merge=f"prompt:{scene}")


COMMANDS: dict[str, Callable[[VideoProject], VideoProject]] = {
    "insert": lambda p: insert_scenes(p, 1, [Scene(id=new_id("scene"))]),
    "delete": lambda p: delete_scenes(p, {"s2"}),
    "move": lambda p: move_scenes(p, {"s3"}, 0),
    "duplicate": lambda p: duplicate_scenes(p, {"s1", "s2"}),
    "split": lambda p: split_scene(p, "s2", 6),
    "merge": lambda p: merge_scenes(p, {"s1", "s2"}),
    "change": lambda p: change_scenes(p, {"s1", "s3"}, lambda s: with_duration(s, 2.0)),
    "storyboard": lambda p: p.model_copy(update={"storyboard": "words"}),
}


def test_undo_of_every_command_gives_the_exact_project_back(qtbot: QtBot) -> None:
    for name, command in COMMANDS.items():
        model = make_model(takes=2)
        before = model.project
        model.edit(name, command(before))
        after = model.project
        assert after != before, name
        assert model.undo_stack.undoText() == name
        model.undo_stack.undo()
        assert model.project == before, name
        model.undo_stack.redo()
        assert model.project == after, name
        model.undo_stack.undo()
        assert model.project == before, name


def test_choice_of_a_take_is_undone(qtbot: QtBot) -> None:
    model = make_model(takes=2)
    before = model.project
    model.choose_take("s1", "s1-take1")
    assert model.project.takes_of("s1").chosen == "s1-take1"
    model.undo_stack.undo()
    assert model.project == before


def test_take_that_the_scene_does_not_have_is_not_chosen(qtbot: QtBot) -> None:
    model = make_model(takes=2)
    model.choose_take("s1", "s2-take1")
    assert not model.undo_stack.canUndo()


def test_undo_never_takes_a_clip_away_that_arrived_since(qtbot: QtBot) -> None:
    model = make_model(takes=1)
    model.edit("Merge", merge_scenes(model.project, {"s1", "s2"}))
    model.add_take("s1", make_take("new"))
    model.undo_stack.undo()
    assert [take.id for take in model.project.takes_of("s1").takes] == ["s1-take1", "new"]
    assert model.project.takes_of("s1").chosen == "new"
    assert model.project.takes_of("s2").chosen == "s2-take1"


def test_typing_is_one_step_until_a_pause(qtbot: QtBot) -> None:
    model = make_model()
    for prompt in ("A", "A c", "A cat"):
        typed(model, prompt)
    model.end_merging()
    typed(model, "A cat sits")
    assert model.undo_stack.count() == 2
    model.undo_stack.undo()
    assert model.project.scenes[0].prompt == "A cat"
    model.undo_stack.undo()
    assert model.project == make_project()


def test_pause_is_told_by_the_clock(qtbot: QtBot) -> None:
    model = ProjectModel(make_project(), FOLDER, pause_ms=20)
    typed(model, "A")
    qtbot.wait(60)
    typed(model, "A cat")
    assert model.undo_stack.count() == 2


def test_typing_in_another_scene_is_another_step(qtbot: QtBot) -> None:
    model = make_model()
    typed(model, "A")
    typed(model, "B", "s2")
    typed(model, "A cat")
    assert model.undo_stack.count() == 3


def test_typing_after_an_undo_does_not_join_the_step_before_it(qtbot: QtBot) -> None:
    model = make_model()
    typed(model, "A")
    model.edit("Delete", delete_scenes(model.project, {"s3"}))
    model.undo_stack.undo()
    typed(model, "A cat")
    model.undo_stack.undo()
    assert model.project.scenes[0].prompt == "A"


def test_what_was_typed_and_taken_back_is_no_step(qtbot: QtBot) -> None:
    model = make_model()
    prompt = model.project.scenes[0].prompt
    typed(model, prompt + "x")
    typed(model, prompt)
    assert not model.undo_stack.canUndo()
    assert model.project == make_project()
    typed(model, "new")
    assert model.undo_stack.count() == 1


def test_clip_that_arrives_while_typing_stays_through_undo(qtbot: QtBot) -> None:
    model = make_model()
    typed(model, "A")
    model.add_take("s1", make_take("new"))
    typed(model, "A cat")
    while model.undo_stack.canUndo():
        model.undo_stack.undo()
    assert model.project.scenes == make_project().scenes
    assert model.project.takes_of("s1").chosen == "new"


def test_panel_edits_several_scenes_in_one_step(qtbot: QtBot) -> None:
    model = make_model()
    seen = changes_of(model)
    new = tuple(with_cut(scene, "speed", 2.0) for scene in model.project.scenes[1:])
    model.edit_scenes("Change speed of 2 scenes", new)
    assert [scene.cut.speed for scene in model.project.scenes] == [1.0, 2.0, 2.0]
    assert len(seen) == 1
    model.edit_scenes("Continue", (with_continues(model.project.scenes[0], True),))
    assert len(seen) == 1, "the first scene has none before it"
    model.edit_scenes("Change", (Scene(id="gone", prompt="x"),))
    assert len(seen) == 1


def test_read_only_project_takes_clips_but_no_edits(qtbot: QtBot) -> None:
    model = make_model(takes=2, is_read_only=True)
    typed(model, "A")
    model.choose_take("s1", "s1-take1")
    assert model.project == make_project(takes=2)
    model.add_take("s1", make_take("new"))
    assert model.project.takes_of("s1").chosen == "new"


def test_edit_without_change_is_no_step(qtbot: QtBot) -> None:
    model = make_model()
    seen = changes_of(model)
    model.edit("Nothing", model.project.model_copy())
    assert not model.undo_stack.canUndo()
    assert not seen


class Editing(RuleBasedStateMachine):
    """Random edits, finished clips, undo and redo: what a long evening at the desk does."""

    def __init__(self) -> None:
        super().__init__()
        self.model = make_model(takes=1)
        self.added = 0
        # The project before each step that can be undone, with the number of clips added by then.
        self.past: list[tuple[VideoProject, int]] = []
        self.future: list[tuple[VideoProject, int]] = []
        self.clips = {
            take.id for takes in self.model.project.takes.values() for take in takes.takes
        }

    def clips_there(self) -> set[str]:
        return {take.id for takes in self.model.project.takes.values() for take in takes.takes}

    def some(self, data: st.DataObject) -> list[str]:
        ids = [scene.id for scene in self.model.project.scenes]
        return data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))

    def edit(self, project: VideoProject) -> None:
        before = self.model.project
        self.model.edit("Edit", project)
        if self.model.project != before:
            self.past.append((before, self.added))
            self.future.clear()

    @rule(index=st.integers(0, 5))
    def insert(self, index: int) -> None:
        self.edit(insert_scenes(self.model.project, index, [Scene(id=new_id("scene"))]))

    @precondition(lambda self: self.model.project.scenes)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.edit(delete_scenes(self.model.project, self.some(data)))

    @precondition(lambda self: self.model.project.scenes)
    @rule(data=st.data(), index=st.integers(0, 5))
    def move(self, data: st.DataObject, index: int) -> None:
        self.edit(move_scenes(self.model.project, self.some(data), index))

    @precondition(lambda self: 0 < len(self.model.project.scenes) < 8)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        self.edit(duplicate_scenes(self.model.project, self.some(data)))

    @precondition(lambda self: self.model.project.scenes)
    @rule(data=st.data(), at=st.integers(0, 20))
    def split(self, data: st.DataObject, at: int) -> None:
        self.edit(split_scene(self.model.project, self.some(data)[0], at))

    @precondition(lambda self: self.model.project.scenes)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        self.edit(merge_scenes(self.model.project, self.some(data)))

    @precondition(lambda self: self.model.project.scenes)
    @rule(data=st.data())
    def finish_clip(self, data: st.DataObject) -> None:
        self.added += 1
        take = make_take(f"new{self.added}")
        self.clips.add(take.id)
        self.model.add_take(self.some(data)[0], take)

    @precondition(lambda self: self.model.project.scenes)
    @rule(data=st.data())
    def choose(self, data: st.DataObject) -> None:
        scene = self.some(data)[0]
        takes = self.model.project.takes_of(scene)
        if takes.takes:
            before = self.model.project
            self.model.choose_take(scene, data.draw(st.sampled_from(takes.takes)).id)
            if self.model.project != before:
                self.past.append((before, self.added))
                self.future.clear()

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        self.future.append((self.model.project, self.added))
        self.model.undo_stack.undo()
        self.expect(*self.past.pop())

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.past.append((self.model.project, self.added))
        self.model.undo_stack.redo()
        self.expect(*self.future.pop())

    def expect(self, project: VideoProject, added: int) -> None:
        assert self.model.project.scenes == project.scenes
        if added == self.added:
            assert self.model.project == project

    @invariant()
    def stacks_agree(self) -> None:
        assert self.model.undo_stack.index() == len(self.past)
        assert self.model.undo_stack.canRedo() == bool(self.future)

    @invariant()
    def no_clip_is_lost(self) -> None:
        assert self.clips <= self.clips_there()

    @invariant()
    def chosen_take_is_one_of_the_scene(self) -> None:
        for takes in self.model.project.takes.values():
            assert takes.chosen is None or takes.chosen_take is not None


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_a_model_goes_at_once_when_nobody_holds_it(qtbot: QtBot) -> None:
    """Not with its steps in one heap of garbage, which Python would clear in any order."""
    model = make_model()
    typed(model, "A hen.")
    model.edit("Rename", model.project.model_copy(update={"name": "Other"}))
    model.undo_stack.undo()
    watched = weakref.ref(model)
    # Nothing is collected while a test of the window runs.
    assert not gc.isenabled()
    del model
    assert watched() is None
