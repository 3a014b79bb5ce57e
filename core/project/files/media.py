"""Pictures brought into a project, clips found in its folder, and files that went missing."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ProjectError
from core.jobs.job import CancelToken
from core.media.images import read_image
from core.media.output import STILL_SUFFIX
from core.project.files.atomic_folder import copy_file
from core.project.files.media_uses import (
    FRAMES,
    MediaKind,
    file_name,
    is_file,
    media_of,
    shared_tail,
    with_paths,
)
from core.project.files.project_file import CLIPS, INPUTS, cannot_write, link_problem
from core.project.model.project import Take
from core.video.record import read_settings_of
from core.video.terms import Role

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from core.project.files.media_uses import MediaUse
    from core.project.model.project import VideoProject
    from core.video.record import ClipRecord

_HASH_LENGTH = 8
_MAX_STEM = 60
_HASHED = re.compile(r".*-([0-9a-f]{8})")
_CLIP_SUFFIX = ".mp4"


def bring_in(image: Path, folder: Path) -> Path:
    """Copy a picture into a project's inputs; the same content twice is the same file.

    Args:
        image: any picture file; it is decoded whole, so this takes a moment.
        folder: the project's.

    Raises:
        UnsupportedRequest: it is missing, unreadable, cut off or huge.
        ProjectError: it cannot be copied, or the project's folder for it leads elsewhere.
    """
    read_image(image, "picture", "picture")
    problem = link_problem(folder, INPUTS)
    if problem:
        raise ProjectError(problem)
    inputs = folder.absolute() / INPUTS
    aside = inputs / f".{uuid.uuid4().hex[:12]}.part"
    try:
        copy_file(image, aside, CancelToken())
        sha256 = _sha256(aside)
        return _named(aside, image, sha256, inputs)
    except OSError as error:
        raise cannot_write(f"{image.name!r} cannot be copied into", inputs, error) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def _named(aside: Path, image: Path, sha256: str, inputs: Path) -> Path:
    """Give the copy its name, or the file that holds the same already."""
    suffix = image.suffix.lower()
    for known in sorted(inputs.glob(f"*-{sha256[:_HASH_LENGTH]}{suffix}")):
        if known != aside and _sha256(known) == sha256:
            return known
    stem = re.sub(r'[<>:"/\\|?*\x00-\x1f\ud800-\udfff]+', "_", image.stem)[:_MAX_STEM]
    # Longer names only where two contents share the beginning of their hash.
    for length in (_HASH_LENGTH, len(sha256)):
        place = inputs / f"{stem}-{sha256[:length]}{suffix}"
        if not os.path.lexists(place):
            aside.rename(place)
            return place
    return place


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing_media(project: VideoProject) -> tuple[MediaUse, ...]:
    """Every use of a file that is not there, but for those that nobody sees."""
    uses = [use for use in media_of(project) if use.is_reachable]
    is_there = {path: is_file(path) for path in {use.path for use in uses}}
    return tuple(use for use in uses if not is_there[use.path])


@dataclass(frozen=True)
class Relinked:
    """The project after a search: which of its files were found, by their old paths."""

    project: VideoProject
    found: tuple[MediaUse, ...]
    still_missing: tuple[MediaUse, ...]


def relink(project: VideoProject, folder: Path, cancel: CancelToken) -> Relinked:
    """Look for missing files in a folder and all below: by name, else by what is known of them.

    A file of the right name that is known to be another is not taken.

    Raises:
        ProjectError: the folder cannot be read.
        JobCancelled: asked to stop.
    """
    missing = missing_media(project)
    search = _Search(folder, cancel) if missing else None
    places: dict[Path, Path] = {}
    for use in missing:
        cancel.check()
        if search is not None and use.path not in places:
            found = search.find(use)
            if found is not None:
                places[use.path] = found
    if places:
        project = with_paths(project, lambda path: places.get(path, path))
    return Relinked(
        project,
        tuple(use for use in missing if use.path in places),
        tuple(use for use in missing if use.path not in places),
    )


class _Search:
    def __init__(self, folder: Path, cancel: CancelToken) -> None:
        self._by_name: dict[str, list[Path]] = {}
        self._by_suffix: dict[str, list[Path]] = {}
        self._cancel = cancel
        if not folder.is_dir():
            raise ProjectError(
                f"There is no folder {str(folder)!r}.", hint="Choose the folder to search."
            )
        for place, folders, names in os.walk(folder):
            cancel.check()
            folders.sort()
            for name in sorted(names):
                path = folder / place / name
                self._by_name.setdefault(name.casefold(), []).append(path)
                self._by_suffix.setdefault(path.suffix.casefold(), []).append(path)

    def find(self, use: MediaUse) -> Path | None:
        """The file that the use means: one that is proven to be it, else one of its name."""
        name = file_name(use.path).casefold()
        suspect: list[Path] = []
        for path in self._by_name.get(name, ()):
            match self._is_it(use, path):
                case True:
                    return path
                case None:
                    suspect.append(path)
                case False:
                    pass
        if suspect:
            parts = re.split(r"[\\/]", str(use.path))
            return max(suspect, key=lambda path: shared_tail(path, parts))
        suffix = f".{name.rpartition('.')[2]}"
        others = self._by_suffix.get(suffix, ())
        return next((path for path in others if self._is_it(use, path)), None)

    def _is_it(self, use: MediaUse, path: Path) -> bool | None:
        """Whether a file is the one that is meant; None when nothing tells."""
        self._cancel.check()
        try:
            if use.kind is MediaKind.IMAGE:
                return _has_content(path, use.path)
            if use.take is not None:
                record = read_settings_of(path)
                return None if record is None else record.job_id == use.take.id
        except OSError:
            return False
        return None


def _has_content(path: Path, named: Path) -> bool | None:
    """Whether the file's content is the one that a name ends in the hash of."""
    match = _HASHED.fullmatch(file_name(named).rpartition(".")[0])
    return None if match is None else _sha256(path).startswith(match[1])


def read_take(path: Path, cancel: CancelToken) -> Take:
    """The take that a finished clip is, by the record beside it or inside it.

    Raises:
        ProjectError: there is no clip, or it carries no record of this program.
        JobCancelled: asked to stop.
    """
    cancel.check()
    record = read_settings_of(path) if is_file(path) else None
    if record is None:
        raise ProjectError(
            f"There is no clip of this program at {str(path)!r}.",
            hint="It was moved or replaced. Put it back, or render the scene again.",
        )
    return take_of(record, path)


def take_over_clips(project: VideoProject, folder: Path, cancel: CancelToken) -> VideoProject:
    """The project with the clips in its folder that were made for its scenes and that it lacks.

    There are such when the program ended between a clip and the save that names it.

    Raises:
        JobCancelled: asked to stop.
    """
    known = [take for takes in project.takes.values() for take in takes.takes]
    known_paths, known_jobs = {take.path for take in known}, {take.id for take in known}
    scenes = {scene.id for scene in project.scenes} | set(project.takes)
    found: list[tuple[datetime, str, Take]] = []
    for path in sorted((folder.absolute() / CLIPS).glob(f"*{_CLIP_SUFFIX}")):
        cancel.check()
        record = None if path in known_paths else read_settings_of(path)
        if record is None or record.origin is None or record.job_id in known_jobs:
            continue
        origin = record.origin
        if origin.project_id == project.id and origin.scene_id in scenes:
            found.append((record.created_at, origin.scene_id, take_of(record, path)))
    for _, scene_id, take in sorted(found, key=lambda item: item[0]):
        project = project.with_takes(scene_id, project.takes_of(scene_id).with_take(take))
    return project


@dataclass(frozen=True)
class MadeFrame:
    """An image that was made to be a scene's start frame."""

    scene_id: str
    path: Path


def take_over_frames(
    project: VideoProject, folder: Path, cancel: CancelToken
) -> tuple[MadeFrame, ...]:
    """Each start frame that was made for the project and that it lacks.

    The oldest comes first. There are such for the same reason as there are clips.

    Raises:
        JobCancelled: asked to stop.
    """
    known = {path for frames in project.start_frames.values() for path in frames}
    found: list[tuple[datetime, str, Path]] = []
    for path in sorted((folder.absolute() / FRAMES).glob(f"*{STILL_SUFFIX}")):
        cancel.check()
        record = None if path in known else read_settings_of(path)
        origin = None if record is None else record.origin
        if record is None or origin is None or origin.role is not Role.START:
            continue
        if origin.project_id == project.id and project.scene(origin.scene_id) is not None:
            found.append((record.created_at, origin.scene_id, path))
    return tuple(MadeFrame(scene_id, path) for _, scene_id, path in sorted(found))


def take_of(record: ClipRecord, path: Path) -> Take:
    """The take that a clip is, by its record; `model` is the model's name for people."""
    return Take(
        id=record.job_id,
        path=path,
        created_at=record.created_at,
        fingerprint=record.origin.fingerprint if record.origin is not None else "",
        model=record.model_label,
        seed=record.seed,
        width=record.width,
        height=record.height,
        num_frames=record.final_frames,
        fps=record.final_fps,
        has_audio=record.has_audio,
        cost_usd=record.cost_usd,
    )
