"""Handing a film over to other programs: its cuts, transitions, music and captions as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.handoff.edl import edl
from core.film.handoff.fcpxml import fcpxml
from core.film.handoff.otio import otio
from core.film.handoff.srt import srt
from core.film.model.film_file import made_of
from core.platform.files import write_text_atomically
from core.platform.suggestions import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.handoff.document import Document
    from core.film.model.timeline import Timeline


@dataclass(frozen=True)
class HandoffFormat:
    """A kind of file that other programs read; `compose` gets the file's future folder."""

    suffix: str
    label: str
    compose: Callable[[Timeline, Path], Document]


_TABLE = (
    HandoffFormat(".otio", "OpenTimelineIO", otio),
    HandoffFormat(".fcpxml", "Final Cut Pro XML", fcpxml),
    HandoffFormat(".edl", "EDL (CMX 3600)", edl),
    HandoffFormat(".srt", "SRT captions", srt),
)
HANDOFF_FORMATS: dict[str, HandoffFormat] = {item.suffix: item for item in _TABLE}
"""Every format by the suffix of its files."""


def write_handoff(timeline: Timeline, path: Path) -> tuple[str, ...]:
    """Write a film for other programs; gives sentences about what the format cannot carry.

    The format is that of the path's suffix. A file that is there is replaced, unless the film is
    made from it.

    Raises:
        UnsupportedRequest: there is no such format, or it cannot say anything of this film.
        UnreadableMusic: a file of music cannot be read.
        OSError: the file cannot be written.
    """
    kind = HANDOFF_FORMATS.get(path.suffix.lower())
    if kind is None:
        sentence = unknown_name("handoff format", path.suffix, HANDOFF_FORMATS)
        raise UnsupportedRequest([Problem("path", sentence)])
    if made_of(timeline.film, path):
        raise UnsupportedRequest(
            [
                Problem(
                    "path",
                    f"The film itself is made from {str(path)!r}, which would be replaced. "
                    "Choose another name.",
                )
            ]
        )
    document = kind.compose(timeline, path.parent)
    write_text_atomically(path, document.text)
    return document.notes
