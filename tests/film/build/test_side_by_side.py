"""Clips beside each other: one height, the longest length, last frames held, one sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.film.build.side_by_side import Grid, LabelledClip, grid_of, make_side_by_side
from core.jobs.job import CancelToken
from core.media.ffmpeg import probe_clip, run_ffmpeg
from core.media.frames import FrameReader
from core.media.render_cache import RenderCache
from core.video.record import read_head
from gui.text.text_renderer import QtTextRenderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL import Image


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., LabelledClip]:
    """A clip of one colour."""

    def make(colour: str, size: str, rate: int, seconds: float, *, tone: bool = False):
        path = tmp_path / f"{colour}.mp4"
        words = ["-f", "lavfi", "-i", f"color={colour}:s={size}:r={rate}:d={seconds}"]
        words += ["-f", "lavfi", "-i", f"sine=duration={seconds}"] if tone else []
        run_ffmpeg([*words, "-pix_fmt", "yuv420p", str(path)], CancelToken())
        return LabelledClip(path, f"The {colour} one", f"{size} · {rate} fps")

    return make


def film_of(tmp_path: Path, *clips: LabelledClip, **more):
    workdir = tmp_path / "work"
    workdir.mkdir()
    store = RenderCache(tmp_path / "store")
    renderer = None if more.pop("is_bare", False) else QtTextRenderer()
    return make_side_by_side(clips, workdir / "film.mp4", store, renderer, CancelToken(), **more)


def frame_at(path: Path, number: int) -> Image.Image:
    reader = FrameReader(path, CancelToken())
    try:
        return reader.read(number, CancelToken())
    finally:
        reader.close()


def colours(image: Image.Image, grid: Grid, number: int) -> tuple[int, ...]:
    x, y = grid.place(number)
    middle = (x + grid.width // 2, y + grid.label_height + grid.height // 2)
    pixel = image.getpixel(middle)
    assert isinstance(pixel, tuple)
    return tuple(round(value / 64) for value in pixel)


def test_three_clips_stand_in_their_cells_and_the_short_one_holds_its_last_frame(
    make: Callable[..., LabelledClip], tmp_path: Path
) -> None:
    clips = (
        make("red", "192x128", 16, 1.0, tone=True),
        make("lime", "320x180", 24, 2.0, tone=True),
        make("blue", "180x320", 12, 0.5),
    )
    film = film_of(tmp_path, *clips)
    facts = probe_clip(film.path)
    grid = grid_of([(192, 128), (320, 180), (180, 320)])
    assert (facts.width, facts.height) == (grid.film_width, grid.film_height)
    assert (facts.num_frames, facts.fps) == (48, 24.0)
    assert facts.audio_duration_s == pytest.approx(2.0, abs=0.1)
    assert (film.audio_of, film.notes) == (0, ())
    for number in (0, 47):
        image = frame_at(film.path, number)
        assert colours(image, grid, 0) == (4, 0, 0)
        assert colours(image, grid, 1) == (0, 4, 0)
        assert colours(image, grid, 2) == (0, 0, 4)


def test_names_stand_over_the_clips_and_not_on_them(
    make: Callable[..., LabelledClip], tmp_path: Path
) -> None:
    clips = (make("red", "320x180", 24, 0.5), make("blue", "320x180", 24, 0.5))
    film = film_of(tmp_path, *clips)
    grid = grid_of([(320, 180)] * 2)
    image = np.asarray(frame_at(film.path, 0).convert("L"))
    for number in (0, 1):
        x, y = grid.place(number)
        columns = slice(x, x + grid.width)
        top, bottom = y + grid.label_height, y + grid.label_height + grid.height
        assert image[y:top, columns].max() > 200, "white letters on the dark strip"
        assert image[top + 2 : bottom, columns].max() < 120, "no letter on the clip"


def test_words_are_whole_over_narrow_clips_as_over_wide_ones(
    make: Callable[..., LabelledClip], tmp_path: Path
) -> None:
    words = ("Somebody's Video Model 2.3 distilled, of 8 bits", "96x160 · 24 fps · 1.50 USD · 0:42")
    ink: dict[str, float] = {}
    for size in ("960x160", "96x160"):
        (tmp_path / size).mkdir()
        clips = [LabelledClip(make(c, size, 8, 0.5).path, *words) for c in ("red", "blue")]
        film = film_of(tmp_path / size, *clips)
        assert not film.notes
        image = np.asarray(frame_at(film.path, 0).convert("L"), np.float64)
        strip = image.shape[0] - 160
        cell = image[:strip, : int(size.split("x")[0])]
        assert image[strip + 2 :, : cell.shape[1]].max() < 120, "no letter on the clip"
        assert cell[[0, 1, -2, -1]].max() < 60, "no letter touches the strip's edges"
        ink[size] = float(np.clip(cell - 20, 0, None).sum())
    assert ink["96x160"] == pytest.approx(ink["960x160"], rel=0.15)


def test_the_chosen_clip_is_heard_or_none(
    make: Callable[..., LabelledClip], tmp_path: Path
) -> None:
    silent = make("red", "64x64", 8, 0.5)
    sounding = make("blue", "64x64", 8, 0.5, tone=True)
    (tmp_path / "a").mkdir()
    assert film_of(tmp_path / "a", silent, sounding, is_bare=True).audio_of == 1
    (tmp_path / "b").mkdir()
    none = film_of(tmp_path / "b", silent, sounding, is_bare=True, is_silent=True)
    assert none.audio_of is None
    assert not probe_clip(none.path).has_audio
    (tmp_path / "c").mkdir()
    asked = film_of(tmp_path / "c", silent, sounding, is_bare=True, audio_of=0)
    assert asked.audio_of is None
    assert "The red one has no sound, so the film is silent." in asked.notes


def test_without_anybody_who_draws_there_are_no_names_and_that_is_told(
    make: Callable[..., LabelledClip], tmp_path: Path
) -> None:
    clips = (make("red", "64x64", 8, 0.5), make("blue", "64x64", 8, 0.5))
    film = film_of(tmp_path, *clips, is_bare=True)
    assert "no names" in film.notes[0]


def test_the_film_says_which_clips_it_is_made_of(
    make: Callable[..., LabelledClip], tmp_path: Path
) -> None:
    clips = (make("red", "64x64", 8, 0.5), make("blue", "64x64", 8, 0.5))
    head = read_head(film_of(tmp_path, *clips, is_bare=True).path)
    assert head is not None
    assert head.is_film
    assert "red.mp4" in head.comment


@pytest.mark.parametrize(
    ("sizes", "columns"),
    [
        ([(1920, 1080)] * 2, 2),
        ([(1920, 1080)] * 4, 2),
        ([(1080, 1920)] * 3, 3),
        ([(192, 128)] * 4, 4),
        ([(1920, 1080)], 1),
    ],
)
def test_clips_are_as_large_as_a_screen_allows(sizes: list[tuple[int, int]], columns: int) -> None:
    grid = grid_of(sizes)
    assert grid.columns == columns
    assert grid.film_width <= 1920
    assert grid.film_height <= 1080
    assert grid.height <= max(160, *(height for _, height in sizes))
    assert grid.film_width % 2 == grid.film_height % 2 == 0


def test_a_last_row_with_free_cells_is_centred() -> None:
    grid = grid_of([(1920, 1080)] * 3)
    assert (grid.columns, grid.rows) == (2, 2)
    left, _ = grid.place(2)
    assert left + grid.width / 2 == pytest.approx(grid.film_width / 2, abs=2)
