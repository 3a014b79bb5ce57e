"""MoviePy 2 in an environment of its own, made with pip and gone afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from core.film.build.encoding import constant_quality, video_arguments
from core.film.model.delivery import USUAL_AUDIO_KBPS, AudioCodec, ExportSettings
from core.media.ffmpeg_program import find_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.benchmark.film_clips import FilmSize

_REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements-bench.txt"
_SCRIPT = Path(__file__).with_name("moviepy_film.py")


def make_environment(folder: Path) -> Path:
    """The Python of a new environment with MoviePy in it.

    Raises:
        RuntimeError: pip cannot install it here.
    """
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(_REQUIREMENTS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError((ended.stderr.strip().splitlines() or ["pip does not say why"])[-1])
    return python


def render(python: Path, size: FilmSize, clips: Sequence[Path], music: Path, film: Path) -> float:
    """Have the film made; gives the seconds it took without starting Python and importing.

    Raises:
        RuntimeError: MoviePy failed.
    """
    settings = ExportSettings()
    order = {
        "clips": [str(clip) for clip in clips],
        "music": str(music),
        "film": str(film),
        "fps": size.fps,
        "dissolve_s": size.dissolve_s,
        "crf": constant_quality(settings),
        "preset": video_arguments(settings, size.rate)["preset"],
        "audio_bitrate": f"{USUAL_AUDIO_KBPS[AudioCodec.AAC]}k",
        "threads": os.cpu_count(),
    }
    ended = subprocess.run(
        [str(python), str(_SCRIPT)],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        env=os.environ | {"IMAGEIO_FFMPEG_EXE": str(find_ffmpeg())},
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or [f"code {ended.returncode}"]
        raise RuntimeError(f"MoviePy failed: {said[-1]}")
    return float(ended.stdout.strip().splitlines()[-1])
