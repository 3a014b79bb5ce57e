"""Images at Replicate, by the models of the table and by any other that a person names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import NotConfigured, Problem, ProviderError, UnsupportedRequest
from providers.replicate.images.models import KNOWN, model_of, why_no_image
from providers.replicate.info import IMAGES
from providers.replicate.provider import ReplicateProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from core.video.spec import ModelSpec
    from providers.replicate.images.client import ReplicateImageClient
    from providers.replicate.images.models import ReplicateImageModel

_KEPT = (
    "Replicate keeps a finished image for an hour: leave ImageAI open, or start it again within "
    "that time."
)
_NO_PRICE = (
    "Replicate tells programs no prices, so what this costs is not known; its page says it: "
    "replicate.com/{name}."
)


class ReplicateImages(ReplicateProvider):
    """Models for images on the machines of Replicate."""

    info = IMAGES
    schemas_file = "schemas-replicate-images.json"

    @override
    def client(self, target: str, key: str) -> ReplicateImageClient:
        # Imported late: a list of models asks Replicate nothing.
        from providers.replicate.images.client import ReplicateImageClient

        return ReplicateImageClient(target, key, self._table)

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        """The table, and those that a person has named before."""
        return tuple(model.spec for model in self._table().values())

    @override
    def learn(self, model: str) -> None:
        """Ask Replicate what a model takes that nobody has named before."""
        if "/" not in model or model in self._table():
            return
        try:
            found = self._ask_after(model)
        except (NotConfigured, ProviderError) as error:
            message = f"What {model!r} takes is not known: {error}"
            raise UnsupportedRequest([Problem("target.model", message)]) from error
        self._schemas.keep(found)
        schema = self.schema_of(model)
        if schema is None:
            message = (
                f"Replicate has no model {model!r} that says what it takes. Look it up at "
                "replicate.com/explore, and write it as owner/name."
            )
            raise UnsupportedRequest([Problem("target.model", message)])
        why = why_no_image(schema)
        if why:
            message = f"{model} at Replicate {why}. Choose a model that makes images from words."
            raise UnsupportedRequest([Problem("target.model", message)])

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan, unless the model says that it would not take the order.

        Raises:
            UnsupportedRequest: with everything that it does not take.
        """
        # Imported late: only what is ordered is written out.
        from core.services.service_client import RemoteOrder
        from core.video.inputs import full_strength_problems

        model = self._table()[plan.target.model]
        places = {item.path: "https://replicate.com" for item in plan.request.inputs}
        body = model.body(RemoteOrder(plan, "", places))
        problems = [
            *full_strength_problems(plan.request, plan.spec),
            *model.schema.problems(plan.spec.label, body),
        ]
        if problems:
            raise UnsupportedRequest(problems)
        price = plan.spec.price
        when = f"The price is that of {price.as_of:%Y-%m-%d} ({price.source})."
        sentence = when if price.rows else _NO_PRICE.format(name=plan.spec.id)
        return plan.with_notes(sentence, _KEPT)

    @override
    def prepare(self, plan: RenderPlan, ctx: JobContext) -> RenderPlan:
        # Imported late: only what is ordered is sent.
        from core.services.sent_images import with_sendable_images

        # What was known when it was planned may have been thrown away with the cache.
        self.learn(plan.target.model)
        return with_sendable_images(plan, ctx.workdir, is_mask_clear=False)

    def _table(self) -> dict[str, ReplicateImageModel]:
        schemas = {name: self.schema_of(name) or listed for name, listed in KNOWN.items()}
        for name in self._schemas.every:
            schema = self.schema_of(name)
            if schema is not None and not why_no_image(schema):
                schemas[name] = schema
        return {name: model_of(name, schema) for name, schema in schemas.items()}

    def _ask_after(self, model: str) -> Mapping[str, object]:
        target = f"{self.info.id}/{self.info.deployment}"
        self._context.network.check(f"{self.info.label} is not asked", target=target)
        client = self.client(target, self.find_key("Replicate tells that by a key", target))
        client.asked_after = (model,)
        return client.describe()
