from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.errors import JobCancelled
from core.film.model.film import Clip, Film, Music
from core.film.sound.soundtrack import audio_of
from core.jobs.job import CancelToken
from core.media.render_cache import RenderCache
from tests.film.sounds import (
    film_of,
    noise,
    on_event,
    silent_clip,
    stems_in,
    tone,
    write_audio,
    write_clip,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_film_in_which_nothing_sounds_has_no_soundtrack(tmp_path: Path) -> None:
    muted = Clip(path=write_clip(tmp_path / "1.mov", noise(0.4)), is_muted=True)
    timeline = film_of(Film(clips=(muted, silent_clip(tmp_path, 0.4))))
    store = RenderCache(tmp_path / "store")
    assert audio_of(timeline, store, tmp_path, CancelToken(), lambda _: None) is None
    assert store.use().count == 0


def test_second_export_makes_no_new_stem(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "1.mov", noise(1))
    music = Music(path=write_audio(tmp_path / "m.wav", noise(1)))
    film = Film(clips=(Clip(path=path), Clip(path=path)), music=(music,))
    first = on_event(tmp_path, film).samples
    made = stems_in(tmp_path)
    assert len(made) == 2
    again = on_event(tmp_path, film.model_copy(update={"clip_volume_db": -3.0})).samples
    assert stems_in(tmp_path) == made
    assert abs(again).max() < abs(first).max()


def test_same_film_gives_the_same_samples_from_an_empty_store(tmp_path: Path) -> None:
    clip = Clip(path=write_clip(tmp_path / "1.mov", noise(1)), speed=1.5)
    samples = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        samples.append(on_event(tmp_path / name, Film(clips=(clip,))).samples.tobytes())
    assert samples[0] == samples[1]


def test_progress_goes_from_nothing_to_all_and_never_back(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "1.mov", noise(1))
    timeline = film_of(Film(clips=(Clip(path=path), Clip(path=path, start_s=0.5))))
    shares: list[float] = []
    store = RenderCache(tmp_path / "store")
    audio_of(timeline, store, tmp_path, CancelToken(), shares.append, loudness_lufs=-14)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_soundtrack_tells_what_its_filter_does(tmp_path: Path) -> None:
    clip = Clip(path=write_clip(tmp_path / "1.mov", tone(1, 997, level=0.01)))
    heard = on_event(tmp_path, Film(clips=(clip,)), loudness_lufs=-14)
    assert heard.track.filter.startswith("volume=")
    assert "raised" in heard.track.notes[0]


def test_cancel_ends_promptly_and_leaves_no_half_stem(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "m.flac", noise(240, channels=1), "flac")
    timeline = film_of(Film(clips=(silent_clip(tmp_path, 1),), music=(Music(path=path),)))
    store = RenderCache(tmp_path / "store")
    cancel = CancelToken()
    timer = threading.Timer(0.15, cancel.cancel)
    timer.start()
    began = time.monotonic()
    with pytest.raises(JobCancelled):
        audio_of(timeline, store, tmp_path, cancel, lambda _: None)
    assert time.monotonic() - began < 3
    assert store.use().count == 0
