"""Whatever a clip's file is like, its frames and sounds are in the film, or a note says why not."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnreadableClip, UnsupportedRequest
from core.film.model.film import Clip, Transition
from core.film.model.packets import Tracks
from core.film.model.source import read_source
from scripts.docs.clip_kinds import CLIP_KINDS, ClipKind
from tests.film.real_files import (
    H264,
    SIZE,
    TONES_S,
    counted,
    film_shown,
    glued,
    made,
    plainly_shown,
    tones,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.film.real_files import Shown

AAC = ("-c:a", "aac")
MPEG2 = ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "3", "-c:a", "mp2")
FRAME_S = 1 / 25


def assert_tones(seen: Shown, wanted: Sequence[float]) -> None:
    """The tones, each at most a frame off."""
    assert len(seen.tones_s) == len(wanted), seen.tones_s
    for got, due in zip(seen.tones_s, wanted, strict=True):
        assert abs(got - due) <= FRAME_S, seen.tones_s


@pytest.mark.parametrize("kind", CLIP_KINDS, ids=lambda kind: f"{kind.name}-{kind.image}")
def test_each_kind_of_clip_is_shown_whole(tmp_path: Path, kind: ClipKind) -> None:
    sound = tones(tmp_path) if kind.audio else []
    pixels = ["-pix_fmt", "yuvj420p"] if kind.image == "Motion JPEG" else []
    path = made(tmp_path / f"clip{kind.suffix}", *counted(tmp_path), *sound, *kind.coding, *pixels)
    seen = film_shown(tmp_path, path)
    assert seen.numbers == list(range(40))
    assert seen.rate == 25
    if kind.audio:
        assert_tones(seen, TONES_S)
        # The sixth and the thirty-first frame are seen with the tones.
        assert seen.number_at(seen.tones_s[0] + 0.001) in (5, 6)
    assert seen.notes == []


# What is hidden by an edit list


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_lead_in_behind_an_edit_list_is_not_shown(tmp_path: Path, suffix: str) -> None:
    whole = made(tmp_path / "whole.mp4", *counted(tmp_path), *tones(tmp_path), *H264, *AAC)
    path = tmp_path / f"cut.{suffix}"
    made(path, "-ss", "0.6", "-i", str(whole), "-c", "copy")
    seen = film_shown(tmp_path, path)
    assert seen.numbers == list(range(15, 40))
    assert_tones(seen, [0.6])


def test_whole_groups_that_an_edit_list_leaves_out_are_no_damage(tmp_path: Path) -> None:
    words = (*counted(tmp_path), "-c:v", "libx264", "-g", "5", "-bf", "0")
    path = made(tmp_path / "whole.mp4", *words)
    # The edit's first moment, as a phone's trimming writes it: sixteen frames into the media.
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4
    assert int.from_bytes(data[at + 4 : at + 8], "big") == 1
    data[at + 8 : at + 12] = (960).to_bytes(4, "big")
    start = int.from_bytes(data[at + 12 : at + 16], "big")
    data[at + 12 : at + 16] = (start + 16 * 512).to_bytes(4, "big")
    path.write_bytes(data)
    assert film_shown(tmp_path, path).numbers == list(range(16, 40))


def test_file_that_was_cut_off_behind_an_edit_list_is_refused(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole.mp4", *counted(tmp_path), *H264)
    cut = made(
        tmp_path / "cut.mp4",
        *("-ss", "0.6", "-i", str(whole), "-c", "copy", "-movflags", "+faststart"),
    )
    data = cut.read_bytes()
    cut.write_bytes(data[: len(data) - 600])
    with pytest.raises(UnreadableClip, match=r"is cut off: .* of 40 frames are left"):
        read_source(cut)


# Clocks


@pytest.mark.parametrize("words", [(*H264, *AAC), MPEG2], ids=["ts", "mpg"])
def test_files_joined_byte_by_byte_are_shown_whole(tmp_path: Path, words: Sequence[str]) -> None:
    suffix = "mpg" if words is MPEG2 else "ts"
    parts = [
        made(tmp_path / f"{n}.{suffix}", *counted(tmp_path, first=40 * n), *tones(tmp_path), *words)
        for n in range(3)
    ]
    seen = film_shown(tmp_path, glued(tmp_path / f"all.{suffix}", *parts))
    assert seen.numbers == list(range(120))
    assert_tones(seen, [1.6 * n + at for n in range(3) for at in TONES_S])
    assert "its clock starts over 2 times" in seen.text


def test_clock_that_leaps_ahead_in_a_transport_stream_is_no_pause(tmp_path: Path) -> None:
    words = (*H264, *AAC)
    first = made(tmp_path / "1.ts", *counted(tmp_path), *tones(tmp_path), *words)
    later = ("-output_ts_offset", "300")
    second = made(tmp_path / "2.ts", *counted(tmp_path, first=40), *tones(tmp_path), *words, *later)
    seen = film_shown(tmp_path, glued(tmp_path / "all.ts", first, second))
    assert seen.numbers == list(range(80))
    assert_tones(seen, [0.2, 1.2, 1.8, 2.8])


def test_long_pause_in_another_file_stays(tmp_path: Path) -> None:
    late = ("-vf", "setpts='(N+gte(N,10)*300)/25/TB'", "-fps_mode", "vfr")
    path = made(tmp_path / "pause.mkv", *counted(tmp_path, 20), *late, *H264)
    seen = film_shown(tmp_path, path)
    assert seen.numbers == [*range(10), *[9] * 300, *range(10, 20)]


@pytest.mark.parametrize("rate", [1, 2, 5])
def test_order_of_decoding_is_no_new_clock(tmp_path: Path, rate: int) -> None:
    words = ("-c:v", "libx264", "-bf", "3", "-x264-params", "b-adapt=0:b-pyramid=2")
    path = made(tmp_path / "slow.mkv", *counted(tmp_path, 12, rate=rate), *words)
    seen = film_shown(tmp_path, path)
    assert (seen.rate, seen.numbers, seen.notes) == (rate, list(range(12)), [])


def test_file_that_was_cut_anywhere_begins_with_what_decodes(tmp_path: Path) -> None:
    words = ("-c:v", "libx264", "-x264-params", "open-gop=1:keyint=12:bframes=2")
    whole = made(tmp_path / "whole.ts", *counted(tmp_path), *words)
    path = tmp_path / "mid.ts"
    path.write_bytes(whole.read_bytes()[188 * 20 :])
    assert film_shown(tmp_path, path).numbers == list(range(12, 40))


LATE_IMAGE = ("-vf", "setpts=PTS+0.4/TB", "-fps_mode", "passthrough")
LATE_SOUND = ("-af", "asetpts=PTS+0.4/TB")


@pytest.mark.parametrize("suffix", ["ts", "mpg", "mkv", "mp4"])
@pytest.mark.parametrize(("late", "wanted"), [(LATE_IMAGE, 20), (LATE_SOUND, 40)])
def test_picture_and_sound_keep_their_distance(
    tmp_path: Path, suffix: str, late: Sequence[str], wanted: int
) -> None:
    words = MPEG2 if suffix == "mpg" else ("-c:v", "libx264", "-bf", "0", *AAC)
    path = tmp_path / f"late.{suffix}"
    made(path, *counted(tmp_path, 50), *tones(tmp_path, 2), *late, *words)
    seen = film_shown(tmp_path, path)
    number = seen.number_at(seen.tones_s[-1] + 0.001)
    assert number is not None
    assert abs(number - wanted) <= 1


# Rates


def test_clock_of_a_phone_that_trembles_costs_no_frame(tmp_path: Path) -> None:
    uneven = ("-vf", "setpts='(N/25+0.013*sin(N))/TB'", "-fps_mode", "vfr")
    fine = ("-video_track_timescale", "90000", "-enc_time_base", "1:90000")
    path = made(tmp_path / "p.mp4", *counted(tmp_path), *uneven, *H264, "-bf", "0", *fine)
    seen = film_shown(tmp_path, path)
    assert (seen.rate, seen.numbers) == (25, list(range(40)))
    assert "uneven frame times" in seen.text


def test_recorder_whose_first_frame_lasts_longer_has_a_usual_rate(tmp_path: Path) -> None:
    words = ("-c:v", "libx264", "-bf", "0", *AAC, "-output_ts_offset", "100")
    fragments = ("-movflags", "frag_keyframe+empty_moov")
    path = tmp_path / "recorder.mp4"
    made(path, *counted(tmp_path), *tones(tmp_path), *words, *fragments)
    seen = film_shown(tmp_path, path)
    assert seen.rate == 25
    assert set(seen.numbers) == set(range(40))


@pytest.mark.parametrize("is_first", [True, False])
def test_recording_that_leaves_frames_out_does_not_decide(tmp_path: Path, is_first: bool) -> None:
    gaps = ("-vf", "select='lt(n,5)+gt(n,20)*not(mod(n,3))'", "-fps_mode", "vfr")
    screen = made(tmp_path / "screen.mp4", *counted(tmp_path), *gaps, *H264)
    usual = made(tmp_path / "usual.mp4", *counted(tmp_path, rate=30), *H264)
    seen = film_shown(tmp_path, *((screen, usual) if is_first else (usual, screen)))
    assert seen.rate == 30
    assert "'screen.mp4' has uneven frame times" in seen.text


def test_recording_that_leaves_frames_out_loses_no_other(tmp_path: Path) -> None:
    gaps = ("-vf", "select='lt(n,5)+gt(n,20)*not(mod(n,3))'", "-fps_mode", "vfr")
    seen = film_shown(tmp_path, made(tmp_path / "s.mkv", *counted(tmp_path), *gaps, *H264))
    assert seen.rate == 25
    assert set(seen.numbers) == {0, 1, 2, 3, 4, *range(21, 40, 3)}


def test_rate_that_no_player_knows_gives_way_to_the_next(tmp_path: Path) -> None:
    path = made(tmp_path / "odd.mkv", *counted(tmp_path, rate=Fraction(292, 10)), *H264)
    seen = film_shown(tmp_path, path)
    assert seen.rate == Fraction(30_000, 1001)
    assert set(seen.numbers) == set(range(40))
    assert "29.2, which is unusual" in seen.text


def test_slides_are_seen_as_long_as_they_say(tmp_path: Path) -> None:
    path = made(tmp_path / "slides.gif", *counted(tmp_path, 3, rate=Fraction(1, 3)), "-r", "1/3")
    seen = film_shown(tmp_path, path)
    assert seen.numbers == [n for n in range(3) for _ in range(75)]
    assert "a frame each 3 s" in seen.text


def test_clip_below_a_frame_a_second_takes_the_rate_of_the_others(tmp_path: Path) -> None:
    slides = made(tmp_path / "slides.mkv", *counted(tmp_path, 3, rate=Fraction(1, 2)), *H264)
    usual = made(tmp_path / "usual.mp4", *counted(tmp_path, 20, rate=30), *H264)
    seen = film_shown(tmp_path, slides, usual)
    assert seen.rate == 30
    assert seen.numbers == [*(n for n in range(3) for _ in range(60)), *range(20)]


# Sizes


def test_size_that_changes_on_the_way_loses_no_frame(tmp_path: Path) -> None:
    plain = ("-c:v", "libx264", "-bf", "0")
    small = made(tmp_path / "1.ts", *counted(tmp_path, 20), *plain)
    later = ("-output_ts_offset", "0.8")
    large = (240, 160)
    big = made(tmp_path / "2.ts", *counted(tmp_path, 20, first=20, size=large), *plain, *later)
    seen = film_shown(tmp_path, glued(tmp_path / "both.ts", small, big))
    assert seen.numbers == list(range(40))
    assert seen.size == large
    assert "144x96, 240x160" in seen.text


def test_size_that_changes_in_webm_loses_no_frame(tmp_path: Path) -> None:
    small = made(tmp_path / "1.webm", *counted(tmp_path, 20), "-c:v", "libvpx")
    larger = counted(tmp_path, 20, first=20, size=(240, 160))
    big = made(tmp_path / "2.webm", *larger, "-c:v", "libvpx")
    names = tmp_path / "list.txt"
    names.write_text(f"file {small.name}\nfile {big.name}\n", encoding="utf-8")
    path = made(tmp_path / "both.webm", "-f", "concat", "-i", str(names), "-c", "copy")
    assert film_shown(tmp_path, path).numbers == list(range(40))


# Streams


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_cover_before_the_video_is_not_the_film(tmp_path: Path, suffix: str) -> None:
    Image.new("RGB", (320, 320), (255, 0, 0)).save(tmp_path / "cover.jpg")
    video = made(tmp_path / "v.mp4", *counted(tmp_path), *H264)
    both = ("-i", str(tmp_path / "cover.jpg"), "-i", str(video), "-map", "0", "-map", "1")
    path = made(tmp_path / f"cover.{suffix}", *both, "-c", "copy")
    assert film_shown(tmp_path, path).numbers == list(range(40))


def two_pictures(folder: Path, *, default: int) -> Path:
    images = (*counted(folder, 20, first=100, size=(96, 64)), *counted(folder, 20))
    flags = [("default" if n == default else "0") for n in range(2)]
    chosen = ("-disposition:v:0", flags[0], "-disposition:v:1", flags[1])
    return made(folder / f"{default}.mkv", *images, "-map", "0", "-map", "1", *H264, *chosen)


def test_default_picture_is_shown_else_the_largest(tmp_path: Path) -> None:
    seen = film_shown(tmp_path, two_pictures(tmp_path, default=0))
    assert seen.numbers == list(range(100, 120))
    assert "2 tracks of pictures; track 1 is shown" in seen.text
    assert film_shown(tmp_path, two_pictures(tmp_path, default=-1)).numbers == list(range(20))


def test_picture_can_be_chosen(tmp_path: Path) -> None:
    path = two_pictures(tmp_path, default=0)
    seen = film_shown(tmp_path, Clip(path=path, video_track=2), Clip(path=path))
    assert seen.numbers == [*range(20), *range(100, 120)]


def two_sounds(folder: Path, first: Sequence[float], second: Sequence[float]) -> Path:
    sounds = (*tones(folder, at=first), *tones(folder, at=second))
    words = (*counted(folder), *sounds, "-map", "0", "-map", "1", "-map", "2", *H264, *AAC)
    return made(folder / "two.mp4", *words)


def test_silent_first_track_gives_way_to_the_microphone(tmp_path: Path) -> None:
    seen = film_shown(tmp_path, two_sounds(tmp_path, [], TONES_S))
    assert_tones(seen, TONES_S)
    assert "2 sound tracks; track 2 is heard, and track 1 is silent" in seen.text


def test_track_that_is_left_out_is_told_and_can_be_chosen(tmp_path: Path) -> None:
    path = two_sounds(tmp_path, [0.4], TONES_S)
    seen = film_shown(tmp_path, path)
    assert_tones(seen, [0.4])
    assert "2 sound tracks; track 1 is heard" in seen.text
    assert_tones(film_shown(tmp_path, Clip(path=path, audio_track=2)), TONES_S)


def test_track_that_is_not_there_is_refused_by_its_number(tmp_path: Path) -> None:
    path = two_sounds(tmp_path, [0.4], TONES_S)
    with pytest.raises(UnreadableClip, match="2 sound tracks, so there is no track 3"):
        read_source(path, tracks=Tracks(audio=3))
    with pytest.raises(UnsupportedRequest, match="one picture track, so there is no track 2"):
        film_shown(tmp_path, Clip(path=path, video_track=2))


# Photos


def photo(folder: Path, name: str, *, turned: bool = False) -> Path:
    """Frame 200 as a photo; `turned` as a camera held upright stores it."""
    png = made(folder / "photo.png", *counted(folder, 1, first=200), "-frames:v", "1")
    exif = Image.Exif()
    with Image.open(png) as image:
        lying = image.convert("RGB").rotate(90, expand=True) if turned else image.convert("RGB")
    if turned:
        exif[0x0112] = 6
    lying.save(folder / name, exif=exif, quality=95)
    return folder / name


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.bmp", "p.webp", "p.tif", "100%03d.png"])
def test_photo_among_clips_is_held(tmp_path: Path, name: str) -> None:
    clip = made(tmp_path / "clip.mp4", *counted(tmp_path, 20), *H264)
    seen = film_shown(tmp_path, clip, photo(tmp_path, name), still_s=1.2)
    assert seen.numbers == [*range(20), *[200] * 30]
    assert (seen.rate, seen.size) == (25, SIZE)
    assert f"({name}) is a photo and is held for 1.2 s" in seen.text


def test_each_photo_may_have_its_own_length_and_a_transition(tmp_path: Path) -> None:
    path = photo(tmp_path, "p.jpg", turned=True)
    dissolve = Transition(kind="dissolve", duration_s=0.4)
    uses = [
        Clip(path=path, still_s=1),
        Clip(path=path, still_s=2, transition=dissolve),
        Clip(path=path, start_s=3, end_s=3.4),
        Clip(path=path),
    ]
    seen = film_shown(tmp_path, *uses)
    assert seen.size == SIZE
    assert seen.numbers == [200] * (25 + 50 - 10 + 10 + 100)


# No worse than FFmpeg alone


@pytest.mark.parametrize("name", ["edit-list.mp4", "b-frames.ts", "restart.ts", "b-frames.avi"])
def test_film_is_no_worse_than_what_ffmpeg_alone_makes(tmp_path: Path, name: str) -> None:
    words = (*counted(tmp_path), *tones(tmp_path), *H264, *AAC)
    whole = made(tmp_path / "whole.mp4", *words)
    path = tmp_path / name
    match name:
        case "edit-list.mp4":
            made(path, "-ss", "0.6", "-i", str(whole), "-c", "copy")
        case "restart.ts":
            part = made(tmp_path / "part.ts", *words)
            glued(path, part, part)
        case _:
            made(path, *words)
    ours, plain = film_shown(tmp_path, path), plainly_shown(tmp_path, path)
    assert ours.numbers == plain.numbers
    offset = plain.tones_s[0] - ours.tones_s[0]
    assert abs(offset) < FRAME_S
    assert_tones(ours, [tone - offset for tone in plain.tones_s])
