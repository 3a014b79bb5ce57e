"""What each endpoint for images at Fal takes: its fields by name, each with the kind that it sends.

Ids and fields are those of Fal's own types for TypeScript of 2 August 2026, and of litellm 1.110
for what came later; both, and prices, change there: whoever reads them anew changes a row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.services.orders import (
    ASPECT,
    GUIDANCE,
    NEGATIVE_PROMPT,
    PROMPT,
    SEED,
    STEPS,
    WireEndpoint,
    WireField,
    file_field,
    files_field,
    fixed_field,
    size_of,
)
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.terms import Role, Task

if TYPE_CHECKING:
    from core.services.service_client import RemoteOrder

TYPES_READ = date(2026, 11, 29)
"""When the fields were last looked at."""


@dataclass(frozen=True)
class FalImageEndpoint(WireEndpoint):
    """One way to make images at Fal; its id is "owner/app/…".

    Attributes:
        billed_by: what its price counts; None where no price that Fal tells says what one costs.
        is_mask_clear: whether its mask is clear where an image is edited, besides being white.
    """

    billed_by: PriceUnit | None = PriceUnit.IMAGE
    is_mask_clear: bool = False


_SIZE = WireField(
    "image_size", lambda order: {"width": order.plan.width, "height": order.plan.height}
)
_RESOLUTION = WireField("resolution", lambda order: size_of(order.plan).resolution)
_QUALITY = WireField("quality", lambda order: order.plan.quality)
_STRENGTH = WireField("strength", lambda order: order.plan.strength)
_FACTOR = WireField("upscale_factor", lambda order: order.plan.upscale_factor)
# Left out, it is the model's own.
_ANY_PROMPT = WireField("prompt", lambda order: order.plan.prompt or None)
_PNG = fixed_field("output_format", "png")
_IMAGE = file_field("image_url", Role.START)
_IMAGES = files_field("image_urls", Role.START, Role.REFERENCE)
# The plan and the record say what the model reads; Fal would write it anew, for money.
_AS_WRITTEN = fixed_field("enable_prompt_expansion", False)


def _listed(source: str, as_of: date, **usd: float) -> PriceTable:
    """A price for each image, by the sizes as `at_2K=…`, or for all of them as `each=…`."""
    rows = tuple(
        PriceRow(
            usd=price,
            per=PriceUnit.IMAGE,
            resolution=None if name == "each" else name.removeprefix("at_").replace("_", "."),
        )
        for name, price in usd.items()
    )
    return PriceTable(rows=rows, as_of=as_of, source=source)


def _processed(usd: float, source: str, as_of: date, *, first: float | None = None) -> PriceTable:
    """A price for each whole megapixel that is made or sent, of which the first may be dearer."""
    rows = [
        PriceRow(usd=usd, per=PriceUnit.WHOLE_MEGAPIXEL),
        PriceRow(usd=usd, per=PriceUnit.INPUT_MEGAPIXEL),
    ]
    if first is not None:
        rows.append(PriceRow(usd=round(first - usd, 6), per=PriceUnit.IMAGE))
    return PriceTable(rows=tuple(rows), as_of=as_of, source=source)


def _unlisted(endpoint: str) -> PriceTable:
    return PriceTable(as_of=TYPES_READ, source=f"fal.ai/models/{endpoint}")


def _flux(
    name: str,
    price: PriceTable,
    *more: WireField,
    billed_by: PriceUnit | None = PriceUnit.WHOLE_MEGAPIXEL,
) -> tuple[FalImageEndpoint, ...]:
    fields = (PROMPT, _SIZE, SEED, _PNG, *more)
    return (
        FalImageEndpoint(name, Task.TEXT_TO_IMAGE, fields, price, billed_by),
        FalImageEndpoint(f"{name}/edit", Task.IMAGE_EDIT, (*fields, _IMAGES), price, billed_by),
    )


KLEIN_4B = _flux(
    "fal-ai/flux-2/klein/4b",
    _processed(0.009, "fal.ai's guide to FLUX.2 klein", date(2026, 1, 16)),
)
KLEIN_9B = _flux(
    "fal-ai/flux-2/klein/9b",
    _processed(0.011, "lumenfall.ai, which resells Fal", date(2026, 11, 29)),
)
# Of the first megapixel it asks another price than of the next, and tells one.
PRO = _flux(
    "fal-ai/flux-2-pro",
    _processed(0.015, "docs.bfl.ai, and two who resell Fal", date(2026, 11, 29), first=0.03),
    billed_by=None,
)
MAX = _flux(
    "fal-ai/flux-2-max",
    _processed(0.03, "fal.ai/models/fal-ai/flux-2-max/edit", date(2026, 11, 29), first=0.07),
    billed_by=None,
)
FLEX = _flux(
    "fal-ai/flux-2-flex",
    _processed(0.05, "docs.bfl.ai, and one who resells Fal", date(2026, 11, 29)),
    STEPS,
    GUIDANCE,
)

# Several at a time would be billed each: one order is one image.
_SEEDREAM = (PROMPT, _SIZE)
_LITE_PRICE = _listed(
    "fal.ai/models/fal-ai/bytedance/seedream/v5/lite/edit", date(2026, 11, 29), each=0.035
)
SEEDREAM_LITE = (
    FalImageEndpoint(
        "bytedance/seedream/v5/lite/text-to-image", Task.TEXT_TO_IMAGE, _SEEDREAM, _LITE_PRICE
    ),
    FalImageEndpoint(
        "bytedance/seedream/v5/lite/edit", Task.IMAGE_EDIT, (*_SEEDREAM, _IMAGES), _LITE_PRICE
    ),
)
_PRO_PRICE = _listed(
    "fal.ai/models/bytedance/seedream/v5/pro/us/text-to-image",
    date(2026, 11, 29),
    at_1_5K=0.0675,
    at_2K=0.135,
)
SEEDREAM_PRO = (
    FalImageEndpoint(
        "bytedance/seedream/v5/pro/text-to-image",
        Task.TEXT_TO_IMAGE,
        (*_SEEDREAM, _PNG),
        _PRO_PRICE,
    ),
    FalImageEndpoint(
        "bytedance/seedream/v5/pro/edit",
        Task.IMAGE_EDIT,
        (*_SEEDREAM, _PNG, _IMAGES),
        _PRO_PRICE,
    ),
)

_QWEN = (PROMPT, NEGATIVE_PROMPT, _SIZE, STEPS, GUIDANCE, SEED, _PNG)
QWEN_2512 = (
    FalImageEndpoint(
        "fal-ai/qwen-image-2512",
        Task.TEXT_TO_IMAGE,
        _QWEN,
        _unlisted("fal-ai/qwen-image-2512"),
        PriceUnit.MEGAPIXEL,
    ),
)
QWEN_EDIT_2511 = (
    FalImageEndpoint(
        "fal-ai/qwen-image-edit-2511",
        Task.IMAGE_EDIT,
        (*_QWEN, _IMAGES),
        _unlisted("fal-ai/qwen-image-edit-2511"),
        PriceUnit.MEGAPIXEL,
    ),
)

_Z_IMAGE = (PROMPT, STEPS, SEED, _PNG, _AS_WRITTEN)
_Z_PRICE = PriceTable(
    rows=(PriceRow(usd=0.005, per=PriceUnit.MEGAPIXEL),),
    as_of=date(2026, 11, 29),
    source="fal.ai/docs, Z-Image Turbo",
)
Z_IMAGE = (
    FalImageEndpoint(
        "fal-ai/z-image/turbo",
        Task.TEXT_TO_IMAGE,
        (*_Z_IMAGE, _SIZE),
        _Z_PRICE,
        PriceUnit.MEGAPIXEL,
    ),
    FalImageEndpoint(
        "fal-ai/z-image/turbo/image-to-image",
        Task.IMAGE_EDIT,
        (*_Z_IMAGE, _SIZE, _IMAGE, _STRENGTH),
        _Z_PRICE,
        PriceUnit.MEGAPIXEL,
    ),
)
# Without a size, the result has that of the image.
Z_INPAINT = (
    FalImageEndpoint(
        "fal-ai/z-image/turbo/inpaint",
        Task.IMAGE_EDIT,
        (*_Z_IMAGE, _IMAGE, file_field("mask_image_url", Role.MASK), _STRENGTH),
        _unlisted("fal-ai/z-image/turbo/inpaint"),
        PriceUnit.MEGAPIXEL,
    ),
)


def _banana(name: str, price: PriceTable) -> tuple[FalImageEndpoint, ...]:
    # A prompt may ask for several, which would be billed each.
    fields = (PROMPT, ASPECT, _RESOLUTION, SEED, _PNG, fixed_field("limit_generations", True))
    return (
        FalImageEndpoint(name, Task.TEXT_TO_IMAGE, fields, price),
        FalImageEndpoint(f"{name}/edit", Task.IMAGE_EDIT, (*fields, _IMAGES), price),
    )


_LITELLM = "the price table of litellm 1.110"
BANANA_PRO = _banana(
    "fal-ai/nano-banana-pro",
    _listed(_LITELLM, date(2026, 11, 29), at_1K=0.15, at_2K=0.15, at_4K=0.30),
)
BANANA_2 = _banana("fal-ai/nano-banana-2", _listed(_LITELLM, date(2026, 11, 29), at_1K=0.08))


def gpt_image(name: str, price: PriceTable) -> tuple[FalImageEndpoint, ...]:
    """GPT Image at Fal, which passes on what OpenAI asks.

    Which mask it takes is not told, so that it gets one that says the same either way.
    """
    fields = (PROMPT, _SIZE, _QUALITY, _PNG)
    mask = file_field("mask_url", Role.MASK)
    return (
        FalImageEndpoint(f"{name}/text-to-image", Task.TEXT_TO_IMAGE, fields, price, None),
        FalImageEndpoint(
            f"{name}/edit",
            Task.IMAGE_EDIT,
            (*fields, _IMAGES, mask),
            price,
            None,
            is_mask_clear=True,
        ),
    )


def _margin(order: RemoteOrder, side: str) -> object:
    return getattr(order.plan.request.editing.margins, side) or 0


OUTPAINT = (
    FalImageEndpoint(
        "fal-ai/flux-2-pro/outpaint",
        Task.OUTPAINT,
        (
            _IMAGE,
            WireField("expand_left", lambda order: _margin(order, "left")),
            WireField("expand_right", lambda order: _margin(order, "right")),
            WireField("expand_top", lambda order: _margin(order, "up")),
            WireField("expand_bottom", lambda order: _margin(order, "down")),
            _PNG,
        ),
        _unlisted("fal-ai/flux-2-pro/outpaint"),
        PriceUnit.WHOLE_MEGAPIXEL,
    ),
)
SEEDVR = (
    FalImageEndpoint(
        "fal-ai/seedvr/upscale/image",
        Task.UPSCALE,
        (_IMAGE, fixed_field("upscale_mode", "factor"), _FACTOR, SEED, _PNG),
        PriceTable(
            rows=(PriceRow(usd=0.001, per=PriceUnit.MEGAPIXEL),),
            as_of=date(2026, 11, 29),
            source="fal.ai/models/fal-ai/seedvr/upscale/image",
        ),
        PriceUnit.MEGAPIXEL,
    ),
)
CLARITY = (
    FalImageEndpoint(
        "fal-ai/clarity-upscaler",
        Task.UPSCALE,
        (
            _ANY_PROMPT,
            NEGATIVE_PROMPT,
            _IMAGE,
            _FACTOR,
            WireField("creativity", _STRENGTH.value),
            STEPS,
            GUIDANCE,
            SEED,
        ),
        _unlisted("fal-ai/clarity-upscaler"),
        PriceUnit.MEGAPIXEL,
    ),
)
# These two are billed by the seconds that a machine works.
ESRGAN = (
    FalImageEndpoint(
        "fal-ai/esrgan",
        Task.UPSCALE,
        (_IMAGE, WireField("scale", _FACTOR.value), _PNG),
        _unlisted("fal-ai/esrgan"),
        None,
    ),
)
BIREFNET = (
    FalImageEndpoint(
        "fal-ai/birefnet/v2",
        Task.REMOVE_BACKGROUND,
        (_IMAGE, _PNG),
        _unlisted("fal-ai/birefnet/v2"),
        None,
    ),
)
