"""Files from outside: what each is to a project, found by looking into it, and clips as takes."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import ProjectError, UnreadableClip, UnreadableMusic, UnsupportedRequest
from core.film.model.source import opened_music
from core.media.frames import FrameReader
from core.media.images import read_image
from core.media.media_file import open_media
from core.media.stills import read_photo
from core.media.streams import moving_streams
from core.project.files.project_file import NAME
from core.project.model.project import Take, Track, new_id
from core.video.record import read_settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.video.stream import VideoStream

    from core.jobs.job import CancelToken
    from core.video.record import ClipRecord


class FileUse(StrEnum):
    """What a file can be to a project."""

    CLIP = "clip"
    IMAGE = "picture"
    MUSIC = "music"
    SUBTITLES = "subtitles"
    COLOUR_TABLE = "colour table"
    STORYBOARD = "storyboard"
    PROJECT = "project"
    PACKAGE = "package"
    IMAGEAI_PROJECT = "project of the earlier ImageAI"


PROJECT_USES = (FileUse.PROJECT, FileUse.PACKAGE, FileUse.IMAGEAI_PROJECT)
"""Files that are projects themselves."""

# Texts and folders are told by their names; what holds pictures or sound by what lies in it.
_BY_SUFFIX = {
    ".srt": FileUse.SUBTITLES, ".vtt": FileUse.SUBTITLES, ".ass": FileUse.SUBTITLES,
    ".ssa": FileUse.SUBTITLES, ".cube": FileUse.COLOUR_TABLE, ".txt": FileUse.STORYBOARD,
    ".md": FileUse.STORYBOARD, ".lrc": FileUse.STORYBOARD, ".fountain": FileUse.STORYBOARD,
}  # fmt: skip
_NO_LANGUAGE = "und"
_IMAGEAI_SUFFIX = ".iaproj.json"
_TAKEN = (
    "A project takes clips, pictures, music, subtitles, colour tables (.cube), storyboards as "
    "text, and other projects."
)


@dataclass(frozen=True)
class Footage:
    """A clip that was brought in; `record` is of how it was made, where this program made it."""

    take: Take
    record: ClipRecord | None


def use_of(path: Path, cancel: CancelToken) -> FileUse:
    """What a file is to a project; it is opened where its name does not tell.

    Raises:
        ProjectError: it is missing, or nothing that a project takes.
        JobCancelled: asked to stop.
    """
    name = path.name.lower()
    if path.is_dir():
        if (path / NAME).is_file():
            return FileUse.PROJECT
        raise _refused(path, f"it is a folder without a {NAME}")
    if not path.is_file():
        raise ProjectError(f"There is no file {str(path)!r}.", hint="It was moved or deleted.")
    if path.stat().st_size == 0:
        raise _refused(path, "it is empty")
    if name == NAME:
        return FileUse.PROJECT
    if name.endswith(_IMAGEAI_SUFFIX):
        return FileUse.IMAGEAI_PROJECT
    if path.suffix.lower() in _BY_SUFFIX:
        return _BY_SUFFIX[path.suffix.lower()]
    if zipfile.is_zipfile(path):
        if _holds_project(path):
            return FileUse.PACKAGE
        raise _refused(path, "it is an archive without a project. Unpack it and bring its files")
    return _use_of_media(path, cancel)


def read_footage(path: Path, cancel: CancelToken) -> Footage:
    """A clip from anywhere as a take, which stays where it lies and is never out of date.

    Raises:
        UnreadableClip: it has no picture that can be read.
        JobCancelled: asked to stop.
    """
    record = read_settings_of(path)
    reader = FrameReader(path, cancel)
    try:
        frames, image = reader.frames, reader.read(0, cancel)
    finally:
        reader.close()
    video_tracks, audio_tracks = _tracks_of(path)
    take = Take(
        id=new_id("footage") if record is None else record.job_id,
        path=path.absolute(),
        created_at=datetime.now(UTC) if record is None else record.created_at,
        model="" if record is None else record.model_label,
        seed=None if record is None else record.seed,
        width=image.width,
        height=image.height,
        num_frames=frames.count,
        fps=frames.count / frames.duration_s if frames.duration_s > 0 else 0.0,
        has_audio=frames.has_audio,
        is_footage=True,
        video_tracks=video_tracks,
        audio_tracks=audio_tracks,
    )
    return Footage(take, record)


def read_still(path: Path) -> Take:
    """A picture as a take, which is held for as long as one likes and is never out of date.

    Raises:
        UnreadableClip: it is missing, damaged or of a kind that is not read.
    """
    image = read_photo(path).image
    return Take(
        id=new_id("footage"),
        path=path.absolute(),
        created_at=datetime.now(UTC),
        width=image.width,
        height=image.height,
        num_frames=1,
        is_footage=True,
        is_still=True,
    )


def _tracks_of(path: Path) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
    """The streams of pictures and those of sound to choose from; none where one is all."""
    with open_media(path) as container:
        moving = moving_streams(container)
        videos = [
            _track(number, stream, f"{stream.width}×{stream.height}")
            for number, stream in enumerate(container.streams.video, start=1)
            if stream in moving
        ]
        audios = [
            _track(number, stream, _channels(stream))
            for number, stream in enumerate(container.streams.audio, start=1)
        ]
    return (
        tuple(videos) if len(videos) > 1 else (),
        tuple(audios) if len(audios) > 1 else (),
    )


def _track(number: int, stream: VideoStream | AudioStream, kind: str) -> Track:
    tags = stream.metadata
    language = tags.get("language", "")
    parts = [tags.get("title", ""), "" if language == _NO_LANGUAGE else language, kind]
    return Track(number=number, label=", ".join([f"Track {number}", *filter(None, parts)]))


def _channels(stream: AudioStream) -> str:
    # PyAV gives a stream whose codec it does not know no number of channels.
    count = getattr(stream, "channels", 0)
    return {0: "", 1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _use_of_media(path: Path, cancel: CancelToken) -> FileUse:
    try:
        reader = FrameReader(path, cancel)
    except UnreadableClip:
        if _is_image(path):
            return FileUse.IMAGE
        if _is_music(path):
            return FileUse.MUSIC
        raise _refused(path, "it is nothing that can be shown or heard") from None
    try:
        frames = reader.frames
    finally:
        reader.close()
    if frames.count > 1:
        return FileUse.CLIP
    # One frame alone is a picture, or the cover of a piece of music.
    return FileUse.MUSIC if frames.has_audio else FileUse.IMAGE


def _is_image(path: Path) -> bool:
    try:
        read_image(path, "picture", "picture")
    except UnsupportedRequest:
        return False
    return True


def _is_music(path: Path) -> bool:
    try:
        with opened_music(path):
            return True
    except UnreadableMusic:
        return False


def _holds_project(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.rpartition("/")[2] == NAME for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _refused(path: Path, why: str) -> ProjectError:
    return ProjectError(f"{path.name!r} cannot be used here: {why}.", hint=_TAKEN)
