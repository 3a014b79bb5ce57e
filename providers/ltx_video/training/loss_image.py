"""How a training goes as a picture: its losses so far, and a frame of the newest clip."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.lora.training import LossLine

_SIZE = (360, 140)
_MARGIN = 8
_PAPER, _GRID, _LOSS, _VALIDATION = "#ffffff", "#dddddd", "#9a9a9a", "#1565c0"
_DOT = 2
# A span of losses too small to be told from none.
_LEAST_SPAN = 0.1


def draw_losses(
    lines: Sequence[LossLine], steps: int, still: Image.Image | None, path: Path
) -> None:
    """Write the losses over the steps as a PNG: grey as they are learned, blue as validated.

    Args:
        lines: of the record.
        steps: of the whole training, which is the width.
        still: stands to the left; None before there is a clip.
        path: the file.
    """
    width, height = _SIZE
    left = 0
    if still is not None:
        still = still.resize((round(still.width * height / still.height), height))
        left = still.width
    image = Image.new("RGB", (left + width, height), _PAPER)
    if still is not None:
        image.paste(still, (0, 0))
    draw = ImageDraw.Draw(image)
    learned = [(line.step, line.loss) for line in lines if line.loss]
    validated = [(line.step, line.validation_loss) for line in lines if line.validation_loss]
    # Losses fall quickly at first and little later; in a logarithm both are seen.
    heights = [log(loss) for _, loss in (*learned, *validated)]
    if not heights:
        return
    low, high = min(heights), max(heights)
    span = max(high - low, _LEAST_SPAN)

    def place(step: int, loss: float) -> tuple[float, float]:
        x = left + _MARGIN + step / steps * (width - 2 * _MARGIN)
        y = height - _MARGIN - (log(loss) - low) / span * (height - 2 * _MARGIN)
        return x, y

    for part in range(5):
        y = _MARGIN + part / 4 * (height - 2 * _MARGIN)
        draw.line((left + _MARGIN, y, left + width - _MARGIN, y), fill=_GRID)
    draw.line([place(*point) for point in learned], fill=_LOSS, width=1)
    draw.line([place(*point) for point in validated], fill=_VALIDATION, width=2)
    for point in validated:
        x, y = place(*point)
        draw.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=_VALIDATION)
    image.save(path)
