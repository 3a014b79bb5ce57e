"""What a step of editing the export is called, for the menu of undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.project.model.project import FilmChoices

_PARTS = {"captions": ("text", "texts"), "music": ("piece of music", "pieces of music")}
_FILM = {
    "transition": "transition between scenes",
    "fit": "fit of other shapes",
    "still_s": "length of photos",
    "deinterlace": "handling of interlaced clips",
    "background": "colour of the bars",
    "clip_volume_db": "volume of the clips",
    "has_clip_sound": "sound of the clips",
    "subtitles": "subtitles",
    "subtitle_encoding": "encoding of the subtitles",
    "lut": "LUT",
    "watermark": "watermark",
    "has_chapters": "chapters",
    "title": "title of the film",
}
_SETTINGS = {
    "container": "kind of file",
    "video_codec": "codec",
    "audio_codec": "audio codec",
    "frame": "size or rate of the film",
    "fit": "fit of other shapes",
    "retime": "handling of other frame rates",
    "quality": "quality",
    "crf": "CRF",
    "video_kbps": "bitrate",
    "bit_depth": "bits per channel",
    "prores_profile": "profile",
    "hardware": "encoder",
    "audio_kbps": "audio bitrate",
    "loudness_lufs": "loudness",
    "is_marked_ai": "AI mark",
}
_CHOICES = {
    "preset": "what the film is made for",
    "path": "place of the film",
    "poster_s": "poster",
    "skips_bad_clips": "handling of damaged clips",
}
_WHOLE = "Change the export"


@dataclass(frozen=True)
class FilmStep:
    """One step.

    Attributes:
        text: as the menu says it after "Undo".
        merge: steps of this name that follow each other are one, as letters of a word are; empty
            for a step of its own.
    """

    text: str
    merge: str = ""


def describe_film_edit(before: FilmChoices, after: FilmChoices) -> FilmStep:
    """What a person did: "Change text 2", "Add piece of music 1", "Change quality"."""
    if before.preset != after.preset:
        return _change(_CHOICES["preset"])
    for name in _PARTS:
        old, new = getattr(before.film, name), getattr(after.film, name)
        if old != new:
            return _describe_parts(name, old, new)
    # The kind of file comes first: codecs and the name of the file may have given way to it.
    for old, new, names in (
        (before.settings, after.settings, _SETTINGS),
        (before.film, after.film, _FILM),
        (before, after, _CHOICES),
    ):
        changed = _changed(old, new)
        for name, words in names.items():
            if name in changed:
                return _change(words)
    return FilmStep(_WHOLE)


def _change(words: str) -> FilmStep:
    return FilmStep(f"Change {words}", f"export:{words}")


def _describe_parts(
    name: str, before: tuple[BaseModel, ...], after: tuple[BaseModel, ...]
) -> FilmStep:
    one, several = _PARTS[name]
    more = len(after) - len(before)
    if more:
        verb, count = ("Add", more) if more > 0 else ("Remove", -more)
        longer, shorter = (after, before) if more > 0 else (before, after)
        number = 1 + next(
            (place for place, part in enumerate(shorter) if part != longer[place]), len(shorter)
        )
        return FilmStep(f"{verb} {one} {number}" if count == 1 else f"{verb} {count} {several}")
    places = [place for place, part in enumerate(before) if part != after[place]]
    if len(places) > 1:
        return FilmStep(f"Move {one} {places[0] + 1}")
    (place,) = places
    fields = ",".join(sorted(_changed(before[place], after[place])))
    return FilmStep(f"Change {one} {place + 1}", f"export:{name}:{place}:{fields}")


def _changed(before: BaseModel, after: BaseModel) -> set[str]:
    fields = type(before).model_fields
    return {name for name in fields if getattr(before, name) != getattr(after, name)}
