"""One clip made by the engine: its files prepared, its events told on, its end explained."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, assert_never

from core.errors import (
    EngineCrashed,
    JobCancelled,
    NotConfigured,
    OutOfMemory,
    ProviderError,
    RenderFailed,
    StudioError,
    UnsupportedRequest,
)
from core.media.images import write_fitted_image
from core.media.source_clip import read_video_facts, write_audio, write_clip_audio
from core.video.inputs import KEPT, ROLES
from core.video.placement import images_of
from core.video.request import Role
from providers.ltx_video.engine.engine_process import EngineEnded, EngineProcess
from providers.ltx_video.engine.protocol import (
    Advanced,
    Began,
    CancelOrder,
    Made,
    OrderedAudio,
    OrderedImage,
    Refused,
    RenderOrder,
    Stopped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from providers.ltx_video.engine.progress_meter import ProgressMeter

log = logging.getLogger(__name__)

_LISTEN_S = 0.05
_AUDIO_RATE_HZ = 48_000
# Of what every audio VAE of LTX-2 reads.
_CONDITION_RATE_HZ = 16_000
_TELL_TIME_S = 1.0
# A wish to stop is fulfilled within 2 s, whatever the engine is doing: asked at once, then ended.
_TERMINATE_AFTER_S = 1.2
_KILL_AFTER_S = 1.6
_SIGKILL_EXIT = -9

_ERRORS: dict[str, type[ProviderError]] = {
    "OutOfMemory": OutOfMemory,
    "NotConfigured": NotConfigured,
    "RenderFailed": RenderFailed,
}


def write_images(plan: RenderPlan, workdir: Path) -> tuple[OrderedImage, ...]:
    """The images of a plan, each cut and resized to the clip.

    Raises:
        UnsupportedRequest: one is missing, unreadable, cut off or huge.
    """
    ordered: list[OrderedImage] = []
    for image in images_of(plan):
        item, path = image.item, workdir / f"image-{image.place}.png"
        write_fitted_image(item.path, path, plan.width, plan.height, ROLES[item.role].name)
        frame = image.frame - plan.first_made
        ordered.append(OrderedImage(path=path, frame=frame, strength=image.strength))
    return tuple(ordered)


def write_kept_audio(plan: RenderPlan, ctx: JobContext) -> OrderedAudio | None:
    """The sound of the video or audio file that a clip is made from, where the clip keeps it.

    Raises:
        UnreadableClip: the video cannot be read.
        FFmpegFailed: its sound does not decode, or the disk is full.
        JobCancelled: asked to stop.
    """
    path = ctx.workdir / "kept.f32"
    followed = plan.request.path_of(Role.AUDIO)
    if followed is not None and plan.has_audio:
        write_audio(followed, path, 0.0, plan.duration_s, _AUDIO_RATE_HZ, ctx.cancel)
        return OrderedAudio(path=path, rate_hz=_AUDIO_RATE_HZ)
    video = next(iter(plan.request.of_role(Role.SOURCE_VIDEO, *KEPT)), None)
    if video is None or not plan.has_audio or not read_video_facts(video.path).has_audio:
        return None
    # What is joined to sound that the model makes must have its rate.
    model = plan.spec.audio
    rate_hz = model.sample_rate_hz if plan.makes_audio and model else _AUDIO_RATE_HZ
    is_extended = video.role is Role.EXTEND_VIDEO
    num_frames = plan.kept_frames if is_extended else plan.num_frames
    write_clip_audio(video.path, path, num_frames / plan.fps, rate_hz, ctx.cancel)
    return OrderedAudio(path=path, rate_hz=rate_hz)


def write_audio_condition(plan: RenderPlan, ctx: JobContext) -> OrderedAudio | None:
    """The sound that the model goes by, as long as what it works on; None where there is none.

    Raises:
        UnreadableClip: the video cannot be read.
        FFmpegFailed: it does not decode, or the disk is full.
        JobCancelled: asked to stop.
    """
    path, duration_s = ctx.workdir / "condition.f32", plan.made_frames / plan.fps
    followed, retaken = (plan.request.path_of(role) for role in (Role.AUDIO, Role.RETAKE_VIDEO))
    if followed is not None:
        write_audio(followed, path, 0.0, duration_s, _CONDITION_RATE_HZ, ctx.cancel)
    elif retaken is not None and plan.spec.audio and read_video_facts(retaken).has_audio:
        begin_s = plan.first_made / plan.fps
        write_clip_audio(retaken, path, duration_s, _CONDITION_RATE_HZ, ctx.cancel, begin_s=begin_s)
    else:
        return None
    return OrderedAudio(path=path, rate_hz=_CONDITION_RATE_HZ)


def follow(
    engine: EngineProcess, order: RenderOrder, meter: ProgressMeter, ctx: JobContext
) -> Made:
    """Have one clip made.

    Raises:
        JobCancelled: asked to stop, and nothing works on the clip any more.
        EngineCrashed: the engine process ended by itself.
        StudioError: the engine says why there is no clip.
    """
    engine.send(order)
    asked_at: float | None = None
    preview: Path | None = None
    reported_at = time.monotonic()
    while True:
        try:
            event = engine.next_event(_LISTEN_S)
        except EngineEnded:
            if ctx.cancel.cancelled:
                raise JobCancelled from None
            raise _crash(engine, order) from None
        if ctx.cancel.cancelled and asked_at is None:
            asked_at = time.monotonic()
            engine.send(CancelOrder(number=order.number))
        elif asked_at is not None:
            _press(engine, time.monotonic() - asked_at)
        if event is None or event.number != order.number:
            if asked_at is None and time.monotonic() - reported_at >= _TELL_TIME_S:
                reported_at = time.monotonic()
                if (passed := meter.pass_time()) is not None:
                    ctx.report(passed.model_copy(update={"preview": preview}))
            continue
        reported_at = time.monotonic()
        match event:
            case Began():
                ctx.report(meter.begin(event.stage, event.message, is_short=event.is_short))
            case Advanced():
                progress = meter.advance(
                    event.stage, event.done, event.message, step=event.step, steps=event.steps
                )
                # Each event carries the newest picture: whoever misses one sees it in the next.
                preview = event.preview or preview
                ctx.report(progress.model_copy(update={"preview": preview}))
            case Made():
                # The wish to stop may have come too late for the engine, but not for the user.
                ctx.cancel.check()
                return event
            case Stopped():
                raise JobCancelled
            case Refused():
                raise _error(event, order)
            case _:
                assert_never(event)


def _press(engine: EngineProcess, waited_s: float) -> None:
    """Press the wish to stop harder the longer it is not heard."""
    if waited_s > _KILL_AFTER_S:
        engine.process.kill()
    elif waited_s > _TERMINATE_AFTER_S:
        engine.process.terminate()


def _error(event: Refused, order: RenderOrder) -> StudioError:
    if event.kind == "UnsupportedRequest":
        return UnsupportedRequest(event.problems)
    log.error("the engine made no clip (%s): %s", event.kind, event.traceback or event.message)
    return _ERRORS[event.kind](event.message, target=str(order.plan.target), hint=event.hint)


def _crash(engine: EngineProcess, order: RenderOrder) -> EngineCrashed:
    exit_code = engine.end()
    log.error("the engine ended (%s) and said last:\n%s", exit_code, "\n".join(engine.last_words))
    hint = "It starts anew with the next clip. The log file has what it said last."
    if exit_code == _SIGKILL_EXIT:
        hint = (
            "Linux ends programs this way when memory runs out: close others or choose a smaller "
            "clip. The engine starts anew with the next clip."
        )
    how = f"was ended by signal {-exit_code}" if exit_code < 0 else f"ended with code {exit_code}"
    said = f" It said last: {engine.last_words[-1]!r}." if engine.last_words else ""
    return EngineCrashed(
        f"The engine {how} while it made the clip.{said}",
        target=str(order.plan.target),
        hint=hint,
    )
