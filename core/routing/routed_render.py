"""A render that goes on at the next target of its list, as long as nothing was bought for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import (
    AuthFailed,
    NotConfigured,
    OutOfMemory,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    RateLimited,
    SpendingCapReached,
    StudioError,
)
from core.jobs.job import MovedOn, Notice
from core.platform.units import price
from core.routing.route_plan import reason_of_price
from core.services.polling import is_ordered
from core.spending.caps import PlannedPurchase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import JobContext, Subject
    from core.jobs.lanes import Lane
    from core.spending.caps import Caps
    from core.spending.ledger import Ledger
    from core.video.plan import Fallback, PassedOver, RenderPlan
    from core.video.render import RenderJob

# The target is not there, or has no room. Whatever else goes wrong would go wrong elsewhere too, or
# a person has to look at it; and nobody shops around for a service that does not refuse a prompt.
_REASONS = (
    NotConfigured,
    AuthFailed,
    ProviderUnavailable,
    RateLimited,
    QuotaExceeded,
    OutOfMemory,
)


@dataclass(frozen=True)
class RoutedRender:
    """One clip, made by the first target of its list that can; the ledger follows each step.

    Attributes:
        render: at the target whose turn it is, with the list of those after it.
        ledger: where what is ordered is written down before it is.
        caps: gives them as they are set at that moment.
    """

    render: RenderJob
    ledger: Ledger
    caps: Callable[[], Caps]

    @property
    def kind(self) -> str:
        """That of every render."""
        return self.render.kind

    @property
    def lane(self) -> Lane:
        """That of the target whose turn it is."""
        return self.render.lane

    @property
    def title(self) -> str:
        """Model and first words of the prompt."""
        return self.render.title

    @property
    def subject(self) -> Subject:
        """The scene that it is for, or the clip or image by its place."""
        return self.render.subject

    @property
    def loads(self) -> str:
        """What has to be loaded for it where its turn is now."""
        return self.render.loads

    def payload(self) -> str:
        """Plan, place and the rest of the list, as JSON."""
        return self.render.payload()

    def store_inputs(self, folder: Path) -> None:
        """Keep what it is made from."""
        self.render.store_inputs(folder)

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half copy that a kill may leave in the output folder."""
        return self.render.partial_files(job_id)

    def run(self, ctx: JobContext) -> Path:
        """Make it here, or say that it goes on elsewhere.

        Raises:
            MovedOn: this target cannot make it, and the next one may.
        """
        orders = _Orders(ctx)
        try:
            return self.render.run(replace(ctx, save_ticket=orders.save_ticket))
        except _REASONS as error:
            if orders.has_bought:
                raise
            ctx.cancel.check()
            following = self._next(ctx, error)
            if following is None:
                raise
        raise MovedOn(replace(self, render=following))

    def _next(self, ctx: JobContext, error: ProviderError) -> RenderJob | None:
        """The same clip at the next target that may be asked; None where there is none."""
        render = self.render
        here = render.plan.passed_over_for(error.message)
        refused: list[PassedOver] = []
        following: RenderJob | None = None
        for place, fallback in enumerate(render.fallbacks, 1):
            plan = fallback.plan
            passed_over = (*render.plan.passed_over, here, *refused)
            try:
                plan = self._priced(fallback).model_copy(update={"passed_over": passed_over})
                following = render.at(plan, render.fallbacks[place:])
                self._order(ctx.job_id, plan)
            except StudioError as refusal:
                following = None
                refused.append(plan.passed_over_for(refusal.message))
            else:
                break
        for one in (here, *refused) if following is not None else refused:
            ctx.report(Notice(message=str(one)))
        if following is not None:
            plan = following.plan
            where = f"{plan.spec.label} ({plan.target}), {price(plan.cost_usd)}"
            ctx.report(Notice(message=f"It goes on at {where}."))
        return following

    def _priced(self, fallback: Fallback) -> RenderPlan:
        """The plan at the price of now, which may have changed since it was shown.

        Raises:
            SpendingCapReached: it is over the limit of this target.
            UnsupportedRequest: the service takes no such order any more.
        """
        plan = fallback.plan
        if plan.cost_usd != 0:
            now = self.render.registry.open(plan.target).fit(plan)
            plan = plan.model_copy(update={"cost_usd": now.cost_usd})
        reason = reason_of_price(plan.cost_usd, fallback.limit_usd)
        if reason:
            raise SpendingCapReached(reason)
        return plan

    def _order(self, job_id: str, plan: RenderPlan) -> None:
        """Write down what is ordered now, in the place of what was not.

        Raises:
            SpendingCapReached: it would pass a cap.
            SpendingError: the ledger cannot be used.
        """
        project = self.ledger.project_of(self.render.subject)
        self.ledger.order_instead(job_id, PlannedPurchase.of(plan, project), self.caps())


class _Orders:
    """Whether a service has ever taken an order of this job, or may have."""

    def __init__(self, ctx: JobContext) -> None:
        self._save = ctx.save_ticket
        self._is_open = False
        self._was_taken = ctx.ticket is not None

    @property
    def has_bought(self) -> bool:
        """Whether a service has taken an order, or may have."""
        return self._is_open or self._was_taken

    def save_ticket(self, ticket: str | None) -> None:
        """Store a ticket, or that an order was refused."""
        self._save(ticket)
        self._is_open = ticket is not None
        self._was_taken |= ticket is not None and is_ordered(ticket)
