"""LTX at Fal: its table, with the prices that it told last."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import ProviderError
from providers.ltx_video.fal.info import FAL_KEY, INFO
from providers.ltx_video.fal.models import MODELS
from providers.ltx_video.fal.prices import PriceBook
from providers.ltx_video.hosted.provider import HostedLTX

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.provider import ProviderContext
    from providers.ltx_video.fal.client import FalClient
    from providers.ltx_video.fal.endpoints import FalEndpoint

log = logging.getLogger(__name__)

_ASK_AGAIN_S = 600.0
_PRICES_WITHIN_S = 3.0


class FalLTX(HostedLTX):
    """LTX on the machines of Fal."""

    info = INFO
    poll_s = 2.0
    table = MODELS

    def __init__(self, context: ProviderContext) -> None:
        super().__init__(context)
        self._prices = PriceBook(context.paths.cache_dir / "prices-fal.json")
        self._asked_at = -_ASK_AGAIN_S

    @override
    def client(self, target: str, key: str) -> FalClient:
        # Imported late: a list of models asks Fal nothing.
        from providers.ltx_video.fal.client import FalClient

        return FalClient(target, key)

    @override
    def price_of(self, endpoint: FalEndpoint, plan: RenderPlan | None) -> PriceTable:
        """As Fal told it last."""
        return self._prices.table(endpoint, endpoint.id if plan is None else endpoint.id_for(plan))

    @override
    def refresh_prices(self) -> None:
        """Ask for all endpoints at once, at most once a day."""
        is_soon = time.monotonic() - self._asked_at < _ASK_AGAIN_S
        if self._prices.is_fresh or is_soon or self._context.network.is_off:
            return
        found = self._context.keys.find(FAL_KEY)
        if found is None:
            return
        self._asked_at = time.monotonic()
        client = self.client(INFO.id, found.value)
        # An answer that comes late is for the next plan.
        thread = threading.Thread(target=self._ask_prices, args=(client,), daemon=True)
        thread.start()
        thread.join(_PRICES_WITHIN_S)

    def _ask_prices(self, client: FalClient) -> None:
        try:
            self._prices.keep(client.prices())
        except ProviderError as error:
            log.info("The prices at Fal are not known anew: %s", error)
