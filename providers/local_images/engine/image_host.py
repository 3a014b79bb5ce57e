"""Makes images with one warm model, step by step, and says how it goes."""

# pyright: standard

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from core.errors import RenderFailed
from core.jobs.lanes import Stage
from providers.engine.events import Made, Refused
from providers.engine.process.errors import translate
from providers.engine.process.lora_overlay import LoraOverlay
from providers.engine.process.order_run import OrderRun
from providers.engine.process.torch_memory import return_memory
from providers.local_images.engine.latent_preview import LatentPreviewer
from providers.local_images.engine.loading import compute_dtype, for_work, load_pipeline
from providers.local_images.models.families import EditWay, ImageWork

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from core.jobs.job import CancelToken
    from providers.engine.events import Event
    from providers.engine.streams import EventWriter
    from providers.local_images.engine.protocol import ImageRenderOrder

_FLAGGED = "nsfw_content_detected"


class ImageHost:
    """Holds the loaded model between images; one of another model or layout replaces it.

    Args:
        began_at: when the process began, by the monotonic clock.
        clock: by which pictures of what is being made are spaced.
    """

    def __init__(self, began_at: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # The first image counts the start of the engine as part of its loading.
        self._began_at: float | None = began_at
        self._layout = ""
        self._pipeline: Any = None
        self._loras = LoraOverlay()

    def answer(self, order: ImageRenderOrder, cancel: CancelToken, events: EventWriter) -> Event:
        """Make the image, or say why there is none."""
        run = OrderRun(order, cancel, events)

        def work() -> Event:
            file = self._make(run)
            return Made(number=order.number, file=file, figures=run.figures)

        event = translate(work, order)
        if isinstance(event, Refused) and event.kind == "OutOfMemory":
            self._drop()
        elif not isinstance(event, Made) and self._pipeline is not None:
            # What was interrupted may have left a part on the GPU.
            self._pipeline.maybe_free_model_hooks()
        return event

    def _make(self, run: OrderRun[ImageRenderOrder]) -> Path:
        order = run.order
        pipeline = self._prepare(run)
        run.begin(Stage.ENCODE, message="Reading the prompt")
        watch = _PipelineWatch(run, pipeline, self._clock)
        try:
            with torch.inference_mode():
                made = pipeline(**arguments_of(pipeline, order, watch))
        finally:
            watch.leave()
        pixels = np.asarray(made.images[0])
        if not np.isfinite(pixels).all():
            raise RenderFailed(
                f"{order.plan.spec.label} came to values that are no picture.",
                target=str(order.plan.target),
                hint="Try another seed; if it happens again, its files may be damaged.",
            )
        if any(getattr(made, _FLAGGED, None) or ()):
            raise RenderFailed(
                f"The safety checker of {order.plan.spec.label} withheld the picture.",
                target=str(order.plan.target),
                hint="Change the prompt or the seed.",
            )
        run.end()
        with run.stage(Stage.WRITE, message="Writing the image"):
            file = order.workdir / "image.png"
            image = Image.fromarray((pixels * 255).round().astype("uint8"))
            image.convert("RGB").save(file, format="PNG")
        return file

    def _prepare(self, run: OrderRun[ImageRenderOrder]) -> Any:
        """The loaded pipeline for what is asked for, with the LoRAs laid over it."""
        order = run.order
        if self._layout != _layout(order):
            self._drop()
        is_warm = self._pipeline is not None
        began_at, self._began_at = self._began_at, None
        label = order.plan.spec.label
        with run.stage(Stage.LOAD, is_short=is_warm, message=f"Loading {label}", began_at=began_at):
            if self._pipeline is None:
                self._pipeline = load_pipeline(order)
                self._layout = _layout(order)
            pipeline = for_work(self._pipeline, order)
            self._loras.lay(
                pipeline, order, compute_dtype(order), lambda text: run.on_progress(1.0, text)
            )
        return pipeline

    def _drop(self) -> None:
        self._pipeline = None
        self._layout = ""
        self._loras = LoraOverlay()
        return_memory()


class _PipelineWatch:
    """Goes along with a pipeline: says in which stage it is, and stops it where that is wanted."""

    def __init__(
        self, run: OrderRun[ImageRenderOrder], pipeline: Any, clock: Callable[[], float]
    ) -> None:
        self._run = run
        self._previewer = LatentPreviewer(run.order, clock)
        self._has_begun = False
        denoiser = getattr(pipeline, run.order.family.denoiser, None)
        self._hook = None
        if isinstance(denoiser, torch.nn.Module):
            self._hook = denoiser.register_forward_pre_hook(self._before_denoising)

    def _before_denoising(self, *_: object) -> None:
        if self._has_begun:
            self._run.cancel.check()
            return
        self._has_begun = True
        self._run.end()
        self._run.begin(Stage.DENOISE, message="Step 0")

    def after_step(
        self, pipeline: Any, step: int, _: object, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        """Told by the pipeline after each step; given back is what it goes on with."""
        self._run.cancel.check()
        steps = int(getattr(pipeline, "num_timesteps", 0) or step + 1)
        done = step + 1
        preview = None
        if done < steps:
            preview = self._previewer.look(pipeline, tensors["latents"], done)
        self._run.on_step(done / steps, done, steps, preview)
        if done == steps:
            self._run.end()
            self._run.begin(Stage.DECODE, message="Decoding")
        return tensors

    def leave(self) -> None:
        """Go along no more."""
        if self._hook is not None:
            self._hook.remove()


def arguments_of(
    pipeline: Any, order: ImageRenderOrder, watch: _PipelineWatch | None = None
) -> dict[str, Any]:
    """What the pipeline is called with: all that the plan and the model's profile say.

    Args:
        pipeline: for what is asked for.
        order: the image.
        watch: goes along with it.
    """
    plan, family, profile = order.plan, order.family, order.profile
    takes = inspect.signature(type(pipeline).__call__).parameters
    wanted: dict[str, Any] = {
        "prompt": plan.prompt,
        "width": plan.width,
        "height": plan.height,
        "num_inference_steps": plan.num_inference_steps or profile.num_inference_steps,
        # Drawn on the processor, so that every machine begins with the same noise.
        "generator": torch.Generator("cpu").manual_seed(plan.seed),
        "output_type": "np",
        "max_sequence_length": family.max_sequence_length,
    }
    guidance = profile.guidance_scale if plan.guidance_scale is None else plan.guidance_scale
    if family.guidance is not None:
        wanted[family.guidance] = guidance
    if family.takes_negative and not profile.is_distilled:
        wanted["negative_prompt"] = plan.negative_prompt or family.negative
    images = [Image.open(path).convert("RGB") for path in order.images]
    if order.work is ImageWork.MASK:
        assert order.mask is not None, "it is given"
        wanted |= {"image": images[0], "mask_image": Image.open(order.mask).convert("L")}
        wanted["image_reference"] = images[1:2] or None
    elif images:
        # What looks at several takes a list; what is covered with noise, the one.
        is_list = family.edit is EditWay.REFERENCE and family.most_images > 1
        wanted["image"] = images if is_list else images[0]
    if order.work is not ImageWork.WORDS:
        wanted["strength"] = 1.0 if plan.strength is None else plan.strength
    if watch is not None:
        wanted["callback_on_step_end"] = watch.after_step
        wanted["callback_on_step_end_tensor_inputs"] = ["latents"]
    return {name: value for name, value in wanted.items() if value is not None and name in takes}


def _layout(order: ImageRenderOrder) -> str:
    """Two orders with the same layout can use the same loaded model."""
    memory = order.memory
    return "\0".join(
        (
            str(order.folder),
            order.model_key,
            memory.device,
            memory.residency,
            memory.precision,
            str(memory.tiled_decode),
        )
    )
