from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.jobs.job_record import JobState
from core.platform.paths import Paths
from core.services.polling import Ticket
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from gui.background import Background
from gui.jobs.job_bridge import JobBridge
from gui.jobs.jobs_area import RenderWorker, Workers
from gui.jobs.jobs_controller import JobsController, MoveJob
from gui.jobs.jobs_model import JobsModel
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError


class QueueSetup:
    """The queue's side of the window, wired as the window wires it."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.studio = Studio([ENTRY], paths=Paths.below(home))
        self.queue = self.studio.queue
        self.background = Background()
        self.bridge = JobBridge(self.queue.subscribe)
        self.workers = Workers(self.queue)
        self.model = JobsModel(self.queue.jobs, self.background)
        self.folders: list[Path] = []
        self.has_file_manager = True
        self.controller = JobsController(self.studio, self.background, show_folder=self.show_folder)
        self.errors: list[StudioError] = []
        self.lines: list[str] = []
        self.bridge.news.connect(self.model.take)
        self.controller.changed.connect(self.model.refresh)
        self.controller.failed.connect(self.errors.append)
        self.model.message.connect(lambda line: self.lines.append(line.text))
        self.model.refresh()

    def show_folder(self, folder: Path) -> bool:
        self.folders.append(folder)
        return self.has_file_manager

    def render(self, words: str) -> str:
        request = RenderRequest(
            target=Target(provider="fake", deployment="local", model="fake-small"),
            prompt=words,
            sampling=Sampling(seed=7),
        )
        return self.studio.submit_render(self.studio.plan(request))

    def state(self, job_id: str) -> JobState | None:
        record = self.model.find(job_id)
        return None if record is None else record.state

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=15_000)

    def settle(self) -> None:
        self.until(lambda: self.background.is_idle)

    def close(self) -> None:
        self.bridge.close()
        assert self.workers.stop()
        self.background.close()
        self.studio.close()


@pytest.fixture
def setup(tmp_path: Path, qtbot: QtBot) -> Iterator[QueueSetup]:
    setup = QueueSetup(tmp_path / "home", qtbot)
    yield setup
    setup.close()


def test_renders_are_seen_from_the_queue_to_the_clip(setup: QueueSetup, responsive: object) -> None:
    ids = [setup.render(words) for words in ("slow one", "fail", "two")]
    setup.workers.start()
    setup.until(lambda: setup.state(ids[2]) is JobState.SUCCEEDED)
    assert setup.state(ids[0]) is JobState.SUCCEEDED
    assert setup.state(ids[1]) is JobState.FAILED
    failed = setup.model.find(ids[1])
    assert failed is not None
    assert failed.error is not None
    assert failed.error.hint == "Don't."
    begins = [line.split(":")[0] for line in setup.lines]
    assert begins == ["Started", "Done", "Started", "Failed", "Started", "Done"]


def test_cancel_while_it_runs_is_seen_within_a_second(setup: QueueSetup) -> None:
    job_id = setup.render("hang")
    setup.workers.start()
    setup.until(lambda: setup.state(job_id) is JobState.RUNNING)
    began = time.monotonic()
    setup.controller.cancel((job_id,))
    setup.until(lambda: setup.state(job_id) is JobState.CANCELLED)
    assert time.monotonic() - began < 1


def test_retry_does_it_after_all(setup: QueueSetup) -> None:
    job_id = setup.render("hang")
    setup.controller.cancel((job_id,))
    setup.settle()
    setup.until(lambda: setup.state(job_id) is JobState.CANCELLED)
    setup.controller.retry((job_id,))
    setup.settle()
    setup.until(lambda: setup.state(job_id) is JobState.QUEUED)


def test_lost_order_is_fetched_by_its_id_or_bought_again(setup: QueueSetup) -> None:
    found, missing = setup.render("hang"), setup.render("hang too")
    setup.controller.cancel((found, missing))
    setup.settle()
    setup.controller.fetch(found, "render-17")
    setup.controller.order_again(missing)
    setup.settle()
    setup.until(lambda: setup.state(found) is JobState.QUEUED)
    assert "render-17" in (setup.queue.job(found).ticket or "")
    states = [record.state for record in setup.queue.jobs()]
    assert states.count(JobState.QUEUED) == 2
    assert setup.state(missing) is JobState.CANCELLED
    setup.controller.fetch(found, "render-18")
    setup.settle()
    assert [error.message for error in setup.errors] == [
        f"Job {found} is queued; nothing is missing."
    ]


def test_lost_order_that_never_arrived_is_struck(setup: QueueSetup) -> None:
    job_id = setup.render("hang")
    setup.controller.cancel((job_id,))
    setup.settle()
    # As it stands in the journal while nobody knows whether the order was taken.
    lost = Ticket(attempt="one", ordered_at=datetime.now(UTC)).model_dump_json()
    setup.queue.attach(job_id, lost)
    setup.controller.strike(job_id)
    setup.settle()
    setup.until(lambda: setup.queue.job(job_id).ticket is None)
    setup.controller.strike(job_id)
    setup.settle()
    (error,) = setup.errors
    assert "no order of which something is unknown" in error.message


def test_moves_follow_each_other(setup: QueueSetup) -> None:
    first, second, third = (setup.render(words) for words in ("one", "two", "three"))
    setup.until(lambda: setup.model.rowCount() == 3)
    setup.controller.move(MoveJob(third, second))
    setup.controller.move(MoveJob(third, first))
    setup.until(lambda: setup.background.is_idle)
    assert [record.id for record in setup.queue.jobs()] == [third, first, second]
    setup.until(lambda: [job.id for job in setup.model.records] == [third, first, second])


def test_move_that_comes_too_late_is_told_and_the_true_order_shown(setup: QueueSetup) -> None:
    first, second, third = (setup.render(words) for words in ("one", "two", "three"))
    setup.until(lambda: setup.model.rowCount() == 3)
    setup.queue.cancel(first)
    setup.model.move(third, first)
    setup.controller.move(MoveJob(third, first))
    setup.controller.move(MoveJob(third, second))
    setup.until(lambda: setup.background.is_idle)
    assert [error.message for error in setup.errors] == [
        f"Job {first} does not wait here, so it has no turn."
    ]
    setup.until(lambda: [job.id for job in setup.model.records] == [second, third, first])


def test_of_several_jobs_one_that_cannot_be_cancelled_does_not_save_the_others(
    setup: QueueSetup,
) -> None:
    done, waiting = setup.render("one"), setup.render("two")
    setup.queue.run_job(done)
    setup.controller.cancel((done, waiting))
    setup.settle()
    assert [error.message for error in setup.errors] == [
        f"Job {done} has already succeeded, so it cannot be cancelled."
    ]
    setup.until(lambda: setup.state(waiting) is JobState.CANCELLED)


def test_paused_queue_starts_nothing_and_goes_on(setup: QueueSetup) -> None:
    setup.controller.pause(is_paused=True)
    setup.settle()
    assert setup.queue.is_paused
    job_id = setup.render("one")
    setup.workers.start()
    setup.qtbot.wait(300)
    assert setup.state(job_id) is JobState.QUEUED
    setup.controller.pause(is_paused=False)
    setup.settle()
    setup.until(lambda: setup.state(job_id) is JobState.SUCCEEDED)


def test_interrupted_jobs_go_on_in_order(setup: QueueSetup) -> None:
    ids = [setup.render(words) for words in ("one", "two")]
    setup.until(lambda: setup.model.rowCount() == 2)
    with sqlite3.connect(setup.studio.paths.journal_file) as db:
        db.execute("UPDATE jobs SET owner = 'gone'")
    db.close()
    setup.model.refresh()
    setup.until(lambda: setup.state(ids[0]) is JobState.INTERRUPTED)
    setup.controller.resume_all()
    setup.settle()
    setup.workers.start()
    setup.until(lambda: setup.state(ids[1]) is JobState.SUCCEEDED)
    assert [line for line in setup.lines if line.startswith("Started")] == [
        "Started: fake-small: one",
        "Started: fake-small: two",
    ]


def test_cleared_jobs_are_gone_and_their_files_stay(setup: QueueSetup) -> None:
    done, waiting = setup.render("one"), setup.render("two")
    setup.queue.run_job(done)
    path = setup.queue.job(done).path
    setup.controller.clear()
    setup.settle()
    setup.until(lambda: [job.id for job in setup.model.records] == [waiting])
    assert path is not None
    assert path.exists()


def test_folder_of_a_file_is_shown(setup: QueueSetup, tmp_path: Path) -> None:
    clip = tmp_path / "ball.mp4"
    clip.touch()
    setup.controller.show_folder(clip)
    setup.settle()
    setup.controller.show_folder(tmp_path)
    setup.settle()
    assert setup.folders == [tmp_path, tmp_path]
    assert setup.errors == []


def test_file_that_is_gone_and_desktop_without_file_manager_are_told(
    setup: QueueSetup, tmp_path: Path
) -> None:
    setup.controller.show_folder(tmp_path / "gone.mp4")
    setup.settle()
    assert "is not there any more" in setup.errors[0].message
    setup.has_file_manager = False
    setup.controller.show_folder(tmp_path)
    setup.settle()
    assert "no program" in setup.errors[1].message


def test_close_during_a_render_leaves_nothing_running(setup: QueueSetup) -> None:
    job_id = setup.render("hang")
    setup.workers.start()
    setup.until(lambda: setup.state(job_id) is JobState.RUNNING)
    began = time.monotonic()
    setup.close()
    assert time.monotonic() - began < 2
    assert not any(one.isRunning() for one in setup.workers.findChildren(RenderWorker))
    assert setup.queue.job(job_id).state is JobState.INTERRUPTED
