"""What a service answered last, in its own words, kept in a file and asked anew once a day."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from core.platform.files import write_text_atomically
from core.video.provider import FactChange

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

_FRESH = timedelta(hours=24)


Facts: TypeAlias = "Mapping[str, Mapping[str, str]]"
"""What a service says, in words: by the names of its models, and by what it is about."""
MODEL = "model"


def changes_between(before: Facts, after: Facts) -> tuple[FactChange, ...]:
    """What of the facts is another; a model that came or went is one change."""
    found: list[FactChange] = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            found.append(FactChange(name, MODEL, _there(old), _there(new)))
            continue
        for fact in dict.fromkeys((*old, *new)):
            was, now = old.get(fact, ""), new.get(fact, "")
            if was != now:
                found.append(FactChange(name, fact, was, now))
    return tuple(found)


def _there(facts: Mapping[str, str] | None) -> str:
    return "" if facts is None else ", ".join(facts) or "described"


class KeptAnswers:
    """The last answers by name, whichever process asked for them."""

    def __init__(self, file: Path) -> None:
        """Reads nothing yet."""
        self._file = file
        self._answers: dict[str, object] = {}
        self._asked_at: datetime | None = None

    @property
    def asked_at(self) -> datetime | None:
        """When they were told; None where they never were."""
        if self._asked_at is None:
            self._read()
        return self._asked_at

    @property
    def is_fresh(self) -> bool:
        """Whether they were asked for within a day."""
        at = self.asked_at
        return at is not None and datetime.now(UTC) - at < _FRESH

    @property
    def every(self) -> Mapping[str, object]:
        """Every answer by its name; none where nothing was ever asked."""
        return {} if self.asked_at is None else self._answers

    def find(self, name: str) -> object:
        """The answer of that name; None where there is none."""
        return None if self.asked_at is None else self._answers.get(name)

    def keep(self, answers: Mapping[str, object]) -> None:
        """Take down what was told now."""
        self._answers, self._asked_at = dict(answers), datetime.now(UTC)
        text = json.dumps({"asked_at": self._asked_at.isoformat(), "answers": self._answers})
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_text_atomically(self._file, text + "\n")
        except OSError as error:
            log.warning("What the service told is not kept: %s", error)

    def _read(self) -> None:
        try:
            found: Any = json.loads(self._file.read_text("utf-8"))
            at = datetime.fromisoformat(found["asked_at"])
            answers = cast("dict[str, object]", found["answers"])
        except (OSError, ValueError, TypeError, KeyError):
            return
        # A clock that was wrong once does not keep them for ever.
        if at.tzinfo is not None and at <= datetime.now(UTC) + _FRESH:
            self._answers, self._asked_at = dict(answers), at
