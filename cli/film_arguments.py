"""From the words behind the options to a film and its settings; problems are collected."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from cli import film_values as values
from core.errors import Problem
from core.film.model.delivery import (
    PRESETS,
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Hardware,
    Preset,
    ProResProfile,
    Quality,
    Retime,
    VideoCodec,
    container_of,
    with_container,
)
from core.film.model.film import (
    Alignment,
    Caption,
    Clip,
    Film,
    Fit,
    Lut,
    Music,
    Subtitles,
    Watermark,
)
from core.platform.suggestions import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import StrEnum

T = TypeVar("T")
E = TypeVar("E", bound="StrEnum")

_NUMBERED = re.compile(r"(\d+)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class FilmArguments:
    """The options of `assemble` and `export` as they were typed.

    A list holds every value of an option that may be repeated; in it, "2=…" is meant for the
    second clip, piece of music or text, and a value without a number for all of them.
    """

    clips: Sequence[str] = ()
    out: str | None = None
    preset: str | None = None
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])
    words: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    flags: Mapping[str, bool | None] = field(default_factory=dict[str, "bool | None"])


@dataclass(frozen=True)
class FilmReading:
    """What the arguments say, and what is wrong with them.

    Attributes:
        folder: where a film goes that `out` names no place for; None for the usual output folder.
    """

    film: Film
    settings: ExportSettings
    out: Path | None
    poster_s: float | None
    problems: tuple[Problem, ...]
    folder: Path | None = None


def read_film(
    typed: FilmArguments, base: Film | None = None, settings: ExportSettings | None = None
) -> FilmReading:
    """The film that was typed, or the given one with what was typed on top."""
    return _FilmReader(typed).read(base, settings or ExportSettings())


class _FilmReader:
    def __init__(self, typed: FilmArguments) -> None:
        self.typed = typed
        self.problems: list[Problem] = []

    def read(self, base: Film | None, settings: ExportSettings) -> FilmReading:
        out = Path(self.typed.out) if self.typed.out and self.typed.out.strip() else None
        settings = self._settings(settings, out)
        film = self._film(base)
        poster_s = self._value("--poster", values.moment)
        return FilmReading(film, settings, out, poster_s, tuple(self.problems))

    # What a film is made of

    def _film(self, base: Film | None) -> Film:
        clips = base.clips if base is not None and not self.typed.clips else ()
        clips = clips or tuple(Clip(path=Path(name)) for name in self.typed.clips)
        changes = self._given(
            transition=self._for_all("--transition", values.transition),
            fit=self._choice("--fit", Fit),
            background=self._value("--background", values.colour),
            clip_volume_db=self._for_all("--volume", values.number),
            lut=self._lut(),
            watermark=self._watermark(),
            subtitles=self._subtitles(),
            title=self._value("--title", str),
            music=self._music() or None,
            captions=self._captions() or None,
            has_chapters=self.typed.flags.get("--chapters"),
            has_clip_sound=self.typed.flags.get("--clip-sound"),
        )
        changes["clips"] = self._clips(clips)
        return self._built(Film, base, changes)

    def _clips(self, clips: Sequence[Clip]) -> tuple[Clip, ...]:
        count = len(clips)
        trims = self._each("--trim", count, values.span, needs_number=True)
        speeds = self._each("--speed", count, values.number, is_for_all=True)
        volumes = self._each("--volume", count, values.number)
        titles = self._each("--clip-title", count, str, needs_number=True)
        fits = self._each("--clip-fit", count, values.chooser(Fit), needs_number=True)
        joins = self._each("--transition", count, values.transition)
        muted = self._numbers("--mute", count)
        found: list[Clip] = []
        for number, clip in enumerate(clips, start=1):
            changes = self._given(
                speed=speeds.get(number),
                volume_db=volumes.get(number),
                title=titles.get(number),
                fit=fits.get(number),
                transition=joins.get(number),
                is_muted=True if number in muted else None,
            )
            if number in trims:
                changes["start_s"], changes["end_s"] = trims[number]
            found.append(self._built(Clip, clip, changes))
        return tuple(found)

    def _music(self) -> tuple[Music, ...]:
        names = self.typed.lists.get("--music", ())
        count = len(names)
        volumes = self._each("--music-volume", count, values.number, is_for_all=True)
        spans = self._each("--music-at", count, values.span, is_for_all=True)
        offsets = self._each("--music-offset", count, values.number, is_for_all=True)
        fades = self._each("--music-fade", count, values.pair, is_for_all=True)
        ducks = self._each("--duck", count, values.number, is_for_all=True)
        looped = self.typed.flags.get("--music-loop")
        self._need_names("--music", count)
        found: list[Music] = []
        for number, name in enumerate(names, start=1):
            start, end = spans.get(number, (0.0, None))
            fade_in, fade_out = fades.get(number, (0.0, 0.0))
            changes = self._given(
                path=Path(name),
                volume_db=volumes.get(number),
                offset_s=offsets.get(number),
                duck_db=ducks.get(number),
                is_looped=looped,
                start_s=start,
                end_s=end,
                fade_in_s=fade_in,
                fade_out_s=fade_out,
            )
            found.append(self._built(Music, Music(path=Path(name)), changes))
        return tuple(found)

    def _captions(self) -> tuple[Caption, ...]:
        texts = self.typed.lists.get("--text", ())
        count = len(texts)
        spans = self._each("--text-at", count, values.span, is_for_all=True)
        sizes = self._each("--text-size", count, values.share, is_for_all=True)
        fonts = self._each("--text-font", count, str, is_for_all=True)
        colours = self._each("--text-colour", count, values.colour, is_for_all=True)
        lines = self._each("--text-outline-colour", count, values.colour, is_for_all=True)
        outlines = self._each("--text-outline", count, values.share, is_for_all=True)
        places = self._each("--text-place", count, values.chooser(Alignment), is_for_all=True)
        margins = self._each("--text-margin", count, values.share, is_for_all=True)
        fades = self._each("--text-fade", count, values.pair, is_for_all=True)
        self._need_names("--text", count)
        found: list[Caption] = []
        for number, text in enumerate(texts, start=1):
            start, end = spans.get(number, (0.0, None))
            fade_in, fade_out = fades.get(number, (0.0, 0.0))
            changes = self._given(
                size=sizes.get(number),
                font=fonts.get(number),
                colour=colours.get(number),
                outline_colour=lines.get(number),
                outline=outlines.get(number),
                place=places.get(number),
                margin=margins.get(number),
                start_s=start,
                end_s=end,
                fade_in_s=fade_in,
                fade_out_s=fade_out,
            )
            found.append(self._built(Caption, Caption(text=text.replace("\\n", "\n")), changes))
        return tuple(found)

    def _lut(self) -> Lut | None:
        path = self.typed.words.get("--lut")
        strength = self._value("--lut-strength", values.share)
        if not path:
            self._lonely("--lut-strength", strength, "--lut")
            return None
        lut = Lut(path=Path(path))
        return self._built(Lut, lut, self._given(strength=strength))

    def _watermark(self) -> Watermark | None:
        path = self.typed.words.get("--watermark")
        changes = self._given(
            place=self._choice("--watermark-place", Alignment),
            size=self._value("--watermark-size", values.share),
            opacity=self._value("--watermark-opacity", values.share),
            margin=self._value("--watermark-margin", values.share),
        )
        if not path:
            for name in changes:
                self._lonely(f"--watermark-{name}", name, "--watermark")
            return None
        return self._built(Watermark, Watermark(path=Path(path)), changes)

    def _subtitles(self) -> Subtitles | None:
        path = self.typed.words.get("--subtitles")
        is_track = self.typed.flags.get("--subtitle-track")
        if not path:
            self._lonely("--subtitle-track", is_track, "--subtitles")
            return None
        return Subtitles(path=Path(path), mode="track" if is_track else "burn")

    # How it is delivered

    def _settings(self, base: ExportSettings, out: Path | None) -> ExportSettings:
        preset = self._preset()
        if preset is not None:
            base = preset.settings
        container = self._choice("--container", Container)
        # A preset stands for its own kind of file: another name of --out is told, not obeyed.
        if container is None and out is not None and preset is None:
            container = container_of(out.suffix)
        if container is not None:
            base = with_container(base, container)
        size = self._value("--size", values.size) or (None, None)
        frame = self._given(width=size[0], height=size[1], rate=self._value("--fps", values.rate))
        changes = self._given(
            video_codec=self._choice("--codec", VideoCodec),
            audio_codec=self._choice("--audio-codec", AudioCodec),
            quality=self._choice("--quality", Quality),
            crf=self._value("--crf", int),
            video_kbps=self._value("--bitrate", values.kbps),
            bit_depth=self._value("--bits", int),
            prores_profile=self._choice("--prores-profile", ProResProfile),
            hardware=self._choice("--hardware", Hardware),
            audio_kbps=self._value("--audio-bitrate", values.kbps),
            loudness_lufs=self._value("--loudness", values.number),
            retime=self._choice("--retime", Retime),
            is_marked_ai=self.typed.flags.get("--ai-marker"),
            frame=self._built(FrameFormat, base.frame, frame) if frame else None,
        )
        # Film-wide, so that a preset's own way of fitting gives way to what was typed.
        if self.typed.words.get("--fit"):
            base = base.model_copy(update={"fit": None})
        if changes.get("video_codec") is VideoCodec.PRORES:
            changes.setdefault("bit_depth", 10)
        return self._built(ExportSettings, base, changes)

    def _preset(self) -> Preset | None:
        name = self.typed.preset
        if name is not None and name not in PRESETS:
            self._refuse("--preset", unknown_name("preset", name, PRESETS))
        return PRESETS.get(name or "")

    # Reading values

    def _given(self, **changes: object) -> dict[str, Any]:
        return {name: value for name, value in changes.items() if value is not None}

    def _built(self, kind: type[T], base: T | None, changes: Mapping[str, Any]) -> T:
        """A value with changes, checked; what is out of range is told and left out."""
        whole: Any = kind
        stated: dict[str, Any] = {}
        if base is not None:
            model: Any = base
            stated = {name: getattr(model, name) for name in whole.model_fields}
        try:
            return whole(**{**stated, **changes})
        except ValidationError as error:
            for mistake in error.errors():
                name = str(mistake["loc"][0])
                self._refuse(
                    name,
                    f"{name.replace('_', ' ')}: {values.sentence(mistake['msg'])}, not "
                    f"{mistake['input']!r}.",
                )
            bad = {mistake["loc"][0] for mistake in error.errors()}
            return whole(**{**stated, **{n: v for n, v in changes.items() if n not in bad}})

    def _value(self, option: str, convert: Callable[[str], T]) -> T | None:
        return self._converted(option, self.typed.words.get(option), convert)

    def _choice(self, option: str, kind: type[E]) -> E | None:
        return self._value(option, values.chooser(kind))

    def _converted(self, option: str, text: str | None, convert: Callable[[str], T]) -> T | None:
        if text is None:
            return None
        try:
            return convert(text.strip())
        except ValueError as error:
            self._refuse(option, f"{option}: {values.why(error, text)}")
            return None

    def _each(
        self,
        option: str,
        count: int,
        convert: Callable[[str], T],
        *,
        is_for_all: bool = False,
        needs_number: bool = False,
    ) -> dict[int, T]:
        """The values by number; values without one are for all, where `is_for_all`."""
        found: dict[int, T] = {}
        named: dict[int, T] = {}
        for text in self.typed.lists.get(option, ()):
            match = _NUMBERED.fullmatch(text)
            if match is None:
                if needs_number:
                    stated = f"{option} {text!r} names no clip. Write it as 1={text} for the first."
                    self._refuse(option, stated)
                value = self._converted(option, text, convert) if is_for_all else None
                if value is not None:
                    found = dict.fromkeys(range(1, count + 1), value)
                continue
            number = int(match[1])
            if not 1 <= number <= count:
                there = f"there are {count}" if count else "there is none"
                self._refuse(option, f"{option} {text!r}: there is no number {number}; {there}.")
                continue
            value = self._converted(option, match[2], convert)
            if value is not None:
                named[number] = value
        return {**found, **named}

    def _for_all(self, option: str, convert: Callable[[str], T]) -> T | None:
        """The last value without a number."""
        plain = [text for text in self.typed.lists.get(option, ()) if not _NUMBERED.fullmatch(text)]
        return self._converted(option, plain[-1], convert) if plain else None

    def _numbers(self, option: str, count: int) -> set[int]:
        found: set[int] = set()
        for text in self.typed.lists.get(option, ()):
            number = self._converted(option, text, int)
            if number is not None and not 1 <= number <= count:
                self._refuse(option, f"{option}: there is no clip {number}; there are {count}.")
            elif number is not None:
                found.add(number)
        return found

    def _need_names(self, option: str, count: int) -> None:
        wanted = [
            name
            for name, texts in self.typed.lists.items()
            if name.startswith(f"{option}-") or (option == "--music" and name == "--duck")
            if texts
        ]
        if count == 0:
            for name in wanted:
                self._lonely(name, name, option)

    def _lonely(self, option: str, value: object, needed: str) -> None:
        if value is not None:
            self._refuse(option, f"{option} means nothing without {needed}.")

    def _refuse(self, option: str, message: str) -> None:
        self.problems.append(Problem(option, message))
