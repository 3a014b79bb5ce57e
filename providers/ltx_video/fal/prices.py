"""Prices as Fal tells them for an account, kept with the time at which they were asked."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from core.frozen import Frozen
from core.platform.files import write_text_atomically
from core.video.price import PriceRow, PriceTable, PriceUnit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from providers.ltx_video.fal.endpoints import FalEndpoint

log = logging.getLogger(__name__)

_FRESH = timedelta(hours=24)
# Only these words: seconds of computing, say, are none of a clip.
_UNITS = {"megapixel": PriceUnit.MEGAPIXEL, "second": PriceUnit.SECOND}


class QuotedPrice(Frozen):
    """What Fal asks for one of its units at an endpoint, of this account."""

    usd: float = Field(gt=0)
    unit: str

    @property
    def per(self) -> PriceUnit | None:
        """The unit; None where it is none that says what a clip costs."""
        return _UNITS.get(self.unit.strip().casefold().removesuffix("s"))


class QuotedPrices(Frozen):
    """All that was told at a time, by endpoint."""

    asked_at: datetime
    prices: dict[str, QuotedPrice]


class PriceBook:
    """The last answer, in a file; without one the endpoints' own tables count."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last: QuotedPrices | None = None

    @property
    def last(self) -> QuotedPrices | None:
        """The last answer, whoever got it; None where there is none."""
        if self._last is None:
            try:
                self._last = QuotedPrices.model_validate_json(self._file.read_text("utf-8"))
            except (OSError, ValidationError):
                return None
        return self._last

    @property
    def is_fresh(self) -> bool:
        """Whether it was asked within a day."""
        return self.last is not None and datetime.now(UTC) - self.last.asked_at < _FRESH

    def keep(self, prices: Mapping[str, QuotedPrice]) -> None:
        """Take down an answer."""
        self._last = QuotedPrices(asked_at=datetime.now(UTC), prices=dict(prices))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_text_atomically(self._file, self._last.model_dump_json(indent=2) + "\n")
        except OSError as error:
            log.warning("The prices that Fal told are not kept: %s", error)

    def table(self, endpoint: FalEndpoint, name: str) -> PriceTable:
        """What an endpoint costs under its id: as told, where that is in the unit that counts.

        The list has no prices with LoRAs, so that these are unknown until Fal tells them.

        Fal tells one price for each endpoint, which is that of the smallest size; the larger ones
        cost as many times as much as in its list.
        """
        listed, last = endpoint.price, self.last
        price = None if last is None else last.prices.get(name)
        if last is None or price is None or price.per is not endpoint.billed_by or not price.per:
            is_listed = name == endpoint.id
            return listed if is_listed else listed.model_copy(update={"rows": ()})
        rows = listed.rows or (PriceRow(usd=price.usd, per=price.per),)
        times = price.usd / min(row.usd for row in rows)
        return PriceTable(
            rows=tuple(row.model_copy(update={"usd": round(row.usd * times, 9)}) for row in rows),
            as_of=last.asked_at.astimezone().date(),
            source="asked from Fal",
        )
