from __future__ import annotations

import tracemalloc
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import JobCancelled
from core.film.model.delivery import FrameFormat
from core.film.model.film import Clip, Film, Music, Transition
from core.film.model.layout import lay_out
from core.film.sound.mixing import BLOCK, mix, mixed_blocks
from core.film.sound.stems import Stem
from core.jobs.job import CancelToken
from tests.film.sounds import HZ, NTSC, NTSC_FILM, noise, samples_of, unread_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.film.model.timeline import Timeline

SEAM = HZ * 30 // 1000


def stem_of(path: Path, samples: np.ndarray) -> Stem:
    samples.astype("<f4").tofile(path)
    return Stem(path, len(samples))


def naive_mix(
    timeline: Timeline, shots: dict[int, np.ndarray], music: Sequence[np.ndarray]
) -> np.ndarray:
    """The film's sound all at once, straight from what each thing means."""
    out = np.zeros((timeline.num_samples, 2))
    for shot in timeline.shots:
        if shot.number not in shots:
            continue
        first, end = timeline.sample_at(shot.start), timeline.sample_at(shot.end)
        gains = np.full(end - first, 10 ** (shot.gain_db / 20))
        come = timeline.sample_at(shot.start + shot.incoming) - first
        go = end - timeline.sample_at(shot.end - timeline.outgoing(shot))
        gains[:come] *= np.sin((np.arange(come) + 0.5) / max(come, 1) * np.pi / 2)
        gains[len(gains) - go :] *= np.cos((np.arange(go) + 0.5) / max(go, 1) * np.pi / 2)
        out[first:end] += shots[shot.number][: end - first] * gains[:, None]
    depth = naive_depth(out)
    for cue, piece in zip(timeline.music_cues, music, strict=True):
        asked = cue.music
        audio = piece[round(asked.offset_s * HZ) :]
        if asked.is_looped:
            audio = naive_loop(audio, cue.end - cue.first)
        audio = audio[: cue.end - cue.first].copy()
        rising, falling = round(asked.fade_in_s * HZ), round(asked.fade_out_s * HZ)
        for number in range(min(rising, len(audio))):
            audio[number] *= np.sin((number + 0.5) / rising * np.pi / 2)
        for number in range(min(falling, len(audio))):
            audio[-1 - number] *= np.sin((number + 0.5) / falling * np.pi / 2)
        span = slice(cue.first, cue.first + len(audio))
        gains_db = asked.volume_db - asked.duck_db * depth[span]
        out[span] += audio * 10 ** (gains_db[:, None] / 20)
    return out


def naive_loop(piece: np.ndarray, length: int) -> np.ndarray:
    rising = np.sin((np.arange(SEAM) + 0.5) / SEAM * np.pi / 2)[:, None]
    out = piece.copy()
    while len(out) < length:
        crossed = out[-SEAM:] * rising[::-1] + piece[:SEAM] * rising
        out = np.concatenate([out[:-SEAM], crossed, piece[SEAM:]])
    return out


def naive_depth(clips: np.ndarray) -> np.ndarray:
    depth, depths = 0.0, []
    for start in range(0, len(clips), 480):
        window = clips[start : start + 480]
        is_loud = np.sqrt(np.mean(window**2)) > 0.01
        after = min(1.0, depth + 0.2) if is_loud else max(0.0, depth - 0.025)
        depths.append(depth + (after - depth) * np.arange(480) / 480)
        depth = after
    return np.concatenate(depths)[: len(clips)]


clips = st.builds(
    Clip,
    path=st.just("clip.mov"),
    start_s=st.sampled_from([0.0, 0.3]),
    end_s=st.sampled_from([1.0, 2.7, 6.1]),
    volume_db=st.sampled_from([-50.0, -3.0, 2.0]),
    is_muted=st.sampled_from([False, False, True]),
    transition=st.builds(
        Transition,
        kind=st.sampled_from(["none", "dissolve", "wipe-left"]),
        duration_s=st.sampled_from([0.1, 0.3]),
    ),
)
pieces_of_music = st.builds(
    Music,
    path=st.just("music.wav"),
    volume_db=st.sampled_from([-6.0, 0.0]),
    start_s=st.sampled_from([0.0, 0.25]),
    offset_s=st.sampled_from([0.0, 1.5]),
    end_s=st.sampled_from([None, 0.6]),
    is_looped=st.booleans(),
    fade_in_s=st.sampled_from([0.0, 0.2]),
    fade_out_s=st.sampled_from([0.0, 0.5]),
    duck_db=st.sampled_from([0.0, 12.0]),
)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    clips=st.lists(clips, min_size=1, max_size=6),
    music=st.lists(pieces_of_music, max_size=2),
    rate=st.sampled_from([Fraction(24), Fraction(25), NTSC, NTSC_FILM]),
)
def test_film_audios_as_worked_out_all_at_once(
    tmp_path: Path, clips: list[Clip], music: list[Music], rate: Fraction
) -> None:
    # Only a clip that has one before it can have a transition.
    clips[0] = clips[0].model_copy(update={"transition": None})
    film = Film(clips=tuple(clips), music=tuple(music))
    source = unread_source(tmp_path / "clip.mov", 10)
    timeline = lay_out(film, [source] * len(clips), FrameFormat(rate=rate))
    shots = {
        shot.number: noise(10, seed=shot.number) for shot in timeline.shots if not shot.is_silent
    }
    render_cache = [noise(2, seed=100 + number) for number in range(len(music))]
    stems = {number: stem_of(tmp_path / f"{number}", audio) for number, audio in shots.items()}
    music_cues = [
        stem_of(tmp_path / f"m{number}", piece) for number, piece in enumerate(render_cache)
    ]
    mixed = np.concatenate(list(mixed_blocks(timeline, stems, music_cues)))
    expected = naive_mix(timeline, shots, render_cache)
    assert mixed.shape == expected.shape
    assert np.abs(mixed - expected).max() < 1e-5


def long_film(
    tmp_path: Path, num_shots: int, *, has_music: bool = True
) -> tuple[Timeline, dict[int, Stem], list[Stem]]:
    """Shots of 47 frames at 29.97 with an impulse at each one's first sample."""
    source = unread_source(tmp_path / "clip.mov", 10)
    clip = Clip(path=source.path, end_s=47 / 30 * 1.001)
    music = Music(path=tmp_path / "m.wav", is_looped=True, duck_db=6, volume_db=-40)
    film = Film(clips=(clip,) * num_shots, music=(music,) if has_music else ())
    timeline = lay_out(film, [source] * num_shots, FrameFormat(rate=NTSC))
    impulse = np.zeros((2 * HZ, 2))
    impulse[0] = 0.9
    stem = stem_of(tmp_path / "impulse", impulse)
    shots = {shot.number: stem for shot in timeline.shots}
    return timeline, shots, [stem_of(tmp_path / "music", noise(25))] if has_music else []


def test_an_hour_long_film_is_in_sync_at_its_end(tmp_path: Path) -> None:
    timeline, shots, music = long_film(tmp_path, 2300, has_music=False)
    assert timeline.duration_s > 3600
    starts = [timeline.sample_at(shot.start) for shot in timeline.shots]
    assert starts[-1] == round(47 * 2299 * HZ * 1001 / 30_000)
    at, heard = 0, []
    for block in mixed_blocks(timeline, shots, music):
        heard += (at + np.flatnonzero(block[:, 0])).tolist()
        at += len(block)
    assert heard == starts
    assert at == timeline.num_samples


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    def most_memory(num_shots: int) -> int:
        timeline, shots, music = long_film(tmp_path, num_shots)
        assert timeline.num_samples > 2 * BLOCK
        tracemalloc.start()
        for _ in mixed_blocks(timeline, shots, music):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    short = most_memory(20)
    assert most_memory(100) < 1.1 * short < 60e6


def test_cancel_ends_a_mix_after_the_block_in_hand(tmp_path: Path) -> None:
    timeline, shots, music = long_film(tmp_path, 100)
    cancel = CancelToken()
    shares: list[float] = []

    def stop_soon(share: float) -> None:
        shares.append(share)
        if len(shares) == 3:
            cancel.cancel()

    with pytest.raises(JobCancelled):
        mix(timeline, shots, music, tmp_path / "mix", cancel, stop_soon)
    assert len(shares) == 3


def test_mix_tells_its_peak_and_how_far_it_is(tmp_path: Path) -> None:
    timeline, shots, music = long_film(tmp_path, 15)
    shares: list[float] = []
    mixed = mix(timeline, shots, music, tmp_path / "mix", CancelToken(), shares.append)
    samples = samples_of(mixed.path)
    assert mixed.num_samples == len(samples) == timeline.num_samples
    assert mixed.peak == np.abs(samples).max() > 0.8
    assert shares == pytest.approx([BLOCK / len(samples), 2 * BLOCK / len(samples), 1.0], abs=1e-9)
