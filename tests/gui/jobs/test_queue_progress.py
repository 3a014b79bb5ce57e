"""The queue as a whole: what belongs together, how much is done, how long it will take."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from core.jobs.job import Progressed
from core.jobs.job_record import JobRecord, JobState
from core.jobs.lanes import Lane, Stage
from gui.jobs.queue_progress import progress_of
from tests.fakes.job_records import NOW, record


def payload(model: str = "mini", *, first: float | None = None, then: float | None = None) -> str:
    target = {"provider": "ltx-video", "deployment": "local", "model": model}
    plan = {"request": {"target": target}, "est_seconds": first, "est_next_seconds": then}
    return json.dumps({"plan": plan})


def queued(number: int, **more: Any) -> JobRecord:
    return record(f"q{number}", created_at=NOW - timedelta(seconds=500), **more)


def done(number: int, *, began: float, ended: float, **more: Any) -> JobRecord:
    """A job that ran from so many seconds ago until so many seconds ago."""
    return record(
        f"d{number}",
        more.pop("state", JobState.SUCCEEDED),
        created_at=NOW - timedelta(seconds=more.pop("queued", 500)),
        started_at=NOW - timedelta(seconds=began),
        ended_at=NOW - timedelta(seconds=ended),
        **more,
    )


def running(*, began: float, eta_s: float | None, **more: Any) -> JobRecord:
    return record(
        "r",
        JobState.RUNNING,
        created_at=NOW - timedelta(seconds=500),
        started_at=NOW - timedelta(seconds=began),
        progress=Progressed(stage=Stage.DENOISE, fraction=0.5, eta_s=eta_s),
        **more,
    )


def test_no_job_is_no_text() -> None:
    assert progress_of([], NOW).text == ""


def test_what_was_planned_tells_the_time_until_something_was_measured() -> None:
    jobs = [running(began=20, eta_s=10), *(queued(n, payload=payload(then=7)) for n in range(20))]
    assert progress_of(jobs, NOW).left_s == 10 + 20 * 7


def test_the_time_of_a_first_job_is_not_that_of_the_next() -> None:
    """The first one loads what the others find loaded: it tells nothing of them."""
    ended = [done(1, began=100, ended=70), done(2, began=70, ended=63), done(3, began=63, ended=55)]
    jobs = [*ended, *(queued(n) for n in range(10))]
    whole = progress_of(jobs, NOW)
    assert whole.left_s == 75
    assert whole.text == "3 of 13 done, about 1 min 15 s left"


def test_sixty_scenes_after_twelve() -> None:
    """Twelve took seven seconds each; the last 48 take so long again, within a quarter."""
    ended = [done(n, began=100 - 7 * n, ended=93 - 7 * n, payload=payload()) for n in range(12)]
    jobs = [*ended, *(queued(n, payload=payload(first=30, then=8)) for n in range(48))]
    whole = progress_of(jobs, NOW)
    assert whole.text.startswith("12 of 60 done, about ")
    assert whole.left_s == pytest.approx(48 * 7, rel=0.25)


def test_other_models_have_other_times() -> None:
    ended = [done(n, began=100 - 5 * n, ended=95 - 5 * n, payload=payload()) for n in range(3)]
    jobs = [*ended, queued(1, payload=payload("large", then=600)), queued(2, payload=payload())]
    assert progress_of(jobs, NOW).left_s == 605


def test_places_work_side_by_side_but_no_job_is_shorter_than_itself() -> None:
    services = [queued(n, lane=Lane.CLOUD, payload=payload(first=60)) for n in range(8)]
    assert progress_of(services, NOW).left_s == 120
    assert progress_of(services[:1], NOW).left_s == 60
    both = [*services, queued(9, payload=payload(then=400))]
    assert progress_of(both, NOW).left_s == 400


def test_a_time_that_nobody_knows_is_not_told() -> None:
    assert progress_of([queued(1), queued(2)], NOW).text == "0 of 2 done"
    assert progress_of([queued(1, payload="{"), queued(2, payload="[1]")], NOW).left_s is None


def test_what_had_ended_before_anything_of_this_was_queued_is_not_counted() -> None:
    old = [done(n, began=9000, ended=8000, queued=9100) for n in range(5)]
    whole = progress_of([*old, done(9, began=90, ended=80), queued(1)], NOW)
    assert (whole.ended, whole.total) == (1, 2)


def test_jobs_that_overlap_belong_together_however_long_it_takes() -> None:
    first = done(1, began=1000, ended=450, queued=1000)
    whole = progress_of([first, done(2, began=450, ended=80), queued(1)], NOW)
    assert (whole.ended, whole.total) == (2, 3)


def test_the_end_tells_what_became_of_them() -> None:
    jobs = [
        done(1, began=130, ended=70),
        done(2, began=70, ended=40, state=JobState.FAILED),
        done(3, began=40, ended=10, state=JobState.CANCELLED),
    ]
    whole = progress_of(jobs, NOW)
    assert whole.is_over
    assert whole.text == "1 done, 1 failed, 1 cancelled, in 2 min"


def test_what_was_interrupted_waits_for_a_person_and_is_not_counted() -> None:
    assert progress_of([record("a", JobState.INTERRUPTED)], NOW).total == 0
