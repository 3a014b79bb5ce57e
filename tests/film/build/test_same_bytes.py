"""The same film becomes the same streams, whatever lies in memory that nobody wrote."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import av
import pytest

from core.film.model.delivery import ExportSettings
from core.film.model.film import Clip, Film
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.film.counted_clips import FilmBench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", ["192x128", "320x180"])
def test_an_export_has_the_same_pictures_bit_for_bit_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    clip = tmp_path / "clip.mkv"
    image = ["-f", "lavfi", "-i", f"mandelbrot=s={size}:r=25:end_scale=0.05", "-t", "2"]
    run_ffmpeg([*image, "-c:v", "ffv1", "-pix_fmt", "yuv420p", str(clip)], CancelToken())
    streams: set[str] = set()
    # glibc fills fresh memory with it; elsewhere three plain runs are compared.
    for number, fill in enumerate(("0", "85", "170")):
        monkeypatch.setenv("MALLOC_PERTURB_", fill)
        folder = tmp_path / str(number)
        folder.mkdir()
        film = FilmBench(folder).export(Film(clips=(Clip(path=clip),)), ExportSettings())
        with av.open(str(film)) as container:
            packets = b"".join(bytes(packet) for packet in container.demux(video=0))
        streams.add(hashlib.sha256(packets).hexdigest())
    assert len(streams) == 1
