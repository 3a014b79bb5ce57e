from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import UnreadableClip
from core.film.model.film import Clip, Film, Transition
from core.film.model.source import read_source
from core.film.sound.stems import Stems
from core.jobs.job import CancelToken
from core.media.render_cache import RenderCache
from tests.film.bundled import run_bundled
from tests.film.sounds import (
    HZ,
    NTSC,
    NTSC_FILM,
    film_of,
    noise,
    on_event,
    rms_db,
    stems_in,
    tone,
    write_clip,
)

if TYPE_CHECKING:
    from pathlib import Path

RATES = (24, 25, NTSC, NTSC_FILM)


def nearest_frame(seconds: str, rate: Fraction | int) -> int:
    return math.floor(Fraction(seconds) * rate + Fraction(1, 2))


def nearest_sample(frame: int, rate: Fraction | int) -> int:
    return math.floor(Fraction(frame * HZ) / rate + Fraction(1, 2))


@pytest.mark.parametrize("rate", RATES)
def test_cut_clips_lie_to_the_sample_where_the_frames_say(tmp_path: Path, rate) -> None:
    one, two = noise(2, seed=1), noise(2, seed=2)
    paths = write_clip(tmp_path / "1.mov", one), write_clip(tmp_path / "2.mov", two)
    cuts = (("0.4", "1.1"), ("0.7", "1.93"), ("0", "1.3"))
    clips = tuple(
        Clip(path=paths[number % 2], start_s=float(start), end_s=float(end))
        for number, (start, end) in enumerate(cuts)
    )
    samples = on_event(tmp_path, Film(clips=clips), rate).samples
    frame = 0
    for number, (start, end) in enumerate(cuts):
        skipped, stop = nearest_frame(start, rate), nearest_frame(end, rate)
        first = nearest_sample(frame, rate)
        frame += stop - skipped
        last = nearest_sample(frame, rate)
        into = nearest_sample(skipped, rate)
        expected = (one, two)[number % 2][into : into + last - first]
        assert np.array_equal(samples[first:last], expected)
    assert len(samples) == nearest_sample(frame, rate)


@pytest.mark.parametrize("rate", RATES)
def test_joined_clips_cross_over_exactly_the_samples_they_share(tmp_path: Path, rate) -> None:
    one, two = noise(2, seed=1), noise(2, seed=2)
    dissolve = Transition(kind="dissolve", duration_s=0.5)
    clips = (
        Clip(path=write_clip(tmp_path / "1.mov", one)),
        Clip(path=write_clip(tmp_path / "2.mov", two), transition=dissolve),
    )
    samples = on_event(tmp_path, Film(clips=clips), rate).samples
    end_frame = nearest_frame("2", rate)
    first = nearest_sample(end_frame - nearest_frame("0.5", rate), rate)
    end = nearest_sample(end_frame, rate)
    assert np.array_equal(samples[:first], one[:first])
    # At these rates the last frame may end a few samples after the clip's own sound.
    goes, comes = (np.pad(audio, ((0, HZ // 10), (0, 0))) for audio in (one, two))
    assert np.array_equal(samples[end:], comes[end - first : len(samples) - first])
    halves = (np.arange(end - first) + 0.5) / (end - first) * np.pi / 2
    expected = goes[first:end] * np.cos(halves)[:, None]
    expected += comes[: end - first] * np.sin(halves)[:, None]
    assert np.abs(samples[first:end] - expected).max() < 1e-6


def test_unlike_audios_keep_their_loudness_across_a_join(tmp_path: Path) -> None:
    clips = tuple(
        Clip(path=write_clip(tmp_path / f"{seed}.mov", noise(2, seed))) for seed in (1, 2)
    )
    film = Film(clips=clips, transition=Transition(kind="dissolve", duration_s=1))
    samples = on_event(tmp_path, film).samples
    usual = rms_db(samples[:HZ])
    parts = [rms_db(part) for part in np.array_split(samples[HZ : 2 * HZ], 10)]
    assert max(abs(part - usual) for part in parts) < 0.5


def test_nothing_audios_in_a_join_of_silent_clips(tmp_path: Path) -> None:
    audioing = write_clip(tmp_path / "1.mov", noise(1))
    clips = (
        Clip(path=audioing, is_muted=True),
        Clip(path=write_clip(tmp_path / "2.mov", None, seconds=1)),
        Clip(path=audioing, transition=Transition()),
    )
    film = Film(clips=clips, transition=Transition(kind="wipe-left", duration_s=0.4))
    heard = on_event(tmp_path, film)
    start = heard.timeline.sample_at(heard.timeline.shots[2].start)
    assert not heard.samples[:start].any()
    assert heard.samples[start:].any()


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_speed_changes_the_length_and_keeps_the_pitch(tmp_path: Path, speed: float) -> None:
    path = write_clip(tmp_path / "1.mov", tone(2, 440))
    heard = on_event(tmp_path, Film(clips=(Clip(path=path, speed=speed),)))
    assert len(heard.samples) == 2 * HZ / speed
    middle = heard.samples[HZ // 4 : -HZ // 4, 0]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * HZ / len(middle) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.5, 2.0, 3.0, 4.0])
def test_what_happens_in_a_fast_or_slow_clip_is_heard_when_it_is_seen(
    tmp_path: Path, speed: float
) -> None:
    # Half-second bursts in the middle of each second: where their middles are heard counts.
    # The clip begins with a whole frame at any speed,.
    seconds, start_s = 6, 0.04 * speed
    moments = np.arange(seconds * HZ) / HZ % 1
    bursts = tone(seconds, 1000) * ((moments > 0.25) & (moments < 0.75))[:, None]
    clip = Clip(path=write_clip(tmp_path / "1.mov", bursts), start_s=start_s, speed=speed)
    power = np.square(on_event(tmp_path, Film(clips=(clip,))).samples[:, 0], dtype=float)
    lates: list[float] = []
    for number in range(1, seconds):
        first = round((number - start_s) / speed * HZ)
        around = power[first : first + round(HZ / speed)]
        middle = first + np.average(np.arange(len(around)), weights=around)
        lates.append((middle / HZ - (number + 0.5 - start_s) / speed) * min(1, speed))
    # The stretching shifts grains to and fro; on the whole it must not shift them.
    assert np.abs(lates).max() < 0.02
    assert abs(np.mean(lates)) < 0.006


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_fast_or_slow_clip_audios_from_its_beginning_to_its_end(
    tmp_path: Path, speed: float
) -> None:
    path = write_clip(tmp_path / "1.mov", tone(2, 440))
    audio = on_event(tmp_path, Film(clips=(Clip(path=path, speed=speed),))).samples
    for edge in (audio[: HZ // 20], audio[-HZ // 20 :]):
        assert rms_db(edge) == pytest.approx(rms_db(tone(1, 440)), abs=3)


def test_mono_is_as_loud_on_both_sides_as_it_was(tmp_path: Path) -> None:
    mono = noise(1, channels=1)
    samples = on_event(
        tmp_path, Film(clips=(Clip(path=write_clip(tmp_path / "1.mov", mono)),))
    ).samples
    assert np.array_equal(samples, np.repeat(mono, 2, axis=1))


def test_another_sampling_rate_moves_nothing(tmp_path: Path) -> None:
    audio = np.zeros((88_200, 1))
    audio[[22_050, 66_150]] = 0.9
    path = write_clip(tmp_path / "1.mov", audio, rate_hz=44_100)
    samples = np.abs(on_event(tmp_path, Film(clips=(Clip(path=path, start_s=0.4),))).samples[:, 0])
    half = HZ // 2
    assert np.argmax(samples[:half]) == HZ * 0.1
    assert np.argmax(samples[half:]) + half == round(HZ * 1.1)


def test_surround_is_mixed_down_to_both_sides(tmp_path: Path) -> None:
    surround = np.zeros((HZ, 6))
    left, centre = 0, 2
    surround[: HZ // 2, left] = 0.4
    surround[HZ // 2 :, centre] = 0.4
    path = write_clip(tmp_path / "1.mov", surround)
    samples = on_event(tmp_path, Film(clips=(Clip(path=path),))).samples
    assert samples[HZ // 4] == pytest.approx([0.4, 0], abs=1e-3)
    assert samples[-HZ // 4] == pytest.approx([0.4 * 0.5**0.5] * 2, abs=1e-3)


@pytest.mark.parametrize("late_s", [0.0005, 0.02, 0.317])
def test_audio_that_begins_late_stays_in_sync(tmp_path: Path, late_s: float) -> None:
    audio = np.zeros((HZ, 2))
    audio[HZ // 2] = 0.9
    path = write_clip(tmp_path / "1.mov", audio, seconds=2, late_s=late_s)
    samples = on_event(tmp_path, Film(clips=(Clip(path=path, start_s=0.2),))).samples
    expected = HZ // 2 + late_s * HZ - HZ * 0.2
    assert np.argmax(np.abs(samples[:, 0])) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("gap_s", [0.06, 0.5])
def test_gap_in_an_audio_is_silence_and_moves_nothing(tmp_path: Path, gap_s: float) -> None:
    audio = noise(2, level=0.01)
    audio[round(HZ * 1.5)] = 0.9
    whole, path = write_clip(tmp_path / "whole.mov", audio), tmp_path / "1.mkv"
    gap = f"asetnsamples=480,aselect='not(between(t,0.695,{0.695 + gap_s}))'"
    run_bundled(["-i", str(whole), "-af", gap, "-c:a", "pcm_f32le", str(path)])
    samples = on_event(tmp_path, Film(clips=(Clip(path=path),))).samples
    # Matroska counts time in milliseconds.
    assert np.argmax(np.abs(samples[:, 0])) == pytest.approx(HZ * 1.5, abs=HZ / 1000)
    silent = round(0.705 * HZ), round((0.685 + gap_s) * HZ)
    assert not samples[slice(*silent)].any()
    assert samples[: round(0.69 * HZ)].any(axis=1).all()


def test_audio_that_ends_early_is_followed_by_silence(tmp_path: Path) -> None:
    audio = noise(0.5)
    path = write_clip(tmp_path / "1.mov", audio, seconds=2)
    samples = on_event(tmp_path, Film(clips=(Clip(path=path),))).samples
    assert np.array_equal(samples[: len(audio)], audio)
    assert not samples[len(audio) :].any()


def test_volumes_of_clip_and_film_add_up(tmp_path: Path) -> None:
    audio = noise(1)
    path = write_clip(tmp_path / "1.mov", audio)
    clips = (Clip(path=path, volume_db=-10), Clip(path=path), Clip(path=path, is_muted=True))
    samples = on_event(tmp_path, Film(clips=clips, clip_volume_db=4)).samples
    assert samples[:HZ] == pytest.approx(audio * 10 ** (-6 / 20), abs=1e-6)
    assert samples[HZ : 2 * HZ] == pytest.approx(audio * 10 ** (4 / 20), abs=1e-6)
    assert not samples[2 * HZ :].any()


def test_audio_that_does_not_decode_is_refused_by_name(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "1.mov", noise(1))
    timeline = film_of(Film(clips=(Clip(path=path),)))
    path.write_bytes(path.read_bytes().replace(b"fl32", b"zzzz"))
    stems = Stems(RenderCache(tmp_path / "store"), CancelToken())
    with pytest.raises(UnreadableClip, match=r"The sound of the clip .*1\.mov") as caught:
        stems.of_shot(timeline, timeline.shots[0])
    assert "Mute" in caught.value.hint
    assert not stems_in(tmp_path)


def test_clip_whose_audio_is_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "1.mov", noise(1))
    path.write_bytes(path.read_bytes().replace(b"fl32", b"zzzz"))
    with pytest.raises(UnreadableClip, match="unknown kind"):
        read_source(path)


def test_shot_that_only_moves_keeps_its_stem(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "1.mov", noise(1))
    # Twelve frames are 19219.2 samples: 19220 of them after frame 14, 19219 at the start.
    clip = Clip(path=path, start_s=0.2, end_s=0.6)
    before = [Clip(path=path, end_s=frames / 25) for frames in (1, 3, 4, 3)]
    at_the_end = on_event(tmp_path, Film(clips=(*before, clip)), NTSC)
    made = stems_in(tmp_path)
    at_the_start = on_event(tmp_path, Film(clips=(clip, *before)), NTSC)
    assert stems_in(tmp_path) == made
    assert np.array_equal(at_the_end.samples[-19_220:-1], at_the_start.samples[:19_219])
