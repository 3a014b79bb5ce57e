"""A project as text: it comes back as it was, moves with its folder, and tells what it lacks."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import ProjectError
from core.project.files.media_uses import StoredPaths, file_name, media_of, with_paths
from core.project.files.project_json import (
    UNKNOWN,
    VERSION,
    LoadedProject,
    Unusable,
    parse_project,
    project_text,
    version_of,
)
from core.project.model.project import RenderChoices, Scene, VideoProject, new_project
from tests.project.projects import FOLDER, NOW, projects

if TYPE_CHECKING:
    from core.project.files.project_json import Stored

BARE = new_project("Bare", NOW)


def parsed(text: str, folder: Path = FOLDER) -> LoadedProject:
    read = parse_project(text.encode(), folder)
    assert isinstance(read, LoadedProject), read
    return read


def edited(**changes: Any) -> str:
    stored = json.loads(project_text(BARE, FOLDER))
    stored["project"] |= changes
    return json.dumps(stored)


@given(projects)
@example(BARE)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_every_project_comes_back_as_it_was(project: VideoProject) -> None:
    read = parsed(project_text(project, FOLDER))
    assert read.project == project
    assert read.notes == ()


@given(projects)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_what_lies_in_the_folder_moves_with_it_and_nothing_else_does(project: VideoProject) -> None:
    moved = Path("/now/here")
    read = parsed(project_text(project, FOLDER), moved)

    def expected(path: Path) -> Path:
        is_inside = path.is_relative_to(FOLDER) and ".." not in path.parts
        return moved / path.relative_to(FOLDER) if is_inside else path

    assert read.project == with_paths(project, expected)


def test_defaults_are_not_written_and_paths_are_relative() -> None:
    scene = Scene(id="scene-1", prompt="a ball", start_image=FOLDER / "inputs" / "a.png")
    project = BARE.model_copy(update={"scenes": (scene,)})
    stored = json.loads(project_text(project, FOLDER))
    assert stored["schema_version"] == VERSION
    assert stored["project"]["scenes"] == [
        {"id": "scene-1", "prompt": "a ball", "start_image": "inputs/a.png"}
    ]
    assert set(stored["project"]) == {"id", "name", "created_at", "scenes"}


def test_words_are_readable_in_the_file() -> None:
    assert "Ünï 🎈 中文" in project_text(new_project("Ünï 🎈 中文", NOW), FOLDER)


def test_half_of_a_character_does_not_stop_the_save() -> None:
    project = BARE.model_copy(update={"storyboard": "a \ud83c b"})
    assert parsed(project_text(project, FOLDER)).project.storyboard == "a ? b"


def test_a_file_whose_name_is_no_text_is_named_and_refused() -> None:
    scene = Scene(id="scene-1", start_image=Path("/a/\udcff.png"))
    with pytest.raises(ProjectError, match="cannot be written down"):
        project_text(BARE.model_copy(update={"scenes": (scene,)}), FOLDER)


def test_a_folder_reached_through_a_link_is_the_same_folder(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real)
    assert StoredPaths(link).text(real / "inputs" / "a.png") == "inputs/a.png"


def test_names_of_other_systems_are_understood() -> None:
    assert file_name(Path("G:\\Films\\a b.mp4")) == "a b.mp4"
    assert file_name(Path("/x/a\\b.mp4")) == "b.mp4"
    assert file_name(Path("clips/c.mp4")) == "c.mp4"


def test_unknown_keys_are_kept_and_told_once() -> None:
    text = edited(mood="calm", scenes=[{"id": "scene-1", "cut": {"spin": 3}}], imported={"a": 1})
    read = parsed(text)
    kept = {"mood": "calm", "scenes.0.cut.spin": 3}
    assert read.project.imported == {"a": 1, UNKNOWN: kept}
    assert "'scenes.0.cut.spin', 'mood'" in read.notes[0]
    again = parsed(project_text(read.project, FOLDER))
    assert again.project == read.project
    assert again.notes == ()


def test_an_unknown_key_beside_the_project_is_kept_too() -> None:
    stored = json.loads(project_text(BARE, FOLDER)) | {"colour": "red"}
    assert parsed(json.dumps(stored)).project.imported == {UNKNOWN: {"colour": "red"}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("{", "cut off"),
        ("[" * 100_000, "cut off"),
        ("[]", "no project"),
        ("7", "no project"),
        ("{}", "no project"),
        ('{"schema_version": true, "project": {}}', "no project"),
        ('{"schema_version": "1", "project": {}}', "no project"),
        ('{"schema_version": 0, "project": {}}', "no project"),
        ('{"schema_version": 1, "project": []}', "no project"),
        ('{"schema_version": 1, "project": {}}', "id is missing"),
        (edited(scenes=[{"id": "s", "cut": {"speed": 200}}]), "scenes.0.cut.speed"),
        (edited(scenes=[{"id": "s", "cut": {"start_s": inf}}]), "scenes.0.cut.start_s"),
        (edited(scenes=[{"id": "s", "own": {"motion": {"speed": nan}}}]), "scenes.0.own.motion"),
        (edited(film={"poster_s": -inf}), "film.poster_s"),
        (edited(scenes=7), "scenes"),
        (edited(extra=1, name=None), "name"),
    ],
)
def test_what_makes_no_sense_is_damage_with_a_reason(text: str, reason: str) -> None:
    read = parse_project(text.encode(), FOLDER)
    assert isinstance(read, Unusable)
    assert reason in read.reason
    assert read.is_damage


def test_a_newer_file_and_another_programs_are_whole_but_not_for_us() -> None:
    newer = parse_project(b'{"schema_version": 99, "project": {"reels": []}}', FOLDER)
    other = parse_project(b'{"schema": "imageai.video_project.v1"}', FOLDER)
    assert isinstance(newer, Unusable)
    assert isinstance(other, Unusable)
    assert not newer.is_damage
    assert "newer" in newer.reason
    assert not other.is_damage
    assert "Import" in other.hint


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_a_project_or_have_a_reason(content: bytes) -> None:
    read = parse_project(content, FOLDER)
    assert isinstance(read, Unusable)
    assert read.reason


def test_edits_by_hand_that_do_not_go_together_are_mended_and_told() -> None:
    scenes = [
        {"id": "scene-1", "continues": True, "own_fields": ["fps", "gone"]},
        {"id": "scene-1", "prompt": "other"},
    ]
    read = parsed(edited(scenes=scenes))
    first, second = read.project.scenes
    assert first.own_fields == ("fps",)
    assert not first.continues
    assert first.choices(RenderChoices()).frame.fps is None
    assert first.id != second.id
    assert second.prompt == "other"
    assert len(read.notes) == 3


@pytest.mark.parametrize(("version", "own"), [(1, {"seed": 5}), (2, {"sampling": {"seed": 5}})])
def test_each_version_goes_through_all_steps_that_came_after(version: int, own: Stored) -> None:
    stored = json.loads(project_text(BARE, FOLDER))
    scenes = [{"id": "scene-1", "own": own, "own_fields": ["seed"]}]
    stored = {"schema_version": version, "project": stored["project"] | {"scenes": scenes}}
    read = parsed(json.dumps(stored))
    assert read.project.scenes == (Scene(id="scene-1").with_own("seed", 5),)


def test_an_older_file_without_what_a_step_needs_is_damage() -> None:
    read = parse_project(b'{"schema_version": 1, "project": {"scenes": 4}}', FOLDER)
    assert isinstance(read, Unusable)
    assert read.is_damage
    assert "version 1" in read.reason


def test_the_newest_version_is_written() -> None:
    assert version_of(project_text(BARE, FOLDER)) == VERSION


def test_changing_paths_misses_none_and_media_are_all_that_is_read() -> None:
    scene = Scene(id="s", start_image=Path("/a"), own=RenderChoices())
    project = BARE.model_copy(update={"scenes": (scene,), "last_export": Path("/b")})
    changed = with_paths(project, lambda path: path / "x")
    assert changed.scenes[0].start_image == Path("/a/x")
    assert changed.last_export == Path("/b/x")
    assert changed.scenes[0].cut is scene.cut
    assert [use.path for use in media_of(project)] == [Path("/a")]
