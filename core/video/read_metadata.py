"""What finished files say about how they were made, from inside them or from beside them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.media.output import STILL_SUFFIX
from core.video.record import ClipRecord, parse_record, read_sidecar
from core.video.request import Role
from core.video.still_file import read_still_record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class FileHead:
    """What the head of a video file tells; nothing is decoded.

    Attributes:
        comment: what this program writes there is JSON.
        width, height, duration_s: 0 where the head does not tell.
    """

    title: str
    comment: str
    width: int
    height: int
    duration_s: float

    @property
    def is_film(self) -> bool:
        """Whether it is a film of this program, which names its clips."""
        try:
            stored: Any = json.loads(self.comment)
        except ValueError:
            return False
        if not isinstance(stored, dict):
            return False
        return {"program", "clips"} <= cast("dict[str, Any]", stored).keys()


def read_settings_of(path: Path) -> ClipRecord | None:
    """All that made a clip or a still, or None when neither the file nor its sidecar tells."""
    if path.suffix.lower() == STILL_SUFFIX:
        inside = read_still_record(path)
    else:
        head = read_head(path)
        inside = parse_record(head.comment) if head is not None else None
    if inside is not None:
        return inside
    beside = read_sidecar(path)
    if beside is None:
        return None
    # A clip and a picture of one name share the name of their sidecar.
    is_still = beside.still_frame is not None
    return beside if is_still == (path.suffix.lower() == STILL_SUFFIX) else None


def read_head(path: Path) -> FileHead | None:
    """What the head of a video file tells, or None when it is none."""
    # Imported late: PyAV loads FFmpeg's libraries.
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            video = container.streams.video[0] if container.streams.video else None
            return FileHead(
                title=container.metadata.get("title", ""),
                comment=container.metadata.get("comment", ""),
                width=video.width if video else 0,
                height=video.height if video else 0,
                duration_s=(container.duration or 0) / av.time_base,
            )
    except (FFmpegError, OSError, ValueError):
        return None


def find_start_image(record: ClipRecord, folders: Iterable[Path]) -> Path | None:
    """The very picture that a clip started from, by name and content, where it still is."""
    image = record.request.path_of(Role.START)
    if image is None:
        return None
    for folder in folders:
        candidate = folder / image.name
        try:
            content = candidate.read_bytes()
        except OSError:
            continue
        if hashlib.sha256(content).hexdigest() == record.start_image_sha256:
            return candidate
    return None
