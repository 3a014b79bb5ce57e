"""The chapters of a film: one for each shot that is seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.edit_points import parts_of

if TYPE_CHECKING:
    from core.film.model.timeline import Timeline

_SPECIAL = re.compile(r"[=;#\\\n]")
# FFmpeg ends a line at each of these, escaped or not, or cannot write them.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Chapter:
    """A chapter: the film's frames from `first` up to `end`."""

    title: str
    first: int
    end: int


def chapters_of(timeline: Timeline) -> tuple[Chapter, ...]:
    """A chapter for each shot, from the middle of the transition into it.

    Where a transition begins, the picture is still wholly that of the shot before: who jumps to a
    chapter would see a scene go that they did not ask for. The middle is also where editors that
    get the film handed over show the cut.
    """
    return tuple(Chapter(part.shot.title, part.first, part.end) for part in parts_of(timeline))


def chapters_metadata(timeline: Timeline) -> str:
    """The chapters as a metadata file of FFmpeg, in whole frames."""
    base = 1 / timeline.rate
    lines = [";FFMETADATA1"]
    for chapter in chapters_of(timeline):
        lines += [
            "[CHAPTER]",
            f"TIMEBASE={base.numerator}/{base.denominator}",
            f"START={chapter.first}",
            f"END={chapter.end}",
            f"title={escaped(chapter.title)}",
        ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A text as it stands in a metadata file; what cannot stand in one becomes a space."""
    one_kind = text.replace("\r\n", "\n").replace("\r", "\n")
    if one_kind.endswith("\\"):
        # FFmpeg (9.0) takes any backslash before a line's end for an escape of that end, also an
        # escaped one, and would read the next line as part of this text.
        one_kind += " "
    return _SPECIAL.sub(r"\\\g<0>", _UNSPEAKABLE.sub(" ", one_kind))
