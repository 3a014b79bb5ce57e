"""LTX at Fal: its table, with the prices that it told last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from providers.fal.provider import FalProvider
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.models import MODELS
from providers.ltx_video.hosted.provider import HostedLTX

if TYPE_CHECKING:
    from core.services.kept_answers import Facts
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from providers.ltx_video.fal.client import FalClipClient
    from providers.ltx_video.fal.endpoints import FalEndpoint


class FalLTX(FalProvider, HostedLTX):
    """LTX on the machines of Fal."""

    info = INFO
    table = MODELS
    prices_file = "prices-fal.json"

    @override
    def client(self, target: str, key: str) -> FalClipClient:
        # Imported late: a list of models asks Fal nothing.
        from providers.ltx_video.fal.client import FalClipClient

        return FalClipClient(target, key)

    @override
    def price_of(self, endpoint: FalEndpoint, plan: RenderPlan | None) -> PriceTable:
        """What it costs under its id, as told where it was.

        The list has no prices with LoRAs, so that these are unknown until Fal tells them.
        """
        name = endpoint.id if plan is None else endpoint.id_for(plan)
        listed = endpoint.price
        if name != endpoint.id:
            unlisted = listed.model_copy(update={"rows": ()})
            asked = self.asked_price(name, listed, endpoint.billed_by)
            return unlisted if asked is listed else asked
        return self.asked_price(name, listed, endpoint.billed_by)

    @override
    def listed_facts(self) -> Facts:
        return {
            endpoint.id: {"price": str(min(endpoint.price.rows, key=lambda row: row.usd))}
            for model in MODELS
            for endpoint in model.endpoints
            if endpoint.price.rows
        }
