from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QSize, QTimer

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.render_cache import RenderCache
from gui.widgets.thumbnails import Moment, Thumbnails

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtGui import QPixmap
    from pytestqt.qtbot import QtBot

SIZE = QSize(64, 36)


def image(path: Path, colour: str = "#ff0000", size: tuple[int, int] = (320, 180)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def clip(path: Path, *, seconds: float = 5.0) -> Path:
    """Red at first, blue in its last fifth of a second."""
    run_ffmpeg(
        [
            "-f", "lavfi", "-i", f"color=red:s=160x90:r=10:d={seconds - 0.2}",
            "-f", "lavfi", "-i", "color=blue:s=160x90:r=10:d=0.2",
            "-filter_complex", "concat=n=2", "-pix_fmt", "yuv420p", "-g", "10", str(path),
        ],
        CancelToken(),
    )  # fmt: skip
    return path


def fetched(
    qtbot: QtBot, thumbnails: Thumbnails, path: Path, at: Moment = "start", size: QSize = SIZE
) -> QPixmap:
    if thumbnails.pixmap(path, size, at) is None:
        qtbot.waitUntil(lambda: thumbnails.pixmap(path, size, at) is not None)
    found = thumbnails.pixmap(path, size, at)
    assert found is not None
    return found


def colour(pixmap: QPixmap) -> str:
    middle = pixmap.toImage().pixelColor(pixmap.rect().center())
    return max(
        ("red", middle.red()), ("green", middle.green()), ("blue", middle.blue()),
        key=lambda named: named[1],
    )[0]  # fmt: skip


def test_image_comes_later_and_is_then_there_at_once(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    path = image(tmp_path / "a.png")
    with qtbot.waitSignal(thumbnails.ready) as messages:
        assert thumbnails.pixmap(path, SIZE) is None
    assert messages.args == [path]
    found = thumbnails.pixmap(path, SIZE)
    assert found is not None
    assert found.size() == SIZE
    assert colour(found) == "red"
    assert thumbnails.is_idle


@pytest.mark.parametrize(("size", "shown"), [((100, 400), QSize(9, 36)), ((20, 10), QSize(20, 10))])
def test_image_keeps_its_shape_and_is_never_blown_up(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path, size: tuple[int, int], shown: QSize
) -> None:
    path = image(tmp_path / "a.png", size=size)
    assert fetched(qtbot, thumbnails, path).size() == shown


@pytest.mark.parametrize("seconds", [0.5, 5.0])
def test_clip_shows_its_first_and_its_last_frame(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path, seconds: float
) -> None:
    path = clip(tmp_path / "a.mp4", seconds=seconds)
    assert colour(fetched(qtbot, thumbnails, path)) == "red"
    assert colour(fetched(qtbot, thumbnails, path, "end")) == "blue"


@pytest.mark.parametrize("name", ["gone.png", "gone.mp4", "words.png", "words.mp4", "cut.mp4"])
def test_file_that_is_broken_shows_a_mark_and_says_why(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name.startswith("words"):
        path.write_text("no picture at all", encoding="utf-8")
    if name.startswith("cut"):
        path.write_bytes(clip(tmp_path / "whole.mp4").read_bytes()[:300])
    mark = fetched(qtbot, thumbnails, path)
    assert not mark.isNull()
    assert name in thumbnails.problem(path, SIZE)
    image(tmp_path / "good.png")
    assert thumbnails.problem(tmp_path / "good.png", SIZE) == ""


def test_forgotten_file_is_read_anew(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    fetched(qtbot, thumbnails, path)
    assert thumbnails.problem(path, SIZE)
    image(path, "#0000ff")
    thumbnails.forget(path)
    assert colour(fetched(qtbot, thumbnails, path)) == "blue"
    assert not thumbnails.problem(path, SIZE)


def test_memory_is_bounded_and_the_least_used_goes_first(qtbot: QtBot, tmp_path: Path) -> None:
    each = 64 * 36 * 4
    thumbnails = Thumbnails(capacity_bytes=3 * each)
    paths = [image(tmp_path / f"{number}.png") for number in range(4)]
    for path in paths[:3]:
        fetched(qtbot, thumbnails, path)
    assert thumbnails.size_bytes == 3 * each
    assert thumbnails.pixmap(paths[0], SIZE) is not None
    fetched(qtbot, thumbnails, paths[3])
    assert thumbnails.size_bytes == 3 * each
    assert thumbnails.pixmap(paths[0], SIZE) is not None
    assert thumbnails.pixmap(paths[1], SIZE) is None
    thumbnails.close()


def test_what_was_scrolled_past_is_not_read_before_what_is_seen(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    paths = [image(tmp_path / f"{number}.png") for number in range(200)]
    order: list[Path] = []
    thumbnails.ready.connect(order.append)
    for path in paths:
        thumbnails.pixmap(path, SIZE)
    qtbot.waitUntil(lambda: thumbnails.is_idle)
    assert len(order) < 60
    # The first to be read, by one of two threads; on a busy machine the other is done sooner.
    assert order.index(paths[-1]) < len(order) // 2


def test_reading_waits_until_nothing_new_is_asked_for(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    assert thumbnails.pixmap(path, SIZE) is None
    assert not thumbnails.is_idle
    # Only now, as far as a thread can tell that would have begun at once.
    time.sleep(0.1)
    image(path)
    qtbot.waitUntil(lambda: thumbnails.is_idle)
    assert thumbnails.problem(path, SIZE) == ""


def test_drawing_the_same_again_does_not_put_reading_off(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    path = image(tmp_path / "a.png")
    again = QTimer(interval=1)
    again.timeout.connect(lambda: thumbnails.pixmap(path, SIZE))
    again.start()
    qtbot.waitUntil(lambda: thumbnails.pixmap(path, SIZE) is not None)
    again.stop()


def test_closing_while_files_are_read_tells_nothing_more(qtbot: QtBot, tmp_path: Path) -> None:
    thumbnails = Thumbnails()
    messages: list[Path] = []
    thumbnails.ready.connect(messages.append)
    for number in range(20):
        thumbnails.pixmap(image(tmp_path / f"{number}.png"), SIZE)
    qtbot.waitUntil(lambda: bool(messages))
    thumbnails.close()
    count = len(messages)
    qtbot.wait(100)
    assert len(messages) == count


@pytest.mark.parametrize("at", ["start", "end"])
def test_a_clip_is_shown_upright_and_with_its_shape(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path, at: Moment
) -> None:
    flat, turned, wide = tmp_path / "flat.mp4", tmp_path / "turned.mov", tmp_path / "wide.mp4"
    half = "color=red:s=80x80:r=10:d=1[a];color=blue:s=80x80:r=10:d=1[b];[a][b]hstack"
    run_ffmpeg(["-filter_complex", half, "-pix_fmt", "yuv444p", str(flat)], CancelToken())
    run_ffmpeg(
        ["-display_rotation", "90", "-i", str(flat), "-c", "copy", str(turned)], CancelToken()
    )
    run_ffmpeg(
        ["-i", str(flat), "-vf", "setsar=2", "-pix_fmt", "yuv444p", str(wide)], CancelToken()
    )
    room = QSize(64, 64)

    upright = fetched(qtbot, thumbnails, turned, at, room)
    assert (upright.width(), upright.height()) == (32, 64)
    shown = upright.toImage()
    # Turned against the clock by a quarter: what was at the left is below.
    assert shown.pixelColor(16, 56).red() > 200
    assert shown.pixelColor(16, 8).blue() > 200
    stretched = fetched(qtbot, thumbnails, wide, at, room)
    assert (stretched.width(), stretched.height()) == (64, 16)


@pytest.fixture
def cache(tmp_path: Path) -> RenderCache:
    return RenderCache(tmp_path / "cache")


@contextmanager
def kept_in(cache: RenderCache) -> Iterator[Thumbnails]:
    thumbnails = Thumbnails(cache=cache)
    yield thumbnails
    thumbnails.close()


def test_the_next_start_reads_the_small_picture_and_not_the_file(
    qtbot: QtBot, cache: RenderCache, tmp_path: Path
) -> None:
    path = image(tmp_path / "a.png", size=(1600, 900))
    with kept_in(cache) as thumbnails:
        assert fetched(qtbot, thumbnails, path).size() == SIZE
    before = path.stat()
    # Of the same length and time, so that only a look inside tells that it is another.
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with kept_in(cache) as thumbnails:
        found = fetched(qtbot, thumbnails, path)
        assert (found.size(), colour(found)) == (SIZE, "red")
        assert fetched(qtbot, thumbnails, path, size=QSize(320, 320)).size() == QSize(320, 180)


def test_a_file_that_has_changed_is_read_anew_and_a_damaged_copy_too(
    qtbot: QtBot, cache: RenderCache, tmp_path: Path
) -> None:
    path = image(tmp_path / "a.png")
    with kept_in(cache) as thumbnails:
        fetched(qtbot, thumbnails, path)
    image(path, "#0000ff", size=(640, 360))
    with kept_in(cache) as thumbnails:
        assert colour(fetched(qtbot, thumbnails, path)) == "blue"
    for kept in cache.folder.iterdir():
        kept.write_bytes(b"damaged")
    with kept_in(cache) as thumbnails:
        assert colour(fetched(qtbot, thumbnails, path)) == "blue"


def test_what_is_transparent_stays_so_in_the_cache(
    qtbot: QtBot, cache: RenderCache, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (640, 360), (255, 0, 0, 40)).save(path)
    for _ in range(2):
        with kept_in(cache) as thumbnails:
            shown = fetched(qtbot, thumbnails, path).toImage()
            assert shown.pixelColor(5, 5).alpha() == 40


def test_a_small_picture_is_not_blown_up_and_a_large_one_passes_the_cache_by(
    qtbot: QtBot, cache: RenderCache, tmp_path: Path
) -> None:
    small, large = image(tmp_path / "a.png", size=(20, 10)), image(tmp_path / "b.png")
    with kept_in(cache) as thumbnails:
        assert fetched(qtbot, thumbnails, small).size() == QSize(20, 10)
        assert cache.use().count == 1
        fetched(qtbot, thumbnails, large, size=QSize(1920, 1440))
        assert cache.use().count == 1


def test_a_broken_file_says_why_with_a_cache_as_without(
    qtbot: QtBot, cache: RenderCache, tmp_path: Path
) -> None:
    path = tmp_path / "words.png"
    path.write_text("no picture", encoding="utf-8")
    with kept_in(cache) as thumbnails:
        fetched(qtbot, thumbnails, path)
        assert "words.png" in thumbnails.problem(path, SIZE)
    assert cache.use().count == 0


def test_a_cache_that_cannot_be_written_costs_time_alone(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    with kept_in(RenderCache(tmp_path / "cache")) as thumbnails:
        assert colour(fetched(qtbot, thumbnails, image(tmp_path / "a.png"))) == "red"
