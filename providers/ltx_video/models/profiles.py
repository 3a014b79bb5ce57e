"""How each LTX model is run: schedule, guidance and the other settings it was trained for.

Every serious failure with these models comes from a default that belongs to another version, so a
profile spells out each setting and leaves nothing to the library.
"""

from __future__ import annotations

from enum import StrEnum
from math import exp
from typing import Any, Self

from pydantic import Field

from core.frozen import Frozen
from core.video.spec import Precision

_DIGITS = 7
_OWN_NEGATIVE_PROMPT = "low quality, blurry, distorted, flickering, jittery motion, watermark, text"


class PipelineFamily(StrEnum):
    """The two kinds of LTX pipeline; one class of diffusers serves each."""

    LTX_VIDEO = "ltx-video"
    LTX_2 = "ltx-2"


class Enhancer(StrEnum):
    """The part of a model that rewrites prompts, by the name of its folder."""

    TEXT_ENCODER = "text_encoder"
    OWN = "prompt_enhancer"


class Guidance(Frozen):
    """The eight guidance knobs of LTX-2; the defaults switch all of them off.

    LTX-Video reads only `guidance_scale` and `guidance_rescale`. Each knob that is on costs LTX-2
    another pass of the transformer in every step.
    """

    guidance_scale: float = 1.0
    stg_scale: float = 0.0
    modality_scale: float = 1.0
    guidance_rescale: float = 0.0
    audio_guidance_scale: float = 1.0
    audio_stg_scale: float = 0.0
    audio_modality_scale: float = 1.0
    audio_guidance_rescale: float = 0.0

    def at(self, guidance_scale: float | None) -> Self:
        """The same knobs at another scale; the sound follows where it had the picture's scale."""
        if guidance_scale is None:
            return self
        follows = self.audio_guidance_scale == self.guidance_scale
        changed = {"guidance_scale": guidance_scale}
        if follows:
            changed["audio_guidance_scale"] = guidance_scale
        return self.model_copy(update=changed)

    @property
    def reads_negative_prompt(self) -> bool:
        """Whether a negative prompt has any effect."""
        return self.guidance_scale > 1 or self.audio_guidance_scale > 1


SCHEDULER_FLAGS: dict[str, Any] = {
    "use_dynamic_shifting": False,
    "shift": 1.0,
    "shift_terminal": None,
}
"""Changes to the scheduler's own settings; these leave a given schedule exactly as it is."""


class Profile(Frozen):
    """Everything about running one model that is not in the plan of a clip.

    Attributes:
        num_inference_steps: used where the plan names no number.
        sigmas: the trained noise levels, from 1 down and without the final 0.
        shift_mu: computes the noise levels for any number of steps instead; of `sigmas` and
            `shift_mu` at most one is given, and with neither the pipeline uses its own.
        negative_prompt: ours; None leaves it empty.
        uses_library_negative_prompt: take the text that diffusers ships for LTX-2 instead.
        refine_sigmas: the noise levels of the second of two stages; empty where there is only one.
        upsample_adain: how far the enlarged latents of the first stage get back its statistics.
        upsample_tone_map: how far their extremes are compressed; 0 to 1, both.
        stg_blocks: the transformer blocks that spatio-temporal guidance perturbs.
        is_stochastic: each step goes to the clean clip that it expects and adds new noise.
        image_crf: how hard a start image is compressed before use; None where it is not.
        blurs_image: a start image is blurred a little first. Both make it like a frame of the
            videos that the model learned from; a clip from a pristine one tends to stay a still.
        transformer_file: the one file in the model's folder that holds the transformer under the
            names of its maker; None where it lies there in the layout of diffusers.
        enhancer: what rewrites prompts; None where nothing does.
        has_duration_head: whether it can tell from a prompt how long a clip is.
    """

    family: PipelineFamily
    num_inference_steps: int = Field(ge=1)
    sigmas: tuple[float, ...] | None = None
    shift_mu: float | None = None
    guidance: Guidance = Guidance()
    refine_sigmas: tuple[float, ...] = ()
    upsample_adain: float = 0.0
    upsample_tone_map: float = 0.0
    stg_blocks: tuple[int, ...] = ()
    use_cross_timestep: bool = True
    is_stochastic: bool = False
    image_crf: int | None = None
    blurs_image: bool = False
    image_cond_noise_scale: float = 0.0
    decode_timestep: float = 0.0
    decode_noise_scale: float | None = None
    max_sequence_length: int
    negative_prompt: str | None = None
    uses_library_negative_prompt: bool = False
    dtype: Precision = Precision.BFLOAT16
    transformer_file: str | None = None
    enhancer: Enhancer | None = None
    has_duration_head: bool = False

    def sigmas_for(self, num_inference_steps: int) -> tuple[float, ...] | None:
        """Noise levels for a number of steps, or None where the pipeline has its own."""
        if self.sigmas is not None:
            return _resampled(self.sigmas, num_inference_steps)
        if self.shift_mu is not None:
            return _shifted(self.shift_mu, num_inference_steps)
        return None

    def sigmas_from(self, num_inference_steps: int, strength: float) -> tuple[float, ...]:
        """The noise levels by which a clip is made anew that already has its shape.

        It is covered with as much noise as the strength says and freed of it from there on, so the
        levels above are left out; none is left at a strength of 0.
        """
        every = self.sigmas_for(num_inference_steps) or _linear_quadratic(num_inference_steps)
        if strength >= 1:
            return every
        return (strength, *(level for level in every if level < strength)) if strength > 0 else ()

    def timesteps_for(self, num_inference_steps: int) -> tuple[float, ...] | None:
        """The same as timesteps of 0 to 1000, which is what the LTX-Video pipeline takes."""
        sigmas = self.sigmas_for(num_inference_steps)
        return None if sigmas is None else tuple(sigma * 1000 for sigma in sigmas)


def _resampled(sigmas: tuple[float, ...], steps: int) -> tuple[float, ...]:
    """The curve through the trained levels and 0, read at another number of places."""
    if steps == len(sigmas):
        return sigmas
    curve = (*sigmas, 0.0)
    places = [index * len(sigmas) / steps for index in range(steps)]
    return tuple(
        curve[int(place)] + (curve[int(place) + 1] - curve[int(place)]) * (place % 1)
        for place in places
    )


def _linear_quadratic(steps: int) -> tuple[float, ...]:
    """The levels that the pipeline of LTX-Video takes where it is given none."""
    half, turn = steps // 2, 0.025
    if steps < 2:
        return (1.0,)
    rest = steps - half
    bend = (half - turn * steps) / (half * rest**2)
    slope = turn / half - 2 * (half - turn * steps) / rest**2
    quick = [bend * step**2 + slope * step + bend * half**2 for step in range(half, steps)]
    slow = [step * turn / half for step in range(half)]
    # The pipeline reckons in 32 bit, which hold no more digits.
    return tuple(round(1 - level, _DIGITS) for level in (*slow, *quick))


def _shifted(mu: float, steps: int) -> tuple[float, ...]:
    """Levels shifted towards noise by a fixed `mu` and stretched to end at 0.1.

    diffusers lets the shift grow with the size of the clip, far past the value that the reference
    keeps, so that large clips would spend nearly every step in pure noise.
    """
    even = [1 - index * (1 - 1 / steps) / max(1, steps - 1) for index in range(steps)]
    shifted = [exp(mu) / (exp(mu) + 1 / level - 1) for level in even]
    last = shifted[-1]
    if last == 1:
        return tuple(shifted)
    return tuple(1 - (1 - level) * 0.9 / (1 - last) for level in shifted)


_DISTILLED_2X = (1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875)
# Of the first of the two passes of their maker. Lists with an eighth level of .00003 are about:
# from there to 0 nothing changes, for an eighth of the time.
_DISTILLED_098 = (1.0, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725)
# Of the second pass, each a tail of the first.
_REFINE_2X = (0.909375, 0.725, 0.421875)
_REFINE_098 = (0.9094, 0.725, 0.4219)
_DEV_SHIFT_MU = 2.05

# The decoder of 0.9.1 and later is itself told how noisy its input is.
_LTX_VIDEO = Profile(
    family=PipelineFamily.LTX_VIDEO,
    num_inference_steps=40,
    guidance=Guidance(guidance_scale=3.0),
    image_crf=29,
    blurs_image=True,
    image_cond_noise_scale=0.15,
    decode_timestep=0.05,
    decode_noise_scale=0.025,
    max_sequence_length=256,
    negative_prompt=_OWN_NEGATIVE_PROMPT,
)
_DISTILLED = {"guidance": Guidance(), "negative_prompt": None}

LTX_VIDEO_2B_DEV = _LTX_VIDEO
LTX_VIDEO_2B_096_DISTILLED = _LTX_VIDEO.model_copy(
    update=_DISTILLED | {"num_inference_steps": 8, "is_stochastic": True}
)
LTX_VIDEO_098_DISTILLED = _LTX_VIDEO.model_copy(
    update=_DISTILLED
    | {
        "num_inference_steps": 7,
        "sigmas": _DISTILLED_098,
        "image_cond_noise_scale": 0.0,
        "refine_sigmas": _REFINE_098,
        "upsample_adain": 1.0,
        "upsample_tone_map": 0.6,
    }
)
LTX_VIDEO_13B_DEV = _LTX_VIDEO.model_copy(
    update={
        "num_inference_steps": 30,
        "guidance": Guidance(guidance_scale=5.0, guidance_rescale=0.7),
    }
)

LTX_2_DEV = Profile(
    family=PipelineFamily.LTX_2,
    num_inference_steps=40,
    shift_mu=_DEV_SHIFT_MU,
    guidance=Guidance(
        guidance_scale=3.0,
        stg_scale=1.0,
        modality_scale=3.0,
        guidance_rescale=0.7,
        audio_guidance_scale=7.0,
        audio_stg_scale=1.0,
        audio_modality_scale=3.0,
        audio_guidance_rescale=0.7,
    ),
    stg_blocks=(29,),
    use_cross_timestep=False,
    image_crf=33,
    max_sequence_length=1024,
    uses_library_negative_prompt=True,
    # Gemma 3 is a whole language model, and answers as well as it reads.
    enhancer=Enhancer.TEXT_ENCODER,
)
LTX_2_DISTILLED = LTX_2_DEV.model_copy(
    update={
        "num_inference_steps": 8,
        "sigmas": _DISTILLED_2X,
        "refine_sigmas": _REFINE_2X,
        "shift_mu": None,
        "guidance": Guidance(),
        "stg_blocks": (),
        "uses_library_negative_prompt": False,
    }
)
LTX_23_DEV = LTX_2_DEV.model_copy(
    update={"num_inference_steps": 30, "stg_blocks": (28,), "use_cross_timestep": True}
)
LTX_23_DISTILLED = LTX_2_DISTILLED.model_copy(update={"use_cross_timestep": True})
# Its text encoder was tuned to read alone, so its makers give it a small Gemma 4 to write.
_LTX_25 = {"image_crf": 18, "enhancer": Enhancer.OWN, "has_duration_head": True}
LTX_25_DEV = LTX_23_DEV.model_copy(update=_LTX_25)
LTX_25_DISTILLED = LTX_23_DISTILLED.model_copy(update=_LTX_25)

# The levels at which Mini was trained, 4u / (1 + 3u), in eight even steps of u.
_MINI = (1.0, 0.9655, 0.9231, 0.8696, 0.8, 0.7059, 0.5714, 0.3636)
LTX_MINI = Profile(
    family=PipelineFamily.LTX_2,
    num_inference_steps=8,
    sigmas=_MINI,
    guidance=Guidance(guidance_scale=2.0),
    image_crf=0,
    max_sequence_length=32,
    dtype=Precision.FLOAT32,
)
