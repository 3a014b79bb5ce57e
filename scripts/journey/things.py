"""What is carried on the journey: a picture that was drawn here, a clip, and music."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from scripts.journey.sample_music import write_music

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


def film_beach(path: Path) -> Path:
    """Two seconds as a telephone held upright writes them: turned, with sound, at 30 a second."""
    flat = path.with_stem("flat")
    look = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=2"]
    tone = ["-f", "lavfi", "-i", "sine=f=330:d=2"]
    run_ffmpeg([*look, *tone, "-pix_fmt", "yuv420p", "-shortest", str(flat)], CancelToken())
    turned = ["-display_rotation", "90", "-i", str(flat), "-c", "copy", str(path)]
    run_ffmpeg(turned, CancelToken())
    return path
