"""More frames a second: those between are made by following what moves."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from core.media.ffmpeg import run_ffmpeg
from core.media.media_file import input_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.jobs.job import CancelToken

BY_MOTION: Mapping[str, str | int] = {"mi_mode": "mci", "mc_mode": "aobmc", "vsbmc": 1}
"""Settings of FFmpeg's `minterpolate`."""
MORE_TO_LOSE = 3
"""`minterpolate` ends a few frames early, so it gets so many more that stand still."""

_CRF = 14


def steady_times(rate: Fraction) -> str:
    """What `setpts` is told, so that frames that stand still come one after the other.

    FFmpeg 7.0 knows no rate behind it, and would show all of them at the time of the last.
    """
    return f"if(lte(PTS,PREV_OUTPTS),PREV_OUTPTS+1/({rate})/TB,PTS)"


def interpolate_clip(
    clip: Path,
    destination: Path,
    *,
    fps: int,
    wanted_fps: int,
    num_frames: int,
    cancel: CancelToken,
    on_progress: Callable[[float], None],
) -> None:
    """Write the clip with more frames a second, following what moves; its sound is copied.

    Args:
        clip: of the next two.
        destination: an MP4 that does not exist.
        fps: of the clip.
        wanted_fps: more than that.
        num_frames: how many are written.
        cancel: the wish to stop.
        on_progress: told how much of it is written, 0 to 1.

    Raises:
        FFmpegFailed: the clip cannot be read, or the disk is full.
        JobCancelled: asked to stop.
    """
    settings = ":".join(f"{name}={value}" for name, value in BY_MOTION.items())
    filters = ",".join(
        (
            f"tpad=stop_mode=clone:stop={MORE_TO_LOSE}",
            f"setpts='{steady_times(Fraction(fps))}'",
            f"minterpolate=fps={wanted_fps}:{settings}",
            f"fps={wanted_fps}:start_time=0:round=near",
            "tpad=stop_mode=clone:stop=-1",
        )
    )
    encoding = ["-c:v", "libx264", "-preset", "medium", "-crf", str(_CRF), "-pix_fmt", "yuv420p"]
    # As where a clip is first written: x264 would read memory that it never wrote.
    encoding += ["-x264-params", "mbtree=0", "-c:a", "copy", "-movflags", "+faststart"]
    run_ffmpeg(
        [
            *input_words(clip),
            *("-map", "0:v:0", "-map", "0:a?", "-filter:v", filters, "-frames:v", str(num_frames)),
            *encoding,
            str(destination),
        ],
        cancel,
        lambda written: on_progress(min(1.0, written / num_frames)),
    )
