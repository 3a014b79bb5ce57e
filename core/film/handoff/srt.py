"""The captions of a film as an SRT file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.handoff.document import Document, readable
from core.film.model.subtitles import Cue, as_srt
from core.film.model.timeline import nearest

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from core.film.model.timeline import Timeline

_EMPTY_LINES = re.compile(r"\n\s*\n")


def srt(timeline: Timeline, folder: Path) -> Document:
    """The captions, to the millisecond.

    Raises:
        UnsupportedRequest: the film has none.
    """
    del folder  # names no other file
    if not timeline.titles:
        raise UnsupportedRequest(
            [Problem("captions", "The film has no captions, so there is nothing to write as SRT.")]
        )
    notes = ["SRT has the words and times of captions, not their font, colour, place and fades."]
    subtitles = timeline.film.subtitles
    if subtitles is not None:
        notes.append(f"The subtitles of {subtitles.path.name!r} are not repeated in the file.")
    if any("<" in title.caption.text or "{" in title.caption.text for title in timeline.titles):
        notes.append(
            "Some captions hold '<' or '{'; many players take that for markup, "
            "and SRT has no way to say otherwise."
        )
    cues = [
        Cue(
            _ms(title.first, timeline.rate),
            _ms(title.end, timeline.rate),
            readable(title.caption.text),
        )
        for title in timeline.titles
    ]
    if any(_EMPTY_LINES.search(cue.text) for cue in cues):
        notes.append("Empty lines within captions are left out; SRT has none.")
    return Document(as_srt(cues), tuple(notes))


def _ms(frame: int, rate: Fraction) -> int:
    return nearest(frame * 1000 / rate)
