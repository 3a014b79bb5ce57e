"""A render with those who make it instead: each planned and priced before anything starts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import NotConfigured, UnsupportedRequest
from core.platform.units import dollars, price
from core.video.plan import Fallback, PassedOver
from core.video.planning.adapted_request import adapted_to
from core.video.planning.named_targets import concrete_target, known_target
from core.video.planning.render_planner import check_can_run
from core.video.terms import FallbackTarget

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from core.config.settings import RenderSettings
    from core.errors import Problem
    from core.video.plan import RenderPlan
    from core.video.planning.render_planner import PlannedRender, RenderPlanner
    from core.video.registry import ProviderRegistry
    from core.video.request import RenderRequest
    from core.video.terms import Target

_NOT_BY_ITSELF = (
    "It takes money, and a target before it is free. Switch on 'Go on from free to paid' in the "
    "settings (render.falls_back_to_paid), or render with --fallback-to-paid."
)
_ROUNDING_USD = 1e-9


@dataclass(frozen=True)
class Fallbacks:
    """Who makes a clip where the target that was asked for cannot.

    Attributes:
        targets: in their order.
        to_paid: whether it may go on from a target that is free at one that takes money.
    """

    targets: tuple[FallbackTarget, ...] = ()
    to_paid: bool = False

    @classmethod
    def of(cls, settings: RenderSettings) -> Fallbacks:
        """Those that a person has set."""
        return cls(settings.fallback_targets, settings.falls_back_to_paid)


NOBODY_ELSE = Fallbacks()


@dataclass(frozen=True)
class TypedFallbacks:
    """Fallbacks as they were typed, and everything that is wrong with the others."""

    targets: tuple[FallbackTarget, ...]
    problems: tuple[Problem, ...]


def parse_fallbacks(texts: Iterable[str], registry: ProviderRegistry) -> TypedFallbacks:
    """Fallbacks as they are typed: "provider/deployment/model@USD", the limit if wanted."""
    targets: list[FallbackTarget] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            name, mark, limit = text.partition("@")
            target = known_target(name.strip(), registry)
            targets.append(FallbackTarget.parse(f"{target}{mark}{limit}"))
        except UnsupportedRequest as error:
            problems += error.problems
    return TypedFallbacks(tuple(targets), tuple(problems))


def plan_route(
    planner: RenderPlanner,
    request: RenderRequest,
    fallbacks: Fallbacks,
    *,
    out: Path | None,
    overwrite: bool,
) -> PlannedRender:
    """The plan of the first target that can start now, with those behind it.

    Where none can, it is the plan of the target that was asked for, which says what it lacks.

    Raises:
        UnsupportedRequest: with everything that is wrong for the target that was asked for; what
            another one does not take only rules that one out.
    """
    first = planner.plan(request, out=out, overwrite=overwrite)
    if not fallbacks.targets:
        return first
    request = request.with_words_of(first.plan.request)
    route = _Route(planner.registry, first)
    for fallback in fallbacks.targets:
        asked = request.model_copy(update={"target": fallback.target})
        try:
            planned = _adapted(planner, asked, first, out=out, overwrite=overwrite)
        except UnsupportedRequest as error:
            reason = " ".join(problem.message for problem in error.problems)
            route.refuse(fallback.target, fallback.target.model, reason)
        else:
            route.add(planned, fallback.limit_usd, to_paid=fallbacks.to_paid)
    return route.planned()


def _adapted(
    planner: RenderPlanner,
    asked: RenderRequest,
    first: PlannedRender,
    *,
    out: Path | None,
    overwrite: bool,
) -> PlannedRender:
    """The same clip at another target, with the seed of the first, and what differs in its notes.

    Raises:
        UnsupportedRequest: with everything that is wrong for this target.
    """
    registry = planner.registry
    provider = registry.open(asked.target)
    provider.refresh()
    provider.learn(asked.target.model)
    spec = registry.spec(concrete_target(registry, asked))
    is_seed_drawn = asked.sampling.seed is None
    seeded = asked.sampling.model_copy(update={"seed": first.plan.seed})
    asked = asked.with_model(spec.id).model_copy(update={"sampling": seeded})
    adapted = adapted_to(asked, spec, is_seed_drawn=is_seed_drawn)
    planned = planner.plan(adapted.request, out=out, overwrite=overwrite)
    notes = (*adapted.notes, *planned.plan.notes)
    return replace(planned, plan=planned.plan.model_copy(update={"notes": notes}))


@dataclass
class _Route:
    """A list of targets while it is planned, one after the other.

    Attributes:
        asked: the plan of the target that was asked for.
        begins: the first one that can start now.
    """

    registry: ProviderRegistry
    asked: PlannedRender
    begins: PlannedRender | None = None
    passed_over: list[PassedOver] = field(default_factory=list[PassedOver])
    fallbacks: list[Fallback] = field(default_factory=list[Fallback])
    refused: list[PassedOver] = field(default_factory=list[PassedOver])
    before: list[RenderPlan] = field(default_factory=list["RenderPlan"])

    def __post_init__(self) -> None:
        self.add(self.asked, None, to_paid=True)

    def add(self, planned: PlannedRender, limit_usd: float | None, *, to_paid: bool) -> None:
        """Take in the next one, or say why it is ruled out."""
        plan = planned.plan
        reason = self._reason_against(planned, limit_usd, to_paid=to_paid)
        self.before.append(plan)
        if reason:
            self.refuse(plan.target, plan.spec.label, reason)
        elif self.begins is None:
            self.begins = planned
        else:
            self.fallbacks.append(Fallback(plan=plan, limit_usd=limit_usd))

    def refuse(self, target: Target, label: str, reason: str) -> None:
        """Rule one out."""
        one = PassedOver(target=target, label=label, reason=reason)
        (self.passed_over if self.begins is None else self.refused).append(one)

    def planned(self) -> PlannedRender:
        """The whole list as one render."""
        if self.begins is None:
            _, *others = self.passed_over
            return replace(self.asked, refused=tuple(others))
        plan = self.begins.plan.model_copy(update={"passed_over": tuple(self.passed_over)})
        fallbacks, refused = tuple(self.fallbacks), tuple(self.refused)
        return replace(self.begins, plan=plan, fallbacks=fallbacks, refused=refused)

    def _reason_against(
        self, planned: PlannedRender, limit_usd: float | None, *, to_paid: bool
    ) -> str:
        plan = planned.plan
        if any(plan.target == other.target for other in self.before):
            return "It stands before in the list."
        if plan.cost_usd != 0 and not to_paid and any(one.cost_usd == 0 for one in self.before):
            return _NOT_BY_ITSELF
        too_dear = reason_of_price(plan.cost_usd, limit_usd)
        if too_dear:
            return too_dear
        try:
            check_can_run(planned, self.registry)
        except NotConfigured as error:
            return error.message
        return ""


def reason_of_price(cost_usd: float | None, limit_usd: float | None) -> str:
    """Why a clip is not ordered at this price; empty where it may be."""
    if limit_usd is None:
        return ""
    if cost_usd is None:
        return f"Its price is not known, so its limit of {dollars(limit_usd)} cannot be held."
    if cost_usd > limit_usd + _ROUNDING_USD:
        return f"It costs {price(cost_usd)}, which is over its limit of {dollars(limit_usd)}."
    return ""


def route_sentences(planned: PlannedRender) -> tuple[str, ...]:
    """The whole list in words: who was passed over, who comes next at what price, who does not."""
    listed = "; then ".join(map(_with_price, planned.fallbacks))
    return (
        *map(str, planned.plan.passed_over),
        *([f"If it cannot be made there: {listed}."] if listed else []),
        *(
            f"Nothing goes on at {one.label} ({one.target}): {one.reason}"
            for one in planned.refused
        ),
    )


def _with_price(fallback: Fallback) -> str:
    plan, limit = fallback.plan, ""
    if fallback.limit_usd is not None and plan.cost_usd != 0:
        limit = f" (at most {dollars(fallback.limit_usd)})"
    return f"{plan.spec.label} ({plan.target}), {price(plan.cost_usd)}{limit}"
