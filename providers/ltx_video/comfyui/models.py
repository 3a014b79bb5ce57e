"""The LTX models that a ComfyUI can run, and the files by which it has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import Durations, FloatRange, IntRange, Licence, ModelSpec, Needs
from core.video.terms import ExtendDirection, Role, Task
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.profiles import PipelineFamily
from providers.ltx_video.models.sizes import CAMERA, FRAME_GRID, frame_sizes

if TYPE_CHECKING:
    from providers.ltx_video.models.profiles import Profile

_AS_OF = date(2026, 12, 1)
_SOURCE = "measured with ComfyUI 0.27.0 and 0.3.64"
_FREE = PriceTable(
    rows=(PriceRow(usd=0, per=PriceUnit.CLIP),), as_of=_AS_OF, source="a server of your own"
)
_MOST_LORAS = 4
_MOST_KEYFRAMES = 8
# What the official graphs of LTX-2 take, which guide by one scale and not by eight knobs.
_GUIDANCE_2 = FloatRange(minimum=1.0, maximum=10.0, default=4.0)
_REFINE_2 = (0.909375, 0.725, 0.421875)
_REFINE_23 = (0.85, 0.725, 0.4219)
_IMAGES = {Role.START: 1, Role.END: 1, Role.KEYFRAME: _MOST_KEYFRAMES, Role.LORA: _MOST_LORAS}


@dataclass(frozen=True)
class ServerFile:
    """A file that a server needs for a model, known by words in its name.

    Attributes:
        label: what sentences call it.
        folder: in ComfyUI's folder "models", where it belongs.
        loader, given: the node class that lists such files, and the input that does.
        words: each of which is in its name, in lower case and with hyphens.
        others: words that are in the names of other files.
        example: of its name.
    """

    label: str
    folder: str
    loader: str
    given: str
    words: tuple[str, ...]
    example: str
    others: tuple[str, ...] = ()

    def choose(self, names: tuple[str, ...], prefers: str) -> str | None:
        """The one of a server's files that it is: with the preferred words, then the shortest."""
        wanted = [_plain(word) for word in prefers.split()]
        fitting = [name for name in names if self._fits(_plain(name))]
        return min(
            fitting,
            key=lambda name: (-sum(word in _plain(name) for word in wanted), len(name), name),
            default=None,
        )

    def _fits(self, name: str) -> bool:
        is_other = any(word in name for word in self.others)
        return not is_other and all(word in name for word in self.words)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-")


@dataclass(frozen=True)
class ServedModel:
    """A model, and what a server must have to run it.

    Attributes:
        refine_sigmas: the noise levels of a second stage; empty where there is none.
        upscaler: what enlarges the first stage; None where there is no second one.
    """

    spec: ModelSpec
    profile: Profile
    checkpoint: ServerFile
    text_encoder: ServerFile
    refine_sigmas: tuple[float, ...] = ()
    upscaler: ServerFile | None = None

    @property
    def makes_audio(self) -> bool:
        """Whether it is of the family that makes picture and sound together."""
        return self.profile.family is PipelineFamily.LTX_2


def _checkpoint(example: str, *words: str) -> ServerFile:
    return ServerFile(
        "model file",
        "checkpoints",
        "CheckpointLoaderSimple",
        "ckpt_name",
        words,
        example,
        ("lora", "upscaler"),
    )


def _upscaler(example: str, *words: str) -> ServerFile:
    return ServerFile(
        "latent upscaler",
        "latent_upscale_models",
        "LatentUpscaleModelLoader",
        "model_name",
        words,
        example,
    )


_T5 = ServerFile(
    "text encoder",
    "text_encoders",
    "CLIPLoader",
    "clip_name",
    ("t5", "xxl"),
    "t5xxl_fp16.safetensors",
)
_GEMMA = ServerFile(
    "text encoder",
    "text_encoders",
    "LTXAVTextEncoderLoader",
    "text_encoder",
    ("gemma", "3", "12b"),
    "gemma_3_12B_it_fp4_mixed.safetensors",
)


def _served(
    model: LTXModel, checkpoint: ServerFile, upscaler: ServerFile | None = None
) -> ServedModel:
    """A model of this machine as a server runs it: what the graphs do, and no more."""
    local = BY_ID[model.value]
    spec, profile = local.spec, local.profile
    is_first = profile.family is PipelineFamily.LTX_VIDEO
    refine = (_REFINE_23 if "2.3" in spec.id else _REFINE_2) if upscaler else ()
    sizes = tuple(
        size for size in spec.sizes if size.resolution not in (*spec.large_resolutions, "448p")
    )
    changes: dict[str, Any] = {
        "tasks": (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO),
        "inputs": dict(_IMAGES),
        "sizes": sizes,
        "refine_steps": len(refine),
        "large_resolutions": (),
        "enhances_prompt": False,
        "most_parts": 1,
        "strength": spec.strength if is_first else None,
        "reference_strength": None,
        "control_maps": (),
        "keeps_source_audio": is_first,
        "extend_directions": (ExtendDirection.FORWARD,),
        "motion_speed": None,
        "shortest_auto_s": None,
        "residencies": (),
        "size_bytes": None,
        "needs": Needs(note="Your ComfyUI does the work; its machine needs what the model needs."),
        "price": _FREE,
        "is_exact": False,
        "as_of": _AS_OF,
        "source": _SOURCE,
    }
    if is_first:
        changes["tasks"] += (Task.VIDEO_TO_VIDEO, Task.EXTEND_VIDEO)
        changes["inputs"] |= {Role.SOURCE_VIDEO: 1, Role.EXTEND_VIDEO: 1}
    else:
        changes["tasks"] += (Task.AUDIO_TO_VIDEO,)
        changes["inputs"] |= {Role.AUDIO: 1}
        if spec.guidance_scale is not None:
            changes["guidance_scale"] = _GUIDANCE_2
    return ServedModel(
        ModelSpec.model_validate({**dict(spec), **changes}),
        profile,
        checkpoint,
        _T5 if is_first else _GEMMA,
        refine,
        upscaler,
    )


MODELS: tuple[ServedModel, ...] = (
    _served(
        LTXModel.LTX_2_3_DISTILLED,
        _checkpoint("ltx-2.3-22b-distilled-fp8.safetensors", "ltx-2.3", "22b", "distilled"),
        _upscaler("ltx-2.3-spatial-upscaler-x2-1.1.safetensors", "ltx-2.3-spatial-upscaler-x2"),
    ),
    _served(
        LTXModel.LTX_2_3,
        _checkpoint("ltx-2.3-22b-dev-fp8.safetensors", "ltx-2.3", "22b", "dev"),
    ),
    _served(
        LTXModel.LTX_2_19B_DISTILLED,
        _checkpoint("ltx-2-19b-distilled-fp8.safetensors", "ltx-2-19b", "distilled"),
        _upscaler("ltx-2-spatial-upscaler-x2-1.0.safetensors", "ltx-2-spatial-upscaler-x2"),
    ),
    _served(
        LTXModel.LTX_2_19B,
        _checkpoint("ltx-2-19b-dev-fp8.safetensors", "ltx-2-19b", "dev"),
    ),
    _served(
        LTXModel.LTX_VIDEO_13B_098_DISTILLED,
        _checkpoint("ltxv-13b-0.9.8-distilled.safetensors", "ltx", "13b", "0.9.8", "distilled"),
    ),
    _served(
        LTXModel.LTX_VIDEO_13B_098_DEV,
        _checkpoint("ltxv-13b-0.9.8-dev.safetensors", "ltx", "13b", "0.9.8", "dev"),
    ),
    _served(
        LTXModel.LTX_VIDEO_13B_097_DISTILLED,
        _checkpoint("ltxv-13b-0.9.7-distilled.safetensors", "ltx", "13b", "0.9.7", "distilled"),
    ),
    _served(
        LTXModel.LTX_VIDEO_13B_097_DEV,
        _checkpoint("ltxv-13b-0.9.7-dev.safetensors", "ltx", "13b", "0.9.7", "dev"),
    ),
    _served(
        LTXModel.LTX_VIDEO_2B_098_DISTILLED,
        _checkpoint("ltxv-2b-0.9.8-distilled.safetensors", "ltx", "2b", "0.9.8", "distilled"),
    ),
    _served(
        LTXModel.LTX_VIDEO_2B_096_DEV,
        _checkpoint("ltxv-2b-0.9.6-dev-04-25.safetensors", "ltx", "2b", "0.9.6", "dev"),
    ),
    _served(
        LTXModel.LTX_VIDEO_2B_095,
        _checkpoint("ltx-video-2b-v0.9.5.safetensors", "ltx", "2b", "0.9.5"),
    ),
)
"""Every model, best first."""


WORKFLOW = ModelSpec(
    id="workflow",
    label="Your own workflow",
    summary="A graph of yours, exported in API format, whose titled nodes get what is asked for.",
    family="workflow",
    tasks=(
        Task.TEXT_TO_VIDEO,
        Task.IMAGE_TO_VIDEO,
        Task.VIDEO_TO_VIDEO,
        Task.AUDIO_TO_VIDEO,
    ),
    inputs=dict.fromkeys((Role.WORKFLOW, Role.START, Role.END, Role.SOURCE_VIDEO, Role.AUDIO), 1),
    sizes=frame_sizes("540p", "480p", "720p", "1080p"),
    fps=(16, 24, 25, 30, 48, 50, 60),
    default_fps=24,
    durations=Durations(minimum=0.5, maximum=60.0, default=5.0),
    frame_grid=FRAME_GRID,
    steps=IntRange(minimum=1, maximum=200, default=20),
    guidance_scale=FloatRange(minimum=0.0, maximum=30.0, default=3.0),
    takes_negative_prompt=True,
    camera=CAMERA,
    audio=None,
    max_prompt_tokens=1024,
    size_bytes=None,
    licence=Licence(
        name="That of its models", summary="What the graph loads says what may be done with it."
    ),
    needs=Needs(note="Your ComfyUI does the work; its machine needs what the workflow needs."),
    price=_FREE,
    is_exact=False,
    as_of=_AS_OF,
    source=_SOURCE,
)
"""The model that stands for a person's own graph, whatever that loads."""


def find_served(name: str) -> ServedModel:
    """The model of that id, which is in the table."""
    return next(model for model in MODELS if model.spec.id == name)
