from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.jobs.job_record import JobState
from core.jobs.lanes import Lane
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from gui.jobs.jobs_area import RenderWorker, Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from core.studio import Studio


@pytest.fixture
def workers(studio: Studio, qtbot: QtBot) -> Iterator[Workers]:
    workers = Workers(studio.queue)
    yield workers
    assert workers.stop()


def threads_of(workers: Workers) -> int:
    return sum(worker.isRunning() for worker in workers.findChildren(RenderWorker))


def render(studio: Studio, words: str) -> str:
    request = RenderRequest(
        target=Target(provider="fake", deployment="local", model="fake-small"),
        prompt=words,
        sampling=Sampling(seed=7),
    )
    return studio.submit_render(studio.plan(request))


def state_of(studio: Studio, job_id: str) -> JobState:
    return studio.queue.job(job_id).state


def test_there_is_a_thread_for_every_place(studio: Studio, workers: Workers) -> None:
    assert threads_of(workers) == 0
    workers.start()
    assert threads_of(workers) == sum(studio.queue.places.values())
    assert studio.queue.places[Lane.GPU] == 1
    studio.queue.set_places(Lane.CLOUD, 7)
    workers.start()
    assert threads_of(workers) == sum(studio.queue.places.values()) == 12
    workers.stop()
    workers.start()
    assert threads_of(workers) == 0


def test_failures_never_stop_the_rest(studio: Studio, workers: Workers, qtbot: QtBot) -> None:
    ids = [render(studio, words) for words in ("fail", "one", "crash", "two", "short", "three")]
    workers.start()
    qtbot.waitUntil(lambda: state_of(studio, ids[-1]) is JobState.SUCCEEDED, timeout=20_000)
    good, bad = JobState.SUCCEEDED, JobState.FAILED
    assert [state_of(studio, job_id) for job_id in ids] == [bad, good, bad, good, bad, good]


def test_cancelled_render_ends_within_a_second_and_the_next_begins(
    studio: Studio, workers: Workers, qtbot: QtBot
) -> None:
    hanging, following = render(studio, "hang"), render(studio, "ball")
    workers.start()
    qtbot.waitUntil(lambda: state_of(studio, hanging) is JobState.RUNNING)
    began = time.monotonic()
    studio.queue.cancel(hanging)
    qtbot.waitUntil(lambda: state_of(studio, hanging) is JobState.CANCELLED)
    assert time.monotonic() - began < 1
    qtbot.waitUntil(lambda: state_of(studio, following) is JobState.SUCCEEDED)


def test_stop_during_a_render_leaves_it_to_be_resumed_and_no_thread(
    studio: Studio, workers: Workers, qtbot: QtBot
) -> None:
    running, waiting = render(studio, "hang"), render(studio, "ball")
    workers.start()
    qtbot.waitUntil(lambda: state_of(studio, running) is JobState.RUNNING)
    began = time.monotonic()
    assert workers.stop()
    assert time.monotonic() - began < 2
    assert threads_of(workers) == 0
    assert not any(thread.name.startswith("watch-") for thread in threading.enumerate())
    assert state_of(studio, running) is JobState.INTERRUPTED
    assert state_of(studio, waiting) is JobState.QUEUED
    assert not (studio.paths.work_dir / running).exists()


def test_stop_can_be_asked_for_without_waiting(
    studio: Studio, workers: Workers, qtbot: QtBot
) -> None:
    running = render(studio, "hang")
    workers.start()
    qtbot.waitUntil(lambda: state_of(studio, running) is JobState.RUNNING)
    began = time.monotonic()
    workers.stop(timeout_s=0)
    assert time.monotonic() - began < 0.05
    qtbot.waitUntil(lambda: threads_of(workers) == 0)
