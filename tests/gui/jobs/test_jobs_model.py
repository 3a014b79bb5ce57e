"""The list of jobs: what is read of the journal, and what the events change in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import JournalError, StudioError
from core.jobs.job import (
    Cancelled,
    ErrorReport,
    Failed,
    JobUpdate,
    Progressed,
    Queued,
    Started,
    Succeeded,
)
from core.jobs.job_record import JobRecord, JobState
from core.jobs.lanes import Stage
from gui.jobs import job_text
from gui.jobs.jobs_model import JobsModel
from tests.fakes.job_records import one_of_each, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytestqt.qtbot import QtBot

    from gui.background import Background


class Journal:
    """What a model reads, changed by the test between the readings."""

    def __init__(self, *records: JobRecord) -> None:
        self.records = list(records)
        self.readings = 0
        self.error: StudioError | None = None

    def read(self, _: int) -> Sequence[JobRecord]:
        self.readings += 1
        if self.error is not None:
            raise self.error
        return list(self.records)


def open_model(journal: Journal, background: Background, qtbot: QtBot) -> JobsModel:
    model = JobsModel(journal.read, background)
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    return model


def test_new_job_is_read_and_its_events_are_not_lost(background: Background, qtbot: QtBot) -> None:
    journal = Journal()
    model = open_model(journal, background, qtbot)
    journal.records.append(record("new"))
    for event in (Queued(), Started(), Progressed(stage=Stage.LOAD, fraction=0.3)):
        model.take(JobUpdate("new", None, event))
    qtbot.waitUntil(lambda: model.find("new") is not None)
    job = model.find("new")
    assert job is not None
    assert job.state is JobState.RUNNING
    assert job.progress == Progressed(stage=Stage.LOAD, fraction=0.3)


def test_job_that_is_queued_while_the_list_is_read_is_read_next(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal()
    model = JobsModel(journal.read, background)
    model.refresh()
    model.take(JobUpdate("new", None, Queued()))
    journal.records.append(record("new"))
    qtbot.waitUntil(lambda: model.find("new") is not None)


def test_event_during_a_reading_wins_over_what_was_read(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal(record("a", JobState.RUNNING))
    model = open_model(journal, background, qtbot)
    messages: list[str] = []
    model.message.connect(lambda line: messages.append(line.text))
    model.refresh()
    model.take(JobUpdate("a", None, Failed(error=ErrorReport(kind="RenderFailed", message="No."))))
    qtbot.waitUntil(lambda: background.is_idle)
    job = model.find("a")
    assert job is not None
    assert job.state is JobState.FAILED
    assert messages == ["Failed: fake-small: a. No."]


def test_job_that_nobody_knows_is_asked_for_once(background: Background, qtbot: QtBot) -> None:
    journal = Journal(record("a"))
    model = open_model(journal, background, qtbot)
    model.take(JobUpdate("cleared", None, Queued()))
    qtbot.waitUntil(lambda: background.is_idle)
    qtbot.wait(50)
    assert journal.readings == 2
    assert model.find("cleared") is None


def test_bar_does_not_fall_back_to_what_the_journal_knew(
    background: Background, qtbot: QtBot
) -> None:
    early = Progressed(stage=Stage.DENOISE, fraction=0.2)
    journal = Journal(record("a", JobState.RUNNING, progress=early))
    model = open_model(journal, background, qtbot)
    model.take(JobUpdate("a", None, Progressed(stage=Stage.DENOISE, fraction=0.6)))
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    job = model.find("a")
    assert job is not None
    assert job.progress is not None
    assert job.progress.fraction == 0.6


def test_missing_image_of_the_clip_so_far_is_no_matter(
    background: Background, qtbot: QtBot, tmp_path: Path
) -> None:
    model = open_model(Journal(record("a", JobState.RUNNING)), background, qtbot)
    event = Progressed(stage=Stage.DENOISE, fraction=0.5, preview=tmp_path / "gone.png")
    model.take(JobUpdate("a", None, event))
    qtbot.waitUntil(lambda: background.is_idle)
    assert model.find("a") is not None


def test_numbers_are_told_when_they_change(background: Background, qtbot: QtBot) -> None:
    journal = Journal()
    model = JobsModel(journal.read, background)
    sums: list[str] = []
    model.summary_changed.connect(lambda summary: sums.append(str(summary)))
    journal.records = one_of_each()
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    model.take(JobUpdate("running", None, Progressed(stage=Stage.DENOISE, fraction=0.9)))
    model.take(JobUpdate("first", None, Started()))
    model.take(JobUpdate("first", None, Cancelled()))
    # What ended took half a minute each.
    assert sums == [
        "3 of 7 done, 1 failed, about 2 min 1 s left, 1 interrupted",
        "3 of 7 done, 1 failed, about 1 min 30 s left, 1 interrupted",
        "4 of 7 done, 1 failed, about 1 min left, 1 interrupted",
    ]


def test_unreadable_journal_is_told_and_the_list_stays(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal(record("a"))
    model = open_model(journal, background, qtbot)
    messages: list[StudioError] = []
    model.failed.connect(messages.append)
    journal.error = JournalError("The job journal cannot be used.")
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    assert messages == [journal.error]
    assert model.rowCount() == 1


def test_jobs_are_called_as_the_project_calls_them(background: Background, qtbot: QtBot) -> None:
    journal = Journal(record("a"), record("b"))
    model = open_model(journal, background, qtbot)
    names = {"a": "Scene 12: a red ball"}
    model.name_jobs(lambda job: names.get(job.id))
    qtbot.waitUntil(lambda: background.is_idle)
    assert [job.title for job in model.records] == ["Scene 12: a red ball", "fake-small: b"]
    model.name_jobs(None)
    qtbot.waitUntil(lambda: background.is_idle)
    assert [job.title for job in model.records] == ["fake-small: a", "fake-small: b"]


def test_progress_is_shown_at_once_while_the_journal_is_read(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal(record("a", JobState.RUNNING))
    model = open_model(journal, background, qtbot)
    model.refresh()
    model.take(JobUpdate("a", None, Progressed(stage=Stage.DENOISE, fraction=0.76)))
    job = model.find("a")
    assert job is not None
    assert job_text.fraction(job) == 0.76
    qtbot.waitUntil(lambda: background.is_idle)


def test_the_end_of_the_queue_is_told_once(background: Background, qtbot: QtBot) -> None:
    journal = Journal(record("a", JobState.RUNNING), record("b"))
    model = open_model(journal, background, qtbot)
    ends: list[str] = []
    model.finished.connect(lambda whole: ends.append(whole.text))
    error = ErrorReport(kind="RenderFailed", message="No.")
    model.take(JobUpdate("a", None, Succeeded(path=Path("/films/a.mp4"))))
    assert ends == []
    model.take(JobUpdate("b", None, Started()))
    model.take(JobUpdate("b", None, Failed(error=error)))
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    assert len(ends) == 1
    assert ends[0].startswith("1 done, 1 failed, in ")
