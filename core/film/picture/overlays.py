"""Makes all that lies on the pictures: drawn words, the watermark, the colour table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from core.errors import OutputError, Problem, TextRendererUnavailable, UnsupportedRequest
from core.film.model.colour import conversion_of
from core.film.model.subtitles import as_srt, cut_to, read_subtitles
from core.film.model.timeline import exact, nearest
from core.film.picture.assembler import Overlays
from core.film.picture.luts import conversion_table, read_lut, write_blended
from core.film.picture.picture import LutFile
from core.film.picture.text_overlays import RenderedText
from core.media.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.colour import ColourConversion
    from core.film.model.film import Watermark
    from core.film.model.timeline import Timeline
    from core.film.picture.picture import Look
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.job import CancelToken


def prepare_overlays(
    timeline: Timeline,
    look: Look,
    text_renderer: TextRenderer | None,
    folder: Path,
    cancel: CancelToken,
) -> Overlays:
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
    look = replace(look, conversions=_write_conversions(timeline, folder))
    watermark = None
    if film.watermark is not None:
        mark = draw_watermark(
            film.watermark, timeline.width, timeline.height, folder / "watermark.png"
        )
        watermark = mark.rendered
        notes += mark.notes
    rendered_texts: tuple[RenderedText, ...] = ()
    if timeline.titles:
        if text_renderer is None:
            raise TextRendererUnavailable(
                "This program was started without the part that draws words.",
                hint="Start it with main.py, or leave the words out.",
            )
        captions = [title.caption for title in timeline.titles]
        size = timeline.width, timeline.height
        text_rendering = text_renderer.draw(captions, *size, folder, cancel)
        rendered_texts = text_rendering.rendered_texts
        notes += text_rendering.notes
    track = _track(timeline, folder / "subtitles.srt")
    return Overlays(look, rendered_texts, watermark, track, tuple(notes))


def _write_conversions(timeline: Timeline, folder: Path) -> dict[ColourConversion, LutFile]:
    """Write a colour table for each kind of clip whose colours are not the film's."""
    needed = dict.fromkeys(conversion_of(shot.source.facts) for shot in timeline.shots)
    written: dict[ColourConversion, LutFile] = {}
    for conversion in needed:
        if conversion is not None:
            place = folder / f"colours-{len(written) + 1}.cube"
            write_blended(conversion_table(conversion), 1.0, place)
            written[conversion] = LutFile(place, "lut3d")
    return written


def _track(timeline: Timeline, path: Path) -> Path | None:
    subtitles = timeline.film.subtitles
    if subtitles is None or subtitles.mode != "track":
        return None
    script = read_subtitles(subtitles.path, subtitles.encoding)
    script = cut_to(script, timeline.num_frames, timeline.rate)
    path.write_text(as_srt(script.cues), encoding="utf-8", newline="\n")
    return path


def digests(overlays: Overlays) -> dict[Path, str]:
    """The SHA-256 of every file of the overlays."""
    look = overlays.look
    parts = (*overlays.rendered_texts, overlays.watermark, look.lut, *look.conversions.values())
    return {
        part.path: hashlib.sha256(part.path.read_bytes()).hexdigest()
        for part in parts
        if part is not None
    }


@dataclass(frozen=True)
class PreparedWatermark:
    """The watermark as an image, and what there is to say about it."""

    rendered: RenderedText
    notes: tuple[str, ...] = ()


def draw_watermark(watermark: Watermark, width: int, height: int, path: Path) -> PreparedWatermark:
    """Write the watermark for a frame of that size as a PNG.

    It is never larger than the frame less its margins; a note says when it had to be made smaller.

    Raises:
        UnsupportedRequest: the picture cannot be used, or its margin leaves no room.
        OutputError: the PNG cannot be written.
    """
    # Imported late: most commands never look at a picture.
    from PIL import Image

    upright = read_image(watermark.path, "watermark", "watermark")
    margin = nearest(exact(watermark.margin) * width)
    free_width, free_height = width - 2 * margin, height - 2 * margin
    if free_width < 1 or free_height < 1:
        raise UnsupportedRequest(
            [
                Problem(
                    "watermark",
                    f"A margin of {watermark.margin:g} of the width leaves the watermark no room "
                    f"in {width}x{height}. Make it smaller.",
                )
            ]
        )
    source = upright.image
    asked = exact(watermark.size) * width / source.width
    scale = min(asked, Fraction(free_width, source.width), Fraction(free_height, source.height))
    size = (max(1, nearest(source.width * scale)), max(1, nearest(source.height * scale)))
    notes = upright.notes
    if scale < asked:
        notes += (
            f"The watermark is {size[0]}x{size[1]} instead of {nearest(source.width * asked)}x"
            f"{nearest(source.height * asked)}, so that it fits the picture with its margin.",
        )
    layer = source.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    fainter = [round(value * watermark.opacity) for value in range(256)]
    layer.putalpha(layer.getchannel("A").point(fainter))
    try:
        layer.save(path, format="PNG")
    except OSError as error:
        raise OutputError(
            f"The watermark {str(path)!r} cannot be written: {error.strerror or error}."
        ) from error
    x = margin + nearest((free_width - size[0]) * exact(watermark.place.across))
    y = margin + nearest((free_height - size[1]) * exact(watermark.place.down))
    return PreparedWatermark(RenderedText(path, x, y), notes)
