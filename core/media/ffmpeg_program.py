"""Which FFmpeg is used: the one that comes with ImageAI, unless a person names another."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import FFmpegMissing
from core.media.ffmpeg_check import (
    faults_of,
    names_in,
    transitions_in,
    version_line,
    version_of,
)
from core.media.ffmpeg_choice import FFMPEG_SETTING, FFMPEG_VARIABLE, FoundBy, named_ffmpeg


@dataclass(frozen=True)
class FFmpegProgram:
    """An FFmpeg on this machine and how it was found."""

    path: Path
    found_by: FoundBy

    def __str__(self) -> str:
        return f"the FFmpeg at {str(self.path)!r}, {self.found_by}"


def ffmpeg_in_use() -> FFmpegProgram:
    """The FFmpeg that this process runs: a named one, else the bundled one, else the PATH's.

    Raises:
        FFmpegMissing: there is none, or it cannot make films; says what is wrong with it.
    """
    program = _named() or _bundled() or _first_on_path()
    if program is None:
        raise FFmpegMissing(
            "There is no FFmpeg on this machine, and clips cannot be written without it.",
            hint=f"Run 'pip install imageio-ffmpeg', or name one in {FFMPEG_VARIABLE} or in the "
            f"setting {FFMPEG_SETTING}.",
        )
    if fault := fault_of(program):
        raise FFmpegMissing(
            f"{_as_subject(program)} cannot be used: {fault}", hint=way_to_bundled()
        )
    return program


def find_ffmpeg() -> Path:
    """Where the FFmpeg lies that this process runs.

    Raises:
        FFmpegMissing: there is none, or it cannot make films.
    """
    return ffmpeg_in_use().path


def other_ffmpegs() -> tuple[FFmpegProgram, ...]:
    """Every FFmpeg on this machine that is not in use: the bundled one and those on the PATH."""
    bundled = _bundled()
    found = [*([bundled] if bundled else []), *_on_path()]
    used = None
    with suppress(FFmpegMissing):
        used = _named() or (found[0] if found and named_ffmpeg() is None else None)
    once = {program.path.resolve(): program for program in reversed(found)}
    if used is not None:
        once.pop(used.path.resolve(), None)
    return tuple(reversed(once.values()))


def ffmpeg_with_encoder(name: str) -> FFmpegProgram | None:
    """The FFmpeg on the PATH, if it has an encoder that the bundled one was built without.

    Whoever names an FFmpeg gets that one alone.
    """
    bundled, other = _bundled(), _first_on_path()
    if named_ffmpeg() is not None or bundled is None or other is None:
        return None
    try:
        is_there = name not in names_in(bundled.path, "encoders") and name in names_in(
            other.path, "encoders"
        )
    except FFmpegMissing:
        return None
    return other if is_there else None


def fault_of(program: FFmpegProgram) -> str:
    """What keeps an FFmpeg from being used, as one sentence; empty where nothing does.

    The bundled one is not tried: this program's own tests have tried it.
    """
    if program.found_by is FoundBy.BUNDLED:
        return ""
    try:
        faults, version = faults_of(program.path), version_of(program.path)
    except FFmpegMissing as error:
        return error.message
    except OSError as error:
        return f"the file cannot be looked at ({error.strerror})."
    if not faults:
        return ""
    return f"version {version} {', and '.join(faults)}."


def way_to_bundled() -> str:
    """What to do so that the bundled FFmpeg is used; empty while it is."""
    get = "" if _bundled() else "Run 'pip install imageio-ffmpeg'."
    match named_ffmpeg():
        case (_, FoundBy.VARIABLE):
            undo = f"Unset {FFMPEG_VARIABLE} to use the FFmpeg that comes with ImageAI."
        case (_, _):
            undo = f"Empty the setting {FFMPEG_SETTING} to use the FFmpeg that comes with ImageAI."
        case None:
            undo = ""
    return f"{get} {undo}".strip()


def ffmpeg_version(program: Path | None = None) -> str:
    """The line in which an FFmpeg names its version; that of the one in use for None.

    Raises:
        FFmpegMissing: there is none, or it cannot be used.
    """
    return version_line(program or find_ffmpeg())


def ffmpeg_encoders(program: Path | None = None) -> frozenset[str]:
    """The names of the encoders that were built into an FFmpeg; the one in use for None.

    Raises:
        FFmpegMissing: there is none, or it cannot be used.
    """
    return names_in(program or find_ffmpeg(), "encoders")


def ffmpeg_transitions() -> frozenset[str]:
    """The transitions that the FFmpeg in use has, by its own names.

    Raises:
        FFmpegMissing: there is none, or it cannot be used.
    """
    return transitions_in(find_ffmpeg())


def _named() -> FFmpegProgram | None:
    asked = named_ffmpeg()
    if asked is None:
        return None
    name, found_by = asked
    found = shutil.which(Path(name).expanduser())
    if found is None:
        who = {
            FoundBy.VARIABLE: FFMPEG_VARIABLE,
            FoundBy.SETTING: f"The setting {FFMPEG_SETTING}",
        }[found_by]
        raise FFmpegMissing(f"{who} names {name!r}, which is no program.", hint=way_to_bundled())
    return FFmpegProgram(Path(found).absolute(), found_by)


def _bundled() -> FFmpegProgram | None:
    # Not by `get_ffmpeg_exe`: it may give the PATH's as well, or what a variable of its own names.
    try:
        # Imported late: only what runs FFmpeg needs it.
        import imageio_ffmpeg  # pyright: ignore[reportMissingTypeStubs] - it has none
    except ImportError:
        return None
    folder = Path(imageio_ffmpeg.__file__).parent / "binaries"
    found = next(
        (path for path in sorted(folder.glob("ffmpeg*")) if os.access(path, os.X_OK)), None
    )
    return FFmpegProgram(found, FoundBy.BUNDLED) if found else None


def _on_path() -> list[FFmpegProgram]:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = (shutil.which("ffmpeg", path=folder) for folder in folders if folder)
    return [FFmpegProgram(Path(path), FoundBy.PATH) for path in found if path]


def _first_on_path() -> FFmpegProgram | None:
    return next(iter(_on_path()), None)


def _as_subject(program: FFmpegProgram) -> str:
    text = str(program)
    return text[0].upper() + text[1:] + ","
