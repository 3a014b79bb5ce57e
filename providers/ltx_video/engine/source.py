"""The video or sound that a clip is made from or goes on from, for the model and for the clip."""

# pyright: standard

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageOps

from core.media.source_clip import read_frames, sample_frames
from core.video.terms import Role
from providers.ltx_video.engine.clip import Audio
from providers.ltx_video.engine.kept_latents import KeepingLTX2Pipeline, KeptLatents
from providers.ltx_video.engine.pipeline import set_tiling
from providers.ltx_video.engine.spectrogram import log_mel
from providers.ltx_video.models.sizes import FRAME_GRID, latent_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from core.jobs.job import CancelToken
    from core.video.plan import RenderPlan, Retake
    from providers.ltx_video.engine.protocol import OrderedAudio, RenderOrder

# The spectrogram of silence: the logarithm of the least that the codec hears.
_SILENCE = -11.5129
_STEPS_OF_A_LATENT = 4
_SEAM_S = 0.01


def source_latents(
    pipeline: Any, order: RenderOrder, path: Path, cancel: CancelToken
) -> torch.Tensor:
    """The source video at the plan's size and rate as the VAE has it, (1, channels, t, h, w)."""
    return encode_images(pipeline, order, fitted_frames(order.plan, path, cancel))


def fitted_frames(plan: RenderPlan, path: Path, cancel: CancelToken) -> Iterator[Image.Image]:
    """The frames of a video at the plan's size and rate, from its first one on."""
    size = (plan.width, plan.height)
    for image in sample_frames(path, plan.num_frames, plan.fps, cancel):
        yield image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def encode_images(pipeline: Any, order: RenderOrder, images: Iterable[Image.Image]) -> torch.Tensor:
    """Images of the plan's size as one video in the VAE's scale."""
    plan, vae = order.plan, pipeline.vae
    set_tiling(vae, order)
    pixels = pipeline.video_processor.preprocess_video([*images], plan.height, plan.width)
    device = pipeline._execution_device  # noqa: SLF001 - the pipeline has no public name for it
    return vae.encode(pixels.to(device, vae.dtype)).latent_dist.mode().float()


def silent_latents(pipeline: Any, num_frames: int, fps: float) -> torch.Tensor:
    """Silence as the audio VAE has it, as long as the clip.

    A clip that is made anew begins with little noise. LTX-2 makes picture and sound together, and
    would take pure noise for a sound with little noise in it.
    """
    vae, device = pipeline.audio_vae, pipeline._execution_device  # noqa: SLF001 - as above
    count = audio_latent_count(pipeline, num_frames, fps)
    shape = (1, vae.config.in_channels, count * _STEPS_OF_A_LATENT, vae.config.mel_bins)
    mel = torch.full(shape, _SILENCE, device=device, dtype=vae.dtype)
    return vae.encode(mel).latent_dist.mode().float()


def audio_condition(pipeline: Any, order: RenderOrder) -> KeptLatents | None:
    """The sound that the model goes by, and what of it stays; None where there is none."""
    plan, ordered = order.plan, order.audio_condition
    is_extended = plan.kept_frames > 0 and plan.retake is None
    if ordered is not None and is_extended:
        audio = _seen_audio(plan, read_audio(ordered))
    elif ordered is not None:
        audio = read_audio(ordered)
    elif plan.retake is not None and plan.makes_audio:
        # New sound in a silent video: silence is what stays around it.
        audio = _silence(plan.made_frames, plan.fps, pipeline.audio_vae.config.sample_rate)
    else:
        return None
    vae, device = pipeline.audio_vae, pipeline._execution_device  # noqa: SLF001 - as above
    assert audio.rate_hz == vae.config.sample_rate, "every LTX-2 hears this rate"
    hop, bins = vae.config.mel_hop_length, vae.config.mel_bins
    mel = log_mel(audio.samples, audio.rate_hz, hop, bins)
    latents = vae.encode(mel[None].to(device, vae.dtype)).latent_dist.mode().float()
    count = audio_latent_count(pipeline, plan.made_frames, plan.fps)
    stays = torch.ones(count, dtype=torch.bool)
    if plan.retake is not None and plan.makes_audio:
        begin, end = (
            (frame - plan.retake.seen_first) * count / plan.made_frames
            for frame in (plan.retake.first, plan.retake.stop)
        )
        is_to_end = plan.retake.stop == plan.num_frames
        stays[math.floor(begin) : count if is_to_end else math.ceil(end)] = False
    if is_extended:
        latents_a_frame = count / plan.made_frames
        stays[: math.ceil(plan.new_before * latents_a_frame)] = False
        if plan.new_after:
            seen_stop = plan.made_frames - plan.new_after
            stays[math.floor(seen_stop * latents_a_frame) :] = False
    return KeptLatents(latents[:, :, :count], stays)


def _seen_audio(plan: RenderPlan, audio: Audio) -> Audio:
    """The sound of what the model sees of a video, as long as what it works on.

    After it there is silence. Before it the sound runs backwards, so that the VAE, which hears
    the past alone, hears it as one that goes on.
    """
    begin, stop, before = (
        round(frame / plan.fps * audio.rate_hz)
        for frame in (plan.first_seen, plan.first_seen + plan.context_frames, plan.new_before)
    )
    seen = np.pad(audio.samples[:, begin:stop], ((0, 0), (before, 0)), mode="symmetric")
    return Audio(seen, audio.rate_hz).as_long_as(plan.made_frames, plan.fps)


def audio_latent_count(pipeline: Any, num_frames: int, fps: float) -> int:
    """How many latents the sound of a clip has, counted as the pipeline does."""
    a_second = pipeline.audio_sampling_rate / pipeline.audio_hop_length / _STEPS_OF_A_LATENT
    # An image is shorter than any sound that the VAE knows.
    return max(1, round(num_frames / fps * a_second))


def given_video(pipeline: Any, order: RenderOrder, cancel: CancelToken) -> GivenVideo | None:
    """What the model sees of the video that it extends or retakes; None where there is none."""
    if order.plan.retake is not None:
        return _retaken_video(pipeline, order, order.plan.retake, cancel)
    plan, path = order.plan, order.plan.request.path_of(Role.EXTEND_VIDEO)
    if path is None or plan.kept_frames == 0:
        return None
    seen, before, first = plan.context_frames, plan.new_before, plan.first_seen
    images = tuple(read_frames(path, range(first, first + seen), cancel))
    if before == 0 or not isinstance(pipeline, KeepingLTX2Pipeline):
        return GivenVideo(images, before)
    # A frame that stands still in front of the video, so that the VAE sees it as it will be.
    latents = encode_images(pipeline, order, [*[images[0]] * before, *images])
    stays = torch.arange(latents.shape[2]) > before // FRAME_GRID.step
    after = plan.new_after // FRAME_GRID.step
    latents = torch.nn.functional.pad(latents, (0, 0, 0, 0, 0, after))
    stays = torch.nn.functional.pad(stays, (0, after))
    return GivenVideo((), before, KeptLatents(latents, stays))


def _retaken_video(
    pipeline: Any, order: RenderOrder, retake: Retake, cancel: CancelToken
) -> GivenVideo:
    plan, path = order.plan, order.plan.request.path_of(Role.RETAKE_VIDEO)
    assert path is not None, "a retake has its video"
    there = range(retake.seen_first, min(retake.seen_stop, plan.num_frames))
    images = [*read_frames(path, there, cancel)]
    # What is made behind the video's end is left out again, whatever it was made from.
    images += [images[-1]] * (plan.made_frames - len(images))
    latents = encode_images(pipeline, order, images)
    stays = torch.ones(latents.shape[2], dtype=torch.bool)
    if plan.makes_video:
        stays[latent_frame(retake.first - there.start) : _last_latent(retake, plan) + 1] = False
    return GivenVideo((), 0, KeptLatents(latents, stays))


def _last_latent(retake: Retake, plan: RenderPlan) -> int:
    is_to_end = retake.stop == plan.num_frames
    last = plan.made_frames - 1 if is_to_end else retake.stop - 1 - retake.seen_first
    return latent_frame(last)


@dataclass(frozen=True)
class GivenVideo:
    """What the model sees of a video.

    Attributes:
        images: its frames, in the clip that the model works on from `frame` on.
        kept: the same as latents that stay as they are, in place of the frames.
    """

    images: tuple[Image.Image, ...]
    frame: int
    kept: KeptLatents | None = None


def all_frames(order: RenderOrder, made: np.ndarray, cancel: CancelToken) -> Iterable[np.ndarray]:
    """The frames of the whole clip: those that were made and those of a video that is extended.

    Args:
        order: the clip.
        made: (frames, height, width, 3) uint8, of all passes; of frames that the model only saw,
            the video's own are taken.
        cancel: the wish to stop.
    """
    plan = order.plan
    if plan.retake is not None:
        return _with_retaken_frames(plan, plan.retake, made, cancel)
    path = plan.request.path_of(Role.EXTEND_VIDEO)
    if path is None or plan.kept_frames == 0:
        return made
    own = map(np.asarray, read_frames(path, range(plan.kept_frames), cancel))
    return chain(made[: plan.new_before], own, made[len(made) - plan.new_after :])


def _with_retaken_frames(
    plan: RenderPlan, retake: Retake, made: np.ndarray, cancel: CancelToken
) -> Iterable[np.ndarray]:
    path = plan.request.path_of(Role.RETAKE_VIDEO)
    assert path is not None, "a retake has its video"
    if not plan.makes_video:
        return map(np.asarray, read_frames(path, range(plan.num_frames), cancel))
    return chain(
        map(np.asarray, read_frames(path, range(retake.first), cancel)),
        made[retake.first - retake.seen_first : retake.stop - retake.seen_first],
        map(np.asarray, read_frames(path, range(retake.stop, plan.num_frames), cancel)),
    )


def whole_audio(order: RenderOrder, made: Audio | None) -> Audio | None:
    """The sound of the whole clip: what is kept of a video, and what was made.

    Args:
        order: the clip.
        made: as long as the frames that the model works on, in all passes; None where it made none.
    """
    plan, ordered = order.plan, order.kept_audio
    kept = None if ordered is None else read_audio(ordered)
    if made is not None:
        made = made.with_soft_ends(plan.made_frames, plan.fps)
    if plan.retake is not None and made is not None:
        base = kept or _silence(plan.num_frames, plan.fps, made.rate_hz)
        return _with_retaken_audio(plan, plan.retake, base, made)
    if plan.kept_frames == 0 or plan.retake is not None:
        return kept or made
    rate_hz = (kept or made or Audio(np.zeros((2, 0), np.float32), 0)).rate_hz
    if not plan.has_audio or rate_hz == 0:
        return None
    old = _silence(plan.kept_frames, plan.fps, rate_hz) if kept is None else kept
    before = _silence(plan.new_before, plan.fps, rate_hz)
    after = _silence(plan.new_after, plan.fps, rate_hz)
    if made is not None:
        # Of one more channel than it has, a mono sound is heard on both sides.
        samples = np.broadcast_to(made.samples, (2, made.samples.shape[1]))
        begin = round((plan.made_frames - plan.new_after) / plan.fps * rate_hz)
        before = Audio(samples.copy(), rate_hz).as_long_as(plan.new_before, plan.fps)
        after = Audio(samples[:, begin:].copy(), rate_hz).as_long_as(plan.new_after, plan.fps)
        # No click where one sound ends and the other begins. A sound that goes on is made for what
        # the model saw, too: there the one becomes the other.
        fade = np.linspace(0, 1, max(1, round(_SEAM_S * rate_hz)), dtype=np.float32)
        goes_on = order.audio_condition is not None
        if plan.new_before and goes_on:
            first = before.samples.shape[1]
            _fade_in(old.samples[:, : len(fade)], samples[:, first : first + len(fade)], fade)
        elif plan.new_before:
            before.samples[:, -len(fade) :] *= fade[::-1]
        if plan.new_after and goes_on:
            last = samples[:, begin - len(fade) : begin]
            _fade_in(old.samples[:, -len(fade) :], last, fade[::-1])
        elif plan.new_after:
            after.samples[:, : len(fade)] *= fade
    parts = [part.samples for part in (before, old, after)]
    return Audio(np.concatenate(parts, axis=1), rate_hz)


def _fade_in(own: np.ndarray, other: np.ndarray, weight: np.ndarray) -> None:
    """Mix some samples in place: their own by their weight, and the rest of the others."""
    own[:] = weight * own + (1 - weight) * other


def _with_retaken_audio(plan: RenderPlan, retake: Retake, base: Audio, made: Audio) -> Audio:
    """The sound with the new part in it, each faded into the other at both ends of it."""
    rate_hz = base.rate_hz
    begin, end, offset = (
        round(frame / plan.fps * rate_hz)
        for frame in (retake.first, retake.stop, retake.seen_first)
    )
    whole = base.as_long_as(plan.num_frames, plan.fps).samples
    long = made.as_long_as(plan.made_frames, plan.fps).samples
    new = np.broadcast_to(long, (2, long.shape[1]))[:, begin - offset : end - offset]
    fade = np.linspace(0, 1, max(1, round(_SEAM_S * rate_hz)), dtype=np.float32)
    weight = np.ones(new.shape[1], np.float32)
    if begin > 0:
        weight[: len(fade)] = fade
    if end < whole.shape[1]:
        weight[-len(fade) :] = fade[::-1]
    whole[:, begin:end] = weight * new + (1 - weight) * whole[:, begin:end]
    return Audio(whole, rate_hz)


def read_audio(ordered: OrderedAudio) -> Audio:
    """The sound that `write_audio` wrote."""
    samples = np.fromfile(ordered.path, dtype="<f4").reshape(-1, 2).T
    return Audio(np.ascontiguousarray(samples), ordered.rate_hz)


def _silence(num_frames: int, fps: int, rate_hz: int) -> Audio:
    return Audio(np.zeros((2, round(num_frames / fps * rate_hz)), np.float32), rate_hz)
