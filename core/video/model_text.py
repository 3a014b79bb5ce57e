"""A model in words: what it takes, needs and costs, for lists and pages alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.platform.units import bytes_text
from core.video.allowed import (
    AnyValue,
    FileLimit,
    Moment,
    OneOf,
    OneSize,
    OnOff,
    TextLimit,
    WebAddress,
)
from core.video.control_row import Control
from core.video.controls import CONTROLS
from core.video.provider import NotReady
from core.video.spec import Durations, FloatRange, IntRange, shown_name

if TYPE_CHECKING:
    from core.video.control_row import ControlRow
    from core.video.listing import ListedModel
    from core.video.spec import ModelSpec


def facts_of(spec: ModelSpec) -> dict[str, str]:
    """Everything that the model's row says, by a word or two, in the order in which people ask."""
    rows = {
        "size": "" if spec.size_bytes is None else bytes_text(spec.size_bytes),
        "licence": " ".join(filter(None, [str(spec.licence), spec.licence.url])),
        "terms": spec.licence.summary,
        "price": str(spec.price),
        "needs": str(spec.needs),
        "does": ", ".join(task.value for task in spec.tasks),
        "sizes": ", ".join(f"{s} ({s.resolution}, {s.aspect.value})" for s in spec.sizes),
        **{_name(row): _allowed_text(row, spec) for row in CONTROLS},
        "takes no": ", ".join(_name(row) for row in CONTROLS if row.allowed(spec) is None),
        "as of": f"{spec.as_of}, {spec.source}",
    }
    return {name: text for name, text in rows.items() if text}


def _name(row: ControlRow) -> str:
    """The label as it stands inside a sentence; "LoRAs" keeps its capitals."""
    return row.label if row.label != row.label.capitalize() else row.label.lower()


def _allowed_text(row: ControlRow, spec: ModelSpec) -> str:
    """What the model takes of a control; empty where it is told otherwise."""
    allowed = row.allowed(spec)
    unit = "" if row.unit in ("", "×") else f" {row.unit}"
    match allowed:
        case None:
            return ""
        case IntRange() | FloatRange() if row.id is Control.SEED:
            return "yes"
        case IntRange() | FloatRange() | Durations():
            return f"{allowed}{unit}; {allowed.default:g}{unit} when not given"
        case OneOf(values, default):
            names = [shown_name(str(value)) for value in values]
            usual = "" if default is None or len(values) < 2 else f"; {default} when not given"
            return f"{', '.join(names)}{unit}{usual}"
        case TextLimit(limit):
            return f"at most {limit} tokens"
        case FileLimit(_, most):
            return f"at most {most}"
        case OnOff(is_fixed=True):
            return "always"
        case OnOff() | WebAddress():
            return "yes"
        case OneSize() | AnyValue() | Moment():
            return ""


def listed_text(model: ListedModel) -> str:
    """A model in one line: name, price, size where it is still to be fetched, and how it stands."""
    spec = model.spec
    parts = [spec.label, str(spec.price) if spec.price.rows else "price unknown"]
    if isinstance(model.readiness, NotReady) and model.info.is_local and spec.size_bytes:
        parts.append(bytes_text(spec.size_bytes))
    return " · ".join([*parts, model.state.value])
