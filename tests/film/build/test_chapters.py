"""Chapters: where they begin, and that players read what was written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from core.film.build.metadata import write_metadata
from core.film.model.delivery import ExportSettings
from core.film.model.edit_points import parts_of
from core.film.model.film import Clip
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.fakes.laid_out import film_of, joined

RATE = Fraction(30_000, 1001)
TITLES = (
    "a=b;c#d\\e",
    "[CHAPTER]",
    "two\nlines",
    "Grüße 東京 🎬 \"q\" 'q'",
    ";FFMETADATA1",
    "ends with \\",
    "bad\x00\x1b\r\nend",
    "x" * 250,
)


def test_a_chapter_begins_in_the_middle_of_its_transition() -> None:
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 11), Clip(path=Path("c.mp4"))])
    spans = [(part.first, part.end) for part in parts_of(timeline)]
    assert spans == [(0, 94), (94, 189), (189, 289)]


def test_a_shot_that_is_never_seen_has_no_chapter() -> None:
    timeline = film_of([Clip(path=Path("a.mp4")), joined("b.mp4", 1)], [5, 1])
    assert [part.shot.title for part in parts_of(timeline)] == ["a"]


def test_times_are_whole_frames(tmp_path: Path) -> None:
    timeline = film_of([Clip(path=Path("a.mp4"))], 90, RATE, has_chapters=True)
    text = write_metadata(timeline, ExportSettings(), tmp_path / "a").read_text(encoding="utf-8")
    assert text.startswith(";FFMETADATA1\n")
    assert text.endswith("\n[CHAPTER]\nTIMEBASE=1001/30000\nSTART=0\nEND=90\ntitle=a\n")
    assert text.count("[CHAPTER]") == 1


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_players_read_the_same_titles_and_times(tmp_path: Path, suffix: str) -> None:
    clips = [Clip(path=Path("a.mp4"), title=title) for title in TITLES]
    timeline = film_of(clips, 7, RATE, has_chapters=True)
    metadata = write_metadata(timeline, ExportSettings(), tmp_path / "chapters.txt")
    film = tmp_path / f"film{suffix}"
    bars = f"smptebars=size=64x48:rate={RATE}:duration={float(timeline.duration_s)}"
    run_ffmpeg(
        ["-f", "lavfi", "-i", bars, "-i", str(metadata), "-map", "0:v", "-map_chapters", "1",
         "-c:v", "mpeg4", str(film)],
        CancelToken(),
    )  # fmt: skip
    with av.open(str(film)) as container:
        read = container.chapters()
    assert tuple(chapter["metadata"]["title"].rstrip() for chapter in read) == (
        *TITLES[:-2],
        "bad  \nend",
        TITLES[-1],
    )
    # MP4 keeps chapters in milliseconds.
    for chapter, planned in zip(read, parts_of(timeline), strict=True):
        base = chapter["time_base"]
        assert base is not None
        assert abs(chapter["start"] * base - planned.first / RATE) <= Fraction(1, 1000)
        assert abs(chapter["end"] * base - planned.end / RATE) <= Fraction(1, 1000)
