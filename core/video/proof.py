"""What a provider gave, proven and compared with its plan, and given its record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import (
    FFmpegCrashed,
    FFmpegFailed,
    JobCancelled,
    OutputError,
    RenderFailed,
    UnreadableClip,
    UnsupportedRequest,
)
from core.jobs.job import Charged, Notice, Progressed
from core.jobs.lanes import Stage
from core.media.ffmpeg import ClipFacts, probe_clip
from core.media.images import check_image, open_image, read_rgb_image
from core.media.interpolation import interpolate_clip
from core.media.masks import laid_over, read_mask
from core.media.output import Output, place_clip
from core.platform.units import count_text
from core.video.planning.prompt_parts import with_enhanced_prompt
from core.video.record import embed_record, write_image_record
from core.video.terms import Role

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from core.video.record import ClipRecord
    from core.video.rendered import Rendered

_AUDIO_TOLERANCE_S = 0.25
_FPS_TOLERANCE = 0.01
# Of the whole job, before the frames between are made.
_SHARE_BEFORE = 0.97


def as_made(plan: RenderPlan, rendered: Rendered, output: Output, ctx: JobContext) -> RenderPlan:
    """The plan as it was carried out; what differs from the order is told, or refused.

    Raises:
        RenderFailed: it cannot be read, or a model that is exact made something else.
    """
    if rendered.cost_usd is not None:
        ctx.report(Charged(cost_usd=rendered.cost_usd))
        plan = plan.model_copy(update={"cost_usd": rendered.cost_usd})
    notes = list(rendered.notes)
    label = plan.spec.label
    if rendered.seed is not None and rendered.seed != plan.seed:
        notes.append(f"{label} took the seed {rendered.seed}, not {plan.seed}.")
        plan = plan.model_copy(update={"seed": rendered.seed})
    if rendered.enhanced_prompt is not None:
        plan = with_enhanced_prompt(plan, rendered.enhanced_prompt)
    if rendered.num_frames is not None:
        plan = plan.with_length(rendered.num_frames)
    try:
        made, found = (
            _image_as_made(plan, rendered.path)
            if plan.is_image
            else _clip_as_made(plan, rendered.clip or probe_clip(rendered.path, ctx.cancel))
        )
    except UnreadableClip as error:
        raise _unreadable(plan, rendered.path, error, output, ctx) from error
    if found and plan.spec.is_exact:
        raise RenderFailed(
            f"{label} gave a {plan.noun} with {', '.join(found)}.",
            target=str(plan.target),
            hint="It was not kept. Try again; if it happens again, it is a defect of the provider.",
        )
    if found:
        notes.append(f"{label} gave {', '.join(found)}. The {plan.noun} is kept as it is.")
    for note in notes:
        ctx.report(Notice(message=note))
    return made.with_notes(*notes)


def _image_as_made(plan: RenderPlan, path: Path) -> tuple[RenderPlan, list[str]]:
    check_image(path)
    with open_image(path) as image:
        size = image.size
    found = []
    if size != (plan.width, plan.height):
        found = [f"{size[0]}x{size[1]} instead of {plan.width}x{plan.height}"]
    return plan.model_copy(update={"width": size[0], "height": size[1]}), found


def _clip_as_made(plan: RenderPlan, facts: ClipFacts) -> tuple[RenderPlan, list[str]]:
    found: list[str] = []
    if (facts.width, facts.height) != (plan.width, plan.height):
        found.append(f"{facts.width}x{facts.height} instead of {plan.width}x{plan.height}")
    if facts.num_frames != plan.num_frames:
        found.append(f"{count_text(facts.num_frames, 'frame')} instead of {plan.num_frames}")
    if abs(facts.fps - plan.fps) > _FPS_TOLERANCE:
        found.append(f"{facts.fps:g} frames per second instead of {plan.fps}")
    if facts.has_audio != plan.has_audio:
        found.append("sound that was not planned" if facts.has_audio else "no sound")
    elif facts.audio_duration_s is not None:
        difference = abs(facts.audio_duration_s - plan.duration_s)
        if difference > _AUDIO_TOLERANCE_S:
            found.append(f"{facts.audio_duration_s:.2f} s of sound, not {plan.duration_s:.2f} s")
    made = {
        "width": facts.width,
        "height": facts.height,
        "num_frames": facts.num_frames,
        "fps": max(1, round(facts.fps)),
        "has_audio": facts.has_audio,
    }
    return plan.model_copy(update=made), found


def _unreadable(
    plan: RenderPlan, path: Path, error: UnreadableClip, output: Output, ctx: JobContext
) -> RenderFailed:
    if plan.spec.is_exact or not path.is_file():
        return _useless(plan, error)
    # It was paid for: what came is never thrown away, even where nothing here can show it.
    aside = output.path.with_name(f"{output.path.stem}-unreadable{path.suffix}")
    kept = place_clip(path, Output(aside, is_named=False), ctx.job_id)
    return RenderFailed(
        f"{plan.spec.label} gave a {plan.noun} that cannot be read: {error.message} What came is "
        f"kept as {str(kept)!r}.",
        target=str(plan.target),
        hint=f"'main.py jobs resume {ctx.job_id}' fetches it once more and buys nothing.",
    )


def interpolated(
    plan: RenderPlan, rendered: Rendered, ctx: JobContext
) -> tuple[RenderPlan, Rendered]:
    """What was made, at the higher rate of its plan; where it has that already, as it is.

    One that was paid for is kept at its own rate where that fails or is stopped, which is told.

    Raises:
        JobCancelled: asked to stop, and the clip is of this machine.
        OutputError: the disk is full.
        RenderFailed: a clip of this machine cannot be interpolated.
    """
    wanted = plan.interpolated_fps
    assert wanted is not None, "the plan wants it"
    as_it_is = plan.model_copy(update={"interpolated_fps": None}), rendered
    if plan.fps >= wanted:
        return _unchanged(as_it_is, f"The clip has {plan.fps} fps already.", ctx)
    finished = ctx.workdir / "interpolated.mp4"

    def report(done: float) -> None:
        ctx.report(
            Progressed(
                stage=Stage.WRITE,
                fraction=_SHARE_BEFORE + (1 - _SHARE_BEFORE) * done,
                message=f"Interpolating to {wanted} fps",
            )
        )

    try:
        interpolate_clip(
            rendered.path,
            finished,
            fps=plan.fps,
            wanted_fps=wanted,
            num_frames=plan.final_frames,
            cancel=ctx.cancel,
            on_progress=report,
        )
    except JobCancelled:
        if plan.spec.is_exact:
            raise
        message = f"The clip is not interpolated and keeps its {plan.fps} fps: it was stopped."
        return _unchanged(as_it_is, message, ctx)
    except FFmpegFailed as error:
        if error.is_disk_full:
            raise _disk_full(plan, ctx) from error
        if plan.spec.is_exact:
            raise _useless(plan, error) from error
        message = f"The clip cannot be interpolated and keeps its {plan.fps} fps: {error.message}"
        return _unchanged(as_it_is, message, ctx)
    return plan, replace(rendered, path=finished)


def _unchanged(
    as_it_is: tuple[RenderPlan, Rendered], message: str, ctx: JobContext
) -> tuple[RenderPlan, Rendered]:
    ctx.report(Notice(message=message))
    plan, rendered = as_it_is
    return plan.with_notes(message), rendered


def within_mask(
    plan: RenderPlan, rendered: Rendered, ctx: JobContext
) -> tuple[RenderPlan, Rendered]:
    """An edited image laid over the original, so that nothing changes outside of the mask.

    No service keeps to a mask by itself. One whose original or mask cannot be read any more is kept
    as it came, which is told.
    """
    image, mask = plan.request.path_of(Role.START), plan.request.path_of(Role.MASK)
    assert image is not None, "a mask is for an image"
    assert mask is not None, "there is a mask"
    try:
        original = read_rgb_image(image, "image", "inputs").image
        with open_image(rendered.path) as edited:
            laid, feather_px = laid_over(original, edited.convert("RGB"), read_mask(mask))
    except (UnsupportedRequest, OSError, ValueError) as error:
        message = f"What came is kept as it is, and not only within the mask: {error}"
        return _unchanged((plan, rendered), message, ctx)
    finished = ctx.workdir / "within-mask.png"
    laid.save(finished, format="PNG")
    note = "Outside of the mask every pixel is the original's."
    made = {"width": laid.width, "height": laid.height, "feather_px": feather_px}
    return plan.model_copy(update=made).with_notes(note), replace(rendered, path=finished)


def is_as_it_came(plan: RenderPlan, rendered: Rendered) -> bool:
    """Whether a file is kept to the byte: a service's own PNG, which may carry its own marks."""
    if plan.spec.is_exact or not plan.is_image or plan.feather_px is not None:
        return False
    with open_image(rendered.path) as image:
        return image.format == "PNG"


def with_record(
    plan: RenderPlan, path: Path, record: ClipRecord, ctx: JobContext, *, holds_prompt: bool
) -> Path:
    """What was made, picture and sound untouched, with its record inside.

    Args:
        plan: of what was made.
        path: of it.
        record: goes into it.
        ctx: of the job.
        holds_prompt: whether prompt and settings stand in an image, or only that a model made it.

    Raises:
        OutputError: the disk is full.
        RenderFailed: it cannot be copied.
        FFmpegCrashed: FFmpeg was ended by a fault of its own.
    """
    finished = ctx.workdir / ("finished.png" if plan.is_image else "finished.mp4")
    try:
        if plan.is_image:
            write_image_record(path, record, finished, holds_prompt=holds_prompt)
        else:
            embed_record(path, record, finished, ctx.cancel)
    except (OSError, FFmpegFailed) as error:
        if isinstance(error, OSError) or error.is_disk_full:
            raise _disk_full(plan, ctx) from error
        if isinstance(error, FFmpegCrashed):
            raise
        raise _useless(plan, error) from error
    return finished


def _disk_full(plan: RenderPlan, ctx: JobContext) -> OutputError:
    return OutputError(
        f"The {plan.noun} cannot be written in {str(ctx.workdir)!r}: the disk is full or closed to "
        "us.",
        hint="Free some space, then resume the job.",
    )


def _useless(plan: RenderPlan, error: UnreadableClip | FFmpegFailed) -> RenderFailed:
    return RenderFailed(
        f"{plan.spec.label} gave a {plan.noun} that cannot be read: {error.message}",
        target=str(plan.target),
        hint="Try again; the log file has the details.",
    )
