"""Marks in a storyboard's text: tags, times, headings and list signs, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.film import Transition
from core.film.model.transitions import DISSOLVE, NONE, TRANSITIONS
from core.platform.suggestions import nearest_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True)
class Length:
    """The scene lasts this long: `[8s]`."""

    seconds: float


@dataclass(frozen=True)
class StartTime:
    """The scene begins at this moment of the film: `0:12`, `[00:12.5]`, `{time: 0:12}`."""

    seconds: float
    end_s: float | None = None


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
    """A heading that is no part of the words: `# The kitchen`, `[Verse 1]`, `Chorus:`, `---`."""

    title: str


@dataclass(frozen=True)
class SceneHeading:
    """A heading of a script, which stays in the words: `INT. KITCHEN - NIGHT`."""

    heading: str


@dataclass(frozen=True)
class ListSign:
    """What begins an item of a list: `- `, `2. `, `Scene 3: `."""


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


TAG_NAMES = ("camera", "time", "title", "transition", "style", "mood", "seed")
"""The tags that have a name; `[8s]` has none."""

CAMERA_MOTIONS = (
    "static", "pan_left", "pan_right", "zoom_in", "zoom_out", "orbit",
    "dolly_forward", "dolly_backward", "crane_up", "crane_down",
)  # fmt: skip
"""The camera moves by the names that models share."""

_OTHER_MOTIONS = {
    "none": "static", "still": "static", "fixed": "static", "dolly_in": "dolly_forward",
    "dolly_out": "dolly_backward", "dolly_back": "dolly_backward", "push_in": "dolly_forward",
    "pull_out": "dolly_backward", "pull_back": "dolly_backward",
}  # fmt: skip
_LONGEST_SEED = 10
_STOPS = tuple(".,;:!?…\u3002\uff0c\uff01\uff1f")

_TAG = re.compile(
    r"\{[ \t]*(?P<name>[^\W\d_]+)[ \t]*(?P<colon>:(?P<value>[^{}\r\n]*))?\}"
    r"|\[[ \t]*(?P<length>\d{1,5}(?:[.,]\d{1,3})?)[ \t]*(?:s|secs?|seconds?)[ \t]*\]",
    re.IGNORECASE,
)
_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,]\d{1,3})?"
_TO = r"[ \t]*(?:-->|-|–|—)[ \t]*"
_TIMES = re.compile(
    rf"[ \t]*(?:[\[(<][ \t]*(?P<in1>{_CLOCK})(?:{_TO}(?P<in2>{_CLOCK}))?[ \t]*[\])>](?:[ \t]*:)?"
    rf"|(?P<bare1>{_CLOCK})(?:{_TO}(?P<bare2>{_CLOCK}))?(?:[ \t]*[-–—|:])?(?=\s|$))"
)
_WHOLE_CLOCK = re.compile(rf"{_CLOCK}|\d{{1,6}}(?:[.,]\d{{1,3}})?(?=[ \t]*s?$)")
_SECTION = re.compile(r"[ \t]*\[(?P<title>[^\[\]{}\r\n]{1,60})\][ \t]*:?\s*$")
_SONG_PART = re.compile(
    r"[ \t]*\(?(?P<title>(?:verse|chorus|pre-?chorus|bridge|intro|outro|hook|refrain|interlude"
    r"|instrumental|solo)(?:[ \t]+\d{1,2})?)\)?[ \t]*:?\s*$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(?P<title>\S[^\r\n]*)")
_RULE = re.compile(r"[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,}|\*(?:[ \t]\*){2,})\s*$")
_PLACE = re.compile(
    r"[ \t]*(?:\d{1,4}[A-Z]?[.)]?[ \t]+)?"
    r"(?:INT\.?/EXT\.?|EXT\.?/INT\.?|I/E\.?|INT\.|EXT\.)[ \t]+\S",
    re.IGNORECASE,
)
_LIST_SIGN = re.compile(
    r"[ \t]*(?:(?:[-*•‣]|\d{1,3}[.)])[ \t]+(?=\S)"
    r"|(?:scene|shot|clip)[ \t]+\d{1,4}[ \t]*(?:[:.)–—-]|(?=\s*$)))",
    re.IGNORECASE,
)
# Most lines are words: one look at the beginning spares them the other patterns.
_MAY_BE_MARKED = re.compile(
    r"[ \t]*(?:[\[(<#*•‣_=\d-]|scene|shot|clip|int|ext|i/e|verse|chorus|pre|bridge|outro|hook"
    r"|refrain|solo)",
    re.IGNORECASE,
)
_TRANSITION = re.compile(r"(?P<name>.*?)(?:[ \t]+(?P<seconds>\d+(?:[.,]\d+)?)[ \t]*s?)?$")


def read_marks(text: str) -> Marks:
    """Every mark of a text."""
    marks: list[Mark] = []
    misread: list[str] = []
    for match in _TAG.finditer(text):
        read = _read_tag(match)
        if isinstance(read, str):
            misread.append(read)
        elif read is not None:
            marks.append(Mark(match.start(), match.end(), read))
    # Tags may stand on the line of a heading and are no part of it.
    untagged = without(text, marks)
    marks += _line_marks(untagged)
    marks.sort(key=lambda mark: (mark.start, mark.end))
    return Marks(tuple(marks), tuple(misread))


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
    done = start
    for mark in marks:
        if not isinstance(mark.meaning, SceneHeading) and mark.end > done:
            _add(parts, text[done : max(mark.start, done)])
            done = mark.end
    _add(parts, text[done:end])
    return " ".join(" ".join(parts).split())


def plain_words(text: str) -> str:
    """The words of a text without any marks, one space between them."""
    return words_of(text, read_marks(text).marks, 0, len(text))


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


def _line_marks(text: str) -> Iterator[Mark]:
    for line in lines_of(text):
        start, end = line.start, line.stop
        sign = _read_line(text, line) if _MAY_BE_MARKED.match(text, start, end) else None
        if sign is None:
            continue
        if isinstance(sign.meaning, Section | SceneHeading):
            stripped = text[start:end].rstrip()
            yield Mark(start, start + len(stripped), sign.meaning)
        else:
            yield sign


def _read_line(text: str, line: slice) -> Mark | None:
    """What the beginning of a line, or a whole line, means."""
    start, end = line.start, line.stop
    if times := _TIMES.match(text, start, end):
        begin = read_clock(times["in1"] or times["bare1"])
        until = times["in2"] or times["bare2"]
        if begin is not None:
            return Mark(start, times.end(), StartTime(begin, read_clock(until) if until else None))
    if _PLACE.match(text, start, end):
        return Mark(start, end, SceneHeading(" ".join(text[line].split())))
    if _RULE.match(text, start, end):
        return Mark(start, end, Section(""))
    if heading := _HEADING.match(text, start, end):
        return Mark(start, end, Section(_one_line(heading["title"].strip().strip("#"))))
    for pattern in (_SECTION, _SONG_PART):
        if section := pattern.match(text, start, end):
            return Mark(start, end, Section(_one_line(section["title"])))
    if sign := _LIST_SIGN.match(text, start, end):
        return Mark(start, sign.end(), ListSign())
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _read_tag(match: re.Match[str]) -> Meaning | str | None:
    """What a tag means; a sentence where it means nothing; None where it is just words."""
    if match["length"]:
        seconds = float(match["length"].replace(",", "."))
        if seconds > 0:
            return Length(seconds)
        return f"{match.group()!r} stays in the words: a scene must last longer than nothing."
    name = match["name"].lower()
    if name not in TAG_NAMES:
        if not match["colon"]:
            return None
        near = nearest_name(name, TAG_NAMES)
        guess = f" Did you mean {{{near}: …}}?" if near else f" Known are: {', '.join(TAG_NAMES)}."
        return f"{match.group()!r} is no tag that is known, so it stays in the words.{guess}"
    meaning = _read_value(name, _one_line(match["value"] or ""))
    if isinstance(meaning, str):
        return f"{match.group()!r} stays in the words: {meaning}"
    return meaning


def _read_value(name: str, value: str) -> Meaning | str:
    """The meaning of a known tag, or what is wrong with its value."""
    match name:
        case "style":
            return Style(value)
        case _ if not value:
            return "it says nothing after its name."
        case "camera":
            return _read_camera(value)
        case "time":
            seconds = read_clock(value)
            return "write the time as 0:12." if seconds is None else StartTime(seconds)
        case "title":
            return Title(value)
        case "transition":
            return _read_transition(value)
        case "mood":
            return Mood(value)
        case _:
            is_number = value.isdecimal() and len(value) <= _LONGEST_SEED
            return Seed(int(value)) if is_number else "a seed is a whole number."


def _read_camera(value: str) -> Camera | str:
    motion = _joined(value, "_").replace("_to_the_", "_").replace("_to_", "_")
    motion = _OTHER_MOTIONS.get(motion, motion)
    if motion in CAMERA_MOTIONS:
        return Camera(motion)
    return _no_such("camera move", value, [name.replace("_", " ") for name in CAMERA_MOTIONS])


def _read_transition(value: str) -> CutInto | str:
    match = _TRANSITION.match(value)
    name = _joined(match["name"] if match else value, "-")
    name = {"cut": NONE, "cross-dissolve": DISSOLVE, "crossfade": DISSOLVE}.get(name, name)
    if name not in TRANSITIONS:
        return _no_such("transition", value, list(TRANSITIONS))
    seconds = match["seconds"] if match else None
    if name == NONE:
        return CutInto(Transition(kind=NONE, duration_s=0))
    if seconds is None:
        return CutInto(Transition(kind=name))
    return CutInto(Transition(kind=name, duration_s=float(seconds.replace(",", "."))))


def _no_such(kind: str, value: str, known: Sequence[str]) -> str:
    near = nearest_name(value, known)
    guess = f" Did you mean {near!r}?" if near else f" Known are: {', '.join(known[:12])}."
    return f"there is no {kind} {value!r}.{guess}"


def _joined(text: str, by: str) -> str:
    return by.join(re.split(r"[\s_-]+", text.strip().lower()))
