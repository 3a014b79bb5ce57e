"""Clips of cameras begin at a timecode: every list names their frames by it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import opentimelineio as otio
import pytest

from core.film.handoff import write_handoff
from core.film.model.delivery import FrameFormat
from core.film.model.film import Clip, Film
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.fakes.laid_out import source

if TYPE_CHECKING:
    from core.film.model.timeline import Timeline

NTSC = Fraction(30_000, 1001)
DOUBLE = Fraction(60_000, 1001)
FILM = Fraction(24_000, 1001)


def film(
    timecode: str, rate: Fraction, film_rate: Fraction | None = None, **clip: float
) -> Timeline:
    """Seconds 1 to 2 of a clip of 4 seconds that begins at a timecode."""
    clip_of = Clip(path=Path("shots/A001.mov"), start_s=1.0, end_s=2.0, **clip)  # type: ignore[arg-type]
    read = source(clip_of.path, round(4 * rate), rate, timecode=timecode)
    return lay_out(Film(clips=(clip_of,)), [read], FrameFormat(rate=film_rate or rate))


def edl_times(timeline: Timeline, folder: Path) -> list[str]:
    write_handoff(timeline, folder / "film.edl")
    return re.findall(r"\d\d:\d\d:\d\d[:;]\d\d", (folder / "film.edl").read_text("utf-8"))


@pytest.mark.parametrize(
    ("timecode", "rate", "film_rate", "begin", "end"),
    [
        ("01:00:00;00", NTSC, NTSC, "01:00:01;00", "01:00:02;00"),
        ("01:00:00:00", NTSC, NTSC, "01:00:01:00", "01:00:02:00"),
        # No numbers are left out of a tenth minute, two of every other one.
        ("09:59:59;06", NTSC, NTSC, "10:00:00;06", "10:00:01;06"),
        ("00:00:58;29", NTSC, NTSC, "00:00:59;29", "00:01:01;01"),
        ("14:07:33:11", Fraction(25), Fraction(25), "14:07:34:11", "14:07:35:11"),
        ("14:07:33.11", Fraction(25), Fraction(25), "14:07:34:11", "14:07:35:11"),
        ("00:59:59:12", Fraction(24), Fraction(24), "01:00:00:12", "01:00:01:12"),
        ("23:59:59:00", Fraction(25), Fraction(25), "00:00:00:00", "00:00:01:00"),
        ("00:00:59;58", DOUBLE, DOUBLE, "00:01:01;02", "00:01:02;02"),
        # Half a second is 12 of 24 frames and 15 of 30.
        ("10:00:00:12", FILM, NTSC, "10:00:01:15", "10:00:02:15"),
        ("", Fraction(25), Fraction(25), "00:00:01:00", "00:00:02:00"),
        ("", NTSC, NTSC, "00:00:01;00", "00:00:02;00"),
    ],
)
def test_a_list_names_the_clips_own_frames(
    tmp_path: Path, timecode: str, rate: Fraction, film_rate: Fraction, begin: str, end: str
) -> None:
    assert edl_times(film(timecode, rate, film_rate), tmp_path)[:2] == [begin, end]


def test_record_times_stay_those_of_the_film(tmp_path: Path) -> None:
    times = edl_times(film("14:00:00:00", Fraction(25)), tmp_path)
    assert times[2:] == ["01:00:00:00", "01:00:01:00"]


@pytest.mark.parametrize("timecode", ["01:00:00:30", "1 o'clock", "01:60:00:00", "25:00:00:00"])
def test_what_is_no_timecode_is_told_and_counted_from_nothing(
    tmp_path: Path, timecode: str
) -> None:
    notes = write_handoff(film(timecode, NTSC), tmp_path / "film.edl")
    assert any(repr(timecode) in note and "cannot be read" in note for note in notes)
    assert edl_times(film(timecode, NTSC), tmp_path)[0] == "00:00:01;00"


@pytest.mark.parametrize("speed", [1.0, 2.0, 0.5])
def test_an_asset_starts_at_its_timecode_and_holds_its_clip(tmp_path: Path, speed: float) -> None:
    start = Fraction(107_892 * 1001, 30_000)
    write_handoff(film("01:00:00;00", NTSC, speed=speed), tmp_path / "film.fcpxml")
    root = ET.parse(tmp_path / "film.fcpxml").getroot()
    asset, clip = next(root.iter("asset")), next(root.iter("asset-clip"))

    def value(element: ET.Element, name: str) -> Fraction:
        return Fraction(element.attrib[name].removesuffix("s"))

    assert value(asset, "start") == start
    assert asset.get("name") == "A001.mov"
    assert clip.get("name") == "A001.mov"
    assert clip.get("tcFormat") == "DF"
    begin = value(clip, "start")
    points = [(value(one, "time"), value(one, "value")) for one in root.iter("timept")]
    if points:
        (first, first_value), (last, last_value) = points
        begin = first_value + (begin - first) * (last_value - first_value) / (last - first)
    # The file's second 1 is what is seen first, at every speed, to within half a frame.
    assert abs(begin - start - 1) <= 1 / NTSC
    assert value(asset, "duration") >= begin - start + value(clip, "duration")


def test_markers_lie_within_the_clip_that_counts_from_its_timecode(tmp_path: Path) -> None:
    timeline = film("10:00:00:00", Fraction(25))
    marked = lay_out(
        timeline.film.model_copy(update={"has_chapters": True}),
        [timeline.shots[0].source],
        FrameFormat(rate=Fraction(25)),
    )
    write_handoff(marked, tmp_path / "film.fcpxml")
    root = ET.parse(tmp_path / "film.fcpxml").getroot()
    assert next(root.iter("chapter-marker")).get("start") == "36001s"


def test_otio_media_begins_at_its_timecode(tmp_path: Path) -> None:
    write_handoff(film("10:00:00:12", FILM, NTSC), tmp_path / "film.otio")
    read = otio.adapters.read_from_file(str(tmp_path / "film.otio"))
    clip = read.video_tracks()[0][0]
    available = clip.media_reference.available_range
    assert available.start_time.value == 36_000 * 24 + 12
    assert available.start_time.rate == pytest.approx(float(FILM))
    shown = clip.source_range.start_time.to_seconds() - available.start_time.to_seconds()
    assert shown == pytest.approx(float(30 / NTSC), abs=1e-6)
    assert clip.media_reference.name == "A001.mov"


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mov", "libx264", ("-timecode", "10:20:30:12")),
        ("a.mp4", "libx264", ("-timecode", "10:20:30:12")),
        ("a.mxf", "mpeg2video", ("-timecode", "10:20:30:12")),
        ("a.mkv", "libx264", ("-metadata", "timecode=10:20:30:12")),
    ],
)
def test_a_timecode_is_found_wherever_a_file_keeps_it(
    tmp_path: Path, name: str, codec: str, options: tuple[str, ...]
) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=0.4")
    run_ffmpeg(
        [*picture, "-c:v", codec, "-pix_fmt", "yuv420p", *options, str(tmp_path / name)],
        CancelToken(),
    )
    assert read_source(tmp_path / name).facts.timecode == "10:20:30:12"
