"""What renders cost, as vendors bill it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from core.frozen import Frozen, older_fields
from core.video.terms import OutputKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_PIXELS_OF_A_WHOLE_ONE = 1024 * 1024
_MOST_SENT = 4


class PriceUnit(StrEnum):
    """What vendors bill; a megapixel counts each frame, an input second or image what is sent.

    Whole megapixels are those of 1024x1024, of each image rounded up; of images that are sent each
    counts as four at most.
    """

    SECOND = "second"
    CLIP = "clip"
    IMAGE = "image"
    MEGAPIXEL = "megapixel"
    WHOLE_MEGAPIXEL = "whole megapixel"
    TOKEN = "token"
    INPUT_SECOND = "input second"
    INPUT_IMAGE = "input image"
    INPUT_MEGAPIXEL = "input megapixel"


_OF_IMAGES = (
    PriceUnit.IMAGE,
    PriceUnit.MEGAPIXEL,
    PriceUnit.WHOLE_MEGAPIXEL,
    PriceUnit.TOKEN,
    PriceUnit.INPUT_IMAGE,
    PriceUnit.INPUT_MEGAPIXEL,
)


def whole_megapixels(width: int, height: int) -> int:
    """How many whole megapixels an image counts as."""
    return math.ceil(width * height / _PIXELS_OF_A_WHOLE_ONE)


def sent_megapixels(sizes: Iterable[tuple[int, int]]) -> int:
    """How many whole megapixels images of these sizes count as that are sent."""
    return sum(min(whole_megapixels(*size), _MOST_SENT) for size in sizes)


@dataclass(frozen=True)
class Billed:
    """What a render comes to in everything that is billed; None where it is not known before."""

    output: OutputKind
    resolution: str
    width: int
    height: int
    num_frames: int
    duration_s: float = 0.0
    has_audio: bool = False
    input_s: float = 0.0
    tokens: int | None = None
    quality: str | None = None
    input_images: int = 0
    input_megapixels: int = 0

    def amount(self, unit: PriceUnit) -> float | None:
        """How many of a unit; None where that is not known."""
        match unit:
            case PriceUnit.SECOND:
                return self.duration_s
            case PriceUnit.CLIP | PriceUnit.IMAGE:
                return 1
            case PriceUnit.MEGAPIXEL:
                return self.width * self.height * self.num_frames / 1e6
            case PriceUnit.TOKEN:
                return self.tokens
            case PriceUnit.INPUT_SECOND:
                return self.input_s
            case PriceUnit.INPUT_IMAGE:
                return self.input_images
            case PriceUnit.WHOLE_MEGAPIXEL:
                return whole_megapixels(self.width, self.height) * self.num_frames
            case PriceUnit.INPUT_MEGAPIXEL:
                return self.input_megapixels

    def is_billed(self, unit: PriceUnit) -> bool:
        """Whether this kind of output is billed by that unit."""
        if self.output is OutputKind.IMAGE:
            return unit in _OF_IMAGES
        return unit not in (PriceUnit.IMAGE, PriceUnit.INPUT_IMAGE, PriceUnit.INPUT_MEGAPIXEL)


class PriceRow(Frozen):
    """One line of a price list; it counts for the resolution, audio and quality that it names."""

    usd: float = Field(ge=0)
    per: PriceUnit
    resolution: str | None = None
    has_audio: bool | None = None
    quality: str | None = None

    @property
    def _named(self) -> tuple[object, ...]:
        return self.resolution, self.has_audio, self.quality

    @property
    def precision(self) -> int:
        """How much it names; what names more is meant before what is for all."""
        return sum(name is not None for name in self._named)

    def fits(self, billed: Billed) -> bool:
        """Whether this line is the one for such a render."""
        found = (billed.resolution, billed.has_audio, billed.quality)
        return all(name in (None, one) for name, one in zip(self._named, found, strict=True))

    def __str__(self) -> str:
        cents = round(self.usd * 100, 6)
        amount = f"{self.usd:.2f}" if cents == round(cents) else f"{self.usd:g}"
        return f"${amount} per {self.per.value}"


class PriceTable(Frozen):
    """What a model costs; without rows that is not known, and never shown as nothing.

    A render costs the sum over all units: of the rows of each, the one that fits it best.
    """

    rows: tuple[PriceRow, ...] = ()
    as_of: date
    source: str

    @model_validator(mode="before")
    @classmethod
    def _read_per_second(cls, stored: object) -> object:
        """Journals once held one price per second of clip."""
        fields = older_fields(stored, "usd_per_s")
        if fields is None:
            return stored
        usd = fields.pop("usd_per_s")
        rows = [] if usd is None else [{"usd": usd, "per": PriceUnit.SECOND}]
        return {**fields, "rows": rows}

    def cost_usd(self, billed: Billed) -> float | None:
        """The price of a render, or None when it is not known."""
        total: float | None = None
        for unit in dict.fromkeys(row.per for row in self.rows if billed.is_billed(row.per)):
            fitting = [row for row in self.rows if row.per is unit and row.fits(billed)]
            amount = billed.amount(unit)
            if not fitting or amount is None:
                return None
            best = max(fitting, key=lambda row: row.precision)
            total = (total or 0.0) + best.usd * amount
        return total

    def __str__(self) -> str:
        if not self.rows:
            return "unknown"
        if all(row.usd == 0 for row in self.rows):
            return "free"
        return ", ".join(map(self._text_of, dict.fromkeys(row.per for row in self.rows)))

    def _text_of(self, unit: PriceUnit) -> str:
        """The lowest price of a unit, told as such where there are several."""
        rows = sorted((row for row in self.rows if row.per is unit), key=lambda row: row.usd)
        is_one = rows[0].usd == rows[-1].usd
        return f"{rows[0]}" if is_one else f"from {rows[0]}"
