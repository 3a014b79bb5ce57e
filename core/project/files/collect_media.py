"""All media of a project brought together: which file goes where in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from core.project.files.lock import NAME as LOCK_NAME
from core.project.files.media_uses import MediaKind, StoredPaths, is_file, media_of, with_paths
from core.project.files.project_file import CLIPS, INPUTS, NAME

if TYPE_CHECKING:
    from core.project.files.media_uses import MediaUse
    from core.project.model.project import VideoProject


@dataclass(frozen=True)
class CollectedFile:
    """A file and its place in the folder."""

    source: Path
    place: PurePosixPath
    size_bytes: int


@dataclass(frozen=True)
class MediaCollection:
    """A project whose media all lie in `destination`, and the files that have to be put there.

    A file that is missing keeps its path; the last export is no part of a project.
    """

    project: VideoProject
    files: tuple[CollectedFile, ...]

    @property
    def size_bytes(self) -> int:
        """What the files take."""
        return sum(file.size_bytes for file in self.files)


def collect_media(project: VideoProject, folder: Path, destination: Path) -> MediaCollection:
    """The project of `folder` as it is when all that it uses lies in `destination`.

    What lies in the folder keeps its place, the rest goes to `inputs` and `clips`.
    """
    paths = StoredPaths(folder.absolute())
    places = _Places(paths)
    for use in media_of(project):
        places.find(use)
    moved = {file.source: destination / file.place for file in places.files}

    def change(path: Path) -> Path:
        if path in moved:
            return moved[path]
        inside = paths.inside(path)
        return path if inside is None else destination / inside

    collected = with_paths(project.model_copy(update={"last_export": None}), change)
    return MediaCollection(collected, tuple(places.files))


class _Places:
    """The place of every file; no two share one, on disks that ignore capitals either."""

    def __init__(self, paths: StoredPaths) -> None:
        self.files: list[CollectedFile] = []
        self._paths = paths
        self._placed: set[Path] = set()
        self._taken = {NAME, LOCK_NAME}

    def find(self, use: MediaUse) -> None:
        """Give the file of a use its place, and a clip's record the one beside it."""
        if use.path in self._placed or not is_file(use.path):
            return
        self._placed.add(use.path)
        is_clip = use.kind is MediaKind.CLIP
        has_record = is_clip or use.has_record
        place = self._paths.inside(use.path)
        if place is None or self._is_taken(place, has_record=has_record):
            place = self._free(CLIPS if is_clip else INPUTS, use.path, has_record=has_record)
        self._add(use.path, place)
        record = use.path.with_suffix(".json")
        # Beside footage from outside lies whatever its own maker put there.
        is_ours = use.has_record or (use.take is not None and not use.take.is_footage)
        if is_ours and record not in self._placed and is_file(record):
            self._placed.add(record)
            self._add(record, place.with_suffix(".json"))

    def _free(self, folder_name: str, path: Path, *, has_record: bool) -> PurePosixPath:
        place, number = PurePosixPath(folder_name, path.name), 2
        while self._is_taken(place, has_record=has_record):
            place = PurePosixPath(folder_name, f"{path.stem}-{number}{path.suffix}")
            number += 1
        return place

    def _is_taken(self, place: PurePosixPath, *, has_record: bool) -> bool:
        both = (place, place.with_suffix(".json")) if has_record else (place,)
        return any(str(item).casefold() in self._taken for item in both)

    def _add(self, source: Path, place: PurePosixPath) -> None:
        self._taken.add(str(place).casefold())
        self.files.append(CollectedFile(source, place, source.stat().st_size))
