"""The arithmetic of Final Cut Pro XML is exact, and it is the film's."""

from __future__ import annotations

import wave
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings

from core.film.handoff import write_handoff
from core.film.model.delivery import FrameFormat
from core.film.model.film import Caption, Clip, Film, Fit, Music
from core.film.model.layout import lay_out
from tests.fakes.laid_out import film_of, joined, shown, source, timelines

if TYPE_CHECKING:
    from core.film.model.timeline import Timeline


def read(timeline: Timeline, folder: Path) -> ET.Element:
    write_handoff(timeline, folder / "film.fcpxml")
    return ET.parse(folder / "film.fcpxml").getroot()


def time(element: ET.Element, attribute: str) -> Fraction:
    words = element.get(attribute)
    assert words is not None
    assert words.endswith("s")
    return Fraction(words.removesuffix("s"))


def found(root: ET.Element, path: str) -> ET.Element:
    element = root.find(path)
    assert element is not None, path
    return element


def tell(spine: ET.Element, at: Fraction) -> list[Fraction]:
    """The times in their files of the clips that are seen at a time of the film."""
    seen: list[Fraction] = []
    items = list(spine)
    for index, item in enumerate(items):
        if item.tag != "asset-clip":
            continue
        begin = time(item, "offset")
        end = begin + time(item, "duration")
        if index and (before := items[index - 1]).tag == "transition":
            begin = min(begin, time(before, "offset"))
        if index + 1 < len(items) and (after := items[index + 1]).tag == "transition":
            end = max(end, time(after, "offset") + time(after, "duration"))
        if begin <= at < end:
            local = time(item, "start") + at - time(item, "offset")
            seen.append(local * speed_of(item))
    return seen


def speed_of(clip: ET.Element) -> Fraction:
    points = clip.findall("timeMap/timept")
    if not points:
        return Fraction(1)
    first, last = points
    return (time(last, "value") - time(first, "value")) / (time(last, "time") - time(first, "time"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines())
def test_every_frame_shows_what_the_film_shows(tmp_path: Path, timeline: Timeline) -> None:
    spine = found(read(timeline, tmp_path), ".//spine")
    for frame in range(timeline.num_frames):
        expected = [at / timeline.rate for at in shown(timeline, frame).values()]
        assert tell(spine, frame / timeline.rate) == expected


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines())
def test_times_are_whole_frames_and_the_spine_has_no_gap(
    tmp_path: Path, timeline: Timeline
) -> None:
    root = read(timeline, tmp_path)
    formats = {item.get("id"): time(item, "frameDuration") for item in root.iter("format")}
    sequence = found(root, ".//sequence")
    frame = formats[sequence.get("format")]
    assert frame == 1 / timeline.rate
    assert time(sequence, "duration") == timeline.num_frames * frame
    clips = root.findall(".//spine/asset-clip")
    ends = [time(clip, "offset") + time(clip, "duration") for clip in clips]
    assert [time(clip, "offset") for clip in clips] == [0, *ends[:-1]]
    assert ends[-1] == time(sequence, "duration")
    for element in (*clips, *root.iter("transition")):
        for name in {"offset", "duration", "start"} & set(element.keys()):
            assert (time(element, name) / frame).denominator == 1
            assert time(element, name).denominator < 2**31
        assert time(element, "duration") > 0
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    for clip in clips:
        asset = assets[clip.get("ref")]
        duration = time(asset, "duration")
        assert (duration / formats[asset.get("format")]).denominator == 1
        assert (time(clip, "start") + time(clip, "duration")) * speed_of(clip) <= duration


def test_the_frame_duration_is_exact(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"))], rate=Fraction(30_000, 1001))
    root = read(timeline, tmp_path)
    assert found(root, ".//format").get("frameDuration") == "1001/30000s"
    assert found(root, ".//sequence").get("tcFormat") == "DF"
    assert root.get("version") == "1.10"


def test_files_of_another_rate_keep_their_time(tmp_path: Path) -> None:
    clips = (Clip(path=Path("a.mp4")), Clip(path=Path("b.mp4")))
    sources = [source(Path("a.mp4"), 50, Fraction(25)), source(Path("b.mp4"), 48, Fraction(24))]
    mixed = lay_out(Film(clips=clips), sources, FrameFormat(rate=Fraction(25)))
    one, other = read(mixed, tmp_path).findall(".//spine/asset-clip")
    assert one.find("conform-rate") is None
    assert found(other, "conform-rate").attrib == {
        "scaleEnabled": "0",
        "srcFrameRate": "24",
        "frameSampling": "nearest-neighbor",
    }
    assert time(other, "duration") == 2


def test_a_speed_of_many_digits_fits_what_final_cut_counts(tmp_path: Path) -> None:
    clip = Clip(path=Path("a.mp4"), speed=1.2345678)
    root = read(film_of([clip], 500, Fraction(30_000, 1001)), tmp_path)
    for point in root.iter("timept"):
        assert time(point, "value").denominator < 2**31
    assert speed_of(found(root, ".//spine/asset-clip")) == Fraction("1.2345678")


@pytest.mark.parametrize(
    "title", ["\"q\" 'q'", "Grüße 東京 🎬", "a < b & c > d", "two\nlines", "x" * 250, "bell\x07"]
)
def test_titles_and_captions_arrive_whatever_is_in_them(tmp_path: Path, title: str) -> None:
    timeline = film_of(
        [Clip(path=Path("a.mp4"), title=title)],
        title=title,
        has_chapters=True,
        captions=(Caption(text=title, start_s=1),),
    )
    root = read(timeline, tmp_path)
    kept = title.replace("\x07", "\ufffd")
    assert found(root, ".//spine/asset-clip").get("name") == kept.replace("\n", " ")
    assert found(root, ".//project").get("name") == kept.replace("\n", " ")
    chapter, caption = found(root, ".//chapter-marker"), found(root, ".//marker")
    assert (chapter.get("value"), time(chapter, "start")) == (kept, 0)
    assert (caption.get("value"), time(caption, "start")) == (kept, 1)


def test_a_caption_is_marked_in_the_clip_under_it(tmp_path: Path) -> None:
    timeline = film_of(
        [Clip(path=Path("a.mp4")), Clip(path=Path("b.mp4"), start_s=1)],
        48,
        captions=(Caption(text="later", start_s=2.5),),
    )
    clips = read(timeline, tmp_path).findall(".//spine/asset-clip")
    assert [len(clip.findall("marker")) for clip in clips] == [0, 1]
    # The clip's own times begin where it was cut into.
    assert time(found(clips[1], "marker"), "start") == Fraction(3, 2)


@pytest.mark.parametrize("way", ["clips/50 % #1 ü:?.mp4", "../up/a.mp4"])
def test_media_are_found_after_the_folder_moved(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "here"
    media = (folder / "out" / way).parent.resolve() / Path(way).name
    media.parent.mkdir(parents=True)
    media.write_bytes(b"picture")
    root = read(film_of([Clip(path=media)]), folder / "out")
    moved = folder.rename(tmp_path / "there")
    src = found(root, ".//media-rep").get("src")
    assert src is not None
    assert src.startswith(("./", "../"))
    assert (moved / "out" / unquote(src)).read_bytes() == b"picture"


def test_muted_clips_give_only_their_image_and_volumes_are_kept(tmp_path: Path) -> None:
    timeline = film_of(
        [
            Clip(path=Path("a.mp4"), is_muted=True, fit=Fit.FILL),
            Clip(path=Path("b.mp4"), volume_db=-4.5),
        ],
        has_audio=True,
    )
    one, other = read(timeline, tmp_path).findall(".//spine/asset-clip")
    assert (one.get("srcEnable"), one.find("adjust-volume")) == ("video", None)
    assert found(one, "adjust-conform").get("type") == "fill"
    assert other.get("srcEnable") is None
    assert found(other, "adjust-volume").get("amount") == "-4.5dB"


def test_music_is_connected_round_by_round_on_whole_frames(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes(bytes(4 * 44_100))
    music = Music(path=path, start_s=1.0, is_looped=True, volume_db=-6)
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 10)], 50, music=(music,))
    root = read(timeline, tmp_path)
    asset = next(item for item in root.iter("asset") if item.get("name") == "song.wav")
    assert (asset.get("audioChannels"), asset.get("audioRate")) == ("2", "44100")
    spans: list[tuple[Fraction, Fraction]] = []
    for parent in root.findall(".//spine/asset-clip"):
        for clip in parent.findall("asset-clip"):
            assert clip.get("lane") == "-1"
            assert found(clip, "adjust-volume").get("amount") == "-6dB"
            begin = time(parent, "offset") + time(clip, "offset") - time(parent, "start")
            assert time(clip, "duration") <= time(asset, "duration")
            spans.append((begin * 24, time(clip, "duration") * 24))
    # A round takes 0.97 s, the seam's 30 ms less than the piece.
    assert spans == [(24, 23), (47, 24), (71, 19)]


def test_what_is_lost_is_told_and_nothing_else(tmp_path: Path) -> None:
    plain = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 12)])
    assert write_handoff(plain, tmp_path / "film.fcpxml") == ()
    other = film_of(
        [Clip(path=Path("a.mp4")), joined("b.mp4", 12, "fade")],
        rate=Fraction(12),
        captions=(Caption(text="x", end_s=1),),
    )
    notes = write_handoff(other, tmp_path / "film.fcpxml")
    for words in ("'fade' into clip 2", "12 frames a second", "Captions are markers"):
        assert any(words in note for note in notes), words
