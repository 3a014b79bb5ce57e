"""Small clips to make others from: something that moves, and a tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from providers.ltx_video.engine.clip import Audio, write_clip

if TYPE_CHECKING:
    from pathlib import Path

RATE_HZ = 48_000


def moving_frames(num_frames: int, width: int = 96, height: int = 64) -> np.ndarray:
    """(frames, height, width, 3) uint8: no two frames are alike."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    frames = [
        np.stack((across * 2 + shift * 5, down * 3, np.full_like(across, 40 + shift * 4)), axis=-1)
        for shift in range(num_frames)
    ]
    return (np.stack(frames) % 256).astype(np.uint8)


def moving_clip(
    path: Path,
    num_frames: int,
    fps: int,
    *,
    size: tuple[int, int] = (96, 64),
    has_audio: bool = False,
) -> Path:
    """Write such a clip, with a tone of 440 Hz where it is to have sound."""
    audio = None
    if has_audio:
        times = np.arange(round(num_frames / fps * RATE_HZ)) / RATE_HZ
        tone = 0.3 * np.sin(2 * np.pi * 440 * times)
        audio = Audio(np.stack((tone, tone)).astype(np.float32), RATE_HZ)
    write_clip(path, moving_frames(num_frames, *size), fps, audio, lambda _: None)
    return path


def large_clip(path: Path, size: str, fps: int, seconds: float) -> Path:
    """Write a test card with a tone, coded quickly: for sizes that services take."""
    inputs = ["-f", "lavfi", "-i", f"testsrc=s={size}:r={fps}:d={seconds}"]
    inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    run_ffmpeg([*inputs, *coded, str(path)], CancelToken())
    return path
