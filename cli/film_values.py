"""Reads the values of the options of films; each function says how a value is written."""

from __future__ import annotations

import re
from fractions import Fraction

from cli.options import Unreadable, number
from core.film.model.delivery import PRESETS, Preset
from core.film.model.film import Transition
from core.film.model.transitions import TRANSITIONS
from core.platform.suggestions import unknown_name
from core.platform.text_files import ENCODINGS, known_encoding

_SIZE = re.compile(r"(\d+|-)\s*[x×]\s*(\d+|-)", re.IGNORECASE)
_COLOURS = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "yellow": "#ffff00"}


def amount(text: str) -> float:
    """A finite number; dB or s may follow."""
    return number(text.removesuffix("dB").removesuffix("s"))


def with_line_breaks(text: str) -> str:
    """A text whose lines were written with a backslash and an n between them."""
    return text.replace("\\n", "\n")


def subtitle_mode(is_track: bool) -> str:
    """How subtitles are shown."""
    return "track" if is_track else "burn"


def encoding(text: str) -> str:
    """The encoding of a text file by any of its names."""
    known = known_encoding(text)
    if known is None:
        raise Unreadable(unknown_name("encoding", text, ENCODINGS))
    return known


def preset(text: str) -> Preset:
    """A preset by its name."""
    if text not in PRESETS:
        raise Unreadable(unknown_name("preset", text, PRESETS))
    return PRESETS[text]


def moment(text: str) -> float:
    """Seconds from the film's beginning."""
    seconds = amount(text)
    if seconds < 0:
        raise Unreadable(f"{text!r} lies before the film begins.")
    return seconds


def share(text: str) -> float:
    """A share: 0.07 or 7%."""
    return amount(text.removesuffix("%")) / 100 if text.endswith("%") else amount(text)


def span(text: str) -> tuple[float, float | None]:
    """START-END in seconds; either may be left out."""
    first, dash, last = text.partition("-")
    if not dash:
        raise Unreadable(f"{text!r} is no span. Write it as START-END in seconds, such as 1.5-4.")
    try:
        return amount(first) if first.strip() else 0.0, amount(last) if last.strip() else None
    except ValueError as error:
        raise Unreadable(f"{text!r} is no span. Write it as START-END in seconds.") from error


def pair(text: str) -> tuple[float, float]:
    """Two numbers with a comma between, or one for both."""
    first, comma, last = text.partition(",")
    return amount(first), amount(last if comma else first)


def transition(text: str) -> Transition:
    """NAME or NAME:SECONDS."""
    name, colon, seconds = text.partition(":")
    if name not in TRANSITIONS:
        raise Unreadable(unknown_name("transition", name, TRANSITIONS))
    if not colon:
        return Transition(kind=name)
    duration_s = amount(seconds)
    if duration_s < 0:
        raise Unreadable(f"a transition cannot last {duration_s:g} s.")
    return Transition(kind=name, duration_s=duration_s)


def colour(text: str) -> str:
    """A colour as #rrggbb."""
    named = _COLOURS.get(text.lower(), text)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", named):
        raise Unreadable(f"{text!r} is no colour. Write it as #rrggbb, such as #ff8800.")
    return named


def size(text: str) -> tuple[int | None, int | None]:
    """Width and height; None where a dash stands."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise Unreadable(
            f"{text!r} is no size. Write it as WIDTHxHEIGHT, such as 1920x1080; - keeps it."
        )
    width, height = (None if side == "-" else int(side) for side in match.groups())
    return width, height


def rate(text: str) -> Fraction:
    """A frame rate, exact."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise Unreadable(f"{text!r} is no frame rate. Write 25, 29.97 or 30000/1001.") from error


def kbps(text: str) -> int:
    """Kilobits a second: 8M, 8000k or 8000."""
    lowered = text.lower().removesuffix("bps").removesuffix("bit/s")
    factor = 1000 if lowered.endswith("m") else 1
    return round(float(lowered.rstrip("km")) * factor)
