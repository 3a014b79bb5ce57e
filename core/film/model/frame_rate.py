"""Frame rates: the one that a clip's times speak of, and the one that suits most clips."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from statistics import fmean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.source import SourceFacts

MAX_RATE = 240
USUAL = (
    *(Fraction(rate) for rate in (5, 6, 8, 10, 12)),
    *(Fraction(25, 2), Fraction(15), Fraction(16), Fraction(18), Fraction(20)),
    *(Fraction(24_000, 1001), Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(30)),
    *(Fraction(48_000, 1001), Fraction(48), Fraction(50), Fraction(60_000, 1001), Fraction(60)),
    *(Fraction(100), Fraction(120_000, 1001), Fraction(120), Fraction(MAX_RATE)),
)
"""The rates that cameras, programs and players know, the slowest first."""
OF_NO_CLIP = Fraction(25)
"""What a film gets whose clips name no rate: slides and photos."""

_NTSC = frozenset(rate for rate in USUAL if rate.denominator == 1001)
# Rounded to whole ticks gaps differ by one. Where a frame is a tick or two, that is a frame.
_MIN_TICKS_OF_FRAME = 4
# So many of the gaps are the same in a recording that leaves frames out, but not in one whose
# clock trembles.
_MOST = 0.4
# How often a gap must come to be the beat, and how many of the others must keep to it how well.
_OFTEN, _NEARLY_ALL, _MULTIPLE = 2, 0.9, 0.1
_SAME_GAP, _NEAR_USUAL, _MEASURED = 0.02, 0.06, Fraction(1, 5000)


def is_usual(rate: Fraction) -> bool:
    """Whether a film may have that rate without anybody having asked for it."""
    return rate in USUAL or (rate.denominator == 1 and 1 <= rate <= MAX_RATE)


def is_constant(gaps: Sequence[int]) -> bool:
    """Whether these gaps between frames, in ticks, are all meant to be the same."""
    if not gaps:
        return True
    least, most = min(gaps), max(gaps)
    return least == most or (most - least == 1 and least >= _MIN_TICKS_OF_FRAME)


def nominal_rate(gaps: Sequence[int], base: Fraction, said: Fraction | None) -> Fraction:
    """Frames a second as they were meant, of the gaps between frames in ticks of `base` seconds.

    Args:
        gaps: at least one, above 0 in sum.
        base: seconds of a tick.
        said: what the file says; believed only where the times agree.
    """
    if is_constant(gaps):
        total = sum(gaps)
        measured = Fraction(len(gaps)) / (total * base)
        # The first and the last time are rounded to whole ticks.
        return _meant(measured, max(_MEASURED, Fraction(1, total)), said)
    gap = _beat(gaps, base) or _usual_gap(gaps)
    if gap <= 0:
        return said or OF_NO_CLIP
    measured = 1 / (Fraction(gap) * base)
    usual = min(USUAL, key=lambda rate: abs(rate - measured) / rate)
    if abs(usual - measured) <= _NEAR_USUAL * usual:
        return usual
    return measured.limit_denominator(1001)


def _beat(gaps: Sequence[int], base: Fraction) -> float:
    """The gap of which nearly all are whole multiples: frames were left out; 0 without one."""
    for gap, count in sorted(Counter(gaps).items()):
        if count < _OFTEN or gap * base * MAX_RATE < 1 - _MULTIPLE:
            continue
        beats = [round(one / gap) for one in gaps]
        off = [abs(one / gap - n) for one, n in zip(gaps, beats, strict=True) if n]
        if sum(one <= _MULTIPLE for one in off) >= _NEARLY_ALL * len(gaps):
            return sum(gaps) / sum(beats)
    return 0.0


def _usual_gap(gaps: Sequence[int]) -> float:
    """The gap that most frames have, or nearly have; else the one in the middle."""
    [(common, _)] = Counter(gaps).most_common(1)
    near = [gap for gap in gaps if abs(gap - common) <= max(1, common * _SAME_GAP)]
    return fmean(near) if len(near) >= _MOST * len(gaps) else median(gaps)


# A frame is next to the one before unless its time is later by that much of a frame, and in no
# case is it shown later than its time by more than that.
GAP, _LATE = Fraction(3, 4), Fraction(3, 2)


def trembling_slots(times: Sequence[Fraction], rate: Fraction) -> list[int] | None:
    """The frame at `rate` that each is meant for, where only the recorder's clock trembles.

    None where the times are to be taken as they are: to round them loses no frame, or to put each
    frame next to the one before would lose some as well.
    """
    rounded = [floor(time * rate + Fraction(1, 2)) for time in times]
    if len(set(rounded)) == len(rounded):
        return None
    slots = rounded[:1]
    for time, near in zip(times[1:], rounded[1:], strict=True):
        due = slots[-1] + 1
        slots.append(near if time * rate - due >= GAP else due)
        if slots[-1] - time * rate > _LATE:
            return None
    return slots


def _meant(measured: Fraction, room: Fraction, said: Fraction | None) -> Fraction:
    if said and abs(said - measured) <= room * measured:
        return broadcast_rate(said)
    near = [rate for rate in USUAL if abs(rate - measured) <= room * measured]
    if near:
        return min(near, key=lambda rate: abs(rate - measured))
    return broadcast_rate(measured)


def broadcast_rate(rate: Fraction) -> Fraction:
    """The usual rate next to a measured one such as 2997/100, else that one, made simple."""
    whole = Fraction(min(max(round(rate), 1), MAX_RATE))
    near = min((*_NTSC, whole), key=lambda one: abs(one - rate))
    if abs(near - rate) <= near * _MEASURED:
        return near
    return rate.limit_denominator(1001)


@dataclass(frozen=True)
class FilmRate:
    """The rate for a film, and why it is that one, as the end of a sentence."""

    rate: Fraction
    why: str


def film_rate(clips: Sequence[SourceFacts]) -> FilmRate:
    """The usual rate of most clips; of several, that of which there is most to see.

    Clips with uneven frame times decide only among themselves.
    """
    moving = [facts for facts in clips if not facts.is_still]
    usual = [facts for facts in moving if is_usual(facts.rate)]
    usual = [facts for facts in usual if facts.is_constant_rate] or usual
    if usual:
        count = Counter(facts.rate for facts in usual)
        seconds = dict.fromkeys(count, Fraction(0))
        for facts in usual:
            seconds[facts.rate] += facts.duration_s
        rate = max(count, key=lambda one: (count[one], seconds[one]))
        return FilmRate(rate, "the rate of most clips" if len(count) > 1 else "the usual one")
    fastest = max((facts.rate for facts in moving), default=Fraction(0))
    if fastest < 1:
        return FilmRate(OF_NO_CLIP, "because no clip has a rate of its own")
    enough = (rate for rate in USUAL if rate >= fastest * (1 - Fraction(1, 50)))
    return FilmRate(next(enough, USUAL[-1]), "the next usual one")
