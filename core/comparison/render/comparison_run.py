"""A comparison on its way: its renders in the queue, what comes of each, and the job at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from core.comparison.render.comparison_plan import seconds_of
from core.comparison.report.comparison import ComparedTarget, Comparison, TargetState
from core.comparison.report.comparison_job import ComparisonOrder, subject_of
from core.errors import JournalError, OutputError, SpendingCapReached, StudioError
from core.jobs.job import Cancelled, Charged, Failed, Notice, Progressed, Queued, Started, Succeeded
from core.jobs.queue import new_job_id
from core.video.record import portable, read_settings_of
from core.video.terms import DEFAULT_TARGET

if TYPE_CHECKING:
    from core.comparison.render.comparison_plan import ComparisonPlan, PlannedTarget
    from core.jobs.job import JobUpdate, Subject
    from core.studio import Studio


class ComparisonRun:
    """Queues the renders of a plan and follows them; whoever drives it lends the threads.

    `begin` may be called beside the thread that hands on events: every job's id is known before.
    """

    def __init__(self, studio: Studio, plan: ComparisonPlan) -> None:
        self.plan = plan
        self._studio = studio
        self._entries: dict[str, ComparedTarget] = {}
        self._settled: list[ComparedTarget] = []
        self._has_begun = False
        for one in plan.targets:
            if one.planned is None:
                self._settled.append(one.entry)
            else:
                job_id = one.resumes or new_job_id()
                self._entries[job_id] = one.entry.model_copy(update={"job_id": job_id})

    @property
    def comparison(self) -> Comparison:
        """What is known by now, its targets in the order in which they were named."""
        known = {entry.target: entry for entry in (*self._settled, *self._entries.values())}
        asked = self.plan.asked
        return Comparison(
            created_at=self.plan.created_at,
            request=portable(asked.request).model_copy(update={"target": DEFAULT_TARGET}),
            inputs_sha256=self.plan.inputs_sha256,
            seed=self.plan.seed,
            entries=tuple(known[one.entry.target] for one in self.plan.targets),
        )

    @property
    def subject(self) -> Subject:
        """What the job at the end is about."""
        return subject_of(self.plan.folder)

    @property
    def running(self) -> tuple[str, ...]:
        """The jobs that have not ended."""
        return tuple(
            job_id for job_id, entry in self._entries.items() if entry.state is TargetState.ORDERED
        )

    @property
    def is_over(self) -> bool:
        """Whether every render has come to its end."""
        return self._has_begun and not self.running

    def name_of(self, job_id: str) -> str:
        """The target of a job in words; empty for a job of somebody else."""
        entry = self._entries.get(job_id)
        return "" if entry is None else f"{entry.label} ({entry.place})"

    def begin(self) -> None:
        """Write down what is to be bought, and put it into the queue.

        What is refused there, such as by the month's cap, has failed; the others go on.

        Raises:
            SpendingCapReached: all of it together would pass the month's cap; nothing is queued.
            SpendingError: the ledger cannot be used.
            OutputError: the folder cannot be made or written.
        """
        self._check_cap()
        try:
            self.plan.folder.mkdir(parents=True, exist_ok=True)
            # Before the first order: whoever repeats this finds each job by its id, and buys none
            # of them twice.
            self.comparison.write(self.plan.folder)
        except OSError as error:
            raise OutputError(
                f"The folder {str(self.plan.folder)!r} cannot be written: {error.strerror}.",
                hint="Name another one.",
            ) from error
        ids = list(self._entries)
        for job_id, one in zip(ids, self._to_make(), strict=True):
            self._submit(job_id, one)
        self._has_begun = True

    def _to_make(self) -> list[PlannedTarget]:
        return [one for one in self.plan.targets if one.planned is not None]

    def _submit(self, job_id: str, one: PlannedTarget) -> None:
        try:
            if one.resumes:
                self._studio.resume(job_id)
            elif one.planned is not None:
                self._studio.submit_render(one.planned, job_id=job_id)
        except StudioError as error:
            self._end(job_id, TargetState.FAILED, str(error))

    def _check_cap(self) -> None:
        cap_usd, cost_usd = self._studio.settings.cloud.spending_cap_usd, self.plan.cost_usd
        if cap_usd is None or not self.plan.to_buy or cost_usd == 0:
            return
        if cost_usd is None:
            # Each of them is held against the cap when it is ordered.
            return
        spent_usd = self._studio.ledger.spent_usd()
        if spent_usd + cost_usd > cap_usd:
            raise SpendingCapReached(
                f"This comparison costs ${cost_usd:.2f}. With ${spent_usd:.2f} spent this month, "
                f"that passes the spending cap of ${cap_usd:.2f}.",
                hint="Leave targets out, raise the cap in the settings, or wait for the next "
                "month.",
            )

    def on_event(self, update: JobUpdate) -> bool:
        """Take in what happened to a job; whether it is one of these."""
        job_id = update.job_id
        if job_id not in self._entries:
            return False
        match update.event:
            case Queued() | Started() | Progressed() | Notice() | Charged():
                pass
            case Succeeded(path=path):
                self._end(job_id, TargetState.MADE, file=path.name)
            case Failed(error=error):
                self._end(job_id, TargetState.FAILED, str(error))
            case Cancelled():
                self._end(job_id, TargetState.FAILED, "It was cancelled.")
            case _:
                assert_never(update.event)
        return True

    def _end(self, job_id: str, state: TargetState, reason: str = "", *, file: str = "") -> None:
        entry = self._entries[job_id]
        self._entries[job_id] = entry.model_copy(
            update={"state": state, "reason": reason, "file": file or entry.file}
        )

    def finish(self) -> str:
        """Queue the job that measures the clips and makes film and page; gives its id.

        Raises:
            JournalError: the journal cannot be written.
        """
        comparison = self.comparison
        entries = tuple(self._with_times(entry) for entry in comparison.entries)
        order = ComparisonOrder(
            folder=self.plan.folder,
            comparison=comparison.model_copy(update={"entries": entries}),
            audio_of=self.plan.asked.audio_of,
        )
        return self._studio.submit_comparison(order)

    def _with_times(self, entry: ComparedTarget) -> ComparedTarget:
        """The target with what its render took and cost, and what was said of it."""
        if entry.job_id not in self._entries or entry.state is not TargetState.MADE:
            return entry
        try:
            job = self._studio.queue.job(entry.job_id)
        except JournalError:
            return entry
        record = read_settings_of(self.plan.folder / entry.file)
        changes: dict[str, object] = {
            "seconds": seconds_of(job),
            "notes": tuple(dict.fromkeys((*entry.notes, *job.notes))),
        }
        if record is not None:
            changes["cost_usd"] = record.cost_usd
        return entry.model_copy(update=changes)
