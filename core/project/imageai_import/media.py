"""The files of a project of ImageAI on their way into ours: pictures, clips and music."""

from __future__ import annotations

import json
import math
import os
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableClip, UnsupportedRequest
from core.film.model.film import MAX_VOLUME_DB, MIN_VOLUME_DB, Music
from core.media.ffmpeg import probe_clip
from core.platform.files import read_plain_file
from core.project.files.atomic_folder import copy_file
from core.project.files.media import bring_in
from core.project.files.media_uses import is_file, shared_tail
from core.project.files.project_file import CLIPS
from core.project.imageai_import.document import MAX_BYTES, JsonObject
from core.project.model.project import ReferenceImage, Take, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.jobs.job import CancelToken

_DRIVE = re.compile(r"([A-Za-z]):[\\/](.*)", re.DOTALL)
_PERCENT_FROM = 4.0


class MediaImport:
    """Brings files into a project's folder and notes what became of each.

    Attributes:
        repaired, missing, left_out: sentences for the report.
    """

    def __init__(
        self, their_folder: Path, folder: Path, now: datetime, cancel: CancelToken
    ) -> None:
        self.repaired: list[str] = []
        self.missing: list[str] = []
        self.left_out: list[str] = []
        self._finder = _PathFinder(their_folder)
        self._folder = folder
        self._now = now
        self._cancel = cancel

    def image(self, what: str, named_paths: Sequence[str]) -> Path | None:
        """The first of some pictures that is there, brought in.

        A missing one keeps its path, so that it can be found later; None for none, or a broken one.
        """
        named = [path for path in named_paths if path]
        for path in named:
            found = self._found(what, path)
            if found is not None:
                return self._brought(what, found)
        return self._lost(what, named[0]) if named else None

    def _brought(self, what: str, path: Path) -> Path | None:
        self._cancel.check()
        try:
            return bring_in(path, self._folder)
        except UnsupportedRequest as error:
            self.left_out.append(f"{what}: {error.message}")
            return None

    def references(self, what: str, parts: Sequence[JsonObject]) -> tuple[ReferenceImage, ...]:
        """The reference images, each once."""
        found: dict[Path, ReferenceImage] = {}
        for part in parts:
            path = self.image(what, [part.text("path")])
            if path is not None:
                name = part.text("name") or part.text("label")
                found.setdefault(path, ReferenceImage(path=path, name=name))
        return tuple(found.values())

    def clip(self, number: int, named_path: str) -> Take | None:
        """The clip of a scene as a take, copied: ImageAI writes over its own."""
        what = f"Scene {number}, clip"
        if not named_path:
            return None
        found = self._found(what, named_path)
        if found is None:
            place = self._lost(what, named_path)
            return Take(id=new_id("imported"), path=place, created_at=self._now)
        try:
            facts = probe_clip(found, self._cancel)
        except UnreadableClip as error:
            self.left_out.append(f"{what}: {error.message}")
            return None
        suffix = found.suffix.lower() or ".mp4"
        place = self._folder / CLIPS / f"scene_{number:03d}_take_01{suffix}"
        copy_file(found, place, self._cancel)
        sidecar = _sidecar(found)
        return Take(
            id=new_id("imported"),
            path=place,
            created_at=datetime.fromtimestamp(found.stat().st_mtime).astimezone(),
            model=sidecar.text("model") or sidecar.text("provider"),
            width=facts.width,
            height=facts.height,
            num_frames=facts.num_frames,
            fps=facts.fps,
            has_audio=facts.has_audio,
        )

    def music(self, number: int, track: JsonObject) -> Music | None:
        """A piece of music where it lies, as loud and as long as it was meant to be."""
        what = f"Audio track {number}"
        named_path = track.text("file_path")
        if not named_path:
            return None
        found = self._found(what, named_path)
        place = self._lost(what, named_path) if found is None else found.absolute()
        if (track.number("end_offset") or 0) > 0:
            self.left_out.append(f"{what}: that it is cut before its end.")
        if track.text("track_type") not in ("", "music"):
            self.left_out.append(f"{what}: that it is no music; it plays as music.")
        return Music(
            path=place,
            volume_db=_decibels(track.number("volume")),
            fade_in_s=max(track.number("fade_in") or 0.0, 0.0),
            fade_out_s=max(track.number("fade_out") or 0.0, 0.0),
            offset_s=max(track.number("start_offset") or 0.0, 0.0),
        )

    def _found(self, what: str, named_path: str) -> Path | None:
        found = self._finder.as_written(named_path)
        if found is None:
            found = self._finder.elsewhere(named_path)
            if found is not None:
                self.repaired.append(f"{what}: {named_path!r} is {str(found)!r}.")
        return found

    def _lost(self, what: str, named_path: str) -> Path:
        """The path as it was told, which nothing here has to have: it is shown and looked for."""
        self.missing.append(f"{what}: {named_path!r}.")
        return Path(named_path.replace("\0", "") or "unnamed")


class _PathFinder:
    """Finds files that a project names, often on another machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, list[Path]] | None = None

    def as_written(self, named: str) -> Path | None:
        """The file where the project says that it lies."""
        drive = _DRIVE.fullmatch(named)
        if drive is None:
            places = [self._folder / named]
        else:
            # Where Linux inside Windows sees that drive.
            mounted = Path("/mnt", drive[1].lower(), *re.split(r"[\\/]+", drive[2]))
            places = [Path(named), mounted]
        return next((path for path in places if is_file(path)), None)

    def elsewhere(self, named: str) -> Path | None:
        """The file below the project's folder: at the end of the same way, else by its name."""
        parts = [part for part in re.split(r"[\\/]+", named) if part not in ("", ".", "..")]
        for start in range(len(parts)):
            path = self._folder.joinpath(*parts[start:])
            if is_file(path):
                return path
        like_it = self._named(parts[-1]) if parts else []
        return max(like_it, key=lambda path: shared_tail(path, parts), default=None)

    def _named(self, name: str) -> list[Path]:
        if self._by_name is None:
            self._by_name = {}
            for place, folders, names in os.walk(self._folder):
                folders.sort()
                for found in sorted(names):
                    self._by_name.setdefault(found.casefold(), []).append(Path(place, found))
        return self._by_name.get(name.casefold(), [])


def _sidecar(clip: Path) -> JsonObject:
    """What ImageAI noted beside a clip."""
    for place in (clip.with_suffix(".json"), clip.with_name(f"{clip.name}.json")):
        try:
            stored: Any = json.loads(read_plain_file(place, MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(stored, dict):
            return JsonObject(cast("dict[str, object]", stored))
    return JsonObject({})


def _decibels(volume: float | None) -> float:
    """A volume as a factor, or as a percentage where it is too large for one, in dB."""
    if volume is None:
        return 0.0
    factor = volume / 100 if volume > _PERCENT_FROM else volume
    if factor <= 0:
        return MIN_VOLUME_DB
    return min(max(round(20 * math.log10(factor), 2), MIN_VOLUME_DB), MAX_VOLUME_DB)
