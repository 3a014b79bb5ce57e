"""Veo on Vertex AI: its table, and the client that it is asked by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem
from core.video.provider import NotReady, ReasonCode
from core.video.terms import PersonGeneration, Role
from providers.google.info import NO_VEO_BY_KEY, VEO, VERTEX_KEY
from providers.google.veo.models import MODELS
from providers.google.video import GoogleVideo

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.provider import Readiness
    from core.video.terms import Target
    from providers.google.veo.client import VeoClient

_REFERENCE_S = 8


class GoogleVeo(GoogleVideo):
    """Veo 3.1 on the machines of Google Cloud."""

    info = VEO
    table = MODELS

    @override
    def client(self, target: str, key: str) -> VeoClient:
        # Imported late: a list of models asks Google nothing.
        from providers.google.veo.client import VeoClient

        return VeoClient(target, key)

    @override
    def check(self, target: Target) -> Readiness:
        """Whether what lets one into Google Cloud is named; a Gemini API key is not enough."""
        found = super().check(target)
        if isinstance(found, NotReady):
            return replace(found, reason=f"{found.reason} {NO_VEO_BY_KEY}")
        file = self._context.keys.known_file(VERTEX_KEY)
        if file is not None and not file.is_file():
            # Imported late: nobody needs it whose file is there.
            from providers.google.veo.credentials import HINT

            reason = f"The credentials for Google Cloud in {str(file)!r} cannot be used. There is "
            return NotReady(ReasonCode.KEY_MISSING, f"{reason}no such file.", HINT)
        return found

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        plan = super().fit(plan)
        if plan.request.person_generation is PersonGeneration.ALLOW_ALL:
            return plan.with_notes(
                "To show children too Google must have allowed your project, and it allows none in "
                "the EU, the United Kingdom, Switzerland, the Middle East and North Africa. Where "
                "it has not, it refuses the order, which costs nothing."
            )
        return plan

    @override
    def problems(self, plan: RenderPlan) -> list[Problem]:
        # Imported late: a list of models looks at no inputs.
        from core.video.inputs import field_of

        found, label = super().problems(plan), plan.spec.label
        if not plan.request.of_role(Role.REFERENCE):
            return found
        if plan.request.of_role(Role.START, Role.END):
            message = (
                f"{label} takes reference images or a start image, not both at once. Leave one of "
                "them out."
            )
            found.append(Problem(field_of(Role.REFERENCE), message))
        if round(plan.duration_s) != _REFERENCE_S:
            message = (
                f"With reference images {label} makes clips of {_REFERENCE_S} s alone, not "
                f"{plan.duration_s:g} s. Ask for {_REFERENCE_S} s, or leave the images out."
            )
            found.append(Problem("frame.duration_s", message))
        return found
