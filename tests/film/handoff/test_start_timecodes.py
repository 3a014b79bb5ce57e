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
from tests.fakes.laid_out import source
from tests.film.bundled import run_bundled

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.film.model.timeline import Timeline

NTSC = Fraction(30_000, 1001)
DOUBLE = Fraction(60_000, 1001)
FILM = Fraction(24_000, 1001)


def film(
    timecode: str, rate: Fraction, film_rate: Fraction | None = None, **clip: float
) -> Timeline:
    """Seconds 1 to 2 of a clip of 4 seconds that begins at a timecode."""
    clip_of = Clip(path=Path("shots/A001.mov"), start_s=1.0, end_s=2.0, **clip)  # type: ignore[arg-type] - of many kinds
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
    run_bundled([*picture, "-c:v", codec, "-pix_fmt", "yuv420p", *options, str(tmp_path / name)])
    assert read_source(tmp_path / name).facts.timecode == "10:20:30:12"


PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r={rate}:d=3")
AT = (10, 20, 30, 12)


def units(data: bytes) -> list[bytes]:
    """The units of an H.264 or HEVC stream."""
    return [unit for unit in re.split(rb"\x00\x00\x00?\x01", data) if unit]


def sei(header: bytes, payload_type: int, bits: str) -> bytes:
    """A unit with one message, as it is written between others."""
    bits += "1" if len(bits) % 8 else ""
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    message = bytes([payload_type, len(payload)]) + payload + b"\x80"
    # Two zeros in a row would begin another unit.
    guarded = re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", message)
    return b"\x00\x00\x00\x01" + header + guarded


def clock(at: tuple[int, int, int, int], frame_bits: int, *, is_drop: bool) -> str:
    """A full timestamp as both standards write it; 4 with its flag: numbers are dropped."""
    hours, minutes, seconds, frames = at
    counting = f"{4:05b}101" if is_drop else f"{0:05b}100"
    return f"{counting}{frames:0{frame_bits}b}{seconds:06b}{minutes:06b}{hours:05b}"


def h264_with_timecode(folder: Path, rate: str, keyframe: int, *, is_drop: bool) -> Path:
    """One of its keyframes says when it was taken, and nothing else does."""
    stream = folder / "plain.264"
    words = ("-c:v", "libx264", "-bf", "0", "-g", "60", "-x264-params", "pic-struct=1")
    run_bundled([*(w.format(rate=rate) for w in PICTURE), *words, str(stream)])
    data = b""
    for unit in units(stream.read_bytes()):
        if unit[:2] == b"\x06\x01":
            continue
        if unit[0] & 31 == 5:
            if keyframe == 0:
                # A frame with one timestamp, whose offset has 24 bits where nothing is said of it.
                stamp = clock(AT, 8, is_drop=is_drop)
                data += sei(b"\x06", 1, f"00001000{stamp}{0:024b}")
            keyframe -= 1
        data += b"\x00\x00\x00\x01" + unit
    (folder / "named.264").write_bytes(data)
    return folder / "named.264"


def hevc_with_timecode(folder: Path, rate: str, keyframe: int, *, is_drop: bool) -> Path:
    """The same in HEVC."""
    stream = folder / "plain.265"
    words = ("-c:v", "libx265", "-x265-params", "log-level=none:bframes=0:keyint=60:open-gop=0")
    run_bundled([*(w.format(rate=rate) for w in PICTURE), *words, str(stream)])
    data = b""
    for unit in units(stream.read_bytes()):
        if 16 <= unit[0] >> 1 < 24:
            if keyframe == 0:
                stamp = clock(AT, 9, is_drop=is_drop)
                data += sei(b"\x4e\x01", 136, f"0110{stamp}00000")
            keyframe -= 1
        data += b"\x00\x00\x00\x01" + unit
    (folder / "named.265").write_bytes(data)
    return folder / "named.265"


@pytest.mark.parametrize(
    ("rate", "keyframe", "is_drop", "first"),
    [
        ("25", 0, False, "10:20:30:12"),
        ("30000/1001", 0, True, "10:20:30;12"),
        ("50", 0, False, "10:20:30:12"),
        # Frame 60 has it; the first is 2 seconds and 10 frames earlier.
        ("25", 1, False, "10:20:28:02"),
    ],
)
@pytest.mark.parametrize("write", [h264_with_timecode, hevc_with_timecode])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_timecode_within_the_pictures_is_found(
    tmp_path: Path,
    write: Callable[..., Path],
    suffix: str,
    rate: str,
    keyframe: int,
    is_drop: bool,
    first: str,
) -> None:
    stream = write(tmp_path, rate, keyframe, is_drop=is_drop)
    path = tmp_path / f"a.{suffix}"
    run_bundled(["-r", rate, "-i", str(stream), "-c", "copy", str(path)])
    assert read_source(path).facts.timecode == first


@pytest.mark.parametrize(
    ("drops", "rate", "first"), [(0, "25", "10:20:30:12"), (0x40, "30000/1001", "10:20:30;12")]
)
@pytest.mark.parametrize("suffix", ["mts", "m2ts", "mkv"])
def test_a_timecode_that_an_avchd_camera_notes_is_found(
    tmp_path: Path, suffix: str, drops: int, rate: str, first: str
) -> None:
    """The second of its entries, after the day; digits as two halves of a byte."""
    stream = tmp_path / "plain.264"
    words = ("-c:v", "libx264", "-bf", "0", "-g", "60", "-bsf:v", "filter_units=remove_types=6")
    run_bundled([*(w.format(rate=rate) for w in PICTURE), *words, str(stream)])
    name = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
    entries = bytes.fromhex("18c0202611") + bytes((0x13, 0x12 | drops, 0x30, 0x20, 0x10))
    bits = "".join(f"{byte:08b}" for byte in (*name, 2, *entries))
    data = b""
    is_first = True
    for unit in units(stream.read_bytes()):
        if is_first and unit[0] & 31 == 5:
            data += sei(b"\x06", 5, bits)
            is_first = False
        data += b"\x00\x00\x00\x01" + unit
    (tmp_path / "noted.264").write_bytes(data)
    path = tmp_path / f"a.{suffix}"
    run_bundled(["-r", rate, "-i", str(tmp_path / "noted.264"), "-c", "copy", str(path)])
    assert read_source(path).facts.timecode == first


@pytest.mark.parametrize("suffix", ["ts", "mpg", "m2v", "mkv"])
def test_a_timecode_of_a_group_of_pictures_is_found(tmp_path: Path, suffix: str) -> None:
    words = ("-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-gop_timecode", "10:20:30:12")
    path = tmp_path / f"a.{suffix}"
    run_bundled([*(w.format(rate="25") for w in PICTURE), *words, str(path)])
    assert read_source(path).facts.timecode == "10:20:30:12"


def test_a_recording_that_was_cut_begins_with_its_first_whole_picture(tmp_path: Path) -> None:
    words = ("-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-gop_timecode", "10:20:30:12")
    whole, path = tmp_path / "whole.m2v", tmp_path / "cut.m2v"
    run_bundled([*(w.format(rate="25") for w in PICTURE), *words, str(whole)])
    data = whole.read_bytes()
    second = data.index(b"\x00\x00\x01\xb3", 4)
    path.write_bytes(data[second:])
    # The second group's first two pictures need the first group; its third one is frame 12.
    assert read_source(path).facts.timecode == "10:20:30:24"


def test_an_encoder_that_was_told_of_no_timecode_writes_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mpg"
    words = ("-c:v", "mpeg2video", "-bf", "2")
    run_bundled([*(w.format(rate="25") for w in PICTURE), *words, str(path)])
    assert read_source(path).facts.timecode == ""
