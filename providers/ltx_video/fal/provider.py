"""LTX at Fal: its table, with the prices that it told last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.models import MODELS
from providers.ltx_video.fal.prices import told_price
from providers.ltx_video.hosted.provider import HostedLTX
from providers.ltx_video.hosted.told import ToldAnswers

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.provider import ProviderContext
    from providers.ltx_video.fal.client import FalClient
    from providers.ltx_video.fal.endpoints import FalEndpoint


class FalLTX(HostedLTX):
    """LTX on the machines of Fal."""

    info = INFO
    poll_s = 2.0
    table = MODELS

    def __init__(self, context: ProviderContext) -> None:
        told = ToldAnswers(context.paths.cache_dir / "prices-fal.json")
        super().__init__(context, told)
        self._prices = told

    @override
    def client(self, target: str, key: str) -> FalClient:
        # Imported late: a list of models asks Fal nothing.
        from providers.ltx_video.fal.client import FalClient

        return FalClient(target, key)

    @override
    def price_of(self, endpoint: FalEndpoint, plan: RenderPlan | None) -> PriceTable:
        """As Fal told it last."""
        name = endpoint.id if plan is None else endpoint.id_for(plan)
        return told_price(self._prices, endpoint, name)
