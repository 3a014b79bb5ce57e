"""A SQLite file shared by processes: opened with care, changed in whole transactions."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.files import set_aside

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from core.errors import StudioError

log = logging.getLogger(__name__)

_BUSY_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes:
        name: in words, for messages: "job journal".
        comfort: what the user is told when a damaged file is replaced.
        steps: the statements that lead from each schema number to the next, beginning with none.
        error: what is raised.
    """

    name: str
    comfort: str
    steps: Sequence[Sequence[str]]
    error: type[StudioError]


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

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Generator[sqlite3.Connection]:
        """Do everything or nothing.

        Writers lock at once, so that two processes never both read "free" and both write; who
        only reads says "BEGIN".
        """
        self.open()
        try:
            with closing(self._connect()) as db:
                db.execute(begin)
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def open(self) -> None:
        """Make or check the file, once; `transaction` does it too."""
        with self._lock:
            if self._is_open:
                return
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._prepare()
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

    def _prepare(self) -> None:
        newest = len(self._contents.steps)
        with closing(self._connect()) as db:
            version = self._version(db)
            answer = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
            if answer != "ok":
                raise sqlite3.DatabaseError(answer)
            if version == newest:
                return
            db.execute("BEGIN IMMEDIATE")
            # Asked again: another process may have been quicker.
            for step in self._contents.steps[self._version(db) :]:
                for statement in step:
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {newest}")
            db.execute("COMMIT")

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
                self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
                self._prepare()
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
            log.warning("%s", note)
            self.notes = (note,)

    def _connect(self) -> sqlite3.Connection:
        # Explicit transactions only: `isolation_level=None` leaves BEGIN to us.
        db = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        return db

    def _unusable(self, error: sqlite3.Error) -> StudioError:
        return self._contents.error(
            f"The {self._contents.name} {str(self.path)!r} cannot be used: {error}.",
            hint="Check that its disk has space and that its folder is writable, then try again.",
        )
