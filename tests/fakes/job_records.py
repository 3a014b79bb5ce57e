"""Jobs as the journal knows them, for what only shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.jobs.job import ErrorReport, Progressed
from core.jobs.job_record import JobRecord, JobState
from core.jobs.lanes import Lane, Stage
from core.jobs.owner import Owner

NOW = datetime.now(UTC)
HERE = Owner("here", 1)


def record(job_id: str, state: JobState = JobState.QUEUED, **more: object) -> JobRecord:
    """A render, unless told otherwise."""
    plain = JobRecord(
        id=job_id,
        kind="render",
        lane=Lane.GPU,
        title=f"fake-small: {job_id}",
        payload="",
        subject=None,
        state=state,
        owner=HERE,
        cancel_requested=False,
        ticket=None,
        progress=None,
        path=None,
        error=None,
        notes=(),
        created_at=NOW - timedelta(seconds=60),
        started_at=None if state is JobState.QUEUED else NOW - timedelta(seconds=50),
        ended_at=NOW - timedelta(seconds=20) if state.has_ended else None,
    )
    return replace(plain, **more)


def one_of_each() -> list[JobRecord]:
    """A job in every state, and three that wait."""
    return [
        record(
            "running",
            JobState.RUNNING,
            progress=Progressed(stage=Stage.DENOISE, fraction=0.42, step=3, steps=8, eta_s=31.0),
            notes=("Trying again with a cheaper plan.",),
        ),
        record("first"),
        record("second"),
        record("third"),
        record("interrupted", JobState.INTERRUPTED),
        record(
            "failed",
            JobState.FAILED,
            error=ErrorReport(
                kind="OutOfMemory", message="The memory ran out.", hint="Choose a smaller size."
            ),
        ),
        record("done", JobState.SUCCEEDED, path=Path("/films/ball.mp4")),
        record("cancelled", JobState.CANCELLED),
    ]
