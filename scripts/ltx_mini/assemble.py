# pyright: standard, reportPrivateImportUsage=false
"""Puts the trained parts together as a pipeline folder that diffusers loads."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from diffusers import (
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2ConditionPipeline,
)
from transformers.utils import logging as transformers_logging

from providers.ltx_video.install.builtin_proof import write_hashes
from scripts.ltx_mini import audio, diffusion, text, video_vae
from scripts.ltx_mini.checkpoints import load_checkpoint
from scripts.ltx_mini.keyframe_latents import keyframes, latents_of, spreads
from scripts.ltx_mini.running_mean import pair

if TYPE_CHECKING:
    from collections.abc import Callable


def build_pipeline(work: Path, seed: int, start_from: Path | None = None) -> LTX2ConditionPipeline:
    """The whole model in memory, in 32 bit; says how far each part is trained.

    What was not trained in `work` is taken over from the finished model in `start_from`.
    """
    vae = video_vae.build()
    sound = audio.build(seed)
    denoiser = diffusion.Denoiser()
    parts = {
        "video_decoder": pair(video_vae.build().decoder, vae.decoder),
        "video_encoder": vae.encoder,
        "audio": sound,
        "diffusion": pair(diffusion.Denoiser(), denoiser),
    }
    take_over: dict[str, Callable[[Path], None]] = {
        "video_decoder": partial(video_vae.load_decoder, vae.decoder),
        "video_encoder": partial(video_vae.load_encoder, vae.encoder),
        "audio": partial(audio.load, sound),
        "diffusion": partial(diffusion.load, denoiser),
    }
    for name, part in parts.items():
        steps = load_checkpoint(work / name, part)
        if not steps and start_from:
            take_over[name](start_from)
            print(f"{name}: taken over")
        else:
            print(f"{name}: {steps} steps" if steps else f"{name}: not trained")
    vae.latents_std.copy_(spreads())
    latents = diffusion.sound_latents(audio.build(seed))
    sound.vae.latents_mean.copy_(latents.mean)
    sound.vae.latents_std.copy_(latents.spread)
    return LTX2ConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=False, shift=1.0),
        vae=vae.eval(),
        audio_vae=sound.vae.eval(),
        text_encoder=text.build_text_encoder(),
        tokenizer=text.build_tokenizer(),
        connectors=denoiser.connectors.eval(),
        transformer=denoiser.transformer.eval(),
        vocoder=sound.vocoder.eval(),
    )


def latent_error(vae: AutoencoderKLLTX2Video, seed: int) -> float:
    """Mean square error of the encoder's latents on clips it never saw."""
    with torch.no_grad():
        true = video_vae.ClipPool(12, seed + 1).batch(6, 9, whole=True)
        made = vae.encode(true, return_dict=False)[0].mode()
        return float((made - latents_of(true[:, :, keyframes(9)])).square().mean())


def write_model(work: Path, seed: int, target: Path, start_from: Path | None = None) -> None:
    """Writes the folder; its weights are 16 bit, half of what training keeps.

    It is written aside first: until the new model is whole the old one stays.
    """
    pipe = build_pipeline(work, seed, start_from)
    print(f"encoder: mean square error of latents {latent_error(pipe.vae, seed):.4f}")
    for part in pipe.components.values():
        # Part by part: a pipeline that is turned to 16 bit on a CPU warns that it cannot run there.
        if isinstance(part, torch.nn.Module):
            part.half()
    transformers_logging.disable_progress_bar()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".assembling-", dir=target) as aside:
        pipe.save_pretrained(aside)
        written = sorted(Path(aside).rglob("*"))
        size_bytes = sum(file.stat().st_size for file in written if file.is_file())
        for file in written:
            # safetensors keeps its files to their owner; a model is for everybody to read.
            file.chmod(0o755 if file.is_dir() else 0o644)
        for part in sorted(Path(aside).iterdir()):
            place = target / part.name
            if place.is_dir():
                shutil.rmtree(place)
            part.replace(place)
    write_hashes(target)
    print(f"{target}: {size_bytes / 1e6:.1f} MB")
