"""A language model as a row, a question to one, and what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "language"
"""What jobs are called that ask a language model."""

_MILLION = 1_000_000
# Few words have more: English about four bytes a token, Chinese and Japanese two to three.
_BYTES_PER_TOKEN = 2.5


class TextPrice(Frozen):
    """What a model's words cost, in US dollars for a million tokens.

    Attributes:
        usd_in: of what it is sent.
        usd_out: of what it writes, its thinking included.
    """

    usd_in: float
    usd_out: float
    as_of: date
    source: str

    def cost_usd(self, tokens_in: int, tokens_out: int) -> float:
        """Of one question and its answer."""
        return round((tokens_in * self.usd_in + tokens_out * self.usd_out) / _MILLION, 8)

    def __str__(self) -> str:
        return f"${self.usd_in:g} in, ${self.usd_out:g} out per million tokens"


class LanguageModel(Frozen):
    """One language model.

    Attributes:
        provider: the id of who is asked, such as "ollama".
        id: what it is called there.
        price: None where it costs nothing: it runs on a server of the person's own.
        address: of that server; empty for a service.
        is_local: what it is asked stays on this machine.
        max_tokens: as much is written in one answer at most.
    """

    provider: str
    id: str
    label: str
    summary: str = ""
    price: TextPrice | None = None
    address: str = ""
    is_local: bool = False
    max_tokens: int = 8192

    @property
    def name(self) -> str:
        """As it is asked for: "ollama/gemma4:e4b"."""
        return f"{self.provider}/{self.id}"

    @property
    def is_free(self) -> bool:
        """Whether its words cost nothing."""
        return self.price is None

    @property
    def terms(self) -> str:
        """Where it runs and what it costs, in a few words."""
        if self.price is not None:
            return str(self.price)
        return "free, on this machine" if self.is_local else f"free, at {self.address}"


@dataclass(frozen=True)
class LanguageRequest:
    """A question whose answer is an object.

    Attributes:
        instructions: what is to be done, the same for every text.
        text: what it is done with.
        answer_schema: the JSON schema of the answer: objects with every property required, lists,
            texts, numbers, choices.
        max_tokens: as much is written at most.
    """

    instructions: str
    text: str
    answer_schema: Mapping[str, object]
    max_tokens: int

    @property
    def tokens_in(self) -> int:
        """No fewer tokens than it has, but for rare texts."""
        sent = f"{self.instructions}{self.text}{json.dumps(self.answer_schema)}"
        return int(len(sent.encode()) / _BYTES_PER_TOKEN) + 1

    def again(self, mistake: str) -> LanguageRequest:
        """The same question, after an answer that could not be used."""
        said = f"Your last answer could not be used: {mistake} Answer again, completely."
        return replace(self, text=f"{self.text}\n\n{said}")


class Ending(StrEnum):
    """How an answer ended."""

    WHOLE = "whole"
    CUT = "cut"
    REFUSED = "refused"


class LanguageAnswer(Frozen):
    """What a model answered, word for word.

    Attributes:
        said: why it refused, in its words, where it did.
        tokens_in, tokens_out: as they are billed; None where that is not told.
        job_id: of the job that asked.
    """

    text: str
    ending: Ending = Ending.WHOLE
    said: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    job_id: str = ""

    def cost_usd(self, model: LanguageModel, at_most_usd: float) -> float:
        """What it costs; where it was not counted, what the question may cost at most."""
        if model.price is None:
            return 0.0
        if self.tokens_in is None or self.tokens_out is None:
            return at_most_usd
        return model.price.cost_usd(self.tokens_in, self.tokens_out)


def at_most(cost_usd: float) -> str:
    """A price that may become less, in words."""
    return "free" if cost_usd == 0 else f"at most ${cost_usd:.4f}"
