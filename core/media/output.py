"""Where a clip goes: its name, what may be wrong with the place, and the final move."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import OutputError, Problem, UnsupportedRequest
from core.platform.files import exists, is_folder, move_if_free, nearest_existing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

SUFFIX = ".mp4"
STILL_SUFFIX = ".png"
_KINDS = {SUFFIX: "Clips are MP4 files.", STILL_SUFFIX: "Stills are PNG files."}
_SLUG_WORDS = 6
_SLUG_LENGTH = 48
_MAX_NAME_BYTES = 200
_ASIDE = ".part"


@dataclass(frozen=True)
class Output:
    """The place a clip is meant for; `is_named` when the user gave the file's name."""

    path: Path
    is_named: bool
    overwrite: bool = False

    @property
    def sidecar(self) -> Path:
        """The record that lies beside the clip."""
        return self.path.with_suffix(".json")


def slug(prompt: str) -> str:
    """The first words of a prompt as a file name, in letters every file system takes."""
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())[:_SLUG_WORDS]
    return "-".join(words)[:_SLUG_LENGTH].strip("-") or "clip"


def default_name(prompt: str, seed: int, day: date, suffix: str) -> str:
    """A name made of date, prompt and seed."""
    return f"{day.isoformat()}_{slug(prompt)}_{seed}{suffix}"


def find_place(out: Path | None, output_dir: Path, name: str, *, overwrite: bool) -> Output:
    """The path for a file; a folder or nothing at all gets `name`, numbered when it is taken.

    The suffix of `name`, ".mp4" or ".png", is the one that the file must have. The usual output
    folder may be missing: `make_folder` makes it. One that the user names must exist.

    Raises:
        UnsupportedRequest: with everything that is wrong with the place.
    """
    if out is None:
        return Output(find_free_name(output_dir / name), is_named=False)
    out = out.expanduser().absolute()
    try:
        if out.is_dir():
            return Output(find_free_name(out / name), is_named=False)
        suffix = STILL_SUFFIX if name.endswith(STILL_SUFFIX) else SUFFIX
        found = _problems(place_problems(out, suffix, _KINDS[suffix]))
        if not found and not overwrite:
            found = taken_problems("out", out, out.with_suffix(".json"))
    except OSError as error:
        message = f"{str(out)!r} cannot be a file name: {error.strerror}."
        raise UnsupportedRequest(_problems([message])) from error
    if found:
        raise UnsupportedRequest(found)
    return Output(out, is_named=True, overwrite=overwrite)


def _problems(messages: Sequence[str]) -> list[Problem]:
    return [Problem("out", message) for message in messages]


def place_problems(out: Path, suffix: str, kind: str) -> list[str]:
    """What is wrong with a place for a file, taken names aside; `kind` says what the suffix means.

    Raises:
        OSError: the path cannot be one of a file.
    """
    found = folder_problems(out)
    if out.suffix.lower() != suffix:
        found.insert(0, f"{kind} Name it {out.with_suffix(suffix).name!r}.")
    return found


def file_problems(field: str, path: Path, *, overwrite: bool) -> list[Problem]:
    """What is wrong with the place of a file of any kind that a person names.

    Folders that a person names for a file are made nowhere: a name that is mistyped is told.
    """
    try:
        found = [Problem(field, message) for message in folder_problems(path.absolute())]
        if path.is_dir():
            found.append(Problem(field, f"{str(path)!r} is a folder. Name a file in it."))
    except OSError as error:
        return [Problem(field, f"{str(path)!r} cannot be a file name: {error.strerror}.")]
    return found if found or overwrite else taken_problems(field, path)


def folder_problems(out: Path) -> list[str]:
    """What is wrong with the folder of a file, and with the length of the file's name.

    Raises:
        OSError: the path cannot be one of a file.
    """
    found: list[str] = []
    if len(out.name.encode()) > _MAX_NAME_BYTES:
        found.append(f"The file name is longer than {_MAX_NAME_BYTES} bytes. Shorten it.")
    elif not out.parent.exists():
        found.append(
            f"The output folder {str(out.parent)!r} does not exist. Create it or name another."
        )
    elif not out.parent.is_dir():
        found.append(f"{str(out.parent)!r} is a file, not a folder. Name another place.")
    return found


def group_folder(named: Path | None, output_dir: Path, prompt: str, kind: str) -> tuple[Path, str]:
    """Where files that belong together go, and what speaks against it; empty where nothing does.

    Args:
        named: by a person; None for a new one among all that is made.
        output_dir: where that is.
        prompt: what the files are of, for the name of a new one.
        kind: the last word of that name.
    """
    if named is None:
        day = datetime.now().astimezone().date()
        name = f"{day.isoformat()}_{slug(prompt)}_{kind}"
        folder, number = output_dir / name, 2
        while exists(folder):
            folder = folder.with_name(f"{name}-{number}")
            number += 1
        return folder, ""
    folder = named.expanduser().absolute()
    if exists(folder) and not is_folder(folder):
        return folder, f"{str(folder)!r} is a file. Name a folder."
    if not is_folder(folder.parent):
        where = f"The folder {str(folder.parent)!r} does not exist"
        return folder, f"{where}. Create it or name another."
    return folder, ""


def taken_problems(field: str, *paths: Path) -> list[Problem]:
    """What is wrong with `field` for each of the paths that exists."""
    return [
        Problem(field, f"{str(path)!r} exists. Name another file.", is_taken=True)
        for path in paths
        if os.path.lexists(path)
    ]


def find_free_name(path: Path) -> Path:
    """The path, or one with a number where that is taken; no record lies beside either."""
    candidate, number = path, 2
    while os.path.lexists(candidate) or os.path.lexists(candidate.with_suffix(".json")):
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return candidate


def taken_names(path: Path) -> Iterator[Path]:
    """The files that may be what was meant for a path: itself, then those that got a number."""
    candidate, number = path, 2
    while candidate.is_file():
        yield candidate
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1


def writing_problems(folder: Path) -> list[str]:
    """Why no file can be written into the folder, or into the nearest parent that exists."""
    try:
        with tempfile.TemporaryFile(dir=nearest_existing(folder)):
            return []
    except OSError as error:
        return [
            f"The output folder {str(folder)!r} cannot be written ({error.strerror}). "
            "Change its permissions or name another."
        ]


def space_problems(
    what: str, needs: Mapping[Path, int], free_bytes: Callable[[Path], int]
) -> list[str]:
    """A sentence for each place whose disk has not the bytes that `what` needs there."""
    found: list[str] = []
    for place, needed in needs.items():
        free = free_bytes(place)
        if free < needed:
            found.append(
                f"The disk of {str(place)!r} has {free / 1e6:.0f} MB free, and this {what} needs "
                f"about {needed / 1e6:.0f} MB there. Free some space or use another disk."
            )
    return found


def make_folder(output: Output) -> None:
    """Make the usual output folder where it is missing.

    Raises:
        OutputError: it cannot be made.
    """
    folder = output.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The output folder {str(folder)!r} cannot be made ({error.strerror}).",
            hint="Name a file with another folder.",
        ) from error


def aside_path(output: Path, job_id: str) -> Path:
    """The hidden name under which a clip is copied into its folder before the final rename."""
    return output.with_name(f".{output.stem[:60]}.{job_id}{_ASIDE}")


def partial_files(folder: Path, job_id: str) -> tuple[Path, ...]:
    """What a killed run of a job left half-copied in a folder, whatever its name was to be."""
    try:
        return tuple(folder.glob(f".*.{job_id}{_ASIDE}"))
    except OSError:
        return ()


def place_clip(finished: Path, output: Output, job_id: str) -> Path:
    """Put the finished file where it belongs and give its path there.

    Nothing is overwritten unless that was asked for: when the name was taken while the file was
    made, it gets the next free one. Two processes can never end up on the same name.

    Raises:
        OutputError: the folder is gone, full or closed to us; `finished` is still there.
    """
    aside = aside_path(output.path, job_id)
    try:
        shutil.copyfile(finished, aside)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        if output.overwrite:
            aside.replace(output.path)
            return output.path
        path = output.path
        while not move_if_free(aside, path):
            path = find_free_name(output.path)
        return path
    except OSError as error:
        raise OutputError(
            f"The file is finished, but cannot be put at {str(output.path)!r}: {error.strerror}.",
            hint="Free some space or name another folder, then resume the job.",
        ) from error
    finally:
        aside.unlink(missing_ok=True)
