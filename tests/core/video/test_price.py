"""Prices as vendors state them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.video.price import Billed, PriceRow, PriceTable, PriceUnit
from core.video.terms import OutputKind

CLIP = Billed(OutputKind.VIDEO, "1080p", 1920, 1080, num_frames=100, duration_s=4, has_audio=True)
IMAGE = Billed(OutputKind.IMAGE, "1K", 1000, 2000, num_frames=1)


def table(*rows: PriceRow) -> PriceTable:
    return PriceTable(rows=rows, as_of=date(2026, 11, 1), source="x")


def row(usd: float, per: PriceUnit, **only: object) -> PriceRow:
    return PriceRow.model_validate({"usd": usd, "per": per, **only})


BY_AUDIO = table(
    row(0.4, PriceUnit.SECOND, has_audio=True),
    row(0.2, PriceUnit.SECOND, has_audio=False),
    row(0.6, PriceUnit.SECOND, resolution="4k", has_audio=True),
)


@pytest.mark.parametrize(
    ("prices", "billed", "usd"),
    [
        (BY_AUDIO, CLIP, 1.6),
        (BY_AUDIO, replace(CLIP, has_audio=False), 0.8),
        (BY_AUDIO, replace(CLIP, resolution="4k"), 2.4),
        (table(row(0.3, PriceUnit.CLIP)), CLIP, 0.3),
        (table(row(0.04, PriceUnit.IMAGE)), IMAGE, 0.04),
        (table(row(0.0018, PriceUnit.MEGAPIXEL)), CLIP, 0.0018 * 207.36),
        (table(row(0.01, PriceUnit.MEGAPIXEL)), IMAGE, 0.02),
        (table(row(30e-6, PriceUnit.TOKEN)), replace(IMAGE, tokens=1000), 0.03),
        (table(row(0.1, PriceUnit.INPUT_SECOND)), replace(CLIP, input_s=5), 0.5),
        (
            table(row(0.1, PriceUnit.SECOND), row(0.2, PriceUnit.INPUT_SECOND)),
            replace(CLIP, input_s=5),
            1.4,
        ),
    ],
)
def test_a_render_costs_the_sum_of_what_is_billed(
    prices: PriceTable, billed: Billed, usd: float
) -> None:
    assert prices.cost_usd(billed) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("prices", "billed"),
    [
        (table(), CLIP),
        (table(row(0.1, PriceUnit.SECOND, resolution="720p")), CLIP),
        (table(row(0.04, PriceUnit.IMAGE)), CLIP),
        (table(row(0.1, PriceUnit.SECOND)), IMAGE),
        (table(row(30e-6, PriceUnit.TOKEN)), IMAGE),
    ],
)
def test_what_is_not_known_is_never_nothing(prices: PriceTable, billed: Billed) -> None:
    assert prices.cost_usd(billed) is None


@pytest.mark.parametrize(
    ("prices", "text"),
    [
        (table(), "unknown"),
        (table(row(0, PriceUnit.CLIP), row(0, PriceUnit.IMAGE)), "free"),
        (table(row(0.1, PriceUnit.SECOND)), "$0.10 per second"),
        (table(row(0.0018, PriceUnit.MEGAPIXEL)), "$0.0018 per megapixel"),
        (BY_AUDIO, "from $0.20 per second"),
        (
            table(row(0.1, PriceUnit.SECOND), row(0.04, PriceUnit.IMAGE)),
            "$0.10 per second, $0.04 per image",
        ),
    ],
)
def test_a_list_shows_the_lowest_price_of_each_unit(prices: PriceTable, text: str) -> None:
    assert str(prices) == text
