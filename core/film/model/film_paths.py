"""The paths of the files that a film is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.platform.files import exists

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.model.film import Film


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
