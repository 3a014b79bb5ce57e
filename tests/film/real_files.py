"""Clips as other programs write them, and what is seen and heard of the films made of them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from core.film.model.delivery import AudioCodec, Container, ExportSettings, Quality
from core.film.model.film import Clip, Film
from tests.film.bundled import BUNDLED, run_bundled
from tests.film.counted_clips import image, luma_of, mark_of, raw_images
from tests.film.exporting import export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HZ = 48_000
SIZE = (144, 96)
TONES_S = (0.2, 1.2)
H264 = ("-c:v", "libx264", "-bf", "2", "-g", "20")
_TONE_S, _LOUD, _APART_S = 0.05, 0.05, 0.1


def counted(
    folder: Path,
    count: int = 40,
    *,
    first: int = 0,
    size: tuple[int, int] = SIZE,
    rate: Fraction | int = 25,
) -> list[str]:
    """FFmpeg's words for frames that say their numbers."""
    lumas = [image(1, number, 120, *size) for number in range(first, first + count)]
    name = f"{first}-{count}-{size[0]}x{size[1]}-{str(rate).replace('/', '_')}.yuv"
    return raw_images(folder / name, lumas, rate)


def tones(folder: Path, seconds: float = 1.6, at: Sequence[float] = TONES_S) -> list[str]:
    """FFmpeg's words for short tones at these seconds; none are silence."""
    times = np.arange(round(seconds * HZ)) / HZ
    wave = np.zeros_like(times, "<f4")
    for begin in at:
        on = (times >= begin) & (times < begin + _TONE_S)
        wave[on] = 0.5 * np.sin(2 * np.pi * 1000 * (times[on] - begin))
    path = folder / f"tones-{seconds}-{'-'.join(map(str, at))}.f32"
    wave.tofile(path)
    return ["-f", "f32le", "-ar", str(HZ), "-ac", "1", "-i", str(path)]


def made(path: Path, *words: str) -> Path:
    """A file that the bundled FFmpeg wrote with these words."""
    run_bundled([*words, str(path)])
    return path


def glued(path: Path, *parts: Path) -> Path:
    """Files one after the other, byte by byte."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@dataclass(frozen=True)
class Shown:
    """A film as it is seen and heard: the number of each frame, when tones begin, its rate."""

    numbers: list[int | None]
    tones_s: list[float]
    rate: Fraction
    size: tuple[int, int]
    notes: list[str]

    @property
    def text(self) -> str:
        """All that was told, in one."""
        return " ".join(self.notes)

    def number_at(self, seconds: float) -> int | None:
        """The number that is seen at a time."""
        return self.numbers[min(int(seconds * self.rate), len(self.numbers) - 1)]


def shown(path: Path, notes: Sequence[str] = ()) -> Shown:
    """A film, measured."""
    numbers: list[int | None] = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        for frame in container.decode(video):
            mark = mark_of(luma_of(frame))
            numbers.append(mark.frame if mark else None)
        rate, size = Fraction(video.average_rate or 0), (video.width, video.height)
        has_audio = bool(container.streams.audio)
    return Shown(numbers, _tones_in(path) if has_audio else [], rate, size, list(notes))


def _tones_in(path: Path) -> list[float]:
    done = subprocess.run(
        [str(BUNDLED), "-loglevel", "error", "-i", str(path), "-map", "0:a:0", "-af",
         "aresample=async=1:first_pts=0", "-f", "f32le", "-ac", "1", "-ar", str(HZ), "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    loud = np.nonzero(np.abs(np.frombuffer(done.stdout, "<f4")) > _LOUD)[0]
    begins = [at for n, at in enumerate(loud) if n == 0 or at - loud[n - 1] > _APART_S * HZ]
    return [round(float(at) / HZ, 3) for at in begins]


def film_shown(folder: Path, *clips: Clip | Path, **film: object) -> Shown:
    """The film of some clips, at whatever rate and size follow from them."""
    uses = tuple(clip if isinstance(clip, Clip) else Clip(path=clip) for clip in clips)
    settings = ExportSettings(
        container=Container.MOV, audio_codec=AudioCodec.PCM, quality=Quality.LOSSLESS
    )
    asked = Film(clips=uses).model_copy(update=film)
    number = len(list(folder.glob("film-*"))) // 2
    done = export(asked, settings, folder / f"film-{number}-out" / "film.mov")
    return shown(done.path, done.notes)


def plainly_shown(folder: Path, path: Path) -> Shown:
    """What FFmpeg alone makes of a file that is told nothing but its name."""
    words = ["-i", str(path), "-c:v", "libx264", "-qp", "0", "-c:a", "pcm_s16le"]
    return shown(made(folder / f"plain-{path.name}.mov", *words))
