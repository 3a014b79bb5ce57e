"""A project's folder: made, saved and read whatever happens to its file in between."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from core.errors import ProjectError
from core.project.files.project_file import (
    COPY_EVERY_S,
    FOLDERS,
    NAME,
    is_project,
    plain_name,
    project_folder,
    read_project,
    write_project,
)
from core.project.model.project import Scene, VideoProject
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    Guest = Callable[[Path], AbstractContextManager[None]]
    FullDisk = Callable[[int], AbstractContextManager[None]]

KILLED = 77


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "My film"


@pytest.fixture
def project(folder: Path) -> VideoProject:
    return made_project(folder, "My film")


def messages(project: VideoProject, words: str) -> VideoProject:
    return project.model_copy(update={"storyboard": words})


def make_old(folder: Path) -> None:
    """Let the newest copy be from long ago."""
    newest = folder / f"{NAME}.1"
    if newest.exists():
        past = newest.stat().st_mtime - COPY_EVERY_S - 1
        os.utime(newest, (past, past))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_project_is_a_folder_with_its_rooms(folder: Path, project: VideoProject) -> None:
    assert names(folder) == sorted([*FOLDERS, NAME])
    assert read_project(folder).project == project
    assert read_project(folder).notes == ()
    assert is_project(folder)
    assert is_project(folder / NAME)
    assert project_folder(folder / NAME) == folder
    assert project_folder(folder) == folder


def test_an_empty_folder_is_as_good_as_a_new_one(folder: Path) -> None:
    folder.mkdir()
    made_project(folder, "x")
    assert is_project(folder)


def test_nothing_is_made_where_something_is(folder: Path, project: VideoProject) -> None:
    with pytest.raises(ProjectError, match="something at"):
        made_project(folder, "x")
    (folder.parent / "file").touch()
    with pytest.raises(ProjectError, match="something at"):
        made_project(folder.parent / "file", "x")
    assert read_project(folder).project == project


def test_a_project_that_cannot_be_made_leaves_nothing(
    closed_folder: Path, as_a_guest: Guest
) -> None:
    with as_a_guest(closed_folder), pytest.raises(ProjectError, match="cannot be made") as refusal:
        made_project(closed_folder / "new", "x")
    assert "read-only" in refusal.value.hint
    assert names(closed_folder) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My film", "My film"),
        ("a/b: c?", "a b c"),
        ("  ...  ", "Project"),
        ("", "Project"),
        ("映画 🎬", "映画 🎬"),
        ("x" * 300, "x" * 60),
    ],
)
def test_folders_are_named_after_projects_as_far_as_disks_allow(
    name: str, expected: str, tmp_path: Path
) -> None:
    assert plain_name(name) == expected
    (tmp_path / plain_name(name)).mkdir()
    assert [found.name for found in tmp_path.iterdir()] == [expected]


def test_what_is_saved_is_read(folder: Path, project: VideoProject) -> None:
    changed = messages(project, "a ball")
    write_project(changed, folder)
    assert read_project(folder).project == changed


def test_saves_in_a_row_push_no_good_copy_out(folder: Path, project: VideoProject) -> None:
    for number in range(20):
        write_project(messages(project, str(number)), folder)
    assert names(folder) == sorted([*FOLDERS, NAME, f"{NAME}.1"])


def test_the_last_three_copies_stay_newest_first(folder: Path, project: VideoProject) -> None:
    for number in range(6):
        make_old(folder)
        write_project(messages(project, str(number)), folder)
    copies = [json.loads((folder / f"{NAME}.{n}").read_text("utf-8")) for n in (1, 2, 3)]
    assert [copy["project"]["storyboard"] for copy in copies] == ["4", "3", "2"]
    assert not (folder / f"{NAME}.4").exists()


def test_a_damaged_file_does_not_become_a_good_copy(folder: Path, project: VideoProject) -> None:
    write_project(messages(project, "good"), folder)
    make_old(folder)
    (folder / NAME).write_text("{", encoding="utf-8")
    write_project(messages(project, "new"), folder)
    assert read_project(folder).project.storyboard == "new"
    assert (folder / f"{NAME}.1").read_text("utf-8") != "{"


def test_a_file_of_an_older_version_is_kept_at_the_next_save(
    folder: Path, project: VideoProject
) -> None:
    write_project(messages(project, "copied just now"), folder)
    stored = json.loads((folder / NAME).read_text("utf-8"))
    (folder / NAME).write_text(json.dumps(stored | {"schema_version": 2}), encoding="utf-8")
    write_project(project, folder)
    assert json.loads((folder / f"{NAME}.1").read_text("utf-8"))["schema_version"] == 2


def test_a_file_cut_off_at_any_byte_loses_nothing_that_a_copy_has(
    folder: Path, project: VideoProject
) -> None:
    good = messages(project, "good")
    write_project(good, folder)
    make_old(folder)
    write_project(messages(project, "later"), folder)
    whole = (folder / NAME).read_bytes()
    # Without its last byte, the line's end, the file is still whole.
    for length in range(len(whole) - 1):
        (folder / NAME).write_bytes(whole[:length])
        read = read_project(folder)
        assert read.project == good
        assert "damaged" in read.notes[0]
        (bad,) = folder.glob("*.bad")
        assert bad.read_bytes() == whole[:length]
        bad.unlink()
        # Until the next save the file is missing; the copy is found again.
        assert read_project(folder).project == good
        assert "missing" in read_project(folder).notes[0]


def test_a_file_cut_off_at_any_byte_without_a_copy_is_told_and_left(
    folder: Path, project: VideoProject
) -> None:
    whole = (folder / NAME).read_bytes()
    for length in range(len(whole) - 1):
        (folder / NAME).write_bytes(whole[:length])
        with pytest.raises(ProjectError, match="no good copy") as refusal:
            read_project(folder)
        assert refusal.value.hint
        assert (folder / NAME).read_bytes() == whole[:length]


def test_the_newest_copy_that_is_good_is_used(folder: Path, project: VideoProject) -> None:
    for words in ("oldest", "older", "newest", "now"):
        make_old(folder)
        write_project(messages(project, words), folder)
    for name in (NAME, f"{NAME}.1"):
        (folder / name).write_bytes(b"\x00" * 100)
    assert read_project(folder).project.storyboard == "older"
    assert (folder / f"{NAME}.1").exists()


def test_damage_in_a_folder_that_cannot_be_written_is_read_all_the_same(
    closed_folder: Path, as_a_guest: Guest
) -> None:
    folder = closed_folder / "film"
    good = made_project(folder, "x")
    write_project(messages(good, "later"), folder)
    (folder / NAME).write_text("{", encoding="utf-8")
    with as_a_guest(folder):
        read = read_project(folder)
    assert read.project == good
    assert (folder / NAME).exists()


def test_a_newer_or_foreign_file_is_refused_and_not_touched(
    folder: Path, project: VideoProject
) -> None:
    write_project(messages(project, "x"), folder)
    for text, words in (
        ('{"schema_version": 99, "project": {}}', "newer version"),
        ('{"schema": "imageai.video_project.v1"}', "another program"),
    ):
        (folder / NAME).write_text(text, encoding="utf-8")
        with pytest.raises(ProjectError, match=words):
            read_project(folder)
        assert (folder / NAME).read_text("utf-8") == text
    assert not list(folder.glob("*.bad"))


def test_a_folder_without_a_project_says_so(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "gone"):
        with pytest.raises(ProjectError, match="no project in"):
            read_project(place)
        assert not is_project(place)


def test_a_file_that_cannot_be_read_is_not_taken_for_damaged(
    folder: Path, project: VideoProject
) -> None:
    write_project(messages(project, "x"), folder)
    (folder / NAME).unlink()
    (folder / NAME).mkdir()
    with pytest.raises(ProjectError, match="cannot be read"):
        read_project(folder)


def test_a_moved_folder_finds_its_files(folder: Path, project: VideoProject) -> None:
    (folder / "inputs" / "a.png").touch()
    scene = Scene(id="scene-1", start_image=folder / "inputs" / "a.png")
    write_project(project.model_copy(update={"scenes": (scene,)}), folder)
    moved = folder.rename(folder.with_name("Elsewhere"))
    (read,) = read_project(moved).project.scenes
    assert read.start_image == moved / "inputs" / "a.png"


def test_saving_into_a_read_only_folder_says_so(closed_folder: Path, as_a_guest: Guest) -> None:
    folder = closed_folder / "film"
    project = made_project(folder, "x")
    with as_a_guest(folder), pytest.raises(ProjectError, match="cannot be saved") as refusal:
        write_project(messages(project, "x"), folder)
    assert "read-only" in refusal.value.hint
    assert read_project(folder).project == project


def test_saving_on_a_full_disk_says_so_and_keeps_what_was_there(
    folder: Path, project: VideoProject, full_disk: FullDisk
) -> None:
    for limit in (0, 50):
        with full_disk(limit), pytest.raises(ProjectError, match="cannot be saved") as refusal:
            write_project(messages(project, "x" * 1000), folder)
        assert "Free some space" in refusal.value.hint
        assert read_project(folder).project == project
        assert read_project(folder).notes == ()


def test_what_could_not_be_read_again_is_not_saved(folder: Path, project: VideoProject) -> None:
    endless = project.model_copy(update={"target_length_s": -1.0})
    with pytest.raises(ProjectError, match="target_length_s"):
        write_project(endless, folder)
    assert read_project(folder).project == project


def test_saving_into_a_folder_that_is_gone_says_so(folder: Path, project: VideoProject) -> None:
    folder.rename(folder.with_name("away"))
    folder.touch()
    with pytest.raises(ProjectError, match="cannot be saved"):
        write_project(project, folder)


@pytest.mark.skipif(sys.platform == "win32", reason="a process is divided, which Windows cannot")
def test_a_kill_at_any_step_of_a_save_leaves_the_old_or_the_new(
    folder: Path, project: VideoProject
) -> None:
    for number in range(4):
        make_old(folder)
        write_project(messages(project, str(number)), folder)
    step = 0
    while True:
        make_old(folder)
        before = read_project(folder).project.storyboard
        is_killed = _save_killed_at(step, messages(project, f"new {step}"), folder)
        read = read_project(folder)
        assert read.notes == ()
        assert read.project.storyboard in (before, f"new {step}")
        copies = [folder / f"{NAME}.{number}" for number in (1, 2, 3)]
        assert sum(copy.exists() for copy in copies) >= 2
        if not is_killed:
            break
        step += 1
    assert step > 10
    assert read_project(folder).project.storyboard == f"new {step}"
    assert [name for name in names(folder) if name.startswith(".")] == []


def _save_killed_at(step: int, project: VideoProject, folder: Path) -> bool:
    """Save in a child that ends at that step with the disk; whether it came to that step."""
    child = os.fork()
    if child == 0:
        count = 0

        def count_steps(event: str, _: tuple[object, ...]) -> None:
            nonlocal count
            if event in ("open", "os.rename", "os.remove", "os.mkdir"):
                if count == step:
                    os._exit(KILLED)
                count += 1

        sys.addaudithook(count_steps)
        write_project(project, folder)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == KILLED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_project_saved_by_another_editor_is_read_and_kept_as_a_copy(
    folder: Path, encoding: str
) -> None:
    project = made_project(folder, "My film")
    text = (folder / NAME).read_text(encoding="utf-8").replace("\n", "\r\n")
    (folder / NAME).write_bytes(text.encode(encoding))
    read = read_project(folder)
    assert (read.project, read.notes) == (project, ())
    write_project(read.project, folder)
    assert (folder / f"{NAME}.1").read_bytes() == text.encode(encoding)
