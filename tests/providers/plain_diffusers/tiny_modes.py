"""What plain diffusers makes of images and videos: the references of the conditioning modes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from diffusers.pipelines.ltx.modeling_latent_upsampler import LTXLatentUpsamplerModel
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from PIL import Image

from core.jobs.job import CancelToken
from core.media.source_clip import write_audio
from tests.fakes.clips import moving_clip
from tests.providers.plain_diffusers.mode_cases import (
    EXTENDED,
    FPS,
    FRAMES,
    KEYFRAMES,
    NEW,
    RETAKE_SEEN,
    RETAKEN,
    SECOND_SEED,
    SEEN,
    STRENGTH,
    Seen,
)
from tests.providers.plain_diffusers.modes_of_ltx_2 import BareAv
from tests.providers.plain_diffusers.modes_of_ltx_video import BareVideo
from tests.providers.plain_diffusers.plain_clips import as_bytes
from tests.providers.plain_diffusers.tiny_models import save_tiny_ltx_2, save_tiny_ltx_video


def save_upsampler(folder: Path, kind: Any) -> None:
    """A tiny one into the folder of its model."""
    torch.manual_seed(3)
    kind(in_channels=8, mid_channels=32, num_blocks_per_stage=1).save_pretrained(
        folder / "latent_upsampler"
    )


def sound_of(path: Path, duration_s: float, begin_s: float = 0.0) -> np.ndarray:
    """The sound of a file as LTX-2 hears it, (2, samples)."""
    written = path.with_suffix(".f32")
    write_audio(path, written, begin_s, duration_s, 16_000, CancelToken())
    return np.ascontiguousarray(np.fromfile(written, "<f4").reshape(-1, 2).T)


def pictures() -> dict[str, Image.Image]:
    """Two pictures of the clip's size."""
    gradient = Image.linear_gradient("L").resize((96, 64))
    return {
        "a": gradient.convert("RGB"),
        "b": Image.merge("RGB", (gradient.rotate(180), gradient, Image.new("L", (96, 64), 40))),
    }


def frames_of(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as opened:
        return [frame.to_image() for frame in opened.decode(video=0)]


def main(folder: Path) -> None:
    """Write the tiny models, the pictures and what plain diffusers makes of them."""
    images = pictures()
    for name, image in images.items():
        image.save(folder / f"{name}.png")
    source = moving_clip(folder / "source.mp4", FRAMES, FPS, has_audio=True)
    long = moving_clip(folder / "long.mp4", EXTENDED, FPS, has_audio=True)
    retake = moving_clip(folder / "retake.mp4", RETAKEN, FPS, has_audio=True)
    moving_clip(folder / "mute.mp4", EXTENDED, FPS)
    whole = Seen(frames_of(source), sound_of(source, FRAMES / FPS))
    around = Seen(frames_of(retake)[RETAKE_SEEN:26], sound_of(retake, 25 / FPS, RETAKE_SEEN / FPS))
    frames = frames_of(long)
    begin, end = (
        Seen(frames[at : at + SEEN], sound_of(long, SEEN / FPS, at / FPS))
        for at in (0, EXTENDED - SEEN)
    )
    save_tiny_ltx_video(folder / "tiny-095")
    save_upsampler(folder / "tiny-095", LTXLatentUpsamplerModel)
    models: dict[str, BareVideo | BareAv] = {
        "tiny-095": BareVideo(folder / "tiny-095", is_distilled=False),
        "tiny-098": BareVideo(folder / "tiny-095", is_distilled=True),
    }
    for generation in ("2.0", "2.3", "2.5"):
        name = f"tiny-{generation}"
        save_tiny_ltx_2(folder / name, generation)
        save_upsampler(folder / name, LTX2LatentUpsamplerModel)
        models[name] = BareAv(folder / name)
    guided = BareAv(folder / "tiny-2.3", is_guided=True)
    _save(folder, "tiny-2.3-guided-following", guided.following(whole))
    _save(folder, "tiny-2.3-guided-plain", guided.plain())
    for name, model in models.items():
        for case, given in KEYFRAMES.items():
            _save(folder, f"{name}-{case}", model.keyframes(images, given))
        _save(folder, f"{name}-anew", model.made_anew(whole.images, STRENGTH))
        _save(folder, f"{name}-back", model.given_back(whole.images))
        _save(folder, f"{name}-plain", model.plain())
        for way, made in (
            ("forward", model.extended(end, 0, NEW)),
            ("forward-mute", model.extended(Seen(end.images), 0, NEW)),
            ("backward", model.extended(begin, NEW, 0)),
            ("whole", model.extended(whole, NEW // 2, NEW // 2)),
            ("both-before", model.extended(begin, NEW // 2, 0)),
            ("both-after", model.extended(end, 0, NEW // 2, SECOND_SEED)),
        ):
            _save(folder, f"{name}-{way}", made)
        if isinstance(model, BareVideo):
            _save(folder, f"{name}-chained", model.chained())
            _save(folder, f"{name}-retaken", model.retaken(around.images))
            if model.is_distilled:
                _save(folder, f"{name}-two-stages", model.two_stages(folder / "tiny-095"))
            continue
        _save_both(folder, f"{name}-chained", *model.chained())
        _save(folder, f"{name}-following", model.following(whole))
        _save(folder, f"{name}-slow", model.run(motion_speed=0.2))
        _save_both(folder, f"{name}-two-stages", *model.two_stages(folder / name))
        for part in ("video", "audio", "both"):
            _save_both(folder, f"{name}-retaken-{part}", *model.retaken(around, part))


def _save(folder: Path, name: str, frames: np.ndarray) -> None:
    np.save(folder / f"{name}.npy", as_bytes(frames))


def _save_both(folder: Path, name: str, frames: np.ndarray, sound: np.ndarray) -> None:
    _save(folder, name, frames)
    np.save(folder / f"{name}-sound.npy", sound)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
