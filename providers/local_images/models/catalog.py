"""The image models that are offered on this machine, best first: one row each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from math import sqrt

from core.frozen import Frozen
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import FloatRange, IntRange, Licence, ModelSpec, Needs
from core.video.terms import AspectRatio, FrameSize, Residency, Role, SizeGrid, Task
from providers.local_images.models.families import (
    FLUX2_KLEIN,
    QWEN_IMAGE,
    QWEN_IMAGE_EDIT,
    SDXL,
    Z_IMAGE,
    EditWay,
    ImageFamily,
)
from providers.weights.weights_spec import FileSet, WeightsSpec

_AS_OF = date(2026, 11, 29)
_SOURCE = "the makers' model cards, and sizes of SD.Next's catalogue of 2026-07"
_FREE = PriceTable(
    rows=(PriceRow(usd=0, per=PriceUnit.IMAGE),), as_of=_AS_OF, source="it runs on this machine"
)
_RESIDENCIES = (Residency.RESIDENT, Residency.MODEL_OFFLOAD, Residency.GROUP_OFFLOAD)
_MOST_LORAS = 8
_GB = 1e9
_MEGAPIXEL = 1024 * 1024
_LEAST_SIDE = 256
_MOST_PIXELS = 4 * _MEGAPIXEL
_USUAL_STRENGTH = FloatRange(minimum=0.05, maximum=1.0, default=0.6)
_ASPECTS = (
    AspectRatio.SQUARE_1_1,
    AspectRatio.WIDE_16_9,
    AspectRatio.LANDSCAPE_3_2,
    AspectRatio.LANDSCAPE_4_3,
    AspectRatio.ULTRAWIDE_21_9,
    AspectRatio.TALL_9_16,
    AspectRatio.PORTRAIT_2_3,
    AspectRatio.PORTRAIT_3_4,
)


class ImageProfile(Frozen):
    """How a model is run where nobody says otherwise; the classes' own defaults are of others.

    Attributes:
        num_inference_steps: as its makers run it.
        guidance_scale: likewise; None where the pipeline is not given one.
        is_distilled: whether it knows a few steps alone, all of which are taken whatever the
            strength is, and reads neither guidance nor a negative prompt.
    """

    num_inference_steps: int
    guidance_scale: float | None = None
    is_distilled: bool = False


@dataclass(frozen=True)
class LocalImageModel:
    """A model as it is offered and run.

    Attributes:
        weights: what is fetched; None for a checkpoint of a person's own.
        added_from: where such a checkpoint lies.
        single_file: in the model's folder, the file that holds its denoiser, or all of it.
        like: the model that such a checkpoint is run like, and has its other parts of.
        parts_gb: by part, how much it takes in 16 bit, until its files are here and tell.
    """

    spec: ModelSpec
    family: ImageFamily
    profile: ImageProfile
    weights: WeightsSpec | None = None
    added_from: str = ""
    single_file: str | None = None
    like: str = ""
    parts_gb: tuple[tuple[str, float], ...] = ()

    @property
    def id(self) -> str:
        """The model's id."""
        return self.spec.id

    def of_person(
        self, model: str, label: str, *, added_from: str, size_bytes: int, added_on: date
    ) -> LocalImageModel:
        """The row of a checkpoint that is run like this model."""
        spec = self.spec.model_copy(
            update={
                "id": model,
                "label": label,
                "summary": f"Your own checkpoint, run like {self.spec.label}.",
                "size_bytes": size_bytes,
                "as_of": added_on,
                "source": added_from,
            }
        )
        return replace(self, spec=spec, weights=None, added_from=added_from)

    def with_file(self, single_file: str | None, like: str) -> LocalImageModel:
        """The same with its weights in one file, and the rest of it from the model `like`."""
        return replace(self, single_file=single_file, like=like)


def sizes_of(pixels: int, name: str, grid: int) -> tuple[FrameSize, ...]:
    """A line of the table for each aspect, of about so many pixels."""
    found: list[FrameSize] = []
    for aspect in _ASPECTS:
        width = sqrt(pixels * float(aspect.value_of))
        sides = [round(side / grid) * grid for side in (width, pixels / width)]
        found.append(FrameSize(resolution=name, aspect=aspect, width=sides[0], height=sides[1]))
    return tuple(found)


def spec_of(
    model: str,
    label: str,
    summary: str,
    family: ImageFamily,
    profile: ImageProfile,
    *,
    licence: Licence,
    needs: Needs,
    size_bytes: int,
    as_of: date = _AS_OF,
    source: str = _SOURCE,
) -> ModelSpec:
    """The row of a model of a family."""
    edits = family.edit is not None
    tasks = ((Task.TEXT_TO_IMAGE,) if family.makes_of_words else ()) + (
        (Task.IMAGE_EDIT,) if edits else ()
    )
    inputs = {Role.LORA: _MOST_LORAS}
    if edits:
        inputs |= {Role.START: 1, Role.MASK: 1}
    if family.most_images > 1:
        inputs[Role.REFERENCE] = family.most_images - 1
    steps, guidance = profile.num_inference_steps, profile.guidance_scale
    is_free = guidance is not None and not profile.is_distilled
    grid = max(family.grid, 64) if family is SDXL else family.grid
    return ModelSpec(
        id=model,
        label=label,
        summary=summary,
        family=family.id,
        tasks=tasks,
        inputs=inputs,
        sizes=(*sizes_of(_MEGAPIXEL, "1K", grid), *sizes_of(_MEGAPIXEL // 2, "0.5K", grid)),
        size_grid=SizeGrid(step=family.grid, least=_LEAST_SIDE, most_pixels=_MOST_PIXELS),
        steps=IntRange(minimum=1, maximum=100, default=steps),
        guidance_scale=FloatRange(minimum=0.0, maximum=20.0, default=guidance or 0.0)
        if is_free
        else None,
        takes_negative_prompt=family.takes_negative and is_free,
        camera=None,
        audio=None,
        strength=_USUAL_STRENGTH if family.edit is EditWay.NOISE else None,
        max_prompt_tokens=family.reads_tokens,
        residencies=_RESIDENCIES,
        packs_text_encoder=False,
        size_bytes=size_bytes,
        licence=licence,
        needs=needs,
        price=_FREE,
        as_of=as_of,
        source=source,
    )


_APACHE = Licence(
    name="Apache-2.0",
    url="https://www.apache.org/licenses/LICENSE-2.0",
    summary="Free for any use, also one that earns money.",
)
_OPENRAIL = Licence(
    name="CreativeML Open RAIL++-M",
    url="https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
    summary="Free for any use, also one that earns money, but for the harmful ones that it names.",
)
_FOLDERS = (
    "model_index.json", "scheduler/*", "text_encoder/*", "tokenizer/*", "transformer/*", "vae/*",
)  # fmt: skip


def _offered(
    model: str,
    label: str,
    summary: str,
    family: ImageFamily,
    profile: ImageProfile,
    *,
    repo_id: str,
    size_gb: float,
    parts_gb: dict[str, float],
    needs: Needs,
    licence: Licence = _APACHE,
    patterns: tuple[str, ...] = _FOLDERS,
    ignored: tuple[str, ...] = (),
) -> LocalImageModel:
    size_bytes, page_url = round(size_gb * _GB), f"https://huggingface.co/{repo_id}"
    weights = WeightsSpec(
        model=model,
        sets=(FileSet(repo_id=repo_id, allow_patterns=patterns, ignore_patterns=ignored),),
        download_bytes=size_bytes,
        page_url=page_url,
        as_of=_AS_OF,
        source=_SOURCE,
    )
    spec = spec_of(
        model, label, summary, family, profile,
        licence=licence, needs=needs, size_bytes=size_bytes, source=f"{page_url}; {_SOURCE}",
    )  # fmt: skip
    return LocalImageModel(spec, family, profile, weights, parts_gb=tuple(parts_gb.items()))


MODELS: tuple[LocalImageModel, ...] = (
    _offered(
        "z-image-turbo",
        "Z-Image-Turbo",
        "The one to begin with: photographs and lettering in eight steps, from words.",
        Z_IMAGE,
        ImageProfile(num_inference_steps=9, guidance_scale=0.0, is_distilled=True),
        repo_id="Tongyi-MAI/Z-Image-Turbo",
        size_gb=30.6,
        parts_gb={"transformer": 12.3, "text_encoder": 8.0, "vae": 0.2},
        needs=Needs(
            ram_gb=24, vram_gb=6, comfortable_vram_gb=24,
            note="In parts on 16 GB of GPU memory; block by block on 6.",
        ),
    ),
    _offered(
        "flux2-klein-4b",
        "FLUX.2 klein 4B",
        "Quick images of words, and edits from up to four images, in four steps.",
        FLUX2_KLEIN,
        ImageProfile(num_inference_steps=4, guidance_scale=1.0, is_distilled=True),
        repo_id="black-forest-labs/FLUX.2-klein-4B",
        size_gb=14.9,
        parts_gb={"transformer": 7.8, "text_encoder": 8.0, "vae": 0.2},
        needs=Needs(
            ram_gb=20, vram_gb=5, comfortable_vram_gb=19,
            note="In parts on 12 GB of GPU memory; block by block on 5.",
        ),
    ),
    _offered(
        "qwen-image-edit",
        "Qwen-Image-Edit 2511",
        "For edits that follow long instructions and keep people, from up to three images.",
        QWEN_IMAGE_EDIT,
        ImageProfile(num_inference_steps=40, guidance_scale=4.0),
        repo_id="Qwen/Qwen-Image-Edit-2511",
        size_gb=53.7,
        parts_gb={"transformer": 40.9, "text_encoder": 16.6, "vae": 0.3},
        needs=Needs(
            ram_gb=64, vram_gb=8, comfortable_vram_gb=64,
            note="Block by block on 8 GB of GPU memory, which is slow.",
        ),
        patterns=(*_FOLDERS, "processor/*"),
    ),
    _offered(
        "qwen-image",
        "Qwen-Image 2512",
        "For scenes of many parts and long lettering; large, and slow on most machines.",
        QWEN_IMAGE,
        ImageProfile(num_inference_steps=50, guidance_scale=4.0),
        repo_id="Qwen/Qwen-Image-2512",
        size_gb=53.7,
        parts_gb={"transformer": 40.9, "text_encoder": 16.6, "vae": 0.3},
        needs=Needs(
            ram_gb=64, vram_gb=8, comfortable_vram_gb=64,
            note="Block by block on 8 GB of GPU memory, which is slow.",
        ),
    ),
    _offered(
        "z-image",
        "Z-Image",
        "Z-Image as it was before it was made quick: more variety, and a negative prompt.",
        Z_IMAGE,
        ImageProfile(num_inference_steps=50, guidance_scale=4.0),
        repo_id="Tongyi-MAI/Z-Image",
        size_gb=19.1,
        parts_gb={"transformer": 12.3, "text_encoder": 8.0, "vae": 0.2},
        needs=Needs(
            ram_gb=24, vram_gb=6, comfortable_vram_gb=24,
            note="In parts on 16 GB of GPU memory; block by block on 6.",
        ),
    ),
    _offered(
        "flux2-klein-base-4b",
        "FLUX.2 klein 4B Base",
        "FLUX.2 klein before it was made quick: for LoRAs, and for more variety.",
        FLUX2_KLEIN,
        ImageProfile(num_inference_steps=50, guidance_scale=4.0),
        repo_id="black-forest-labs/FLUX.2-klein-base-4B",
        size_gb=14.9,
        parts_gb={"transformer": 7.8, "text_encoder": 8.0, "vae": 0.2},
        needs=Needs(
            ram_gb=20, vram_gb=5, comfortable_vram_gb=19,
            note="In parts on 12 GB of GPU memory; block by block on 5.",
        ),
    ),
    _offered(
        "sdxl",
        "Stable Diffusion XL",
        "The smallest, with the most LoRAs and checkpoints of other people.",
        SDXL,
        ImageProfile(num_inference_steps=30, guidance_scale=6.0),
        repo_id="stabilityai/stable-diffusion-xl-base-1.0",
        size_gb=6.9,
        parts_gb={"unet": 5.1, "text_encoder": 0.25, "text_encoder_2": 1.4, "vae": 0.2},
        needs=Needs(ram_gb=10, vram_gb=4, comfortable_vram_gb=10),
        licence=_OPENRAIL,
        patterns=(
            "model_index.json", "scheduler/*", "tokenizer/*", "tokenizer_2/*", "*/config.json",
            "*.fp16.safetensors",
        ),
        ignored=("vae_1_0/*", "vae_encoder/*", "vae_decoder/*", "*lora*", "sd_xl_*"),
    ),
)  # fmt: skip
BY_ID = {model.id: model for model in MODELS}
