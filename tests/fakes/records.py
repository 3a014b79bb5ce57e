"""Records of clips that the fake provider could have made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.video.planning.clip_plan import make_plan
from core.video.record import make_record
from core.video.rendered import Rendered
from tests.fakes.provider import PROVENANCE, SMALL
from tests.fakes.scenes import NOON

if TYPE_CHECKING:
    from core.video.record import ClipRecord
    from core.video.request import RenderRequest


def record_of(request: RenderRequest, job_id: str = "job-1") -> ClipRecord:
    """The record of a clip that was made from this request."""
    plan = make_plan(request, SMALL)
    return make_record(
        plan,
        Rendered(Path("clip.mp4"), PROVENANCE),
        job_id=job_id,
        created_at=NOON,
    )
