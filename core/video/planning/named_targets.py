"""Targets as people name them: read, known, and with their real models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.platform.suggestions import nearest_name
from core.video.terms import AUTO, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.video.registry import ProviderRegistry
    from core.video.request import RenderRequest

FIELD = "targets"
"""The part of a request that problems with its targets name."""


@dataclass(frozen=True)
class TypedTargets:
    """Targets as they were typed, and everything that is wrong with the others."""

    targets: tuple[Target, ...]
    problems: tuple[Problem, ...]


def parse_targets(texts: Iterable[str], registry: ProviderRegistry) -> TypedTargets:
    """Targets as they are typed: "provider/deployment/model", several divided by commas."""
    problems: list[Problem] = []
    targets: list[Target] = []
    for word in (word.strip() for text in texts for word in text.split(",")):
        if not word:
            continue
        try:
            targets.append(known_target(word, registry))
        except UnsupportedRequest as error:
            problems += [Problem(FIELD, f"{word}: {found}") for found in error.problems]
    return TypedTargets(tuple(targets), tuple(problems))


def known_target(word: str, registry: ProviderRegistry) -> Target:
    """A target as it is typed, of which there is such a one.

    Raises:
        UnsupportedRequest: there is none, with the nearest.
    """
    try:
        target = Target.parse(word)
    except UnsupportedRequest as error:
        near = _target_of_model(word, registry)
        hint = f" Did you mean {near}?" if near else ""
        raise UnsupportedRequest(
            [Problem(FIELD, f"{problem}{hint}") for problem in error.problems]
        ) from error
    registry.find(target)
    if target.model != AUTO and _real_model(target, registry) is None:
        registry.spec(target)
    return target


def _real_model(target: Target, registry: ProviderRegistry) -> str | None:
    """The model that another name of it stands for; None where the name is no such one."""
    other = registry.find(target).other_name(target.model)
    return None if other is None else other.model


def _target_of_model(word: str, registry: ProviderRegistry) -> str | None:
    """The first target whose model is called most like what was typed."""
    known: dict[str, str] = {}
    for info in registry.infos:
        place = Target(provider=info.id, deployment=info.deployment)
        for spec in registry.open(place).models():
            known.setdefault(spec.id, str(place.with_model(spec.id)))
    return known.get(word) or known.get(nearest_name(word, known) or "")


def concrete_target(registry: ProviderRegistry, request: RenderRequest) -> Target:
    """The target with the model that `auto`, or another name, stands for.

    Raises:
        UnsupportedRequest: no such provider, deployment or model.
    """
    target = request.target
    if target.model == AUTO:
        return target.with_model(registry.open(target).resolve(request).model)
    model = _real_model(target, registry)
    return target if model is None else target.with_model(model)
