"""Images of models that make none: the middle frame of the shortest clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import FFmpegCrashed, FFmpegFailed, OutputError, RenderFailed
from core.video.terms import OutputKind

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.video.plan import RenderPlan


def clip_of(plan: RenderPlan) -> RenderPlan:
    """The plan of the clip that an image is taken from: the shortest one, without sound."""
    spec = plan.spec
    length_s = spec.durations.minimum
    # The fewest frames are the least work; of rates that cost the same, the model's usual one.
    fps = min(
        spec.fps,
        key=lambda rate: (spec.frame_grid.frames(length_s, rate), rate != spec.default_fps),
    )
    return plan.model_copy(
        update={
            "request": plan.request.model_copy(update={"output": OutputKind.VIDEO}),
            "num_frames": spec.frame_grid.frames(length_s, fps),
            "fps": fps,
            "has_audio": False,
        }
    )


def like_clip(plan: RenderPlan, clip: RenderPlan) -> RenderPlan:
    """A plan with memory, seconds, notes and what is loaded of the clip that it comes to."""
    found = {
        "memory_plan": clip.memory_plan, "notes": clip.notes, "loads": clip.loads,
        "est_seconds": clip.est_seconds, "est_next_seconds": clip.est_next_seconds,
    }  # fmt: skip
    return plan.model_copy(update=found)


def still_frame(num_frames: int) -> int:
    """Which frame of a clip is its still, from 0: the middle one.

    A model's first frame is its least certain one, and towards the end things have moved on.
    """
    return num_frames // 2


def still_note(clip: RenderPlan) -> str:
    """One sentence: where the image comes from."""
    return (
        f"The picture is frame {still_frame(clip.num_frames) + 1} of the {clip.num_frames} of the "
        f"shortest clip that {clip.spec.label} makes."
    )


def take_still(path: Path, clip: RenderPlan, image: Path, cancel: CancelToken) -> None:
    """Write the still of a finished clip as a PNG.

    Raises:
        OutputError: the disk is full.
        RenderFailed: the clip has no such frame.
        FFmpegCrashed: FFmpeg was ended by a fault of its own.
        JobCancelled: asked to stop.
    """
    # Imported late: what only plans a still runs no FFmpeg.
    from core.media.ffmpeg import run_ffmpeg
    from core.media.media_file import input_words

    frame = still_frame(clip.num_frames)
    select = f"select=eq(n\\,{frame})"
    options = ["-fps_mode", "passthrough", "-frames:v", "1", "-update", "1"]
    arguments = [*input_words(path), "-vf", select, *options, "-pix_fmt", "rgb24", str(image)]
    try:
        run_ffmpeg(arguments, cancel)
    except FFmpegFailed as error:
        if error.is_disk_full:
            raise OutputError(
                f"The disk of {str(image.parent)!r} is full.",
                hint="Free some space, then resume the job.",
            ) from error
        if isinstance(error, FFmpegCrashed):
            raise
        raise _no_frame(clip, frame) from error
    if not image.is_file():
        raise _no_frame(clip, frame)


def _no_frame(clip: RenderPlan, frame: int) -> RenderFailed:
    return RenderFailed(
        f"Frame {frame + 1} of the clip of {clip.spec.label} cannot be taken out.",
        target=str(clip.target),
        hint="Try again; the log file has the details.",
    )
