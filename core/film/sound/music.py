"""A file of music: whether it can be heard, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UnreadableClip, UnreadableMusic
from core.film.model.source import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken

OTHER_FILE = "Choose another file, or leave the music out."


@dataclass(frozen=True)
class MusicFile:
    """A file with sound in it: its place, its content's SHA-256 and its number of channels."""

    path: Path
    sha256: str
    channels: int


def read_music(path: Path, cancel: CancelToken, known_sha256: str = "") -> MusicFile:
    """What lies in a file of music; a hash that is known already is not computed again.

    Raises:
        UnreadableMusic: it is missing, empty, no sound, or cannot be read.
        JobCancelled: asked to stop.
    """
    channels = _channels(path)
    try:
        return MusicFile(path, known_sha256 or sha256_of(path, cancel), channels)
    except UnreadableClip as error:
        raise UnreadableMusic(error.message, hint=OTHER_FILE) from error


def _channels(path: Path) -> int:
    # Imported late: PyAV loads FFmpeg's libraries, which only an export needs.
    import av
    from av.error import FFmpegError

    if path.is_dir():
        raise UnreadableMusic(f"{str(path)!r} is a folder, not music.", hint=OTHER_FILE)
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableMusic(f"The music file {str(path)!r} is empty.", hint=OTHER_FILE)
    try:
        with av.open(str(path)) as container:
            audios = container.streams.audio
            # A stream of an unknown codec has no number of channels.
            if audios and (channels := getattr(audios[0], "channels", 0)):
                return channels
    except FileNotFoundError as error:
        raise UnreadableMusic(f"There is no music at {str(path)!r}.", hint=OTHER_FILE) from error
    except (FFmpegError, PermissionError) as error:
        raise UnreadableMusic(
            f"The music {str(path)!r} cannot be read: {error.strerror or error}.", hint=OTHER_FILE
        ) from error
    raise UnreadableMusic(f"The file {str(path)!r} holds no sound.", hint=OTHER_FILE)
