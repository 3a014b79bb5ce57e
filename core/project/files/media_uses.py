"""Every file that a project names: where it is used, and the project with other paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from core.frozen import Frozen
from core.platform.files import exists
from core.project.model.project import VideoProject
from core.video.inputs import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from core.project.model.project import ReferenceImage, Scene, Take
    from core.video.request import RenderChoices

FRAMES = "frames"
"""The folder of a project where start frames are made, each with its record beside it."""
# How absolute paths begin on the other systems, for which "absolute" means something else here.
_FOREIGN = re.compile(r"[A-Za-z]:[\\/]|\\\\|/")


class MediaKind(StrEnum):
    """What sort of file it is."""

    IMAGE = "picture"
    CLIP = "clip"
    OTHER = "other"


@dataclass(frozen=True)
class MediaUse:
    """One use of one file.

    Attributes:
        what: in words, such as "start frame".
        scene: its number, from 1; None for the whole project's and for those of deleted scenes.
        take: the take whose clip it is.
        is_reachable: False for takes and images of deleted scenes, which nobody sees.
        has_record: what made it lies beside it.
    """

    what: str
    path: Path
    kind: MediaKind
    scene: int | None = None
    take: Take | None = None
    is_reachable: bool = True
    has_record: bool = False


def media_of(project: VideoProject) -> tuple[MediaUse, ...]:
    """Every use of a file that the project reads; what it writes is not among them."""
    return (*_of_scenes(project), *_of_all(project), *_of_deleted(project))


def _of_scenes(project: VideoProject) -> Iterator[MediaUse]:
    for number, scene in enumerate(project.scenes, start=1):
        if scene.start_image is not None:
            yield _frame("start frame", scene.start_image, number)
        if scene.end_image is not None:
            yield MediaUse("end frame", scene.end_image, MediaKind.IMAGE, number)
        yield from _other_frames(project, scene, number)
        yield from _references(scene.references, number)
        yield from _inputs(scene.own, number)
        takes = project.takes_of(scene.id)
        for take in takes.takes:
            what = "clip" if take.id == takes.chosen else "other take"
            yield MediaUse(what, take.path, MediaKind.CLIP, number, take)


def _of_all(project: VideoProject) -> Iterator[MediaUse]:
    yield from _references(project.references, None)
    for character in project.characters:
        for image in character.images:
            yield MediaUse(f"image of {character.name}", image.path, MediaKind.IMAGE)
    if project.images is not None:
        yield from _inputs(project.images, None)
    yield from _inputs(project.render, None)
    film = project.film.film
    for music in film.music:
        yield MediaUse("music", music.path, MediaKind.OTHER)
    if film.subtitles is not None:
        yield MediaUse("subtitles", film.subtitles.path, MediaKind.OTHER)
    if film.lut is not None:
        yield MediaUse("colour table", film.lut.path, MediaKind.OTHER)
    if film.watermark is not None:
        yield MediaUse("watermark", film.watermark.path, MediaKind.IMAGE)


def _of_deleted(project: VideoProject) -> Iterator[MediaUse]:
    there = {scene.id for scene in project.scenes}
    for scene_id, takes in project.takes.items():
        if scene_id not in there:
            for take in takes.takes:
                what = "clip of a deleted scene"
                yield MediaUse(what, take.path, MediaKind.CLIP, None, take, is_reachable=False)
    for scene_id, frames in project.start_frames.items():
        for path in frames if scene_id not in there else ():
            yield _frame("start frame of a deleted scene", path, None)


def _other_frames(project: VideoProject, scene: Scene, number: int) -> Iterator[MediaUse]:
    for path in project.start_frames.get(scene.id, ()):
        if path != scene.start_image:
            yield _frame("other start frame", path, number)


def _frame(what: str, path: Path, scene: int | None) -> MediaUse:
    return MediaUse(
        what,
        path,
        MediaKind.IMAGE,
        scene,
        is_reachable=scene is not None,
        has_record=path.parent.name == FRAMES,
    )


def _references(references: tuple[ReferenceImage, ...], scene: int | None) -> Iterator[MediaUse]:
    for reference in references:
        yield MediaUse("reference image", reference.path, MediaKind.IMAGE, scene)


def _inputs(choices: RenderChoices, scene: int | None) -> Iterator[MediaUse]:
    for item in choices.inputs:
        yield MediaUse(ROLES[item.role].name, item.path, MediaKind.OTHER, scene)


def with_paths(project: VideoProject, change: Callable[[Path], Path]) -> VideoProject:
    """The project with every path changed, those of files that it writes too."""
    changed = _changed(project, change)
    assert isinstance(changed, VideoProject)
    return changed


def _changed(value: object, change: Callable[[Path], Path]) -> object:
    """The value with every path in it changed; the very same value where there is none.

    It goes by the types and not by a list of fields, which a new field would be missing from.
    """
    match value:
        case Path():
            return change(value)
        case Frozen():
            update: dict[str, object] = {}
            for name, before in value:
                after = _changed(before, change)
                if after is not before:
                    update[name] = after
            return value.model_copy(update=update) if update else value
        case tuple():
            items = cast("tuple[object, ...]", value)
            after_all = tuple(_changed(item, change) for item in items)
            is_same = all(a is b for a, b in zip(items, after_all, strict=True))
            return items if is_same else after_all
        case dict():
            parts = cast("dict[object, object]", value)
            return {key: _changed(part, change) for key, part in parts.items()}
        case _:
            return value


class StoredPaths:
    """How paths are written in the project file of one folder."""

    def __init__(self, folder: Path) -> None:
        # A folder that is reached through a link has two names.
        self._bases = tuple(dict.fromkeys((folder, folder.resolve())))

    def inside(self, path: Path) -> PurePosixPath | None:
        """The way from the folder to a path inside; None for every other."""
        if ".." not in path.parts:
            for base in self._bases:
                if path.is_relative_to(base):
                    return PurePosixPath(path.relative_to(base).as_posix())
        return None

    def text(self, path: Path) -> str:
        """Counted from the folder if it lies inside, else absolute: it does not move with it."""
        inside = self.inside(path)
        return str(path) if inside is None else str(inside)


def loaded_path(path: Path, folder: Path) -> Path:
    """The path that was stored; one of another system stays as it is."""
    if path.is_absolute() or is_absolute_anywhere(str(path)):
        return path
    return folder / path


def is_absolute_anywhere(text: str) -> bool:
    """Whether it is an absolute path on Windows or on the others."""
    return _FOREIGN.match(text) is not None


def is_file(path: Path) -> bool:
    """Whether a file is there, and no folder; a name that no file can have names none."""
    return exists(path) and path.is_file()


def shared_tail(path: Path, parts: Sequence[str]) -> int:
    """How many of the last parts of a path are the same as those, whatever their capitals."""
    count = 0
    for one, other in zip(reversed(path.parts), reversed(parts), strict=False):
        if one.casefold() != other.casefold():
            break
        count += 1
    return count


def file_name(path: Path) -> str:
    """The last part of a path of this system or of Windows."""
    text = str(path)
    if is_absolute_anywhere(text) and "\\" in text:
        return text.replace("\\", "/").rpartition("/")[2]
    return path.name
