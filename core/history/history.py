"""Everything ever made, found by words, date and model, in one SQLite file."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from core.errors import HistoryError, OutputError, StudioError
from core.history.history_entry import HistoryEntry, WorkKind
from core.history.history_index import entry_of, entry_of_job, files_below
from core.history.marks import read_marks, write_marks
from core.jobs.job import CancelToken, JobUpdate, Succeeded
from core.platform.files import exists
from core.platform.sqlite_file import Contents, SqliteFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from core.history.marks import FileMarks
    from core.jobs.queue import JobQueue

log = logging.getLogger(__name__)

T = TypeVar("T")

_BATCH = 100
_BREATH_S = 0.003
_TABLES = (
    """CREATE TABLE works (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        created_at REAL NOT NULL,
        model TEXT NOT NULL,
        is_missing INTEGER NOT NULL DEFAULT 0,
        entry TEXT NOT NULL,
        words TEXT NOT NULL
    )""",
    "CREATE INDEX works_by_time ON works (created_at DESC, id DESC)",
    """CREATE VIRTUAL TABLE search USING fts5 (
        words, content = 'works', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
    )""",
    """CREATE TRIGGER work_added AFTER INSERT ON works BEGIN
        INSERT INTO search (rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER work_removed AFTER DELETE ON works BEGIN
        INSERT INTO search (search, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    "CREATE TABLE caught_up (moment REAL NOT NULL)",
)
# What people look for besides: seed, LoRAs, stars and tags; and what was ordered together.
_ENTRY_LORAS = """SELECT json_extract(value, '$.path') AS name
    FROM json_each(json_extract(entry, '$.record'), '$.request.inputs')
    WHERE type = 'object' AND json_extract(value, '$.role') = 'lora'"""
_FINDING = (
    "ALTER TABLE works ADD COLUMN seed INTEGER",
    "ALTER TABLE works ADD COLUMN loras TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE works ADD COLUMN rating INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE works ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE works ADD COLUMN batch_at REAL NOT NULL DEFAULT 0",
    "ALTER TABLE works ADD COLUMN batch TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE works ADD COLUMN batch_number INTEGER NOT NULL DEFAULT 0",
    "UPDATE works SET batch_at = created_at, seed = json_extract(entry, '$.seed')",
    f"""UPDATE works SET loras = (SELECT json_group_array(name) FROM ({_ENTRY_LORAS}))
        WHERE kind != 'film' AND json_valid(json_extract(entry, '$.record'))""",
    "DROP INDEX works_by_time",
    "CREATE INDEX works_in_order ON works (batch_at DESC, batch, batch_number, id DESC)",
    """CREATE TRIGGER work_changed AFTER UPDATE OF words ON works BEGIN
        INSERT INTO search (search, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO search (rowid, words) VALUES (new.id, new.words);
    END""",
)
_CONTENTS = Contents(
    name="list of what was made",
    comfort="it is filled from the files themselves, and no file is touched.",
    steps=(_TABLES, _FINDING),
    error=HistoryError,
)
_COLUMNS = (
    "path, kind, created_at, model, is_missing, entry, words,"
    " seed, loras, rating, tags, batch_at, batch, batch_number"
)
_PLACES = ", ".join("?" * (_COLUMNS.count(",") + 1))
_ORDER = "batch_at DESC, batch, batch_number, id DESC"
# Words of scripts that set spaces between them; others are found anywhere in the text instead.
_PLAIN_WORD = re.compile(r"[^\W_]+")
_FIRST_UNSPACED = "\u0e00"


@dataclass(frozen=True)
class HistoryQuery:
    """What is looked for; empty and None mean "any".

    Attributes:
        text: words that must all occur, each at the beginning of a word.
        since, until: moments; `until` itself no longer belongs to it.
        lora: the name of its file.
        min_rating: at least so many stars.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    model: str = ""
    kind: WorkKind | None = None
    lora: str = ""
    seed: int | None = None
    min_rating: int = 0
    tag: str = ""


class History:
    """The list of everything that was made; each call is one transaction, safe from any thread.

    A damaged file is set aside and begun anew; `catch_up` then fills it from the files themselves.
    """

    def __init__(self, path: Path, folders: Sequence[Path] = ()) -> None:
        """Nothing is opened before it is used.

        Args:
            path: the file; its folder is made at need.
            folders: where finished files usually lie.
        """
        self.path = path
        self._file = SqliteFile(path, _CONTENTS)
        self._folders = tuple(folders)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user must be told about how the file was opened, as soon as it was."""
        return self._file.notes

    def add(self, *entries: HistoryEntry) -> None:
        """Take finished files into the list; what was made at their places before leaves it.

        Raises:
            HistoryError: the list cannot be written.
        """

        def add(db: sqlite3.Connection) -> None:
            for entry in entries:
                db.execute("DELETE FROM works WHERE path = ?", (str(entry.path),))
                db.execute(
                    f"INSERT INTO works ({_COLUMNS}) VALUES ({_PLACES})",
                    _row(entry),
                )

        if entries:
            self._do(add, "BEGIN IMMEDIATE")

    def follow(self, queue: JobQueue) -> None:
        """Take in what the jobs of this queue make; what cannot be written down costs no job."""

        def listen(update: JobUpdate) -> None:
            if not isinstance(update.event, Succeeded):
                return
            try:
                entry = entry_of_job(queue.job(update.job_id))
                if entry is not None:
                    self.add(entry)
            except (StudioError, OSError, ValidationError) as error:
                log.warning("what job %s made is not in the history: %s", update.job_id, error)

        queue.subscribe(listen)

    def find(
        self, query: HistoryQuery | None = None, *, limit: int = 200, offset: int = 0
    ) -> tuple[HistoryEntry, ...]:
        """What fits the query, newest first; what was ordered together stays together.

        Raises:
            HistoryError: the list cannot be read.
        """
        where, values = _conditions(query or HistoryQuery())
        rows = self._read(
            f"SELECT * FROM works{where} ORDER BY {_ORDER} LIMIT ? OFFSET ?",
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

    def loras(self) -> tuple[str, ...]:
        """The names of all LoRAs that something was made with, in order of the alphabet.

        Raises:
            HistoryError: the list cannot be read.
        """
        return self._names("loras")

    def tags(self) -> tuple[str, ...]:
        """All tags that something has, in order of the alphabet.

        Raises:
            HistoryError: the list cannot be read.
        """
        return self._names("tags")

    def _names(self, column: str) -> tuple[str, ...]:
        rows = self._read(f"SELECT DISTINCT value FROM works, json_each(works.{column})")
        return tuple(sorted((str(row["value"]) for row in rows), key=str.casefold))

    def mark(
        self, entries: Sequence[HistoryEntry], change: Callable[[FileMarks], FileMarks]
    ) -> tuple[HistoryEntry, ...]:
        """Give files other stars and tags, beside them and in the list; what they are then.

        What lies beside a file counts, whoever wrote it, not what the list knew of it.

        Raises:
            HistoryError: the list cannot be written; what lies beside the files counts.
            OutputError: those of a file cannot be kept; those of all the others are.
        """
        marked: list[HistoryEntry] = []
        problem: OutputError | None = None
        for entry in entries:
            marks = change(read_marks(entry.path))
            try:
                write_marks(entry.path, marks)
            except OutputError as error:
                problem = problem or error
            else:
                marked.append(entry.with_marks(marks))

        def update(db: sqlite3.Connection) -> None:
            for entry in marked:
                db.execute(
                    "UPDATE works SET rating = ?, tags = ?, words = ? WHERE id = ?",
                    (entry.rating, _list(entry.tags), _words(entry), entry.id),
                )

        self._do(update, "BEGIN IMMEDIATE")
        if problem is not None:
            raise problem
        return tuple(marked)

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
        for row in self._rows(token):
            is_missing = not exists(Path(row["path"]))
            if is_missing != bool(row["is_missing"]):
                changed.append((is_missing, row["id"]))
        self._write("UPDATE works SET is_missing = ? WHERE id = ?", changed)
        return len(changed)

    def _rows(self, cancel: CancelToken) -> Iterator[sqlite3.Row]:
        """All lines, a few at a time, so that other threads get their turns in between."""
        last = 0
        few = "SELECT id, path, is_missing FROM works WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._read(few, (last, _BATCH)):
            yield from rows
            last = int(rows[-1]["id"])
            cancel.wait(_BREATH_S)

    def scan(self, folders: Sequence[Path], cancel: CancelToken | None = None) -> int:
        """Add every file in and below the folders that says how it was made; gives their number.

        Raises:
            HistoryError: the list cannot be written.
            JobCancelled: asked to stop; what was found so far is kept.
        """
        token = cancel or CancelToken()
        known = {row["path"] for row in self._rows(token)}
        found: list[HistoryEntry] = []
        added = 0
        try:
            for path in files_below(folders):
                token.check()
                entry = None if str(path) in known else entry_of(path)
                if entry is not None:
                    found.append(entry)
                    added += 1
                if len(found) >= _BATCH:
                    self.add(*found)
                    found = []
        finally:
            self.add(*found)
        return added

    def catch_up(self, cancel: CancelToken | None = None) -> int:
        """Fill a list that was begun anew from the files themselves; gives how many were found.

        Does nothing once it has come to its end.

        Raises:
            HistoryError: the list cannot be read or written.
            JobCancelled: asked to stop.
        """
        if self._read("SELECT moment FROM caught_up"):
            return 0
        found = self.scan(self._folders, cancel)
        self._write("INSERT INTO caught_up VALUES (?)", [(datetime.now(UTC).timestamp(),)])
        return found

    def _read(self, statement: str, values: Sequence[str | float] = ()) -> list[sqlite3.Row]:
        return self._do(lambda db: db.execute(statement, values).fetchall(), "BEGIN")

    def _write(self, statement: str, rows: Sequence[tuple[float, ...]]) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.executemany(statement, rows)

        self._do(write, "BEGIN IMMEDIATE")

    def _do(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        """One transaction; on a file that turns out to be damaged, again on a new one."""
        try:
            with self._file.transaction(begin) as db:
                return work(db)
        except HistoryError as error:
            cause = error.__cause__
            # The subclasses say that the disk is full, the file locked, or the statement wrong.
            if cause is None or type(cause) is not sqlite3.DatabaseError:
                raise
            self._file.start_anew(cause)
        with self._file.transaction(begin) as db:
            return work(db)

    def _entry(self, row: sqlite3.Row) -> HistoryEntry:
        try:
            entry = HistoryEntry.model_validate_json(row["entry"])
        except ValidationError as error:
            raise HistoryError(
                f"The list of what was made, {str(self.path)!r}, was written by another version.",
                hint="Move the file away; it is made again from the files themselves.",
            ) from error
        known = {"id": row["id"], "is_missing": bool(row["is_missing"])}
        marks = {"rating": row["rating"], "tags": tuple(json.loads(row["tags"]))}
        # Of a line of an earlier version the columns alone know it.
        return entry.model_copy(update={**known, **marks, "loras": tuple(json.loads(row["loras"]))})


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
    if query.seed is not None:
        found.append(("seed = ?", query.seed))
    if query.min_rating:
        found.append(("rating >= ?", query.min_rating))
    for column, name in (("loras", query.lora), ("tags", query.tag)):
        if name:
            test = f"EXISTS (SELECT 1 FROM json_each(works.{column}) WHERE value = ?)"
            found.append((test, name))
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


def _words(entry: HistoryEntry) -> str:
    """Everything that can be looked for."""
    made = (entry.prompt, entry.negative_prompt, entry.title, entry.model, entry.target)
    return _plain("\n".join((*made, entry.path.name, *entry.loras, *entry.tags)))


def _list(names: Sequence[str]) -> str:
    return json.dumps(names, ensure_ascii=False)


def _row(entry: HistoryEntry) -> tuple[str | float | None, ...]:
    at, batch, number = entry.order_key
    return (
        str(entry.path),
        entry.kind.value,
        entry.created_at.timestamp(),
        entry.model,
        entry.is_missing,
        entry.model_dump_json(),
        _words(entry),
        entry.seed,
        _list(entry.loras),
        entry.rating,
        _list(entry.tags),
        -at,
        batch,
        number,
    )
