"""The record of a clip: all that made it, beside the file and inside it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.frozen import Frozen
from core.media.ffmpeg import ClipFacts, run_ffmpeg
from core.video.plan import ClipSettings, RenderPlan
from core.video.provider import Provenance
from core.video.request import Delivery, RenderRequest

if TYPE_CHECKING:
    from core.jobs.job import CancelToken

_FFMETADATA_SPECIAL = "\\=;#\n"


class Origin(Frozen):
    """Where in which project a clip belongs; `fingerprint` is of all that it was asked from."""

    project_id: str
    scene_id: str
    fingerprint: str = ""


class ClipRecord(ClipSettings):
    """What was asked, what was planned, and what made the clip; holds no path and no key.

    Attributes:
        request: as asked, its files named without their folders, and without `delivery`: how the
            render was carried out is in the plan, and a webhook may hold a secret.
        start_image_sha256: of the start image.
        origin: the scene that it was made for; None for a clip of no project.
        still_frame: of a picture: which frame of the clip it is, from 0; None for a clip.
    """

    schema_version: Literal[1] = 1
    program: str
    job_id: str
    created_at: datetime
    request: RenderRequest
    model_label: str
    licence: str
    start_image_sha256: str | None
    provenance: Provenance
    origin: Origin | None = None
    still_frame: int | None = None


def make_record(
    plan: RenderPlan,
    provenance: Provenance,
    *,
    program: str,
    job_id: str,
    created_at: datetime,
    start_image_sha256: str | None,
    origin: Origin | None = None,
) -> ClipRecord:
    """The record of one clip that was made by this plan."""
    settings = plan.model_dump(include=set(ClipSettings.model_fields))
    return ClipRecord(
        **settings,
        program=program,
        job_id=job_id,
        created_at=created_at,
        request=_portable(plan.request),
        model_label=plan.spec.label,
        licence=plan.spec.licence.name,
        start_image_sha256=start_image_sha256,
        provenance=provenance,
        origin=origin,
    )


def _portable(request: RenderRequest) -> RenderRequest:
    """The request without what only this machine knows."""
    bare = tuple(item.model_copy(update={"path": Path(item.path.name)}) for item in request.inputs)
    return request.with_inputs(bare).model_copy(update={"delivery": Delivery()})


def embed_record(clip: Path, record: ClipRecord, destination: Path, cancel: CancelToken) -> None:
    """Copy the clip, picture and sound untouched, with the record as its comment.

    Raises:
        FFmpegFailed: the clip cannot be read or the copy cannot be written.
        JobCancelled: asked to stop.
    """
    # A file and not an argument: a long prompt would not fit into a command line everywhere.
    metadata = destination.with_suffix(".ffmetadata")
    text = record.model_dump_json()
    for special in _FFMETADATA_SPECIAL:
        text = text.replace(special, f"\\{special}")
    metadata.write_text(f";FFMETADATA1\ncomment={text}\n", encoding="utf-8")
    sources = ["-i", str(clip), "-f", "ffmetadata", "-i", str(metadata)]
    copying = ["-map", "0", "-map_metadata", "1", "-c", "copy", "-movflags", "+faststart"]
    run_ffmpeg([*sources, *copying, str(destination)], cancel)


def read_embedded_record(facts: ClipFacts) -> ClipRecord | None:
    """The record inside a clip, or None when it carries none of ours."""
    return parse_record(facts.comment)


def parse_record(text: str) -> ClipRecord | None:
    """The record that a comment is, or None when it is none of ours."""
    try:
        return ClipRecord.model_validate_json(text)
    except ValueError:
        return None


def read_sidecar(file: Path) -> ClipRecord | None:
    """The record beside a clip or a picture, or None when there is none of ours."""
    try:
        return ClipRecord.model_validate_json(file.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return None
