"""A project's chosen takes as a set for a LoRA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.project.files.project_file import write_project
from core.project.model.project import Scene, SceneTakes, Take
from core.project.render.training_takes import list_set
from tests.fakes.clips import moving_clip
from tests.project.projects import NOW, made_project

if TYPE_CHECKING:
    from pathlib import Path


def test_each_chosen_take_is_learned_with_its_prompt(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    project = made_project(folder, "My film")
    scenes, takes = [], {}
    for name in ("one", "two", "three"):
        scene = Scene(id=f"scene-{name}", prompt=f"scene {name}")
        scenes.append(scene)
        if name != "three":
            clip = moving_clip(folder / f"{name}.mp4", 9, 16)
            take = Take(id=name, path=clip, created_at=NOW, is_footage=name == "two")
            takes[scene.id] = SceneTakes(takes=(take,), chosen=name)
    write_project(project.model_copy(update={"scenes": tuple(scenes), "takes": takes}), folder)
    listed = list_set(folder)
    assert list_set(folder / "project.json").entries == listed.entries
    assert (listed.name, listed.source, listed.problems) == ("My film", folder, ())
    assert [(entry.path.name, entry.caption) for entry in listed.entries] == [
        ("one.mp4", "scene one"),
        ("two.mp4", "scene two"),
    ]
    assert "without a clip are left out: 1" in listed.notes[-1]


def test_a_damaged_project_is_a_problem_of_the_set(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "project.json").write_text("{")
    (problem,) = list_set(folder).problems
    assert problem.field == "set"
