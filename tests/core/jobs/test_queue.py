from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.errors import EngineCrashed, JournalError
from core.jobs.job import Job, JobContext, JobEvent, Notice, Progressed, Subject, SubjectKind
from core.jobs.job_record import JobState
from core.jobs.journal import Journal
from core.jobs.lanes import Lane, Stage
from core.jobs.queue import JobQueue
from core.platform.paths import Paths


@dataclass
class NoteJob:
    """A job that writes its text into a file; some words make it behave badly."""

    text: str
    lane: Lane = Lane.DISK
    kind: str = "note"
    loads: str = ""
    began: threading.Event = field(default_factory=threading.Event)

    @property
    def title(self) -> str:
        return self.text

    @property
    def subject(self) -> Subject:
        return Subject(SubjectKind.CLIP, self.text)

    def payload(self) -> str:
        return self.text

    def store_inputs(self, folder: Path) -> None:
        if self.text.startswith("keep"):
            folder.mkdir(parents=True)
            (folder / "note").write_text(self.text, encoding="utf-8")
        if "unkept" in self.text:
            raise JournalError("It cannot be kept.")

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        return (Path(self.text.split()[-1]),) if self.text.startswith("leave") else ()

    def run(self, ctx: JobContext) -> Path:
        self.began.set()
        ctx.report(Progressed(stage=Stage.WRITE, fraction=0.5))
        ctx.report(Progressed(stage=Stage.WRITE, fraction=0.2, message="back"))
        if self.text.startswith("leave"):
            self.partial_files("")[0].write_text("half", encoding="utf-8")
        match self.text.split()[0]:
            case "hang" | "leave":
                ctx.cancel.wait(60)
            case "die":
                while not ctx.cancel.cancelled:
                    time.sleep(0.01)
                raise EngineCrashed("killed")
            case "raise":
                raise ZeroDivisionError("a defect")
            case "ticket":
                if ctx.ticket is None:
                    ctx.save_ticket("remote-7")
                    raise EngineCrashed("lost the connection", hint="Resume.")
                (ctx.workdir.parent / "fetched").write_text(ctx.ticket, encoding="utf-8")
            case "keep":
                assert ctx.inputs_dir is not None
                assert (ctx.inputs_dir / "note").read_text(encoding="utf-8") == self.text
                if "once more" in self.text and ctx.ticket is None:
                    ctx.save_ticket("second")
                    raise EngineCrashed("killed")
            case "repeat":
                for _ in range(3):
                    ctx.report(Progressed(stage=Stage.WRITE, fraction=0.7, message="again"))
            case "note":
                ctx.report(Notice(message="by the way"))
            case _:
                pass
        (ctx.workdir / "half").touch()
        result = ctx.workdir.parent / f"{ctx.job_id}.txt"
        result.write_text(self.text, encoding="utf-8")
        return result


class Events:
    def __init__(self, queue: JobQueue) -> None:
        self.seen: list[tuple[str, JobEvent]] = []
        queue.subscribe(lambda update: self.seen.append((update.job_id, update.event)))

    def names(self, job_id: str) -> list[str]:
        return [event.event for seen_id, event in self.seen if seen_id == job_id]


def make_note(payload: str) -> Job:
    return NoteJob(payload)


def open_queue(paths: Paths) -> JobQueue:
    journal = Journal(paths.journal_file)
    return JobQueue(journal, paths.work_dir, paths.inputs_dir, {"note": make_note})


@pytest.fixture
def queue(paths: Paths) -> JobQueue:
    return open_queue(paths)


@pytest.fixture
def events(queue: JobQueue) -> Events:
    return Events(queue)


def start(queue: JobQueue, job_id: str) -> threading.Thread:
    thread = threading.Thread(target=queue.run_job, args=(job_id,))
    thread.start()
    wait_for(lambda: queue.job(job_id).progress is not None)
    return thread


def wait_for(condition) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


def test_what_is_kept_for_a_job_stays_until_the_job_is_forgotten(
    queue: JobQueue, paths: Paths
) -> None:
    first = queue.submit(NoteJob("keep once more"))
    assert queue.run_job(first).event == "failed"
    assert queue.run_job(queue.resume(first)).event == "succeeded"
    waiting = queue.submit(NoteJob("keep waiting"))
    assert kept(paths) == {first, waiting}
    queue.clear()
    assert kept(paths) == {waiting}
    assert queue.run_job(waiting).event == "succeeded"


def test_job_that_cannot_be_kept_is_not_queued(queue: JobQueue, paths: Paths) -> None:
    with pytest.raises(JournalError, match="cannot be kept"):
        queue.submit(NoteJob("keep unkept"))
    assert queue.jobs() == ()
    assert kept(paths) == set()


def test_what_was_kept_for_a_job_that_was_never_written_down_is_cleared(
    queue: JobQueue, paths: Paths
) -> None:
    for name, age_s in (("killed", 7200), ("being-queued", 0)):
        folder = paths.inputs_dir / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age_s, time.time() - age_s))
    queue.clear()
    assert kept(paths) == {"being-queued"}


def kept(paths: Paths) -> set[str]:
    return {folder.name for folder in paths.inputs_dir.iterdir()}


def test_report_that_changes_nothing_is_not_passed_on(queue: JobQueue, events: Events) -> None:
    job_id = queue.submit(NoteJob("repeat"))
    queue.run_job(job_id)
    messages = [event.message for _, event in events.seen if isinstance(event, Progressed)]
    assert messages == ["", "back", "again"]


def test_job_runs_and_tells_each_step_once(queue: JobQueue, events: Events) -> None:
    job_id = queue.submit(NoteJob("hello"))
    outcome = queue.run_job(job_id)
    assert events.names(job_id) == ["queued", "started", "progressed", "progressed", "succeeded"]
    record = queue.job(job_id)
    assert record.state is JobState.SUCCEEDED
    assert record.path is not None
    assert outcome.event == "succeeded"
    assert record.path.read_text(encoding="utf-8") == "hello"


def test_fraction_never_falls(queue: JobQueue, events: Events) -> None:
    queue.run_job(queue.submit(NoteJob("hello")))
    fractions = [event.fraction for _, event in events.seen if isinstance(event, Progressed)]
    assert fractions == [0.5, 0.5]


def test_work_folder_is_gone_however_the_job_ends(queue: JobQueue, paths: Paths) -> None:
    for text in ("hello", "raise", "ticket"):
        job_id = queue.submit(NoteJob(text))
        queue.run_job(job_id)
        assert not (paths.work_dir / job_id).exists()


def test_defect_in_a_job_fails_that_job_and_is_logged_once(
    queue: JobQueue, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = queue.submit(NoteJob("raise"))
    queue.run_job(job_id)
    assert events.names(job_id)[-1] == "failed"
    error = queue.job(job_id).error
    assert error is not None
    assert "ZeroDivisionError" in error.message
    assert len(caplog.records) == 1
    assert queue.run_job(queue.submit(NoteJob("next"))).event == "succeeded"


def test_cancel_while_running_ends_the_job(queue: JobQueue, events: Events) -> None:
    job_id = queue.submit(NoteJob("hang"))
    thread = start(queue, job_id)
    queue.cancel(job_id)
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert queue.job(job_id).state is JobState.CANCELLED
    assert events.names(job_id)[-1] == "cancelled"


def test_error_caused_by_the_stop_counts_as_cancelled(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("die"))
    thread = start(queue, job_id)
    queue.cancel(job_id)
    thread.join(timeout=5)
    assert queue.job(job_id).state is JobState.CANCELLED


def test_cancel_removes_what_the_job_left_outside(queue: JobQueue, tmp_path: Path) -> None:
    job_id = queue.submit(NoteJob(f"leave {tmp_path / 'half.part'}"))
    thread = start(queue, job_id)
    queue.cancel(job_id)
    thread.join(timeout=5)
    assert not (tmp_path / "half.part").exists()


def test_cancel_before_the_start_never_starts(queue: JobQueue, events: Events) -> None:
    job_id = queue.submit(NoteJob("hello"))
    queue.cancel(job_id)
    assert queue.run_job(job_id).event == "cancelled"
    assert events.names(job_id) == ["queued", "cancelled"]


def test_ended_job_does_not_run_again_by_itself(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hello"))
    queue.run_job(job_id)
    with pytest.raises(JournalError, match="not waiting to be run"):
        queue.run_job(job_id)


def test_ended_job_cannot_be_cancelled(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hello"))
    queue.run_job(job_id)
    with pytest.raises(JournalError, match="already succeeded"):
        queue.cancel(job_id)


def test_lane_with_one_place_runs_jobs_one_after_the_other(queue: JobQueue, events: Events) -> None:
    first = queue.submit(NoteJob("hang", lane=Lane.GPU))
    second = queue.submit(NoteJob("hello", lane=Lane.GPU))
    running = start(queue, first)
    waiting = threading.Thread(target=queue.run_job, args=(second,))
    waiting.start()
    wait_for(lambda: "noted" in events.names(second))
    assert "started" not in events.names(second)
    queue.cancel(first)
    running.join(timeout=5)
    waiting.join(timeout=5)
    assert events.names(second)[-1] == "succeeded"
    assert queue.job(second).notes == ("Another job is running; this one waits for it.",)


def test_cancel_while_waiting_for_a_place_ends_the_wait(queue: JobQueue, events: Events) -> None:
    first = queue.submit(NoteJob("hang", lane=Lane.GPU))
    second = queue.submit(NoteJob("hello", lane=Lane.GPU))
    running = start(queue, first)
    waiting = threading.Thread(target=queue.run_job, args=(second,))
    waiting.start()
    wait_for(lambda: "noted" in events.names(second))
    queue.cancel(second)
    waiting.join(timeout=5)
    assert events.names(second) == ["queued", "noted", "cancelled"]
    queue.cancel(first)
    running.join(timeout=5)


def test_worker_takes_jobs_in_order_until_closed(queue: JobQueue, events: Events) -> None:
    ids = [queue.submit(NoteJob(str(number))) for number in range(3)]
    worker = threading.Thread(target=queue.run, args=(Lane.DISK,))
    worker.start()
    wait_for(lambda: queue.job(ids[-1]).state is JobState.SUCCEEDED)
    queue.close()
    worker.join(timeout=5)
    assert not worker.is_alive()
    assert [job_id for job_id, event in events.seen if event.event == "started"] == ids


def test_close_leaves_the_running_job_to_be_resumed(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hang"))
    thread = start(queue, job_id)
    queue.close()
    thread.join(timeout=5)
    assert queue.job(job_id).state is JobState.INTERRUPTED


def test_unsubscribed_listener_hears_nothing(queue: JobQueue) -> None:
    seen: list[str] = []
    stop = queue.subscribe(lambda update: seen.append(update.job_id))
    stop()
    stop()
    queue.submit(NoteJob("hello"))
    assert seen == []


def test_failed_job_keeps_its_ticket_and_resumes_with_it(queue: JobQueue, paths: Paths) -> None:
    job_id = queue.submit(NoteJob("ticket"))
    assert queue.run_job(job_id).event == "failed"
    assert queue.job(job_id).ticket == "remote-7"
    assert queue.run_job(queue.resume(job_id)).event == "succeeded"
    assert (paths.work_dir / "fetched").read_text(encoding="utf-8") == "remote-7"
    assert queue.job(job_id).ticket is None


def test_finished_job_is_not_resumed(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hello"))
    queue.run_job(job_id)
    with pytest.raises(JournalError, match="nothing to resume"):
        queue.resume(job_id)


def test_job_is_found_by_the_first_letters_of_its_id(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hello"))
    assert queue.job(job_id[:8]).id == job_id
    with pytest.raises(JournalError, match=f"Did you mean {job_id}"):
        queue.job(job_id[:-1] + "~")


def test_no_letters_at_all_name_no_job_even_where_there_is_one_only(queue: JobQueue) -> None:
    queue.submit(NoteJob("hello"))
    for text in ("", " "):
        with pytest.raises(JournalError, match="There is no job"):
            queue.cancel(text)


def test_clear_forgets_ended_jobs_and_keeps_files(queue: JobQueue) -> None:
    done = queue.submit(NoteJob("hello"))
    queue.run_job(done)
    path = queue.job(done).path
    waiting = queue.submit(NoteJob("later"))
    assert [record.id for record in queue.clear()] == [done]
    assert [record.id for record in queue.jobs()] == [waiting]
    assert path is not None
    assert path.exists()


def test_notes_are_kept_with_the_job(queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("note"))
    queue.run_job(job_id)
    assert queue.job(job_id).notes == ("by the way",)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00rubbish"])
def test_damaged_journal_is_set_aside_whole_and_told(paths: Paths, content: bytes) -> None:
    paths.journal_file.parent.mkdir(parents=True)
    paths.journal_file.write_bytes(content)
    queue = open_queue(paths)
    bad = paths.journal_file.with_name("jobs.sqlite.bad")
    assert bad.read_bytes() == content
    assert str(bad) in queue.notes[0]
    assert queue.run_job(queue.submit(NoteJob("hello"))).event == "succeeded"


def test_journal_with_torn_pages_is_set_aside(paths: Paths) -> None:
    queue = open_queue(paths)
    for number in range(50):
        queue.submit(NoteJob("x" * 100 + str(number)))
    whole = bytearray(paths.journal_file.read_bytes())
    whole[4096:] = b"\xa5" * (len(whole) - 4096)
    paths.journal_file.write_bytes(whole)
    reopened = open_queue(paths)
    assert "damaged" in reopened.notes[0]
    assert reopened.jobs() == ()


def test_an_empty_journal_is_told_and_kept(paths: Paths) -> None:
    paths.journal_file.parent.mkdir(parents=True)
    paths.journal_file.touch()
    queue = open_queue(paths)
    assert "it is empty" in queue.notes[0]
    assert str(paths.journal_file) in queue.notes[0]
    assert paths.journal_file.with_name("jobs.sqlite.bad").read_bytes() == b""
    assert queue.run_job(queue.submit(NoteJob("hello"))).event == "succeeded"
    assert open_queue(paths).notes == ()


@pytest.mark.parametrize("missing", [1, 500])
def test_a_journal_whose_end_is_missing_is_told_and_used(paths: Paths, missing: int) -> None:
    job_id = open_queue(paths).submit(NoteJob("hello"))
    whole = paths.journal_file.read_bytes()
    paths.journal_file.write_bytes(whole[:-missing])
    queue = open_queue(paths)
    assert f"{missing} byte" in queue.notes[0]
    bad = paths.journal_file.with_name("jobs.sqlite.bad")
    assert bad.read_bytes() == whole[:-missing]
    assert str(bad) in queue.notes[0]
    assert queue.job(job_id).title == "hello"
    queue.submit(NoteJob("next"))
    assert paths.journal_file.stat().st_size % 4096 == 0
    assert open_queue(paths).notes == ()


def test_a_first_start_and_two_at_once_say_nothing(paths: Paths) -> None:
    opened: list[JobQueue] = []
    threads = [threading.Thread(target=lambda: opened.append(open_queue(paths))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [queue.notes for queue in opened] == [()] * 6
    assert [path.name for path in paths.journal_file.parent.iterdir()] == ["jobs.sqlite"]


def test_a_change_that_a_kill_cut_short_is_undone_and_never_reaches_a_new_journal(
    paths: Paths,
) -> None:
    job_id = open_queue(paths).submit(NoteJob("hello"))
    path, half = paths.journal_file, paths.journal_file.with_name("jobs.sqlite-journal")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA cache_size = 1")
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE jobs SET title = 'half', payload = ?", ("x" * 200_000,))
    content, rollback = path.read_bytes(), half.read_bytes()
    db.execute("ROLLBACK")
    db.close()
    path.write_bytes(content)
    half.write_bytes(rollback)
    assert open_queue(paths).job(job_id).title == "hello"
    # A person removes the journal by hand and leaves its companion.
    path.unlink()
    half.write_bytes(rollback)
    queue = open_queue(paths)
    assert queue.jobs() == ()
    assert queue.run_job(queue.submit(NoteJob("next"))).event == "succeeded"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "paused"),
        ("lane", "quantum"),
        ("created_at", "1e30"),
        ("created_at", "soon"),
        ("progress", '{"event": "teleported"}'),
        ("outcome", "{"),
    ],
)
def test_a_job_that_this_version_cannot_read_is_left_out_and_told(
    paths: Paths, queue: JobQueue, column: str, value: str
) -> None:
    strange, plain = queue.submit(NoteJob("strange")), queue.submit(NoteJob("plain"))
    with sqlite3.connect(paths.journal_file) as db:
        db.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (value, strange))
    db.close()
    other = open_queue(paths)
    assert [record.id for record in other.jobs()] == [plain]
    assert strange in other.notes[0]
    assert "clear --interrupted" in other.notes[0]
    with pytest.raises(JournalError, match=f"Job {strange} .* or is damaged"):
        other.job(strange)
    assert queue.run_job(plain).event == "succeeded"
    assert [record.id for record in other.clear()] == [plain]
    assert strange in open_queue(paths).notes[0]
    other.clear(interrupted=True)
    assert open_queue(paths).notes == ()


def test_a_journal_that_is_removed_while_a_job_runs_costs_no_job(
    paths: Paths, queue: JobQueue, events: Events
) -> None:
    job_id = queue.submit(NoteJob("hang"))
    thread = start(queue, job_id)
    shutil.rmtree(paths.journal_file.parent / "owners")
    paths.journal_file.unlink()
    other = queue.submit(NoteJob("note"))
    assert queue.run_job(other).event == "succeeded"
    queue.close()
    thread.join(timeout=5)
    assert events.names(other)[-1] == "succeeded"


def test_journal_of_a_newer_version_is_refused_and_left_alone(paths: Paths) -> None:
    open_queue(paths)
    with sqlite3.connect(paths.journal_file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = paths.journal_file.read_bytes()
    with pytest.raises(JournalError, match="newer version"):
        open_queue(paths)
    assert paths.journal_file.read_bytes() == before


def test_journal_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be made"):
        open_queue(Paths.below(tmp_path / "file"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_full_disk_under_the_journal_is_told(queue: JobQueue) -> None:
    import resource

    # A limit on this process's files stands in for the end of the disk.
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(JournalError, match="Check that its disk has space"):
            queue.submit(NoteJob("x" * 5_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert queue.jobs() == ()


def test_job_of_an_unknown_kind_fails_with_a_sentence(paths: Paths, queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hello", kind="from-the-future"))
    queue.run_job(job_id)
    error = queue.job(job_id).error
    assert error is not None
    assert "does not know" in error.message


def test_orphan_that_nobody_can_build_any_more_is_still_listed(
    paths: Paths, queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = queue.submit(NoteJob("hello", kind="from-the-future"))
    with sqlite3.connect(paths.journal_file) as db:
        db.execute("UPDATE jobs SET owner = 'gone'")
    db.close()
    assert queue.job(job_id).state is JobState.INTERRUPTED
    assert "does not know" in caplog.text


def test_process_that_is_alive_keeps_its_jobs(paths: Paths, queue: JobQueue) -> None:
    job_id = queue.submit(NoteJob("hello"))
    other = open_queue(paths)
    assert other.job(job_id).state is JobState.QUEUED
    with pytest.raises(JournalError, match="nothing to resume"):
        other.resume(job_id)
