from __future__ import annotations

from pathlib import Path

import pytest

from core.platform.files import folder_problem


@pytest.mark.parametrize("name", ["", "new", "new/deeper"])
def test_a_folder_that_is_or_can_be_made_has_no_problem(tmp_path: Path, name: str) -> None:
    assert folder_problem(tmp_path / name) == ""


@pytest.mark.parametrize("name", ["file", "file/below", "file/far/below"])
def test_a_file_in_the_way_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "is a file" in folder_problem(tmp_path / name)


@pytest.mark.parametrize("name", ["clips", "./clips", ""])
def test_a_path_must_be_whole(name: str) -> None:
    assert folder_problem(Path(name)).startswith("Give the whole path")


def test_nothing_is_made_by_asking(tmp_path: Path) -> None:
    folder_problem(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
