"""What is carried on the journey: a picture that was drawn here and music that was played here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from scripts.sample_music import write_music

if TYPE_CHECKING:
    from pathlib import Path

_SIZE = (384, 256)
_MUSIC_S = 6.0


def draw_image(path: Path) -> Path:
    """A red ball in a meadow."""
    image = Image.new("RGB", _SIZE, "#9fd0f5")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 160, *_SIZE), fill="#7fb35a")
    draw.ellipse((150, 110, 230, 190), fill="#cc2b22")
    image.save(path)
    return path


def play_music(path: Path) -> Path:
    """A few bars."""
    write_music(path, _MUSIC_S)
    return path
