"""A prompt rewritten by the model's own enhancer: loaded for the words alone, and let go of."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from diffusers.pipelines.ltx2 import utils
from PIL import Image
from transformers import StoppingCriteria, StoppingCriteriaList

from providers.ltx_video.engine.kept_latents import KeepingLTX2Pipeline
from providers.ltx_video.engine.pipeline import empty_parts
from providers.ltx_video.engine.text import layers_watched
from providers.ltx_video.models.downloads import PROCESSOR
from providers.ltx_video.models.profiles import Enhancer

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.pipeline import PartLoader, Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder


def load_enhancer(
    loader: PartLoader, order: RenderOrder, text_pipeline: Pipeline | None
) -> KeepingLTX2Pipeline:
    """A pipeline with nothing but what rewrites prompts.

    Args:
        loader: of the model's parts.
        order: says which of them it is.
        text_pipeline: has the text encoder, for models in which that is the one.
    """
    parts: dict[str, Any] = empty_parts(order)
    parts |= {"text_encoder": None, "tokenizer": None, "prompt_enhancer": None}
    if order.profile.enhancer is Enhancer.OWN:
        parts["prompt_enhancer"] = loader.load(Enhancer.OWN.value)
    else:
        assert text_pipeline is not None, "it is the enhancer"
        parts["text_encoder"] = text_pipeline.text_encoder
    return KeepingLTX2Pipeline(processor=loader.load(PROCESSOR), **parts)


def enhance(
    pipeline: KeepingLTX2Pipeline,
    order: RenderOrder,
    on_progress: Callable[[float], None],
    cancel: CancelToken,
) -> str:
    """The prompt as the enhancer writes it, which sees the clip's first frame where one is given.

    It draws from the clip's own seed, as diffusers does when it enhances and renders in one call.

    Args:
        pipeline: of `load_enhancer`.
        order: the clip.
        on_progress: told what share of the longest text that may come is written.
        cancel: the wish to stop, heard between two layers.
    """
    plan, is_own = order.plan, order.profile.enhancer is Enhancer.OWN
    config = (
        utils.GEMMA4_PROMPT_ENHANCEMENT_CONFIG
        if is_own
        else (utils.GEMMA3_PROMPT_ENHANCEMENT_CONFIG)
    )
    first = next((image for image in order.images if image.frame == 0), None)
    image = None
    if first is not None:
        with Image.open(first.path) as opened:
            image = opened.convert("RGB")
    instructions = {
        (True, True): utils.LTX2_5_I2V_DEFAULT_SYSTEM_PROMPT,
        (True, False): utils.LTX2_5_T2V_DEFAULT_SYSTEM_PROMPT,
        (False, True): utils.I2V_DEFAULT_SYSTEM_PROMPT,
        (False, False): utils.T2V_DEFAULT_SYSTEM_PROMPT,
    }
    enhancer: Any = pipeline.prompt_enhancer if is_own else pipeline.text_encoder
    watch = _Watch(lambda count: on_progress(count / config.max_new_tokens))
    with torch.no_grad(), layers_watched(enhancer, lambda _: cancel.check()):
        texts = pipeline.enhance_prompt(
            prompt=plan.request.prompt.strip(),
            system_prompt=instructions[is_own, image is not None],
            seed=plan.seed,
            generation_kwargs={
                **config.generation_kwargs,
                "stopping_criteria": StoppingCriteriaList([watch]),
            },
            device=torch.device(order.memory.text_encoder_device.value),
            image=image,
        )
    return texts[0].strip()


class _Watch(StoppingCriteria):
    """Counts the tokens as they are written; it never ends the text."""

    def __init__(self, on_token: Callable[[int], None]) -> None:
        self._on_token = on_token
        self._count = 0

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> Any:
        self._count += 1
        self._on_token(self._count)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
