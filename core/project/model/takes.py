"""From a finished clip's record to the take of its scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.project.model.project import Take

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.record import ClipRecord


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
        num_frames=record.num_frames,
        fps=record.fps,
        has_audio=record.has_audio,
        cost_usd=record.cost_usd,
    )
