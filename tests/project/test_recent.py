"""The list of projects that were open lately."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import ProjectError
from core.project.project_file import create_project
from core.project.recent import MAX_PROJECTS, NAME, RecentProjects
from tests.project.projects import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


@pytest.fixture
def recent(tmp_path: Path) -> RecentProjects:
    return RecentProjects(tmp_path / "state")


def folders(recent: RecentProjects) -> list[str]:
    return [item.recent.folder.name for item in recent.listed()]


def test_nothing_was_open_yet(recent: RecentProjects) -> None:
    assert recent.listed() == ()
    assert recent.last is None


def test_the_latest_comes_first_and_each_is_there_once(
    recent: RecentProjects, tmp_path: Path
) -> None:
    for minute, name in enumerate(("a", "b", "a")):
        if not (tmp_path / name).exists():
            create_project(tmp_path / name, name, NOW)
        recent.add(tmp_path / name, f"Film {name}", NOW + timedelta(minutes=minute))
    first, second = recent.listed()
    assert (first.recent.name, second.recent.name) == ("Film a", "Film b")
    assert first.recent.opened_at == NOW + timedelta(minutes=2)
    assert not first.is_missing
    assert recent.last == tmp_path / "a"
    assert RecentProjects(recent.path.parent).listed() == (first, second)


def test_a_project_that_is_gone_is_listed_as_missing_and_not_opened(
    recent: RecentProjects, tmp_path: Path
) -> None:
    recent.add(tmp_path / "gone", "Gone", NOW)
    (item,) = recent.listed()
    assert item.is_missing
    assert recent.last is None
    create_project(tmp_path / "gone", "Back", NOW)
    assert not recent.listed()[0].is_missing


def test_a_project_can_be_taken_off_the_list(recent: RecentProjects, tmp_path: Path) -> None:
    for name in ("a", "b"):
        create_project(tmp_path / name, name, NOW)
        recent.add(tmp_path / name, name, NOW)
    recent.remove(tmp_path / "b")
    assert folders(recent) == ["a"]
    assert recent.last == tmp_path / "a"
    assert (tmp_path / "b").exists()


def test_the_list_does_not_grow_for_ever(recent: RecentProjects, tmp_path: Path) -> None:
    for number in range(MAX_PROJECTS + 5):
        recent.add(tmp_path / str(number), "x", NOW)
    assert len(recent.listed()) == MAX_PROJECTS
    assert folders(recent)[0] == str(MAX_PROJECTS + 4)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"projects": [{}]}', b"\xff"])
def test_a_damaged_list_is_set_aside_and_begun_anew(
    content: bytes, recent: RecentProjects, tmp_path: Path
) -> None:
    recent.path.parent.mkdir()
    recent.path.write_bytes(content)
    assert recent.listed() == ()
    assert recent.path.with_name(f"{NAME}.bad").read_bytes() == content
    recent.add(tmp_path / "a", "a", NOW)
    assert folders(recent) == ["a"]


def test_a_list_that_cannot_be_kept_says_so(
    closed_folder: Path, as_a_guest: Callable[[Path], AbstractContextManager[None]]
) -> None:
    recent = RecentProjects(closed_folder)
    with as_a_guest(closed_folder):
        assert recent.listed() == ()
        with pytest.raises(ProjectError, match="cannot be kept"):
            recent.add(Path("/a"), "a", NOW)
