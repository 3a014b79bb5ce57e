"""Frames as hours, minutes, seconds and frames, the way tape machines counted them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from core.film.model.timeline import nearest

_DROPPING = {Fraction(30_000, 1001): 2, Fraction(60_000, 1001): 4}
_HOURS, _SIXTY = 24, 60
_TEXT = re.compile(r"(\d{1,2})[:;.](\d{1,2})[:;.](\d{1,2})([:;.,])(\d{1,3})")


def counted_rate(rate: Fraction) -> int:
    """How many frames a second of timecode has: 24 at 23.976."""
    return max(1, nearest(rate))


def is_drop_frame(rate: Fraction) -> bool:
    """Whether numbers are left out so that timecode keeps up with the clock: 29.97 and 59.94."""
    return rate in _DROPPING


def timecode(frame: int, rate: Fraction, *, may_drop: bool = True) -> str:
    """The name of a frame counted from 00:00:00:00; a semicolon says that numbers are dropped.

    After 24 hours it begins again, as clocks do. `may_drop` is False for a source that counts every
    number even at a rate at which others drop some.
    """
    per_second = counted_rate(rate)
    dropped = _DROPPING.get(rate, 0) if may_drop else 0
    if dropped:
        # The first numbers of each minute are left out, but not of each tenth one.
        per_minute = per_second * 60 - dropped
        tens, rest = divmod(frame, per_minute * 10 + dropped)
        minutes = max(0, rest - dropped) // per_minute
        frame += dropped * (9 * tens + minutes)
    seconds, frames = divmod(frame, per_second)
    hours = seconds // 3600 % _HOURS
    separator = ";" if dropped else ":"
    return f"{hours:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{frames:02}"


def frame_of_first_hour(rate: Fraction) -> int:
    """The frame whose timecode is one hour."""
    return 3600 * counted_rate(rate) - 54 * _DROPPING.get(rate, 0)


@dataclass(frozen=True)
class StartTimecode:
    """The name of a clip's first frame, of which `per_second` are counted in a second."""

    seconds: int
    frames: int
    per_second: int
    is_drop: bool

    def frame_at(self, rate: Fraction) -> int:
        """The frame of that name, counted from 00:00:00:00 at a rate."""
        count = counted_rate(rate)
        frame = self.seconds * count + self.frames * count // self.per_second
        if self.is_drop:
            minutes = self.seconds // 60
            frame -= _DROPPING.get(rate, 0) * (minutes - minutes // 10)
        return frame


NO_START = StartTimecode(seconds=0, frames=0, per_second=1, is_drop=True)
"""Of a clip that has no timecode: counted from nothing, and dropping numbers as the film does."""


def read_timecode(text: str, rate: Fraction) -> StartTimecode | None:
    """The timecode that a clip of that rate begins with; None where the text is none."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, frames = (int(match[part]) for part in (1, 2, 3, 5))
    per_second = counted_rate(rate)
    if hours >= _HOURS or max(minutes, seconds) >= _SIXTY or frames >= per_second:
        return None
    is_drop = match[4] != ":" and is_drop_frame(rate)
    return StartTimecode(hours * 3600 + minutes * 60 + seconds, frames, per_second, is_drop)
