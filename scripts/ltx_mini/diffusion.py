# pyright: standard, reportPrivateImportUsage=false
"""Trains LTX Mini's connectors and transformer: noise and a caption to video and audio latents."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers import LTX2VideoTransformer3DModel
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors

from scripts.ltx_mini import text
from scripts.ltx_mini.audio import Sound, SoundLibrary, build
from scripts.ltx_mini.captions import leave_open
from scripts.ltx_mini.checkpoints import load_checkpoint, load_finished, note, save_checkpoint
from scripts.ltx_mini.given import Given, choose_given, give_kept, key_places
from scripts.ltx_mini.keyframe_latents import CHANNELS, keyframes
from scripts.ltx_mini.muon import optimizers, set_rate, update
from scripts.ltx_mini.pools import SHAPES, ContinuedPool, LatentPool, Sample
from scripts.ltx_mini.running_mean import RunningMean

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.ltx_mini.training import Training

FPS = 16
AUDIO_LATENTS_A_SECOND = 25
AUDIO_CHANNELS = 32
VIDEO_HEADS, VIDEO_HEAD_DIM = 8, 24
AUDIO_HEADS, AUDIO_HEAD_DIM = 4, 24
# Rotary waves turn between 0.1 and 3 radians from token to token, with the spans given below. The
# usual 10,000 suits grids of thousands; on Mini's few tokens most waves would turn so far that
# neighbours look as strange to each other as opposite corners.
ROPE_THETA = 30.0
# The first shape is what most people ask for; for the first share of the steps it is the only one.
USUAL_SHAPE_SHARE = 0.5
# How many batches go on from a clip, and of how many different kinds they are at a time.
CONTINUED_SHARE, CONTINUED_GROUPS = 0.25, 72
DROPPED_CAPTIONS = 0.1
OPEN_CAPTIONS = 0.6
AUDIO_WEIGHT = 0.25
EMA_DECAY = 0.995
SIGMA_SHIFT = 4.0
# For so many steps a fixed pattern lies over every clip's latents, at last it fades.
PATTERN_STEPS, PATTERN_FADES = 300, 80


class Denoiser(torch.nn.Module):
    """The trained half: `connectors` read the text states, `transformer` removes noise."""

    def __init__(self) -> None:
        super().__init__()
        video, audio = VIDEO_HEADS * VIDEO_HEAD_DIM, AUDIO_HEADS * AUDIO_HEAD_DIM
        self.connectors = LTX2TextConnectors(
            caption_channels=text.HIDDEN,
            text_proj_in_factor=text.LAYERS + 1,
            video_connector_num_attention_heads=VIDEO_HEADS,
            video_connector_attention_head_dim=VIDEO_HEAD_DIM,
            video_connector_num_layers=1,
            video_connector_num_learnable_registers=text.MAX_TOKENS,
            audio_connector_num_attention_heads=AUDIO_HEADS,
            audio_connector_attention_head_dim=AUDIO_HEAD_DIM,
            audio_connector_num_layers=1,
            audio_connector_num_learnable_registers=text.MAX_TOKENS,
            connector_rope_base_seq_len=text.MAX_TOKENS,
            rope_theta=ROPE_THETA,
            per_modality_projections=True,
            video_hidden_dim=video,
            audio_hidden_dim=audio,
            proj_bias=True,
        )
        self.transformer = LTX2VideoTransformer3DModel(
            in_channels=CHANNELS,
            out_channels=CHANNELS,
            num_attention_heads=VIDEO_HEADS,
            attention_head_dim=VIDEO_HEAD_DIM,
            cross_attention_dim=video,
            pos_embed_max_pos=16,
            base_height=1024,
            base_width=1024,
            rope_theta=ROPE_THETA,
            audio_in_channels=AUDIO_CHANNELS,
            audio_out_channels=AUDIO_CHANNELS,
            audio_num_attention_heads=AUDIO_HEADS,
            audio_attention_head_dim=AUDIO_HEAD_DIM,
            audio_cross_attention_dim=audio,
            audio_pos_embed_max_pos=2,
            num_layers=6,
            use_prompt_embeddings=False,
        )

    def forward(
        self, batch: Noised, states: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Velocities (noise minus clean) of both streams, as tokens."""
        video_text, audio_text, text_mask = self.connectors(states, mask, padding_side="left")
        frames, height, width = batch.grid
        sigma = 1000 * batch.sigma
        coordinates = self.transformer.rope.prepare_video_coords(
            len(sigma), frames, height, width, batch.video.device, fps=float(FPS)
        )
        if batch.key_places is not None:
            coordinates = torch.cat((coordinates, batch.key_places), dim=2)
        video, audio = self.transformer(
            hidden_states=batch.video,
            audio_hidden_states=batch.audio,
            encoder_hidden_states=video_text,
            audio_encoder_hidden_states=audio_text,
            timestep=_levels(sigma, batch.given),
            audio_timestep=_levels(sigma, batch.given_audio).squeeze(1),
            sigma=sigma,
            audio_sigma=torch.zeros_like(sigma) if batch.given_audio.all() else sigma,
            video_coords=coordinates,
            encoder_attention_mask=text_mask,
            audio_encoder_attention_mask=text_mask,
            num_frames=frames,
            height=height,
            width=width,
            fps=float(FPS),
            audio_num_frames=batch.audio.shape[1],
            use_cross_timestep=True,
            return_dict=False,
        )
        return video[:, : frames * height * width], audio


def _levels(sigma: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    """The noise (n, tokens) of each token, or (n, 1) where all have the same."""
    return sigma[:, None] * (1 - given) if given.any() else sigma[:, None]


def load(model: Denoiser, finished: Path) -> None:
    """Loads the weights out of a finished model's folder."""
    load_finished(model.connectors, finished, "connectors")
    load_finished(model.transformer, finished, "transformer")


@dataclass(frozen=True)
class Noised:
    """A batch on its way to noise, as tokens (n, tokens, channels).

    `sigma` (n) is 0 for clean and 1 for noise, `given` (n, tokens) is 1 where a token is kept
    clean, `grid` is the video tokens' frames, height and width. Tokens of keyframes lie behind
    those, at `key_places` (n, 3, tokens, 2).
    """

    video: torch.Tensor
    audio: torch.Tensor
    sigma: torch.Tensor
    given: torch.Tensor
    given_audio: torch.Tensor
    grid: tuple[int, int, int]
    key_places: torch.Tensor | None = None


def pattern(grid: tuple[int, int, int], strength: float) -> torch.Tensor:
    """Smooth fixed waves over time, height and width, as tokens (tokens, channels).

    Rotary positions tell tokens how far apart they are, not where they stand, and pure noise tells
    nothing; that a row's left end is left must be found out from who has no neighbour there. A
    caption's "on the left" alone is too faint a reason to. A pattern that is the same in every clip
    is a strong one; what is learned for its sake stays when it goes.
    """
    places = [torch.linspace(-1, 1, count) if count > 1 else torch.zeros(1) for count in grid]
    points = torch.cartesian_prod(*places)
    generator = torch.Generator().manual_seed(3)
    waves = 2.2 * torch.randn(3, CHANNELS, generator=generator)
    phases = 2 * torch.pi * torch.rand(CHANNELS, generator=generator)
    return strength * torch.sin(points @ waves + phases)


def audio_length(num_frames: int) -> int:
    """Audio latents of a clip, counted as the pipelines count them."""
    return round(num_frames / FPS * AUDIO_LATENTS_A_SECOND)


@dataclass(frozen=True)
class SoundLatents:
    """Audio latents (sounds, time, 32) of the longest clip, and what was taken out of them (32)."""

    normalised: torch.Tensor
    mean: torch.Tensor
    spread: torch.Tensor


@torch.no_grad()
def sound_latents(sound: Sound) -> SoundLatents:
    """The latents of every sound, each channel brought near to mean 0 and spread 1."""
    library = SoundLibrary()
    frames = 4 * audio_length(81) - 3
    latents = sound.vae.encode(library.mels[:, :, :frames], return_dict=False)[0].mode()
    packed = latents.transpose(1, 2).flatten(2, 3)
    mean = packed.mean(dim=(0, 1))
    # A channel that hardly moves must not be blown up to noise.
    spread = packed.std(dim=(0, 1)).clamp(min=0.3 * float(packed.std()))
    return SoundLatents((packed - mean) / spread, mean, spread)


def train(
    run: Training, *, batch_size: int, pool_size: int, renewed: int, is_compiled: bool
) -> None:
    """Runs or resumes the stage."""
    torch.manual_seed(run.seed)
    torch.set_num_threads(run.threads)
    folder = run.work / "diffusion"
    sounds = sound_latents(build(run.seed)).normalised
    tokenizer, encoder = text.build_tokenizer(), text.build_text_encoder()
    torch.manual_seed(run.seed + 1)
    model = Denoiser()
    mean = RunningMean(model, EMA_DECAY)
    chosen = optimizers(model, run.lr)
    step = first = load_checkpoint(folder, mean.pair, chosen)
    if not step and run.start_from:
        load(model, run.start_from)
        mean.start()
    if is_compiled:
        for block in model.transformer.transformer_blocks:
            block.compile(dynamic=False)
    pool = LatentPool(pool_size, run.seed + step)
    goes_on = ContinuedPool(CONTINUED_GROUPS, batch_size, run.seed + step + 1)
    rng = random.Random(run.seed + step)
    torch.manual_seed(run.seed + step)
    started = time.monotonic()
    losses: list[tuple[float, float]] = []
    while step < run.steps:
        set_rate(chosen, run.lr, step, run.steps)
        # Whoever begins with a finished model knows where things are, and the other shapes.
        is_usual = not run.start_from and step < USUAL_SHAPE_SHARE * run.steps
        group = None if is_usual or rng.random() >= CONTINUED_SHARE else goes_on.batch(renewed)
        if group is None:
            number, samples = pool.batch(batch_size, usual=is_usual)
            (width, height), frames, _ = SHAPES[number]
        else:
            number, samples = -1, group.samples
            (width, height), frames = group.shape, group.num_frames
        clean = torch.stack([sample.video for sample in samples])
        clean_audio = sounds[[sample.sound for sample in samples], : audio_length(frames)]
        grid = (len(keyframes(frames)), height // 32, width // 32)
        if step < PATTERN_STEPS and not run.start_from:
            clean = clean + pattern(grid, min(1.0, (PATTERN_STEPS - step) / PATTERN_FADES))
        audio_grid = clean_audio.shape[1], AUDIO_LATENTS_A_SECOND / FPS
        if group is None:
            given = choose_given(rng, grid, *audio_grid)
        else:
            given = give_kept(rng, group.stays, grid, *audio_grid)
        batch, aim, aim_audio = _noise(samples, clean, clean_audio, grid, given)
        captions = [_caption(rng, sample.caption, shows=given.shows) for sample in samples]
        # Compiling a shape takes a minute: only the usual one is worth it.
        is_plain = (
            number == 0 and not given.video.any() and not given.audio.any() and not given.keys
        )
        with torch.compiler.set_stance("default" if is_plain else "force_eager"):
            video, audio = model(batch, *text.encode(tokenizer, encoder, captions))
        weight = torch.stack([sample.weight for sample in samples]) * (1 - given.video)
        video_loss = ((video - aim) ** 2 * weight[..., None]).sum() / (weight.sum() * CHANNELS)
        made_audio = (1 - given.audio)[:, None].expand_as(audio)
        audio_loss = ((audio - aim_audio) ** 2 * made_audio).sum() / made_audio.sum().clamp(min=1)
        update(model, chosen, video_loss + AUDIO_WEIGHT * audio_loss)
        step += 1
        mean.follow(step)
        pool.renew(renewed)
        losses.append((video_loss.item(), audio_loss.item()))
        if step % 25 == 0:
            video_mean, audio_mean = np.mean(losses, axis=0)
            line = {
                "step": step,
                "video": round(float(video_mean), 4),
                "audio": round(float(audio_mean), 4),
                "seconds_a_step": round((time.monotonic() - started) / (step - first), 3),
            }
            note(folder, line)
            losses = []
        if run.is_saved_at(step):
            save_checkpoint(folder, step, mean.pair, chosen)


def _caption(rng: random.Random, caption: str, *, shows: bool) -> str:
    if rng.random() < DROPPED_CAPTIONS:
        return ""
    # Where an image shows it, people do not say it again.
    return leave_open(rng, caption) if shows and rng.random() < OPEN_CAPTIONS else caption


def _noise(
    samples: list[Sample],
    clean: torch.Tensor,
    clean_audio: torch.Tensor,
    grid: tuple[int, int, int],
    given: Given,
) -> tuple[Noised, torch.Tensor, torch.Tensor]:
    n = clean.shape[0]
    # Sampling walks sigma with this shift; training draws it the same way, so that no step is
    # strange to it.
    even = torch.rand(n)
    sigma = SIGMA_SHIFT * even / (1 + (SIGMA_SHIFT - 1) * even)
    noise, noise_audio = torch.randn_like(clean), torch.randn_like(clean_audio)
    video = _mixed(clean, noise, sigma, given.video)
    audio = _mixed(clean_audio, noise_audio, sigma, given.audio)
    cleanness, places = given.video, None
    if given.keys:
        keys = torch.stack([sample.keys[: given.keys].flatten(0, 1) for sample in samples])
        soft = torch.full((keys.shape[1],), given.strength)
        video = torch.cat((video, _mixed(keys, torch.randn_like(keys), sigma, soft)), dim=1)
        cleanness = torch.cat((cleanness, soft))
        places = key_places([sample.key_frames[: given.keys] for sample in samples], grid, FPS)
    batch = Noised(
        video,
        audio,
        sigma,
        cleanness.expand(n, -1),
        given.audio.expand(n, -1),
        grid,
        places,
    )
    return batch, noise - clean, noise_audio - clean_audio


def _mixed(
    clean: torch.Tensor, noise: torch.Tensor, sigma: torch.Tensor, given: torch.Tensor
) -> torch.Tensor:
    level = sigma[:, None, None] * (1 - given[:, None])
    return (1 - level) * clean + level * noise
