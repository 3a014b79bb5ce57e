"""OpenAI's image models, as rows."""

from __future__ import annotations

from datetime import date

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import Licence, ModelSpec, Needs
from core.video.terms import AspectRatio, FrameSize, Role, Task

_READ = date(2026, 11, 29)
_PAGES = "the types of OpenAI's Python library 3.57"
_LIST = "token prices of litellm 1.110, tokens of a 1024x1024 and a 3840x2160 image"
_TERMS = Licence(
    name="OpenAI terms of use",
    url="https://openai.com/policies/terms-of-use",
    summary="What is made is yours within OpenAI's terms; each image carries its marks (C2PA, "
    "SynthID).",
)
TEXT_USD, IMAGE_IN_USD, IMAGE_OUT_USD = 5e-6, 8e-6, 30e-6
"""What a token costs: of words and of images that are sent, and of those that are made."""
BY_MODEL, BY_IN_USD, BY_OUT_USD = "gpt-6-luna", 0.1e-6, 0.5e-6
"""The language model that passes an order in the background on, and what its tokens cost."""
PREVIEWS = 2
"""So many pictures of an image as it is so far are ordered with it, where that is asked for."""
MOST_INPUT_TOKENS = 1536
"""Of an image that is sent, as developers have counted: patches of 32 pixels, and no more."""
_LARGE = "4K"

# Both sides multiples of 16, and of those about 1 to 1.6 megapixels.
_SIZES = (
    FrameSize(resolution="1K", aspect=AspectRatio.SQUARE_1_1, width=1024, height=1024),
    FrameSize(resolution="1K", aspect=AspectRatio.WIDE_16_9, width=1536, height=864),
    FrameSize(resolution="1K", aspect=AspectRatio.TALL_9_16, width=864, height=1536),
    FrameSize(resolution="1K", aspect=AspectRatio.LANDSCAPE_3_2, width=1536, height=1024),
    FrameSize(resolution="1K", aspect=AspectRatio.PORTRAIT_2_3, width=1024, height=1536),
    FrameSize(resolution="1K", aspect=AspectRatio.LANDSCAPE_4_3, width=1280, height=960),
    FrameSize(resolution="1K", aspect=AspectRatio.PORTRAIT_3_4, width=960, height=1280),
    FrameSize(resolution="1K", aspect=AspectRatio.ULTRAWIDE_21_9, width=1792, height=768),
    FrameSize(resolution=_LARGE, aspect=AspectRatio.WIDE_16_9, width=3840, height=2160),
    FrameSize(resolution=_LARGE, aspect=AspectRatio.TALL_9_16, width=2160, height=3840),
)


def _price(one: dict[str, int], large: dict[str, int]) -> PriceTable:
    """Of the tokens of a square image of 1K, more than any other of 1K has, and of one of 4K."""
    rows = [
        PriceRow(
            usd=round(count * IMAGE_OUT_USD, 4),
            per=PriceUnit.IMAGE,
            resolution=resolution,
            quality=quality,
        )
        for resolution, tokens in (("1K", one), (_LARGE, large))
        for quality, count in tokens.items()
    ]
    sent = PriceRow(usd=round(MOST_INPUT_TOKENS * IMAGE_IN_USD, 4), per=PriceUnit.INPUT_IMAGE)
    return PriceTable(rows=(*rows, sent), as_of=_READ, source=_LIST)


_25 = _price(
    {"low": 196, "medium": 439, "high": 1756, "xhigh": 3122, "max": 7024},
    {"low": 371, "medium": 865, "high": 3336, "xhigh": 5930, "max": 13342},
)
# Measured at four times those of 2.5 in the two lower qualities, and the same in the others.
_26 = _price(
    {"low": 784, "medium": 1756, "high": 1756, "xhigh": 3122, "max": 7024},
    {"low": 1484, "medium": 3460, "high": 3460, "xhigh": 5930, "max": 13342},
)
_2 = _price({"low": 200, "medium": 1767, "high": 7033}, {})
_QUALITIES = ("medium", "low", "high", "xhigh", "max")


def _model(
    name: str,
    label: str,
    summary: str,
    price: PriceTable,
    qualities: tuple[str, ...] = _QUALITIES,
    backgrounds: tuple[str, ...] = ("opaque", "transparent"),
) -> ModelSpec:
    sizes = {row.resolution for row in price.rows}
    return ModelSpec(
        id=name,
        label=label,
        summary=summary,
        family="gpt-image",
        tasks=(Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT),
        inputs={Role.START: 1, Role.REFERENCE: 15, Role.MASK: 1},
        # Only what has a price: nothing is bought blindly.
        sizes=tuple(size for size in _SIZES if size.resolution in sizes),
        steps=None,
        guidance_scale=None,
        takes_seed=False,
        takes_negative_prompt=False,
        camera=None,
        audio=None,
        qualities=qualities,
        backgrounds=backgrounds,
        sells_previews=True,
        # 32,000 characters, which its client counts; a word is one at least.
        max_prompt_tokens=32_000,
        size_bytes=None,
        licence=_TERMS,
        hidden_mark="SynthID",
        needs=Needs(note="The work is done at OpenAI; a key and the internet are needed."),
        price=price,
        is_exact=False,
        as_of=_READ,
        source=_PAGES,
    )


MODELS: tuple[ModelSpec, ...] = (
    _model(
        "gpt-image-2.6-flare",
        "GPT Image 2.6 Flare",
        "Quick and cheap images and edits, for drafts and many scenes.",
        _26,
    ),
    _model(
        "gpt-image-2.6-sunburst",
        "GPT Image 2.6 Sunburst",
        "Fine detail, and edits that keep what they were not asked to change.",
        _26,
    ),
    _model(
        "gpt-image-2.5-flare",
        "GPT Image 2.5 Flare",
        "The generation before, whose low and medium quality cost least.",
        _25,
    ),
    _model(
        "gpt-image-2.5-sunburst",
        "GPT Image 2.5 Sunburst",
        "The generation before, for detail.",
        _25,
    ),
    _model(
        "gpt-image-2",
        "GPT Image 2",
        "The first of its kind, for images that are to look like earlier ones.",
        _2,
        ("medium", "low", "high"),
        # Its maker calls these a preview, and promises nothing.
        backgrounds=(),
    ),
)
"""The first is what `auto` stands for; each is called the same on the wire."""
