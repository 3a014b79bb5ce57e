"""Everything ever made, found by words, date and model, in one SQLite file."""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
import unicodedata
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from core.errors import HistoryError
from core.files import exists, set_aside
from core.history_entry import HistoryEntry, WorkKind
from core.jobs import CancelToken
from core.made_files import entry_of, files_below

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

T = TypeVar("T")

_SCHEMA = 1
_BUSY_TIMEOUT_S = 10.0
_BATCH = 100
_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS works (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created_at REAL NOT NULL,
    model TEXT NOT NULL,
    is_missing INTEGER NOT NULL DEFAULT 0,
    entry TEXT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS works_by_time ON works (created_at DESC, id DESC);
CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5 (
    words, content = 'works', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER IF NOT EXISTS work_added AFTER INSERT ON works BEGIN
    INSERT INTO search (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER IF NOT EXISTS work_removed AFTER DELETE ON works BEGIN
    INSERT INTO search (search, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TABLE IF NOT EXISTS caught_up (moment REAL NOT NULL);
PRAGMA user_version = 1;
COMMIT;
"""
# Words of scripts that set spaces between them; others are found anywhere in the text instead.
_PLAIN_WORD = re.compile(r"[^\W_]+")
_FIRST_UNSPACED = "\u0e00"


@dataclass(frozen=True)
class HistoryQuery:
    """What is looked for; empty and None mean "any".

    Attributes:
        text: words that must all occur, each at the beginning of a word.
        since, until: moments; `until` itself no longer belongs to it.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    model: str = ""
    kind: WorkKind | None = None


class History:
    """The list of everything that was made; each call is one transaction, safe from any thread.

    A damaged file is set aside and begun anew; `catch_up` then fills it from the files themselves.

    Attributes:
        notes: what the user must be told about how the file was opened.
    """

    def __init__(self, path: Path, folders: Sequence[Path] = ()) -> None:
        """Nothing is opened before it is used.

        Args:
            path: the file; its folder is made at need.
            folders: where finished files usually lie.
        """
        self.path = path
        self.notes: tuple[str, ...] = ()
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._is_open = False

    def add(self, entry: HistoryEntry) -> None:
        """Take a finished file into the list; what was made at its place before leaves it.

        Raises:
            HistoryError: the list cannot be written.
        """
        self._add([entry])

    def find(
        self, query: HistoryQuery | None = None, *, limit: int = 200, offset: int = 0
    ) -> tuple[HistoryEntry, ...]:
        """What fits the query, newest first.

        Raises:
            HistoryError: the list cannot be read.
        """
        where, values = _conditions(query or HistoryQuery())
        rows = self._read(
            f"SELECT * FROM works{where} ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return tuple(self._entry(row) for row in rows)

    def count(self, query: HistoryQuery | None = None) -> int:
        """How many fit the query.

        Raises:
            HistoryError: the list cannot be read.
        """
        where, values = _conditions(query or HistoryQuery())
        return int(self._read(f"SELECT count(*) FROM works{where}", values)[0][0])

    def models(self) -> tuple[str, ...]:
        """The names of all models that something was made with, in order of the alphabet.

        Raises:
            HistoryError: the list cannot be read.
        """
        rows = self._read("SELECT DISTINCT model FROM works WHERE model != ''")
        return tuple(sorted((str(row["model"]) for row in rows), key=str.casefold))

    def remove(self, entry_id: int) -> None:
        """Take one out of the list; its file stays.

        Raises:
            HistoryError: the list cannot be written.
        """
        self._write("DELETE FROM works WHERE id = ?", [(entry_id,)])

    def refresh_missing(self, cancel: CancelToken | None = None) -> int:
        """Look which files are there and give how many came or went.

        Raises:
            HistoryError: the list cannot be read or written.
            JobCancelled: asked to stop.
        """
        token = cancel or CancelToken()
        changed: list[tuple[bool, int]] = []
        # Looked up outside of a transaction: files on a network may keep one waiting for long.
        for row in self._read("SELECT id, path, is_missing FROM works"):
            token.check()
            is_missing = not exists(Path(row["path"]))
            if is_missing != bool(row["is_missing"]):
                changed.append((is_missing, row["id"]))
        self._write("UPDATE works SET is_missing = ? WHERE id = ?", changed)
        return len(changed)

    def scan(self, folders: Sequence[Path], cancel: CancelToken | None = None) -> int:
        """Add every file in and below the folders that says how it was made; gives their number.

        Raises:
            HistoryError: the list cannot be written.
            JobCancelled: asked to stop; what was found so far is kept.
        """
        token = cancel or CancelToken()
        known = {Path(row["path"]) for row in self._read("SELECT path FROM works")}
        found: list[HistoryEntry] = []
        added = 0
        try:
            for path in files_below(folders):
                token.check()
                entry = None if path in known else entry_of(path)
                if entry is not None:
                    found.append(entry)
                    added += 1
                if len(found) >= _BATCH:
                    self._add(found)
                    found = []
        finally:
            self._add(found)
        return added

    def catch_up(self, folders: Sequence[Path] = (), cancel: CancelToken | None = None) -> int:
        """Fill a list that was begun anew from the files themselves; gives how many were found.

        Does nothing once it has come to its end.

        Args:
            folders: looked through besides the usual ones.
            cancel: the wish to stop.

        Raises:
            HistoryError: the list cannot be read or written.
            JobCancelled: asked to stop.
        """
        if self._read("SELECT moment FROM caught_up"):
            return 0
        found = self.scan((*self._folders, *folders), cancel)
        self._write("INSERT INTO caught_up VALUES (?)", [(datetime.now(UTC).timestamp(),)])
        return found

    def _add(self, entries: Sequence[HistoryEntry]) -> None:
        def add(db: sqlite3.Connection) -> None:
            for entry in entries:
                db.execute("DELETE FROM works WHERE path = ?", (str(entry.path),))
                db.execute(
                    "INSERT INTO works (path, kind, created_at, model, is_missing, entry, words)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    _row(entry),
                )

        if entries:
            self._do(add, "BEGIN IMMEDIATE")

    def _read(self, statement: str, values: Sequence[str | float] = ()) -> list[sqlite3.Row]:
        return self._do(lambda db: db.execute(statement, values).fetchall(), "BEGIN")

    def _write(self, statement: str, rows: Sequence[tuple[float, ...]]) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.executemany(statement, rows)

        self._do(write, "BEGIN IMMEDIATE")

    def _do(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        """One transaction; on a file that turns out to be damaged, again on a new one."""
        try:
            self._open()
            try:
                return self._once(work, begin)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                with self._lock:
                    self._start_anew(error)
                return self._once(work, begin)
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _once(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with closing(self._connect()) as db:
            db.execute(begin)
            try:
                result = work(db)
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            return result

    def _open(self) -> None:
        with self._lock:
            if self._is_open:
                return
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._prepare()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._start_anew(error)
            self._is_open = True

    def _prepare(self) -> None:
        with closing(self._connect()) as db:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version > _SCHEMA:
                raise HistoryError(
                    f"The history {str(self.path)!r} was written by a newer version of this "
                    "program.",
                    hint="Update the program, or set IMAGEAI_HOME to another folder.",
                )
            answer = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
            if answer != "ok":
                raise sqlite3.DatabaseError(answer)
            if version == 0:
                db.executescript(_TABLES)

    def _start_anew(self, reason: Exception) -> None:
        try:
            bad = set_aside(self.path)
            # It belongs to the damaged file, and would be played back into the new one.
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise HistoryError(
                f"The history {str(self.path)!r} is damaged ({reason}) and cannot be replaced: "
                f"{error}.",
                hint="Move it away by hand.",
            ) from error
        log.warning("the history was damaged (%s) and is begun anew", reason)
        self.notes = (
            f"The list of what was made was damaged ({reason}). It is kept as {str(bad)!r} and "
            "made anew from the files themselves; no file is touched.",
        )

    def _entry(self, row: sqlite3.Row) -> HistoryEntry:
        try:
            entry = HistoryEntry.model_validate_json(row["entry"])
        except ValidationError as error:
            raise HistoryError(
                f"The list of what was made, {str(self.path)!r}, was written by another version.",
                hint="Move the file away; it is made anew from the files themselves.",
            ) from error
        return entry.model_copy(update={"id": row["id"], "is_missing": bool(row["is_missing"])})

    def _connect(self) -> sqlite3.Connection:
        # Explicit transactions only: `isolation_level=None` leaves BEGIN to us.
        db = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        db.row_factory = sqlite3.Row
        return db

    def _unusable(self, error: Exception) -> HistoryError:
        return HistoryError(
            f"The list of what was made, {str(self.path)!r}, cannot be used: {error}.",
            hint="Check that its disk has space and that its folder is writable, then try again.",
        )


def _conditions(query: HistoryQuery) -> tuple[str, tuple[str | float, ...]]:
    found: list[tuple[str, str | float]] = []
    if query.since is not None:
        found.append(("created_at >= ?", query.since.timestamp()))
    if query.until is not None:
        found.append(("created_at < ?", query.until.timestamp()))
    if query.model:
        found.append(("model = ?", query.model))
    if query.kind is not None:
        found.append(("kind = ?", query.kind.value))
    for word in _plain(query.text).split():
        if _PLAIN_WORD.fullmatch(word) and max(word) < _FIRST_UNSPACED:
            known = "id IN (SELECT rowid FROM search WHERE search MATCH ?)"
            found.append((known, f'"{word}" *'))
        else:
            found.append(("instr(words, ?)", word))
    where = f" WHERE {' AND '.join(test for test, _ in found)}" if found else ""
    return where, tuple(value for _, value in found)


def _plain(text: str) -> str:
    # A lone surrogate, half of a character, cannot be stored.
    whole = text.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", whole).casefold()


def _row(entry: HistoryEntry) -> tuple[str | float, ...]:
    return (
        str(entry.path),
        entry.kind.value,
        entry.created_at.timestamp(),
        entry.model,
        entry.is_missing,
        entry.model_dump_json(),
        _plain("\n".join(entry.searched)),
    )


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # Its subclasses say that the disk is full, the file locked, or the statement wrong.
    return type(error) is sqlite3.DatabaseError
