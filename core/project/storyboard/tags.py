"""Tags: what people write into a storyboard of any format to say how a scene is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.film import Transition
from core.film.model.transitions import DISSOLVE, NONE, TRANSITIONS
from core.platform.suggestions import nearest_name
from core.project.storyboard.markup import (
    Camera,
    CutInto,
    Length,
    Mark,
    Meaning,
    Mood,
    Seed,
    StartTime,
    Style,
    Title,
    one_line,
    read_clock,
)
from core.video.spec import shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_TAG = re.compile(
    r"\{[ \t]*(?P<name>[^\W\d_]+)[ \t]*(?P<colon>:(?P<value>[^{}\r\n]*))?\}"
    r"|(?<!\[)\[[ \t]*(?P<length>\d{1,5}(?:[.,]\d{1,3})?)[ \t]*(?:s|secs?|seconds?)[ \t]*\](?!\])",
    re.IGNORECASE,
)
_TRANSITION = re.compile(r"(?P<name>.*?)(?:[ \t]+(?P<seconds>\d+(?:[.,]\d+)?)[ \t]*s?)?$")


@dataclass(frozen=True)
class UnreadTag:
    """A tag that stays in the words, where it stands, and a sentence that says why."""

    start: int
    message: str


@dataclass(frozen=True)
class Tags:
    """The tags of a text in order, and those that look like one and are none."""

    marks: tuple[Mark, ...]
    unread: tuple[UnreadTag, ...]


def read_tags(text: str) -> Tags:
    """Every tag of a text."""
    marks: list[Mark] = []
    unread: list[UnreadTag] = []
    for match in _TAG.finditer(text):
        read = _read_tag(match)
        if isinstance(read, str):
            unread.append(UnreadTag(match.start(), read))
        elif read is not None:
            marks.append(Mark(match.start(), match.end(), read))
    return Tags(tuple(marks), tuple(unread))


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
    meaning = _read_value(name, one_line(match["value"] or ""))
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


def camera_motion(value: str) -> Camera | None:
    """The camera move that words name; None where they name none."""
    motion = _joined(value, "_").replace("_to_the_", "_").replace("_to_", "_")
    motion = _OTHER_MOTIONS.get(motion, motion)
    return Camera(motion) if motion in CAMERA_MOTIONS else None


def _read_camera(value: str) -> Camera | str:
    known = [shown_name(name) for name in CAMERA_MOTIONS]
    return camera_motion(value) or _no_such("camera move", value, known)


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
