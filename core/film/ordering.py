"""From a film as asked to an order that can be carried out: every problem before any work."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.delivery import CONTAINERS, Container
from core.film.preparing import clip_paths, is_text, prepare, size_estimate_bytes
from core.machine import nearest_existing
from core.video.output import place_problems, space_problems, taken_problems, writing_problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.delivery import ExportSettings
    from core.film.export import ExportOrder
    from core.film.film import Film
    from core.film.preparing import SourceReader
    from core.film.timeline import Timeline
    from core.jobs import CancelToken

_SPARE_BYTES = 20_000_000
# Raw samples of the film's sound and of every clip's, as they lie in the store.
_SOUND_BYTES_PER_S = 2 * 2 * 4 * 48_000


@dataclass(frozen=True)
class PlannedExport:
    """An order, what it will make, and what the user should know about it."""

    order: ExportOrder
    timeline: Timeline
    size_bytes: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Disks:
    """The places an export writes to, and how to ask what is free there."""

    store: Path
    work: Path
    free_bytes: Callable[[Path], int]


def plan_export(
    order: ExportOrder, reader: SourceReader, disks: Disks, cancel: CancelToken
) -> PlannedExport:
    """The plan of an export; reads the clips and writes nothing but what it found in them.

    Raises:
        UnsupportedRequest: with everything that is wrong, of film, settings and place.
        JobCancelled: asked to stop.
    """
    problems = place_of_film_problems(order)
    prepared = None
    try:
        prepared = prepare(
            order.film, order.settings, reader, cancel, skips_bad_clips=order.skips_bad_clips
        )
    except UnsupportedRequest as error:
        problems += error.problems
    if prepared is None:
        raise UnsupportedRequest(problems)
    film_s = float(prepared.timeline.duration_s)
    if order.poster_s is not None and order.poster_s > film_s:
        problems.append(
            Problem(
                "poster",
                f"The film ends at {film_s:.2f} s, so it has no picture at {order.poster_s:g} s.",
            )
        )
    size = size_estimate_bytes(prepared.timeline, order.settings)
    sound = int(float(prepared.timeline.duration_s) * _SOUND_BYTES_PER_S)
    needs = {
        order.path.parent: size + _SPARE_BYTES,
        disks.store: size + sound + _SPARE_BYTES,
        disks.work: size + sound + _SPARE_BYTES,
    }
    problems += [
        Problem("out", message) for message in space_problems("film", needs, disks.free_bytes)
    ]
    if problems:
        raise UnsupportedRequest(problems)
    order = order.model_copy(update={"told": prepared.notes})
    return PlannedExport(order, prepared.timeline, size, prepared.notes)


def place_of_film_problems(order: ExportOrder) -> list[Problem]:
    """What is wrong with the place of the film."""
    container = order.settings.container
    pairing = CONTAINERS[container]
    out = order.path
    if not is_text(out):
        return [Problem("out", f"{str(out)!r} is no text. Name the film in letters.")]
    if order.makes_folder:
        out = nearest_existing(out.parent) / out.name
    suffix = "" if container is Container.PNG else pairing.suffix
    kind = (
        "A PNG sequence goes into a folder of its own."
        if container is Container.PNG
        else f"{pairing.label} files end in {suffix}."
    )
    try:
        found = place_problems(out, suffix, kind)
        if not found and not order.overwrite:
            found = taken_problems(out, *([order.poster] if order.poster else []))
        if not found and os.path.lexists(out) and out.is_dir():
            found = [f"{str(out)!r} is a folder. Name a file, or remove the folder first."]
        if not found:
            found = writing_problems(out.parent)
        found += _inputs_at(out, order.film)
    except OSError as error:
        found = [f"{str(out)!r} cannot be a file name: {error.strerror}."]
    return [Problem("out", message) for message in found]


def _inputs_at(out: Path, film: Film) -> list[str]:
    """Compared as files and not as names: through a link the film would destroy its own clip."""
    if not out.exists():
        return []
    return [
        f"The film would be written over {path.name!r}, which it is made of. Name another file."
        for path in dict.fromkeys(clip_paths(film))
        if path.exists() and out.samefile(path)
    ]


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


def settings_for(out: Path, settings: ExportSettings) -> ExportSettings:
    """The settings with the container that the file's name asks for, and codecs that it takes."""
    named = next(
        (kind for kind, pair in CONTAINERS.items() if pair.suffix == out.suffix.lower()), None
    )
    if named is None or named is settings.container:
        return settings
    changes: dict[str, object] = {"container": named}
    pairing = CONTAINERS[named]
    if pairing.video and settings.video_codec not in pairing.video:
        changes["video_codec"] = pairing.video[0]
    if pairing.audio and settings.audio_codec not in (*pairing.audio, "none"):
        changes["audio_codec"] = pairing.audio[0]
    return settings.model_copy(update=changes)
