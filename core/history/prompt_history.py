"""The prompts of images as they were typed, newest first, whatever becomes of the images."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import HistoryError
from core.platform.sqlite_file import Contents, SqliteFile

if TYPE_CHECKING:
    from pathlib import Path

MOST = 1000
"""So many different prompts are kept; the ones not used for the longest time go first."""
_TABLES = (
    """CREATE TABLE prompts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        prompt TEXT NOT NULL UNIQUE,
        words TEXT NOT NULL,
        settings TEXT NOT NULL,
        used_at REAL NOT NULL,
        turn INTEGER NOT NULL
    )""",
    "CREATE INDEX prompts_by_turn ON prompts (turn DESC)",
)
_CONTENTS = Contents(
    name="list of prompts",
    comfort="the pictures and their records still have theirs.",
    steps=(_TABLES,),
    error=HistoryError,
)


@dataclass(frozen=True)
class UsedPrompt:
    """A prompt as it was typed.

    Attributes:
        settings: all that was ordered with it when it was last used, as JSON of who ordered.
    """

    id: int
    prompt: str
    settings: str
    used_at: datetime


class PromptHistory:
    """Each prompt once, by when it was last used; may be asked from any thread."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before it is used; the folder of the file is made at need."""
        self._file = SqliteFile(path, _CONTENTS)

    def add(self, prompt: str, settings: str = "") -> None:
        """Take down that a prompt is used now; an empty one is none.

        Raises:
            HistoryError: the list cannot be written.
        """
        typed = _storable(prompt.strip())
        if not typed:
            return
        with self._file.transaction() as db:
            # By turns and not by the clock, which may be set back.
            (turn,) = db.execute("SELECT coalesce(max(turn), 0) + 1 FROM prompts").fetchone()
            db.execute(
                "INSERT INTO prompts (prompt, words, settings, used_at, turn)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (prompt) DO UPDATE SET"
                " settings = excluded.settings, used_at = excluded.used_at, turn = excluded.turn",
                (typed, _plain(typed), settings, datetime.now(UTC).timestamp(), turn),
            )
            db.execute(
                "DELETE FROM prompts WHERE id NOT IN"
                " (SELECT id FROM prompts ORDER BY turn DESC LIMIT ?)",
                (MOST,),
            )

    def find(self, text: str = "", limit: int = MOST) -> tuple[UsedPrompt, ...]:
        """Those in which all of these words occur, the last used first.

        Raises:
            HistoryError: the list cannot be read.
        """
        words = _plain(_storable(text)).split()
        tests = " AND ".join(["instr(words, ?)"] * len(words)) or "1"
        with self._file.transaction("BEGIN") as db:
            rows = db.execute(
                f"SELECT * FROM prompts WHERE {tests} ORDER BY turn DESC LIMIT ?",
                (*words, limit),
            ).fetchall()
        return tuple(
            UsedPrompt(
                row["id"],
                row["prompt"],
                row["settings"],
                datetime.fromtimestamp(row["used_at"], UTC),
            )
            for row in rows
        )

    def remove(self, prompt_id: int) -> None:
        """Forget one.

        Raises:
            HistoryError: the list cannot be written.
        """
        with self._file.transaction() as db:
            db.execute("DELETE FROM prompts WHERE id = ?", (prompt_id,))


def _storable(text: str) -> str:
    # A lone surrogate, half of a character, cannot be stored.
    return text.encode("utf-8", "replace").decode()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
