from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QFontMetrics

from gui.takes.take_text import describe_take, short_when
from gui.takes.takes_delegate import IMAGE, tile_size
from gui.widgets.cells import ICON, PAD
from tests.fakes.scenes import make_take

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


def test_every_fact_of_a_take_is_told() -> None:
    take = make_take("t").model_copy(update={"cost_usd": 0.25, "has_audio": True})
    messages = describe_take(take)
    for words in ("t.mp4", "Fake Small", "96×64 · 2.12 s", "17 frames at 8", "With sound"):
        assert words in messages
    assert "Seed 7" in messages
    assert "Cost $0.25" in messages
    least = take.model_copy(update={"cost_usd": 0.004})
    assert "Cost less than $0.01" in describe_take(least)
    assert "Free" in describe_take(take.model_copy(update={"cost_usd": 0.0}))
    bare = take.model_copy(
        update={"width": 0, "fps": 0.0, "seed": None, "cost_usd": None, "model": ""}
    )
    assert describe_take(bare).splitlines()[:2] == ["t.mp4", "With sound"]


def test_take_of_today_tells_its_time_and_an_older_one_its_day() -> None:
    made = datetime(2026, 3, 4, 15, 6, tzinfo=UTC).astimezone()
    take = make_take("t").model_copy(update={"created_at": made})
    assert short_when(take, made.date()) == made.strftime("%H:%M")
    assert short_when(take, date(2026, 12, 24)) == made.strftime("%d %b")
    assert short_when(take, date(2027, 1, 1)) == made.strftime("%d %b %Y")


@pytest.mark.parametrize("points", [7, 9, 14, 24])
def test_tile_has_room_for_its_words_in_every_font(qapp: QApplication, points: int) -> None:
    font = qapp.font()
    font.setPointSize(points)
    metrics = QFontMetrics(font)
    room = tile_size(metrics).width() - 2 * PAD
    assert metrics.horizontalAdvance("Take 12 · seed 4294967295") <= room
    beside = room - IMAGE.width() - PAD - ICON - PAD // 2
    assert metrics.horizontalAdvance("Out of date") <= beside
