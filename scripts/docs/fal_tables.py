"""The tables of what Fal offers, from the rows of its models and endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.control_row import Control
from core.video.controls import CONTROLS
from providers.ltx_video.fal.models import MODELS
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from core.video.price import PriceTable
    from core.video.spec import ModelSpec
    from providers.ltx_video.fal.models import FalModel

# What tells the models apart; all else each of them has.
_SHOWN = (
    Control.END_IMAGE,
    Control.SEED,
    Control.STEPS,
    Control.GUIDANCE_SCALE,
    Control.NEGATIVE_PROMPT,
    Control.CAMERA_MOTION,
    Control.LORAS,
)


def models() -> str:
    """Every model: what it makes and takes."""
    head = ("model", "makes", "sizes", "seconds", "fps", "takes")
    return markdown_table(head, [_model_row(model.spec) for model in MODELS])


def prices() -> str:
    """Every endpoint with its price in the list, and when that was read."""
    head = ("model", "endpoint", "price", "read", "where")
    return markdown_table(head, [row for model in MODELS for row in _price_rows(model)])


def _model_row(spec: ModelSpec) -> tuple[str, ...]:
    takes = [
        row.label.lower() for row in CONTROLS if row.id in _SHOWN and row.allowed(spec) is not None
    ]
    return (
        f"`{spec.id}`",
        ", ".join(task.value for task in spec.tasks),
        ", ".join(spec.resolutions),
        str(spec.durations),
        ", ".join(map(str, spec.fps)),
        ", ".join(takes) or "-",
    )


def _price_rows(model: FalModel) -> list[tuple[str, ...]]:
    return [
        (
            f"`{model.spec.id}`",
            f"`{endpoint.id}`",
            _price(endpoint.price),
            f"{endpoint.price.as_of:%Y-%m-%d}" if endpoint.price.rows else "-",
            endpoint.price.source if endpoint.price.rows else "-",
        )
        for endpoint in model.endpoints
    ]


def _price(table: PriceTable) -> str:
    sizes = [f"{row} ({row.resolution})" if row.resolution else f"{row}" for row in table.rows]
    return ", ".join(sizes) or "unknown"
