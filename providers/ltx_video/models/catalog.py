"""The LTX models that run on this machine: what each accepts, needs and is downloaded from.

Left out: LTX-Video 0.9.0 and 0.9.1. The pipeline class that all others of their family share,
`LTXConditionPipeline`, is made for 0.9.5 and later; see Docs/decisions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from core.frozen import Frozen
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.spec import (
    AspectRatio,
    AudioSpec,
    CameraSpec,
    DurationLimit,
    Durations,
    FloatRange,
    FrameSize,
    IntRange,
    Licence,
    ModelSpec,
    Needs,
    Precision,
)
from core.video.terms import ControlMap, Residency, Role, Task
from providers.ltx_video.models import profiles
from providers.ltx_video.models.downloads import WEIGHTS
from providers.ltx_video.models.footprint import Footprint
from providers.ltx_video.models.info import INFO, LTXModel
from providers.ltx_video.models.profiles import Profile
from providers.ltx_video.models.quantized import QUANTIZED
from providers.ltx_video.models.sizes import (
    CAMERA,
    FOR_A_CLIP,
    FRAME_GRID,
    LARGE,
    LTX_2_LICENCE,
    LTX_25_LICENCE,
    LTXV_LICENCE,
    MINI_CAMERA,
    MINI_LICENCE,
    MOTION_SPEED,
    frame_sizes,
)
from providers.weights.weights_spec import WeightsSpec

PROVIDER = INFO.id
DEPLOYMENT = INFO.deployment

_AS_OF = date(2026, 11, 22)
_FREE = PriceTable(
    rows=(PriceRow(usd=0, per=PriceUnit.CLIP), PriceRow(usd=0, per=PriceUnit.IMAGE)),
    as_of=_AS_OF,
    source="it runs on this machine",
)
_TASKS = (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.TEXT_TO_IMAGE)
MOST_LORAS = 4
"""As many are laid over one model; each is read with every step."""
MOST_PARTS = 8
"""Of so many prompts a clip is made at most: all of it is decoded at once."""
_LARGE_TASKS = (*_TASKS, Task.VIDEO_TO_VIDEO, Task.EXTEND_VIDEO, Task.RETAKE)
_MOST_KEYFRAMES = 8
_INPUTS = {
    Role.START: 1,
    Role.END: 1,
    Role.KEYFRAME: _MOST_KEYFRAMES,
    Role.REFERENCE: 3,
    Role.SOURCE_VIDEO: 1,
    Role.EXTEND_VIDEO: 1,
    Role.RETAKE_VIDEO: 1,
    Role.LORA: MOST_LORAS,
}
# What has no sound of its own cannot follow one.
_AUDIO_INPUTS = {**_INPUTS, Role.AUDIO: 1}
# As diffusers has it.
_SHORTEST_AUTO_S = 1.0
STRENGTH = FloatRange(minimum=0.0, maximum=1.0, default=0.7)
"""How much of a source video is made anew."""
REFERENCE_STRENGTH = 0.4
"""Of reference images, which become keyframes: enough to be seen, and not to be met."""


class LocalModel(Frozen):
    """One row: the promise to the user, the way to run it, its size and its files.

    Attributes:
        weights: None for a model that is not fetched.
        added_from: where the files of a person's own checkpoint lie; empty for any other model.
    """

    spec: ModelSpec
    profile: Profile
    footprint: Footprint
    weights: WeightsSpec | None
    added_from: str = ""

    @property
    def id(self) -> str:
        """The name in targets and folders."""
        return self.spec.id


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """What the models of one generation have in common."""

    sizes: tuple[FrameSize, ...]
    fps: tuple[int, ...] = (24, 25, 30)
    durations: Durations
    camera: CameraSpec = CAMERA
    audio: AudioSpec | None = None
    licence: Licence
    needs: Needs
    footprint: Footprint
    lora_family: str
    control_maps: tuple[ControlMap, ...] = ()


_VIDEO_2B = _Offer(
    sizes=frame_sizes("480p", "540p", "720p"),
    # 257 frames are the most that these models were made for: 8.5 s at 30 fps.
    durations=Durations(minimum=0.5, maximum=8.5, default=5.0),
    licence=LTXV_LICENCE,
    needs=Needs(
        ram_gb=8,
        vram_gb=8,
        note=f"{FOR_A_CLIP} On a GPU full speed takes 16 GB of memory; it runs without a GPU too, "
        "very slowly, with 16 GB of memory.",
    ),
    footprint=Footprint(
        transformer=1.92,
        text_encoder=4.76,
        word_table=0.13,
        video_vae=1.25,
        hidden_size=2048,
        block_count=28,
        decoder_channels=128,
        upsampler=0.25,
    ),
    lora_family="ltx-video-2b",
)
_VIDEO_13B = replace(
    _VIDEO_2B,
    lora_family="ltx-video-13b",
    needs=Needs(
        ram_gb=8,
        vram_gb=8,
        comfortable_vram_gb=24,
        note=f"{FOR_A_CLIP} Needs a GPU; full speed takes 24 GB of memory.",
    ),
    footprint=_VIDEO_2B.footprint.model_copy(
        update={"transformer": 13.04, "hidden_size": 4096, "block_count": 48}
    ),
)
_AV_19B = _Offer(
    sizes=frame_sizes("540p", "480p", "720p", "1080p"),
    # 24, 25 and 30 were trained; 50 is the makers' claim.
    fps=(24, 25, 30, 50),
    # Lengths at which the makers' own desktop program was tested on one GPU.
    durations=Durations(
        minimum=0.5,
        maximum=20.0,
        default=5.0,
        limits=(
            DurationLimit(resolution="720p", maximum=10.0),
            DurationLimit(resolution="1080p", maximum=5.0),
            *(DurationLimit(resolution=name, maximum=5.0) for name in LARGE),
        ),
    ),
    audio=AudioSpec(sample_rate_hz=24_000),
    licence=LTX_2_LICENCE,
    needs=Needs(
        ram_gb=16,
        vram_gb=8,
        comfortable_vram_gb=32,
        note=f"{FOR_A_CLIP} Needs a GPU; full speed takes 32 GB of memory.",
    ),
    footprint=Footprint(
        transformer=18.88,
        text_encoder=12.2,
        # 262,208 words of 3,840 values, and layers of the eye whose rows are no whole blocks.
        word_table=1.15,
        connectors=1.43,
        video_vae=1.2,
        audio=0.2,
        hidden_size=4096,
        block_count=48,
        decoder_channels=128,
        upsampler=0.5,
    ),
    lora_family="ltx-2-19b",
    control_maps=tuple(ControlMap),
)
_AV_22B = replace(
    _AV_19B,
    lora_family="ltx-2.3",
    sizes=frame_sizes("540p", "480p", "448p", "720p", "1080p"),
    audio=AudioSpec(sample_rate_hz=48_000),
    footprint=_AV_19B.footprint.model_copy(
        update={"transformer": 18.99, "connectors": 3.17, "video_vae": 0.73}
    ),
)
# No IC-LoRA that follows maps was published for 2.5.
_AV_25 = replace(
    _AV_22B,
    licence=LTX_25_LICENCE,
    lora_family="ltx-2.5",
    control_maps=(),
    footprint=_AV_22B.footprint.model_copy(update={"enhancer": 5.1}),
)


def _model(
    model_id: LTXModel, label: str, summary: str, offer: _Offer, profile: Profile, *, file: str = ""
) -> LocalModel:
    """One row; `file` is the single file that holds the transformer, where there is one."""
    weights = WEIGHTS[model_id]
    is_guided = profile.guidance.reads_negative_prompt
    if file:
        profile = profile.model_copy(update={"transformer_file": f"transformer/{file}"})
    # What has no sound is of a family whose largest sizes one stage makes.
    large = LARGE if profile.refine_sigmas and offer.audio else ()
    spec = ModelSpec(
        id=model_id.value,
        label=label,
        summary=summary,
        family=profile.family.value,
        tasks=(*_LARGE_TASKS, Task.AUDIO_TO_VIDEO) if offer.audio else _LARGE_TASKS,
        inputs={
            **(_AUDIO_INPUTS if offer.audio else _INPUTS),
            **({Role.CONTROL: 1} if offer.control_maps else {}),
        },
        control_maps=offer.control_maps,
        lora_family=offer.lora_family,
        sizes=(*offer.sizes, *frame_sizes(*large)),
        refine_steps=len(profile.refine_sigmas),
        large_resolutions=large,
        fps=offer.fps,
        default_fps=offer.fps[0],
        durations=offer.durations,
        frame_grid=FRAME_GRID,
        shortest_auto_s=_SHORTEST_AUTO_S if profile.has_duration_head else None,
        # A distilled model knows its own few noise levels and no guidance.
        steps=IntRange(minimum=10, maximum=60, default=profile.num_inference_steps)
        if is_guided
        else None,
        fixed_steps=None if is_guided else profile.num_inference_steps,
        guidance_scale=FloatRange(
            minimum=1.0, maximum=10.0, default=profile.guidance.guidance_scale
        )
        if is_guided
        else None,
        takes_negative_prompt=is_guided,
        enhances_prompt=profile.enhancer is not None,
        most_parts=MOST_PARTS,
        strength=STRENGTH,
        reference_strength=REFERENCE_STRENGTH,
        keeps_source_audio=True,
        camera=offer.camera,
        motion_speed=MOTION_SPEED,
        audio=offer.audio,
        takes_audio_prompt=offer.audio is not None,
        max_prompt_tokens=profile.max_sequence_length,
        # In 32 bit a model is small, and always lies in memory whole.
        residencies=tuple(Residency) if profile.dtype is Precision.BFLOAT16 else (),
        size_bytes=weights.download_bytes,
        licence=offer.licence,
        needs=offer.needs,
        price=_FREE,
        as_of=weights.as_of,
        source=f"{weights.page_url}; size: {weights.source}",
    )
    return LocalModel(
        spec=spec,
        profile=profile,
        footprint=offer.footprint,
        weights=weights,
    )


_MINI_SPEC = ModelSpec(
    id=LTXModel.LTX_MINI.value,
    label="LTX Mini",
    summary="Comes with the program and runs on any machine: simple shapes, colours, moves and "
    "sounds.",
    family=profiles.LTX_MINI.family.value,
    tasks=(*_LARGE_TASKS, Task.AUDIO_TO_VIDEO),
    inputs=_AUDIO_INPUTS,
    lora_family="ltx-mini",
    sizes=(
        FrameSize(resolution="128p", aspect=AspectRatio.LANDSCAPE_3_2, width=192, height=128),
        FrameSize(resolution="128p", aspect=AspectRatio.PORTRAIT_2_3, width=128, height=192),
        FrameSize(resolution="128p", aspect=AspectRatio.SQUARE_1_1, width=160, height=160),
    ),
    fps=(16,),
    default_fps=16,
    durations=Durations(minimum=0.5, maximum=5.0, default=2.0),
    frame_grid=FRAME_GRID,
    steps=IntRange(minimum=4, maximum=30, default=profiles.LTX_MINI.num_inference_steps),
    guidance_scale=FloatRange(
        minimum=1.0, maximum=4.0, default=profiles.LTX_MINI.guidance.guidance_scale
    ),
    takes_negative_prompt=False,
    strength=STRENGTH,
    reference_strength=REFERENCE_STRENGTH,
    keeps_source_audio=True,
    camera=MINI_CAMERA,
    audio=AudioSpec(sample_rate_hz=24_000),
    takes_audio_prompt=True,
    # In words: Mini's tokenizer drops most of them, and what is left is counted when it is read.
    max_prompt_tokens=256,
    most_parts=MOST_PARTS,
    size_bytes=33_100_000,
    licence=MINI_LICENCE,
    needs=Needs(ram_gb=1, note="No GPU, no download."),
    price=_FREE,
    is_builtin=True,
    as_of=_AS_OF,
    source="this project's own model card",
)
_MINI = LocalModel(
    spec=_MINI_SPEC,
    profile=profiles.LTX_MINI,
    footprint=Footprint(
        transformer=0.010,
        text_encoder=0.002,
        connectors=0.002,
        video_vae=0.005,
        audio=0.002,
        hidden_size=256,
        block_count=6,
        decoder_channels=64,
    ),
    weights=None,
)

_WHOLE: tuple[LocalModel, ...] = (
    _model(
        LTXModel.LTX_2_5_DISTILLED,
        "LTX-2.5 distilled",
        "The newest: picture with 48 kHz sound in 8 steps.",
        _AV_25,
        profiles.LTX_25_DISTILLED,
    ),
    _model(
        LTXModel.LTX_2_5,
        "LTX-2.5 dev",
        "The newest at full length: 30 guided steps, slow.",
        _AV_25,
        profiles.LTX_25_DEV,
    ),
    _model(
        LTXModel.LTX_2_3_DISTILLED,
        "LTX-2.3 distilled",
        "Picture with 48 kHz sound in 8 steps, free to download.",
        _AV_22B,
        profiles.LTX_23_DISTILLED,
    ),
    _model(
        LTXModel.LTX_2_3,
        "LTX-2.3 dev",
        "Picture with 48 kHz sound in 30 guided steps, slow.",
        _AV_22B,
        profiles.LTX_23_DEV,
    ),
    _model(
        LTXModel.LTX_2_19B_DISTILLED,
        "LTX-2 19B distilled",
        "The first with sound, 24 kHz, in 8 steps.",
        _AV_19B,
        profiles.LTX_2_DISTILLED,
    ),
    _model(
        LTXModel.LTX_2_19B,
        "LTX-2 19B dev",
        "The first with sound, 24 kHz, in 40 guided steps.",
        _AV_19B,
        profiles.LTX_2_DEV,
    ),
    _model(
        LTXModel.LTX_VIDEO_13B_098_DISTILLED,
        "LTX-Video 13B 0.9.8 distilled",
        "Silent, good pictures in 8 steps.",
        _VIDEO_13B,
        profiles.LTX_VIDEO_098_DISTILLED,
    ),
    _model(
        LTXModel.LTX_VIDEO_13B_098_DEV,
        "LTX-Video 13B 0.9.8 dev",
        "Silent, the best pictures of its family in 30 guided steps.",
        _VIDEO_13B,
        profiles.LTX_VIDEO_13B_DEV,
        file="ltxv-13b-0.9.8-dev.safetensors",
    ),
    _model(
        LTXModel.LTX_VIDEO_13B_097_DISTILLED,
        "LTX-Video 13B 0.9.7 distilled",
        "Silent, the older 13B in 8 steps.",
        _VIDEO_13B,
        profiles.LTX_VIDEO_098_DISTILLED,
    ),
    _model(
        LTXModel.LTX_VIDEO_13B_097_DEV,
        "LTX-Video 13B 0.9.7 dev",
        "Silent, the older 13B in 30 guided steps.",
        _VIDEO_13B,
        profiles.LTX_VIDEO_13B_DEV,
    ),
    _model(
        LTXModel.LTX_VIDEO_2B_098_DISTILLED,
        "LTX-Video 2B 0.9.8 distilled",
        "Silent, light and quick: 8 steps on a small GPU.",
        _VIDEO_2B,
        profiles.LTX_VIDEO_098_DISTILLED,
        file="ltxv-2b-0.9.8-distilled.safetensors",
    ),
    _model(
        LTXModel.LTX_VIDEO_2B_096_DISTILLED,
        "LTX-Video 2B 0.9.6 distilled",
        "Silent, light, 8 steps.",
        _VIDEO_2B,
        profiles.LTX_VIDEO_2B_096_DISTILLED,
        file="ltxv-2b-0.9.6-distilled-04-25.safetensors",
    ),
    _model(
        LTXModel.LTX_VIDEO_2B_096_DEV,
        "LTX-Video 2B 0.9.6 dev",
        "Silent, light, 40 guided steps.",
        _VIDEO_2B,
        profiles.LTX_VIDEO_2B_DEV,
        file="ltxv-2b-0.9.6-dev-04-25.safetensors",
    ),
    _model(
        LTXModel.LTX_VIDEO_2B_095,
        "LTX-Video 2B 0.9.5",
        "Silent, light, 40 guided steps; the plainest download.",
        _VIDEO_2B,
        profiles.LTX_VIDEO_2B_DEV,
    ),
    _MINI,
)


MODELS: tuple[LocalModel, ...] = tuple(
    model
    for whole in _WHOLE
    for model in (
        whole,
        *(one.row(whole, WEIGHTS[one.id]) for one in QUANTIZED if one.like.value == whole.id),
    )
)
"""Every model, best first."""

BY_ID: dict[str, LocalModel] = {model.id: model for model in MODELS}
