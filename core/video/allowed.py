"""What a model takes of one control: kinds of limits, the nearest value, and refusals in words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.parse import urlsplit

from core.platform.server_address import is_own_host
from core.platform.suggestions import nearest_name, unknown_name
from core.video.inputs import ROLES
from core.video.request import Input
from core.video.spec import Durations, FloatRange, IntRange

if TYPE_CHECKING:
    from core.video.spec import FrameSize
    from core.video.terms import Role, SizeGrid

_PIXEL_SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class OneOf:
    """One value of a list; None as the default leaves it to the prompt or the program."""

    values: tuple[object, ...]
    default: object = None


@dataclass(frozen=True)
class Moment:
    """A time in a video, in seconds; none where nothing is said."""

    minimum: float = 0.0
    maximum: float = 86_400.0


@dataclass(frozen=True)
class OneSize:
    """A size by its name or in pixels, also one that only the grid has."""

    sizes: tuple[FrameSize, ...]
    grid: SizeGrid | None = None


@dataclass(frozen=True)
class TextLimit:
    """Any words, as many as the model's tokenizer reads: each is at least one token."""

    max_tokens: int


@dataclass(frozen=True)
class FileLimit:
    """So many files of a role."""

    role: Role
    most: int


@dataclass(frozen=True)
class AnyValue:
    """Whatever can be typed: the registry judges it and not a model."""


@dataclass(frozen=True)
class OnOff:
    """Yes or no; yes where nothing is said, or `default`.

    Attributes:
        is_fixed: there is no choice, so that nobody need be offered one.
    """

    default: bool = True
    is_fixed: bool = False


@dataclass(frozen=True)
class WebAddress:
    """An address that a service can call."""


Allowed: TypeAlias = (
    IntRange
    | FloatRange
    | Durations
    | Moment
    | OneOf
    | OneSize
    | TextLimit
    | FileLimit
    | OnOff
    | WebAddress
    | AnyValue
)
"""What a model takes of a control."""


def is_allowed(value: object, allowed: Allowed) -> bool:
    """Whether a value is among what is allowed."""
    match allowed:
        case IntRange() | FloatRange() | Moment():
            return allowed.minimum <= cast("float", value) <= allowed.maximum
        case Durations():
            return allowed.allows(cast("float", value))
        case OneOf(values):
            return find_value(value, values) is not None
        case OneSize(sizes, grid):
            return find_size(str(value), sizes) is not None or _is_on(grid, str(value))
        case TextLimit(limit):
            return len(str(value).split()) <= limit
        case FileLimit(_, most):
            return len(_inputs(value)) <= most
        case WebAddress():
            return is_web_address(str(value))
        case OnOff():
            return not allowed.is_fixed or value is allowed.default
        case AnyValue():
            return True


def nearest(value: object, allowed: Allowed) -> object:
    """The allowed value that is most like this one; None for the usual one."""
    match allowed:
        case IntRange() | FloatRange() | Moment():
            number = cast("float", value)
            if math.isnan(number):
                return allowed.minimum if isinstance(allowed, Moment) else allowed.default
            return min(max(number, allowed.minimum), allowed.maximum)
        case Durations():
            return allowed.nearest(cast("float", value))
        case OneOf(values):
            if isinstance(value, int | float):
                numbers = cast("tuple[float, ...]", values)
                return min(numbers, key=lambda number: abs(number - value))
            found = find_value(value, values)
            near = found or nearest_name(str(value), map(str, values))
            return next((item for item in values if str(item) == near), None)
        case OneSize(sizes, grid):
            return str(value) if _is_on(grid, str(value)) else _nearest_size(str(value), sizes)
        case TextLimit(limit):
            return " ".join(str(value).split()[:limit])
        case FileLimit(_, most):
            return _inputs(value)[:most]
        case WebAddress():
            return value if is_web_address(str(value)) else None
        case OnOff():
            return allowed.default if allowed.is_fixed else value
        case AnyValue():
            return value


def find_value(value: object, values: tuple[object, ...]) -> object:
    """The value of a list, for words in any case and with any gaps; None where it is not there."""
    if not isinstance(value, str):
        return value if value in values else None
    return next((item for item in values if _folded(str(item)) == _folded(value)), None)


def _is_on(grid: SizeGrid | None, text: str) -> bool:
    pixels = pixels_of(text)
    return grid is not None and pixels is not None and grid.allows(*pixels)


def _folded(text: str) -> str:
    return text.strip().replace("-", "_").replace(" ", "_").casefold()


def find_size(text: str, sizes: tuple[FrameSize, ...]) -> FrameSize | None:
    """The first size of that name or of so many pixels."""
    pixels = pixels_of(text)
    folded = text.strip().casefold()
    return next(
        (
            size
            for size in sizes
            if (size.width, size.height) == pixels or size.resolution.casefold() == folded
        ),
        None,
    )


def pixels_of(text: str) -> tuple[int, int] | None:
    """Width and height where the text is "1280x736", None for a name."""
    match = _PIXEL_SIZE.fullmatch(text.strip())
    return None if match is None else (int(match[1]), int(match[2]))


def nearest_in_pixels(pixels: tuple[int, int], sizes: tuple[FrameSize, ...]) -> FrameSize:
    """The size that differs least."""
    width, height = pixels
    return min(sizes, key=lambda size: abs(size.width - width) + abs(size.height - height))


def _nearest_size(text: str, sizes: tuple[FrameSize, ...]) -> str | None:
    pixels = pixels_of(text)
    if pixels is not None:
        return str(nearest_in_pixels(pixels, sizes))
    found = find_size(text, sizes)
    if found is not None:
        return found.resolution
    return nearest_name(text, [size.resolution for size in sizes])


def is_web_address(text: str) -> bool:
    """Whether it is a whole https address, or an http one on this machine."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or any(letter.isspace() for letter in text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_own_host(host))


def refusal(value: object, allowed: Allowed, *, label: str, noun: str) -> str:
    """A sentence or two: why the model `label` does not take this as its `noun`; the nearest."""
    near = nearest(value, allowed)
    match allowed:
        case IntRange() | FloatRange() | Moment():
            low, high = _number(allowed.minimum), _number(allowed.maximum)
            return (
                f"{label} takes a {noun} of {low} to {high}, not {_number(value)}. The nearest is "
                f"{_number(near)}."
            )
        case Durations():
            if not math.isfinite(cast("float", value)):
                return f"A clip cannot be {value} s long."
            which = (
                listed(allowed.choices)
                if allowed.choices
                else f"{allowed.minimum:g} to {allowed.maximum:g}"
            )
            return f"{label} makes clips of {which} s, not {value:g} s. The nearest is {near:g} s."
        case OneOf(values) if isinstance(value, int | float):
            return (
                f"{label} takes a {noun} of {listed(values)}, not {value}. The nearest is {near}."
            )
        case OneOf(values):
            return f"{label}: {unknown_name(noun, str(value), map(str, values))}"
        case OneSize(sizes, grid):
            pixels = pixels_of(str(value))
            if pixels is None:
                names = dict.fromkeys(size.resolution for size in sizes)
                return f"{label}: {unknown_name(noun, str(value), names)}"
            size = nearest_in_pixels(pixels, sizes)
            if grid is not None:
                return (
                    f"{label} makes sizes of up to {grid.most_pixels / 1e6:.1f} megapixels with "
                    f"sides of {grid.least} pixels or more, not {pixels[0]}x{pixels[1]}. The "
                    f"nearest of its own sizes is {size} ({size.resolution}, {size.aspect.value})."
                )
            return (
                f"{label} does not make {pixels[0]}x{pixels[1]}. The nearest size is {size} "
                f"({size.resolution}, {size.aspect.value})."
            )
        case TextLimit(limit):
            return (
                f"The {noun} has {len(str(value).split())} words, and {label} reads at most "
                f"{limit} tokens (a word is one or more). Shorten it."
            )
        case FileLimit(role, most):
            return ROLES[role].refusal(len(_inputs(value)), most, label)
        case WebAddress():
            # The address itself is not repeated: it may hold a secret.
            return (
                f"The {noun} is no address that can be used. Write it in full, beginning with "
                "https:// (http:// only for this machine)."
            )
        case OnOff() | AnyValue():
            raise AssertionError(f"every {noun} is taken")


def _inputs(value: object) -> tuple[Input, ...]:
    return (value,) if isinstance(value, Input) else cast("tuple[Input, ...]", value)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(values: tuple[object, ...]) -> str:
    """Such as "8, 12 or 16"."""
    names = [_number(value) for value in values]
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
