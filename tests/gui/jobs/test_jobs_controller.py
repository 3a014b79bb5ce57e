from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from core.jobs.job import Lane
from core.jobs.job_record import JobState
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling, Target
from gui.background import Background
from gui.jobs.job_bridge import JobBridge
from gui.jobs.job_requests import (
    CancelJobs,
    ClearJobs,
    ContinueJobs,
    JobWish,
    MoveJob,
    PauseQueue,
    RetryJobs,
    ShowFolder,
)
from gui.jobs.jobs_controller import JobsDesk
from gui.jobs.jobs_model import JobsModel
from gui.jobs.render_worker import Workers
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError


class Office:
    """The queue's side of the window, wired as the window wires it."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.studio = Studio([ENTRY], paths=Paths.below(home))
        self.queue = self.studio.queue
        self.background = Background()
        self.bridge = JobBridge(self.queue)
        self.workers = Workers(self.queue)
        self.model = JobsModel(self.queue.jobs, self.background)
        self.folders: list[Path] = []
        self.has_file_manager = True
        self.desk = JobsDesk(
            self.queue,
            self.background,
            resume=self.studio.resume,
            show_folder=self.show_folder,
        )
        self.errors: list[StudioError] = []
        self.lines: list[str] = []
        self.bridge.news.connect(self.model.take)
        self.desk.changed.connect(self.model.refresh)
        self.desk.failed.connect(self.errors.append)
        self.model.told.connect(lambda line: self.lines.append(line.text))
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

    def do(self, wish: JobWish) -> None:
        self.desk.fulfil(wish)
        self.until(lambda: self.background.is_idle)

    def close(self) -> None:
        self.bridge.close()
        assert self.workers.stop()
        self.background.close()
        self.studio.close()


@pytest.fixture
def office(tmp_path: Path, qtbot: QtBot) -> Iterator[Office]:
    office = Office(tmp_path / "home", qtbot)
    yield office
    office.close()


def test_renders_are_seen_from_the_queue_to_the_clip(office: Office, responsive: object) -> None:
    ids = [office.render(words) for words in ("slow one", "fail", "two")]
    office.workers.start()
    office.until(lambda: office.state(ids[2]) is JobState.SUCCEEDED)
    assert office.state(ids[0]) is JobState.SUCCEEDED
    assert office.state(ids[1]) is JobState.FAILED
    failed = office.model.find(ids[1])
    assert failed is not None
    assert failed.error is not None
    assert failed.error.hint == "Don't."
    begins = [line.split(":")[0] for line in office.lines]
    assert begins == ["Started", "Done", "Started", "Failed", "Started", "Done"]


def test_cancel_while_it_runs_is_seen_within_a_second(office: Office) -> None:
    job_id = office.render("hang")
    office.workers.start()
    office.until(lambda: office.state(job_id) is JobState.RUNNING)
    began = time.monotonic()
    office.desk.fulfil(CancelJobs((job_id,)))
    office.until(lambda: office.state(job_id) is JobState.CANCELLED)
    assert time.monotonic() - began < 1


def test_retry_does_it_after_all(office: Office) -> None:
    job_id = office.render("hang")
    office.do(CancelJobs((job_id,)))
    office.until(lambda: office.state(job_id) is JobState.CANCELLED)
    office.do(RetryJobs((job_id,)))
    office.until(lambda: office.state(job_id) is JobState.QUEUED)


def test_moves_follow_each_other(office: Office) -> None:
    first, second, third = (office.render(words) for words in ("one", "two", "three"))
    office.until(lambda: office.model.rowCount() == 3)
    office.desk.fulfil(MoveJob(third, second))
    office.desk.fulfil(MoveJob(third, first))
    office.until(lambda: office.background.is_idle)
    assert [record.id for record in office.queue.jobs()] == [third, first, second]
    office.until(lambda: [job.id for job in office.model.records] == [third, first, second])


def test_move_that_comes_too_late_is_told_and_the_true_order_shown(office: Office) -> None:
    first, second, third = (office.render(words) for words in ("one", "two", "three"))
    office.until(lambda: office.model.rowCount() == 3)
    office.queue.cancel(first)
    office.model.move(third, first)
    office.desk.fulfil(MoveJob(third, first))
    office.desk.fulfil(MoveJob(third, second))
    office.until(lambda: office.background.is_idle)
    assert [error.message for error in office.errors] == [
        f"Job {first} does not wait here, so it has no turn."
    ]
    office.until(lambda: [job.id for job in office.model.records] == [second, third, first])


def test_of_several_jobs_one_that_cannot_be_cancelled_does_not_save_the_others(
    office: Office,
) -> None:
    done, waiting = office.render("one"), office.render("two")
    office.queue.run_job(done)
    office.do(CancelJobs((done, waiting)))
    assert [error.message for error in office.errors] == [
        f"Job {done} has already succeeded, so it cannot be cancelled."
    ]
    office.until(lambda: office.state(waiting) is JobState.CANCELLED)


def test_paused_queue_starts_nothing_and_goes_on(office: Office) -> None:
    office.do(PauseQueue(is_paused=True))
    assert all(office.queue.is_paused(lane) for lane in Lane)
    job_id = office.render("one")
    office.workers.start()
    office.qtbot.wait(300)
    assert office.state(job_id) is JobState.QUEUED
    office.do(PauseQueue(is_paused=False))
    office.until(lambda: office.state(job_id) is JobState.SUCCEEDED)


def test_interrupted_jobs_go_on_in_order(office: Office) -> None:
    ids = [office.render(words) for words in ("one", "two")]
    office.until(lambda: office.model.rowCount() == 2)
    with sqlite3.connect(office.studio.paths.journal_file) as db:
        db.execute("UPDATE jobs SET owner_started = 0")
    db.close()
    office.model.refresh()
    office.until(lambda: office.state(ids[0]) is JobState.INTERRUPTED)
    office.do(ContinueJobs())
    office.workers.start()
    office.until(lambda: office.state(ids[1]) is JobState.SUCCEEDED)
    assert [line for line in office.lines if line.startswith("Started")] == [
        "Started: fake-small: one",
        "Started: fake-small: two",
    ]


def test_cleared_jobs_are_gone_and_their_files_stay(office: Office) -> None:
    done, waiting = office.render("one"), office.render("two")
    office.queue.run_job(done)
    path = office.queue.job(done).path
    office.do(ClearJobs())
    office.until(lambda: [job.id for job in office.model.records] == [waiting])
    assert path is not None
    assert path.exists()


def test_folder_of_a_file_is_shown(office: Office, tmp_path: Path) -> None:
    clip = tmp_path / "ball.mp4"
    clip.touch()
    office.do(ShowFolder(clip))
    office.do(ShowFolder(tmp_path))
    assert office.folders == [tmp_path, tmp_path]
    assert office.errors == []


def test_file_that_is_gone_and_desktop_without_file_manager_are_told(
    office: Office, tmp_path: Path
) -> None:
    office.do(ShowFolder(tmp_path / "gone.mp4"))
    assert "is not there any more" in office.errors[0].message
    office.has_file_manager = False
    office.do(ShowFolder(tmp_path))
    assert "no program" in office.errors[1].message


def test_close_during_a_render_leaves_nothing_running(office: Office) -> None:
    job_id = office.render("hang")
    office.workers.start()
    office.until(lambda: office.state(job_id) is JobState.RUNNING)
    began = time.monotonic()
    office.close()
    assert time.monotonic() - began < 2
    assert office.workers.running == 0
    assert office.queue.job(job_id).state is JobState.INTERRUPTED
