"""Exports that are stopped, killed or run out of disk: they say so and leave nothing behind."""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from core.errors import AssemblyError, JobCancelled, OutputError
from core.film.model.delivery import Container, ExportSettings, VideoCodec
from core.jobs.job import CancelToken, Progressed
from core.jobs.lanes import Stage
from core.media.render_cache import RenderCache
from tests.film.exporting import NO_AUDIO, export, film_of, make_clip, two_clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.model.film import Film

SILENT = ExportSettings(audio_codec=NO_AUDIO)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two good clips."""
    folder = tmp_path_factory.mktemp("clips")
    two_clips(folder)
    return folder


class _FullStore(RenderCache):
    """A store on a disk that is full: every write to it fails, as the system says."""

    def keep(self, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        def make_on_full_disk(place: Path) -> None:
            if suffix == self.full_for:
                place.symlink_to("/dev/full")
            make(place)

        return super().keep(key, suffix, make_on_full_disk)

    full_for = ".mp4"


class _FullAudioStore(_FullStore):
    full_for = ".f32"


def test_a_disk_that_fills_while_encoding_is_told_and_leaves_nothing(
    room: Path, tmp_path: Path
) -> None:
    store = _FullStore(tmp_path / "store")

    with pytest.raises(OutputError, match="full") as failure:
        export(film_of(room / "ball.mp4"), SILENT, tmp_path / "out" / "film.mp4", store=store)

    assert "resume" in failure.value.hint
    assert list((tmp_path / "out").iterdir()) == []
    assert {path.suffix for path in store.folder.iterdir()} == {".json", ".seal"}


def test_a_disk_that_fills_while_audio_is_made_is_told(room: Path, tmp_path: Path) -> None:
    store = _FullAudioStore(tmp_path / "store")
    film = film_of(room / "ball.mp4")

    with pytest.raises(OutputError, match="full"):
        export(film, ExportSettings(), tmp_path / "out" / "film.mp4", store=store)


def test_a_disk_that_fills_while_the_sound_is_encoded_is_told(room: Path, tmp_path: Path) -> None:
    def fill(_: object) -> None:
        link = tmp_path / "out-work-film.mp4" / "encoded-sound.mp4"
        if not link.is_symlink():
            link.symlink_to("/dev/full")

    with pytest.raises(OutputError, match="full"):
        export(
            film_of(room / "ball.mp4"),
            ExportSettings(),
            tmp_path / "out" / "film.mp4",
            on_event=fill,
        )

    assert list((tmp_path / "out").iterdir()) == []


def test_a_disk_that_fills_while_joining_is_told_and_leaves_nothing(
    room: Path, tmp_path: Path
) -> None:
    settings = SILENT.model_copy(update={"container": Container.MKV})

    def fill(event: object) -> None:
        link = tmp_path / "out-work-film.mkv" / "film.mkv"
        if isinstance(event, Progressed) and event.stage is Stage.WRITE and not link.is_symlink():
            link.symlink_to("/dev/full")

    with pytest.raises(OutputError, match="full"):
        export(film_of(room / "ball.mp4"), settings, tmp_path / "out" / "film.mkv", on_event=fill)

    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_fills_or_goes_away_at_the_end_is_told(room: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "film.mp4"

    def remove(event: object) -> None:
        if isinstance(event, Progressed) and event.stage is Stage.WRITE and out.parent.exists():
            out.parent.rmdir()

    with pytest.raises(OutputError) as failure:
        export(film_of(room / "ball.mp4"), SILENT, out, on_event=remove)

    assert os.strerror(errno.ENOENT) in failure.value.message
    assert str(out) in failure.value.message


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """One clip whose HEVC takes some seconds to make."""
    folder = tmp_path_factory.mktemp("long")
    return film_of(make_clip(folder / "long.mp4", 6, size="640x360"))


SLOW = ExportSettings(video_codec=VideoCodec.HEVC)


def test_where_there_will_be_no_sound_no_more_pictures_are_made(
    long_film: Film, tmp_path: Path
) -> None:
    store, (clip,) = _FullAudioStore(tmp_path / "store"), long_film.clips
    many = [clip.model_copy(update={"start_s": number / 25}) for number in range(64)]
    film = long_film.model_copy(update={"clips": tuple(many)})

    with pytest.raises(OutputError, match="full"):
        export(film, SLOW, tmp_path / "out" / "film.mp4", store=store)

    assert _encoders() == []
    assert len(list(store.folder.glob("*.mp4"))) < len(many) / 2


def _encoders() -> list[psutil.Process]:
    """The FFmpeg processes of this one that write pictures."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "libx265" in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue
    return found


def _when_encoding(act: Callable[[psutil.Process], None]) -> threading.Thread:
    def wait() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for child in _encoders():
                time.sleep(0.2)
                act(child)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_an_encoder_that_is_killed_is_told_as_such(long_film: Film, tmp_path: Path) -> None:
    killer = _when_encoding(psutil.Process.kill)

    with pytest.raises(AssemblyError, match="killed") as failure:
        export(long_film, SLOW, tmp_path / "out" / "film.mp4", store=tmp_path / "store")
    killer.join()

    assert "long.mp4" in failure.value.message
    assert "resume" in failure.value.hint.lower()
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "store").glob("*.mp4")) == []


def test_a_stop_in_the_middle_of_encoding_ends_within_two_seconds(
    long_film: Film, tmp_path: Path
) -> None:
    cancel = CancelToken()
    asked: list[float] = []

    def stop(_: psutil.Process) -> None:
        asked.append(time.monotonic())
        cancel.cancel()

    stopper = _when_encoding(stop)
    with pytest.raises(JobCancelled):
        export(long_film, SLOW, tmp_path / "out" / "film.mp4", store=tmp_path / "s", cancel=cancel)
    took = time.monotonic() - asked[0]
    stopper.join()

    assert took < 2
    assert _encoders() == []
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "s").glob("*.mp4")) == []


@pytest.mark.parametrize("stage", [Stage.READ, Stage.ASSEMBLE, Stage.MIX, Stage.WRITE])
def test_a_stop_in_any_stage_ends_within_two_seconds_and_leaves_nothing(
    stage: Stage, room: Path, tmp_path: Path
) -> None:
    cancel = CancelToken()
    asked: list[float] = []

    def stop(event: object) -> None:
        if isinstance(event, Progressed) and event.stage is stage and not asked:
            asked.append(time.monotonic())
            cancel.cancel()

    film = film_of(room / "ball.mp4", room / "bars.mp4")
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(JobCancelled):
        export(film, ExportSettings(), tmp_path / "out" / "film.mp4", cancel=cancel, on_event=stop)

    assert time.monotonic() - asked[0] < 2
    assert set(psutil.Process().children(recursive=True)) <= before
    assert list((tmp_path / "out").iterdir()) == []
