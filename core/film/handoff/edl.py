"""A film as an edit decision list in the form of CMX 3600."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.handoff.document import (
    Document,
    clips,
    common_losses,
    decimal,
    fit_losses,
    one_line,
    relative_path,
    start_of,
    title_of,
)
from core.film.model.edit_points import parts_of
from core.film.model.timecode import counted_rate, frame_of_first_hour, is_drop_frame, timecode
from core.film.model.timeline import nearest
from core.film.model.transitions import DISSOLVE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction
    from pathlib import Path

    from core.film.model.edit_points import EditedShot
    from core.film.model.timeline import Timeline

# Codes of SMPTE 258M. It has none for a wipe that runs the other way.
WIPES = {
    "wipe-right": "W001",
    "wipe-down": "W002",
    "vertical-open": "W021",
    "horizontal-open": "W022",
    "circle-open": "W119",
}
_MOST_EVENTS = 999
_MOST_FRAMES_A_SECOND = 99
_IMAGE, _AUDIO, _BOTH = "V", "AA", "AA/V"


def edl(timeline: Timeline, folder: Path) -> Document:
    """The list, its record times from 01:00:00:00 on.

    Raises:
        UnsupportedRequest: the film has more frames a second than a list can count.
    """
    if counted_rate(timeline.rate) > _MOST_FRAMES_A_SECOND:
        raise UnsupportedRequest(
            [
                Problem(
                    "fps",
                    f"An edit decision list counts at most {_MOST_FRAMES_A_SECOND} frames a "
                    f"second, not {decimal(timeline.rate)}. Choose a lower rate or another format.",
                )
            ]
        )
    return _List(timeline, folder).document()


class _List:
    def __init__(self, timeline: Timeline, folder: Path) -> None:
        self.timeline = timeline
        self.folder = folder
        self.rate = timeline.rate
        self.parts = parts_of(timeline, is_cut_first=True)
        self.reels = reel_names(part.shot.source.path for part in self.parts)
        self.start = frame_of_first_hour(timeline.rate)
        self.num_events = 0
        self.lines: list[str] = []

    def document(self) -> Document:
        mode = "DROP FRAME" if is_drop_frame(self.rate) else "NON-DROP FRAME"
        title = one_line(self.timeline.film.title) or "Film"
        self.lines = [f"TITLE: {title}", f"FCM: {mode}"]
        for before, part in zip((None, *self.parts), self.parts, strict=False):
            self._add(part, before)
        return Document("\n".join(self.lines) + "\n", tuple(self._notes()))

    def _add(self, part: EditedShot, before: EditedShot | None) -> None:
        joined = before if part.join else None
        # Nothing is seen of a shot alone that gives way at once: the next event brings it in.
        if part.num_frames == 0 and joined is None:
            return
        has_audio = not part.shot.is_silent
        # Both lines of a transition go to the same tracks, so sound comes by a cut of its own
        # where only one of the two has any.
        is_apart = joined is not None and has_audio and joined.shot.is_silent
        loses_audio = joined is not None and not joined.shot.is_silent and not has_audio
        tracks = _BOTH if has_audio and not is_apart and not loses_audio else _IMAGE
        self.lines.append("")
        self.num_events += 1
        if joined is None or part.join is None:
            self._line(part, tracks, "C")
        else:
            self._line(joined, tracks, "C", is_end=True)
            kind = WIPES.get(part.join.kind.name, "D")
            self._line(part, tracks, f"{kind:<4} {part.join.num_frames:03}")
        self._remarks(part, joined)
        if is_apart:
            self.num_events += 1
            self._line(part, _AUDIO, "C")
            self._remarks(part, None)

    def _line(self, part: EditedShot, tracks: str, edit: str, *, is_end: bool = False) -> None:
        source = self._source_span(part)
        record = (self.start + part.first, self.start + part.end)
        if is_end:
            source, record = (source[1], source[1]), (record[1], record[1])
        times = " ".join(
            [self._source_code(part, frame) for frame in source]
            + [timecode(frame, self.rate) for frame in record]
        )
        reel = self.reels[part.shot.source.path]
        self.lines.append(f"{self.num_events:03}  {reel:<8} {tracks:<5} {edit:<8} {times}")

    def _source_code(self, part: EditedShot, frame: int) -> str:
        may_drop = start_of(part.shot.source).is_drop
        return timecode(frame, self.rate, may_drop=may_drop)

    def _source_span(self, part: EditedShot) -> tuple[int, int]:
        speed = part.shot.speed
        start = start_of(part.shot.source).frame_at(self.rate)
        first = start + nearest(part.skipped * speed)
        end = start + nearest((part.skipped + part.num_frames) * speed)
        # Programs take an event without any source for a mistake.
        return first, max(end, first + 1) if part.num_frames else first

    def _remarks(self, part: EditedShot, joined: EditedShot | None) -> None:
        for one in (joined, part):
            if one is not None and one.shot.speed != 1:
                self.lines.append(self._motion(one))
        if joined is not None:
            self.lines.append(f"* FROM CLIP NAME:  {title_of(joined.shot)}")
            self.lines.append(f"* TO CLIP NAME:  {title_of(part.shot)}")
        else:
            self.lines.append(f"* FROM CLIP NAME:  {title_of(part.shot)}")
        path = part.shot.source.path
        way = relative_path(path, self.folder) or path
        self.lines.append(f"* SOURCE FILE: {one_line(way.as_posix())}")

    def _motion(self, part: EditedShot) -> str:
        speed = _frames_a_second(part.shot.speed * counted_rate(self.rate))
        # Always with colons: readers of this line know no others, and FCM says what they mean.
        begin = self._source_code(part, self._source_span(part)[0]).replace(";", ":")
        return f"M2   {self.reels[part.shot.source.path]:<8}       {speed}       {begin}"

    def _notes(self) -> list[str]:
        notes = [*self._time_notes(), *self._shot_notes()]
        if self.num_events > _MOST_EVENTS:
            notes.append(
                f"The list has {self.num_events} events; some programs read only {_MOST_EVENTS}."
            )
        if not all(line.isascii() for line in self.lines):
            notes.append(
                "Names with letters beyond ASCII are written as UTF-8, "
                "which older programs show wrongly."
            )
        film = self.timeline.film
        if self.timeline.titles:
            notes.append("EDL has no captions; write them to an .srt file.")
        notes += [
            f"EDL has no music; add {music.path.name!r} in the editor." for music in film.music
        ]
        if film.has_chapters:
            notes.append("EDL has no chapters.")
        return notes + fit_losses(self.timeline) + common_losses(self.timeline)

    def _time_notes(self) -> list[str]:
        counted = counted_rate(self.rate)
        notes: list[str] = []
        if is_drop_frame(self.rate):
            notes.append(
                f"Timecodes are drop-frame, because the film has {decimal(self.rate)} frames a "
                "second."
            )
        elif counted != self.rate:
            notes.append(
                f"Timecodes count {counted} frames a second; tell the editor that the film has "
                f"{decimal(self.rate)}."
            )
        shots = [part.shot for part in self.parts]
        if other := [shot for shot in shots if shot.source.facts.rate != self.rate]:
            notes.append(
                f"Source times of {clips(other)} count frames of the film, "
                "not those of the file, which has another rate."
            )
        return notes

    def _shot_notes(self) -> list[str]:
        notes: list[str] = []
        for part in self.parts:
            shot = part.shot
            if shot.speed != 1:
                notes.append(
                    f"The speed {decimal(shot.speed)} of clip {shot.number} is written as M2."
                )
            name = part.join.kind.name if part.join else DISSOLVE
            if name != DISSOLVE and name not in WIPES:
                notes.append(
                    f"EDL has no transition {name!r}; into clip {shot.number} it is written as a "
                    "dissolve."
                )
        shots = [part.shot for part in self.parts]
        if uneven := [part.shot for part in self.parts if _is_between_frames(part)]:
            notes.append(
                f"Source times of {clips(uneven)} are rounded to whole frames, "
                "because the speed leads between two."
            )
        if any(shot.gain_db for shot in shots if not shot.is_silent):
            notes.append("EDL has no volume; the clips sound as they lie on disk.")
        if any(
            after.join and before.shot.is_silent != after.shot.is_silent
            for before, after in pairwise(self.parts)
        ):
            notes.append(
                "Where only one clip of a transition has sound, it begins or ends with a cut."
            )
        return notes


def _is_between_frames(part: EditedShot) -> bool:
    speed = part.shot.speed
    ends = (part.skipped * speed, (part.skipped + part.num_frames) * speed)
    return any(end.denominator != 1 for end in ends)


def _frames_a_second(value: Fraction) -> str:
    """A speed as M2 has it: three digits, a point, and as many digits as it takes."""
    whole, _, digits = f"{Decimal(value.numerator) / value.denominator:f}".partition(".")
    return f"{whole:0>3}.{digits or 0}"


LONGEST = 8
# These mean black, colour bars and "no reel" in every list.
_RESERVED: frozenset[str] = frozenset(("BL", "BLACK", "BARS", "AX"))


def reel_names(paths: Iterable[Path]) -> dict[Path, str]:
    """A name for each file: up to eight capitals and digits, each file another one."""
    names: dict[Path, str] = {}
    taken = set(_RESERVED)
    for path in paths:
        if path not in names:
            names[path] = _free(_plain(path.stem) or "REEL", taken)
            taken.add(names[path])
    return names


def _plain(stem: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Z0-9]", "", ascii_only.upper())


def _free(name: str, taken: set[str]) -> str:
    candidate = name[:LONGEST]
    number = 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: LONGEST - len(str(number))]}{number}"
    return candidate
