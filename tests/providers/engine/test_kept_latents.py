"""What is kept of a clip comes out of the pipelines bit for bit as it was given."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from providers.ltx_video.engine.kept_latents import (
    KeepingLTX2Pipeline,
    KeepingLTXVideoPipeline,
    KeptLatents,
)

if TYPE_CHECKING:
    from pathlib import Path

STAYS = torch.tensor([True, False, True])
SETTINGS = {
    "prompt": "a red ball",
    "height": 64,
    "width": 96,
    "num_frames": 17,
    "num_inference_steps": 2,
    "output_type": "latent",
    "max_sequence_length": 32,
}


def random(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_picture_of_ltx_video(tiny_files: Path) -> None:
    pipeline: Any = KeepingLTXVideoPipeline.from_pretrained(tiny_files / "tiny-video")
    pipeline.set_progress_bar_config(disable=True)
    vae, given = pipeline.vae, random(1, 8, 3, 2, 3)

    def put_back(running: Any, _: int, __: Any, tensors: Any) -> Any:
        return {"latents": running.restored(tensors["latents"])}

    def made(seed: int) -> torch.Tensor:
        return pipeline(
            generator=torch.Generator().manual_seed(seed),
            callback_on_step_end=put_back,
            guidance_scale=3.0,
            **SETTINGS,
        ).frames

    with pipeline.keeping(KeptLatents(given, STAYS)):
        first, second = made(1), made(2)
    clean = pipeline._normalize_latents(  # noqa: SLF001 - the scale that the model works in
        given, vae.latents_mean, vae.latents_std
    )
    assert torch.equal(first[:, :, STAYS], clean[:, :, STAYS])
    assert torch.equal(second[:, :, STAYS], clean[:, :, STAYS])
    assert not torch.equal(first[:, :, ~STAYS], second[:, :, ~STAYS])
    assert not torch.equal(made(1)[:, :, STAYS], clean[:, :, STAYS])


def test_picture_and_sound_of_ltx_2(tiny_files: Path) -> None:
    pipeline: Any = KeepingLTX2Pipeline.from_pretrained(tiny_files / "tiny-av-2.3")
    pipeline.set_progress_bar_config(disable=True)
    length = round(17 / 16 * 25)
    heard = torch.arange(length) % 3 > 0
    video, audio = random(1, 8, 3, 2, 3), random(1, 2, length, 4)

    def made(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        out = pipeline(
            generator=torch.Generator().manual_seed(seed),
            frame_rate=16.0,
            sigmas=[1.0, 0.5],
            spatio_temporal_guidance_blocks=[1],
            **SETTINGS,
        )
        return out.frames, out.audio

    with pipeline.keeping(KeptLatents(video, STAYS), KeptLatents(audio, heard)):
        (picture, sound), (other_picture, other_sound) = made(1), made(2)
    # Its statistics are 0 and 1 here, so that going to the model's scale and back changes nothing.
    assert torch.equal(picture[:, :, STAYS], video[:, :, STAYS])
    assert torch.equal(sound[:, :, heard], audio[:, :, heard])
    assert not torch.equal(picture[:, :, ~STAYS], other_picture[:, :, ~STAYS])
    assert not torch.equal(sound[:, :, ~heard], other_sound[:, :, ~heard])
    with pipeline.keeping(None, KeptLatents(audio, torch.ones_like(heard))):
        assert torch.equal(made(1)[1], audio)
    assert pipeline.audio_scheduler is None
    assert not torch.equal(made(1)[0][:, :, STAYS], video[:, :, STAYS])
