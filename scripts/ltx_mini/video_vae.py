# pyright: standard, reportPrivateImportUsage=false
"""Trains LTX Mini's video VAE: 32x in space, 8x in time, 64 latent channels.

The latents are fixed beforehand (`keyframe_latents`), so the two halves are trained apart: the
decoder to paint clips from them, the encoder to compute them.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers import AutoencoderKLLTX2Video
from torch.nn import functional

from scripts.ltx_mini.captions import describe
from scripts.ltx_mini.checkpoints import load_checkpoint, load_finished, note, save_checkpoint
from scripts.ltx_mini.keyframe_latents import BLOCK, CHANNELS, keyframes, latents_of, to_tensor
from scripts.ltx_mini.muon import optimizers, set_rate, update
from scripts.ltx_mini.running_mean import RunningMean
from scripts.ltx_mini.world import draw

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from scripts.ltx_mini.training import Training

SIZES = ((192, 128), (192, 128), (128, 192), (160, 160))
CROPS = ((96, 96), (128, 64), (64, 128))
POOL_FRAMES = 33
LATENT_NOISE = 0.2
EMA_DECAY = 0.995


def build() -> AutoencoderKLLTX2Video:
    """The untrained VAE: 8x8 patches, then 4x in space and 8x in time."""
    return AutoencoderKLLTX2Video(
        latent_channels=CHANNELS,
        block_out_channels=(64, 128, 128),
        down_block_types=("LTX2VideoDownBlock3D",) * 3,
        decoder_block_out_channels=(32, 64, 128),
        layers_per_block=(0, 1, 1, 1),
        decoder_layers_per_block=(1, 2, 3, 3),
        spatio_temporal_scaling=(True, True, True),
        decoder_spatio_temporal_scaling=(True, True, True),
        decoder_inject_noise=(False,) * 4,
        downsample_type=("temporal", "spatiotemporal", "spatiotemporal"),
        upsample_type=("spatiotemporal", "spatiotemporal", "temporal"),
        upsample_residual=(True, True, True),
        upsample_factor=(1, 2, 2),
        patch_size=8,
        encoder_causal=True,
        decoder_causal=False,
        encoder_spatial_padding_mode="zeros",
        decoder_spatial_padding_mode="zeros",
        spatial_compression_ratio=BLOCK,
        temporal_compression_ratio=8,
    )


def load_decoder(decoder: torch.nn.Module, finished: Path) -> None:
    """Loads the decoder's weights out of a finished model's folder."""
    load_finished(decoder, finished, "vae", "decoder.")


def load_encoder(encoder: torch.nn.Module, finished: Path) -> None:
    """Loads the encoder's weights out of a finished model's folder."""
    load_finished(encoder, finished, "vae", "encoder.")


class ClipPool:
    """Clips drawn ahead, one replaced now and then, so that drawing never slows training."""

    def __init__(self, size: int, seed: int) -> None:
        self._rng = random.Random(seed)
        self._clips: dict[tuple[int, int], list[NDArray[np.uint8]]] = {shape: [] for shape in SIZES}
        # A small pool is filled up until it has a clip of every size.
        while size > 0 or not all(self._clips.values()):
            self._draw()
            size -= 1

    def _draw(self) -> tuple[int, int]:
        shape = self._rng.choice(SIZES)
        self._clips[shape].append(draw(describe(self._rng).scene, *shape, POOL_FRAMES))
        return shape

    def renew(self) -> None:
        """Draws one more clip and drops the oldest of its size."""
        self._clips[self._draw()].pop(0)

    def batch(self, size: int, num_frames: int, *, whole: bool) -> torch.Tensor:
        """Excerpts (size, 3, num_frames, height, width) in -1..1, some of them backwards.

        They are whole pictures, or parts where something is to see.
        """
        shape = self._rng.choice(SIZES)
        width, height = shape if whole else self._rng.choice(CROPS)
        excerpts = []
        for _ in range(size):
            clip = self._rng.choice(self._clips[shape])
            first = self._rng.randint(0, POOL_FRAMES - num_frames)
            candidates = [
                self._cut(clip[first : first + num_frames], width, height)
                for _ in range(1 if whole else 2)
            ]
            excerpt = max(candidates, key=lambda part: float(part[0].std()))
            excerpts.append(excerpt[::-1] if self._rng.random() < 0.3 else excerpt)
        return to_tensor(np.stack(excerpts))

    def _cut(self, clip: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
        top = self._rng.randint(0, clip.shape[1] - height)
        left = self._rng.randint(0, clip.shape[2] - width)
        return clip[:, top : top + height, left : left + width]


def reconstruction_loss(made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """L1 and L2 on pixels, L1 on their differences in space and time.

    Edges must be where they are, and move as they do.
    """
    loss = functional.l1_loss(made, true) + functional.mse_loss(made, true)
    for axis in (2, 3, 4):
        if true.shape[axis] > 1:
            loss = loss + 0.3 * functional.l1_loss(made.diff(dim=axis), true.diff(dim=axis))
    return loss


def train_decoder(run: Training, *, batch_size: int, pool_size: int) -> None:
    """Runs or resumes the training of the decoder: from latents to all frames."""
    torch.manual_seed(run.seed)
    torch.set_num_threads(run.threads)
    folder = run.work / "video_decoder"
    decoder = build().decoder
    chosen = optimizers(decoder, run.lr)
    mean = RunningMean(decoder, EMA_DECAY)
    step = first = load_checkpoint(folder, mean.pair, chosen)
    if not step and run.start_from:
        load_decoder(decoder, run.start_from)
        mean.start()
    pool = ClipPool(pool_size, run.seed + step)
    rng = random.Random(run.seed + step)
    started = time.monotonic()
    errors: list[float] = []
    while step < run.steps:
        set_rate(chosen, run.lr, step, run.steps)
        num_frames = rng.choices((17, 9, 1), (0.7, 0.24, 0.06))[0]
        whole = num_frames == 1 or rng.random() < 0.1
        size = max(1, batch_size * 17 // num_frames // (3 if whole else 1))
        true = pool.batch(min(size, 24), num_frames, whole=whole)
        latents = latents_of(true[:, :, keyframes(num_frames)])
        # What the transformer makes is never quite exact; a decoder that has seen noise paints
        # clean pictures all the same.
        noise = LATENT_NOISE * rng.random() * torch.randn_like(latents)
        made = decoder(latents + noise)
        loss = reconstruction_loss(made, true)
        update(decoder, chosen, loss)
        step += 1
        mean.follow(step)
        errors.append(functional.mse_loss(made.detach(), true).item())
        if step % 3 == 0:
            pool.renew()
        if step % 25 == 0:
            line = {
                "step": step,
                "loss": round(loss.item(), 4),
                "psnr_db": round(float(10 * np.log10(4 / np.mean(errors))), 2),
                "seconds_a_step": round((time.monotonic() - started) / (step - first), 3),
            }
            note(folder, line)
            errors = []
        if run.is_saved_at(step):
            save_checkpoint(folder, step, mean.pair, chosen)


def train_encoder(run: Training, *, batch_size: int, pool_size: int) -> None:
    """Runs or resumes the training of the encoder: from frames to what arithmetic gives."""
    torch.manual_seed(run.seed)
    torch.set_num_threads(run.threads)
    folder = run.work / "video_encoder"
    encoder = build().encoder
    chosen = optimizers(encoder, run.lr)
    step = load_checkpoint(folder, encoder, chosen)
    if not step and run.start_from:
        load_encoder(encoder, run.start_from)
    pool = ClipPool(pool_size, run.seed + step)
    rng = random.Random(run.seed + step)
    errors: list[float] = []
    while step < run.steps:
        set_rate(chosen, run.lr, step, run.steps)
        # Pictures are the most common work; of clips it must know those that are as long as theirs,
        # since each latent frame is made from all that lies before it.
        num_frames = rng.choices((1, 9, 17, 33), (0.25, 0.15, 0.25, 0.35))[0]
        size = max(1, batch_size * 8 // max(2, num_frames - 1))
        true = pool.batch(size, num_frames, whole=rng.random() < 0.4)
        aim = latents_of(true[:, :, keyframes(num_frames)])
        made = encoder(true)[:, :CHANNELS]
        loss = functional.mse_loss(made, aim)
        update(encoder, chosen, loss)
        step += 1
        errors.append(loss.item())
        if step % 3 == 0:
            pool.renew()
        if step % 25 == 0:
            note(folder, {"step": step, "latent_mse": round(float(np.mean(errors)), 5)})
            errors = []
        if run.is_saved_at(step):
            save_checkpoint(folder, step, encoder, chosen)
