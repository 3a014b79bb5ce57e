"""The options that `assemble` and `export` share, as a table from which typer reads them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from core.film.model.transitions import TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Kind(Enum):
    """What follows an option: one value, a value each time it is given, or nothing."""

    TEXT = auto()
    MANY = auto()
    SWITCH = auto()
    FLAG = auto()


@dataclass(frozen=True)
class FilmOption:
    """One option; a SWITCH has a "no-" form and may be left open, a FLAG has neither."""

    name: str
    kind: Kind
    panel: str
    help: str
    metavar: str | None = None

    @property
    def variable(self) -> str:
        """Its name in Python."""
        return self.name.removeprefix("--").replace("-", "_")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


_CUTS, _AUDIO, _LOOK, _FILE, _RUN = "Cuts", "Sound", "Look", "File", "Run"
_COMMON = [kind.name for kind in TRANSITIONS.values() if kind.is_common]
_TABLE = (
    (_CUTS, Kind.MANY, "--trim", "N=START-END", "Use clip N from START to END seconds."),
    (_CUTS, Kind.MANY, "--speed", "[N=]FACTOR", "Play clip N, or all, at that speed."),
    (
        _CUTS, Kind.MANY, "--transition", "[N=]NAME[:S]",
        f"Into clip N, or into all: {_listed(_COMMON)} and more (--list-transitions).",
    ),
    (_CUTS, Kind.MANY, "--clip-title", "N=TITLE", "Name the scene of clip N."),
    (_CUTS, Kind.MANY, "--clip-fit", "N=HOW", "--fit for clip N alone."),
    (_CUTS, Kind.FLAG, "--skip-bad", None, "Leave out clips that cannot be read."),
    (_AUDIO, Kind.MANY, "--volume", "[N=]DB", "Make clip N, or all, louder or quieter."),
    (_AUDIO, Kind.MANY, "--mute", "N", "Mute clip N."),
    (_AUDIO, Kind.SWITCH, "--clip-sound", None, "Keep or drop the sound of all clips."),
    (_AUDIO, Kind.MANY, "--music", "FILE", "Music under the film; may be given several times."),
    (_AUDIO, Kind.MANY, "--music-volume", "[N=]DB", "Its volume."),
    (_AUDIO, Kind.MANY, "--music-at", "[N=]START-END", "When in the film it plays."),
    (_AUDIO, Kind.MANY, "--music-offset", "[N=]S", "From which second of the piece."),
    (_AUDIO, Kind.SWITCH, "--music-loop", None, "Begin again at its end."),
    (_AUDIO, Kind.MANY, "--music-fade", "[N=]IN[,OUT]", "Seconds of fading in and out."),
    (_AUDIO, Kind.MANY, "--duck", "[N=]DB", "How much quieter it gets under the clips' sound."),
    (_AUDIO, Kind.TEXT, "--loudness", "LUFS", "Bring the film to a loudness, such as -14."),
    (_LOOK, Kind.MANY, "--text", "WORDS", "Words on the picture; may be given several times."),
    (_LOOK, Kind.MANY, "--text-at", "[N=]START-END", "When they are seen."),
    (_LOOK, Kind.MANY, "--text-size", "[N=]SHARE", "Height of the letters: 0.07 or 7%."),
    (_LOOK, Kind.MANY, "--text-font", "[N=]FAMILY", "Their font."),
    (_LOOK, Kind.MANY, "--text-colour", "[N=]#RRGGBB", "Their colour."),
    (_LOOK, Kind.MANY, "--text-outline", "[N=]SHARE", "Width of the outline; 0 for none."),
    (_LOOK, Kind.MANY, "--text-outline-colour", "[N=]#RRGGBB", "Colour of the outline."),
    (_LOOK, Kind.MANY, "--text-place", "[N=]PLACE", f"Where: {_listed(Alignment)}."),
    (_LOOK, Kind.MANY, "--text-margin", "[N=]SHARE", "Free space at the edges."),
    (_LOOK, Kind.MANY, "--text-fade", "[N=]IN[,OUT]", "Seconds of fading in and out."),
    (_LOOK, Kind.TEXT, "--subtitles", "SRT", "Subtitles, drawn on the picture."),
    (_LOOK, Kind.SWITCH, "--subtitle-track", None, "Subtitles as a track instead."),
    (_LOOK, Kind.TEXT, "--lut", "CUBE", "A .cube colour table."),
    (_LOOK, Kind.TEXT, "--lut-strength", "SHARE", "How much of it, 0 to 1."),
    (_LOOK, Kind.TEXT, "--watermark", "IMAGE", "A picture on the picture."),
    (_LOOK, Kind.TEXT, "--watermark-place", "PLACE", "Where it stands."),
    (_LOOK, Kind.TEXT, "--watermark-size", "SHARE", "Its width as a share of the film's."),
    (_LOOK, Kind.TEXT, "--watermark-opacity", "SHARE", "0 to 1."),
    (_LOOK, Kind.TEXT, "--watermark-margin", "SHARE", "Free space at the edges."),
    (_LOOK, Kind.TEXT, "--fit", "HOW", f"Clips of another shape: {_listed(Fit)}."),
    (_LOOK, Kind.TEXT, "--background", "#RRGGBB", "Colour of bars and behind alpha."),
    (_FILE, Kind.TEXT, "--preset", "NAME", f"{_listed(PRESETS)}."),
    (_FILE, Kind.TEXT, "--container", "NAME", f"{_listed(Container)}; else by the name of --out."),
    (_FILE, Kind.TEXT, "--codec", "NAME", f"{_listed(VideoCodec)}."),
    (_FILE, Kind.TEXT, "--audio-codec", "NAME", f"{_listed(AudioCodec)}."),
    (_FILE, Kind.TEXT, "--size", "WxH", "1920x1080; -x720 keeps the shape; else as most clips."),
    (_FILE, Kind.TEXT, "--fps", "RATE", "25, 29.97 or 30000/1001; else as most clips."),
    (_FILE, Kind.TEXT, "--retime", "HOW", f"Frames for another rate: {_listed(Retime)}."),
    (_FILE, Kind.TEXT, "--quality", "NAME", f"{_listed(Quality)}."),
    (_FILE, Kind.TEXT, "--crf", "N", "Constant quality in the codec's own numbers."),
    (_FILE, Kind.TEXT, "--bitrate", "RATE", "Average video bitrate: 8M or 8000k."),
    (_FILE, Kind.TEXT, "--bits", "N", "8 or 10 bits a channel."),
    (_FILE, Kind.TEXT, "--prores-profile", "NAME", f"{_listed(ProResProfile)}."),
    (_FILE, Kind.TEXT, "--hardware", "CHIP", f"{_listed(Hardware)}."),
    (_FILE, Kind.TEXT, "--audio-bitrate", "RATE", "192k."),
    (_FILE, Kind.TEXT, "--title", "TEXT", "The film's title, in the file."),
    (_FILE, Kind.SWITCH, "--chapters", None, "A chapter for each clip."),
    (_FILE, Kind.SWITCH, "--ai-marker", None, "Say in the file that models made the pictures."),
    (_FILE, Kind.TEXT, "--poster", "S", "Also write the picture at that second, as a PNG."),
    (_FILE, Kind.MANY, "--handoff", "FILE", "Also write it for editors: .otio .fcpxml .edl .srt."),
    (_FILE, Kind.TEXT, "--save", "FILE", "Also write the film as a film file, for `export`."),
    (_FILE, Kind.TEXT, "--out", "FILE", "The film; else a name of its own in the output folder."),
    (_RUN, Kind.FLAG, "--force", None, "Replace the film when it exists."),
    (_RUN, Kind.FLAG, "--dry-run", None, "Only plan."),
    (_RUN, Kind.FLAG, "--list-transitions", None, "Name every transition."),
    (_RUN, Kind.FLAG, "--json", None, "One event a line on stdout."),
    (_RUN, Kind.FLAG, "--quiet", None, "Tell errors only."),
)  # fmt: skip
OPTIONS: tuple[FilmOption, ...] = tuple(
    FilmOption(name, kind, panel, text, metavar) for panel, kind, name, metavar, text in _TABLE
)
_SHORT = {"--out": "-o", "--quiet": "-q"}


def with_film_options(run: Callable[..., int], first: inspect.Parameter) -> Callable[..., int]:
    """The command with `first` and every option of the table as its parameters."""
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    options = [_parameter(option) for option in OPTIONS]
    signature = inspect.Signature([context, first, *options])

    def command(**given: Any) -> int:
        return run(**given)

    # Typer reads a command's options off its signature and annotations.
    command.__doc__ = run.__doc__
    command.__name__ = run.__name__
    vars(command)["__signature__"] = signature
    command.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    return command


def _parameter(option: FilmOption) -> inspect.Parameter:
    names = [option.name, *filter(None, [_SHORT.get(option.name)])]
    default: Any = None
    kind: Any = str | None
    match option.kind:
        case Kind.TEXT:
            pass
        case Kind.MANY:
            kind = list[str] | None
        case Kind.SWITCH:
            kind = bool | None
            names = [f"{option.name}/--no-{option.name.removeprefix('--')}"]
        case Kind.FLAG:
            kind, default = bool, False
    declared = typer.Option(
        *names, help=option.help, metavar=option.metavar, rich_help_panel=option.panel
    )
    return inspect.Parameter(
        option.variable,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, declared],
    )
