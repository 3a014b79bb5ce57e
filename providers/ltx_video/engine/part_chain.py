"""A clip that is made window by window: parts that go on from each other, both ends of a video."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.video.placement import images_of
from core.video.planning.windows import window_begins, windows_of
from providers.ltx_video.engine.kept_latents import KeepingLTXVideoPipeline, KeptLatents
from providers.ltx_video.engine.preview import Previewer
from providers.ltx_video.engine.source import audio_latent_count
from providers.ltx_video.engine.stages import Denoised, SeenLatents, denoise, denormalized
from providers.ltx_video.models.sizes import FRAME_GRID
from providers.ltx_video.models.two_stages import denoising_work

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.video.plan import ClipPart, RenderPlan
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.engine.stages import OnStep
    from providers.ltx_video.engine.text import EncodedPrompt


def denoise_parts(
    pipeline: Pipeline,
    order: RenderOrder,
    prompts: tuple[EncodedPrompt, ...],
    on_step: OnStep,
    cancel: CancelToken,
) -> Denoised:
    """Make the latents of a clip part by part; stops as `denoise` does.

    The latents of all parts are one clip's, and nothing of it is decoded in between: a window of
    the model holds what it sees of the parts before, as it is, and behind one latent frame that is
    left out again, because the first of a window stands for a single frame.

    Args:
        pipeline: with everything but the text encoder.
        order: the clip.
        prompts: of its parts, encoded.
        on_step: told as by `denoise`, over all parts.
        cancel: the wish to stop.
    """
    windows = _Windows(pipeline, order, prompts, on_step, cancel)
    whole: Denoised | None = None
    for number, part in enumerate(order.plan.parts):
        window = windows.orders[number].plan
        seen = None if whole is None else seen_latents(pipeline, part, window, whole)
        made = windows.denoise(number, seen)
        whole = made if whole is None else _joined(pipeline, part, window, whole, made)
    assert whole is not None, "a clip has a part"
    return whole


def denoise_ends(
    pipeline: Pipeline,
    order: RenderOrder,
    prompts: tuple[EncodedPrompt, ...],
    on_step: OnStep,
    cancel: CancelToken,
) -> tuple[tuple[RenderOrder, Denoised], ...]:
    """Make what comes before a video and what comes after it; arguments as of `denoise_parts`.

    Returns:
        The order of each end alone, and its latents.
    """
    windows = _Windows(pipeline, order, prompts, on_step, cancel)
    return tuple((alone, windows.denoise(number)) for number, alone in enumerate(windows.orders))


class _Windows:
    """The windows of a clip, each denoised alone; their steps are told as those of one clip."""

    def __init__(
        self,
        pipeline: Pipeline,
        order: RenderOrder,
        prompts: tuple[EncodedPrompt, ...],
        on_step: OnStep,
        cancel: CancelToken,
    ) -> None:
        plans = windows_of(order.plan)
        self.orders = tuple(
            _window_order(order, begin, window)
            for begin, window in zip(window_begins(order.plan), plans, strict=True)
        )
        self._pipeline, self._prompts = pipeline, prompts
        self._on_step, self._cancel = on_step, cancel
        self._work = [sum(denoising_work(window)) for window in plans]
        self._steps_before = 0

    def denoise(self, number: int, seen: SeenLatents | None = None) -> Denoised:
        """The latents of one window; windows come in their order."""
        self._cancel.check()
        order, work, before = self.orders[number], self._work, self._steps_before
        begin, share = (amount / sum(work) for amount in (sum(work[:number]), work[number]))

        def tell(done: float, step: int, steps: int, preview: Path | None) -> None:
            self._steps_before = before + steps
            self._on_step(begin + share * done, before + step, steps * len(work), preview)

        return denoise(
            self._pipeline,
            order,
            self._prompts[number],
            tell,
            self._cancel,
            Previewer(self._pipeline, order, steps_before=before),
            seen=seen,
        )


def _window_order(order: RenderOrder, begin: int, window: RenderPlan) -> RenderOrder:
    """The order of a window alone, which begins with this frame of the clip."""
    first = begin + window.first_made
    images = tuple(
        image.model_copy(update={"frame": image.frame - first})
        for image in order.images
        if any(image.frame - begin in new for new in window.new)
    )
    assert len(images) == len(images_of(window)), "plan and order have the same images"
    return order.model_copy(update={"plan": window, "images": images})


def seen_latents(
    pipeline: Pipeline, part: ClipPart, window: RenderPlan, whole: Denoised
) -> SeenLatents:
    """What a part's window holds of the parts before, in the scale of the VAEs."""
    count = window.num_frames // FRAME_GRID.step + 1
    seen = part.seen_frames // FRAME_GRID.step
    there = whole.video
    if isinstance(pipeline, KeepingLTXVideoPipeline):
        there = denormalized(pipeline, there)
    video = there.new_zeros((*there.shape[:2], count, *there.shape[3:]))
    stays = torch.zeros(count, dtype=torch.bool)
    video[:, :, 1 : seen + 1] = there[:, :, there.shape[2] - seen :]
    stays[1 : seen + 1] = True
    if there.shape[2] == seen + 1:
        # The window begins with the clip, whose first latent is the first of a window too.
        video[:, :, 0] = there[:, :, 0]
        stays[0] = True
    audio = None
    if whole.audio is not None:
        begin = _audio_begin(pipeline, part, window.fps)
        length = audio_latent_count(pipeline, window.num_frames, window.fps)
        latents = whole.audio.new_zeros((*whole.audio.shape[:2], length, whole.audio.shape[3]))
        known_stay = torch.zeros(length, dtype=torch.bool)
        known = whole.audio[:, :, begin:]
        first = 0 if begin == 0 else 1
        latents[:, :, : known.shape[2]] = known
        known_stay[first : known.shape[2]] = True
        audio = KeptLatents(latents.float(), known_stay)
    return SeenLatents(KeptLatents(video.float(), stays), audio)


def _audio_begin(pipeline: Pipeline, part: ClipPart, fps: int) -> int:
    """Which latent of the clip's sound the first of a part's window is, to the nearest."""
    begin = part.first - part.seen_frames
    return audio_latent_count(pipeline, begin, fps) if begin else 0


def _joined(
    pipeline: Pipeline, part: ClipPart, window: RenderPlan, whole: Denoised, made: Denoised
) -> Denoised:
    """The latents of the parts so far with those that are new."""
    new = part.num_frames // FRAME_GRID.step
    video = torch.cat((whole.video, made.video[:, :, -new:].to(whole.video)), dim=2)
    audio = whole.audio
    if audio is not None and made.audio is not None:
        known = audio.shape[2] - _audio_begin(pipeline, part, window.fps)
        audio = torch.cat((audio, made.audio[:, :, known:].to(audio)), dim=2)
    return Denoised(video, audio, whole.generator)
