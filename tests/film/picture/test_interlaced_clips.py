"""Clips of two fields a frame come as whole pictures, in the right order, or stay as they are."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.film.model.delivery import AudioCodec, Container, ExportSettings, FrameFormat, Quality
from core.film.model.film import Clip, Film, Fit
from core.film.model.layout import lay_out
from core.film.model.scan import Deinterlace, Scan, deinterlacing_of, scan_of
from core.film.model.source import read_source
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.fakes.laid_out import source
from tests.film.exporting import export

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 240
# A white bar goes 8 pixels to the right with each field.
STEP = 8
MOVING = (
    "-f", "lavfi", "-i", f"color=black:s={WIDTH}x{HEIGHT}:r=50:d=0.6",
    "-f", "lavfi", "-i", f"color=white:s=24x{HEIGHT}:r=50:d=0.6",
)  # fmt: skip
X264 = ("-c:v", "libx264", "-crf", "10", "-x264-params")
MPEG2 = ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2")
CODINGS: dict[str, tuple[str, ...]] = {
    "tff.mp4": (*X264, "interlaced=1:tff=1"),
    "bff.mp4": (*X264, "interlaced=1:bff=1"),
    "tff.mkv": (*MPEG2, "-g", "3"),
    "bff.mxf": (*MPEG2, "-g", "12", "-bf", "2"),
    "bff.mov": ("-c:v", "prores_ks", "-flags", "+ildct"),
    "tff-ffv1.mkv": ("-c:v", "ffv1", "-flags", "+ildct"),
    # Their frames say nothing: only the file does.
    "tff-silent.mkv": ("-c:v", "huffyuv", "-pix_fmt", "yuv422p", "-field_order", "tt"),
    "bff-silent.mov": ("-c:v", "rawvideo", "-pix_fmt", "uyvy422", "-field_order", "bb"),
}
SETTINGS = ExportSettings(
    container=Container.MOV, audio_codec=AudioCodec.NONE, quality=Quality.LOSSLESS
)


def write_clip(path: Path, *coding: str, after: str = "") -> Path:
    """15 frames of two fields each; the name says which one comes first."""
    order = path.name[:3]
    moved = f"[0][1]overlay=x='mod(n*{STEP},296)':y=0,format=yuv420p"
    fields = f"{moved},interlace=scan={order}:lowpass=0{after}"
    run_ffmpeg([*MOVING, "-filter_complex", fields, *coding, str(path)], CancelToken())
    return path


def brightness(path: Path) -> list[NDArray[np.float64]]:
    """The frames of a film, `(height, width)` each."""
    with av.open(str(path)) as container:
        return [
            frame.reformat(format="gray").to_ndarray().astype(np.float64)
            for frame in container.decode(video=0)
        ]


def combs(frame: NDArray[np.float64]) -> float:
    """How much more a line is unlike the next one than unlike the one after that."""
    one = np.abs(frame[1:-1] - frame[:-2]).mean()
    return float(one - np.abs(frame[2:] - frame[:-2]).mean())


def place(frame: NDArray[np.float64]) -> float:
    """Where the middle of the bar is, in pixels."""
    columns = np.maximum(frame.mean(axis=0) - 40, 0)
    return float((columns * np.arange(frame.shape[1])).sum() / columns.sum())


@pytest.mark.parametrize("rate", [50, 25])
def test_every_kind_of_fields_becomes_whole_pictures_in_order(tmp_path: Path, rate: int) -> None:
    clips = [write_clip(tmp_path / name, *coding) for name, coding in CODINGS.items()]
    film = Film(clips=tuple(Clip(path=clip) for clip in clips), fit=Fit.STRETCH)
    frame_format = FrameFormat(width=WIDTH, height=HEIGHT, rate=Fraction(rate))
    settings = SETTINGS.model_copy(update={"frame": frame_format})
    done = export(film, settings, tmp_path / "out" / "film.mov")
    frames = brightness(done.path)
    count = 15 * rate // 25
    assert len(frames) == count * len(CODINGS)
    for number, name in enumerate(CODINGS):
        shown = frames[count * number : count * (number + 1)]
        middle = shown[2:-2]
        assert max(map(combs, middle)) < 3, name
        # In the wrong order the bar would go back with every second field.
        steps = np.diff([place(frame) for frame in middle])
        assert steps == pytest.approx(STEP * 50 / rate, abs=2.5), name
        order = "top" if name.startswith("tff") else "bottom"
        assert any(f"({name}) is interlaced, {order} field first: deinterlaced" in note
                   for note in done.notes), (name, done.notes)  # fmt: skip


def test_whole_frames_stay_as_they_are(tmp_path: Path) -> None:
    clip = tmp_path / "whole.mp4"
    moved = f"[0][1]overlay=x='mod(n*{STEP},296)':y=0,format=yuv420p"
    run_ffmpeg([*MOVING, "-filter_complex", moved, *X264, "bframes=0", str(clip)], CancelToken())
    facts = read_source(clip).facts
    assert facts.scan is Scan.PROGRESSIVE
    timeline = lay_out(Film(clips=(Clip(path=clip),)), [read_source(clip)], FrameFormat())
    assert timeline.shots[0].deinterlacing is None
    assert not any("interlaced" in note for note in timeline.notes)


def test_a_person_decides_for_the_film_and_for_a_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "tff.mp4", *CODINGS["tff.mp4"])
    off, on = Deinterlace.OFF, Deinterlace.AUTO
    film = Film(
        clips=(Clip(path=clip), Clip(path=clip, deinterlace=on)), deinterlace=off, fit=Fit.STRETCH
    )
    done = export(film, SETTINGS, tmp_path / "out" / "film.mov")
    frames = brightness(done.path)
    assert max(map(combs, frames[2:13])) > 5
    assert max(map(combs, frames[17:28])) < 3
    told = [note for note in done.notes if "interlaced" in note]
    assert ["stays so, as you asked" in note for note in told] == [True, False]


def test_an_order_that_a_person_names_wins(tmp_path: Path) -> None:
    """The file says the wrong one, as many old captures do."""
    coding = ("-c:v", "huffyuv", "-pix_fmt", "yuv422p")
    clip = write_clip(tmp_path / "tff-wrong.mkv", *coding, after=",setfield=bff")
    assert read_source(clip).facts.scan is Scan.BOTTOM
    settings = SETTINGS.model_copy(update={"frame": FrameFormat(rate=Fraction(50))})
    film = Film(clips=(Clip(path=clip),), deinterlace=Deinterlace.TOP)
    done = export(film, settings, tmp_path / "out" / "film.mov")
    steps = np.diff([place(frame) for frame in brightness(done.path)[3:-3]])
    assert steps == pytest.approx(STEP, abs=2.5)
    assert any("top field first, as you asked" in note for note in done.notes)


@pytest.mark.parametrize(
    ("codec", "order", "flags", "scan"),
    [
        ("h264", 2, [True, True], Scan.TOP),
        ("h264", 5, [True, True], Scan.BOTTOM),
        ("dvvideo", 0, [True, True], Scan.UNORDERED),
        ("h264", 1, [True, False], Scan.SOME),
        ("mpeg2video", 2, [False, False], Scan.CLAIMED),
        ("v210", 4, [False, False], Scan.TOP),
        ("h264", 0, [False, False], Scan.PROGRESSIVE),
        ("h264", 1, [], Scan.PROGRESSIVE),
    ],
)
def test_stream_and_frames_are_weighed(
    codec: str, order: int, flags: list[bool], scan: Scan
) -> None:
    assert scan_of(codec, order, flags) is scan


def test_what_disagrees_is_told(tmp_path: Path) -> None:
    read = source(tmp_path / "a.mpg", 10, Fraction(25), scan=Scan.CLAIMED)
    timeline = lay_out(Film(clips=(Clip(path=read.path),)), [read], FrameFormat())
    assert timeline.shots[0].deinterlacing is None
    assert any("its frames say that they are whole" in note for note in timeline.notes)
    some = deinterlacing_of(Deinterlace.AUTO, Scan.SOME, "h264", is_doubled=True)
    assert some is not None
    assert (some.is_selective, some.is_doubled) == (True, False)


def test_a_turned_interlaced_clip_is_told(tmp_path: Path) -> None:
    read = source(tmp_path / "a.mp4", 10, Fraction(25), scan=Scan.TOP, rotation=-90)
    timeline = lay_out(Film(clips=(Clip(path=read.path),)), [read], FrameFormat())
    assert timeline.shots[0].deinterlacing is None
    assert any("interlaced and turned by 270 degrees" in note for note in timeline.notes)
