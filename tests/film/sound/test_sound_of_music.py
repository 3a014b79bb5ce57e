from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import UnreadableMusic, UnsupportedRequest
from core.film.model.film import Clip, Film, Music
from tests.film.sounds import (
    HZ,
    noise,
    on_event,
    rms_db,
    silent_clip,
    stems_in,
    tone,
    write_audio,
    write_clip,
)

if TYPE_CHECKING:
    from pathlib import Path

SEAM = HZ * 30 // 1000


def under_silence(tmp_path: Path, *music: Music, seconds: float = 3) -> np.ndarray:
    film = Film(clips=(silent_clip(tmp_path, seconds),), music=music)
    return on_event(tmp_path, film).samples


def test_music_lies_where_it_should_from_its_offset_at_its_volume(tmp_path: Path) -> None:
    piece = noise(2)
    path = write_audio(tmp_path / "m.wav", piece)
    music = Music(path=path, start_s=0.5, offset_s=0.25, end_s=1.5, volume_db=-6)
    samples = under_silence(tmp_path, music)
    first, end = HZ // 2, HZ * 3 // 2
    expected = piece[HZ // 4 : HZ // 4 + end - first] * 10 ** (-6 / 20)
    assert samples[first:end] == pytest.approx(expected, abs=1e-6)
    assert not samples[:first].any()
    assert not samples[end:].any()


def test_music_that_is_not_looped_stops_at_its_end(tmp_path: Path) -> None:
    piece = noise(1)
    samples = under_silence(tmp_path, Music(path=write_audio(tmp_path / "m.wav", piece)))
    assert np.array_equal(samples[:HZ], piece)
    assert not samples[HZ:].any()


def test_looped_music_goes_round_from_its_offset_with_a_seam(tmp_path: Path) -> None:
    piece = noise(1, seed=3)
    path = write_audio(tmp_path / "m.wav", piece)
    samples = under_silence(tmp_path, Music(path=path, offset_s=0.25, is_looped=True))
    section = piece[HZ // 4 :]
    period = len(section) - SEAM
    assert np.array_equal(samples[:period], section[:period])
    for number in (1, 2, 3):
        begin = number * period
        after_seam = samples[begin + SEAM : begin + period]
        assert np.array_equal(after_seam, section[SEAM : SEAM + len(after_seam)])
    halves = (np.arange(SEAM) + 0.5) / SEAM * np.pi / 2
    crossed = section[period:] * np.cos(halves)[:, None] + section[:SEAM] * np.sin(halves)[:, None]
    assert samples[period : period + SEAM] == pytest.approx(crossed, abs=1e-6)


def test_seam_of_a_loop_does_not_click(tmp_path: Path) -> None:
    # A tone that ends at its peak: joined bluntly it would jump by its whole level.
    piece = tone(1.0025, 100, level=0.5)
    path = write_audio(tmp_path / "m.wav", piece)
    samples = under_silence(tmp_path, Music(path=path, is_looped=True))
    steps = np.abs(np.diff(samples[:, 0]))
    assert steps.max() < 2.5 * np.abs(np.diff(piece[:, 0])).max()


@pytest.mark.parametrize("is_looped", [True, False])
def test_fades_begin_and_end_with_the_music_to_the_sample(tmp_path: Path, is_looped: bool) -> None:
    # Looped, its only seam lies between the fades, from 1.27 to 1.3 s after its beginning.
    piece = np.ones((round(HZ * 1.3), 2), dtype="<f4") * 0.5
    path = write_audio(tmp_path / "m.wav", piece)
    music = Music(
        path=path, start_s=0.5, fade_in_s=0.2, fade_out_s=0.4, is_looped=is_looped, end_s=2.9
    )
    samples = under_silence(tmp_path, music)[:, 0]
    first = HZ // 2
    end = round(2.9 * HZ) if is_looped else first + len(piece)
    rising, falling = HZ // 5, HZ * 2 // 5
    up = np.sin((np.arange(rising) + 0.5) / rising * np.pi / 2) * 0.5
    down = np.cos((np.arange(falling) + 0.5) / falling * np.pi / 2) * 0.5
    assert samples[first : first + rising] == pytest.approx(up, abs=1e-6)
    assert samples[first + rising : first + HZ // 2] == pytest.approx(0.5, abs=1e-6)
    assert samples[end - falling : end] == pytest.approx(down, abs=1e-6)
    assert not samples[:first].any()
    assert not samples[end:].any()


def test_fade_out_ends_with_a_piece_that_is_shorter_than_its_place(tmp_path: Path) -> None:
    piece = np.ones((HZ, 2), dtype="<f4") * 0.5
    path = write_audio(tmp_path / "m.wav", piece)
    samples = under_silence(tmp_path, Music(path=path, fade_out_s=0.5))[:, 0]
    falling = HZ // 2
    down = np.cos((np.arange(falling) + 0.5) / falling * np.pi / 2) * 0.5
    assert samples[HZ - falling : HZ] == pytest.approx(down, abs=1e-6)


def test_pieces_of_music_add_up(tmp_path: Path) -> None:
    one, two = noise(2, 1), noise(2, 2)
    samples = under_silence(
        tmp_path,
        Music(path=write_audio(tmp_path / "1.wav", one)),
        Music(path=write_audio(tmp_path / "2.wav", two), start_s=1),
    )
    assert samples[HZ : 2 * HZ] == pytest.approx(one[HZ:] + two[:HZ], abs=1e-6)


def test_music_steps_back_under_an_audioing_clip_and_comes_again(tmp_path: Path) -> None:
    speech = tone(4, 3000, level=0.1)
    speech[:HZ] = 0
    speech[2 * HZ :] = 0
    speech[3 * HZ :] = tone(1, 3000, level=0.005)
    clip = Clip(path=write_clip(tmp_path / "1.mov", speech))
    path = write_audio(tmp_path / "m.wav", tone(4, 200, level=0.2))
    film = Film(clips=(clip,), music=(Music(path=path, duck_db=12),))
    music = on_event(tmp_path, film).samples - speech
    usual = rms_db(tone(1, 200, level=0.2))

    def level(start_s: float, end_s: float) -> float:
        return rms_db(music[round(start_s * HZ) : round(end_s * HZ)]) - usual

    assert level(0, 1) == pytest.approx(0, abs=0.01)
    assert level(1.06, 2) == pytest.approx(-12, abs=0.1)
    assert level(2.19, 2.21) == pytest.approx(-6, abs=0.5)
    assert level(2.41, 3) == pytest.approx(0, abs=0.1)
    # What is hardly heard itself lets the music be.
    assert level(3, 4) == pytest.approx(0, abs=0.1)
    # No click: the music's own slope is all there is.
    steps = np.abs(np.diff(music[:, 0]))
    assert steps.max() < 1.05 * 0.2 * 2 * np.pi * 200 / HZ


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("m.mp3", "libmp3lame"),
        ("m.flac", "flac"),
        ("m.m4a", "aac"),
        ("m.ogg", "libvorbis"),
        ("m.opus", "libopus"),
    ],
)
def test_music_of_many_kinds_is_heard_in_time(tmp_path: Path, name: str, codec: str) -> None:
    piece = noise(1, level=1e-4)
    piece[HZ // 2] = 0.9
    path = write_audio(tmp_path / name, piece, codec)
    samples = under_silence(tmp_path, Music(path=path))
    # Vorbis files written by FFmpeg begin 128 samples late.
    assert np.argmax(np.abs(samples[:, 0])) == pytest.approx(HZ // 2, abs=130)


def test_audio_of_a_video_is_music_too(tmp_path: Path) -> None:
    piece = noise(1, channels=1)
    path = write_clip(tmp_path / "m.mov", piece)
    samples = under_silence(tmp_path, Music(path=path))
    assert np.array_equal(samples[:HZ], np.repeat(piece, 2, axis=1))


def bad_music(folder: Path, kind: str) -> Path:
    path = folder / "m.mp3"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.touch()
        case "text":
            path.write_text("no music at all\n" * 100, encoding="utf-8")
        case "silent film":
            return write_clip(folder / "m.mov", None, seconds=0.2)
        case "cut off":
            path = write_audio(folder / "m.m4a", noise(1), "aac")
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        case "unknown kind":
            path = write_clip(folder / "m.mov", noise(0.2))
            path.write_bytes(path.read_bytes().replace(b"fl32", b"zzzz"))
        case "nothing in it":
            return write_audio(folder / "m.wav", noise(0))
    return path


BAD_KINDS = (
    "missing",
    "folder",
    "empty",
    "text",
    "silent film",
    "cut off",
    "unknown kind",
    "nothing in it",
)


@pytest.mark.parametrize("kind", BAD_KINDS)
def test_bad_music_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    path = bad_music(tmp_path, kind)
    with pytest.raises(UnreadableMusic, match=path.stem) as caught:
        under_silence(tmp_path, Music(path=path))
    assert caught.value.hint


def test_stem_of_music_is_that_of_its_content_whatever_its_name(tmp_path: Path) -> None:
    pieces = [noise(1, seed=seed, channels=1) for seed in (1, 2)]
    path = write_audio(tmp_path / "m.wav", pieces[0])
    clip = silent_clip(tmp_path, 1)
    heard = []
    for place, piece in ((path, pieces[0]), (path, pieces[1]), (tmp_path / "n.wav", pieces[0])):
        write_audio(place, piece)
        film = Film(clips=(clip,), music=(Music(path=place),))
        heard.append(on_event(tmp_path, film).samples)
    assert np.array_equal(heard[0], heard[2])
    assert not np.array_equal(heard[0], heard[1])
    assert np.array_equal(heard[1][:, 0], pieces[1][:, 0])
    assert len(stems_in(tmp_path)) == 2


@pytest.mark.parametrize(
    ("offset_s", "is_looped", "said"),
    [(1.0, False, "cannot begin at 1 s"), (1.5, True, "cannot"), (0.95, True, "to repeat")],
)
def test_music_that_would_begin_after_its_end_is_refused(
    tmp_path: Path, offset_s: float, is_looped: bool, said: str
) -> None:
    path = write_audio(tmp_path / "m.wav", noise(1))
    with pytest.raises(UnsupportedRequest, match=said):
        under_silence(tmp_path, Music(path=path, offset_s=offset_s, is_looped=is_looped))
