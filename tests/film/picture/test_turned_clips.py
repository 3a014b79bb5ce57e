"""Clips that a player turns or mirrors come as the player shows them, encoded or copied."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.film.model.delivery import AudioCodec, Container, ExportSettings, Quality
from core.film.model.film import Clip, Film
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.film.exporting import export

if TYPE_CHECKING:
    from pathlib import Path

# Four greys, as they lie in the file.
CORNERS = ((40, 100), (160, 220))
# The numbers a, b, c, d of the track's matrix: x becomes ax + cy, and y becomes bx + dy.
TURNS = {
    "plain": (1, 0, 0, 1),
    "mirrored": (-1, 0, 0, 1),
    "upside down": (-1, 0, 0, -1),
    "mirrored upside down": (1, 0, 0, -1),
    "to the right": (0, 1, -1, 0),
    "to the left": (0, -1, 1, 0),
    "along the diagonal": (0, 1, 1, 0),
    "across the diagonal": (0, -1, -1, 0),
}


def write_turned(path: Path, turn: tuple[int, int, int, int]) -> Path:
    """A clip of 96x64 whose track header says how it is to be turned."""
    (a, b), (c, d) = CORNERS
    level = f"if(lt(X,48),if(lt(Y,32),{a},{c}),if(lt(Y,32),{b},{d}))"
    made = f"color=black:s=96x64:r=25:d=0.12,format=yuv420p,geq=lum='{level}':cb=128:cr=128"
    tags = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited"
    coding = ["-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", str(path)]
    run_ffmpeg(["-f", "lavfi", "-i", made, "-vf", tags, *coding], CancelToken())
    content = bytearray(path.read_bytes())
    # Behind the box's name: version, times, number, length and layer.
    at = content.index(b"tkhd") + 44
    across, down, right, low = (value * 65536 for value in turn)
    content[at : at + 36] = struct.pack(">9i", across, down, 0, right, low, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def wanted(turn: tuple[int, int, int, int]) -> list[list[int]]:
    """The greys where the matrix puts them."""
    a, b, c, d = turn
    found = [[0, 0], [0, 0]]
    for y, row in enumerate(CORNERS):
        for x, grey in enumerate(row):
            # Counted from the middle, in halves.
            across, down = 2 * x - 1, 2 * y - 1
            found[(b * across + d * down + 1) // 2][(a * across + c * down + 1) // 2] = grey
    return found


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("quality", [Quality.HIGH, Quality.LOW])
def test_turned_and_mirrored_clips_come_as_players_show_them(
    tmp_path: Path, name: str, quality: Quality
) -> None:
    clip = write_turned(tmp_path / "a.mp4", TURNS[name])
    settings = ExportSettings(container=Container.MP4, audio_codec=AudioCodec.NONE, quality=quality)
    film = export(Film(clips=(Clip(path=clip),)), settings, tmp_path / "out" / "film.mp4").path
    # By FFmpeg, which turns as players do: the film may have been copied with its matrix.
    shown = tmp_path / "shown.mkv"
    run_ffmpeg(["-i", str(film), "-frames:v", "1", "-c:v", "ffv1", str(shown)], CancelToken())
    with av.open(str(shown)) as container:
        luma = np.asarray(next(container.decode(video=0)).to_ndarray(format="yuv420p"))
    turned = TURNS[name][0] == 0
    width, height = (64, 96) if turned else (96, 64)
    luma = luma[:height]
    assert luma.shape == (height, width)
    seen = [[float(luma[height * y // 4, width * x // 4]) for x in (1, 3)] for y in (1, 3)]
    assert seen == pytest.approx(np.array(wanted(TURNS[name])), abs=4)
