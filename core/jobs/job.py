"""What a job is: the work, the events it sends, and all that it may touch."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter

from core.errors import JobCancelled, ProviderError, StudioError, outside_cause, shortened
from core.frozen import Frozen
from core.jobs.lanes import Lane, Stage
from core.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


T = TypeVar("T")

_LOOK_S = 0.05


class SubjectKind(StrEnum):
    """What a job can be about."""

    SCENE = "scene"
    START_FRAME = "start_frame"
    CLIP = "clip"
    IMAGE = "image"
    FILM = "film"
    MODEL = "model"
    LORA = "lora"
    PROMPT = "prompt"
    PROJECT = "project"
    COMPARISON = "comparison"
    GRID = "grid"


@dataclass(frozen=True)
class Subject:
    """What a job is about, so that whoever listens asks nobody: a scene, an image, a model.

    Attributes:
        id: tells it from others of its kind; may be empty where there is nothing to tell.
    """

    kind: SubjectKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Subject | None:
        """The subject that was written as this text; None for what no version writes."""
        kind, colon, name = text.partition(":")
        if not colon or kind not in set(SubjectKind):
            return None
        return cls(SubjectKind(kind), name)


class ErrorReport(Frozen):
    """An error as it is stored and shown; `kind` is the class name in `core.errors`."""

    kind: str
    message: str
    hint: str = ""
    retryable: bool = False

    @classmethod
    def of(cls, error: Exception) -> ErrorReport:
        """The report of an error; what neither we nor the world around can explain is a defect."""
        known = error if isinstance(error, StudioError) else outside_cause(error)
        if known is not None:
            return cls(
                kind=type(known).__name__,
                message=shortened(known.message),
                hint=known.hint,
                retryable=isinstance(known, ProviderError) and known.retryable,
            )
        reason = shortened(f"{type(error).__name__}: {error}")
        return cls(
            kind=type(error).__name__,
            message=redacted(f"An unexpected error stopped the job: {reason}"),
            hint="This is a defect of the program; the log file has the details.",
        )

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Queued(Frozen):
    """The job is in the journal and waits for its lane."""

    event: Literal["queued"] = "queued"


class Started(Frozen):
    """A worker has taken the job."""

    event: Literal["started"] = "started"


class Progressed(Frozen):
    """How far the job is: `fraction` 0 to 1 over the whole job, None where it is not known.

    `preview`: a picture of the clip so far, in the job's own folder, where one was made.
    """

    event: Literal["progressed"] = "progressed"
    stage: Stage
    fraction: float | None = Field(default=None, ge=0, le=1)
    message: str = ""
    eta_s: float | None = None
    step: int | None = None
    steps: int | None = None
    preview: Path | None = None


class Notice(Frozen):
    """Something the user should know, such as a cheaper plan after running out of memory."""

    event: Literal["noted"] = "noted"
    message: str


class Charged(Frozen):
    """What a service says that the job costs; it is owed whatever becomes of the job."""

    event: Literal["charged"] = "charged"
    cost_usd: float = Field(ge=0)


class Succeeded(Frozen):
    """The job is done and its file is in place."""

    event: Literal["succeeded"] = "succeeded"
    path: Path


class Failed(Frozen):
    """The job ended with an error."""

    event: Literal["failed"] = "failed"
    error: ErrorReport


class Cancelled(Frozen):
    """The job was stopped on request and left nothing behind."""

    event: Literal["cancelled"] = "cancelled"


Report = Progressed | Notice | Charged
Terminal = Succeeded | Failed | Cancelled
JobEvent = Queued | Started | Report | Terminal
EVENT_JSON: TypeAdapter[JobEvent] = TypeAdapter(
    Annotated[JobEvent, Field(discriminator="event")], config=ConfigDict(defer_build=True)
)


@dataclass(frozen=True)
class JobUpdate:
    """Something that happened to a job, and what the job is about."""

    job_id: str
    subject: Subject | None
    event: JobEvent


class StopReason(StrEnum):
    """Why a job is asked to stop, which decides what becomes of a render on a remote machine."""

    CANCEL = "cancel"
    """The person wants it gone: the remote side is told."""
    LEAVE = "leave"
    """The program closes: the remote side works on, and the next start fetches the result."""


class CancelToken:
    """The request that one job stop; set once, seen by everyone who holds the token.

    Attributes:
        reason: why the job is asked to stop; None while it is not.
    """

    def __init__(self) -> None:
        self.reason: StopReason | None = None
        self._event = threading.Event()

    def cancel(self, reason: StopReason = StopReason.CANCEL) -> None:
        """Ask the job to stop; one that was to be left can still be cancelled, not so reversed."""
        if self.reason is not StopReason.CANCEL:
            self.reason = reason
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the job has been asked to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Do nothing, or stop here.

        Raises:
            JobCancelled: the job has been asked to stop.
        """
        if self._event.is_set():
            raise JobCancelled

    def run(self, call: Callable[[], T], *, grace_s: Mapping[StopReason, float] | None = None) -> T:
        """The result of a call that may block for long; once asked to stop, it is left behind.

        Args:
            call: made in a thread of its own.
            grace_s: for how many seconds its end is awaited all the same, by why to stop; where
                a reason is not named, not at all.

        Raises:
            JobCancelled: the job has been asked to stop.
        """
        self.check()
        result: Future[T] = Future()

        def work() -> None:
            try:
                result.set_result(call())
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
                result.set_exception(error)

        # No executor: the program would wait at its end for what was left behind.
        thread = threading.Thread(target=work, name="call", daemon=True)
        thread.start()
        stopped_s = 0.0
        while thread.is_alive():
            if self.reason is not None:
                if stopped_s >= (grace_s or {}).get(self.reason, 0.0):
                    raise JobCancelled
                stopped_s += _LOOK_S
            thread.join(_LOOK_S)
        return result.result()

    def wait(self, seconds: float) -> None:
        """Sleep, ending at once when the job is asked to stop.

        Raises:
            JobCancelled: the job has been asked to stop.
        """
        if self._event.wait(seconds):
            raise JobCancelled


def _no_ticket(_: str | None) -> None:
    """Keep no ticket: for work that runs outside the queue."""


@dataclass(frozen=True)
class JobContext:
    """All that a job may touch.

    Attributes:
        job_id: the job's name in the journal.
        workdir: an existing folder of the job's own; the queue removes it when the job ends.
        cancel: to be checked in every loop and waited on instead of sleeping.
        report: takes what the job has to say; safe to call from any thread.
        ticket: what `save_ticket` stored before an interruption, or None.
        save_ticket: stores the text with which a paid remote render is found again. From then on
            the purchase counts; None says that nothing was bought after all.
        inputs_dir: where `Job.store_inputs` has put copies; None for work outside the queue.
    """

    workdir: Path
    cancel: CancelToken
    report: Callable[[Report], None]
    job_id: str = ""
    ticket: str | None = None
    save_ticket: Callable[[str | None], None] = field(default=_no_ticket)
    inputs_dir: Path | None = None


class Job(Protocol):
    """Long work that the queue runs, and builds again from the journal after a restart."""

    @property
    def kind(self) -> str:
        """The name under which the queue finds the factory for `payload`."""
        ...

    @property
    def lane(self) -> Lane:
        """The resource that the job occupies."""
        ...

    @property
    def title(self) -> str:
        """A few words for lists."""
        ...

    @property
    def subject(self) -> Subject:
        """What the job is about; stored with it and told with each of its events."""
        ...

    @property
    def loads(self) -> str:
        """What must be loaded before it can begin, by a name that its provider alone gives.

        Of jobs with the same name the second finds loaded what it needs, and where a person wants
        it so, it may run before others. Empty where nothing is loaded, and for all that may cost
        money: that never comes earlier than it was asked for.
        """
        ...

    def payload(self) -> str:
        """The job as JSON, enough to build it again; holds no key."""
        ...

    def store_inputs(self, folder: Path) -> None:
        """Copy into `folder`, to be made, what the work reads and the user may move or change.

        Called once, before the job is queued; the copies stay until the job is forgotten.

        Raises:
            JournalError: something cannot be copied.
        """
        ...

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """Files outside the work folder that a killed run of this job may leave half-written."""
        ...

    def run(self, ctx: JobContext) -> Path:
        """Do the work and give the finished file.

        Raises:
            JobCancelled: the job was asked to stop and has stopped.
            StudioError: it cannot be done.
        """
        ...


class MovedOn(Exception):
    """How a job says that it goes on as other work, under the same id and perhaps in another lane.

    Attributes:
        job: that work.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job.title)
        self.job = job
