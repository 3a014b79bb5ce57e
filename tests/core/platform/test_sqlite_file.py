"""A file of SQLite under many threads, and one that was left in the middle of a change."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import HistoryError
from core.platform.sqlite_file import Contents, SqliteFile

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = Contents("list", "Nothing is lost.", [["CREATE TABLE things (name TEXT)"]], HistoryError)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that everybody may read, also where the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX systems")
def test_a_half_change_that_the_reader_may_not_undo_is_told_with_the_way_out(
    closed_folder: Path,
) -> None:
    place = closed_folder / "list.sqlite"
    with SqliteFile(place, LIST).transaction() as db:
        db.execute("INSERT INTO things VALUES ('first')")
    half = place.with_name("list.sqlite-journal")
    with closing(sqlite3.connect(place, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN IMMEDIATE")
        for _ in range(50):
            db.execute("INSERT INTO things VALUES (?)", ("x" * 4000,))
        content, rollback = place.read_bytes(), half.read_bytes()
        db.execute("ROLLBACK")
    place.write_bytes(content)
    half.write_bytes(rollback)
    for path, rights in ((place, 0o444), (half, 0o444), (closed_folder, 0o555)):
        path.chmod(rights)

    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)
    try:
        with pytest.raises(HistoryError) as told, SqliteFile(place, LIST).transaction("BEGIN"):
            pass
    finally:
        if is_root:
            os.seteuid(0)

    assert "was left in the middle of a change, and you may not write to it" in told.value.message
    assert str(place) in told.value.message
    assert "as the user to whom the file belongs" in told.value.hint
    # Whoever may write to it brings it in order.
    closed_folder.chmod(0o755)
    place.chmod(0o644)
    with SqliteFile(place, LIST).transaction("BEGIN") as db:
        assert [row["name"] for row in db.execute("SELECT name FROM things")] == ["first"]


def test_threads_of_a_process_stand_in_line_and_never_find_the_file_locked(tmp_path: Path) -> None:
    # SQLite itself lets nobody wait here, so whoever is refused did not stand in line.
    file = SqliteFile(tmp_path / "list.sqlite", replace(LIST, busy_s=0.0))
    file.open()

    def write(number: int) -> None:
        for each in range(10):
            with file.transaction() as db:
                db.execute("INSERT INTO things VALUES (?)", (f"{number} {each}",))
            with file.transaction("BEGIN") as db:
                db.execute("SELECT count(*) FROM things").fetchone()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with file.transaction("BEGIN") as db:
        assert db.execute("SELECT count(*) FROM things").fetchone()[0] == 80


def test_who_reads_within_a_change_of_its_own_does_not_wait_for_itself(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "list.sqlite", LIST)
    with file.transaction() as outer, file.transaction("BEGIN") as inner:
        outer.execute("INSERT INTO things VALUES ('new')")
        assert inner.execute("SELECT count(*) FROM things").fetchone()[0] == 0


def test_another_process_that_changes_the_file_for_long_is_told(tmp_path: Path) -> None:
    place = tmp_path / "list.sqlite"
    file, other = (SqliteFile(place, replace(LIST, busy_s=0.05)) for _ in range(2))
    other.open()
    with (
        file.transaction(),
        pytest.raises(HistoryError, match="database is locked"),
        other.transaction(),
    ):
        pass
