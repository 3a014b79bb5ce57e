"""From a timeline to FFmpeg's graph: any stretch of the film, exactly as it will be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.transitions import FADE_WHITE
from core.film.picture.compositing import Layer, laid_over
from core.film.picture.graph import Graph, joined
from core.film.picture.picture import (
    SCALING,
    Look,
    counted,
    cut,
    in_film_colours,
    shot_image,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.film.model.timeline import Shot, TimedCaption, Timeline, TransitionSpan
    from core.film.picture.graph import VideoStream
    from core.film.picture.text_overlays import RenderedText


@dataclass(frozen=True)
class Overlays:
    """All that lies on or changes the pictures: made once, the same for preview and export.

    Attributes:
        rendered_texts: the drawn words, one for each title of the timeline, in the same order.
        watermark: None where there is none.
        subtitle_track: the subtitles to be switched on, cut to the film; None without any.
        notes: what the user should know about it.
    """

    look: Look
    rendered_texts: tuple[RenderedText, ...] = ()
    watermark: RenderedText | None = None
    subtitle_track: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Use:
    """Some frames of one shot, counted from its own first."""

    shot: Shot
    first: int
    end: int


@dataclass(frozen=True)
class _Plain:
    """A stretch that shows one shot."""

    use: _Use


@dataclass(frozen=True)
class _Joining:
    """A stretch of a transition: frames `first` up to `end` of all its frames."""

    join: TransitionSpan
    goes: _Use
    comes: _Use
    first: int
    end: int


def stretch(timeline: Timeline, first: int, end: int, overlays: Overlays) -> VideoStream:
    """The film's frames from `first` up to `end`, with times counted from 0.

    Raises:
        ValueError: the film has no such frames.
    """
    if not 0 <= first < end <= timeline.num_frames:
        raise ValueError(f"no frames {first} to {end} in a film of {timeline.num_frames}")
    graph = Graph()
    parts = _parts(timeline, first, end)
    images = _opened(graph, timeline, parts, overlays.look)
    frames = [_shown(part, images, timeline, overlays.look) for part in parts]
    image = counted(joined(frames), timeline.rate) if len(frames) > 1 else frames[0]
    image = _with_overlays(graph, image, timeline, first, end, overlays)
    return counted(image, timeline.rate)


def _parts(timeline: Timeline, first: int, end: int) -> list[_Plain | _Joining]:
    parts: list[_Plain | _Joining] = []
    for shot in timeline.shots:
        overlap = timeline.outgoing(shot)
        body = (max(first, shot.start + shot.incoming), min(end, shot.end - overlap))
        if body[0] < body[1]:
            parts.append(_Plain(_Use(shot, body[0] - shot.start, body[1] - shot.start)))
        tail = (max(first, shot.end - overlap), min(end, shot.end))
        if overlap and tail[0] < tail[1]:
            comes = timeline.shots[shot.number]
            assert comes.join is not None
            parts.append(
                _Joining(
                    comes.join,
                    _Use(shot, shot.num_frames - overlap, shot.num_frames),
                    _Use(comes, 0, overlap),
                    tail[0] - comes.start,
                    tail[1] - comes.start,
                )
            )
    return parts


def _opened(
    graph: Graph, timeline: Timeline, parts: Sequence[_Plain | _Joining], look: Look
) -> dict[_Use, VideoStream]:
    """Each shot is read once, from the first frame that is used to the last."""
    uses: dict[Shot, list[_Use]] = {}
    for part in parts:
        for use in (part.use,) if isinstance(part, _Plain) else (part.goes, part.comes):
            uses.setdefault(use.shot, []).append(use)
    images: dict[_Use, VideoStream] = {}
    for shot, wanted in uses.items():
        begin, end = min(use.first for use in wanted), max(use.end for use in wanted)
        whole = shot_image(graph, timeline, shot, begin, end, look)
        for use, image in zip(wanted, whole.split(len(wanted)), strict=True):
            is_whole = len(wanted) == 1
            images[use] = (
                image if is_whole else cut(image, use.first - begin, use.end - begin, timeline.rate)
            )
    return images


def _shown(
    part: _Plain | _Joining, images: dict[_Use, VideoStream], timeline: Timeline, look: Look
) -> VideoStream:
    if isinstance(part, _Plain):
        return images[part.use]
    whole = _transition(part, images[part.goes], images[part.comes], timeline, look)
    if (part.first, part.end) == (0, part.join.num_frames):
        return whole
    return cut(whole, part.first, part.end, timeline.rate)


def _transition(
    part: _Joining, goes: VideoStream, comes: VideoStream, timeline: Timeline, look: Look
) -> VideoStream:
    kind, count = part.join.kind, part.join.num_frames
    if kind.xfade:
        # FFmpeg 5.1 leaves the last frame unmixed, now and then, when its streams end there. Both
        # get one more: if only one did, it would wait for ever for the other.
        goes, comes = (one.filter("tpad", stop_mode="clone", stop=1) for one in (goes, comes))
        # It mixes whole colours alone, and each version would scale them there in its own way.
        whole = look.pixel_format.replace("420", "444").replace("422", "444")
        goes, comes = (
            one.filter("scale", flags=SCALING).filter("format", whole) for one in (goes, comes)
        )
        mixed = goes.under(
            comes,
            name="xfade",
            transition=kind.xfade,
            duration=f"{float(count / timeline.rate):.6f}",
            offset=0,
        )
        mixed = mixed.filter("trim", end_frame=count)
        return counted(in_film_colours(mixed, look.pixel_format), timeline.rate)
    is_white = kind.name == FADE_WHITE
    if is_white:
        # FFmpeg fades to white in 8 bits of RGB, and to black in every format.
        goes, comes = _negative(goes, look), _negative(comes, look)
    half = count // 2
    halves: list[VideoStream] = []
    if half:
        out = goes.filter("fade", type="out", start_frame=0, nb_frames=half)
        halves.append(cut(out, 0, half, timeline.rate))
    into = comes.filter("fade", type="in", start_frame=half, nb_frames=count - half)
    halves.append(cut(into, half, count, timeline.rate))
    whole = _negative(joined(halves), look) if is_white else joined(halves)
    return counted(in_film_colours(whole, look.pixel_format), timeline.rate)


def _negative(image: VideoStream, look: Look) -> VideoStream:
    """Frames with white for black, and with the opposite of each colour."""
    luma, chroma = f"{(16 + 235) * look.unit}-val", f"{256 * look.unit}-val"
    return image.filter("lutyuv", y=luma, u=chroma, v=chroma)


def _with_overlays(
    graph: Graph,
    image: VideoStream,
    timeline: Timeline,
    first: int,
    end: int,
    overlays: Overlays,
) -> VideoStream:
    layers: list[Layer] = []
    form = overlays.look.pixel_format
    if overlays.watermark is not None:
        rendered = overlays.watermark
        layers.append(Layer(rendered_text(graph, rendered, form), rendered.x, rendered.y))
    for title, rendered in zip(timeline.titles, overlays.rendered_texts, strict=True):
        if title.first < end and first < title.end:
            words = _title(graph, timeline, title, rendered, first, end, form)
            layers.append(Layer(words, rendered.x, rendered.y, eof_action="pass"))
    return in_film_colours(laid_over(image, layers, form), form) if layers else image


def rendered_text(graph: Graph, rendered: RenderedText, pixel_format: str) -> VideoStream:
    """A drawn text as one frame, in the film's colours and with its alpha."""
    # Read as a stream of PNGs: FFmpeg before 8 takes a % in a picture's path for a number. And
    # converted here: left to itself, FFmpeg would take the film's colours for those of old TV.
    return (
        graph.open(rendered.path, f="png_pipe")
        .filter("format", "rgba")
        .filter("scale", flags=SCALING, out_color_matrix="bt709", out_range="tv")
        .filter("format", pixel_format.replace("yuv", "yuva"))
    )


def _title(
    graph: Graph,
    timeline: Timeline,
    title: TimedCaption,
    rendered: RenderedText,
    first: int,
    end: int,
    pixel_format: str,
) -> VideoStream:
    """The drawn text for as long as it is seen in the stretch, with its fades."""
    length = title.end - title.first
    image = rendered_text(graph, rendered, pixel_format).filter("loop", loop=-1, size=1)
    image = counted(image, timeline.rate).filter("trim", end_frame=length)
    fade_in = min(length, round(title.caption.fade_in_s * timeline.rate))
    fade_out = min(length, round(title.caption.fade_out_s * timeline.rate))
    if fade_in:
        image = image.filter("fade", type="in", start_frame=0, nb_frames=fade_in, alpha=1)
    if fade_out:
        image = image.filter(
            "fade", type="out", start_frame=length - fade_out, nb_frames=fade_out, alpha=1
        )
    begin = max(first, title.first)
    image = cut(image, begin - title.first, min(end, title.end) - title.first, timeline.rate)
    return image.filter("setpts", f"PTS+{begin - first}")
