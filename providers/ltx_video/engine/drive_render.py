"""One clip made by the engine: its files prepared, its events told on."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from PIL import Image, ImageOps

from core.jobs.job import Progressed
from core.media.images import read_rgb_image, write_fitted_image
from core.media.source_clip import read_video_facts, write_audio, write_clip_audio
from core.video.inputs import KEPT, ROLES, field_of
from core.video.placement import images_of
from core.video.terms import Role
from providers.engine.events import Advanced, Began, Made
from providers.engine.following import events_of
from providers.ltx_video.engine.protocol import OrderedAudio, OrderedImage, RenderOrder

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from providers.engine.engine_process import EngineProcess

_AUDIO_RATE_HZ = 48_000
# Of what every audio VAE of LTX-2 reads.
_CONDITION_RATE_HZ = 16_000


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


def write_reference_sheet(plan: RenderPlan, workdir: Path) -> Path | None:
    """The reference images of a plan, each whole and in a field of its own on black.

    Fields lie beside each other, in an upright clip below each other. None where the model takes
    the images in another way.

    Raises:
        UnsupportedRequest: an image is missing, unreadable, cut off or huge.
    """
    if not plan.has_reference_sheet:
        return None
    sheet = Image.new("RGB", (plan.width, plan.height))
    references = plan.request.of_role(Role.REFERENCE)
    count, is_wide = len(references), plan.width >= plan.height
    for number, item in enumerate(references):
        across, down = (count, 1) if is_wide else (1, count)
        field = plan.width // across, plan.height // down
        name = ROLES[Role.REFERENCE].name
        upright = read_rgb_image(item.path, name, field_of(Role.REFERENCE)).image
        whole = ImageOps.pad(upright, field, Image.Resampling.LANCZOS)
        sheet.paste(whole, (number * field[0], 0) if is_wide else (0, number * field[1]))
    path = workdir / "references.png"
    sheet.save(path)
    return path


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
    """The sound that the model goes by; None where there is none.

    It is as long as what the model works on, or as a video that is extended: which part of it is
    heard then, each pass says.

    Raises:
        UnreadableClip: the video cannot be read.
        FFmpegFailed: it does not decode, or the disk is full.
        JobCancelled: asked to stop.
    """
    path, duration_s = ctx.workdir / "condition.f32", plan.made_frames / plan.fps
    followed, retaken, extended = (
        plan.request.path_of(role) for role in (Role.AUDIO, Role.RETAKE_VIDEO, Role.EXTEND_VIDEO)
    )
    if followed is not None:
        write_audio(followed, path, 0.0, duration_s, _CONDITION_RATE_HZ, ctx.cancel)
    elif retaken is not None and plan.spec.audio and read_video_facts(retaken).has_audio:
        begin_s = plan.first_made / plan.fps
        write_clip_audio(retaken, path, duration_s, _CONDITION_RATE_HZ, ctx.cancel, begin_s=begin_s)
    elif extended is not None and plan.makes_audio and read_video_facts(extended).has_audio:
        duration_s = plan.kept_frames / plan.fps
        write_clip_audio(extended, path, duration_s, _CONDITION_RATE_HZ, ctx.cancel)
    else:
        return None
    return OrderedAudio(path=path, rate_hz=_CONDITION_RATE_HZ)


def follow_enhancement(engine: EngineProcess, order: RenderOrder, ctx: JobContext) -> Made:
    """Have one prompt enhanced.

    Raises:
        JobCancelled: asked to stop, and nothing works on the prompt any more.
        EngineCrashed: the engine process ended by itself.
        StudioError: the engine says why there are no words.
    """
    done = 0.0
    for event in events_of(engine, order, ctx.cancel):
        match event:
            case None:
                continue
            case Began() | Advanced():
                if isinstance(event, Advanced):
                    done = max(done, event.done)
                ctx.report(Progressed(stage=event.stage, fraction=done, message=event.message))
            case Made():
                return event
            case _:
                assert_never(event)
    raise AssertionError("the events of an order end with its file or an error")
