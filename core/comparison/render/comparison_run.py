"""A comparison on its way: its renders in the queue, and the job that waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.comparison.report.comparison import ComparedTarget, Comparison, TargetState
from core.comparison.report.comparison_job import ComparisonOrder
from core.errors import OutputError, SpendingCapReached, StudioError
from core.jobs.job_group import JobGroup
from core.jobs.queue import new_job_id
from core.reports import comparison_job
from core.video.record import portable
from core.video.terms import DEFAULT_TARGET

if TYPE_CHECKING:
    from core.comparison.render.comparison_plan import ComparisonPlan, PlannedTarget
    from core.studio import Studio


class ComparisonRun(JobGroup):
    """Queues the renders of a plan and what comes after them; whoever drives it lends threads."""

    def __init__(self, studio: Studio, plan: ComparisonPlan) -> None:
        super().__init__({studio.registry.find(one.entry.target).lane for one in plan.targets})
        self.plan = plan
        self._studio = studio

    def begin(self) -> None:
        """Write down what is to be bought, and put it into the queue.

        What is refused there has failed; the others go on.

        Raises:
            SpendingCapReached: all of it together would pass the month's cap; nothing is queued.
            SpendingError: the ledger cannot be used.
            OutputError: the folder cannot be made or written.
            JournalError: the journal cannot be written.
        """
        self._check_cap()
        ids = {
            one.entry.target: one.resumes or new_job_id()
            for one in self.plan.targets
            if one.planned is not None
        }
        entries = [
            one.entry.model_copy(update={"job_id": ids.get(one.entry.target, one.entry.job_id)})
            for one in self.plan.targets
        ]
        for entry in entries:
            if entry.target in ids:
                self.expect(entry.job_id, f"{entry.label} ({entry.place})")
        try:
            self.plan.folder.mkdir(parents=True, exist_ok=True)
            # Before the first order: whoever repeats this finds each job by its id, and buys none
            # of them twice.
            self._comparison(entries).write(self.plan.folder)
        except OSError as error:
            raise OutputError(
                f"The folder {str(self.plan.folder)!r} cannot be written: {error.strerror}.",
                hint="Name another one.",
            ) from error
        submitted = [
            self._submit(one, entry) for one, entry in zip(self.plan.targets, entries, strict=True)
        ]
        order = ComparisonOrder(
            folder=self.plan.folder,
            comparison=self._comparison(submitted),
            audio_of=self.plan.asked.audio_of,
        )
        self._studio.queue.submit(comparison_job(self._studio, order), job_id=self.report_id)

    def _comparison(self, entries: list[ComparedTarget]) -> Comparison:
        request = portable(self.plan.asked.request)
        return Comparison(
            created_at=self.plan.created_at,
            request=request.model_copy(update={"target": DEFAULT_TARGET}),
            inputs_sha256=self.plan.inputs_sha256,
            seed=self.plan.seed,
            entries=tuple(entries),
        )

    def _submit(self, one: PlannedTarget, entry: ComparedTarget) -> ComparedTarget:
        """Order a clip; gives what is known of its target afterwards."""
        if one.planned is None:
            return entry
        try:
            if one.resumes:
                self._studio.resume(entry.job_id)
            else:
                self._studio.submit_render(one.planned, job_id=entry.job_id)
        except StudioError as error:
            self.end(entry.job_id)
            failed = {"state": TargetState.FAILED, "reason": str(error)}
            return entry.model_copy(update=failed)
        return entry

    def _check_cap(self) -> None:
        cap_usd, cost_usd = self._studio.settings.cloud.spending_cap_usd, self.plan.cost_usd
        # Of what has no known price, each is held against the cap when it is ordered.
        if cap_usd is None or not cost_usd:
            return
        spent_usd = self._studio.ledger.spent_usd()
        if spent_usd + cost_usd > cap_usd:
            raise SpendingCapReached(
                f"This comparison costs ${cost_usd:.2f}. With ${spent_usd:.2f} spent this month, "
                f"that passes the spending cap of ${cap_usd:.2f}.",
                hint="Leave targets out, raise the cap in the settings, or wait for the next "
                "month.",
            )
