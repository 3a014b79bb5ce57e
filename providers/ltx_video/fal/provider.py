"""LTX at Fal: its table, with the prices that it told last."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.video.price import PriceRow, PriceTable, PriceUnit
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.models import MODELS
from providers.ltx_video.hosted.answers import KeptAnswers
from providers.ltx_video.hosted.provider import HostedLTX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext
    from providers.ltx_video.fal.client import FalClient
    from providers.ltx_video.fal.endpoints import FalEndpoint
    from providers.ltx_video.fal.webhook import FalWebhook
    from providers.ltx_video.hosted.answers import Facts

# Only these words: seconds of computing, say, are none of a clip.
_UNITS = {"megapixel": PriceUnit.MEGAPIXEL, "second": PriceUnit.SECOND}


class FalLTX(HostedLTX):
    """LTX on the machines of Fal."""

    info = INFO
    poll_s = 2.0
    table = MODELS

    def __init__(self, context: ProviderContext) -> None:
        self._prices = KeptAnswers(context.paths.cache_dir / "prices-fal.json")
        super().__init__(context, self._prices)

    @override
    def client(self, target: str, key: str) -> FalClient:
        # Imported late: a list of models asks Fal nothing.
        from providers.ltx_video.fal.client import FalClient

        return FalClient(target, key)

    @override
    def webhook_check(self) -> FalWebhook:
        # Imported late: few people receive calls.
        from providers.ltx_video.fal.webhook import FalWebhook

        self.find_key("What is called for is fetched with the key", self.info.label)
        return FalWebhook(self._context.network)

    @override
    def price_of(self, endpoint: FalEndpoint, plan: RenderPlan | None) -> PriceTable:
        """What it costs under its id: as told, where that is in the unit that counts.

        The list has no prices with LoRAs, so that these are unknown until Fal tells them.

        Fal tells one price for each endpoint, which is that of the smallest size; the larger ones
        cost as many times as much as in its list.
        """
        name = endpoint.id if plan is None else endpoint.id_for(plan)
        listed, at = endpoint.price, self._prices.asked_at
        usd = _dollars(self._prices.find(name), endpoint.billed_by)
        if at is None or usd is None or endpoint.billed_by is None:
            is_listed = name == endpoint.id
            return listed if is_listed else listed.model_copy(update={"rows": ()})
        rows = listed.rows or (PriceRow(usd=usd, per=endpoint.billed_by),)
        times = usd / min(row.usd for row in rows)
        return PriceTable(
            rows=tuple(row.model_copy(update={"usd": round(row.usd * times, 9)}) for row in rows),
            as_of=at.astimezone().date(),
            source="asked from Fal",
        )

    @override
    def facts_of(self, answers: Mapping[str, object]) -> Facts:
        return {name: {"price": text} for name, row in answers.items() if (text := _price(row))}

    @override
    def listed_facts(self) -> Facts:
        return {
            endpoint.id: {"price": str(min(endpoint.price.rows, key=lambda row: row.usd))}
            for model in MODELS
            for endpoint in model.endpoints
            if endpoint.price.rows
        }


def _price(answer: Any) -> str:
    """What Fal asks, in its own unit, which need not be one that a clip can be counted in."""
    try:
        unit = str(answer["unit"]).strip().casefold().removesuffix("s")
        usd, currency = float(answer["unit_price"]), str(answer["currency"])
    except (KeyError, TypeError, ValueError):
        return ""
    known = _UNITS.get(unit)
    if currency == "USD" and known is not None and math.isfinite(usd) and usd >= 0:
        return str(PriceRow(usd=usd, per=known))
    return f"{usd:g} {currency} per {unit}"


def _dollars(answer: Any, per: PriceUnit | None) -> float | None:
    """What Fal asks for one of these units; None where it tells nothing of the kind."""
    try:
        unit = str(answer["unit"]).strip().casefold().removesuffix("s")
        usd = float(answer["unit_price"])
        is_meant = answer["currency"] == "USD" and _UNITS.get(unit) is per
    except (KeyError, TypeError, ValueError):
        return None
    return usd if is_meant and math.isfinite(usd) and usd > 0 else None
