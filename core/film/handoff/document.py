"""What a film becomes for another program: a text, and what the text cannot say."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from core.film.model.edit_points import is_seen
from core.film.model.film import Fit
from core.film.model.timecode import NO_START, read_timecode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.film import Film
    from core.film.model.source import Source
    from core.film.model.timecode import StartTimecode
    from core.film.model.timeline import Shot, Timeline


@dataclass(frozen=True)
class Document:
    """A text to be written to a file; `notes` are sentences about what it does not carry."""

    text: str
    notes: tuple[str, ...]


def relative_path(media: Path, folder: Path) -> Path | None:
    """The way from a folder to a file; None when they lie on different drives."""
    # Links are followed in the folders only: ".." leads astray behind one, and the file's own
    # name is the one that people know.
    whole = media.parent.resolve() / media.name
    try:
        return Path(os.path.relpath(whole, folder.resolve()))
    except ValueError:
        return None


def relative_url(media: Path, folder: Path) -> str:
    """The same as a percent-encoded URL; an absolute one when there is no way."""
    way = relative_path(media, folder)
    if way is None:
        return (media.parent.resolve() / media.name).as_uri()
    return quote(os.fsencode(way.as_posix()))


# What neither XML nor UTF-8 can hold.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t\n\x85\u2028\u2029]+")


def readable(text: str) -> str:
    """The text with plain line ends and a replacement sign for what no file can hold."""
    return _UNREADABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The readable text with its line breaks turned into spaces."""
    return _BREAKS.sub(" ", readable(text)).strip()


def title_of(shot: Shot) -> str:
    """The shot's title on one line; the file's whole name where nobody gave it one."""
    path = shot.source.path
    # Editors find media by names with their suffix.
    given = "" if shot.title == path.stem else one_line(shot.title)
    return given or file_name(path)


def file_name(path: Path) -> str:
    """The name of a file, with its suffix, on one line."""
    return one_line(path.name)


def start_of(source: Source) -> StartTimecode:
    """The timecode of the clip's first frame; `NO_START` where it has none that can be read."""
    facts = source.facts
    return read_timecode(facts.timecode, facts.rate) or NO_START


def start_s(source: Source) -> Fraction:
    """The same in seconds of the clip's own counting, exact."""
    return start_of(source).frame_at(source.facts.rate) / source.facts.rate


def clips(shots: Sequence[Shot]) -> str:
    """The shots in a sentence: "clip 2", "clips 2, 3 and 5"."""
    numbers = [str(shot.number) for shot in shots]
    if len(numbers) == 1:
        return f"clip {numbers[0]}"
    return f"clips {', '.join(numbers[:-1])} and {numbers[-1]}"


def decimal(value: Fraction) -> str:
    """A number in a sentence, with at most three digits after the point."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


BLACK = "#000000"


def common_losses(timeline: Timeline) -> list[str]:
    """What is lost in every format."""
    film = timeline.film
    notes: list[str] = []
    if film.lut is not None:
        notes.append(
            f"The colour table {film.lut.path.name!r} is not in the file; apply it in the editor."
        )
    if film.watermark is not None:
        notes.append(
            f"The watermark {film.watermark.path.name!r} is not in the file; "
            "place it in the editor."
        )
    if film.subtitles is not None:
        notes.append(f"The subtitles stay in {film.subtitles.path.name!r}; give that file along.")
    if unread := [
        shot
        for shot in timeline.shots
        if shot.source.facts.timecode and start_of(shot.source) is NO_START
    ]:
        codes = ", ".join(
            dict.fromkeys(repr(one_line(shot.source.facts.timecode)) for shot in unread)
        )
        notes.append(
            f"The start timecode of {clips(unread)} ({codes}) cannot be read, so it is counted "
            "from nothing."
        )
    if unseen := [shot for shot in timeline.shots if not is_seen(shot)]:
        notes.append(
            f"The transition covers all of {clips(unseen)}, so nothing of it is seen "
            "and it is left out."
        )
    if short := [shot for shot in timeline.shots if shot.incoming == 1]:
        notes.append(
            f"The transition into {clips(short)} lasts one frame, which shows only the clip "
            "before, so it is written as a cut."
        )
    return notes


def fit_losses(timeline: Timeline, carried: Sequence[Fit] = ()) -> list[str]:
    """What is lost of how pictures of another shape fill the frame."""
    film = timeline.film
    shots = [shot for shot in timeline.shots if _has_other_shape(timeline, shot)]
    notes: list[str] = []
    for fit in Fit:
        lost = [shot for shot in shots if shot.fit is fit]
        if lost and fit not in carried:
            notes.append(
                f"The fit {fit.value!r} of {clips(lost)} is not in the file; set it in the editor."
            )
    if film.background != BLACK and any(shot.fit is Fit.FIT for shot in shots):
        notes.append(
            f"The background colour {film.background} is not in the file; the editor shows black."
        )
    return notes


def audio_losses(film: Film) -> list[str]:
    """What is lost of how music fades and gives way."""
    notes: list[str] = []
    for music in film.music:
        if music.fade_in_s or music.fade_out_s:
            notes.append(f"The fades of the music {music.path.name!r} are not in the file.")
        if music.duck_db:
            notes.append(f"The ducking of the music {music.path.name!r} is not in the file.")
    return notes


def _has_other_shape(timeline: Timeline, shot: Shot) -> bool:
    facts = shot.source.facts
    shape = facts.sample_aspect * Fraction(facts.width, facts.height)
    return shape != Fraction(timeline.width, timeline.height)
