"""Which other model takes what one refuses, for the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.video.planning.clip_plan import make_plan
from core.video.provider import NotReady, ReasonCode
from core.video.request import RenderRequest
from core.video.spec import ANOTHER_MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import Problem
    from core.video.inputs import CheckedInputs
    from core.video.plan import RenderPlan
    from core.video.registry import ProviderRegistry
    from core.video.spec import ModelSpec
    from core.video.terms import Target

_ANY_PROMPT = "a clip"
_MENDED_BY_INSTALLING = (
    ReasonCode.NOT_INSTALLED,
    ReasonCode.DAMAGED,
    ReasonCode.PACKAGE_MISSING,
)
_AT_ONCE, _ONCE_INSTALLED, _NEVER_HERE = range(3)
_WHAT_IT_TAKES = ("", ", which is to be installed first", ", which needs a larger machine")


@dataclass(frozen=True)
class _Candidate:
    """A model, what it refuses of the request, and how far it is from a clip."""

    spec: ModelSpec
    refused: frozenset[str]
    obstacles: int

    @property
    def name(self) -> str:
        """As it is chosen, and what that takes."""
        return f"{self.spec.label} ({self.spec.id}){_WHAT_IT_TAKES[self.obstacles]}"

    @property
    def distance(self) -> tuple[bool, int, int]:
        """The least is the one to name."""
        return self.obstacles == _NEVER_HERE, len(self.refused), self.obstacles


def name_other_models(
    problems: Sequence[Problem],
    request: RenderRequest,
    inputs: CheckedInputs,
    registry: ProviderRegistry,
) -> list[Problem]:
    """The problems, each with the model that takes it where a sentence says to choose another one.

    Named is what runs on this machine, then what takes most of the request, then what is installed,
    then the best. Where no model takes it, nothing is said of other models.
    """
    if not any(ANOTHER_MODEL in problem.message for problem in problems):
        return list(problems)
    models = _candidates(request, inputs, registry)
    named: list[Problem] = []
    for problem in problems:
        taking = [model for model in models if problem.field not in model.refused]
        best = min(taking, key=lambda model: model.distance, default=None)
        way = "" if best is None else f" or choose {best.name}"
        # The comma before it goes as well where there is none to choose.
        message = problem.message.replace(f", {ANOTHER_MODEL}", f",{way}" if way else "")
        message = message.replace(f" {ANOTHER_MODEL}", way)
        named.append(replace(problem, message=message))
    return named


def _candidates(
    request: RenderRequest, inputs: CheckedInputs, registry: ProviderRegistry
) -> list[_Candidate]:
    """Every other model of the provider that takes no more than a larger machine, best first."""
    found: list[_Candidate] = []
    provider = registry.open(request.target)
    for spec in provider.models():
        other = request.with_model(spec.id)
        readiness = registry.readiness(other.target)
        obstacles = _AT_ONCE
        if isinstance(readiness, NotReady):
            reason = readiness.reason_code
            if reason not in (*_MENDED_BY_INSTALLING, ReasonCode.MACHINE_TOO_SMALL):
                continue
            obstacles = _ONCE_INSTALLED if reason in _MENDED_BY_INSTALLING else _NEVER_HERE
        if spec.id == request.target.model:
            continue
        refused: frozenset[str] = frozenset()
        try:
            plan = make_plan(other, spec, inputs)
        except UnsupportedRequest as error:
            refused = frozenset(problem.field for problem in error.problems)
            plan = plain_plan(other.target, spec)
        try:
            memory = None if plan is None else provider.fit(plan).memory_plan
        except UnsupportedRequest as error:
            if provider.info.is_local:
                obstacles = _NEVER_HERE
            else:
                # A service refuses what is asked for, and no machine here helps.
                refused |= {problem.field for problem in error.problems}
        else:
            if memory is not None and not memory.fits:
                obstacles = _NEVER_HERE
        found.append(_Candidate(spec, refused, obstacles))
    return found


def plain_plan(target: Target, spec: ModelSpec) -> RenderPlan | None:
    """The plan of the usual clip or image of a model; None of one that needs more than words."""
    request = RenderRequest(target=target, prompt=_ANY_PROMPT, output=spec.tasks[0].output)
    try:
        return make_plan(request, spec)
    except UnsupportedRequest:
        return None
