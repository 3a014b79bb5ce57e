"""Frames as hours, minutes, seconds and frames, the way tape machines counted them."""

from __future__ import annotations

from fractions import Fraction

from core.film.model.timeline import nearest

_DROPPING = {Fraction(30_000, 1001): 2, Fraction(60_000, 1001): 4}


def counted_rate(rate: Fraction) -> int:
    """How many frames a second of timecode has: 24 at 23.976."""
    return max(1, nearest(rate))


def is_drop_frame(rate: Fraction) -> bool:
    """Whether numbers are left out so that timecode keeps up with the clock: 29.97 and 59.94."""
    return rate in _DROPPING


def timecode(frame: int, rate: Fraction) -> str:
    """The name of a frame counted from 00:00:00:00; a semicolon says that numbers are dropped."""
    per_second = counted_rate(rate)
    dropped = _DROPPING.get(rate, 0)
    if dropped:
        # The first numbers of each minute are left out, but not of each tenth one.
        per_minute = per_second * 60 - dropped
        tens, rest = divmod(frame, per_minute * 10 + dropped)
        minutes = max(0, rest - dropped) // per_minute
        frame += dropped * (9 * tens + minutes)
    seconds, frames = divmod(frame, per_second)
    separator = ";" if dropped else ":"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{frames:02}"


def frame_of_first_hour(rate: Fraction) -> int:
    """The frame whose timecode is one hour."""
    return 3600 * counted_rate(rate) - 54 * _DROPPING.get(rate, 0)
