"""Caps on what may be spent: of a day, a month, a project; what is left, and what passes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import SpendingCapReached
from core.platform.units import count_text, dollars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.config.settings import CloudSettings
    from core.project.model.project import VideoProject
    from core.video.plan import RenderPlan

_ROUNDING_USD = 1e-9


class CapSpan(StrEnum):
    """What a cap is for."""

    DAY = "day"
    MONTH = "month"
    PROJECT = "project"


@dataclass(frozen=True)
class ProjectBudget:
    """A project as the ledger knows it; `cap_usd` is None where it may cost anything."""

    id: str
    name: str
    cap_usd: float | None = None

    @classmethod
    def of(cls, project: VideoProject) -> ProjectBudget:
        """What the ledger is to know of a project."""
        return cls(project.id, project.name, project.spending_cap_usd)


@dataclass(frozen=True)
class Caps:
    """The caps of the settings; None where there is none."""

    day_usd: float | None = None
    month_usd: float | None = None

    @classmethod
    def of(cls, settings: CloudSettings) -> Caps:
        """The caps that a person has set."""
        return cls(settings.daily_cap_usd, settings.spending_cap_usd)


@dataclass(frozen=True)
class PlannedPurchase:
    """A paid render before it is ordered.

    Attributes:
        cost_usd: None where nobody knows it.
        target: who would make it, in its text form.
        model: what the model is called.
        noun: what comes of it.
        project: the one that it is for; None for no project.
    """

    cost_usd: float | None
    target: str = ""
    model: str = ""
    task: str = ""
    noun: str = "clip"
    project: ProjectBudget | None = None

    @classmethod
    def of(cls, plan: RenderPlan, project: ProjectBudget | None = None) -> PlannedPurchase:
        """The purchase that this plan leads to."""
        return cls(
            plan.cost_usd, str(plan.target), plan.spec.label, plan.task.value, plan.noun, project
        )


@dataclass(frozen=True)
class Purchase:
    """A paid render that was ordered and is not known to cost nothing.

    Attributes:
        estimated_usd: the price at the order; None where it was not known.
        charged_usd: what the service says that it asks; None where it does not say.
        target, model, task: who made what; empty where an earlier version bought it.
        project: the name of its project; empty for none, None where that is not known.
    """

    job_id: str
    ordered_at: datetime
    estimated_usd: float | None
    charged_usd: float | None
    target: str = ""
    model: str = ""
    task: str = ""
    project_id: str | None = None
    project: str | None = None

    @property
    def counted_usd(self) -> float | None:
        """What counts towards the caps: what is charged, or else what was estimated."""
        return self.estimated_usd if self.charged_usd is None else self.charged_usd


@dataclass(frozen=True)
class Spent:
    """What purchases cost, as far as it is known, and how many there are whose price is not."""

    usd: float = 0.0
    num_unknown: int = 0

    def __str__(self) -> str:
        if not self.num_unknown:
            return dollars(self.usd)
        noun = count_text(self.num_unknown, "purchase")
        return f"{dollars(self.usd)} and {noun} of unknown price"


@dataclass(frozen=True)
class CapStanding:
    """A cap as it stands: how much it is, and what counts towards it."""

    span: CapSpan
    cap_usd: float
    spent: Spent
    project: str = ""

    @property
    def name(self) -> str:
        """Such as "the day's cap"."""
        if self.span is CapSpan.PROJECT:
            return f"the cap of the project {self.project!r}"
        return f"the {self.span.value}'s cap"

    @property
    def left_usd(self) -> float:
        """What may still be spent."""
        return max(self.cap_usd - self.spent.usd, 0.0)

    def is_passed_by(self, cost_usd: float) -> bool:
        """Whether so much more would be too much."""
        return self.spent.usd + cost_usd > self.cap_usd + _ROUNDING_USD

    @property
    def state(self) -> str:
        """What is spent and what is left."""
        return f"{self.spent} spent, {dollars(self.left_usd)} left"

    def __str__(self) -> str:
        return f"{self.name} of {dollars(self.cap_usd)} ({self.state})"


def set_caps(caps: Caps, project: ProjectBudget | None) -> dict[CapSpan, float]:
    """The caps that there are for a render of this project, or of none."""
    found = {
        CapSpan.DAY: caps.day_usd,
        CapSpan.MONTH: caps.month_usd,
        CapSpan.PROJECT: project.cap_usd if project else None,
    }
    return {span: cap_usd for span, cap_usd in found.items() if cap_usd is not None}


def standings_of(
    caps: Caps, project: ProjectBudget | None, spent: Mapping[CapSpan, Spent]
) -> list[CapStanding]:
    """Every cap that is set, with what counts towards it."""
    name = project.name if project else ""
    return [
        CapStanding(span, cap_usd, spent[span], name if span is CapSpan.PROJECT else "")
        for span, cap_usd in set_caps(caps, project).items()
    ]


def check_caps(purchases: Sequence[PlannedPurchase], standings: Sequence[CapStanding]) -> None:
    """Refuse purchases that, all together, pass a cap; every cap that is passed is named.

    What nobody knows the price of is refused under any cap, which could not be held.

    Raises:
        SpendingCapReached: with each such cap, and what is left of it.
    """
    paid = [one for one in purchases if one.cost_usd != 0]
    if not paid or not standings:
        return
    noun, count = paid[0].noun, len(paid)
    costs = [one.cost_usd for one in paid if one.cost_usd is not None]
    num_unknown = count - len(costs)
    if num_unknown:
        what = f"this {noun}" if count == 1 else f"{num_unknown} of these {count} {noun}s"
        raise SpendingCapReached(
            f"The price of {what} is not known, so {_joined(standings)} cannot be held.",
            hint="Choose a model with a known price, or take the cap away for this one.",
        )
    total = sum(costs)
    passed = [one for one in standings if one.is_passed_by(total)]
    if passed:
        what = f"This {noun} costs" if count == 1 else f"Together these {count} {noun}s cost"
        raise SpendingCapReached(
            f"{what} {dollars(total)} and would pass {_joined(passed)}.",
            hint=_ways_out([one.span for one in passed], is_one=count == 1),
        )


_SETTINGS = {
    CapSpan.DAY: "'main.py config set cloud.daily_cap_usd'",
    CapSpan.MONTH: "'main.py config set cloud.spending_cap_usd'",
    CapSpan.PROJECT: "'main.py costs cap'",
}
_WAITS = {CapSpan.DAY: "wait for the next day", CapSpan.MONTH: "wait for the next month"}


def _ways_out(spans: Sequence[CapSpan], *, is_one: bool) -> str:
    caps = "the cap" if len(spans) == 1 else "the caps"
    ways = " and ".join(_SETTINGS[span] for span in spans)
    waiting = [_WAITS.get(span, "") for span in spans]
    # The longest of them is what helps; a project's cap never passes by itself.
    wait = f", or {waiting[-1]}" if all(waiting) else ""
    fewer = "" if is_one else "Render fewer at a time. "
    return f"{fewer}Raise {caps} under File > Costs, or with {ways}{wait}."


def _joined(standings: Sequence[CapStanding]) -> str:
    *others, last = map(str, standings)
    return f"{', '.join(others)} and {last}" if others else last
