"""Puts a finished film where it belongs: whole or not at all, over nothing unasked."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.video.output import Output, aside_path, place_clip

if TYPE_CHECKING:
    from pathlib import Path


def aside_film(path: Path, job_id: str) -> Path:
    """The hidden name under which a film is copied into its folder before the final rename."""
    return aside_path(path, job_id)


def place_film(finished: Path, path: Path, job_id: str, *, overwrite: bool) -> Path:
    """Move a finished file, or a folder of pictures, to `path`, or to the next free name.

    Raises:
        OutputError: the folder is gone, full or closed to us; `finished` is still there.
    """
    if not finished.is_dir():
        return place_clip(finished, Output(path, is_named=True, overwrite=overwrite), job_id)
    aside = aside_film(path, job_id)
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
