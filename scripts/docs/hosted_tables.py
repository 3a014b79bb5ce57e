"""The tables of what services offer, from the rows of their models and endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.video.control_row import Control
from core.video.controls import CONTROLS
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from core.video.price import PriceTable
    from core.video.spec import ModelSpec
    from providers.ltx_video.hosted.models import HostedModel

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


def models(table: tuple[HostedModel[Any], ...]) -> str:
    """Every model: what it makes and takes."""
    head = ("model", "makes", "sizes", "seconds", "fps", "takes")
    return markdown_table(head, [_model_row(model.spec) for model in table])


def prices(table: tuple[HostedModel[Any], ...]) -> str:
    """Every endpoint with its price in the list, and when that was read."""
    head = ("model", "makes", "endpoint", "price", "read", "where")
    return markdown_table(head, [row for model in table for row in _price_rows(model)])


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


def _price_rows(model: HostedModel[Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{model.spec.id}`",
            endpoint.task.value,
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
