"""The list of projects that were open lately."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import ProjectError
from core.project.files.recent import MAX_PROJECTS, NAME, RecentProjects
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


@pytest.fixture
def recent(tmp_path: Path) -> RecentProjects:
    return RecentProjects(tmp_path / "state")


def folders(recent: RecentProjects) -> list[str]:
    return [item.folder.name for item in recent.entries()]


def test_nothing_was_open_yet(recent: RecentProjects) -> None:
    assert recent.entries() == ()


def test_the_latest_comes_first_and_each_is_there_once(
    recent: RecentProjects, tmp_path: Path
) -> None:
    before = datetime.now().astimezone()
    for name in ("a", "b", "a"):
        if not (tmp_path / name).exists():
            made_project(tmp_path / name, name)
        recent.opened(tmp_path / name, f"Film {name}")
    first, second = recent.entries()
    assert (first.name, second.name) == ("Film a", "Film b")
    assert before < second.opened_at < first.opened_at
    assert not first.is_missing
    assert RecentProjects(recent.path.parent).entries() == (first, second)


def test_a_project_that_is_gone_is_listed_as_missing_and_not_opened(
    recent: RecentProjects, tmp_path: Path
) -> None:
    recent.opened(tmp_path / "gone", "Gone")
    (item,) = recent.entries()
    assert item.is_missing
    made_project(tmp_path / "gone", "Back")
    assert not recent.entries()[0].is_missing


def test_the_list_does_not_grow_for_ever(recent: RecentProjects, tmp_path: Path) -> None:
    for number in range(MAX_PROJECTS + 5):
        recent.opened(tmp_path / str(number), "x")
    assert len(recent.entries()) == MAX_PROJECTS
    assert folders(recent)[0] == str(MAX_PROJECTS + 4)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"projects": [{}]}', b"\xff"])
def test_a_damaged_list_is_set_aside_and_begun_anew(
    content: bytes, recent: RecentProjects, tmp_path: Path
) -> None:
    recent.path.parent.mkdir()
    recent.path.write_bytes(content)
    assert recent.entries() == ()
    assert recent.path.with_name(f"{NAME}.bad").read_bytes() == content
    recent.opened(tmp_path / "a", "a")
    assert folders(recent) == ["a"]


def test_a_list_that_cannot_be_kept_says_so(
    closed_folder: Path, as_a_guest: Callable[[Path], AbstractContextManager[None]]
) -> None:
    recent = RecentProjects(closed_folder)
    with as_a_guest(closed_folder):
        assert recent.entries() == ()
        with pytest.raises(ProjectError, match="cannot be kept"):
            recent.opened(Path("/a"), "a")
