"""Prices as Fal tells them for an account, in the units that say what a clip costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core.video.price import PriceRow, PriceTable, PriceUnit

if TYPE_CHECKING:
    from providers.ltx_video.fal.endpoints import FalEndpoint
    from providers.ltx_video.hosted.told import ToldAnswers

# Only these words: seconds of computing, say, are none of a clip.
_UNITS = {"megapixel": PriceUnit.MEGAPIXEL, "second": PriceUnit.SECOND}


def told_price(told: ToldAnswers, endpoint: FalEndpoint, name: str) -> PriceTable:
    """What an endpoint costs under its id: as told, where that is in the unit that counts.

    The list has no prices with LoRAs, so that these are unknown until Fal tells them.

    Fal tells one price for each endpoint, which is that of the smallest size; the larger ones
    cost as many times as much as in its list.
    """
    listed, at = endpoint.price, told.asked_at
    usd = _dollars(told.find(name), endpoint.billed_by)
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


def _dollars(answer: Any, per: PriceUnit | None) -> float | None:
    """What Fal asks for one of these units; None where it tells nothing of the kind."""
    try:
        unit = str(answer["unit"]).strip().casefold().removesuffix("s")
        usd = float(answer["unit_price"])
        is_meant = answer["currency"] == "USD" and _UNITS.get(unit) is per
    except (KeyError, TypeError, ValueError):
        return None
    return usd if is_meant and math.isfinite(usd) and usd > 0 else None
