"""What a reader of edit decision lists sees is the film, frame by frame."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedRequest
from core.film.handoff import write_handoff
from core.film.handoff.edl import reel_names
from core.film.model.film import Caption, Clip
from core.film.model.timecode import counted_rate, frame_of_first_hour, is_drop_frame, timecode
from tests.fakes.laid_out import RATES, film_of, joined, shown, timelines

if TYPE_CHECKING:
    from core.film.model.timeline import Timeline

EVENT = re.compile(
    r"^(\d+)\s+(\w+)\s+(\S+)\s+(?:C|(?:D|W\d{3})\s+(\d+))\s+(\S+) (\S+) (\S+) (\S+)$"
)


def written(timeline: Timeline, folder: Path) -> str:
    write_handoff(timeline, folder / "film.edl")
    return (folder / "film.edl").read_text("utf-8")


def reading_rate(rate: Fraction) -> float:
    """The rate as the adapter has to be told, since lists do not say it."""
    return float(rate if is_drop_frame(rate) else counted_rate(rate))


def frame_of(code: str, rate: Fraction) -> int:
    """The frame with that timecode, as the OpenTimelineIO library counts."""
    return round(otio.opentime.from_timecode(code, reading_rate(rate)).value)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines(alone=1))
def test_every_frame_shows_what_the_film_shows(tmp_path: Path, timeline: Timeline) -> None:
    write_handoff(timeline, tmp_path / "film.edl")
    rate = reading_rate(timeline.rate)
    read_metadata = otio.adapters.read_from_file(str(tmp_path / "film.edl"), rate=rate)
    for track in read_metadata.tracks:
        clips = [child for child in track if isinstance(child, otio.schema.Clip)]
        assert sum(clip.duration().value for clip in clips) == timeline.num_frames
    image = read_metadata.video_tracks()[0]
    for frame in range(timeline.num_frames):
        expected = shown(timeline, frame).values()
        found = tell(image, frame, timeline)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            # The list has whole frames of the file only, and half of one at most is missing.
            assert one == pytest.approx(float(other), abs=0.501)


def tell(track: otio.schema.Track, frame: int, timeline: Timeline) -> list[float]:
    """The times in their files of the clips that a frame of the list shows, in film frames."""
    found: list[float] = []
    children = [*track, None]
    shots = iter(timeline.shots)
    begin = 0.0
    for child, after in pairwise(children):
        if not isinstance(child, otio.schema.Clip):
            continue
        shot = next(shots)
        end = begin + child.duration().value
        if isinstance(after, otio.schema.Transition):
            end_seen = end + after.out_offset.value
        else:
            end_seen = end
        if begin <= frame < end_seen:
            # The reader overlooks M2 where as many frames are read as are shown.
            scale = float(shot.speed)
            for effect in child.effects:
                # A speed in a list counts the timecode's frames, 30 a second at 29.97.
                scale = effect.time_scalar * reading_rate(timeline.rate)
                scale /= counted_rate(timeline.rate)
            found.append(child.source_range.start_time.value + (frame - begin) * scale)
        begin = end
    return found


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines())
def test_record_times_are_contiguous_and_end_with_the_film(
    tmp_path: Path, timeline: Timeline
) -> None:
    events = [EVENT.match(line) for line in written(timeline, tmp_path).splitlines()]
    spans = [
        (frame_of(event[7], timeline.rate), frame_of(event[8], timeline.rate))
        for event in events
        if event and event[3] != "AA"
    ]
    lasting = [span for span in spans if span[0] != span[1]]
    start = frame_of_first_hour(timeline.rate)
    assert [first for first, _ in lasting] == [start, *(end for _, end in lasting[:-1])]
    assert lasting[-1][1] == start + timeline.num_frames


@example(frame=1799, rate=Fraction(30_000, 1001))
@example(frame=1800, rate=Fraction(30_000, 1001))
@example(frame=17_981, rate=Fraction(30_000, 1001))
@example(frame=17_982, rate=Fraction(30_000, 1001))
@example(frame=19_781, rate=Fraction(30_000, 1001))
@example(frame=3599, rate=Fraction(60_000, 1001))
@given(frame=st.integers(0, 30 * 60 * 60 * 24), rate=st.sampled_from(RATES))
def test_timecodes_are_those_of_the_opentimelineio_library(frame: int, rate: Fraction) -> None:
    frame %= 24 * frame_of_first_hour(rate)
    time = otio.opentime.RationalTime(frame, reading_rate(rate))
    assert timecode(frame, rate) == otio.opentime.to_timecode(time, reading_rate(rate))


@pytest.mark.parametrize(
    ("rate", "mode", "first"),
    [
        ("24000/1001", "NON-DROP FRAME", "01:00:00:00"),
        ("25", "NON-DROP FRAME", "01:00:00:00"),
        ("30000/1001", "DROP FRAME", "01:00:00;00"),
        ("30", "NON-DROP FRAME", "01:00:00:00"),
        ("60000/1001", "DROP FRAME", "01:00:00;00"),
    ],
)
def test_the_list_says_whether_frame_numbers_are_dropped(
    tmp_path: Path, rate: str, mode: str, first: str
) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"))], rate=Fraction(rate))
    text = written(timeline, tmp_path)
    assert text.splitlines()[1] == f"FCM: {mode}"
    assert first in text


def test_a_dissolve_begins_where_the_overlap_begins(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("one.mp4")), joined("two.mp4", 12)])
    events = [line for line in written(timeline, tmp_path).splitlines() if EVENT.match(line)]
    assert [event.split() for event in events] == [
        ["001", "ONE", "V", "C", "00:00:00:00", "00:00:03:16", "01:00:00:00", "01:00:03:16"],
        ["002", "ONE", "V", "C", "00:00:03:16", "00:00:03:16", "01:00:03:16", "01:00:03:16"],
        ["002", "TWO", "V", "D", "012", "00:00:00:00", "00:00:04:04", "01:00:03:16", "01:00:07:20"],
    ]


def test_a_shot_that_gives_way_at_once_is_named_by_the_next_event(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 12)], [12, 20])
    events = [line for line in written(timeline, tmp_path).splitlines() if EVENT.match(line)]
    assert [event.split()[1:5] for event in events] == [
        ["A", "V", "C", "00:00:00:00"],
        ["B", "V", "D", "012"],
    ]


def test_wipes_have_their_numbers_and_others_become_dissolves(tmp_path: Path) -> None:
    clips = [Clip(path=Path("a.mp4"))]
    clips += [joined("b.mp4", 12, kind) for kind in ("wipe-right", "wipe-down", "zoom-in")]
    notes = write_handoff(film_of(clips), tmp_path / "film.edl")
    events = re.findall(r" (W\d{3}|D) +012 ", (tmp_path / "film.edl").read_text("utf-8"))
    assert events == ["W001", "W002", "D"]
    assert [note for note in notes if "transition" in note] == [
        "EDL has no transition 'zoom-in'; into clip 4 it is written as a dissolve."
    ]


def test_a_speed_is_written_as_m2_and_told(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"), speed=1.5)], rate=Fraction(30_000, 1001))
    notes = write_handoff(timeline, tmp_path / "film.edl")
    text = (tmp_path / "film.edl").read_text("utf-8")
    assert re.search(r"^M2   A {14}045\.0 {7}00:00:00:00$", text, re.MULTILINE)
    assert "The speed 1.5 of clip 1 is written as M2." in notes


def test_audio_comes_with_the_image_or_by_a_cut_of_its_own(tmp_path: Path) -> None:
    timeline = film_of(
        [
            Clip(path=Path("a.mp4")),
            joined("b.mp4", 12),
            joined("c.mp4", 12, is_muted=True),
            joined("d.mp4", 12),
        ],
        has_audio=True,
    )
    text = written(timeline, tmp_path)
    events = [match for line in text.splitlines() if (match := EVENT.match(line))]
    tracks = [(event[2], event[3], event[4]) for event in events]
    assert tracks == [
        ("A", "AA/V", None),
        ("A", "AA/V", None),
        ("B", "AA/V", "012"),
        ("B", "V", None),
        ("C", "V", "012"),
        ("C", "V", None),
        ("D", "V", "012"),
        ("D", "AA", None),
    ]
    read_metadata = otio.adapters.read_from_string(text, "cmx_3600", rate=24)
    assert [track.name for track in read_metadata.tracks] == ["V", "A1", "A2"]


@settings(max_examples=40, deadline=None)
@given(stems=st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=30, unique=True))
def test_reel_names_are_short_plain_and_of_one_file_each(stems: list[str]) -> None:
    paths = [Path(f"{number}", stem.replace("/", "_")) for number, stem in enumerate(stems)]
    names = reel_names([*paths, *paths])
    assert len(set(names.values())) == len(set(paths)) == len(names)
    assert all(re.fullmatch(r"[A-Z0-9]{1,8}", name) for name in names.values())
    assert not set(names.values()) & {"BL", "BLACK", "BARS", "AX"}


def test_long_names_that_begin_alike_get_different_reels() -> None:
    names = reel_names(Path(f"{folder}/sunset-over-the-sea.mp4") for folder in range(12))
    assert list(names.values())[:3] == ["SUNSETOV", "SUNSETO2", "SUNSETO3"]
    assert list(names.values())[-1] == "SUNSET12"


@pytest.mark.parametrize(
    "title", ["\"q\" 'q'", "Grüße 東京 🎬", "a < b & c > d", "two\nli\u2028nes\x0b!", "x" * 250]
)
def test_clip_names_stay_on_one_line(tmp_path: Path, title: str) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"), title=title)], title=title)
    write_handoff(timeline, tmp_path / "film.edl")
    read_metadata = otio.adapters.read_from_file(str(tmp_path / "film.edl"), rate=24)
    kept = title.replace("\n", " ").replace("\u2028", " ").replace("\x0b", "\ufffd")
    assert read_metadata.name == kept
    assert read_metadata.video_tracks()[0][0].name == kept


def test_what_a_list_cannot_say_is_told(tmp_path: Path) -> None:
    timeline = film_of(
        [Clip(path=Path("a.mp4"), title="é", volume_db=-3)],
        rate=Fraction(24_000, 1001),
        has_audio=True,
        has_chapters=True,
        captions=(Caption(text="x", end_s=1),),
    )
    notes = write_handoff(timeline, tmp_path / "film.edl")
    for words in ("no captions", "no chapters", "no volume", "23.976", "ASCII"):
        assert any(words in note for note in notes), words


def test_more_frames_a_second_than_fit_two_digits_are_refused(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"))], rate=Fraction(120))
    with pytest.raises(UnsupportedRequest, match="at most 99 frames"):
        write_handoff(timeline, tmp_path / "film.edl")
