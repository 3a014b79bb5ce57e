"""The FFmpeg that makes what tests are given: always the bundled one, whichever is on trial."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

BUNDLED = next((Path(imageio_ffmpeg.__file__).parent / "binaries").glob("ffmpeg*"))


def run_bundled(arguments: Sequence[str]) -> None:
    """Run the bundled FFmpeg: another one would make other inputs, and not only read them so."""
    run_ffmpeg(arguments, CancelToken(), program=BUNDLED)
