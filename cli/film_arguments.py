"""From the options of a film to the film and its settings; problems are collected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from cli.film_options import HEADS, OPTIONS, ROWS, FilmOption, FilmPart
from cli.options import Kind
from core.film.model.delivery import ExportSettings, VideoCodec, container_of, with_container
from core.film.model.film import Caption, Clip, Film, Lut, Music, Subtitles, Watermark
from core.mistakes import mistake_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.options import Typed
    from core.errors import Problem
    from core.frozen import Frozen

M = TypeVar("M", bound="Frozen")

_NUMBERED = re.compile(r"(\d+)=(.*)", re.DOTALL)


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
    typed: Typed, base: Film | None = None, settings: ExportSettings | None = None
) -> FilmReading:
    """The film that was typed, or the given one with what was typed on top."""
    return _FilmReader(typed).read(base, settings or ExportSettings())


class _FilmReader:
    """Reads the table's options part by part.

    In an option that may be repeated, "2=…" is meant for the second clip, piece of music or text,
    and a value without a number for all of them.
    """

    def __init__(self, typed: Typed) -> None:
        self._typed = typed

    def read(self, base: Film | None, settings: ExportSettings) -> FilmReading:
        out = self._value("--out")
        settings = self._settings(settings, out)
        if base is None:
            base = Film(clips=tuple(Clip(path=Path(name)) for name in self._typed.words))
        film = self._film(base)
        poster_s = self._value("--poster")
        return FilmReading(film, settings, out, poster_s, tuple(self._typed.problems))

    def _film(self, base: Film) -> Film:
        music = [Music(path=path) for path in self._head_values(FilmPart.MUSIC)]
        captions = [Caption(text=text) for text in self._head_values(FilmPart.CAPTION)]
        changes = self._plain(FilmPart.FILM)
        for option in _rows(FilmPart.CLIP):
            if option.film_field:
                changes[option.film_field] = self._for_the_film(option)
        changes["lut"] = self._one(FilmPart.LUT, Lut)
        changes["watermark"] = self._one(FilmPart.WATERMARK, Watermark)
        changes["subtitles"] = self._one(FilmPart.SUBTITLES, Subtitles)
        changes["music"] = self._each(FilmPart.MUSIC, music) or None
        changes["captions"] = self._each(FilmPart.CAPTION, captions) or None
        changes["clips"] = self._each(FilmPart.CLIP, base.clips)
        return self._built(base, changes)

    def _settings(self, base: ExportSettings, out: Path | None) -> ExportSettings:
        preset = self._value("--preset")
        if preset is not None:
            base = preset.settings
        container = self._value("--container")
        # A preset stands for its own kind of file: another name of --out is told, not obeyed.
        if container is None and out is not None and preset is None:
            container = container_of(out.suffix)
        if container is not None:
            base = with_container(base, container)
        changes = self._plain(FilmPart.SETTINGS)
        changes["frame"] = self._built(base.frame, self._plain(FilmPart.FRAME))
        # Film-wide, so that a preset's own way of fitting gives way to what was typed.
        if self._typed.texts("--fit"):
            base = base.model_copy(update={"fit": None})
        if changes.get("video_codec") is VideoCodec.PRORES and changes.get("bit_depth") is None:
            changes["bit_depth"] = 10
        return self._built(base, changes)

    def _value(self, name: str) -> Any:
        return self._typed.read(name, ROWS[name].read)

    def _head_values(self, part: FilmPart) -> list[Any]:
        option = ROWS[HEADS[part]]
        texts = self._typed.texts(option.name)
        return [self._typed.convert(option.name, text, option.read) for text in texts]

    def _switch(self, option: FilmOption) -> Any:
        chosen = self._typed.switch(option)
        return chosen if chosen is None or option.read is str else option.read(chosen)

    def _plain(self, part: FilmPart) -> dict[str, Any]:
        """What the options of a part say that there is once; None where one says nothing."""
        found: dict[str, Any] = {}
        for option in _rows(part):
            is_switch = option.kind is Kind.SWITCH
            found |= _set(option, self._switch(option) if is_switch else self._value(option.name))
        return found

    def _one(self, part: FilmPart, kind: type[M]) -> M | None:
        changes = {name: value for name, value in self._plain(part).items() if value is not None}
        if "path" not in changes:
            self._tell_lonely(part)
            return None
        path = changes.pop("path")
        return self._built(kind.model_validate({"path": path}), changes)

    def _each(self, part: FilmPart, items: Sequence[M]) -> tuple[M, ...]:
        """The clips, pieces of music or texts with what their options say."""
        if not items and part in HEADS:
            self._tell_lonely(part)
            return ()
        changes: list[dict[str, Any]] = [{} for _ in items]
        for option in _rows(part):
            if option.name != HEADS.get(part):
                for number, value in self._numbered(option, len(items)).items():
                    changes[number - 1] |= _set(option, value)
        return tuple(map(self._built, items, changes))

    def _numbered(self, option: FilmOption, count: int) -> dict[int, Any]:
        """The values by number; one without a number is for all, or for the film itself."""
        every = range(1, count + 1)
        if option.kind is Kind.SWITCH:
            return dict.fromkeys(every, self._switch(option))
        for_all: dict[int, Any] = {}
        named: dict[int, Any] = {}
        for text in self._typed.texts(option.name):
            match = _NUMBERED.fullmatch(f"{text}=" if option.is_bare_number else text)
            if match is None and (option.needs_number or option.is_bare_number):
                how = "its number alone" if option.is_bare_number else f"1={text} for the first"
                self._typed.refuse(
                    option.name, f"{option.name} {text!r} names no clip. Write it as {how}."
                )
            elif match is None and not option.film_field:
                value = self._typed.convert(option.name, text, option.read)
                for_all = dict.fromkeys(every, value)
            elif match is None:
                continue  # It is for the film itself.
            elif int(match[1]) not in every:
                there = f"there are {count}" if count else "there is none"
                self._typed.refuse(
                    option.name,
                    f"{option.name} {text!r}: there is no number {match[1]}; {there}.",
                )
            else:
                named[int(match[1])] = option.is_bare_number or self._typed.convert(
                    option.name, match[2], option.read
                )
        return {**for_all, **named}

    def _for_the_film(self, option: FilmOption) -> Any:
        """The last value without a number."""
        texts = [t for t in self._typed.texts(option.name) if not _NUMBERED.fullmatch(t)]
        return self._typed.convert(option.name, texts[-1], option.read) if texts else None

    def _tell_lonely(self, part: FilmPart) -> None:
        """Options of a part that the film has not got mean nothing."""
        for option in _rows(part):
            if option.name != HEADS[part] and self._typed.texts(option.name):
                self._typed.refuse(
                    option.name, f"{option.name} means nothing without {HEADS[part]}."
                )

    def _built(self, base: M, changes: Mapping[str, Any]) -> M:
        """A value with changes, checked; what is out of range is told and left out."""
        kind = type(base)
        stated = {name: getattr(base, name) for name in kind.model_fields}
        given = {name: value for name, value in changes.items() if value is not None}
        try:
            return kind.model_validate({**stated, **given})
        except ValidationError as error:
            bad = {str(mistake["loc"][0]) for mistake in error.errors()}
            for mistake in error.errors():
                name = str(mistake["loc"][0])
                self._typed.refuse(name, f"{mistake_text(name.replace('_', ' '), mistake)}.")
            kept = {name: value for name, value in given.items() if name not in bad}
            return kind.model_validate({**stated, **kept})


def _rows(part: FilmPart) -> list[FilmOption]:
    return [option for option in OPTIONS if option.part is part]


def _set(option: FilmOption, value: Any) -> dict[str, Any]:
    """The fields that a value is for; a pair's each get their half."""
    if value is None or len(option.fields) == 1:
        return dict.fromkeys(option.fields, value)
    return dict(zip(option.fields, value, strict=True))
