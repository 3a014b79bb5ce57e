"""A request as another model takes it, and a sentence on all that differs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.allowed import OneSize, find_size, is_allowed, nearest, pixels_of
from core.video.control_row import Control
from core.video.controls import CHOICES, ROWS
from core.video.spec import shown_name

if TYPE_CHECKING:
    from core.video.allowed import Allowed
    from core.video.control_row import ControlRow
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec

# What names a target, or is not for the clip: it is no part of what is made.
_NOT_ADAPTED = (Control.TARGET, Control.WEBHOOK)
_LINES = re.compile(r"(\d+)p", re.IGNORECASE)
_NAMED_LINES = {"2k": 1440, "4k": 2160}


@dataclass(frozen=True)
class AdaptedRequest:
    """A request for one model.

    Attributes:
        notes: what of it is left out or changed, a sentence each.
    """

    request: RenderRequest
    notes: tuple[str, ...] = ()


def adapted_to(request: RenderRequest, spec: ModelSpec, *, is_seed_drawn: bool) -> AdaptedRequest:
    """The request with the nearest values that a model takes, and without what it does not take.

    Files stay: without its start image or its source video a clip would be another one, so a model
    that takes none refuses the request.

    Args:
        request: as asked, for the model's target.
        spec: of the model.
        is_seed_drawn: nobody asked for the seed, so nothing is said where a model takes none.
    """
    notes: list[str] = []
    for row in CHOICES:
        value = row.value(request)
        if row.id in _NOT_ADAPTED or row.role is not None or value in (None, ""):
            continue
        allowed = row.allowed(spec)
        if allowed is None:
            request = row.with_value(request, None)
            is_asked = value is not False and not (row.id is Control.SEED and is_seed_drawn)
            notes += [f"{spec.label} takes no {row.noun}, so it is left out."] if is_asked else []
        elif not is_allowed(value, allowed):
            near = _nearest(value, allowed)
            request = row.with_value(request, near)
            notes.append(_changed(row, value, near, spec))
    return _within_limits(AdaptedRequest(request, tuple(notes)), spec)


def _within_limits(adapted: AdaptedRequest, spec: ModelSpec) -> AdaptedRequest:
    """The same with a clip that is not longer than the model makes of that size and rate."""
    request = adapted.request
    frame = request.frame
    if frame.duration_s is None or not spec.fps:
        return adapted
    asked = None if frame.resolution is None else find_size(frame.resolution, spec.sizes)
    resolution = (asked or spec.default_size).resolution
    longest_s = spec.durations.longest(resolution, frame.fps or spec.default_fps)
    if frame.duration_s <= longest_s:
        return adapted
    row = ROWS[Control.DURATION]
    seconds = spec.durations.nearest(frame.duration_s, longest_s)
    note = f"{spec.label} makes at most {seconds:g} s of {resolution} at that rate."
    return AdaptedRequest(row.with_value(request, seconds), (*adapted.notes, note))


def _nearest(value: object, allowed: Allowed) -> object:
    """The nearest value; of sizes by name the one of as many lines."""
    lines = _lines_of(str(value)) if isinstance(allowed, OneSize) else None
    if isinstance(allowed, OneSize) and lines is not None and allowed.sizes:
        best = min(allowed.sizes, key=lambda size: abs(min(size.width, size.height) - lines))
        return best.resolution
    return nearest(value, allowed)


def _lines_of(name: str) -> int | None:
    found = _LINES.fullmatch(name.strip())
    return int(found[1]) if found else _NAMED_LINES.get(name.strip().casefold())


def _changed(row: ControlRow, value: object, near: object, spec: ModelSpec) -> str:
    if value is False:
        return f"{spec.label} makes nothing without {row.noun}."
    asked, taken = _text(row, value), _text(row, near)
    if near is None:
        return f"{spec.label} has no {row.noun} {asked}; its usual one is taken."
    if pixels_of(str(value)) and (size := find_size(str(near), spec.sizes)):
        taken = str(size)
    return f"{spec.label} takes a {row.noun} of {taken} in place of {asked}, the nearest there is."


def _text(row: ControlRow, value: object) -> str:
    if isinstance(value, float):
        return f"{value:g} {row.unit}".strip()
    return f"{shown_name(str(value))} {row.unit}".strip() if row.unit else shown_name(str(value))
