"""More frames a second: those between are made by following what moves."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from core.media.ffmpeg import run_ffmpeg
from core.media.media_file import input_words, open_media
from core.media.streams import choose_video

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.jobs.job import CancelToken

BY_MOTION: Mapping[str, str | int] = {"mi_mode": "mci", "mc_mode": "aobmc", "vsbmc": 1}
"""Settings of FFmpeg's `minterpolate`."""
MORE_TO_LOSE = 3
"""`minterpolate` ends a few frames early, so it gets so many more that stand still."""

_CRF = 14
# As where a clip is first written: x264 would read memory that it never wrote.
_PLAIN = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "mbtree=0")
_DEEP = (
    *("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"),
    *("-x265-params", "log-level=error"),
)
_STEPS = 4
"""Of 10 bits in one of 8."""


@dataclass(frozen=True)
class _Colours:
    """What the numbers of a picture mean, by those of FFmpeg."""

    range: int
    primaries: int
    transfer: int
    matrix: int


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
    deep = _deep_colours(clip)
    motion = f"minterpolate=fps={wanted_fps}:" + ":".join(
        f"{name}={value}" for name, value in BY_MOTION.items()
    )
    filters = ",".join(
        (
            f"tpad=stop_mode=clone:stop={MORE_TO_LOSE}",
            f"setpts='{steady_times(Fraction(fps))}'",
            motion if deep is None else _in_ten_bits(motion, deep),
            f"fps={wanted_fps}:start_time=0:round=near",
            "tpad=stop_mode=clone:stop=-1",
        )
    )
    encoding = [*(_PLAIN if deep is None else _DEEP), "-preset", "medium", "-crf", str(_CRF)]
    encoding += ["-c:a", "copy", "-movflags", "+faststart"]
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


def _deep_colours(clip: Path) -> _Colours | None:
    """What the numbers of a clip of more than 8 bits mean; None of any other."""
    # Imported late: PyAV loads FFmpeg's libraries.
    from av.error import FFmpegError

    try:
        with open_media(clip) as container:
            stream = choose_video(container)
            if stream is None or max(part.bits for part in stream.format.components) <= 8:
                return None
            codec = stream.codec_context
            return _Colours(
                codec.color_range, codec.color_primaries, codec.color_trc, codec.colorspace
            )
    except (FFmpegError, OSError):
        # What is wrong with it FFmpeg says itself.
        return None


def _in_ten_bits(motion: str, colours: _Colours) -> str:
    """What makes frames of 10 bits between others of 10, though `minterpolate` has only 8.

    Four clips of 8 bits are made of the one, a quarter of a step apart, whose sum is the clip; of
    each the frames between are made, and added up again. What stands still keeps its exact numbers.
    """
    numbers = range(_STEPS)
    parts = [f"format=yuv420p10le,setparams=range=limited,split={_STEPS}"]
    parts[0] += "".join(f"[of{number}]" for number in numbers)
    for number in numbers:
        # Made multiples of a step first, so that no rounding or dither of FFmpeg's changes them.
        step = f"bitand(min(val+{number}\\,1023)\\,1020)"
        in_eight = f"lutyuv=y={step}:u={step}:v={step},format=yuv420p"
        quarter = "lutyuv=y=val/4:u=val/4:v=val/4"
        parts.append(f"[of{number}]{in_eight},{motion},format=yuv420p10le,{quarter}[q{number}]")
    add = "blend=all_mode=addition"
    parts += [f"[q0][q1]{add}[low]", f"[q2][q3]{add}[high]"]
    tags = (
        f"range={colours.range}:color_primaries={colours.primaries}"
        f":color_trc={colours.transfer}:colorspace={colours.matrix}"
    )
    parts.append(f"[low][high]{add},setparams={tags}")
    return ";".join(parts)
