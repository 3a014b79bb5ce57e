# pyright: standard, reportPrivateImportUsage=false
"""Trains LTX Mini's audio VAE and vocoder together: log-mel to latents, and back to a waveform."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch
from diffusers import AutoencoderKLLTX2Audio
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from torch.nn import functional

from scripts.ltx_mini.captions import SOUNDS
from scripts.ltx_mini.checkpoints import load_checkpoint, load_finished, note, save_checkpoint
from scripts.ltx_mini.muon import optimizers, set_rate, update
from scripts.ltx_mini.sounds import HOP, MEL_RATE_HZ, SAMPLES_A_FRAME, WAVE_RATE_HZ, log_mel, wave

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.ltx_mini.training import Training

LATENT_NOISE = 0.1
LONGEST_S = 5.2


class Sound(torch.nn.Module):
    """`vae` goes between log-mel and latents, `vocoder` from log-mel to samples."""

    def __init__(self) -> None:
        super().__init__()
        self.vae = AutoencoderKLLTX2Audio(
            base_channels=32,
            ch_mult=(1, 1, 2),
            num_res_blocks=1,
            latent_channels=2,
            resolution=64,
            sample_rate=MEL_RATE_HZ,
            mel_hop_length=HOP,
            mel_bins=64,
        )
        self.vocoder = LTX2Vocoder(
            in_channels=128,
            hidden_channels=96,
            upsample_kernel_sizes=[16, 12, 11],
            upsample_factors=[8, 6, 5],
            resnet_kernel_sizes=[3],
            resnet_dilations=[[1, 3]],
            output_sampling_rate=WAVE_RATE_HZ,
        )


def build(seed: int) -> Sound:
    """The untrained model; its encoder stays as it is drawn from the seed.

    Random convolutions keep the few sounds of this world well apart, and latents that never change
    let the transformer be trained beside the decoder.
    """
    torch.manual_seed(seed)
    model = Sound()
    model.vae.encoder.requires_grad_(False)
    return model


def load(model: Sound, finished: Path) -> None:
    """Loads the weights out of a finished model's folder."""
    load_finished(model.vae, finished, "audio_vae")
    load_finished(model.vocoder, finished, "vocoder")


class SoundLibrary:
    """Every sound of the world, long enough for any clip, ready to be cut."""

    def __init__(self) -> None:
        frames = int(LONGEST_S * MEL_RATE_HZ / HOP)
        self.mels = torch.stack(
            [
                log_mel(wave(name, int(LONGEST_S * MEL_RATE_HZ), MEL_RATE_HZ), frames)
                for name in SOUNDS
            ]
        )
        samples = frames * SAMPLES_A_FRAME
        self.waves = torch.stack(
            [torch.from_numpy(wave(name, samples, WAVE_RATE_HZ)) for name in SOUNDS]
        )

    def excerpt(
        self, names: list[int], first_frame: int, num_frames: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-mels (n, 2, num_frames, 64) and waves (n, 2, samples) of the same stretch of time."""
        last_frame = first_frame + num_frames
        mels = self.mels[names, :, first_frame:last_frame]
        first, last = first_frame * SAMPLES_A_FRAME, last_frame * SAMPLES_A_FRAME
        return mels, self.waves[names, :, first:last]


def spectral_loss(made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean distance of magnitudes at two window lengths."""
    loss = made.new_zeros(())
    for size in (512, 2048):
        window = torch.hann_window(size)
        spectra = [
            torch.stft(x.flatten(0, 1), size, size // 4, window=window, return_complex=True).abs()
            for x in (made, true)
        ]
        loss = loss + functional.l1_loss(spectra[0], spectra[1]) / size**0.5
    return loss


def train(run: Training) -> None:
    """Runs or resumes the stage."""
    torch.set_num_threads(run.threads)
    folder = run.work / "audio"
    model = build(run.seed)
    chosen = optimizers(model, run.lr)
    step = load_checkpoint(folder, model, chosen)
    if not step and run.start_from:
        load(model, run.start_from)
    library, rng = SoundLibrary(), random.Random(run.seed + step)
    while step < run.steps:
        set_rate(chosen, run.lr, step, run.steps)
        num_frames = 4 * rng.choice((12, 20)) - 3
        starts_at_zero = rng.random() < 0.5
        first = 0 if starts_at_zero else rng.randint(0, library.mels.shape[2] - num_frames)
        mel, sound = library.excerpt(list(range(len(SOUNDS))), first, num_frames)
        with torch.no_grad():
            latents = model.vae.encode(mel, return_dict=False)[0].mode()
        noise = LATENT_NOISE * latents.std() * torch.randn_like(latents)
        heard = model.vae.decode(latents + noise, return_dict=False)[0]
        made = model.vocoder(heard)
        parts = {
            "mel": functional.l1_loss(heard, mel),
            "wave": functional.l1_loss(made, sound),
            "spectrum": spectral_loss(made, sound),
        }
        loss = parts["mel"] + 10 * parts["wave"] + 2 * parts["spectrum"]
        update(model, chosen, loss)
        step += 1
        if step % 50 == 0:
            figures = {name: round(part.item(), 5) for name, part in parts.items()}
            note(folder, {"step": step} | figures)
        if run.is_saved_at(step):
            save_checkpoint(folder, step, model, chosen)
