"""A film joined from pieces is, frame for frame, what one run of FFmpeg would have made."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from core.film.build.segments import segments_of
from core.film.model.delivery import AudioCodec, Container, ExportSettings, FrameFormat, Quality
from core.film.model.film import Clip, Film, Fit, Transition
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.film.picture.assembler import Overlays, stretch
from core.film.picture.graph import arguments
from core.film.picture.picture import Look
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.film.bundled import run_bundled
from tests.film.counted_clips import FilmBench, write_counted

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.timeline import Timeline

NTSC, NTSC_FILM, NTSC_60 = (Fraction(n * 1000, 1001) for n in (30, 24, 60))
RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(50), NTSC_FILM, NTSC, NTSC_60)
SIZE = (96, 64)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Unlike clips: rate, size, shape, codec, depth, alpha; joined in every way there is."""
    folder = tmp_path_factory.mktemp("clips")
    counted = [
        write_counted(folder / "a.mov", 1, rate=24, num_frames=24),
        write_counted(folder / "b.mkv", 2, rate=NTSC, num_frames=30, size=(72, 48), level=60),
        write_counted(
            folder / "c.mp4", 3, rate=50, num_frames=50, size=(63, 47), level=200,
            codec=("-c:v", "libx264", "-crf", "30", "-pix_fmt", "yuv444p"),
        ),
    ]  # fmt: skip
    alpha = folder / "d.mov"
    drawn = "testsrc2=s=80x80:r=25:d=1:alpha=128,format=argb"
    run_bundled(["-f", "lavfi", "-i", drawn, "-c:v", "qtrle", str(alpha)])
    deep = folder / "e.mkv"
    drawn = "mandelbrot=s=96x64:r=30,format=yuv420p10le"
    run_bundled(["-f", "lavfi", "-i", drawn, "-t", "1", "-c:v", "ffv1", str(deep)])
    a, b, c = (clip.path for clip in counted)
    joins = [
        Clip(path=a),
        Clip(path=b, transition=Transition(kind="dissolve", duration_s=0.3)),
        Clip(path=c, transition=Transition(kind="fade", duration_s=0.3), fit=Fit.BLUR),
        Clip(path=alpha, transition=Transition(kind="circle-open", duration_s=0.25)),
        Clip(path=deep, fit=Fit.FILL, speed=1.25),
        Clip(path=a, start_s=0.2, transition=Transition(kind="wipe-left", duration_s=0.4)),
    ]
    return Film(clips=tuple(joins), background="#335577")


def frame_sums(path: Path) -> list[str]:
    """The MD5 of every frame, in its own pixel format."""
    with av.open(str(path)) as container:
        return [
            hashlib.md5(frame.to_ndarray().tobytes(), usedforsecurity=False).hexdigest()
            for frame in container.decode(video=0)
        ]


def one_pass(timeline: Timeline, look: Look, path: Path) -> list[str]:
    image = stretch(timeline, 0, timeline.num_frames, Overlays(look))
    run_ffmpeg(arguments(image, str(path), {"c:v": "ffv1"}), CancelToken())
    return frame_sums(path)


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{float(rate):.3f}")
def test_pieces_are_frame_for_frame_one_pass(tmp_path: Path, film: Film, rate: Fraction) -> None:
    frame = FrameFormat(width=SIZE[0], height=SIZE[1], rate=rate)
    settings = ExportSettings(
        container=Container.MKV,
        audio_codec=AudioCodec.NONE,
        quality=Quality.LOSSLESS,
        frame=frame,
    )
    timeline = lay_out(film, [read_source(clip.path) for clip in film.clips], frame)
    assert len(segments_of(timeline)) == len(film.clips)
    whole = one_pass(timeline, Look(), tmp_path / "whole.mkv")
    joined = frame_sums(FilmBench(tmp_path).export(film, settings))
    assert len(whole) == timeline.num_frames
    assert joined == whole
    assert len(set(whole)) > timeline.num_frames / 2


def test_ten_bit_pieces_are_frame_for_frame_one_pass(tmp_path: Path, film: Film) -> None:
    frame = FrameFormat(width=SIZE[0], height=SIZE[1], rate=Fraction(25))
    settings = ExportSettings(
        container=Container.MKV,
        audio_codec=AudioCodec.NONE,
        quality=Quality.LOSSLESS,
        bit_depth=10,
        frame=frame,
    )
    timeline = lay_out(film, [read_source(clip.path) for clip in film.clips], frame)
    whole = one_pass(timeline, Look("yuv420p10le"), tmp_path / "whole.mkv")
    assert frame_sums(FilmBench(tmp_path).export(film, settings)) == whole


@pytest.mark.parametrize("first", [0, 7, 20, 31, 52])
def test_any_stretch_shows_what_the_whole_film_shows_there(
    tmp_path: Path, film: Film, first: int
) -> None:
    """As a preview asks for it: from anywhere, in the middle of a transition too."""
    frame = FrameFormat(width=SIZE[0], height=SIZE[1], rate=Fraction(25))
    timeline = lay_out(film, [read_source(clip.path) for clip in film.clips], frame)
    whole = one_pass(timeline, Look(), tmp_path / "whole.mkv")
    image = stretch(timeline, first, first + 9, Overlays(Look()))
    path = tmp_path / "part.mkv"
    run_ffmpeg(arguments(image, str(path), {"c:v": "ffv1"}), CancelToken())
    assert frame_sums(path) == whole[first : first + 9]
