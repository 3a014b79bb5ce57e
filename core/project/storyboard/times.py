"""How long each scene of a storyboard is: what is asked for first, then shares of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor
from typing import TYPE_CHECKING

from core.project.storyboard.blocks import MOST_WORDS, Passage, divide
from core.project.storyboard.markup import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

_PER_S = 100
"""Lengths are counted in hundredths of a second, so that they add up exactly."""
_SHOWN = 5


@dataclass(frozen=True)
class ClipLengths:
    """How long clips are: usually, at least, and at most; in seconds."""

    usual_s: float
    min_s: float
    max_s: float

    @cached_property
    def usual(self) -> int:
        """In hundredths, within the bounds."""
        return min(max(round(self.usual_s * _PER_S), self.low), self.high)

    @cached_property
    def low(self) -> int:
        """In hundredths."""
        return max(1, ceil(self.min_s * _PER_S - 1e-6))

    @cached_property
    def high(self) -> int:
        """In hundredths."""
        return max(self.low, floor(self.max_s * _PER_S + 1e-6))


@dataclass(frozen=True, slots=True)
class TimedPart:
    """A scene's words and its length, in hundredths; `is_asked` where a tag or times say so."""

    passage: Passage
    length: int
    is_asked: bool

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.length / _PER_S


@dataclass(frozen=True)
class Schedule:
    """All scenes in order, and what could not be done as asked: single times, and lengths."""

    parts: tuple[TimedPart, ...]
    time_notes: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Span:
    """Pieces that share a stretch of the film; it has no end where nobody says when it ends."""

    start: int
    end: int | None
    is_exact: bool
    passages: list[Passage]

    @property
    def length(self) -> int | None:
        return None if self.end is None else self.end - self.start


def schedule(passages: Sequence[Passage], target_s: float | None, clips: ClipLengths) -> Schedule:
    """Divide pieces into scenes and give each a length.

    Lengths that tags or times ask for are kept whatever they are; only the rest is shared.
    """
    time_notes: list[str] = []
    target = None if target_s is None else round(target_s * _PER_S)
    timed = [part for span in _spans(passages, target, time_notes) for part in _fill(span, clips)]
    notes = _length_notes(timed, clips)
    if target is not None and timed:
        notes += _target_notes(timed, target, clips)
    return Schedule(tuple(timed), tuple(time_notes), tuple(notes))


def _spans(passages: Sequence[Passage], target: int | None, notes: list[str]) -> list[_Span]:
    """The pieces between one time and the next."""
    spans: list[_Span] = [_Span(0, None, False, [])]
    stated_end: int | None = None
    for passage in passages:
        if passage.at is not None:
            at = round(passage.at.seconds * _PER_S)
            if at > spans[-1].start and spans[-1].passages:
                spans[-1].end, spans[-1].is_exact = at, True
                spans.append(_Span(at, None, False, []))
            elif at > spans[-1].start:
                notes.append(
                    f"Nothing comes before the scene at {clock(passage.at.seconds)}, so it begins "
                    "with the film and lasts longer."
                )
            elif spans[-1].passages:
                notes.append(
                    f"The time {clock(passage.at.seconds)} is not later than the one before it, "
                    f"{clock(spans[-1].start / _PER_S)}, so it does not count."
                )
            stated_end = None if passage.at.end_s is None else round(passage.at.end_s * _PER_S)
        spans[-1].passages.append(passage)
    last = spans[-1]
    if stated_end is not None and stated_end > last.start:
        last.end, last.is_exact = stated_end, True
    elif target is not None and target > last.start:
        last.end = target
    return spans


def _fill(span: _Span, clips: ClipLengths) -> list[TimedPart]:
    """The scenes of a span with their lengths."""
    asked = sum(_asked(passage) or 0 for passage in span.passages)
    free = [passage for passage in span.passages if _asked(passage) is None]
    budget = None if span.length is None else span.length - asked
    words = sum(passage.words for passage in free)
    parts: list[TimedPart] = []
    for passage in span.passages:
        length = _asked(passage)
        if length is not None:
            parts.append(TimedPart(passage, length, True))
            continue
        share = None if budget is None else budget * passage.words / words
        parts += [
            TimedPart(part, 0, False) for part in divide(passage, _count(passage, share, clips))
        ]
    shared = [part.passage.words for part in parts if not part.is_asked]
    lengths = iter(_lengths(shared, budget, clips, is_exact=span.is_exact))
    return [
        part if part.is_asked else TimedPart(part.passage, next(lengths), span.is_exact)
        for part in parts
    ]


def _count(passage: Passage, share: float | None, clips: ClipLengths) -> int:
    """In how many scenes a piece comes out best."""
    readable = ceil(passage.words / MOST_WORDS)
    if share is None:
        return len(passage.atoms) if passage.is_verse else readable
    if passage.is_whole:
        return max(readable, ceil(share / clips.high))
    return max(readable, round(share / clips.usual))


def _lengths(
    words: Sequence[int], budget: int | None, clips: ClipLengths, *, is_exact: bool
) -> list[int]:
    if budget is None:
        return [clips.usual] * len(words)
    if not is_exact or not words:
        return share_out(budget, words, clips.low, clips.high)
    # Times say when the next scene begins: that holds, even beyond what a clip can be.
    low = min(clips.low, max(1, budget // len(words)))
    high = clips.high if budget <= len(words) * clips.high else budget
    return share_out(budget, words, low, high)


def _asked(passage: Passage) -> int | None:
    return None if passage.length_s is None else max(1, round(passage.length_s * _PER_S))


def _length_notes(timed: Sequence[TimedPart], clips: ClipLengths) -> list[str]:
    """What is asked for and no clip can be."""
    out = [
        f"{number} ({_seconds(part.length)})"
        for number, part in enumerate(timed, start=1)
        if part.is_asked and not clips.low <= part.length <= clips.high
    ]
    if not out:
        return []
    more = f" and {len(out) - _SHOWN} more" if len(out) > _SHOWN else ""
    return [
        f"The storyboard asks for lengths that no clip can have: scene{'s' * (len(out) > 1)} "
        f"{', '.join(out[:_SHOWN])}{more}. Clips last {_seconds(clips.low)} to "
        f"{_seconds(clips.high)}: mark more scenes, or change the lengths."
    ]


def _target_notes(timed: Sequence[TimedPart], target: int, clips: ClipLengths) -> list[str]:
    """Why the scenes do not come to the target, with the numbers."""
    total = sum(part.length for part in timed)
    if total == target:
        return []
    message = f"The scenes come to {_clock(total)}, not to {_clock(target)}:"
    free = sum(not part.is_asked for part in timed)
    if not free:
        return [f"{message} all lengths are given by tags and times."]
    which = "all" if free == len(timed) else "those without a length of their own"
    if total < target:
        return [
            f"{message} {which} have the most that a clip can have, {_seconds(clips.high)}. "
            "Write more sentences, or choose a shorter target."
        ]
    return [
        f"{message} {which} have the least that a clip can have, {_seconds(clips.low)}. "
        "Join paragraphs, or choose a longer target."
    ]


def _seconds(length: int) -> str:
    return f"{length / _PER_S:g} s"


def _clock(length: int) -> str:
    return clock(length / _PER_S)


# A little more than a half, so that what is one half but for an error of floats is rounded alike.
_HALF = 0.5 + 1e-9


def share_out(total: int, weights: Sequence[float], low: int, high: int) -> list[int]:
    """Whole shares of a total in proportion to weights, each from `low` to `high`.

    They add up to the total wherever the bounds allow it; else all are at the nearer bound.
    """
    count = len(weights)
    if count * low >= total:
        return [low] * count
    if count * high <= total:
        return [high] * count
    fixed: dict[int, int] = {}
    # Those that a bound holds are fixed, and the rest is shared anew, until no bound is broken.
    while True:
        free = [index for index in range(count) if index not in fixed]
        rest = total - sum(fixed.values())
        rate = rest / sum(weights[index] for index in free)
        over = [index for index in free if weights[index] * rate > high]
        under = [index for index in free if weights[index] * rate < low]
        excess = sum(weights[index] * rate - high for index in over)
        shortfall = sum(low - weights[index] * rate for index in under)
        if not over and not under:
            break
        if excess >= shortfall:
            fixed.update(dict.fromkeys(over, high))
        if shortfall >= excess:
            fixed.update(dict.fromkeys(under, low))
        if len(fixed) == count:
            break
    shares = [fixed.get(index, 0) for index in range(count)]
    given, reached = 0, 0.0
    for index in (index for index in range(count) if index not in fixed):
        reached += weights[index] * rate
        shares[index] = floor(reached + _HALF) - given
        given += shares[index]
    return shares
