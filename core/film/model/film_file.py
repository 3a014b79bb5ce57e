"""A film as a file: what is in it and how it is delivered, with paths that move with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from core.errors import MOST_PROBLEMS, ProjectError, UnreadableText
from core.film.model.delivery import ExportSettings
from core.film.model.film import Film
from core.frozen import Frozen
from core.mistakes import mistakes_in
from core.platform.files import exists, write_text_atomically
from core.platform.text_files import read_text_file

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "film.json"
VERSION = 1


class FilmFile(Frozen):
    """A film and its settings as they are stored; paths are counted from the file's folder."""

    schema_version: Literal[1] = 1
    film: Film
    settings: ExportSettings = ExportSettings()


class FilmFileMistaken(ProjectError):
    """Values of a film file make no sense; `rest` is the film as it is without them, if it is one.

    Nothing is made of it: it is there to be looked at for other mistakes.
    """

    def __init__(self, message: str, *, hint: str, rest: FilmFile | None) -> None:
        super().__init__(message, hint=hint)
        self.rest = rest


def read_film_file(path: Path) -> FilmFile:
    """The film in a file, or in the file `film.json` of a folder, with absolute paths.

    Raises:
        ProjectError: there is none, or it cannot be understood.
        FilmFileMistaken: with all its mistakes.
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
        raise FilmFileMistaken(
            f"The film file {str(place)!r} cannot be understood: {mistakes_in(error, 'the file')}.",
            hint="Correct it, or write a new one with `assemble --save`.",
            rest=_rest_of(text, error, place),
        ) from error
    return _placed(stored, place)


def _placed(stored: FilmFile, place: Path) -> FilmFile:
    film = with_absolute_paths(stored.film, place.parent.absolute())
    return stored.model_copy(update={"film": film})


def _rest_of(text: str, error: ValidationError, place: Path) -> FilmFile | None:
    """The film without the values that make no sense; None where it is none without them."""
    if error.error_count() > MOST_PROBLEMS:
        return None
    try:
        stored: Any = json.loads(text)
        for mistake in error.errors(include_url=False, include_input=False):
            *parents, name = mistake["loc"]
            parent = stored
            for part in parents:
                parent = parent[part]
            del parent[name]
        return _placed(FilmFile.model_validate_json(json.dumps(stored)), place)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _version(text: str) -> int:
    """The number that a film file gives itself; 0 where it gives none."""
    try:
        raw: Any = json.loads(text)["schema_version"]
    except (ValueError, LookupError, TypeError, RecursionError):
        # Lists within lists, more than anyone writes, end in the last of these.
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


def files_of(film: Film) -> tuple[Path, ...]:
    """Every file that the film reads, each once."""
    paths = [clip.path for clip in film.clips] + [music.path for music in film.music]
    paths += [part.path for part in (film.lut, film.watermark, film.subtitles) if part is not None]
    return tuple(dict.fromkeys(paths))


def made_of(film: Film, out: Path) -> tuple[Path, ...]:
    """The files of the film that a file written to `out` would destroy.

    Compared as files and not as names: a link to a clip is the clip.
    """
    if not exists(out):
        return ()
    return tuple(path for path in files_of(film) if exists(path) and out.samefile(path))


def with_absolute_paths(film: Film, folder: Path) -> Film:
    """The film with every path counted from `folder` where it is relative."""
    return with_paths(film, lambda path: (folder / expanded(path)).absolute())


def expanded(path: Path) -> Path:
    """The path with the user's folder for "~"; a file whose own name begins so stays as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def with_paths(film: Film, change: Callable[[Path], Path]) -> Film:
    """The film with every path changed."""
    changes: dict[str, object] = {
        name: tuple(part.model_copy(update={"path": change(part.path)}) for part in parts)
        for name, parts in (("clips", film.clips), ("music", film.music))
    }
    for name in ("lut", "watermark", "subtitles"):
        part = getattr(film, name)
        if part is not None:
            changes[name] = part.model_copy(update={"path": change(part.path)})
    return film.model_copy(update=changes)


def is_text(path: Path) -> bool:
    """Whether the path can be written down: on Unix a name may be any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
