"""Marks in a storyboard's text: what they can mean, and the text without them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.film.model.film import Transition


@dataclass(frozen=True)
class Length:
    """The scene lasts this long: `[8s]`."""

    seconds: float


@dataclass(frozen=True)
class StartTime:
    """The scene begins at this moment of the film: `0:12`, `[00:12.5]`, `{time: 0:12}`.

    Attributes:
        again: when the same words come once more: lyrics give a line several times.
    """

    seconds: float
    end_s: float | None = None
    again: tuple[StartTime, ...] = ()


@dataclass(frozen=True)
class Camera:
    """The camera moves like this: `{camera: pan left}` is "pan_left"."""

    motion: str


@dataclass(frozen=True)
class Title:
    """The scene is called this: `{title: The kitchen}`."""

    text: str


@dataclass(frozen=True)
class CutInto:
    """How the scene before gives way to this one: `{transition: dissolve 0.5}`."""

    transition: Transition


@dataclass(frozen=True)
class Style:
    """How this scene and all that follow look, up to the next style: `{style: watercolour}`."""

    text: str


@dataclass(frozen=True)
class Mood:
    """How this scene alone feels: `{mood: calm}`."""

    text: str


@dataclass(frozen=True)
class Seed:
    """The scene is drawn from this seed: `{seed: 5}`."""

    number: int


@dataclass(frozen=True)
class Section:
    """A heading that is no part of the words: `# The kitchen`, `[Verse 1]`, `Chorus:`, `---`.

    Attributes:
        is_scene: all that stands under it is one scene: `**Scene 2: Night**`.
    """

    title: str
    is_scene: bool = False


@dataclass(frozen=True)
class SceneHeading:
    """A heading of a script, which stays in the words: `INT. KITCHEN - NIGHT`."""

    heading: str


@dataclass(frozen=True)
class ListSign:
    """What begins an item of a list: `- `, `2. `, `Scene 3: `."""


@dataclass(frozen=True)
class WholeScene:
    """From here up to the next such place or heading all words are one scene: a cue, a row."""


@dataclass(frozen=True)
class Markup:
    """What is no words: signs of the format, notes, numbers of pages and cues.

    Attributes:
        is_gap: it keeps the words before and after it apart.
    """

    is_gap: bool = False


Meaning = (
    Length
    | StartTime
    | Camera
    | Title
    | CutInto
    | Style
    | Mood
    | Seed
    | Section
    | SceneHeading
    | ListSign
    | WholeScene
    | Markup
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text and what it means."""

    start: int
    end: int
    meaning: Meaning


@dataclass(frozen=True)
class Marks:
    """All marks of a text in order, and a sentence on each that looks like one and is none."""

    marks: tuple[Mark, ...]
    misread: tuple[str, ...]


# Scripts that put no spaces between words are counted by letters.
_LETTERS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_SIGNS = (
    r"\x00-\x20!-/:-@\[-`{-\x7f\x80-\xa0\xa1\xa7\xab\xad\xb6\xb7\xbb\xbf"
    r"\u061c\u200b-\u206f\u2010-\u205e\u266a-\u266c\u2669\u3000-\u303f\ufe00-\ufe0f\ufeff"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff9-\ufffd"
)
WORD = re.compile(rf"[{_LETTERS}]|[^\s{_LETTERS}{_SIGNS}][^\s{_LETTERS}]*")
"""What is worth a picture: a word begins with its first letter, number or symbol."""
CLOCK = r"(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,]\d{1,3})?"
"""A moment as people write it, as a pattern."""

_WHOLE_CLOCK = re.compile(rf"{CLOCK}|\d{{1,6}}(?:[.,]\d{{1,3}})?(?=[ \t]*s?$)")
_STOPS = tuple(".,;:!?…\u3002\uff0c\uff01\uff1f")
# Zero-width spaces and byte order marks; the joiners are a part of words and of emoji.
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))


def without(text: str, marks: Iterable[Mark]) -> str:
    """The text with spaces in the place of every mark that is no part of the words."""
    parts: list[str] = []
    done = 0
    for mark in marks:
        if isinstance(mark.meaning, SceneHeading) or mark.end <= done:
            continue
        start = max(mark.start, done)
        parts += (text[done:start], " " * (mark.end - start))
        done = mark.end
    parts.append(text[done:])
    return "".join(parts)


def words_of(text: str, marks: Iterable[Mark], start: int, end: int) -> str:
    """The words of a part of the text without its marks, one space between them."""
    parts: list[str] = []
    piece = ""
    done = start
    for mark in marks:
        if isinstance(mark.meaning, SceneHeading) or mark.end <= done:
            continue
        piece += text[done : max(mark.start, done)]
        done = mark.end
        # Signs within a word, or before a comma, leave no gap behind.
        if mark.meaning != Markup():
            _add(parts, piece)
            piece = ""
    _add(parts, piece + text[done:end])
    return " ".join(" ".join(parts).translate(_UNSEEN).split())


def lines_of(text: str) -> Iterator[slice]:
    """The lines of a text, each with its end."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield slice(start, start + len(line))
        start += len(line)


def clock(seconds: float) -> str:
    """A length or moment as people write it: "0:05", "1:02.5", "1:00:00"."""
    tenths = round(seconds * 10)
    whole, tenth = divmod(tenths, 10)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{text}.{tenth}" if tenth else text


def read_clock(text: str) -> float | None:
    """Seconds from "0:12", "1:02:03.5" or "12.5"; None where it is none of these."""
    stripped = text.strip()
    match = _WHOLE_CLOCK.match(stripped)
    if match is None or stripped[match.end() :].strip().lower() not in ("", "s"):
        return None
    seconds = 0.0
    for part in match.group().replace(",", ".").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _add(parts: list[str], words: str) -> None:
    """Add what follows a mark; a full stop goes to the word before the mark."""
    stripped = words.strip()
    if parts and stripped[:1] in _STOPS and words[:1] == stripped[:1]:
        parts[-1] += stripped
    elif stripped:
        parts.append(stripped)


def one_line(text: str) -> str:
    """The words of a text with one space between them."""
    return " ".join(text.translate(_UNSEEN).split())


def is_blank(text: str) -> bool:
    """Whether there is nothing to be seen, as in a line of a zero-width space."""
    return not text.translate(_UNSEEN).strip()
