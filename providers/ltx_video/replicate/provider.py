"""LTX at Replicate: its table, held against the fields that its models say they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import UnsupportedRequest
from providers.ltx_video.hosted.answers import KeptAnswers
from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.hosted.provider import HostedLTX
from providers.ltx_video.replicate.info import INFO
from providers.ltx_video.replicate.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext
    from core.video.spec import ModelSpec
    from providers.ltx_video.hosted.answers import Facts
    from providers.ltx_video.replicate.client import ReplicateClient
    from providers.ltx_video.replicate.endpoints import ReplicateEndpoint
    from providers.ltx_video.replicate.schemas import InputSchema
    from providers.ltx_video.replicate.webhook import ReplicateWebhook


class ReplicateLTX(HostedLTX):
    """LTX on the machines of Replicate."""

    info = INFO
    table = MODELS
    poll_s = 2.0
    note = (
        "Replicate keeps a finished clip for an hour: leave ImageAI open, or start it again within "
        "that time."
    )

    def __init__(self, context: ProviderContext) -> None:
        self._schemas = KeptAnswers(context.paths.cache_dir / "schemas-replicate.json")
        super().__init__(context, self._schemas)

    @override
    def client(self, target: str, key: str) -> ReplicateClient:
        # Imported late: a list of models asks Replicate nothing.
        from providers.ltx_video.replicate.client import ReplicateClient

        return ReplicateClient(target, key)

    @override
    def webhook_check(self) -> ReplicateWebhook:
        # Imported late: few people receive calls.
        from providers.ltx_video.replicate.webhook import ReplicateWebhook

        key = self.find_key("What is called for is fetched with the key", self.info.label)

        def ask_secret() -> str:
            client = self.client(self.info.id, key)
            # Imported late: a list of models asks nothing.
            from core.jobs.job import CancelToken

            self._await_turn(client, CancelToken())
            return client.webhook_secret()

        return ReplicateWebhook(ask_secret)

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
        schema = self._schema(endpoint)
        if schema is not None:
            places = {item.path: "https://replicate.com" for item in plan.request.inputs}
            body = endpoint.body(RemoteOrder(plan, "", places))
            problems = schema.problems(plan.spec.label, body)
            if problems:
                raise UnsupportedRequest(problems)
        return plan

    @override
    def facts_of(self, answers: Mapping[str, object]) -> Facts:
        # Imported late, as below.
        from providers.ltx_video.replicate.schemas import read_schema

        schemas = {name: read_schema(document) for name, document in answers.items()}
        return {name: schema.facts for name, schema in schemas.items() if schema is not None}

    def _takes_seed(self, spec: ModelSpec) -> bool:
        endpoint = find_model(MODELS, spec.id).endpoints[0]
        schema = self._schema(endpoint)
        if schema is None:
            return spec.takes_seed
        return "seed" in schema.fields and any(field.name == "seed" for field in endpoint.fields)

    def _schema(self, endpoint: ReplicateEndpoint) -> InputSchema | None:
        document = self._schemas.find(endpoint.id)
        if document is None:
            return None
        # Imported late: a list of models without an answer of Replicate reads none.
        from providers.ltx_video.replicate.schemas import read_schema

        return read_schema(document)
