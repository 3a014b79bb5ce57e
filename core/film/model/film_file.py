"""A film as a file: what is in it and how it is delivered, with paths that move with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from core.errors import ProjectError, UnreadableText
from core.film.model.delivery import ExportSettings
from core.film.model.film import Film
from core.film.model.film_paths import with_absolute_paths, with_paths
from core.frozen import Frozen
from core.platform.files import write_text_atomically
from core.platform.text_files import read_text_file

NAME = "film.json"
VERSION = 1
_MAX_TOLD = 5


class FilmFile(Frozen):
    """A film and its settings as they are stored; paths are counted from the file's folder."""

    schema_version: Literal[1] = 1
    film: Film
    settings: ExportSettings = ExportSettings()


def read_film_file(path: Path) -> FilmFile:
    """The film in a file, or in the file `film.json` of a folder, with absolute paths.

    Raises:
        ProjectError: there is none, or it cannot be understood.
    """
    place = path / NAME if path.is_dir() else path
    try:
        text = read_text_file(place, "film file").text
    except UnreadableText as error:
        raise ProjectError(
            error.message,
            hint="Name a film file or a folder with a film.json; `assemble --save` writes one.",
        ) from error
    try:
        stored = FilmFile.model_validate_json(text)
    except ValidationError as error:
        version = _version(text)
        if version > VERSION:
            raise ProjectError(
                f"The film file {str(place)!r} was written by a newer version of the program: it "
                f"is of kind {version}, and this one knows {VERSION}.",
                hint="Update the program, or write the file again with this one.",
            ) from error
        mistakes = [
            f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}"
            for item in error.errors()[:_MAX_TOLD]
        ]
        raise ProjectError(
            f"The film file {str(place)!r} cannot be understood: {'; '.join(mistakes)}.",
            hint="Correct it, or write a new one with `assemble --save`.",
        ) from error
    film = with_absolute_paths(stored.film, place.parent.absolute())
    return stored.model_copy(update={"film": film})


def _version(text: str) -> int:
    """The number that a film file gives itself; 0 where it gives none."""
    try:
        raw: Any = json.loads(text)["schema_version"]
    except (ValueError, LookupError, TypeError):
        return 0
    return raw if isinstance(raw, int) else 0


def write_film_file(film: Film, settings: ExportSettings, path: Path) -> None:
    """Write a film of absolute paths; they are stored relative wherever the disk is the same.

    Raises:
        ProjectError: it cannot be written.
    """
    folder = path.parent.absolute()

    def relative(place: Path) -> Path:
        try:
            return Path(os.path.relpath(place, folder))
        except ValueError:
            # Another drive of Windows: there is no way from here to there.
            return place

    stored = FilmFile(film=with_paths(film, relative), settings=settings)
    try:
        write_text_atomically(path, stored.model_dump_json(indent=2, exclude_defaults=True) + "\n")
    except OSError as error:
        raise ProjectError(
            f"The film file {str(path)!r} cannot be written: {error.strerror}."
        ) from error
