"""The clips, music and films with which exports are measured."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.model.film import Clip, Film, Music, Transition
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TAGS = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited"
"""FFmpeg's filter that says how colours are coded; without it small clips count as old TV."""
_MUSIC_HZ = (220, 330)


@dataclass(frozen=True)
class FilmSize:
    """A film of equal clips; `dissolve` is the number of frames of each dissolve."""

    width: int
    height: int
    fps: int
    clips: int
    clip_frames: int
    dissolve: int

    @property
    def num_frames(self) -> int:
        """Frames of the whole film."""
        return self.clips * self.clip_frames - (self.clips - 1) * self.dissolve

    @property
    def clip_s(self) -> float:
        """Seconds of one clip."""
        return self.clip_frames / self.fps

    @property
    def dissolve_s(self) -> float:
        """Seconds of one dissolve."""
        return self.dissolve / self.fps

    @property
    def rate(self) -> Fraction:
        """Frames a second, exact."""
        return Fraction(self.fps)


def make_clip(size: FilmSize, number: int, folder: Path) -> Path:
    """A clip with moving pictures and a tone; another one for each number."""
    path = folder / f"clip{number}.mp4"
    shape = f"size={size.width}x{size.height}:rate={size.fps}"
    look = f"hue=h={number * 37 % 360},format=yuv420p,{TAGS}"
    images = ["-f", "lavfi", "-i", f"testsrc2={shape},{look}"]
    tone = ["-f", "lavfi", "-i", f"sine=frequency={300 + 20 * number}:sample_rate=48000"]
    audio = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"]
    coding = ["-t", f"{size.clip_s}", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"]
    run_ffmpeg([*images, *tone, *coding, *audio, str(path)], CancelToken())
    return path


def make_music(size: FilmSize, number: int, folder: Path) -> Path:
    """Music that is a little longer than the film; another piece for each number."""
    path = folder / f"music{number}.mp3"
    seconds = size.num_frames / size.fps + 5
    low, high = (hz + 10 * number for hz in _MUSIC_HZ)
    wave = f"0.2*sin({low}*2*PI*t)|0.2*sin({high}*2*PI*t)"
    source = ["-f", "lavfi", "-i", f"aevalsrc='{wave}':s=48000:d={seconds}"]
    run_ffmpeg([*source, "-c:a", "libmp3lame", "-b:a", "192k", str(path)], CancelToken())
    return path


def film_of(size: FilmSize, clips: Sequence[Path], music: Path | None) -> Film:
    """The film: a dissolve between each two clips, and the music under all of it."""
    return Film(
        clips=tuple(Clip(path=path) for path in clips),
        transition=Transition(kind="dissolve", duration_s=size.dissolve_s),
        music=(Music(path=music),) if music else (),
    )
