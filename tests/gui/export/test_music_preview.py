"""Music under the film: its length, and whether it is heard for as long as it should."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel

from core.film.model.film import Music
from gui.export.music_preview import MusicPreview, shortfall

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def music(**changes: object) -> Music:
    return Music(path=Path("/music/song.wav")).model_copy(update=changes)


@pytest.mark.parametrize(
    ("piece", "length_s", "film_s", "said"),
    [
        (music(), 25.0, 37.0, "It is over at 0:25 of the film, before the film's end at 0:37."),
        (music(start_s=12.0), 25.0, 37.0, ""),
        (music(start_s=10.0, offset_s=5.0), 25.0, 37.0, "It is over at 0:30 of the film"),
        (music(is_looped=True), 25.0, 37.0, ""),
        (music(end_s=20.0), 25.0, 37.0, ""),
        (music(end_s=30.0), 25.0, 37.0, "before its end at 0:30"),
        (music(), 25.0, None, ""),
        (music(), None, 37.0, ""),
        (music(offset_s=30.0), 25.0, 37.0, "nothing of it is heard"),
    ],
)
def test_a_piece_that_ends_early_says_so(
    piece: Music, length_s: float | None, film_s: float | None, said: str
) -> None:
    found = shortfall(piece, length_s, film_s)
    assert said in found
    assert bool(said) == bool(found)


def test_the_length_is_read_from_the_file(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * 3))
    preview = MusicPreview()
    qtbot.addWidget(preview)
    preview.show_music(Music(path=path))
    preview.set_film_length(10.0)
    preview.show()
    qtbot.waitUntil(lambda: preview.duration_s is not None, timeout=10_000)

    assert preview.duration_s == pytest.approx(3, abs=0.05)
    said = [label.text() for label in preview.findChildren(QLabel)]
    assert "0:03 long" in said
    assert any(text.startswith("It is over at 0:03 of the film") for text in said)
