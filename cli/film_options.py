"""The options that `assemble` and `export` share: what each says of which part of a film."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import film_values as values
from cli.options import Kind, Option, chooser, file
from core.film.model.delivery import (
    PRESETS,
    AudioCodec,
    Container,
    Hardware,
    ProResProfile,
    Quality,
    Retime,
    VideoCodec,
)
from core.film.model.film import Alignment, Fit
from core.film.model.scan import Deinterlace
from core.film.model.transitions import TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class FilmPart(Enum):
    """What an option says something of; the command itself, where it says nothing of the film."""

    COMMAND = auto()
    FILM = auto()
    CLIP = auto()
    MUSIC = auto()
    CAPTION = auto()
    SUBTITLES = auto()
    LUT = auto()
    WATERMARK = auto()
    SETTINGS = auto()
    FRAME = auto()


HEADS = {
    FilmPart.MUSIC: "--music",
    FilmPart.CAPTION: "--text",
    FilmPart.SUBTITLES: "--subtitles",
    FilmPart.LUT: "--lut",
    FilmPart.WATERMARK: "--watermark",
}
"""The option that makes a part of the film, without which the others of that part mean nothing."""


@dataclass(frozen=True)
class FilmOption(Option):
    """An option and what it sets.

    Attributes:
        part: of the film.
        fields: of that part; two where a value is a pair.
        read: makes the value of a text, or of a switch's yes and no; a pair's is a tuple.
        needs_number: whether each value must say for which clip it is.
        is_bare_number: whether a value is nothing but the number of the clip that it is for.
        film_field: of the film itself, which a value without a number sets.
    """

    part: FilmPart = FilmPart.COMMAND
    fields: tuple[str, ...] = ()
    read: Callable[[Any], Any] = str
    needs_number: bool = False
    is_bare_number: bool = False
    film_field: str = ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _row(
    panel: str,
    part: FilmPart,
    name: str,
    metavar: str | None,
    text: str,
    fields: str = "",
    read: Callable[[Any], Any] = str,
    **more: Any,
) -> FilmOption:
    """A row: a switch where nothing follows the name, and many values where a film has many."""
    is_many = part in (FilmPart.CLIP, FilmPart.MUSIC, FilmPart.CAPTION)
    kind = Kind.SWITCH if metavar is None else Kind.MANY if is_many else Kind.TEXT
    row = FilmOption(name, kind, text, metavar, panel, part=part, read=read)
    return replace(row, fields=tuple(fields.split()), **more)


def _flag(panel: str, name: str, text: str, *others: str) -> FilmOption:
    return FilmOption(name, Kind.FLAG, text, None, panel, others)


_CUTS, _AUDIO, _LOOK, _FILE, _RUN = "Cuts", "Sound", "Look", "File", "Run"
_COMMON = [kind.name for kind in TRANSITIONS.values() if kind.is_common]
OPTIONS: tuple[FilmOption, ...] = (
    _row(_CUTS, FilmPart.CLIP, "--trim", "N=START-END", "Use clip N from START to END seconds.",
         "start_s end_s", values.span, needs_number=True),
    _row(_CUTS, FilmPart.CLIP, "--speed", "[N=]FACTOR", "Play clip N, or all, at that speed.",
         "speed", values.amount),
    _row(_CUTS, FilmPart.CLIP, "--transition", "[N=]NAME[:S]",
         f"Into clip N, or into all: {_listed(_COMMON)} and more (--list-transitions).",
         "transition", values.transition, film_field="transition"),
    _row(_CUTS, FilmPart.CLIP, "--clip-title", "N=TITLE", "Name the scene of clip N.",
         "title", needs_number=True),
    _row(_CUTS, FilmPart.CLIP, "--clip-fit", "N=HOW", "--fit for clip N alone.",
         "fit", chooser(Fit), needs_number=True),
    _row(_CUTS, FilmPart.CLIP, "--still", "[N=]S", "Hold photos, or photo N, for so many seconds.",
         "still_s", values.amount, film_field="still_s"),
    _row(_CUTS, FilmPart.CLIP, "--video-track", "N=K", "Show track K of clip N's pictures.",
         "video_track", int, needs_number=True),
    _flag(_CUTS, "--skip-bad", "Leave out clips that cannot be read."),
    _row(_AUDIO, FilmPart.CLIP, "--volume", "[N=]DB", "Make clip N, or all, louder or quieter.",
         "volume_db", values.amount, film_field="clip_volume_db"),
    _row(_AUDIO, FilmPart.CLIP, "--mute", "N", "Mute clip N.", "is_muted", is_bare_number=True),
    _row(_AUDIO, FilmPart.CLIP, "--audio-track", "[N=]K",
         "Hear sound track K of clip N, or of all.", "audio_track", int),
    _row(_AUDIO, FilmPart.FILM, "--clip-sound", None, "Keep or drop the sound of all clips.",
         "has_clip_sound"),
    _row(_AUDIO, FilmPart.MUSIC, "--music", "FILE",
         "Music under the film; may be given several times.", "path", Path),
    _row(_AUDIO, FilmPart.MUSIC, "--music-volume", "[N=]DB",
         "Its volume.", "volume_db", values.amount),
    _row(_AUDIO, FilmPart.MUSIC, "--music-at", "[N=]START-END", "When in the film it plays.",
         "start_s end_s", values.span),
    _row(_AUDIO, FilmPart.MUSIC, "--music-offset", "[N=]S", "From which second of the piece.",
         "offset_s", values.amount),
    _row(_AUDIO, FilmPart.MUSIC, "--music-loop", None, "Begin again at its end.", "is_looped"),
    _row(_AUDIO, FilmPart.MUSIC, "--music-fade", "[N=]IN[,OUT]", "Seconds of fading in and out.",
         "fade_in_s fade_out_s", values.pair),
    _row(_AUDIO, FilmPart.MUSIC, "--duck", "[N=]DB",
         "How much quieter it gets under the clips' sound.", "duck_db", values.amount),
    _row(_AUDIO, FilmPart.SETTINGS, "--loudness", "LUFS",
         "Bring the film to a loudness, such as -14.",
         "loudness_lufs", values.amount),
    _row(_LOOK, FilmPart.CAPTION, "--text", "WORDS",
         "Words on the picture; may be given several times.", "text", values.with_line_breaks),
    _row(_LOOK, FilmPart.CAPTION, "--text-at", "[N=]START-END", "When they are seen.",
         "start_s end_s", values.span),
    _row(_LOOK, FilmPart.CAPTION, "--text-size", "[N=]SHARE", "Height of the letters: 0.07 or 7%.",
         "size", values.share),
    _row(_LOOK, FilmPart.CAPTION, "--text-font", "[N=]FAMILY", "Their font.", "font"),
    _row(_LOOK, FilmPart.CAPTION, "--text-colour", "[N=]#RRGGBB", "Their colour.",
         "colour", values.colour),
    _row(_LOOK, FilmPart.CAPTION, "--text-outline", "[N=]SHARE",
         "Width of the outline; 0 for none.",
         "outline", values.share),
    _row(_LOOK, FilmPart.CAPTION, "--text-outline-colour", "[N=]#RRGGBB", "Colour of the outline.",
         "outline_colour", values.colour),
    _row(_LOOK, FilmPart.CAPTION, "--text-place", "[N=]PLACE", f"Where: {_listed(Alignment)}.",
         "place", chooser(Alignment)),
    _row(_LOOK, FilmPart.CAPTION, "--text-margin", "[N=]SHARE", "Free space at the edges.",
         "margin", values.share),
    _row(_LOOK, FilmPart.CAPTION, "--text-fade", "[N=]IN[,OUT]", "Seconds of fading in and out.",
         "fade_in_s fade_out_s", values.pair),
    _row(_LOOK, FilmPart.SUBTITLES, "--subtitles", "SRT", "Subtitles, drawn on the picture.",
         "path", Path),
    _row(_LOOK, FilmPart.SUBTITLES, "--subtitle-track", None, "Subtitles as a track instead.",
         "mode", values.subtitle_mode),
    _row(_LOOK, FilmPart.SUBTITLES, "--subtitle-encoding", "NAME",
         "Their encoding, such as gbk or cp1251, where it is told wrongly.",
         "encoding", values.encoding),
    _row(_LOOK, FilmPart.LUT, "--lut", "CUBE", "A .cube colour table.", "path", Path),
    _row(_LOOK, FilmPart.LUT, "--lut-strength", "SHARE", "How much of it, 0 to 1.",
         "strength", values.share),
    _row(_LOOK, FilmPart.WATERMARK, "--watermark", "IMAGE",
         "A picture on the picture.", "path", Path),
    _row(_LOOK, FilmPart.WATERMARK, "--watermark-place", "PLACE", "Where it stands.",
         "place", chooser(Alignment)),
    _row(_LOOK, FilmPart.WATERMARK, "--watermark-size", "SHARE",
         "Its width as a share of the film's.", "size", values.share),
    _row(_LOOK, FilmPart.WATERMARK, "--watermark-opacity", "SHARE", "0 to 1.",
         "opacity", values.share),
    _row(_LOOK, FilmPart.WATERMARK, "--watermark-margin", "SHARE", "Free space at the edges.",
         "margin", values.share),
    _row(_LOOK, FilmPart.FILM, "--fit", "HOW", f"Clips of another shape: {_listed(Fit)}.",
         "fit", chooser(Fit)),
    _row(_LOOK, FilmPart.CLIP, "--deinterlace", "[N=]HOW",
         f"Clips of two fields a frame: {_listed(Deinterlace)} (that field first).",
         "deinterlace", chooser(Deinterlace), film_field="deinterlace"),
    _row(_LOOK, FilmPart.FILM, "--background", "#RRGGBB", "Colour of bars and behind alpha.",
         "background", values.colour),
    _row(_FILE, FilmPart.COMMAND, "--preset", "NAME", f"{_listed(PRESETS)}.", "", values.preset),
    _row(_FILE, FilmPart.COMMAND, "--container", "NAME",
         f"{_listed(Container)}; else by the name of --out.", "", chooser(Container)),
    _row(_FILE, FilmPart.SETTINGS, "--codec", "NAME", f"{_listed(VideoCodec)}.",
         "video_codec", chooser(VideoCodec)),
    _row(_FILE, FilmPart.SETTINGS, "--audio-codec", "NAME", f"{_listed(AudioCodec)}.",
         "audio_codec", chooser(AudioCodec)),
    _row(_FILE, FilmPart.FRAME, "--size", "WxH",
         "1920x1080; -x720 keeps the shape; else as most clips.", "width height", values.size),
    _row(_FILE, FilmPart.FRAME, "--fps", "RATE", "25, 29.97 or 30000/1001; else as most clips.",
         "rate", values.rate),
    _row(_FILE, FilmPart.SETTINGS, "--retime", "HOW",
         f"Frames for another rate: {_listed(Retime)}.",
         "retime", chooser(Retime)),
    _row(_FILE, FilmPart.SETTINGS, "--quality", "NAME", f"{_listed(Quality)}.",
         "quality", chooser(Quality)),
    _row(_FILE, FilmPart.SETTINGS, "--crf", "N", "Constant quality in the codec's own numbers.",
         "crf", int),
    _row(_FILE, FilmPart.SETTINGS, "--bitrate", "RATE", "Average video bitrate: 8M or 8000k.",
         "video_kbps", values.kbps),
    _row(_FILE, FilmPart.SETTINGS, "--bits", "N", "8 or 10 bits a channel.", "bit_depth", int),
    _row(_FILE, FilmPart.SETTINGS, "--prores-profile", "NAME", f"{_listed(ProResProfile)}.",
         "prores_profile", chooser(ProResProfile)),
    _row(_FILE, FilmPart.SETTINGS, "--hardware", "CHIP", f"{_listed(Hardware)}.",
         "hardware", chooser(Hardware)),
    _row(_FILE, FilmPart.SETTINGS, "--audio-bitrate", "RATE", "192k.", "audio_kbps", values.kbps),
    _row(_FILE, FilmPart.FILM, "--title", "TEXT", "The film's title, in the file.", "title"),
    _row(_FILE, FilmPart.FILM, "--chapters", None, "A chapter for each clip.", "has_chapters"),
    _row(_FILE, FilmPart.SETTINGS, "--ai-marker", None,
         "Say in the file that models made the pictures.", "is_marked_ai"),
    _row(_FILE, FilmPart.COMMAND, "--poster", "S",
         "Also write the picture at that second, as a PNG.",
         "", values.moment),
    _row(_FILE, FilmPart.COMMAND, "--handoff", "FILE",
         "Also write it for editors: .otio .fcpxml .edl .srt.", kind=Kind.MANY),
    _row(_FILE, FilmPart.COMMAND, "--save", "FILE",
         "Also write the film as a film file, for `export`."),
    _row(_FILE, FilmPart.COMMAND, "--out", "FILE",
         "The film; else a name of its own in the output folder.", "", file, others=("-o",)),
    _flag(_RUN, "--force", "Replace the film when it exists."),
    _flag(_RUN, "--dry-run", "Only plan."),
    _flag(_RUN, "--list-transitions", "Name every transition."),
    _flag(_RUN, "--json", "One event a line on stdout."),
    _flag(_RUN, "--quiet", "Tell errors only.", "-q"),
)  # fmt: skip

ROWS: Mapping[str, FilmOption] = {option.name: option for option in OPTIONS}
