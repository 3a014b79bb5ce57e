"""Which files a film is handed over in, and captions as SRT."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from core.errors import UnsupportedRequest
from core.film.handoff import HANDOFF_FORMATS, write_handoff
from core.film.handoff.document import relative_url
from core.film.model.film import Caption, Clip, Subtitles
from tests.fakes.laid_out import film_of

CLIP = Clip(path=Path("a.mp4"))


def test_another_suffix_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRequest, match=r"'\.oti'.*Did you mean '\.otio'"):
        write_handoff(film_of([CLIP]), tmp_path / "film.oti")


@pytest.mark.parametrize("suffix", HANDOFF_FORMATS)
def test_the_same_film_gives_the_same_file(tmp_path: Path, suffix: str) -> None:
    timeline = film_of([CLIP], captions=(Caption(text="x"),))
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix.upper()}"
    for path in (one, two):
        write_handoff(timeline, path)
    assert one.read_bytes() == two.read_bytes()


def test_captions_have_their_times_to_the_millisecond(tmp_path: Path) -> None:
    timeline = film_of(
        [CLIP],
        rate=Fraction(24_000, 1001),
        captions=(
            Caption(text='"a" & <b>\r\nc\n\n\nGrüße 🎬', start_s=1.0, end_s=2.0),
            Caption(text="x" * 250, start_s=2.5),
        ),
    )
    notes = write_handoff(timeline, tmp_path / "film.srt")
    assert (tmp_path / "film.srt").read_text("utf-8") == (
        '1\n00:00:01,001 --> 00:00:02,002\n"a" & <b>\nc\nGrüße 🎬\n\n'
        f"2\n00:00:02,503 --> 00:00:04,171\n{'x' * 250}\n"
    )
    for words in ("font", "markup", "Empty lines"):
        assert any(words in note for note in notes), words


def test_a_film_without_captions_has_no_srt(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRequest, match="no captions"):
        write_handoff(film_of([CLIP]), tmp_path / "film.srt")
    assert list(tmp_path.iterdir()) == []


def test_subtitles_that_the_film_is_made_from_are_not_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "words.srt"
    theirs.write_text("theirs")
    link = tmp_path / "link.srt"
    link.symlink_to(theirs)
    timeline = film_of([CLIP], captions=(Caption(text="x"),), subtitles=Subtitles(path=theirs))
    for path in (theirs, link):
        with pytest.raises(UnsupportedRequest, match="made from"):
            write_handoff(timeline, path)
    assert theirs.read_text() == "theirs"


def test_the_way_to_a_file_holds_behind_a_linked_folder(tmp_path: Path) -> None:
    (tmp_path / "deep" / "real").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "deep" / "real")
    media = tmp_path / "a.mp4"
    media.write_bytes(b"picture")
    url = relative_url(media, tmp_path / "linked")
    assert (tmp_path / "linked" / url).read_bytes() == b"picture"


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has drives")
def test_a_file_on_another_drive_is_named_whole(tmp_path: Path) -> None:
    other = "Z:" if tmp_path.drive.upper() != "Z:" else "Y:"
    assert relative_url(Path(f"{other}/a b.mp4"), tmp_path) == f"file:///{other}/a%20b.mp4"
