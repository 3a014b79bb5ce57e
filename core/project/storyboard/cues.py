"""Subtitles as a storyboard: each cue is a scene, with its words and its times."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.errors import UnreadableText
from core.film.model.subtitles import CUE_TAGS, find_cues, is_timing, is_web_subtitles
from core.project.storyboard.markup import (
    Mark,
    Marks,
    Markup,
    StartTime,
    WholeScene,
    is_blank,
)
from core.project.storyboard.plain_text import read_plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MS_PER_S = 1000


def looks_like_subtitles(lines: Sequence[str]) -> bool:
    """Whether lines are those of an SRT or VTT file: the first are a number, times and words."""
    if lines and is_web_subtitles(lines[0].lstrip("\ufeff")):
        return True
    for line in lines:
        stripped = line.strip("\ufeff \t\r")
        if is_timing(stripped):
            return True
        if not is_blank(stripped) and not stripped.isdecimal():
            return False
    return False


def read_cues(text: str) -> Marks:
    """The marks of an SRT or VTT file; numbers, names of cues, comments and tags are no words."""
    lines = _lines(text)
    try:
        found = find_cues("the storyboard", [text[line].strip("\ufeff\r") for line in lines])
    except UnreadableText as error:
        note = f"{error.message} Until that is mended, it is read as plain text."
        return Marks(read_plain_text(text).marks, (note,))
    marks: list[Mark] = []
    done = 0
    for cue in found.cues:
        if cue.cue is None:
            continue
        marks += _hidden(text, lines[done : cue.timing])
        head, timing = lines[cue.head], lines[cue.timing]
        times = StartTime(cue.cue.start_ms / _MS_PER_S, cue.cue.end_ms / _MS_PER_S)
        marks.append(Mark(head.start, head.start, WholeScene()))
        marks.append(Mark(timing.start, timing.stop, times))
        done = cue.words_end
        for line in lines[cue.timing + 1 : done]:
            tags = CUE_TAGS[found.is_web].finditer(text, line.start, line.stop)
            marks += [Mark(tag.start(), tag.end(), Markup()) for tag in tags]
    marks += _hidden(text, lines[done:])
    return Marks(tuple(sorted(marks, key=lambda mark: (mark.start, mark.end))), found.notes)


def _lines(text: str) -> list[slice]:
    """The lines without their ends, as subtitles count them."""
    return [slice(*match.span(1)) for match in re.finditer(r"([^\r\n]*)(?:\r*\n|\r|\Z)", text)]


def _hidden(text: str, lines: Sequence[slice]) -> Iterator[Mark]:
    for line in lines:
        if not is_blank(text[line]):
            yield Mark(line.start, line.stop, Markup())
