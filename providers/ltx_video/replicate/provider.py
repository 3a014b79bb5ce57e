"""LTX at Replicate: its table, held against the fields that its models say they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import UnsupportedRequest
from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.hosted.provider import HostedLTX
from providers.ltx_video.replicate.info import INFO
from providers.ltx_video.replicate.models import MODELS
from providers.replicate.provider import ReplicateProvider

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.spec import ModelSpec
    from providers.ltx_video.replicate.client import ReplicateClipClient
    from providers.ltx_video.replicate.endpoints import ReplicateEndpoint


class ReplicateLTX(ReplicateProvider, HostedLTX):
    """LTX on the machines of Replicate."""

    info = INFO
    table = MODELS
    schemas_file = "schemas-replicate.json"
    note = (
        "Replicate keeps a finished clip for an hour: leave ImageAI open, or start it again within "
        "that time."
    )

    @override
    def client(self, target: str, key: str) -> ReplicateClipClient:
        # Imported late: a list of models asks Replicate nothing.
        from providers.ltx_video.replicate.client import ReplicateClipClient

        return ReplicateClipClient(target, key)

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        """The table; a model takes a seed where it says so itself."""
        return tuple(
            spec.model_copy(update={"takes_seed": self._takes_seed(spec)})
            for spec in super().models()
        )

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan, unless the model has changed so that it would not take the order."""
        # Imported late: only what is ordered is written out.
        from core.services.service_client import RemoteOrder

        endpoint: ReplicateEndpoint = find_model(MODELS, plan.target.model).endpoint(plan.task)
        plan = super().fit(plan)
        schema = self.schema_of(endpoint.id)
        if schema is not None:
            places = {item.path: "https://replicate.com" for item in plan.request.inputs}
            body = endpoint.body(RemoteOrder(plan, "", places))
            problems = schema.problems(plan.spec.label, body)
            if problems:
                raise UnsupportedRequest(problems)
        return plan

    def _takes_seed(self, spec: ModelSpec) -> bool:
        endpoint = find_model(MODELS, spec.id).endpoints[0]
        schema = self.schema_of(endpoint.id)
        if schema is None:
            return spec.takes_seed
        return "seed" in schema.fields and any(field.name == "seed" for field in endpoint.fields)
