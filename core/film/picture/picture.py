"""The pictures of one shot: at the film's rate, size and colours, whatever the clip is like."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from core.film.model.delivery import Retime
from core.film.model.film import Fit
from core.film.model.timeline import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.source import Source, SourceFacts
    from core.film.model.timeline import Shot, Timeline
    from core.film.picture.graph import Graph, Value, VideoStream

_BLUR_SHRINK = 8
# Left to itself, FFmpeg darkens greys by up to three levels when it changes the colour matrix.
_SCALING = "bicubic+accurate_rnd+full_chroma_int"
_HD_FROM = 720
# FFmpeg keeps both halves of a time base in 32 bits.
_MAX_TICKS = 2**31 - 1
_FINER = (10_000, 1000, 100)
_USUAL_TICKS = 1_000_000
_MORE_TO_LOSE = 3
_VPX_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9", "libvpx-vp9": "libvpx-vp9"}
_INTERPOLATION: dict[Retime, dict[str, Value]] = {
    Retime.BLEND: {"mi_mode": "blend"},
    Retime.MOTION: {"mi_mode": "mci", "mc_mode": "aobmc", "vsbmc": 1},
}


@dataclass(frozen=True)
class LutFile:
    """A .cube file and the FFmpeg filter that applies it."""

    path: Path
    filter_name: str


@dataclass(frozen=True)
class Look:
    """What is done to the pictures of every shot alike.

    Attributes:
        pixel_format: FFmpeg's name of the format between the steps.
        lut: a finished colour table, or None.
    """

    pixel_format: str = "yuv420p"
    retime: Retime = Retime.NEAREST
    lut: LutFile | None = None


def shot_image(
    graph: Graph, timeline: Timeline, shot: Shot, first: int, end: int, look: Look
) -> VideoStream:
    """Frames `first` up to `end` of a shot, counted from its own first one."""
    facts = shot.source.facts
    image = _tagged(_opened(graph, shot.source), facts)
    image = _flattened(image, facts, timeline.film.background)
    image = _at_rate(image, shot, timeline.rate, look.retime)
    start = shot.skipped + first
    image = cut(image, start, start + end - first, timeline.rate)
    image = _fitted(image, facts, timeline, shot.fit)
    if facts.colour.is_hdr:
        image = _tone_mapped(image)
    if look.lut is not None:
        interpolation = "tetrahedral" if look.lut.filter_name == "lut3d" else "linear"
        image = image.filter(look.lut.filter_name, file=str(look.lut.path), interp=interpolation)
    return in_film_colours(image, look.pixel_format)


def counted(image: VideoStream, rate: Fraction) -> VideoStream:
    """The same frames, with the times of frame 0, 1, 2 … at that rate."""
    base = f"{rate.denominator}/{rate.numerator}"
    return image.filter("settb", base).filter("setpts", "N")


def cut(image: VideoStream, first: int, end: int, rate: Fraction) -> VideoStream:
    """The frames from `first` up to `end`, with times counted from 0."""
    return counted(image.filter("trim", start_frame=first, end_frame=end), rate)


def in_film_colours(image: VideoStream, pixel_format: str) -> VideoStream:
    """Frames in the film's pixel format, coded and tagged as BT.709."""
    return (
        image.filter("scale", flags=_SCALING, out_color_matrix="bt709", out_range="tv")
        .filter("format", pixel_format)
        .filter("setsar", 1)
        .filter(
            "setparams",
            color_primaries="bt709",
            color_trc="bt709",
            colorspace="bt709",
            range="limited",
        )
    )


def _opened(graph: Graph, source: Source) -> VideoStream:
    # FFmpeg's own VP9 decoder drops the alpha without a word.
    decoder = _VPX_DECODERS.get(source.facts.codec) if source.facts.has_alpha else None
    return graph.open(source.path, vcodec=decoder) if decoder else graph.open(source.path)


def _tagged(image: VideoStream, facts: SourceFacts) -> VideoStream:
    """The frames with the colour tags that they lack: taken for BT.601 they would change."""
    if facts.pixel_format.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "gray")):
        return image
    usual = "bt709" if facts.height >= _HD_FROM else "smpte170m"
    colour = facts.colour
    tags = {
        "colorspace": colour.matrix,
        "color_primaries": colour.primaries,
        "color_trc": colour.transfer,
    }
    missing = {name: usual for name, known in tags.items() if not known}
    if not colour.range and not facts.pixel_format.startswith("yuvj"):
        missing["range"] = "limited"
    return image.filter("setparams", **missing) if missing else image


def _flattened(image: VideoStream, facts: SourceFacts, background: str) -> VideoStream:
    """The frames on the film's background where they let something through."""
    if not facts.has_alpha:
        return image
    over, under = image.filter("format", "rgba").split(2)
    filled = under.filter("drawbox", color=f"0x{background.removeprefix('#')}", t="fill", replace=1)
    return filled.under(over, format="rgb").filter("format", "rgb24")


def _at_rate(image: VideoStream, shot: Shot, rate: Fraction, retime: Retime) -> VideoStream:
    """The whole clip at the film's rate and its last frame for ever after."""
    image = _timed(image, shot.source.facts, shot.speed)
    wanted = f"{rate.numerator}/{rate.denominator}"
    if shot.source.facts.rate * shot.speed != rate and retime is not Retime.NEAREST:
        # The filter ends a few frames early, so it gets some more to lose.
        more = image.filter("tpad", stop_mode="clone", stop=_MORE_TO_LOSE)
        image = more.filter("minterpolate", fps=wanted, **_INTERPOLATION[retime])
    # A clip that ends before the film's first frame is half over still shows its last frame.
    at_rate = image.filter("fps", fps=wanted, start_time=0, round="near", eof_action="pass")
    return at_rate.filter("tpad", stop_mode="clone", stop=-1)


def _timed(image: VideoStream, facts: SourceFacts, speed: Fraction) -> VideoStream:
    """The frames at their exact times at that speed.

    Many containers round times to milliseconds, and FFmpeg cuts them to whole ticks: a frame in the
    middle between two of the film's would now fall here, now there, and the picture would judder.
    """
    if not facts.is_on_grid and speed == 1:
        return image
    if not facts.is_on_grid:
        image = image.filter("settb", f"1/{_USUAL_TICKS}")
        return image.filter("setpts", f"round(PTS*{speed.denominator}/{speed.numerator})")
    hz = _ticks_a_second(facts.rate * speed.numerator)
    image = image.filter("settb", f"{hz.denominator}/{hz.numerator}")
    a_frame, first = hz / (facts.rate * speed), nearest(facts.first_frame_s * hz / speed)
    number = f"round((T-{facts.first_frame_s})*{facts.rate})"
    return image.filter("setpts", f"round({number}*{a_frame})+{first}")


def _ticks_a_second(rate: Fraction) -> Fraction:
    """Ticks of which a frame at that rate has a whole number, unless they would be too many."""
    for factor in _FINER:
        if (rate * factor).numerator <= _MAX_TICKS:
            return rate * factor
    return Fraction(_USUAL_TICKS)


def _fitted(image: VideoStream, facts: SourceFacts, timeline: Timeline, fit: Fit) -> VideoStream:
    width, height = timeline.width, timeline.height
    match fit:
        case Fit.STRETCH:
            return _scaled(image, width, height, facts)
        case Fit.FILL:
            size = _in_middle(facts, width, height, covers=True)
            scaled = _scaled(image, size.width, size.height, facts)
            if (size.width, size.height) == (width, height):
                return scaled
            return scaled.filter("crop", width, height, max(0, -size.x), max(0, -size.y))
        case Fit.FIT | Fit.BLUR:
            size = _in_middle(facts, width, height, covers=False)
            if (size.width, size.height) == (width, height):
                return _scaled(image, width, height, facts)
            if fit is Fit.FIT:
                colour = f"0x{timeline.film.background.removeprefix('#')}"
                return _scaled(image, size.width, size.height, facts).filter(
                    "pad", width, height, size.x, size.y, colour
                )
            front, back = image.split(2)
            behind = _blurred(back, facts, width, height)
            front = _scaled(front, size.width, size.height, facts)
            return behind.under(front, x=size.x, y=size.y, format="auto")
        case _:
            assert_never(fit)


def _scaled(image: VideoStream, width: int, height: int, facts: SourceFacts) -> VideoStream:
    # The brightness may still be coded for HDR: then only the size may change here.
    colours = {} if facts.colour.is_hdr else {"out_color_matrix": "bt709", "out_range": "tv"}
    scaled = image.filter("scale", width, height, flags=_SCALING, **colours)
    return scaled.filter("setsar", 1)


def _blurred(image: VideoStream, facts: SourceFacts, width: int, height: int) -> VideoStream:
    """The picture out of focus, filling the frame: blurred small, where it costs little."""
    cover = _in_middle(facts, width, height, covers=True)
    small = (
        max(16, cover.width // _BLUR_SHRINK // 2 * 2),
        max(16, cover.height // _BLUR_SHRINK // 2 * 2),
    )
    return (
        _scaled(image, *small, facts)
        .filter("gblur", sigma=max(1.0, small[1] / 24))
        .filter("scale", cover.width, cover.height, flags=_SCALING)
        .filter("crop", width, height, max(0, -cover.x), max(0, -cover.y))
        .filter("eq", brightness=-0.06)
        .filter("setsar", 1)
    )


def _tone_mapped(image: VideoStream) -> VideoStream:
    """HDR frames brought to what an ordinary screen shows."""
    return (
        image.filter("zscale", transfer="linear", npl=100)
        .filter("format", "gbrpf32le")
        .filter("zscale", primaries="bt709")
        .filter("tonemap", tonemap="hable", desat=0)
        .filter("zscale", transfer="bt709", matrix="bt709", range="limited")
    )


@dataclass(frozen=True)
class _Inside:
    """A size, and where it lies in the frame: negative where it sticks out."""

    width: int
    height: int
    x: int
    y: int


def _in_middle(facts: SourceFacts, width: int, height: int, *, covers: bool) -> _Inside:
    """The largest size wholly in the frame, or the smallest that `covers` all of it; centred."""
    shape = Fraction(facts.width, facts.height) * facts.sample_aspect
    is_wider = shape > Fraction(width, height)
    wide, high = width, _even(width / shape)
    if is_wider == covers:
        wide, high = _even(height * shape), height
    # Even places: a colour sample covers two pixels by two.
    return _Inside(wide, high, (width - wide) // 4 * 2, (height - high) // 4 * 2)


def _even(value: Fraction) -> int:
    return max(2, 2 * nearest(value / 2))
