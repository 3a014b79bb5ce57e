"""A film as a file on disk: read and written whole, or refused with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import ProjectError
from core.film.model.delivery import ExportSettings
from core.film.model.film import Caption, Clip, Film, Lut, Music, Subtitles, Transition, Watermark
from core.film.model.film_file import read_film_file, write_film_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_film_comes_back_as_it_was_with_absolute_paths(tmp_path: Path) -> None:
    film = Film(
        clips=(
            Clip(path=tmp_path / "a" / "1.mp4", start_s=0.1, end_s=2.5, title="Ünï 🎈"),
            Clip(path=tmp_path.parent / "2.mp4", transition=Transition(kind="fade")),
        ),
        music=(Music(path=tmp_path / "m.mp3", duck_db=6),),
        captions=(Caption(text="One\nTwo"),),
        lut=Lut(path=tmp_path / "l.cube"),
        watermark=Watermark(path=tmp_path / "w.png"),
        subtitles=Subtitles(path=tmp_path / "s.srt", mode="track"),
    )
    settings = ExportSettings(crf=20)

    write_film_file(film, settings, tmp_path / "film.json")

    stored = read_film_file(tmp_path)
    assert stored.settings == settings
    assert [path.resolve() for path in _paths(stored.film)] == _paths(film)
    assert str(tmp_path) not in (tmp_path / "film.json").read_text(encoding="utf-8")


def _paths(film: Film) -> list[Path]:
    assert film.lut is not None
    assert film.watermark is not None
    assert film.subtitles is not None
    return [
        *(part.path for part in (*film.clips, *film.music)),
        film.lut.path, film.watermark.path, film.subtitles.path,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"", "cannot be understood"),
        (b"{", "cannot be understood"),
        (b"[]", "cannot be understood"),
        (b'{"film": {"clips": [{"path": "a.mp4", "spede": 2}]}}', "film.clips.0.spede"),
        (b'{"film": {"clips": [{"path": "a.mp4", "speed": 200}]}}', "film.clips.0.speed"),
        (b'{"schema_version": 2, "reel": []}', "newer version"),
        (b'{"schema_version": "x", "film": {"clips": []}}', "schema_version"),
        (b"\xff\xfe{", "damaged"),
    ],
)
def test_a_film_file_that_makes_no_sense_says_where(text: bytes, word: str, tmp_path: Path) -> None:
    (tmp_path / "film.json").write_bytes(text)

    with pytest.raises(ProjectError) as refusal:
        read_film_file(tmp_path)

    assert word in str(refusal.value)
    assert "film.json" in str(refusal.value)


def test_a_film_file_that_is_missing_or_cannot_be_written_says_so(tmp_path: Path) -> None:
    film = Film(clips=(Clip(path=tmp_path / "a.mp4"),))
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ProjectError, match="no film file"):
        read_film_file(tmp_path / "gone")
    with pytest.raises(ProjectError, match="cannot be read"):
        read_film_file(tmp_path / "file" / "film.json")
    with pytest.raises(ProjectError, match="cannot be written"):
        write_film_file(film, ExportSettings(), tmp_path / "file" / "film.json")
