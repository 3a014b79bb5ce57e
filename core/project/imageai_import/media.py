"""The files of a project of ImageAI on their way into ours: pictures, clips and music."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableClip, UnsupportedRequest
from core.film.model.film import MAX_VOLUME_DB, MIN_VOLUME_DB, Music
from core.media.ffmpeg import probe_clip
from core.project.files.atomic_folder import copy_file
from core.project.files.media import bring_in
from core.project.files.project_file import CLIPS
from core.project.imageai_import.document import JsonObject
from core.project.model.project import ReferenceImage, Take, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.jobs.job import CancelToken
    from core.project.imageai_import.paths import FoundPath, PathFinder

_PERCENT_FROM = 4.0


@dataclass
class Findings:
    """What the report will say."""

    repaired: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    left_out: list[str] = field(default_factory=list[str])


class MediaImport:
    """Brings files into a project's folder and notes what became of each."""

    def __init__(
        self, finder: PathFinder, folder: Path, now: datetime, cancel: CancelToken
    ) -> None:
        self.findings = Findings()
        self._finder = finder
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
                return self._brought(what, found.path)
        return self._lost(what, named[0]) if named else None

    def _brought(self, what: str, path: Path) -> Path | None:
        self._cancel.check()
        try:
            return bring_in(path, self._folder)
        except UnsupportedRequest as error:
            self.findings.left_out.append(f"{what}: {error.message}")
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
            facts = probe_clip(found.path, self._cancel)
        except UnreadableClip as error:
            self.findings.left_out.append(f"{what}: {error.message}")
            return None
        suffix = found.path.suffix.lower() or ".mp4"
        place = self._folder / CLIPS / f"scene_{number:03d}_take_01{suffix}"
        copy_file(found.path, place, self._cancel)
        sidecar = _sidecar(found.path)
        return Take(
            id=new_id("imported"),
            path=place,
            created_at=datetime.fromtimestamp(found.path.stat().st_mtime).astimezone(),
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
        place = self._lost(what, named_path) if found is None else found.path.absolute()
        if (track.number("end_offset") or 0) > 0:
            self.findings.left_out.append(f"{what}: that it is cut before its end.")
        if track.text("track_type") not in ("", "music"):
            self.findings.left_out.append(f"{what}: that it is no music; it plays as music.")
        return Music(
            path=place,
            volume_db=_decibels(track.number("volume")),
            fade_in_s=max(track.number("fade_in") or 0.0, 0.0),
            fade_out_s=max(track.number("fade_out") or 0.0, 0.0),
            offset_s=max(track.number("start_offset") or 0.0, 0.0),
        )

    def _found(self, what: str, named_path: str) -> FoundPath | None:
        found = self._finder.find(named_path)
        if found is not None and found.is_repaired:
            self.findings.repaired.append(f"{what}: {named_path!r} is {str(found.path)!r}.")
        return found

    def _lost(self, what: str, named_path: str) -> Path:
        """The path as it was told, which nothing here has to have: it is shown and looked for."""
        self.findings.missing.append(f"{what}: {named_path!r}.")
        return Path(named_path.replace("\0", "") or "unnamed")


def _sidecar(clip: Path) -> JsonObject:
    """What ImageAI noted beside a clip."""
    for place in (clip.with_suffix(".json"), clip.with_name(f"{clip.name}.json")):
        try:
            stored: Any = json.loads(place.read_bytes())
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
