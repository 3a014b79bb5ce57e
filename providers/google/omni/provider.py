"""Gemini Omni by an API key: its table, and the client that it is asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem
from core.video.terms import Role
from providers.google.info import OMNI
from providers.google.omni.models import MODELS
from providers.google.video import GoogleVideo

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from providers.google.omni.client import OmniClient

_LONGEST_BETWEEN_S = 10


class GeminiOmni(GoogleVideo):
    """Gemini Omni on the machines of Google."""

    info = OMNI
    table = MODELS

    @override
    def client(self, target: str, key: str) -> OmniClient:
        # Imported late: a list of models asks Google nothing.
        from providers.google.omni.client import OmniClient

        return OmniClient(target, key)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        # Imported late: only a plan has a prompt.
        from providers.google.omni.prompt import tagged_prompt

        plan, prompt = super().fit(plan), tagged_prompt(plan)
        if prompt != plan.prompt:
            tags = prompt.removesuffix(plan.prompt).strip()
            plan = plan.model_copy(update={"prompt": prompt}).with_notes(
                f"The prompt begins with {tags!r}: by these tags Gemini Omni knows what each image "
                "is for."
            )
        if plan.request.of_role(Role.EXTEND_VIDEO, Role.SOURCE_VIDEO):
            plan = plan.with_notes(
                "Google extends and edits no videos that are sent to it from the EEA, the United "
                "Kingdom, Switzerland and some states of the USA: the render then ends without a "
                "clip."
            )
        return plan

    @override
    def problems(self, plan: RenderPlan) -> list[Problem]:
        # Imported late: a list of models looks at no inputs.
        from core.video.inputs import field_of

        found, label = super().problems(plan), plan.spec.label
        if plan.request.audio is False:
            message = (
                f"{label} makes no clip without sound. Leave that out; a film's export can leave "
                "out the sound of its clips."
            )
            found.append(Problem("audio", message))
        has_end = bool(plan.request.of_role(Role.END))
        if has_end and plan.request.of_role(Role.EXTEND_VIDEO):
            message = f"{label} extends a video to no given image. Leave the end image out."
            found.append(Problem(field_of(Role.END), message))
        elif has_end and plan.duration_s > _LONGEST_BETWEEN_S:
            message = (
                f"Between two images {label} makes clips of at most {_LONGEST_BETWEEN_S} s, not "
                f"{plan.duration_s:g} s. Shorten the clip, or leave the end image out."
            )
            found.append(Problem("frame.duration_s", message))
        return found
