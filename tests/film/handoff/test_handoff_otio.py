"""What the OpenTimelineIO library reads is the film, frame by frame."""

from __future__ import annotations

import json
import wave
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings

from core.errors import UnreadableMusic
from core.film.handoff import write_handoff
from core.film.model.film import Caption, Clip, Lut, Music
from tests.fakes.laid_out import film_of, joined, shown, timelines

if TYPE_CHECKING:
    from core.film.model.timeline import Timeline


def read(timeline: Timeline, path: Path) -> otio.schema.Timeline:
    write_handoff(timeline, path)
    read_metadata = otio.adapters.read_from_file(str(path))
    assert isinstance(read_metadata, otio.schema.Timeline)
    return read_metadata


def tell(track: otio.schema.Track, frame: int, rate: Fraction) -> dict[int, float]:
    """For each clip that a frame of the track shows: the time in its file, in film frames."""
    found: dict[int, float] = {}
    children = list(track)
    for index, child in enumerate(children):
        if not isinstance(child, otio.schema.Clip):
            continue
        span = child.range_in_parent()
        assert span is not None
        begin, end = span.start_time.value, span.end_time_exclusive().value
        if index and isinstance(before := children[index - 1], otio.schema.Transition):
            begin -= before.in_offset.value
        after = children[index + 1] if index + 1 < len(children) else None
        if after is not None and isinstance(after, otio.schema.Transition):
            end += after.out_offset.value
        if not begin <= frame < end:
            continue
        scale = next((effect.time_scalar for effect in child.effects), 1.0)
        start = child.source_range.start_time
        assert start.rate == float(rate)
        number = int(child.metadata["imageai"]["number"])
        found[number] = start.value + (frame - span.start_time.value) * scale
    return found


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines())
def test_every_frame_shows_what_the_film_shows(tmp_path: Path, timeline: Timeline) -> None:
    read_metadata = read(timeline, tmp_path / "film.otio")
    assert read_metadata.duration() == otio.opentime.RationalTime(
        timeline.num_frames, float(timeline.rate)
    )
    for track in read_metadata.tracks:
        assert track.duration().value == timeline.num_frames
        for frame in range(timeline.num_frames):
            expected = {n: float(at) for n, at in shown(timeline, frame).items()}
            assert tell(track, frame, timeline.rate) == pytest.approx(expected, abs=1e-6)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines())
def test_whole_frames_are_written_as_whole_numbers(tmp_path: Path, timeline: Timeline) -> None:
    write_handoff(timeline, tmp_path / "film.otio")
    tracks = json.loads((tmp_path / "film.otio").read_text("utf-8"))["tracks"]["children"]
    for child in (child for track in tracks for child in track["children"]):
        if child["OTIO_SCHEMA"].startswith("Transition"):
            times = [child["in_offset"], child["out_offset"]]
        else:
            times = [child["source_range"]["duration"]]
            if not child["effects"]:
                times.append(child["source_range"]["start_time"])
        assert all(time["value"].is_integer() for time in times)
        assert {time["rate"] for time in times} == {float(timeline.rate)}


def test_a_transition_lies_around_the_middle_of_the_overlap(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 15)])
    image = read(timeline, tmp_path / "film.otio").video_tracks()[0]
    before, transition, after = image
    assert isinstance(transition, otio.schema.Transition)
    assert (transition.in_offset.value, transition.out_offset.value) == (7, 8)
    assert transition.transition_type == "SMPTE_Dissolve"
    assert before.trimmed_range().duration.value == 100 - 8
    assert after.trimmed_range().start_time.value == 7
    assert after.trimmed_range().duration.value == 93


def test_another_transition_keeps_its_name_and_is_told(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 12, "radial")])
    notes = write_handoff(timeline, tmp_path / "film.otio")
    transition = otio.adapters.read_from_file(str(tmp_path / "film.otio")).video_tracks()[0][1]
    assert transition.transition_type == "Custom_Transition"
    assert transition.name == "radial"
    assert any("'radial' into clip 2" in note for note in notes)


def test_a_transition_of_one_frame_is_a_cut_after_that_frame(tmp_path: Path) -> None:
    timeline = film_of(
        [Clip(path=Path("a.mp4")), joined("b.mp4", 1), joined("c.mp4", 1)], [10, 5, 1]
    )
    notes = write_handoff(timeline, tmp_path / "film.otio")
    image = otio.adapters.read_from_file(str(tmp_path / "film.otio")).video_tracks()[0]
    assert [clip.name for clip in image] == ["a.mp4", "b.mp4"]
    assert [clip.duration().value for clip in image] == [10, 4]
    assert any("clips 2 and 3 lasts one frame" in note for note in notes)
    assert any("all of clip 3" in note for note in notes)


@pytest.mark.parametrize(
    "title",
    ["\"quoted\" 'title'", "Grüße 東京 🎬", "a < b & c > d", "two\nlines", "x" * 250, "bell\x07"],
)
def test_titles_and_captions_arrive_whatever_is_in_them(tmp_path: Path, title: str) -> None:
    clip = Clip(path=Path("a.mp4"), title=title)
    timeline = film_of(
        [clip], title=title, has_chapters=True, captions=(Caption(text=title, end_s=2),)
    )
    read_metadata = read(timeline, tmp_path / "film.otio")
    kept = title.replace("\x07", "\ufffd")
    assert read_metadata.name == kept
    assert read_metadata.video_tracks()[0][0].name == kept.replace("\n", " ")
    chapter, caption = read_metadata.tracks.markers
    assert (chapter.name, chapter.marked_range.duration.value) == (kept, 100)
    assert (caption.name, caption.marked_range.duration.value) == (kept, 48)


def test_media_are_found_after_the_folder_moved(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    media = folder / "clips" / "50 % #1 ü?.mp4"
    media.parent.mkdir(parents=True)
    media.write_bytes(b"picture")
    write_handoff(film_of([Clip(path=media)]), folder / "out" / "film.otio")
    moved = folder.rename(tmp_path / "there")
    clip = otio.adapters.read_from_file(str(moved / "out" / "film.otio")).video_tracks()[0][0]
    url = clip.media_reference.target_url
    assert "%20" in url
    assert (moved / "out" / unquote(url)).read_bytes() == b"picture"


def test_what_a_file_holds_is_counted_at_its_own_rate(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"))], 90, Fraction(30_000, 1001))
    clip = read(timeline, tmp_path / "film.otio").video_tracks()[0][0]
    available = clip.media_reference.available_range
    assert available.duration == otio.opentime.RationalTime(90, 30_000 / 1001)
    assert clip.source_range == available


def music_file(path: Path, seconds: float, rate_hz: int = 48_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(bytes(2 * round(seconds * rate_hz)))
    return path


def audios(timeline: Timeline, path: Path) -> list[tuple[float, float, float]]:
    """The music's clips: begin in the film, begin in the file, length; in samples."""
    track = read(timeline, path).audio_tracks()[-1]
    found: list[Any] = [
        (child.range_in_parent(), child.source_range)
        for child in track
        if isinstance(child, otio.schema.Clip)
    ]
    return [(at.start_time.value, of.start_time.value, of.duration.value) for at, of in found]


def test_a_loop_is_written_out_round_by_round(tmp_path: Path) -> None:
    music = Music(
        path=music_file(tmp_path / "song.wav", 1.5), start_s=0.5, offset_s=0.5, is_looped=True
    )
    timeline = film_of([Clip(path=Path("a.mp4"))], 72, music=(music,))
    every = 48_000 - 1440
    assert audios(timeline, tmp_path / "film.otio") == [
        (24_000, 24_000, every),
        (24_000 + every, 24_000, every),
        (24_000 + 2 * every, 24_000, 120_000 - 2 * every),
    ]


def test_music_ends_with_its_file_and_keeps_its_volume(tmp_path: Path) -> None:
    path = music_file(tmp_path / "song.wav", 1.0, 44_100)
    music = Music(path=path, volume_db=-12, end_s=2.5, duck_db=6, fade_out_s=1)
    timeline = film_of([Clip(path=Path("a.mp4"))], 72, music=(music,))
    assert audios(timeline, tmp_path / "film.otio") == [(0, 0, 48_000)]
    notes = write_handoff(timeline, tmp_path / "film.otio")
    track = otio.adapters.read_from_file(str(tmp_path / "film.otio")).audio_tracks()[0]
    assert track[0].metadata["imageai"]["volume_db"] == -12
    for word in ("volume", "fades", "ducking", "ends before"):
        assert any(word in note for note in notes)


def test_missing_music_is_named(tmp_path: Path) -> None:
    music = Music(path=tmp_path / "none.wav")
    timeline = film_of([Clip(path=Path("a.mp4"))], music=(music,))
    with pytest.raises(UnreadableMusic, match=r"none\.wav"):
        write_handoff(timeline, tmp_path / "film.otio")
    assert not (tmp_path / "film.otio").exists()


def test_silent_clips_are_gaps_in_the_track_of_audios(tmp_path: Path) -> None:
    timeline = film_of(
        [
            Clip(path=Path("a.mp4"), is_muted=True),
            joined("b.mp4", 10),
            joined("c.mp4", 10, is_muted=True),
            joined("d.mp4", 10, is_muted=True),
        ],
        has_audio=True,
    )
    audio = read(timeline, tmp_path / "film.otio").audio_tracks()[0]
    kinds = [child.schema_name() for child in audio]
    assert kinds == ["Gap", "Transition", "Clip", "Transition", "Gap", "Gap"]
    assert audio.duration().value == timeline.num_frames


def test_what_is_lost_is_told(tmp_path: Path) -> None:
    lut = Lut(path=Path("warm.cube"))
    timeline = film_of([Clip(path=Path("a.mp4"))], lut=lut, captions=(Caption(text="x", end_s=1),))
    notes = write_handoff(timeline, tmp_path / "film.otio")
    assert any("warm.cube" in note for note in notes)
    assert any("Captions are markers" in note for note in notes)


def test_a_plain_film_loses_nothing(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 12)])
    assert write_handoff(timeline, tmp_path / "film.otio") == ()
