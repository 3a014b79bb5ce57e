"""The pictures of one shot: at the film's rate, size and colours, whatever the clip is like."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from core.film.model.colour import RGB_FORMATS, ColourConversion, conversion_of
from core.film.model.delivery import Retime
from core.film.model.film import Fit
from core.film.model.frame_rate import GAP
from core.film.model.timeline import nearest
from core.film.picture.compositing import Layer, laid_over, on_background
from core.media.interpolation import BY_MOTION, MORE_TO_LOSE, steady_times

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.film.model.scan import Deinterlacing
    from core.film.model.source import Source, SourceFacts
    from core.film.model.timeline import Shot, Timeline
    from core.film.picture.graph import Graph, Value, VideoStream

_BLUR_SHRINK = 8
# Of 255; by a table, for FFmpeg's own filter for it knows 8 bits alone.
_DIMMED = 15
# Left to itself, FFmpeg darkens greys by up to three levels when it changes the colour matrix.
SCALING = "bicubic+accurate_rnd+full_chroma_int"
_HD_FROM = 720
# FFmpeg's scaler calls these matrices by other names than its tags do.
_SCALERS_NAMES = {"bt2020nc": "bt2020", "bt470bg": "bt470"}
# What FFmpeg makes frames in between of, 8 bits a channel.
_MIXED_FORMATS = "yuv420p|yuv422p|yuv444p"
# Between the steps of a change of colours: 16 bits a channel, which every FFmpeg's lut3d takes.
_DEEP, _DEEP_ALPHA = "rgb48le", "rgba64le"
# FFmpeg keeps both halves of a time base in 32 bits.
_MAX_TICKS = 2**31 - 1
_FINER = (10_000, 1000, 100)
_USUAL_TICKS = 1_000_000
_VPX_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9", "libvpx-vp9": "libvpx-vp9"}
_INTERPOLATION: dict[Retime, dict[str, Value]] = {
    Retime.BLEND: {"mi_mode": "blend"},
    Retime.MOTION: {**BY_MOTION},
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
        conversions: a finished colour table for each kind of clip whose colours are not the film's.
    """

    pixel_format: str = "yuv420p"
    retime: Retime = Retime.NEAREST
    lut: LutFile | None = None
    conversions: Mapping[ColourConversion, LutFile] = field(
        default_factory=dict["ColourConversion", LutFile]
    )

    @property
    def is_deep(self) -> bool:
        """Whether the film has 10 bits a channel."""
        return self.pixel_format.endswith("10le")

    @property
    def unit(self) -> int:
        """How many of the film's levels lie between two of 8 bits."""
        return 4 if self.is_deep else 1


def shot_image(
    graph: Graph, timeline: Timeline, shot: Shot, first: int, end: int, look: Look
) -> VideoStream:
    """Frames `first` up to `end` of a shot, counted from its own first one."""
    facts = shot.source.facts
    image = _tagged(_opened(graph, shot.source), facts)
    image = _deinterlaced(image, shot.deinterlacing)
    # Pictures that are laid over each other have no length any more, and before FFmpeg 8 the last
    # one would be lost on the way to the film's rate. Mixed frames have to be opaque all the same.
    is_mixed = _is_mixed(shot, timeline.rate, look.retime)
    if is_mixed:
        image = _flattened(image, facts, timeline.film.background, look)
    image = _at_rate(image, shot, timeline.rate, look.retime)
    start = shot.skipped + first
    image = cut(image, start, start + end - first, timeline.rate)
    if not is_mixed:
        image = _flattened(image, facts, timeline.film.background, look)
    image = _fitted(image, facts, timeline, shot.fit, look)
    if look.lut is not None:
        image = _through(image, look.lut)
    return in_film_colours(image, look.pixel_format)


def _through(image: VideoStream, lut: LutFile) -> VideoStream:
    interpolation = "tetrahedral" if lut.filter_name == "lut3d" else "linear"
    return image.filter(lut.filter_name, file=str(lut.path), interp=interpolation)


def counted(image: VideoStream, rate: Fraction) -> VideoStream:
    """The same frames, with the times of frame 0, 1, 2 … at that rate."""
    base = f"{rate.denominator}/{rate.numerator}"
    numbered = image.filter("settb", base).filter("setpts", "N")
    # To FFmpeg 7.0 frames with new times have no rate: it mixes none of them, and of two loses one.
    return numbered.filter("fps", f"{rate.numerator}/{rate.denominator}")


def cut(image: VideoStream, first: int, end: int, rate: Fraction) -> VideoStream:
    """The frames from `first` up to `end`, with times counted from 0."""
    return counted(image.filter("trim", start_frame=first, end_frame=end), rate)


def in_film_colours(image: VideoStream, pixel_format: str) -> VideoStream:
    """Frames in the film's pixel format, coded and tagged as BT.709."""
    return (
        image.filter("scale", flags=SCALING, out_color_matrix="bt709", out_range="tv")
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
    """The frames of a clip, each at its time by the clip's own clock."""
    facts = source.facts
    # FFmpeg's own VP9 decoder drops the alpha without a word.
    decoder = _VPX_DECODERS.get(facts.codec) if facts.has_alpha else None
    options: dict[str, Value] = {"vcodec": decoder} if decoder else {}
    image = graph.open(source.still_path or source.path, facts.video_index, **options)
    if facts.is_timed:
        image = image.filter("setpts", facts.clock.video_expression)
    else:
        hz = _ticks_a_second(facts.rate)
        image = image.filter("settb", f"{hz.denominator}/{hz.numerator}")
        first = nearest(facts.first_frame_s * hz)
        image = image.filter("setpts", f"round(N*{hz / facts.rate})+{first}")
    return _of_one_size(image, facts) if facts.sizes else image


def _of_one_size(image: VideoStream, facts: SourceFacts) -> VideoStream:
    """Frames whose size changes on the way, each as large as fits into the clip's own size."""
    upright = (facts.width, facts.height)
    width, height = upright[::-1] if facts.rotation % 180 else upright
    inside = image.filter(
        "scale", width, height, eval="frame", force_original_aspect_ratio="decrease"
    )
    return inside.filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2", eval="frame")


def _tagged(image: VideoStream, facts: SourceFacts) -> VideoStream:
    """The frames with the colour tags that they lack: taken for BT.601 they would change."""
    if facts.pixel_format.startswith(RGB_FORMATS):
        return image
    colour = facts.colour
    matrix = _usual_matrix(facts)
    usual_of = {
        "colorspace": (colour.matrix.removeprefix("gbr"), matrix),
        "color_primaries": (colour.primaries, "bt2020" if colour.is_hdr else matrix),
        "color_trc": (colour.transfer, matrix),
    }
    missing = {name: taken for name, (known, taken) in usual_of.items() if not known}
    if not colour.range and not facts.pixel_format.startswith("yuvj"):
        missing["range"] = "limited"
    return image.filter("setparams", **missing) if missing else image


def _deinterlaced(image: VideoStream, how: Deinterlacing | None) -> VideoStream:
    """Whole pictures out of frames of two fields."""
    if how is None:
        return image
    return image.filter(
        "bwdif",
        mode="send_field" if how.is_doubled else "send_frame",
        parity=how.parity,
        deint="interlaced" if how.is_selective else "all",
    )


def _flattened(image: VideoStream, facts: SourceFacts, background: str, look: Look) -> VideoStream:
    """The frames on the film's background where they let something through."""
    if not facts.has_alpha:
        return image
    conversion = conversion_of(facts)
    if conversion is not None:
        image = _through(image.filter("format", _DEEP_ALPHA), look.conversions[conversion])
    image = image.filter("scale", flags=SCALING)
    return on_background(image, background, is_deep=look.is_deep)


def _at_rate(image: VideoStream, shot: Shot, rate: Fraction, retime: Retime) -> VideoStream:
    """The whole clip at the film's rate and its last frame for ever after."""
    facts = _deinterlaced_facts(shot)
    is_trembling = facts.trembles and shot.speed == 1 and facts.rate == rate
    image = _in_time(image, rate) if is_trembling else _timed(image, facts, shot.speed)
    wanted = f"{rate.numerator}/{rate.denominator}"
    if _is_mixed(shot, rate, retime):
        more = image.filter("tpad", stop_mode="clone", stop=MORE_TO_LOSE)
        image = more.filter("setpts", steady_times(facts.rate * shot.speed))
        image = _mixed(image, facts, wanted, retime)
    # A clip that ends before the film's first frame is half over still shows its last frame.
    at_rate = image.filter("fps", fps=wanted, start_time=0, round="near", eof_action="pass")
    return at_rate.filter("tpad", stop_mode="clone", stop=-1)


def _mixed(image: VideoStream, facts: SourceFacts, rate: str, retime: Retime) -> VideoStream:
    """Frames at another rate, made of the clip's; in 8 bits, since FFmpeg mixes no more.

    Left to itself it would change the format, each version in its own way and old ones coarsely.
    """
    is_rgb = facts.has_alpha or facts.pixel_format.startswith(RGB_FORMATS)
    if is_rgb:
        image = image.filter("scale", flags=SCALING, out_color_matrix="bt709", out_range="tv")
        image = image.filter("format", "yuv444p")
    elif facts.bit_depth > 8:
        image = image.filter("scale", flags=SCALING).filter("format", _MIXED_FORMATS)
    image = image.filter("minterpolate", fps=rate, **_INTERPOLATION[retime])
    if is_rgb:
        image = image.filter("scale", flags=SCALING, in_color_matrix="bt709", in_range="tv")
        image = image.filter("format", "rgb24")
    return image


def _in_time(image: VideoStream, rate: Fraction) -> VideoStream:
    """The frames of a trembling clock, each at the time that was meant: none falls on another."""
    hz = _ticks_a_second(rate)
    image = image.filter("settb", f"{hz.denominator}/{hz.numerator}")
    near = f"floor(T*{rate}+0.5)"
    slot = f"if(lt(T*{rate}-ld(0)-1,{float(GAP)}),ld(0)+1,{near})"
    return image.filter("setpts", f"round(st(0,if(eq(N,0),{near},{slot}))*{hz / rate})")


def depth_notes(timeline: Timeline, look: Look) -> list[str]:
    """Which clips of a deep film lose their finer colours: those that frames are mixed of."""
    lost = [
        str(shot.number)
        for shot in timeline.shots
        if look.is_deep
        and shot.source.facts.bit_depth > 8
        and _is_mixed(shot, timeline.rate, look.retime)
    ]
    if not lost:
        return []
    return [
        f"FFmpeg mixes frames in 8 bits a channel, so clip{'s' if len(lost) > 1 else ''} "
        f"{', '.join(lost)} come{'' if len(lost) > 1 else 's'} with 256 steps of each colour. "
        "The nearest frame in place of mixed ones, or the clip's own rate and speed, keep them all."
    ]


def _is_mixed(shot: Shot, rate: Fraction, retime: Retime) -> bool:
    """Whether frames of the film are made of several of the clip's."""
    return retime is not Retime.NEAREST and _deinterlaced_facts(shot).rate * shot.speed != rate


def _deinterlaced_facts(shot: Shot) -> SourceFacts:
    """The facts of a clip once each of its fields is a frame, where that is done."""
    facts = shot.source.facts
    if shot.deinterlacing is None or not shot.deinterlacing.is_doubled:
        return facts
    return facts.model_copy(update={"rate": 2 * facts.rate, "num_frames": 2 * facts.num_frames})


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


def _fitted(
    image: VideoStream, facts: SourceFacts, timeline: Timeline, fit: Fit, look: Look
) -> VideoStream:
    width, height = timeline.width, timeline.height
    match fit:
        case Fit.STRETCH:
            return _scaled(image, width, height, facts, look)
        case Fit.FILL:
            size = _in_middle(facts, width, height, covers=True)
            scaled = _scaled(image, size.width, size.height, facts, look)
            if (size.width, size.height) == (width, height):
                return scaled
            return scaled.filter("crop", width, height, max(0, -size.x), max(0, -size.y))
        case Fit.FIT | Fit.BLUR:
            size = _in_middle(facts, width, height, covers=False)
            if (size.width, size.height) == (width, height):
                return _scaled(image, width, height, facts, look)
            if fit is Fit.FIT:
                scaled = _scaled(image, size.width, size.height, facts, look)
                return _with_bars(scaled, size, timeline, look)
            front, back = image.split(2)
            behind = _blurred(back, facts, width, height, look)
            front = _scaled(front, size.width, size.height, facts, look)
            behind, front = (in_film_colours(one, look.pixel_format) for one in (behind, front))
            behind = behind.filter("lutyuv", y=f"val-{_DIMMED * look.unit}")
            return laid_over(behind, [Layer(front, size.x, size.y)], look.pixel_format)
        case _:
            assert_never(fit)


def _with_bars(image: VideoStream, size: _Inside, timeline: Timeline, look: Look) -> VideoStream:
    """The picture in the middle of the frame, and the film's background around it."""
    width, height, colour = timeline.width, timeline.height, timeline.film.background
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    if red == green == blue:
        return image.filter("pad", width, height, size.x, size.y, f"0x{colour.removeprefix('#')}")
    # Older FFmpegs pad by the colours of old TV, whatever the picture's are.
    brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    plain = {
        "y": round(look.unit * (16 + 219 * brightness)),
        "u": round(look.unit * (128 + 224 * (blue - brightness) / 1.8556)),
        "v": round(look.unit * (128 + 224 * (red - brightness) / 1.5748)),
    }
    front, back = in_film_colours(image, look.pixel_format).split(2)
    behind = back.filter("scale", width, height, flags="neighbor").filter("lutyuv", **plain)
    layers = [Layer(front, size.x, size.y)]
    return laid_over(behind.filter("setsar", 1), layers, look.pixel_format)


def _read_by(facts: SourceFacts) -> dict[str, Value]:
    """By which matrix and range the clip is to be read: old FFmpegs do not ask the frames."""
    if facts.has_alpha or facts.pixel_format.startswith(RGB_FORMATS):
        return {}
    matrix = facts.colour.matrix.removeprefix("gbr") or _usual_matrix(facts)
    read: dict[str, Value] = {"in_color_matrix": _SCALERS_NAMES.get(matrix, matrix)}
    if facts.colour.range:
        read["in_range"] = facts.colour.range
    return read


def _usual_matrix(facts: SourceFacts) -> str:
    """What a clip without a tag is taken for, by its size."""
    if facts.colour.is_hdr:
        return "bt2020nc"
    return "bt709" if facts.height >= _HD_FROM else "smpte170m"


def _scaled(
    image: VideoStream, width: int, height: int, facts: SourceFacts, look: Look
) -> VideoStream:
    """Frames of that size with square pixels, in colours of BT.709."""
    conversion = None if facts.has_alpha else conversion_of(facts)
    if not facts.colour.is_hdr and conversion is None:
        scaled = image.filter(
            "scale",
            width,
            height,
            flags=SCALING,
            **_read_by(facts),
            out_color_matrix="bt709",
            out_range="tv",
        )
        if facts.pixel_format.startswith("gray"):
            # To old FFmpegs grey is full range whatever it says: it would be converted once more.
            scaled = scaled.filter("format", look.pixel_format)
        if not facts.has_alpha and not facts.pixel_format.startswith(RGB_FORMATS):
            # Old FFmpegs leave the clip's own tag on it, and would change its matrix once more.
            scaled = scaled.filter("setparams", colorspace="bt709", range="limited")
        return scaled.filter("setsar", 1)
    # The colours are still the clip's own: only the size may change here.
    reading = {} if conversion is None else _read_by(facts)
    scaled = image.filter("scale", width, height, flags=SCALING, **reading)
    if conversion is None:
        scaled = _tone_mapped(scaled)
    else:
        scaled = _through(scaled.filter("format", _DEEP), look.conversions[conversion])
        scaled = in_film_colours(scaled, look.pixel_format)
    return scaled.filter("setsar", 1)


def _blurred(
    image: VideoStream, facts: SourceFacts, width: int, height: int, look: Look
) -> VideoStream:
    """The picture out of focus, filling the frame: blurred small, where it costs little."""
    cover = _in_middle(facts, width, height, covers=True)
    small = (
        max(16, cover.width // _BLUR_SHRINK // 2 * 2),
        max(16, cover.height // _BLUR_SHRINK // 2 * 2),
    )
    return (
        _scaled(image, *small, facts, look)
        .filter("gblur", sigma=max(1.0, small[1] / 24))
        .filter("scale", cover.width, cover.height, flags=SCALING)
        .filter("crop", width, height, max(0, -cover.x), max(0, -cover.y))
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
