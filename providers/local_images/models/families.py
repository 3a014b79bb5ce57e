"""Families of image models: which pipeline of diffusers does what, and how each is spoken to.

Its own table, because the automatic pipelines of diffusers know many of them not at all.
"""

from __future__ import annotations

from enum import StrEnum

from core.frozen import Frozen
from core.video.spec import Precision

TRANSFORMER, UNET = "transformer", "unet"


class ImageWork(StrEnum):
    """What a pipeline is asked for."""

    WORDS = "words"
    EDIT = "edit"
    MASK = "mask"


class EditWay(StrEnum):
    """How an image gets into what is made of it."""

    NOISE = "noise"
    """It is covered with as much noise as the strength says, and freed of it by other words."""
    REFERENCE = "reference"
    """The model looks at it while it makes a new one."""


class FileMark(Frozen):
    """What the names of a single file say of its family.

    Attributes:
        key: the name of a tensor, before which there may be a prefix.
        prefix: of all tensors of the denoiser in such a file; empty where all of them are.
        width: how many values wide the tensor is; None where the name is enough.
    """

    key: str
    prefix: str = ""
    width: int | None = None


class ImageFamily(Frozen):
    """Models that are run alike.

    Attributes:
        classes: by what is asked for, the pipeline of diffusers; a mask without one is laid over
            what an edit gives.
        denoiser: the part that is trained and shrunk.
        edit: None where it makes images of words alone.
        most_images: that it looks at.
        guidance: what the pipeline calls it; None where nothing can be chosen.
        takes_negative: whether the pipeline reads a negative prompt.
        negative: what it is given where a person gives none; None for nothing.
        dtype: in which its weights work on an accelerator.
        grid: width and height are multiples of this.
        max_sequence_length: None where the pipeline has its own.
        reads_tokens: of a prompt at most.
        marks: of single files; all of them must be there. Empty where none is read.
        is_whole_file: whether such a file holds the other parts too.
        rounds_up: whether a strength takes a step that is only begun.
    """

    id: str
    label: str
    classes: dict[ImageWork, str]
    denoiser: str = TRANSFORMER
    edit: EditWay | None = EditWay.NOISE
    most_images: int = 1
    guidance: str | None = "guidance_scale"
    takes_negative: bool = True
    negative: str | None = None
    dtype: Precision = Precision.BFLOAT16
    grid: int = 16
    max_sequence_length: int | None = None
    reads_tokens: int = 512
    marks: tuple[FileMark, ...] = ()
    is_whole_file: bool = False
    rounds_up: bool = True

    def pipeline_class(self, work: ImageWork) -> str:
        """The pipeline for this work."""
        return self.classes.get(work) or self.classes[ImageWork.EDIT]

    @property
    def makes_of_words(self) -> bool:
        """Whether it needs no image."""
        return ImageWork.WORDS in self.classes


def _alike(stem: str, end: str = "Pipeline") -> dict[ImageWork, str]:
    """The three pipelines of a family that names them alike."""
    return {
        ImageWork.WORDS: f"{stem}{end}",
        ImageWork.EDIT: f"{stem}Img2Img{end}",
        ImageWork.MASK: f"{stem}Inpaint{end}",
    }


_KLEIN = "Flux2KleinPipeline"
_QWEN_EDIT = "QwenImageEditPlusPipeline"
_OF_LDM = "model.diffusion_model."

Z_IMAGE = ImageFamily(
    id="z-image",
    label="Z-Image",
    classes=_alike("ZImage"),
    max_sequence_length=512,
    marks=(FileMark(key="noise_refiner.0.attention.qkv.weight"), FileMark(key="x_pad_token")),
)
FLUX2_KLEIN = ImageFamily(
    id="flux2-klein",
    label="FLUX.2 klein",
    classes={
        ImageWork.WORDS: _KLEIN,
        ImageWork.EDIT: _KLEIN,
        ImageWork.MASK: "Flux2KleinInpaintPipeline",
    },
    edit=EditWay.REFERENCE,
    most_images=4,
    takes_negative=False,
    max_sequence_length=512,
    marks=(FileMark(key="double_stream_modulation_img.lin.weight"),),
)
SDXL = ImageFamily(
    id="sdxl",
    label="SDXL",
    classes=_alike("StableDiffusionXL"),
    denoiser=UNET,
    dtype=Precision.FLOAT16,
    grid=8,
    reads_tokens=77,
    marks=(
        FileMark(key="input_blocks.0.0.weight", prefix=_OF_LDM),
        FileMark(key="label_emb.0.0.weight", prefix=_OF_LDM),
    ),
    is_whole_file=True,
    rounds_up=False,
)
QWEN_IMAGE = ImageFamily(
    id="qwen-image",
    label="Qwen-Image",
    classes=_alike("QwenImage"),
    guidance="true_cfg_scale",
    negative=" ",
    max_sequence_length=512,
    marks=(FileMark(key="transformer_blocks.0.attn.add_q_proj.weight"),
           FileMark(key="txt_norm.weight")),
)  # fmt: skip
QWEN_IMAGE_EDIT = QWEN_IMAGE.model_copy(
    update={
        "id": "qwen-image-edit",
        "label": "Qwen-Image-Edit",
        "classes": {ImageWork.EDIT: _QWEN_EDIT},
        "edit": EditWay.REFERENCE,
        "most_images": 3,
    }
)
_QWEN_EDIT_ONE = QWEN_IMAGE_EDIT.model_copy(
    update={
        "id": "qwen-image-edit-1",
        "classes": {ImageWork.EDIT: "QwenImageEditPipeline"},
        "most_images": 1,
        "marks": (),
    }
)
# Not offered, for one reason or another, and run where a person has them.
SD_1 = ImageFamily(
    id="sd-1",
    label="Stable Diffusion 1",
    classes=_alike("StableDiffusion"),
    denoiser=UNET,
    dtype=Precision.FLOAT16,
    grid=8,
    reads_tokens=77,
    rounds_up=False,
)
_SD_3 = ImageFamily(
    id="sd-3", label="Stable Diffusion 3", classes=_alike("StableDiffusion3"), reads_tokens=256
)
_FLUX_1 = ImageFamily(id="flux-1", label="FLUX.1", classes=_alike("Flux"), takes_negative=False)
_CHROMA = ImageFamily(id="chroma", label="Chroma", classes=_alike("Chroma"))

FAMILIES: tuple[ImageFamily, ...] = (
    Z_IMAGE, FLUX2_KLEIN, SDXL, QWEN_IMAGE, QWEN_IMAGE_EDIT, _QWEN_EDIT_ONE, SD_1, _SD_3, _FLUX_1,
    _CHROMA,
)  # fmt: skip
"""Every family that is known by name."""


def family_of_class(pipeline_class: str) -> ImageFamily:
    """The family of a folder by the class that its index names; one of its own where it is unknown.

    A pipeline that nobody here knows is asked for images of words alone, by its own defaults.
    """
    for family in FAMILIES:
        if pipeline_class in family.classes.values():
            return family
    return ImageFamily(
        id="other",
        label=pipeline_class.removesuffix("Pipeline"),
        classes={ImageWork.WORDS: pipeline_class},
        edit=None,
    )
