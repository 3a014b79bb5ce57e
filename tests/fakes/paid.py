"""The fake provider, but its clips cost money: half a dollar a second."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.provider import ProviderContext, ProviderEntry
from tests.fakes.provider import ENTRY, SMALL, FakeProvider

if TYPE_CHECKING:
    from core.video.spec import ModelSpec

_KNOWN = PriceTable(
    rows=(PriceRow(usd=0.5, per=PriceUnit.SECOND),), as_of=date(2026, 11, 1), source="this file"
)
_UNKNOWN = _KNOWN.model_copy(update={"rows": ()})
PAID = SMALL.model_copy(update={"price": _KNOWN})
UNPRICED = SMALL.model_copy(
    update={"id": "fake-unpriced", "label": "Fake Unpriced", "price": _UNKNOWN}
)


class PaidProvider(FakeProvider):
    """Half a dollar a second, and a model of which nobody knows the price."""

    def models(self) -> tuple[ModelSpec, ...]:
        return (PAID, UNPRICED)


def _open(_: ProviderContext) -> PaidProvider:
    return PaidProvider()


PAID_ENTRY = ProviderEntry(ENTRY.info, _open)
