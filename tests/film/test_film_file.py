"""A film as a file on disk: read and written whole, or refused with a sentence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from core.errors import ProjectError
from core.film.model.delivery import ExportSettings
from core.film.model.film import Caption, Clip, Film, Lut, Music, Subtitles, Transition, Watermark
from core.film.model.film_file import read_film_file, write_film_file
from tests.growth import assert_grows_no_faster

if TYPE_CHECKING:
    from collections.abc import Callable
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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_a_film_file_of_any_editor_is_read(tmp_path: Path, encoding: str, line_end: str) -> None:
    text = '{"film":\n{"clips": [{"path": "ä.mp4"}]}}\n\x1a'.replace("\n", line_end)
    (tmp_path / "film.json").write_bytes(text.encode(encoding))
    assert read_film_file(tmp_path).film.clips[0].path == tmp_path / "ä.mp4"


NO_SENSE: dict[str, tuple[Callable[[int], str], int]] = {
    "lists": (lambda count: "[" * count, 100_000),
    "objects": (lambda count: '{"film": ' * count, 100_000),
    "closed lists": (
        lambda count: '{"schema_version": 1, "film": {"clips": ' + "[" * count + "]" * count + "}}",
        100_000,
    ),
    "mistakes": (
        lambda count: '{"film": {"clips": [' + ",".join(['{"path": 1, "x": 2}'] * count) + "]}}",
        50_000,
    ),
    "a name": (lambda count: '{"film": {"clips": [], "' + "x" * count + '": 1}}', 1_000_000),
}


@pytest.mark.parametrize("kind", NO_SENSE)
def test_a_film_file_of_no_sense_at_all_gets_a_short_sentence(tmp_path: Path, kind: str) -> None:
    text_of, count = NO_SENSE[kind]

    def read(parts: int) -> str:
        with pytest.raises(ProjectError, match="cannot be understood") as refusal:
            read_film_file(tmp_path / f"{parts}.json")
        return str(refusal.value)

    for parts in (count, count // 8):
        (tmp_path / f"{parts}.json").write_text(text_of(parts), encoding="utf-8")
    assert len(read(count)) < 2500
    assert_grows_no_faster(partial(read, count), partial(read, count // 8))


@pytest.mark.parametrize(
    ("name", "stored"), [("GBK", "gb18030"), ("shift-jis", "cp932"), ("1251", "cp1251")]
)
def test_a_film_file_may_name_the_encoding_of_its_subtitles(
    tmp_path: Path, name: str, stored: str
) -> None:
    text = f'{{"film": {{"clips": [], "subtitles": {{"path": "a.srt", "encoding": "{name}"}}}}}}'
    (tmp_path / "film.json").write_text(text, encoding="utf-8")
    subtitles = read_film_file(tmp_path).film.subtitles
    assert subtitles is not None
    assert subtitles.encoding == stored
    (tmp_path / "film.json").write_text(text.replace(name, "klingon"), encoding="utf-8")
    with pytest.raises(ProjectError, match="no encoding 'klingon'"):
        read_film_file(tmp_path)


def test_a_film_file_that_is_missing_or_cannot_be_written_says_so(tmp_path: Path) -> None:
    film = Film(clips=(Clip(path=tmp_path / "a.mp4"),))
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ProjectError, match="no film file"):
        read_film_file(tmp_path / "gone")
    with pytest.raises(ProjectError, match="cannot be read"):
        read_film_file(tmp_path / "file" / "film.json")
    with pytest.raises(ProjectError, match="cannot be written"):
        write_film_file(film, ExportSettings(), tmp_path / "file" / "film.json")
