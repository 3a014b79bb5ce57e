"""Makes all that lies on the pictures: drawn words, the watermark, the colour table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import LetteringUnavailable
from core.film.picture.assembler import Dressing
from core.film.picture.luts import read_lut, write_blended
from core.film.picture.picture import LutFile
from core.film.picture.subtitles import cut_to, read_srt, write_srt
from core.film.picture.watermark import draw_watermark

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.timeline import Timeline
    from core.film.picture.picture import Look
    from core.film.picture.text_overlays import Letterer, Lettering, Plate
    from core.jobs.job import CancelToken


@dataclass(frozen=True)
class Dressed:
    """The dressing of a film, and what the user should know about it.

    Attributes:
        track: the subtitles that become a track of their own, cut to the film; None without any.
    """

    dressing: Dressing
    track: Path | None = None
    notes: tuple[str, ...] = ()


def dress(
    timeline: Timeline, look: Look, letterer: Letterer | None, folder: Path, cancel: CancelToken
) -> Dressed:
    """Draw and write everything into `folder`.

    Raises:
        UnsupportedRequest: a font does not exist, words do not fit, a table or picture is damaged.
        StudioError: something cannot be drawn here.
        JobCancelled: asked to stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    film = timeline.film
    notes: list[str] = []
    if film.lut is not None and film.lut.strength > 0:
        table = read_lut(film.lut.path)
        place = folder / "look.cube"
        write_blended(table, film.lut.strength, place)
        look = replace(look, lut=LutFile(place, table.filter_name))
        notes += table.notes
    watermark = None
    if film.watermark is not None:
        mark = draw_watermark(
            film.watermark, timeline.width, timeline.height, folder / "watermark.png"
        )
        watermark = mark.plate
        notes += mark.notes
    plates: tuple[Plate, ...] = ()
    if timeline.titles:
        lettering = _drawn(timeline, letterer, folder, cancel)
        plates = lettering.plates
        notes += lettering.notes
    track = _track(timeline, folder / "subtitles.srt")
    return Dressed(Dressing(look, plates, watermark), track, tuple(notes))


def _drawn(
    timeline: Timeline, letterer: Letterer | None, folder: Path, cancel: CancelToken
) -> Lettering:
    if letterer is None:
        raise LetteringUnavailable(
            "This program was started without the part that draws words.",
            hint="Start it with main.py, or leave the words out.",
        )
    captions = [title.caption for title in timeline.titles]
    return letterer.draw(captions, timeline.width, timeline.height, folder, cancel)


def _track(timeline: Timeline, path: Path) -> Path | None:
    subtitles = timeline.film.subtitles
    if subtitles is None or subtitles.mode != "track":
        return None
    script = cut_to(read_srt(subtitles.path), timeline.num_frames, timeline.rate)
    write_srt(script.cues, path)
    return path


def digests(dressing: Dressing) -> dict[Path, str]:
    """The SHA-256 of every file of a dressing."""
    paths = [plate.path for plate in dressing.plates]
    if dressing.watermark is not None:
        paths.append(dressing.watermark.path)
    if dressing.look.lut is not None:
        paths.append(dressing.look.lut.path)
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
