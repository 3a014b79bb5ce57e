"""The models for images that Fal offers, best first, each with the endpoints that do its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.services.orders import sizes_within
from core.video.editing.tools import ImageLimits
from core.video.spec import Licence, ModelSpec, Needs
from core.video.terms import FloatRange, IntRange, Role, Task
from providers.fal.images import endpoints
from providers.google.images.models import gemini_sizes
from providers.openai.models import MODELS as OPENAI

if TYPE_CHECKING:
    from providers.fal.images.endpoints import FalImageEndpoint

_TERMS = Licence(
    name="Terms of Fal",
    url="https://fal.ai/terms",
    summary="Fal and the makers of the model say what may be done with the images.",
)
_Z_STEPS = IntRange(minimum=1, maximum=8, default=8)
_UP_TO_4_MP = ImageLimits(most_pixels=2048 * 2048)
# No endpoint tells how much it reads.
_MOST_TOKENS = 32_000


@dataclass(frozen=True)
class FalImageModel:
    """A model, and the endpoints that do its work."""

    spec: ModelSpec
    endpoints: tuple[FalImageEndpoint, ...]

    def endpoint(self, task: Task) -> FalImageEndpoint:
        """The one that does this kind of work, which the model's row offers."""
        return next(one for one in self.endpoints if one.task is task)

    @property
    def app(self) -> str:
        """What its orders are asked after by: of its endpoints' ids the owner and the app alone."""
        return "/".join(self.endpoints[0].id.split("/")[:2])


def _model(
    name: str,
    label: str,
    summary: str,
    made_by: tuple[FalImageEndpoint, ...],
    images: int,
    **more: Any,
) -> FalImageModel:
    """A row; it takes so many images, of which the first is edited."""
    tasks = dict.fromkeys(one.task for one in made_by)
    names = {field.name for one in made_by for field in one.fields}
    takes_mask = bool(names & {"mask_url", "mask_image_url"})
    limits = {Role.START: min(images, 1), Role.REFERENCE: images - 1, Role.MASK: takes_mask}
    fields: dict[str, Any] = {
        "family": name,
        "tasks": tuple(tasks),
        "inputs": {role: int(limit) for role, limit in limits.items() if limit > 0},
        "sizes": sizes_within("1 MP", "2 MP", "4 MP"),
        "steps": None,
        "guidance_scale": None,
        "takes_seed": "seed" in names,
        "takes_prompt": "prompt" in names,
        "takes_negative_prompt": "negative_prompt" in names,
        **more,
    }
    spec = ModelSpec(
        id=name,
        label=label,
        summary=summary,
        camera=None,
        audio=None,
        max_prompt_tokens=_MOST_TOKENS,
        size_bytes=None,
        takes_webhook=True,
        licence=_TERMS,
        needs=Needs(note="The work is done at Fal; a key and the internet are needed."),
        price=made_by[0].price,
        is_exact=False,
        as_of=endpoints.TYPES_READ,
        source="the types of fal-js, and litellm 1.110",
        **fields,
    )
    return FalImageModel(spec, made_by)


def _of_openai(name: str, wire: str) -> FalImageModel:
    """One of OpenAI's, with the sizes, qualities and prices that it has there."""
    row = next(spec for spec in OPENAI if spec.id == name)
    return _model(
        name,
        f"{row.label} at Fal",
        f"{row.summary} Without an account at OpenAI.",
        endpoints.gpt_image(wire, row.price),
        16,
        family=row.family,
        sizes=row.sizes,
        qualities=row.qualities,
    )


MODELS: tuple[FalImageModel, ...] = (
    _model(
        "flux-2-klein-4b",
        "FLUX.2 klein 4B",
        "Quick and cheap images and edits, from words and up to 4 images.",
        endpoints.KLEIN_4B,
        4,
        fixed_steps=4,
    ),
    _model(
        "z-image-turbo",
        "Z-Image Turbo",
        "The cheapest: photos, lettering in English and Chinese, and an image made anew.",
        endpoints.Z_IMAGE,
        1,
        steps=_Z_STEPS,
        strength=FloatRange(minimum=0, maximum=1, default=0.6),
    ),
    _model(
        "z-image-turbo-inpaint",
        "Z-Image Turbo Inpaint",
        "Edits within a mask for little money, at the size of the image.",
        endpoints.Z_INPAINT,
        1,
        required=(Role.START, Role.MASK),
        sizes=(),
        steps=_Z_STEPS,
        strength=FloatRange(minimum=0, maximum=1, default=1),
        image_limits=_UP_TO_4_MP,
    ),
    _model(
        "flux-2-klein-9b",
        "FLUX.2 klein 9B",
        "As the smaller one, with more detail.",
        endpoints.KLEIN_9B,
        4,
        fixed_steps=4,
    ),
    _model(
        "flux-2-pro",
        "FLUX.2 pro",
        "Images and edits for finished work, from words and up to 8 images.",
        endpoints.PRO,
        8,
    ),
    _model(
        "flux-2-flex",
        "FLUX.2 flex",
        "For lettering and fine control, by steps and guidance; up to 8 images.",
        endpoints.FLEX,
        8,
        steps=IntRange(minimum=2, maximum=50, default=28),
        guidance_scale=FloatRange(minimum=1.5, maximum=10, default=3.5),
    ),
    _model(
        "flux-2-max",
        "FLUX.2 max",
        "The best of FLUX.2, for detail and likeness; up to 8 images.",
        endpoints.MAX,
        8,
    ),
    _model(
        "seedream-5-lite",
        "Seedream 5 lite",
        "Large images at one price whatever their size, from words and up to 10 images.",
        endpoints.SEEDREAM_LITE,
        10,
        sizes=sizes_within("2K", "3K", "4K"),
    ),
    _model(
        "seedream-5-pro",
        "Seedream 5 pro",
        "Realistic and stylised images with lettering, from words and up to 10 images.",
        endpoints.SEEDREAM_PRO,
        10,
        sizes=sizes_within("1.5K", "2K"),
    ),
    _model(
        "qwen-image-2512",
        "Qwen-Image 2512",
        "Open weights that follow long descriptions, with lettering and a negative prompt.",
        endpoints.QWEN_2512,
        0,
        sizes=sizes_within("1 MP", "2 MP"),
        steps=IntRange(minimum=2, maximum=50, default=28),
        guidance_scale=FloatRange(minimum=1, maximum=20, default=5),
    ),
    _model(
        "qwen-image-edit-2511",
        "Qwen-Image Edit 2511",
        "Edits of up to 3 images by open weights, with a negative prompt; it needs an image.",
        endpoints.QWEN_EDIT_2511,
        3,
        sizes=sizes_within("1 MP", "2 MP"),
        steps=IntRange(minimum=2, maximum=50, default=28),
        guidance_scale=FloatRange(minimum=1, maximum=20, default=4.5),
    ),
    _model(
        "nano-banana-2",
        "Nano Banana 2",
        "Google's quick model without an account at Google, from words and up to 14 images.",
        endpoints.BANANA_2,
        14,
        sizes=gemini_sizes("1K"),
    ),
    _model(
        "nano-banana-pro",
        "Nano Banana Pro",
        "Google's best for detail and lettering, up to 4K, from words and up to 14 images.",
        endpoints.BANANA_PRO,
        14,
        sizes=gemini_sizes("1K", "2K", "4K"),
    ),
    _of_openai("gpt-image-2.5-flare", "openai/gpt-image-2.5/flare"),
    _of_openai("gpt-image-2.5-sunburst", "openai/gpt-image-2.5/sunburst"),
    _model(
        "flux-2-pro-outpaint",
        "FLUX.2 pro Outpaint",
        "Adds to an image at its sides, as it sees fit: it reads no words.",
        endpoints.OUTPAINT,
        1,
        sizes=(),
        most_margin=2048,
    ),
    _model(
        "seedvr2-upscale",
        "SeedVR2 Upscale",
        "Makes images up to ten times as large, and keeps what they show.",
        endpoints.SEEDVR,
        1,
        sizes=(),
        upscale_factor=FloatRange(minimum=1, maximum=10, default=2),
    ),
    _model(
        "clarity-upscale",
        "Clarity Upscaler",
        "Makes images larger and invents detail, by words and a strength.",
        endpoints.CLARITY,
        1,
        sizes=(),
        steps=IntRange(minimum=4, maximum=50, default=18),
        guidance_scale=FloatRange(minimum=0, maximum=20, default=4),
        strength=FloatRange(minimum=0, maximum=1, default=0.35),
        upscale_factor=FloatRange(minimum=1, maximum=4, default=2),
    ),
    _model(
        "esrgan-upscale",
        "ESRGAN Upscale",
        "Makes images larger at once, without inventing anything.",
        endpoints.ESRGAN,
        1,
        sizes=(),
        upscale_factor=FloatRange(minimum=1, maximum=8, default=2),
    ),
    _model(
        "birefnet-2",
        "BiRefNet 2",
        "Cuts out what is in front: the background becomes transparent.",
        endpoints.BIREFNET,
        1,
        sizes=(),
    ),
)
"""The first is what `auto` stands for."""


def find_model(name: str) -> FalImageModel:
    """The model of that id, which is in the table."""
    return next(model for model in MODELS if model.spec.id == name)
