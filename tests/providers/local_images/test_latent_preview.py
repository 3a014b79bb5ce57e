"""Pictures of an image while it is made: of each family, and without any effect on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from providers.engine.events import Advanced, Made
from tests.providers.local_images.hosted_engine import Hosted, order_for
from tests.providers.local_images.tiny_rows import (
    TINY_KLEIN,
    TINY_QWEN,
    TINY_SDXL,
    TINY_Z,
    tiny_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest
    from providers.local_images.models.catalog import LocalImageModel


def _leisurely() -> Iterator[float]:
    """A clock by which a step takes an hour and a look at it next to nothing."""
    now = 0.0
    yield now
    while True:
        now += 3600
        yield from (now, now, now + 0.01)


@pytest.mark.parametrize("model", [TINY_Z, TINY_KLEIN, TINY_SDXL, TINY_QWEN], ids=lambda m: m.id)
def test_the_preview_becomes_the_picture_and_changes_nothing(
    models_home: Path,
    fitted: Callable[[RenderRequest], RenderPlan],
    tmp_path: Path,
    model: LocalImageModel,
) -> None:
    plan = fitted(tiny_request(model, steps=6))
    seen, unseen = tmp_path / "seen", tmp_path / "unseen"
    for folder in (seen, unseen):
        folder.mkdir()
    clock = _leisurely()
    said = Hosted(lambda: next(clock)).answer(order_for(models_home, model, plan, seen))
    made = said[-1]
    assert isinstance(made, Made), made
    previews = [event.preview for event in said if isinstance(event, Advanced) and event.preview]
    # The first step has none before it, and the last one ends in the picture itself.
    assert [path.name for path in previews] == [f"preview-{step:03}.png" for step in range(2, 6)]
    final = Image.open(made.file).convert("RGB")
    small = Image.open(previews[-1])
    assert small.mode == "RGB"
    assert small.width / small.height == pytest.approx(final.width / final.height)
    # What the last step heads for is much like what comes of it.
    shrunk = np.asarray(final.resize(small.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(small).astype(int) - shrunk).mean() < 30

    never = Hosted(lambda: 0.0).answer(order_for(models_home, model, plan, unseen))[-1]
    assert isinstance(never, Made), never
    assert not list(unseen.glob("preview-*"))
    assert np.array_equal(np.asarray(Image.open(never.file)), np.asarray(final))
