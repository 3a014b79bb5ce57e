"""Clips whose every frame says which it is, and films read back frame by frame."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from core.film.build.export import ExportJob
from core.film.model.delivery import ExportOrder
from core.jobs.job import CancelToken, Charged, JobContext, Report
from core.media.render_cache import RenderCache
from tests.film.bundled import run_bundled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.delivery import ExportSettings
    from core.film.model.film import Film
    from core.film.picture.text_overlays import TextRenderer

BLACK, WHITE = 16, 235
_COLUMNS, _ROWS = 6, 4
_CLEAR = 40
LOSSLESS_H264 = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
PULSE = (0.75, -0.5)
"""The one sample on the left and on the right that is not silent."""


@dataclass(frozen=True)
class Pulses:
    """A sound of single samples in silence: one every `every_s`, the first at `first_s`."""

    rate_hz: int = 48_000
    first_s: Fraction = Fraction(1, 20)
    every_s: Fraction = Fraction(1, 8)

    def times(self, length_s: Fraction) -> list[Fraction]:
        """When each of them sounds; every one lies on a sample."""
        count = int((length_s - self.first_s) / self.every_s) + 1
        wanted = (self.first_s + number * self.every_s for number in range(count))
        samples = [round(time * self.rate_hz) for time in wanted if time < length_s]
        return [Fraction(sample, self.rate_hz) for sample in samples]

    def wave(self, length_s: Fraction) -> np.ndarray:
        """The samples, as `(n, 2)` float32."""
        samples = np.zeros((round(length_s * self.rate_hz), 2), "<f4")
        for time in self.times(length_s):
            samples[int(time * self.rate_hz)] = PULSE
        return samples


@dataclass(frozen=True)
class Counted:
    """A clip made by `write_counted`: frame `n` shows at `times[n]`."""

    path: Path
    name: int
    rate: Fraction
    times: tuple[Fraction, ...]
    level: int
    pulses: Pulses | None

    @property
    def duration_s(self) -> Fraction:
        return self.times[-1] + 1 / self.rate

    def frame_at(self, moment: Fraction) -> int:
        """The frame that is on the screen just before `moment`; the first one before all."""
        return max(sum(time < moment for time in self.times) - 1, 0)


@dataclass(frozen=True)
class Mark:
    """What a frame says it is."""

    clip: int
    frame: int


def _checksum(clip: int, frame: int) -> int:
    return (frame * 7 + clip * 13 + 5) % 64


def image(clip: int, frame: int, level: int, width: int, height: int) -> np.ndarray:
    """The brightness of a frame, `(height, width)` uint8: three rows of bits over a grey one."""
    number = clip << 14 | frame << 6 | _checksum(clip, frame)
    bits = [WHITE if number >> bit & 1 else BLACK for bit in reversed(range(18))]
    cells = np.array([*bits, *[level] * _COLUMNS], np.uint8).reshape(_ROWS, _COLUMNS)
    rows = np.arange(height) * _ROWS // height
    columns = np.arange(width) * _COLUMNS // width
    return cells[rows][:, columns]


def _cell(luma: np.ndarray, row: int, column: int) -> float:
    """The middle of a cell, away from edges that scaling and codecs soften."""
    height, width = luma.shape[0] / _ROWS, luma.shape[1] / _COLUMNS
    y, x = (row + 0.5) * height, (column + 0.5) * width
    dy, dx = max(1, height / 5), max(1, width / 5)
    return float(luma[round(y - dy) : round(y + dy), round(x - dx) : round(x + dx)].mean())


def mark_of(luma: np.ndarray) -> Mark | None:
    """What the frame says it is; None when it cannot be read without doubt."""
    number = 0
    for cell in range(18):
        value = _cell(luma, cell // _COLUMNS, cell % _COLUMNS)
        if min(abs(value - BLACK), abs(value - WHITE)) > _CLEAR:
            return None
        number = number << 1 | (value > (BLACK + WHITE) / 2)
    clip, frame = number >> 14, number >> 6 & 0xFF
    return Mark(clip, frame) if number & 0x3F == _checksum(clip, frame) else None


def level_of(luma: np.ndarray) -> float:
    """The brightness of the grey row."""
    return float(np.mean([_cell(luma, _ROWS - 1, column) for column in range(_COLUMNS)]))


def write_counted(
    path: Path,
    name: int = 1,
    *,
    rate: Fraction | int = 25,
    num_frames: int = 25,
    size: tuple[int, int] = (48, 32),
    level: int = 120,
    pulses: Pulses | None = None,
    codec: Sequence[str] = LOSSLESS_H264,
    audio_codec: str = "pcm_s16le",
) -> Counted:
    """A clip of counted frames, with a sound where there are `pulses`."""
    rate = Fraction(rate)
    lumas = [image(name, frame, level, *size) for frame in range(num_frames)]
    arguments = raw_images(path.with_suffix(".yuv"), lumas, rate)
    if pulses is not None:
        wave = path.with_suffix(".f32")
        pulses.wave(num_frames / rate).tofile(wave)
        arguments += ["-f", "f32le", "-ar", str(pulses.rate_hz), "-ac", "2", "-i", str(wave)]
        arguments += ["-c:a", audio_codec]
    run_bundled([*arguments, *codec, str(path)])
    times = tuple(frame / rate for frame in range(num_frames))
    return Counted(path, name, rate, times, level, pulses)


def raw_images(path: Path, lumas: Sequence[np.ndarray], rate: Fraction | int) -> list[str]:
    """Write grey frames as raw 4:2:0 to `path`; gives what FFmpeg needs to read them."""
    height, width = lumas[0].shape
    chroma = bytes([128]) * (2 * ((width + 1) // 2) * ((height + 1) // 2))
    path.write_bytes(b"".join(luma.tobytes() + chroma for luma in lumas))
    form = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
    return [*form, "-framerate", str(rate), "-i", str(path)]


@dataclass(frozen=True)
class ReadFilm:
    """A film as a player sees it: times in seconds, brightness, samples `(n, 2)` float32."""

    times: tuple[Fraction, ...]
    lumas: tuple[np.ndarray, ...]
    audio: np.ndarray | None

    @property
    def marks(self) -> list[Mark | None]:
        return [mark_of(luma) for luma in self.lumas]

    @property
    def numbers(self) -> list[int | None]:
        """The frame numbers alone, for films of one clip."""
        return [mark.frame if mark else None for mark in self.marks]


def read_film(path: Path) -> ReadFilm:
    times: list[Fraction] = []
    lumas: list[np.ndarray] = []
    blocks: list[np.ndarray] = []
    with av.open(str(path)) as container:
        has_audio = bool(container.streams.audio)
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                assert frame.pts is not None
                assert frame.time_base is not None
                times.append(frame.pts * frame.time_base)
                lumas.append(luma_of(frame))
            elif isinstance(frame, av.AudioFrame):
                block = frame.to_ndarray().reshape(-1, 2)
                blocks.append(block.astype("<f4") / (32768 if block.dtype == np.int16 else 1))
    audio = np.concatenate(blocks) if blocks else np.zeros((0, 2), "<f4")
    return ReadFilm(tuple(times), tuple(lumas), audio if has_audio else None)


def luma_of(frame: av.VideoFrame) -> np.ndarray:
    """The brightness as coded, `(height, width)` uint8."""
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width].copy()


@dataclass
class FilmBench:
    """A place to export films in, with one store for all of them."""

    folder: Path
    text_renderer: TextRenderer | None = None
    limit_bytes: int = 10**9
    messages: list[Report] = field(default_factory=list)

    @property
    def store(self) -> RenderCache:
        return RenderCache(self.folder / "store")

    @property
    def sentences(self) -> list[str]:
        """Every message of every export so far."""
        return [event.message for event in self.messages if not isinstance(event, Charged)]

    def export(
        self, film: Film, settings: ExportSettings, cancel: CancelToken | None = None
    ) -> Path:
        """Export a film the whole way, as the queue would; gives its path."""
        workdir = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))
        path = workdir / f"film.{settings.container.value}"
        job = ExportJob(
            ExportOrder(film=film, settings=settings, path=path),
            self.store,
            self.text_renderer,
            self.limit_bytes,
        )
        token = cancel or CancelToken()
        return job.run(
            JobContext(workdir=workdir, cancel=token, report=self.messages.append, job_id="film")
        )

    def images_made(self) -> dict[str, int]:
        """The kept pieces of picture; a piece that is made again gets another number."""
        found = [path for path in self.store.folder.iterdir() if path.suffix in (".mp4", ".mov")]
        return {path.name: path.stat().st_ino for path in found}
