"""A SQLite file shared by processes: opened with care, changed in whole transactions."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.files import exists, free_bad_name, move_if_free, set_aside

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from core.errors import StudioError

log = logging.getLogger(__name__)

_TURN_S = 10.0
_COMPANIONS = ("-journal", "-wal", "-shm")


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes:
        name: in words, for messages: "job journal".
        comfort: what the user is told when a damaged file is replaced.
        steps: the statements that lead from each schema number to the next, beginning with none.
        error: what is raised.
        busy_s: how long the change of another process is waited for.
    """

    name: str
    comfort: str
    steps: Sequence[Sequence[str]]
    error: type[StudioError]
    busy_s: float = 10.0


class SqliteFile:
    """Each transaction has a connection of its own, so any thread may begin one.

    Nothing is opened or made before the first one.

    Attributes:
        notes: what the user must be told about how the file was opened, as soon as it was.
    """

    def __init__(self, path: Path, contents: Contents) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        self._contents = contents
        self._is_open = False
        self._lock = threading.RLock()
        self._turn = threading.RLock()

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Generator[sqlite3.Connection]:
        """Do everything or nothing.

        Writers lock at once, so that two processes never both read "free" and both write; who
        only reads says "BEGIN".
        """
        self.open()
        try:
            with self._in_turn(), closing(self._connect()) as db:
                db.execute(begin)
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    @contextmanager
    def _in_turn(self) -> Generator[None]:
        """Let threads stand in line: SQLite has each ask now and then, and some never get in."""
        # Whoever takes longer is left to SQLite, which says in the end that the file is locked.
        has_turn = self._turn.acquire(timeout=_TURN_S)
        try:
            yield
        finally:
            if has_turn:
                self._turn.release()

    def open(self) -> None:
        """Make or check the file, once; `transaction` does it too."""
        with self._lock:
            # Asked each time: whoever tidies up a disk may remove it while this program runs.
            if self._is_open and exists(self.path):
                return
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._create()
                self._prepare()
                self._keep_copy_of_short_file()
            except OSError as error:
                raise self._contents.error(
                    f"The folder {str(self.path.parent)!r} for the {self._contents.name} cannot be "
                    f"made: {error.strerror}.",
                    hint="Make it writable, or set IMAGEAI_HOME to another folder.",
                ) from error
            except sqlite3.OperationalError as error:
                raise self._unusable(error) from error
            except sqlite3.DatabaseError as error:
                self.start_anew(error)
            self._is_open = True

    def _create(self) -> None:
        """Make a file that is missing aside and whole: one that is empty was then cut off."""
        if exists(self.path):
            return
        # A change that SQLite had begun to a file that is gone would be undone in the new one.
        for companion in self._companions():
            companion.unlink(missing_ok=True)
        aside = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex[:12]}")
        try:
            with closing(self._connect(aside)) as db:
                self._upgrade(db)
            # Where another process was quicker, its file is as good.
            move_if_free(aside, self.path)
        finally:
            aside.unlink(missing_ok=True)

    def _prepare(self) -> None:
        with closing(self._connect()) as db:
            version = self._version(db)
            if not self.path.stat().st_size:
                raise sqlite3.DatabaseError("it is empty")
            answer = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
            if answer != "ok":
                raise sqlite3.DatabaseError(answer)
            if version < len(self._contents.steps):
                self._upgrade(db)

    def _upgrade(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        # Asked again: another process may have been quicker.
        for step in self._contents.steps[self._version(db) :]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(self._contents.steps)}")
        db.execute("COMMIT")

    def _keep_copy_of_short_file(self) -> None:
        """A file that ends too early, though all that is left of it is sound, is used and told."""
        with closing(self._connect()) as db:
            if self._missing_bytes(db) <= 0:
                return
            # Asked again while nobody else changes its length.
            db.execute("BEGIN IMMEDIATE")
            missing = self._missing_bytes(db)
            if missing <= 0:
                return
            copy = free_bad_name(self.path)
            shutil.copyfile(self.path, copy)
            os.truncate(self.path, self.path.stat().st_size + missing)
        self._note(
            f"The end of the {self._contents.name} is missing ({missing} bytes). What can be read "
            f"of it is used, and it is kept as it was as {str(copy)!r}; {self._contents.comfort}"
        )

    def _version(self, db: sqlite3.Connection) -> int:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(self._contents.steps):
            raise self._contents.error(
                f"The {self._contents.name} {str(self.path)!r} was written by a newer version of "
                "this program.",
                hint="Update the program, or set IMAGEAI_HOME to another folder.",
            )
        return version

    def start_anew(self, reason: Exception) -> None:
        """Set the file aside, because it is damaged, and begin a new one."""
        with self._lock:
            name = self._contents.name
            try:
                bad = set_aside(self.path)
                for companion in self._companions():
                    if companion.exists():
                        end = companion.name.removeprefix(self.path.name)
                        companion.rename(bad.with_name(f"{bad.name}{end}"))
                self._create()
            except (OSError, sqlite3.Error) as error:
                raise self._contents.error(
                    f"The {name} {str(self.path)!r} is damaged ({reason}) and cannot be replaced: "
                    f"{error}.",
                    hint="Move it away by hand.",
                ) from error
            note = (
                f"The {name} was damaged ({reason}). It is kept as {str(bad)!r} and a new one is "
                f"begun; {self._contents.comfort}"
            )
            self._note(note)

    def _missing_bytes(self, db: sqlite3.Connection) -> int:
        pages, page_size = (
            int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size")
        )
        return pages * page_size - self.path.stat().st_size

    def _companions(self) -> list[Path]:
        """The files in which SQLite keeps a change until it is whole."""
        return [self.path.with_name(f"{self.path.name}{end}") for end in _COMPANIONS]

    def _note(self, note: str) -> None:
        log.warning("%s", note)
        self.notes = (*self.notes, note)

    def _connect(self, path: Path | None = None) -> sqlite3.Connection:
        # Explicit transactions only: `isolation_level=None` leaves BEGIN to us.
        db = sqlite3.connect(path or self.path, timeout=self._contents.busy_s, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        return db

    def _unusable(self, error: sqlite3.Error) -> StudioError:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK":
            return self._contents.error(
                f"The {self._contents.name} {str(self.path)!r} was left in the middle of a change, "
                "and you may not write to it, so it cannot be brought in order.",
                hint="Start the program once as the user to whom the file belongs.",
            )
        return self._contents.error(
            f"The {self._contents.name} {str(self.path)!r} cannot be used: {error}.",
            hint="Check that its disk has space and that its folder is writable, then try again.",
        )
