"""Images at Fal: their table, with the prices that it told last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import UnsupportedRequest
from providers.fal.images.models import MODELS, find_model
from providers.fal.info import IMAGES
from providers.fal.provider import FalProvider

if TYPE_CHECKING:
    from core.jobs.job import JobContext
    from core.services.kept_answers import Facts
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.spec import ModelSpec
    from providers.fal.images.client import FalImageClient
    from providers.fal.images.endpoints import FalImageEndpoint


_UNASKED = "Fal tells it to whoever has a key, and has not told it yet."
_BY_THE_MACHINE = "Fal bills it by the seconds that its machine works."


class FalImages(FalProvider):
    """Models for images on the machines of Fal."""

    info = IMAGES
    prices_file = "prices-fal-images.json"

    @override
    def client(self, target: str, key: str) -> FalImageClient:
        # Imported late: a list of models asks Fal nothing.
        from providers.fal.images.client import FalImageClient

        return FalImageClient(target, key)

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        """The table, with the prices that are known now."""
        return tuple(
            model.spec.model_copy(update={"price": self._price_of(model.endpoints[0])})
            for model in MODELS
        )

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its endpoint's own price and what that is based on.

        Raises:
            UnsupportedRequest: an image is to count for less than it is.
        """
        # Imported late, as below: a list of models looks at no inputs.
        from core.services.sent_images import billed_image
        from core.video.inputs import full_strength_problems

        found = full_strength_problems(plan.request, plan.spec)
        if found:
            raise UnsupportedRequest(found)
        endpoint = find_model(plan.target.model).endpoint(plan.task)
        table = self._price_of(endpoint)
        cost_usd = table.cost_usd(billed_image(plan))
        plan = plan.model_copy(update={"cost_usd": cost_usd})
        if cost_usd is None:
            why = _UNASKED if endpoint.billed_by is not None else _BY_THE_MACHINE
            return plan.with_notes(f"What this costs is not known: {why}")
        return plan.with_notes(
            f"The price is that of {table.as_of:%Y-%m-%d} ({table.source}); Fal bills what it "
            "makes."
        )

    @override
    def prepare(self, plan: RenderPlan, ctx: JobContext) -> RenderPlan:
        # Imported late: only what is ordered is sent.
        from core.services.sent_images import with_sendable_images

        is_clear = find_model(plan.target.model).endpoint(plan.task).is_mask_clear
        return with_sendable_images(plan, ctx.workdir, is_mask_clear=is_clear)

    @override
    def listed_facts(self) -> Facts:
        return {
            endpoint.id: {"price": str(min(endpoint.price.rows, key=lambda row: row.usd))}
            for model in MODELS
            for endpoint in model.endpoints
            if endpoint.price.rows
        }

    def _price_of(self, endpoint: FalImageEndpoint) -> PriceTable:
        return self.asked_price(endpoint.id, endpoint.price, endpoint.billed_by)
