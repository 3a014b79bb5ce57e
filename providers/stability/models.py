"""Stability's routes, as rows: what each takes, what it costs, and what its fields are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.video.editing.tools import ImageLimits
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import Licence, ModelSpec, Needs
from core.video.terms import AspectRatio, FloatRange, FrameSize, Role, Task

_READ = date(2026, 9, 22)
_PAGES = "the service's own OpenAPI description of 2026-09-22"
_LIST = "the price list of 2026-09-22, which an account's bill agreed with"
CREDIT_USD = 0.01
MOST_LETTERS = 10_000
"""Of a prompt and of a negative prompt."""
MOST_BYTES = 10 * 1024 * 1024
"""Of a whole order, its files included."""
_TERMS = Licence(
    name="Stability AI terms of use",
    url="https://stability.ai/terms-of-use",
    summary="What is made is yours within the terms of Stability AI.",
)
_STYLES = (
    "enhance", "anime", "photographic", "digital-art", "comic-book", "fantasy-art", "line-art",
    "analog-film", "neon-punk", "isometric", "low-poly", "origami", "modeling-compound",
    "cinematic", "3d-model", "pixel-art", "tile-texture",
)  # fmt: skip
_USUAL = {
    AspectRatio.SQUARE_1_1: (1024, 1024),
    AspectRatio.WIDE_16_9: (1344, 768),
    AspectRatio.TALL_9_16: (768, 1344),
    AspectRatio.LANDSCAPE_3_2: (1216, 832),
    AspectRatio.PORTRAIT_2_3: (832, 1216),
    AspectRatio.LANDSCAPE_5_4: (1152, 896),
    AspectRatio.PORTRAIT_4_5: (896, 1152),
    AspectRatio.ULTRAWIDE_21_9: (1536, 640),
}
_MEGAPIXEL = 1024 * 1024


def _sizes(name: str, scale: float) -> tuple[FrameSize, ...]:
    """The usual sizes of these models; those of 1:1 and 16:9 were measured."""
    return tuple(
        FrameSize(resolution=name, aspect=aspect, width=round(w * scale), height=round(h * scale))
        for aspect, (w, h) in _USUAL.items()
    )


def _exact(aspect: AspectRatio) -> FrameSize:
    """A megapixel of the very ratio, as an image in the style of another one was measured."""
    ratio = float(aspect.value_of)
    width = round((_MEGAPIXEL * ratio) ** 0.5)
    return FrameSize(resolution="1K", aspect=aspect, width=width, height=round(width / ratio))


_ONE, _CORE = _sizes("1K", 1), _sizes("1.5K", 1.5)
_EXACT = tuple(map(_exact, _USUAL))

_MOST_PIXELS = 9_437_184
_ANY = ImageLimits(least_side=64, most_pixels=_MOST_PIXELS)
_NOT_LONG = ImageLimits(least_side=64, most_pixels=_MOST_PIXELS, most_ratio=2.5)
# Both upscalers were measured to make about so many of a square image.
_UPSCALED_PIXELS = 9_700_000


@dataclass(frozen=True)
class Strength:
    """How a route is told how much it may change.

    Attributes:
        name: of its field.
        is_kept: it says how much is kept, and not how much is changed.
    """

    name: str
    is_kept: bool = False


@dataclass(frozen=True)
class Route:
    """One model or tool of Stability.

    Attributes:
        path: below the address of all of them.
        image, reference: what the fields of these images are called.
        prompt, search: what these words are.
        strength: None where nobody chooses.
        model: named besides, where several share a path.
        is_async: answers an order with an id, by which its result is asked for.
        shapes_images: takes an aspect also with an image.
    """

    spec: ModelSpec
    path: str
    image: str = "image"
    reference: str = ""
    prompt: str = "prompt"
    search: str = ""
    strength: Strength | None = None
    model: str = ""
    is_async: bool = False
    shapes_images: bool = True


def _spec(
    name: str, label: str, summary: str, credits_: float, tasks: tuple[Task, ...], **more: Any
) -> ModelSpec:
    """A row; what `more` does not say is as with most routes."""
    usual: dict[str, Any] = {
        "inputs": {Role.START: 1},
        "sizes": (),
        "guidance_scale": None,
        "takes_negative_prompt": True,
        "image_limits": _NOT_LONG,
    }
    usd = round(credits_ * CREDIT_USD, 4)
    return ModelSpec(
        id=name,
        label=label,
        summary=summary,
        family="stability",
        tasks=tasks,
        steps=None,
        camera=None,
        audio=None,
        # 10,000 characters, which its provider counts; a word is one at least.
        max_prompt_tokens=MOST_LETTERS,
        size_bytes=None,
        licence=_TERMS,
        needs=Needs(note="The work is done at Stability AI; a key and the internet are needed."),
        price=PriceTable(rows=(PriceRow(usd=usd, per=PriceUnit.IMAGE),), as_of=_READ, source=_LIST),
        is_exact=False,
        as_of=_READ,
        source=_PAGES,
        **{**usual, **more},
    )


def _share(default: float, minimum: float = 0, maximum: float = 1) -> FloatRange:
    return FloatRange(minimum=minimum, maximum=maximum, default=default)


# Of an image that is changed; the service's own advice for the flash model ignores the image.
_CHANGED = _share(0.6)
_EDITS = (Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT)


def _sd35(name: str, label: str, summary: str, credits_: float, guidance: float) -> Route:
    spec = _spec(
        name, label, summary, credits_, _EDITS,
        sizes=_ONE, guidance_scale=FloatRange(minimum=1, maximum=10, default=guidance),
        strength=_CHANGED, style_presets=_STYLES, image_limits=_ANY,
    )  # fmt: skip
    strength = Strength("strength")
    return Route(spec, "generate/sd3", strength=strength, model=name, shapes_images=False)


ROUTES: tuple[Route, ...] = (
    Route(
        _spec(
            "stable-image-core", "Stable Image Core",
            "Cheap and quick images from words, larger than those of the others.",
            3, (Task.TEXT_TO_IMAGE,), sizes=_CORE, style_presets=_STYLES, inputs={},
        ),
        "generate/core",
    ),
    Route(
        _spec(
            "stable-image-ultra", "Stable Image Ultra",
            "The finest of them, from words, or from an image that is changed.",
            8, _EDITS, sizes=_ONE, strength=_CHANGED, style_presets=_STYLES, image_limits=_ANY,
        ),
        "generate/ultra", strength=Strength("strength"),
    ),
    _sd35("sd3.5-large", "Stable Diffusion 3.5 Large", "Follows long prompts closely.", 6.5, 4),
    _sd35(
        "sd3.5-large-turbo", "Stable Diffusion 3.5 Large Turbo",
        "Nearly as good as the large one, in few steps.", 4, 1,
    ),
    _sd35("sd3.5-medium", "Stable Diffusion 3.5 Medium", "Changes images well for little.", 3.5, 4),
    _sd35("sd3.5-flash", "Stable Diffusion 3.5 Flash", "The quickest and cheapest.", 2.5, 1),
    Route(
        _spec(
            "stable-inpaint", "Stable Inpaint", "Fills what the mask covers with what words say.",
            5, (Task.IMAGE_EDIT,), inputs={Role.START: 1, Role.MASK: 1},
            required=(Role.START, Role.MASK), style_presets=_STYLES, image_limits=_ANY,
        ),
        "edit/inpaint",
    ),
    Route(
        _spec(
            "stable-outpaint", "Stable Outpaint", "Adds up to 2,000 pixels at each side.",
            4, (Task.OUTPAINT,), most_margin=2000, strength=_share(0.5), style_presets=_STYLES,
            takes_negative_prompt=False,
        ),
        "edit/outpaint", strength=Strength("creativity"),
    ),
    Route(
        _spec(
            "stable-erase", "Stable Erase", "Takes things away, by a mask.",
            5, (Task.ERASE,), inputs={Role.START: 1, Role.MASK: 1}, takes_prompt=False,
            takes_negative_prompt=False, image_limits=_ANY,
        ),
        "edit/erase",
    ),
    Route(
        _spec(
            "stable-search-and-replace", "Stable Search and Replace",
            "Finds a thing by words and puts another in its place.",
            5, (Task.SEARCH_AND_REPLACE,), style_presets=_STYLES,
        ),
        "edit/search-and-replace", search="search_prompt",
    ),
    Route(
        _spec(
            "stable-search-and-recolor", "Stable Search and Recolor",
            "Finds a thing by words and gives it other colors.",
            5, (Task.SEARCH_AND_RECOLOR,), style_presets=_STYLES,
        ),
        "edit/search-and-recolor", search="select_prompt",
    ),
    Route(
        _spec(
            "stable-remove-background", "Stable Remove Background",
            "Cuts out what is in front, with clear surroundings.",
            5, (Task.REMOVE_BACKGROUND,), takes_prompt=False, takes_negative_prompt=False,
            takes_seed=False, image_limits=ImageLimits(least_side=64, most_pixels=4_194_304),
        ),
        "edit/remove-background",
    ),
    Route(
        _spec(
            "stable-replace-background", "Stable Replace Background and Relight",
            "Puts what is in front into another place and its light.",
            8, (Task.REPLACE_BACKGROUND,), inputs={Role.START: 1, Role.REFERENCE: 1},
            strength=_share(0.4),
        ),
        "edit/replace-background-and-relight", image="subject_image",
        reference="background_reference", prompt="background_prompt",
        strength=Strength("preserve_original_subject", is_kept=True), is_async=True,
    ),
    Route(
        _spec(
            "stable-upscale-fast", "Stable Upscale Fast", "Four times as large, within a second.",
            2, (Task.UPSCALE,), upscale_factor=_share(4, 4, 4), takes_prompt=False,
            takes_negative_prompt=False, takes_seed=False,
            image_limits=ImageLimits(least_side=32, most_side=1536, most_pixels=_MEGAPIXEL),
        ),
        "upscale/fast",
    ),
    Route(
        _spec(
            "stable-upscale-conservative", "Stable Upscale Conservative",
            "As large as it gets, with little that was not there.",
            40, (Task.UPSCALE,), upscaled_pixels=_UPSCALED_PIXELS, strength=_share(0.35, 0.2, 0.5),
            needs_prompt_for=(Task.UPSCALE,),
        ),
        "upscale/conservative", strength=Strength("creativity"),
    ),
    Route(
        _spec(
            "stable-upscale-creative", "Stable Upscale Creative",
            "For small and damaged images, whose detail it invents.",
            60, (Task.UPSCALE,), upscaled_pixels=_UPSCALED_PIXELS, strength=_share(0.3, 0.1, 0.5),
            needs_prompt_for=(Task.UPSCALE,), style_presets=_STYLES,
            image_limits=ImageLimits(least_side=64, most_pixels=_MEGAPIXEL),
        ),
        "upscale/creative", strength=Strength("creativity"), is_async=True,
    ),
    Route(
        _spec(
            "stable-sketch", "Stable Sketch", "Makes a finished image of a drawing.",
            5, (Task.SKETCH,), strength=_share(0.3), style_presets=_STYLES,
        ),
        "control/sketch", strength=Strength("control_strength", is_kept=True),
    ),
    Route(
        _spec(
            "stable-structure", "Stable Structure", "Keeps the structure and changes all else.",
            5, (Task.STRUCTURE,), strength=_share(0.3), style_presets=_STYLES,
        ),
        "control/structure", strength=Strength("control_strength", is_kept=True),
    ),
    Route(
        _spec(
            "stable-style", "Stable Style Guide", "Makes images in the style of one.",
            5, (Task.STYLE,), sizes=_EXACT, strength=_share(0.5), style_presets=_STYLES,
        ),
        "control/style", strength=Strength("fidelity", is_kept=True),
    ),
    Route(
        _spec(
            "stable-style-transfer", "Stable Style Transfer",
            "Gives the first image the style of the second.",
            8, (Task.STYLE_TRANSFER,), inputs={Role.START: 1, Role.REFERENCE: 1},
            required=(Role.REFERENCE,), sizes=_EXACT, strength=_share(0.9, 0.1, 1),
        ),
        "control/style-transfer", image="init_image", reference="style_image",
        strength=Strength("change_strength"), shapes_images=False,
    ),
)  # fmt: skip
"""The first that does a kind of work is what `auto` stands for."""

MODELS: tuple[ModelSpec, ...] = tuple(route.spec for route in ROUTES)


def find_route(model: str) -> Route:
    """The route of a model."""
    return next(route for route in ROUTES if route.spec.id == model)
