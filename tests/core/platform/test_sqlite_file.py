"""A file of SQLite that was left in the middle of a change, for whoever may not write to it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import HistoryError
from core.platform.sqlite_file import Contents, SqliteFile

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX systems")

LIST = Contents("list", "Nothing is lost.", [["CREATE TABLE things (name TEXT)"]], HistoryError)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that everybody may read, also where the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


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
