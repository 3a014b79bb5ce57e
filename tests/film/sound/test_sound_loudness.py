from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.film.sound.loudness import (
    Levels,
    Loudness,
    choose_levels,
    levels_as_mixed,
    levels_for,
    measure_loudness,
)
from core.film.sound.mixing import Mix
from core.film.sound.stems import RAW_FORMAT
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.ffmpeg_program import find_ffmpeg
from tests.film.sounds import HZ, noise, samples_of, tone

if TYPE_CHECKING:
    from pathlib import Path


def mixed(path: Path, samples: np.ndarray) -> Mix:
    samples.astype("<f4").tofile(path)
    return Mix(path, len(samples), float(np.abs(samples).max()))


def drums(seconds: float) -> np.ndarray:
    """A quiet chord under beats that are 12 dB and more above it."""
    chord = np.sum([tone(seconds, hz, level=0.05) for hz in (110, 277, 331, 1500)], axis=0)
    since_beat = np.arange(len(chord)) / HZ % 0.5
    return chord + noise(seconds, level=0.2) * np.exp(-since_beat * 30)[:, None]


def judge(path: Path) -> Loudness:
    """The summary that FFmpeg prints for people, as a second opinion."""
    command = [str(find_ffmpeg()), "-hide_banner", *RAW_FORMAT, "-i", str(path)]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    found = [re.search(rf"{key}:\s+(\S+)", summary) for key in ("I", "Peak")]
    values = [float(match[1]) for match in found if match]
    return Loudness(*values)


def through(mix: Mix, levels: Levels) -> Path:
    path = mix.path.with_name("after")
    arguments = [*RAW_FORMAT, "-i", str(mix.path), "-af", levels.filter, *RAW_FORMAT, str(path)]
    run_ffmpeg(arguments, CancelToken())
    return path


@pytest.mark.parametrize("factor", [0.02, 1.0, 4.0])
@pytest.mark.parametrize("make", [drums, lambda seconds: tone(seconds, 997)])
def test_film_is_brought_to_its_loudness_without_clipping(
    tmp_path: Path, make, factor: float
) -> None:
    mix = mixed(tmp_path / "mix", make(4.321) * factor)
    levels = choose_levels(mix, -14, tmp_path, CancelToken())
    after = judge(through(mix, levels))
    assert after.integrated_lufs == pytest.approx(-14, abs=0.3)
    assert after.true_peak_db <= -0.9
    assert len(samples_of(tmp_path / "after")) == mix.num_samples


def test_limited_audio_is_not_shifted(tmp_path: Path) -> None:
    audio = drums(2) * 4
    mix = mixed(tmp_path / "mix", audio)
    levels = choose_levels(mix, -14, tmp_path, CancelToken())
    assert levels.is_limited
    assert any("peaks were lowered" in note for note in levels.notes)
    after = samples_of(through(mix, levels))
    shifts = range(-5, 6)
    inner = slice(100, -100)
    alike = [float(np.sum(audio[inner, 0] * np.roll(after[:, 0], -by)[inner])) for by in shifts]
    assert shifts[int(np.argmax(alike))] == 0


def test_measuring_agrees_with_the_summary_for_people(tmp_path: Path) -> None:
    folder = tmp_path / "it's, [odd]; 100% a:b"
    folder.mkdir()
    mix = mixed(folder / "mix", drums(2))
    measured = measure_loudness(mix.path, folder, CancelToken())
    expected = judge(mix.path)
    assert measured.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.06)
    assert measured.true_peak_db == pytest.approx(expected.true_peak_db, abs=0.1)
    assert [path.name for path in folder.iterdir()] == ["mix"]


@pytest.mark.parametrize("samples", [np.zeros((HZ, 2)), noise(1, level=1e-5)])
def test_silent_film_is_left_alone_and_told(tmp_path: Path, samples: np.ndarray) -> None:
    levels = choose_levels(mixed(tmp_path / "mix", samples), -14, tmp_path, CancelToken())
    assert levels.filter == "anull"
    assert "left alone" in levels.notes[0]


def test_audio_that_cannot_reach_its_loudness_is_told(tmp_path: Path) -> None:
    clicks = np.zeros((HZ * 3, 2))
    clicks[:: HZ // 2] = 0.5
    mix = mixed(tmp_path / "mix", clicks)
    levels = choose_levels(mix, -8, tmp_path, CancelToken())
    assert "instead of -8" in levels.notes[-1]
    assert judge(through(mix, levels)).true_peak_db <= -0.9


def test_over_full_mix_is_limited_and_told_by_how_much(tmp_path: Path) -> None:
    mix = mixed(tmp_path / "mix", tone(1, 440, level=2.0))
    levels = choose_levels(mix, None, tmp_path, CancelToken())
    assert "up to 7.0 dB" in levels.notes[0]
    after = through(mix, levels)
    assert judge(after).true_peak_db <= -0.9
    assert len(samples_of(after)) == mix.num_samples


def test_audio_without_a_target_that_fits_is_left_alone() -> None:
    assert levels_as_mixed(peak=1.0, num_samples=100) == Levels(filter="anull")


@pytest.mark.parametrize(
    ("lufs", "peak_db", "filter_start", "is_limited"),
    [
        (-20.0, -8.0, "volume=6.000dB", False),
        (-20.0, -7.0, "volume=6.000dB", False),
        (-20.0, -6.9, "volume=6.000dB,aresample=192000,alimiter=", True),
        (-9.0, 0.0, "volume=-5.000dB", False),
    ],
)
def test_limiter_is_used_only_where_a_peak_would_be_too_high(
    lufs: float, peak_db: float, filter_start: str, is_limited: bool
) -> None:
    levels = levels_for(Loudness(lufs, peak_db), -14, num_samples=1000)
    assert levels.is_limited == is_limited == ("atrim=end_sample=1000" in levels.filter)
    assert levels.filter.startswith(filter_start)
    assert bool(levels.notes) == is_limited


def test_raising_a_very_quiet_audio_is_told() -> None:
    levels = levels_for(Loudness(-50, -40), -14, num_samples=1000)
    assert "raised by 36 dB" in levels.notes[0]
