"""Frames of clips with awkward times come at the right moment of the film."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import UnsupportedRequest
from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Quality,
    Retime,
)
from core.film.model.film import Clip, Film, Transition
from core.film.model.source import read_source
from tests.film.bundled import run_bundled
from tests.film.counted_clips import (
    LOSSLESS_H264,
    Counted,
    FilmBench,
    Mark,
    Pulses,
    image,
    raw_images,
    read_film,
    write_counted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.film.counted_clips import ReadFilm


def seen(
    folder: Path, rate: Fraction | int, *clips: Clip, retime: Retime = Retime.NEAREST
) -> ReadFilm:
    settings = ExportSettings(
        container=Container.MOV,
        audio_codec=AudioCodec.PCM,
        quality=Quality.LOSSLESS,
        frame=FrameFormat(rate=Fraction(rate)),
        retime=retime,
    )
    return read_film(FilmBench(folder).export(Film(clips=clips), settings))


def test_clip_with_times_in_milliseconds_is_halved_evenly(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "clip.mkv", rate=60, num_frames=30)
    numbers = seen(tmp_path, 30, Clip(path=clip.path)).numbers
    assert numbers == list(range(0, 30, 2))


def test_clip_at_double_speed_is_halved_evenly(tmp_path: Path) -> None:
    rate = Fraction(30_000, 1001)
    codec = ("-c:v", "mpeg4", "-q:v", "1")
    clip = write_counted(tmp_path / "clip.mov", rate=rate, num_frames=30, codec=codec)
    assert seen(tmp_path, rate, Clip(path=clip.path, speed=2)).numbers == list(range(0, 30, 2))


def test_length_of_a_clip_with_times_in_milliseconds_is_that_of_its_frames(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "clip.mkv", rate=30, num_frames=7)
    facts = read_source(clip.path).facts
    assert facts.duration_s == Fraction(7, 30)
    assert facts.is_on_grid


def test_steady_clip_in_milliseconds_that_begins_late_is_halved_evenly(tmp_path: Path) -> None:
    path = late_image(tmp_path, "late.mkv", Fraction(1, 10), rate=60, num_frames=30)
    numbers = [n for n in seen(tmp_path, 30, Clip(path=path)).numbers if n is not None]
    assert numbers == [0, 0, 0, *range(0, 30, 2)]


def late_image(folder: Path, name: str, late_s: Fraction, *, rate: int, num_frames: int) -> Path:
    """A clip whose sound begins at once and whose picture begins late."""
    lumas = [image(1, frame, 120, 48, 32) for frame in range(num_frames)]
    raw = raw_images(folder / "late.yuv", lumas, rate)
    length_s = late_s + Fraction(num_frames, rate)
    wave = folder / "late.f32"
    Pulses(first_s=late_s).wave(length_s).tofile(wave)
    audio = ["-f", "f32le", "-ar", "48000", "-ac", "2", "-i", str(wave), "-c:a", "pcm_s16le"]
    path = folder / name
    arguments = ["-itsoffset", f"{float(late_s)}", *raw, *audio, *LOSSLESS_H264, str(path)]
    run_bundled(arguments)
    return path


@pytest.mark.parametrize("suffix", ["mov", "mkv"])
def test_image_that_begins_late_keeps_to_its_audio(tmp_path: Path, suffix: str) -> None:
    path = late_image(tmp_path, f"late.{suffix}", Fraction(1, 5), rate=25, num_frames=20)
    film = seen(tmp_path, 25, Clip(path=path))
    assert film.numbers == [0] * 5 + list(range(20))
    assert film.audio is not None
    assert int(np.abs(film.audio[:, 0]).argmax()) == 9600


def test_part_of_a_clip_that_begins_late_is_cut_in_time_of_the_file(tmp_path: Path) -> None:
    path = late_image(tmp_path, "late.mov", Fraction(1, 5), rate=25, num_frames=20)
    film = seen(tmp_path, 25, Clip(path=path, start_s=0.4, end_s=0.6))
    assert film.numbers == [5, 6, 7, 8, 9]


def clip_of_uneven_frames(folder: Path) -> Counted:
    """Frames that show for 1, 2 and 3 fiftieths of a second in turn."""
    steady = write_counted(folder / "steady.mov", rate=50, num_frames=24)
    path = folder / "uneven.mp4"
    base = [
        "-i",
        str(steady.path),
        "-vf",
        "setpts='(floor(N/3)*6+gte(mod(N,3),1)+2*eq(mod(N,3),2))/50/TB'",
    ]
    run_bundled([*base, "-fps_mode", "vfr", "-enc_time_base", "1/50", *LOSSLESS_H264, str(path)])
    times = tuple(Fraction(n // 3 * 6 + (0, 1, 3)[n % 3], 50) for n in range(24))
    return Counted(path, 1, Fraction(50), times, 120, None)


@pytest.mark.parametrize(("rate", "speed"), [(50, 1.0), (25, 1.0), (30, 1.0), (50, 2.0), (24, 0.5)])
def test_clip_of_uneven_frames_shows_each_at_its_time(
    tmp_path: Path, rate: int, speed: float
) -> None:
    clip = clip_of_uneven_frames(tmp_path)
    assert not read_source(clip.path).facts.is_on_grid
    film = seen(tmp_path, rate, Clip(path=clip.path, speed=speed))
    middles = [(Fraction(n) + Fraction(1, 2)) / rate for n in range(len(film.numbers))]
    assert film.numbers == [clip.frame_at(middle * Fraction(speed)) for middle in middles]
    # The file gives its last frame, after 45 fiftieths of a second, one fiftieth.
    assert abs(len(film.numbers) - Fraction(46 * rate, 50) / Fraction(speed)) <= Fraction(1, 2)


def test_clip_that_is_faster_than_the_film_is_still_seen(tmp_path: Path) -> None:
    path = write_counted(tmp_path / "brief.mov", name=3, num_frames=2).path
    assert seen(tmp_path, 25, Clip(path=path, speed=10)).marks == [Mark(3, 1)]


def clip_of_one_frame(folder: Path, rate: int = 25) -> Clip:
    return Clip(path=write_counted(folder / "one.mov", name=3, rate=rate, num_frames=1).path)


def test_clip_of_one_frame_is_seen_for_that_frame(tmp_path: Path) -> None:
    long = Clip(path=write_counted(tmp_path / "long.mov", num_frames=5).path)
    marks = seen(tmp_path, 25, long, clip_of_one_frame(tmp_path), long).marks
    whole = [Mark(1, frame) for frame in range(5)]
    assert marks == [*whole, Mark(3, 0), *whole]


def test_clip_of_one_frame_is_still_seen_at_a_lower_rate(tmp_path: Path) -> None:
    one = clip_of_one_frame(tmp_path, rate=60)
    assert seen(tmp_path, 24, one).marks == [Mark(3, 0)]


@pytest.mark.parametrize("retime", [Retime.BLEND, Retime.MOTION])
def test_film_with_made_frames_shows_those_of_the_clip_at_their_times(
    tmp_path: Path, retime: Retime
) -> None:
    path = write_counted(tmp_path / "clip.mov", num_frames=12).path
    numbers = seen(tmp_path, 50, Clip(path=path), retime=retime).numbers
    assert len(numbers) == 24
    assert numbers[::2] == list(range(12))


@pytest.mark.parametrize("retime", [Retime.BLEND, Retime.MOTION])
def test_clip_of_one_frame_needs_no_made_frames(tmp_path: Path, retime: Retime) -> None:
    one = clip_of_one_frame(tmp_path)
    assert seen(tmp_path, 50, one, retime=retime).marks == [Mark(3, 0)] * 2


@pytest.mark.parametrize("count", [2, 3])
def test_same_clip_can_be_used_many_times(tmp_path: Path, count: int) -> None:
    path = write_counted(tmp_path / "clip.mov", num_frames=20, pulses=Pulses()).path
    joined = Transition(kind="dissolve", duration_s=0.2)
    uses = [Clip(path=path, start_s=0.08 * number) for number in range(count)]
    uses = [uses[0], *(use.model_copy(update={"transition": joined}) for use in uses[1:])]
    film = seen(tmp_path, 25, *uses)
    start = 0
    for number in range(count):
        first = 5 if number else 0
        length = 20 - 2 * number
        shown = film.numbers[start + first : start + length - 5]
        assert shown == list(range(2 * number + first, 20 - 5))
        start += length - 5
    assert len(film.numbers) == start + 5


def test_same_clip_in_a_row_goes_on_without_a_seam(tmp_path: Path) -> None:
    path = write_counted(tmp_path / "clip.mov", num_frames=20, pulses=Pulses()).path
    halves = seen(tmp_path, 25, Clip(path=path, end_s=0.4), Clip(path=path, start_s=0.4))
    assert halves.numbers == list(range(20))
    assert halves.audio is not None
    wanted = Pulses().wave(Fraction(20, 25))
    assert np.abs(halves.audio - wanted).max() < 1e-4


def names_of_refused(problem: UnsupportedRequest) -> Sequence[str]:
    return [one.message for one in problem.problems]


def test_clip_shorter_than_its_transitions_is_refused_by_name(tmp_path: Path) -> None:
    long = Clip(path=write_counted(tmp_path / "long.mov", num_frames=25).path)
    brief = Clip(path=write_counted(tmp_path / "brief.mov", num_frames=10).path)
    joined = Transition(kind="dissolve", duration_s=0.24)
    clips = [long, *(use.model_copy(update={"transition": joined}) for use in (brief, long))]
    with pytest.raises(UnsupportedRequest) as caught:
        seen(tmp_path, 25, *clips)
    (message,) = names_of_refused(caught.value)
    assert "Clip 2 (brief.mov)" in message
    assert "0.2 s" in message
    fitting = Transition(kind="dissolve", duration_s=0.2)
    clips = [long, *(use.model_copy(update={"transition": fitting}) for use in (brief, long))]
    assert len(seen(tmp_path, 25, *clips).numbers) == 25 + 10 + 25 - 10
