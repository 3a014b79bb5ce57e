"""Clips that are damaged inside: the film is made, and the damage is told, every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.film.model.delivery import ExportSettings
from tests.film.exporting import NO_AUDIO, export, film_of, look_at, make_clip

if TYPE_CHECKING:
    from pathlib import Path


def test_damage_inside_a_clip_is_told_with_every_export(tmp_path: Path) -> None:
    good = make_clip(tmp_path / "good.mp4", 1, size="160x120", has_audio=False)
    bad = make_clip(tmp_path / "bad.mp4", 1, size="160x120", has_audio=False)
    content = bytearray(bad.read_bytes())
    begin = content.index(b"mdat") + 2000
    for at in range(begin, begin + 2000, 7):
        content[at] ^= 0x5A
    bad.write_bytes(content)
    film = film_of(good, bad)
    silent = ExportSettings(audio_codec=NO_AUDIO)

    first = export(film, silent, tmp_path / "a" / "film.mp4", store=tmp_path / "store")
    second = export(film, silent, tmp_path / "b" / "film.mp4", store=tmp_path / "store")

    for made in (first, second):
        assert len(look_at(made.path).frames) == 45
        assert any("bad.mp4" in note and "damaged" in note for note in made.notes)
    assert not any("good.mp4" in note for note in export(
        film_of(good, good), silent, tmp_path / "c" / "film.mp4", store=tmp_path / "store"
    ).notes)  # fmt: skip
