"""How loud a film's sound is, and the filter that brings it to a loudness without clipping."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import UnreadableClip
from core.film.model.timeline import SAMPLE_RATE_HZ
from core.film.sound.stems import RAW_FORMAT
from core.film.sound.tracks import gain_of
from core.media.ffmpeg import run_ffmpeg
from core.media.media_file import input_words, open_media
from core.media.streams import choose_audio

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.sound.mixing import Mix
    from core.jobs.job import CancelToken

CEILING_DB = -1.0
"""The highest true peak: louder ones clip in lossy codecs and cheap converters."""
# Resampling back after the limiter overshoots by a little.
_MARGIN_DB = 0.1
_SILENCE_LUFS = -70.0
_MUCH_DB = 20.0
_NEAR_LU = 0.2
_MOST_EXTRA_DB = 6.0
_AS_IT_IS = "anull"


@dataclass(frozen=True)
class Loudness:
    """Programme loudness after EBU R 128, and the true peak in dB of full scale."""

    integrated_lufs: float
    true_peak_db: float


@dataclass(frozen=True)
class Levels:
    """FFmpeg's audio filter for a film's sound, and what a person should know about it.

    Attributes:
        filter: keeps the length to the sample.
        is_limited: whether peaks are lowered.
    """

    filter: str = _AS_IT_IS
    notes: tuple[str, ...] = ()
    is_limited: bool = False


def choose_levels(
    mix: Mix, target_lufs: float | None, workdir: Path, cancel: CancelToken
) -> Levels:
    """The levels for a film's sound; measures it when there is a loudness to reach.

    A limiter takes away loudness too, so what comes out of it is measured and made up for.

    Raises:
        FFmpegFailed: it cannot be measured.
        JobCancelled: asked to stop.
    """
    if target_lufs is None:
        return levels_as_mixed(mix.peak, mix.num_samples)
    measured = measure_loudness(mix.path, workdir, cancel)
    extra_db = 0.0
    levels = levels_for(measured, target_lufs, mix.num_samples)
    while levels.is_limited:
        reached = measure_loudness(mix.path, workdir, cancel, levels.filter).integrated_lufs
        missing = target_lufs - reached
        if abs(missing) <= _NEAR_LU:
            break
        more_db = min(missing, _MOST_EXTRA_DB - extra_db)
        if more_db < _NEAR_LU:
            note = (
                f"The sound ends up at {reached:.1f} LUFS instead of {target_lufs:g}: its peaks "
                "are too far above the rest. Choose a lower loudness."
            )
            return replace(levels, notes=(*levels.notes, note))
        extra_db += more_db
        levels = levels_for(measured, target_lufs, mix.num_samples, extra_db)
    return levels


def levels_for(
    measured: Loudness, target_lufs: float, num_samples: int, extra_db: float = 0.0
) -> Levels:
    """The levels that bring a measured sound to a loudness.

    Args:
        measured: the sound as mixed.
        target_lufs: where it is to be.
        num_samples: the length to keep.
        extra_db: what a limiter takes away and is to be made up for.
    """
    if not measured.integrated_lufs > _SILENCE_LUFS:
        return Levels(
            notes=(
                "The film is silent, or too quiet or too short to measure, so its loudness was "
                f"left alone instead of brought to {target_lufs:g} LUFS.",
            )
        )
    gain_db = target_lufs - measured.integrated_lufs + extra_db
    notes: list[str] = []
    if gain_db > _MUCH_DB:
        notes.append(
            f"The sound is very quiet ({measured.integrated_lufs:.1f} LUFS) and was raised by "
            f"{gain_db:.0f} dB; noise in it may be heard."
        )
    over_db = measured.true_peak_db + gain_db - CEILING_DB
    if over_db <= 0:
        return Levels(_volume(gain_db), tuple(notes))
    notes.append(
        f"To reach {target_lufs:g} LUFS without clipping, the loudest peaks were lowered by up to "
        f"{_decibels(over_db)}."
    )
    return Levels(f"{_volume(gain_db)},{_limiter(num_samples)}", tuple(notes), is_limited=True)


def levels_as_mixed(peak: float, num_samples: int) -> Levels:
    """The levels that leave a sound as it was mixed, unless its `peak` is over full scale."""
    if peak <= 1.0:
        return Levels()
    over_db = 20 * math.log10(peak) - CEILING_DB
    note = (
        "The clips and the music together are louder than a file can hold; the loudest peaks were "
        f"lowered by up to {_decibels(over_db)}. Lower the volumes to avoid that."
    )
    return Levels(_limiter(num_samples), (note,), is_limited=True)


def measure_loudness(
    path: Path, workdir: Path, cancel: CancelToken, through: str = _AS_IT_IS
) -> Loudness:
    """The loudness of a file of raw samples, as it is after the filter `through`.

    Raises:
        FFmpegFailed: FFmpeg cannot measure it.
        JobCancelled: asked to stop.
    """
    return _measured([*RAW_FORMAT, "-i", str(path.absolute())], workdir, cancel, through)


def measure_loudness_of_clip(path: Path, workdir: Path, cancel: CancelToken) -> Loudness | None:
    """The loudness of a clip's sound; None where it has none, or too little to be measured.

    Raises:
        UnreadableClip: the clip cannot be read.
        FFmpegFailed: FFmpeg cannot measure it.
        JobCancelled: asked to stop.
    """
    # Imported late: PyAV loads FFmpeg's libraries.
    from av.error import FFmpegError

    try:
        with open_media(path) as container:
            audio = choose_audio(container)
            index = None if audio is None else audio.index
    except (FFmpegError, OSError) as error:
        reason = error.strerror or error
        raise UnreadableClip(f"The clip {str(path)!r} cannot be read: {reason}.") from error
    if index is None:
        return None
    source = [*input_words(path), "-map", f"0:{index}"]
    measured = _measured(source, workdir, cancel, _AS_IT_IS)
    return measured if measured.integrated_lufs > _SILENCE_LUFS else None


def _measured(source: list[str], workdir: Path, cancel: CancelToken, through: str) -> Loudness:
    """The loudness of what FFmpeg reads by these words."""
    loudness, peaks = workdir / "loudness.txt", workdir / "peaks.txt"
    graph = [through, "ebur128=peak=true:metadata=1"]
    for key, file in (("I", loudness), ("true_peak", peaks)):
        graph.append(f"ametadata=print:key=lavfi.r128.{key}:file={_escaped(file)}")
    try:
        run_ffmpeg([*source, "-af", ",".join(graph), "-f", "null", "-"], cancel)
        # Peaks are told in thousandths of full scale: take the next higher.
        peak = _last_value(peaks, 0.0) + 0.0005
        return Loudness(_last_value(loudness, -math.inf), 20 * math.log10(peak))
    finally:
        loudness.unlink(missing_ok=True)
        peaks.unlink(missing_ok=True)


def _volume(gain_db: float) -> str:
    return f"volume={gain_db:.3f}dB"


def _limiter(num_samples: int) -> str:
    # Four times the rate shows the limiter the peaks between samples; `level=0` keeps it from
    # raising everything to full scale, `latency=1` from coming late.
    limit = gain_of(CEILING_DB - _MARGIN_DB)
    steps = (
        f"aresample={4 * SAMPLE_RATE_HZ}",
        f"alimiter=limit={limit:.6f}:level=0:latency=1",
        f"aresample={SAMPLE_RATE_HZ}",
        f"apad=whole_len={num_samples}",
        f"atrim=end_sample={num_samples}",
    )
    return ",".join(steps)


def _decibels(value: float) -> str:
    return f"{max(value, 0.1):.1f} dB"


def _escaped(path: Path) -> str:
    """A path inside a filter graph: escaped once as an option's value and once for the graph."""
    value = re.sub(r"([\\':])", r"\\\1", path.absolute().as_posix())
    return re.sub(r"([\\'\[\],;])", r"\\\1", value)


def _last_value(file: Path, default: float) -> float:
    """The value on the last line of the form `key=value`."""
    with file.open(encoding="utf-8") as lines:
        values = [float(line.partition("=")[2]) for line in lines if "=" in line]
    return values[-1] if values else default
