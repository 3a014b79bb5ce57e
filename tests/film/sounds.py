"""Clips, music and films with known sounds, and their mixes read back as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from core.film.model.delivery import FrameFormat
from core.film.model.film import Clip, Film
from core.film.model.layout import lay_out
from core.film.model.source import Colour, Source, SourceFacts, read_source
from core.film.sound.soundtrack import audio_of
from core.jobs.job import CancelToken
from core.media.render_cache import RenderCache
from tests.film.bundled import run_bundled

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.timeline import Timeline
    from core.film.sound.soundtrack import Soundtrack

HZ = 48_000
NTSC, NTSC_FILM = Fraction(30_000, 1001), Fraction(24_000, 1001)


def noise(seconds: float, seed: int = 0, level: float = 0.1, channels: int = 2) -> np.ndarray:
    shape = (round(seconds * HZ), channels)
    return np.random.default_rng(seed).normal(0, level, shape).astype("<f4")


def tone(seconds: float, hz: float, level: float = 0.5, channels: int = 2) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * HZ)) / HZ)
    return np.repeat(wave[:, None], channels, axis=1).astype("<f4")


def rms_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.square(samples, dtype=float).mean() + 1e-20))


def write_audio(
    path: Path, samples: np.ndarray, codec: str = "pcm_f32le", rate_hz: int = HZ
) -> Path:
    raw = path.with_name(f"{path.name}.raw")
    samples.astype("<f4").tofile(raw)
    arguments = ["-f", "f32le", "-ar", str(rate_hz), "-ac", str(samples.shape[1])]
    run_bundled([*arguments, "-i", str(raw), "-c:a", codec, str(path)])
    raw.unlink()
    return path


def write_clip(
    path: Path,
    samples: np.ndarray | None,
    *,
    seconds: float | None = None,
    rate_hz: int = HZ,
    late_s: float = 0.0,
) -> Path:
    """A clip of 25 frames a second whose sound is kept to the bit."""
    if seconds is None:
        assert samples is not None
        seconds = len(samples) / rate_hz
    arguments = ["-f", "lavfi", "-i", f"color=s=64x48:r=25:d={seconds}"]
    if samples is not None:
        wave = write_audio(path.with_suffix(".wav"), samples, rate_hz=rate_hz)
        arguments += ["-itsoffset", str(late_s), "-i", str(wave), "-map", "0", "-map", "1"]
        arguments += ["-c:a", "pcm_f32le"]
    run_bundled([*arguments, "-c:v", "mpeg4", str(path)])
    return path


def film_of(film: Film, rate: Fraction | int = 25) -> Timeline:
    sources = {clip.path: read_source(clip.path) for clip in film.clips}
    frame = FrameFormat(rate=Fraction(rate))
    return lay_out(film, [sources[clip.path] for clip in film.clips], frame)


def unread_source(path: Path, seconds: Fraction | int) -> Source:
    """A clip that nobody opens: what the layout needs to know of it."""
    facts = SourceFacts(
        width=64,
        height=48,
        num_frames=int(seconds * 25),
        rate=Fraction(25),
        duration_s=Fraction(seconds),
        first_frame_s=Fraction(0),
        codec="mpeg4",
        profile="",
        pixel_format="yuv420p",
        bit_depth=8,
        has_alpha=False,
        sample_aspect=Fraction(1),
        rotation=0,
        colour=Colour(),
        audio_sample_rate_hz=HZ,
        audio_channels=2,
    )
    return Source(path=path, sha256=path.stem, facts=facts)


def samples_of(path: Path) -> np.ndarray:
    return np.fromfile(path, "<f4").reshape(-1, 2)


@dataclass(frozen=True)
class Heard:
    """A mixed film: its samples before the filter, and all that is known of it."""

    samples: np.ndarray
    track: Soundtrack
    timeline: Timeline


def on_event(
    tmp_path: Path, film: Film, rate: Fraction | int = 25, loudness_lufs: float | None = None
) -> Heard:
    timeline = film_of(film, rate)
    track = audio_of(
        timeline,
        RenderCache(tmp_path / "store"),
        tmp_path,
        CancelToken(),
        lambda _: None,
        loudness_lufs,
    )
    assert track is not None
    samples = samples_of(track.path)
    assert len(samples) == track.num_samples == timeline.num_samples
    return Heard(samples, track, timeline)


def silent_clip(folder: Path, seconds: float) -> Clip:
    return Clip(path=write_clip(folder / f"silent-{seconds}.mov", None, seconds=seconds))


def stems_in(folder: Path) -> dict[str, int]:
    """The pieces in the store of `hear`; each has a number that making it anew would change."""
    found = (folder / "store").glob("*.f32")
    return {path.name: path.stat().st_ino for path in found}
