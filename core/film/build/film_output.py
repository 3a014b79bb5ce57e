"""Where a film goes: what may be wrong with the place, and the final move, over nothing unasked."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import OutputError, Problem
from core.film.model.delivery import CONTAINERS, Container
from core.film.model.film_file import is_text, made_of
from core.frozen import Frozen
from core.media.output import (
    Output,
    aside_path,
    place_clip,
    place_problems,
    taken_problems,
    writing_problems,
)
from core.platform.files import nearest_existing, write_text_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.delivery import ExportOrder

log = logging.getLogger(__name__)


def place_film(finished: Path, path: Path, job_id: str, *, overwrite: bool) -> Path:
    """Move a finished file, or a folder of pictures, to `path`, or to the next free name.

    Raises:
        OutputError: the folder is gone, full or closed to us; `finished` is still there.
    """
    if not finished.is_dir():
        return place_clip(finished, Output(path, is_named=True, overwrite=overwrite), job_id)
    aside = aside_path(path, job_id)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(finished, aside)
        place, number = path, 2
        while os.path.lexists(place):
            # A folder is never replaced: pictures of two films would lie in it together.
            place = path.with_name(f"{path.name}-{number}")
            number += 1
        aside.rename(place)
    except OSError as error:
        raise OutputError(
            f"The pictures are made, but cannot be put at {str(path)!r}: {error.strerror}.",
            hint="Free some space or name another folder, then resume the job.",
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


class _Finished(Frozen):
    """What a finished film is known by wherever it lies."""

    size_bytes: int
    blake2b: str

    @classmethod
    def of(cls, film: Path) -> _Finished:
        """The same for a file or for a folder of pictures.

        Raises:
            OSError: it cannot be read.
        """
        digest, size_bytes = hashlib.blake2b(), 0
        for file in sorted(film.glob("*.png")) if film.is_dir() else [film]:
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "blake2b").digest())
            size_bytes += file.stat().st_size
        return cls(size_bytes=size_bytes, blake2b=digest.hexdigest())


def remember_finished(finished: Path, placement: Path) -> None:
    """Write down what is just being put in place, so that `find_placed` knows it after a kill."""
    try:
        write_text_atomically(placement, _Finished.of(finished).model_dump_json())
    except OSError as error:
        # It costs a second copy if the program is killed within the next moment.
        log.warning("%s cannot be written: %s", placement, error)


def find_placed(placement: Path, path: Path) -> Path | None:
    """The film that an earlier run of the same job had put in place just before it was killed.

    Args:
        placement: where `remember_finished` wrote it down.
        path: the place that was asked for; it may have got a number.
    """
    try:
        finished = _Finished.model_validate_json(placement.read_bytes())
        named = (p for p in sorted(path.parent.iterdir()) if p.suffix == path.suffix)
        for candidate in (p for p in named if p.name.startswith(path.stem)):
            is_likely = candidate.is_dir() or candidate.stat().st_size == finished.size_bytes
            if is_likely and _Finished.of(candidate) == finished:
                return candidate
    except (OSError, ValidationError) as error:
        log.debug("no film of an earlier run is known: %s", error)
    return None


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
    taken: list[Problem] = []
    try:
        found = place_problems(out, suffix, kind)
        if not found and not order.overwrite:
            taken = taken_problems("out", out, *([order.poster] if order.poster else []))
        if not found and not taken and os.path.lexists(out) and out.is_dir():
            found = [f"{str(out)!r} is a folder. Name a file, or remove the folder first."]
        if not found and not taken:
            found = writing_problems(out.parent)
        found += [
            f"The film would be written over {path.name!r}, which it is made of. Name another file."
            for path in made_of(order.film, out)
        ]
    except OSError as error:
        found = [f"{str(out)!r} cannot be a file name: {error.strerror}."]
    return [*taken, *(Problem("out", message) for message in found)]
