"""What is common to all that a language model is asked to write."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError

from core.frozen import Frozen
from core.mistakes import mistakes_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.jobs.job import Subject
    from core.language.model import LanguageModel, LanguageRequest

A = TypeVar("A", bound=Frozen)

Answers = tuple[dict[str, Any], ...]
"""What was answered to the first questions, each read and found right."""

EARLIER_TOKENS = 600
"""What a question holds of earlier answers is no longer than this."""
_EARLIER_LETTERS = 1200
_FENCED = re.compile(r"\A\s*```[\w-]*[ \t]*\n(?P<inner>.*?)\n?\s*```\s*\Z", re.DOTALL)
_SHOWN = 80


class Misfit(Exception):
    """An answer that is none to the question; says why, in a sentence for model and person."""


class WritingTask(Frozen):
    """Some questions to a language model, asked one after the other, whose answers are one work."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words for lists."""

    @property
    @abstractmethod
    def subject(self) -> Subject:
        """What its job is about."""

    @property
    @abstractmethod
    def num_questions(self) -> int:
        """How many questions there are."""

    @abstractmethod
    def question(self, number: int, earlier: Answers) -> LanguageRequest:
        """One question, from 0, with something of the answers before it where they are known."""

    def at_most_usd(self, number: int, model: LanguageModel) -> float:
        """What a question costs if its answer is as long as it may be; nothing of a free model."""
        request = self.question(number, ())
        tokens_in = request.tokens_in + (EARLIER_TOKENS if number else 0)
        return model.price.cost_usd(tokens_in, request.max_tokens) if model.price else 0.0

    @abstractmethod
    def read(self, number: int, answer: Mapping[str, object]) -> tuple[str, ...]:
        """Hold an answer against its question; gives a sentence on everything that was mended.

        Raises:
            Misfit: it cannot be used.
        """


def object_in(text: str) -> dict[str, Any]:
    """The object that an answer is; a fence around it is taken off, and nothing else.

    Raises:
        Misfit: there is none, it ends half-way, or something stands before or behind it.
    """
    fenced = _FENCED.match(text)
    inner = fenced["inner"] if fenced else text
    if not inner.strip():
        raise Misfit("the answer is empty.")
    try:
        found: Any = json.loads(inner)
    except json.JSONDecodeError as error:
        if error.pos >= len(inner.rstrip()) or error.msg.startswith("Unterminated string"):
            raise Misfit("the answer ends in the middle of its object.") from error
        begin = " ".join(text.split())[:_SHOWN]
        raise Misfit(f"the answer is no JSON object: it begins with {begin!r}.") from error
    except RecursionError as error:
        raise Misfit("the answer is nested too deep.") from error
    if not isinstance(found, dict):
        raise Misfit(f"the answer is no object but a {type(found).__name__}.")
    return cast("dict[str, Any]", found)


def read_as(kind: type[A], answer: Mapping[str, object]) -> A:
    """An answer as a value.

    Raises:
        Misfit: it is none of that kind.
    """
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise Misfit(f"{mistakes_in(error, 'the answer')}.") from error


def carried(sentences: Sequence[str]) -> str:
    """The newest of what earlier answers said, no longer than `EARLIER_TOKENS`."""
    kept: list[str] = []
    left = _EARLIER_LETTERS
    for sentence in reversed(sentences):
        left -= len(sentence.encode()) + 1
        if left < 0:
            break
        kept.append(sentence)
    return "\n".join(reversed(kept))


def answer_schema(kind: type[Frozen]) -> dict[str, object]:
    """The JSON schema of a kind of answer, as every service takes it: no titles, no limits."""
    found: dict[str, object] = _plain(kind.model_json_schema())
    return found


_NOT_TAKEN = {
    *("title", "description", "default", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems", "minLength", "maxLength"),
}


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    plain: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", schema).items():
        if name in ("properties", "$defs"):
            inner = cast("dict[str, Any]", value)
            plain[name] = {key: _plain(part) for key, part in inner.items()}
        elif name not in _NOT_TAKEN:
            plain[name] = _plain(value)
    return plain
