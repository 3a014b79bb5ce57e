"""What is said of a job: in a row, in its details, and on the status console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.jobs.job import Cancelled, Failed, JobEvent, Notice, Progressed, Started, Succeeded
from core.jobs.job_record import JobRecord, JobState
from core.jobs.lanes import Stage
from core.platform.units import clock
from gui.theme import Tone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_STAGES = {
    Stage.DOWNLOAD: "Downloading",
    Stage.VERIFY: "Checking files",
    Stage.LOAD: "Loading the model",
    Stage.MAPS: "Drawing the maps",
    Stage.ENHANCE: "Enhancing the prompt",
    Stage.ENCODE: "Reading the prompt",
    Stage.ORDER: "Sending the order",
    Stage.WAIT: "Waiting",
    Stage.DENOISE: "Making the pictures",
    Stage.TRAIN: "Training the LoRA",
    Stage.DECODE: "Decoding the pictures",
    Stage.READ: "Reading clips",
    Stage.ASSEMBLE: "Putting the film together",
    Stage.MIX: "Mixing the sound",
    Stage.WRITE: "Writing the file",
}
_STATES = {
    JobState.QUEUED: "Waiting",
    JobState.RUNNING: "Starting",
    JobState.INTERRUPTED: "Interrupted, can be continued",
    JobState.SUCCEEDED: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}
_TONES = {
    JobState.INTERRUPTED: Tone.WARNING,
    JobState.SUCCEEDED: Tone.GOOD,
    JobState.FAILED: Tone.BAD,
}
_CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Line:
    """A sentence for the status console."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class ActionWords:
    """What an action is called, which depends on the chosen jobs."""

    text: str
    icon: str
    tip: str


_STOP = ActionWords("Stop", "close-circle-outline", "Stop the chosen jobs")
_PAUSE = ActionWords(
    "Pause job", "pause-circle-outline", "Stop the chosen jobs; they keep what is done"
)
_RETRY = ActionWords("Try again", "refresh", "Do the chosen jobs after all")
_CONTINUE = ActionWords("Continue job", "play-circle-outline", "Go on where the chosen jobs were")


def words_to_stop(stopped: Sequence[JobRecord]) -> ActionWords:
    """What stopping these jobs is called."""
    return _PAUSE if stopped and all(one.goes_on for one in stopped) else _STOP


def words_to_retry(retried: Sequence[JobRecord]) -> ActionWords:
    """What taking these jobs up again is called."""
    return _CONTINUE if retried and all(one.goes_on for one in retried) else _RETRY


def stage(progress: Progressed) -> str:
    """What the job is at: "Making the pictures, step 3 of 8"."""
    words = _STAGES[progress.stage]
    if progress.stage is Stage.WAIT and progress.message:
        # What is waited for is a sentence of its own, such as "In line at Fal, 2 before it".
        return progress.message
    if progress.step is not None and progress.steps is not None:
        return f"{words}, step {progress.step} of {progress.steps}"
    return f"{words}: {progress.message}" if progress.message else words


def status(record: JobRecord) -> str:
    """Where the job stands, in one line."""
    if record.state is JobState.RUNNING and record.cancel_requested:
        return "Stopping"
    if record.state is JobState.RUNNING and record.progress is not None:
        return stage(record.progress)
    if record.state is JobState.SUCCEEDED and record.path is not None:
        return f"Done: {record.path.name}"
    if record.state is JobState.FAILED and record.error is not None:
        return record.error.message
    if record.state is JobState.CANCELLED and record.goes_on:
        return "Paused, goes on from where it was"
    return _STATES[record.state]


def tone(record: JobRecord) -> Tone:
    """How that line is meant."""
    return _TONES.get(record.state, Tone.QUIET)


def fraction(record: JobRecord) -> float | None:
    """How full the bar of a running job is; None where nobody can say."""
    if record.state is not JobState.RUNNING or record.progress is None:
        return None
    return record.progress.fraction


def times(record: JobRecord, now: datetime) -> str:
    """How long it has run and will still run, or how long it took."""
    if record.started_at is None or record.state is JobState.INTERRUPTED:
        return ""
    passed = clock(((record.ended_at or now) - record.started_at).total_seconds())
    if record.ended_at is not None:
        return passed
    share = fraction(record)
    percent = "" if share is None else f"{share * 100:.0f} % · "
    left = record.progress.eta_s if record.progress else None
    return f"{percent}{passed}" + ("" if left is None else f", {clock(left)} left")


def details(record: JobRecord, now: datetime) -> str:
    """All about a job, as plain text to be copied."""
    rows = [
        ("Job", f"{record.title} ({record.kind}, {record.id})"),
        ("State", _state(record)),
        ("Queued", _moment(record.created_at)),
        ("Started", "" if record.started_at is None else _moment(record.started_at)),
        ("Ended", "" if record.ended_at is None else _moment(record.ended_at)),
        ("Time", times(record, now)),
        ("Passed by", record.passed_text),
        ("File", "" if record.path is None else str(record.path)),
        ("Error", "" if record.error is None else f"{record.error.kind}: {record.error.message}"),
        ("What to do", "" if record.error is None else record.error.hint),
        *(("Note", note) for note in record.notes),
    ]
    return "\n".join(f"{name}: {text}" for name, text in rows if text)


def status_line(record: JobRecord, event: JobEvent) -> Line | None:
    """What the status console says when this happens to a job; None where it says nothing."""
    match event:
        case Started():
            return Line(f"Started: {record.title}", Tone.QUIET)
        case Notice(message=message):
            return Line(f"{record.title}: {message}", Tone.WARNING)
        case Succeeded(path=path):
            return Line(f"Done: {record.title} → {path}", Tone.GOOD)
        case Failed(error=error):
            return Line(f"Failed: {record.title}. {error}", Tone.BAD)
        case Cancelled():
            word = "Paused" if record.goes_on else "Cancelled"
            return Line(f"{word}: {record.title}", Tone.QUIET)
        case _:
            return None


def _state(record: JobRecord) -> str:
    if record.state.has_ended and (record.path is not None or record.error is not None):
        # These have lines of their own.
        return _STATES[record.state]
    return status(record)


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime(_CLOCK)
