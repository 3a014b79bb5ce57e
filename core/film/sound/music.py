"""A file of music: whether it can be heard, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UnreadableClip, UnreadableMusic
from core.film.model.source import OTHER_MUSIC, opened_music, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken


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
    with opened_music(path) as container:
        channels = container.streams.audio[0].channels
    try:
        return MusicFile(path, known_sha256 or sha256_of(path, cancel), channels)
    except UnreadableClip as error:
        raise UnreadableMusic(error.message, hint=OTHER_MUSIC) from error
