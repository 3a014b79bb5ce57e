"""Google's image models, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import Licence, ModelSpec, Needs
from core.video.terms import AspectRatio, FrameSize, Role, Task

_READ = date(2026, 11, 29)
_PAGES = "ai.google.dev/gemini-api/docs/image-generation"
_TERMS = Licence(
    name="Gemini API terms",
    url="https://ai.google.dev/gemini-api/terms",
    summary="Google says what may be done with the images; each carries its invisible mark.",
)
# What Google makes at its smallest size of each ratio; the larger ones are twice and four times it.
_SIZES = (
    (AspectRatio.SQUARE_1_1, 1024, 1024),
    (AspectRatio.WIDE_16_9, 1376, 768),
    (AspectRatio.TALL_9_16, 768, 1376),
    (AspectRatio.LANDSCAPE_3_2, 1264, 848),
    (AspectRatio.PORTRAIT_2_3, 848, 1264),
    (AspectRatio.LANDSCAPE_4_3, 1200, 896),
    (AspectRatio.PORTRAIT_3_4, 896, 1200),
    (AspectRatio.ULTRAWIDE_21_9, 1584, 672),
)
MOST_IMAGES = 14
"""That are sent with an order, a mask among them."""
_TIMES = {"1K": 1, "2K": 2, "4K": 4}


def gemini_sizes(*resolutions: str) -> tuple[FrameSize, ...]:
    """What Google makes of each ratio at these sizes, whoever sells it."""
    return tuple(
        FrameSize(
            resolution=size,
            aspect=aspect,
            width=width * _TIMES[size],
            height=height * _TIMES[size],
        )
        for size in resolutions
        for aspect, width, height in _SIZES
    )


@dataclass(frozen=True)
class TokenPrice:
    """What a token costs: of what is sent, of words and thoughts, and of the image."""

    sent_usd: float
    words_usd: float
    image_usd: float


@dataclass(frozen=True)
class ImageModel:
    """A model, which is called the same on the wire, and how its answers are billed."""

    spec: ModelSpec
    tokens: TokenPrice


def _model(
    name: str, label: str, summary: str, tokens: TokenPrice, source: str, **usd: float
) -> ImageModel:
    prices = {size.removeprefix("at_"): price for size, price in usd.items()}
    rows = [
        PriceRow(usd=price, per=PriceUnit.IMAGE, resolution=size) for size, price in prices.items()
    ]
    sent = PriceRow(usd=0.0011, per=PriceUnit.INPUT_IMAGE)
    spec = ModelSpec(
        id=name,
        label=label,
        summary=summary,
        family="gemini-image",
        tasks=(Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT),
        inputs={Role.START: 1, Role.REFERENCE: 13, Role.MASK: 1},
        sees_mask=True,
        # Only what has a price: nothing is bought blindly.
        sizes=gemini_sizes(*prices),
        steps=None,
        guidance_scale=None,
        takes_negative_prompt=False,
        camera=None,
        audio=None,
        max_prompt_tokens=32_768,
        size_bytes=None,
        licence=_TERMS,
        hidden_mark="SynthID",
        needs=Needs(note="The work is done at Google; a key and the internet are needed."),
        price=PriceTable(rows=(*rows, sent), as_of=_READ, source=source),
        is_exact=False,
        as_of=_READ,
        source=_PAGES,
    )
    return ImageModel(spec, tokens)


MODELS: tuple[ImageModel, ...] = (
    _model(
        "gemini-nano-banana-2.1",
        "Gemini Nano Banana 2.1",
        "Quick images and edits from words and up to 14 images.",
        TokenPrice(1.5e-6, 7.5e-6, 30e-6),
        "token prices of litellm 1.110",
        at_1K=0.0336,
    ),
    _model(
        "gemini-3-pro-image",
        "Gemini 3 Pro Image",
        "For detail, lettering and large sizes, from words and up to 14 images.",
        TokenPrice(2e-6, 12e-6, 120e-6),
        "token prices of litellm 1.110, and two resellers that agree",
        at_1K=0.134,
        at_2K=0.134,
        at_4K=0.24,
    ),
)
"""The first is what `auto` stands for."""


def find_model(name: str) -> ImageModel:
    """The model of that id, which is in the table."""
    return next(model for model in MODELS if model.spec.id == name)
