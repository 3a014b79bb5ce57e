"""A provider at Fal: what it asks is what it told last, and its calls are checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.services.kept_answers import KeptAnswers
from core.services.telling_provider import TellingProvider
from core.video.price import PriceRow, PriceTable, PriceUnit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.kept_answers import Facts
    from core.video.provider import ProviderContext
    from providers.fal.webhook import FalWebhook

# Only these words: seconds of computing, say, are none of what is made.
_UNITS = {
    "second": (PriceUnit.SECOND,),
    "image": (PriceUnit.IMAGE,),
    "megapixel": (PriceUnit.MEGAPIXEL, PriceUnit.WHOLE_MEGAPIXEL),
    "processed megapixel": (PriceUnit.WHOLE_MEGAPIXEL,),
}


class FalProvider(TellingProvider):
    """Orders at Fal, for what it asks of this account.

    Attributes:
        prices_file: in which the prices lie that it told last.
    """

    poll_s = 2.0
    prices_file: str

    def __init__(self, context: ProviderContext) -> None:
        self._prices = KeptAnswers(context.paths.cache_dir / self.prices_file)
        super().__init__(context, self._prices)

    @override
    def webhook_check(self) -> FalWebhook:
        # Imported late: few people receive calls.
        from providers.fal.webhook import FalWebhook

        self.find_key("What is called for is fetched with the key", self.info.label)
        return FalWebhook(self._context.network)

    @override
    def facts_of(self, answers: Mapping[str, object]) -> Facts:
        return {name: {"price": text} for name, row in answers.items() if (text := _price(row))}

    def asked_price(self, name: str, listed: PriceTable, billed_by: PriceUnit | None) -> PriceTable:
        """What an endpoint costs: as told, where that is in the unit that counts, else as listed.

        Fal tells one price for each endpoint, which is that of the smallest size; the larger ones
        cost as many times as much as in its list.

        Args:
            name: of the endpoint.
            listed: its price in the list.
            billed_by: what its price counts; None where none that is told says what one costs.
        """
        at = self._prices.asked_at
        usd = _dollars(self._prices.find(name), billed_by)
        if at is None or usd is None or billed_by is None:
            return listed
        rows = listed.rows or (PriceRow(usd=usd, per=billed_by),)
        times = usd / min(row.usd for row in rows)
        return PriceTable(
            rows=tuple(row.model_copy(update={"usd": round(row.usd * times, 9)}) for row in rows),
            as_of=at.astimezone().date(),
            source="asked from Fal",
        )


def _price(answer: Any) -> str:
    """What Fal asks, in its own unit, which need not be one that can be counted."""
    try:
        unit = _unit(answer)
        usd, currency = float(answer["unit_price"]), str(answer["currency"])
    except (KeyError, TypeError, ValueError):
        return ""
    known = _UNITS.get(unit)
    if currency == "USD" and known is not None and math.isfinite(usd) and usd >= 0:
        return str(PriceRow(usd=usd, per=known[0]))
    return f"{usd:g} {currency} per {unit}"


def _dollars(answer: Any, per: PriceUnit | None) -> float | None:
    """What Fal asks for one of these units; None where it tells nothing of the kind."""
    try:
        usd = float(answer["unit_price"])
        is_meant = answer["currency"] == "USD" and per in _UNITS.get(_unit(answer), ())
    except (KeyError, TypeError, ValueError):
        return None
    return usd if is_meant and math.isfinite(usd) and usd > 0 else None


def _unit(answer: Any) -> str:
    return str(answer["unit"]).strip().casefold().removesuffix("s")
