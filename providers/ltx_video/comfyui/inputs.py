"""The files of a plan as they are sent: cut, paced and as long as the clip, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from core.media.images import read_rgb_image, write_fitted_image
from core.media.source_clip import (
    read_frames,
    read_video_facts,
    sample_frames,
    write_audio,
    write_clip_audio,
)
from core.video.inputs import ROLES, MediaType, field_of
from core.video.terms import Role
from providers.ltx_video.engine.clip import Audio, write_clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.jobs.job import CancelToken, JobContext
    from core.video.plan import RenderPlan
    from core.video.request import Input

_RATE_HZ = 48_000


def prepared_inputs(plan: RenderPlan, ctx: JobContext) -> RenderPlan:
    """The plan with its files as the server reads them, in the job's folder.

    Images are of the clip's size and hold nothing but the picture, not where a photo was taken.
    A source video has the clip's size, rate and length; of one that goes on, only what the model
    sees is sent.

    Raises:
        UnsupportedRequest: an image cannot be read any more.
        UnreadableClip: a video cannot.
        JobCancelled: asked to stop.
    """
    given = (_prepared(item, place, plan, ctx) for place, item in enumerate(plan.request.inputs))
    return plan.with_inputs(tuple(given))


def _prepared(item: Input, place: int, plan: RenderPlan, ctx: JobContext) -> Input:
    """One file, as another one in the job's folder; what is not sent stays as it is."""
    ctx.cancel.check()
    stem = ctx.workdir / f"input-{place}"
    if plan.request.of_role(Role.WORKFLOW):
        return _whole(item, stem)
    match item.role:
        case Role.START | Role.END | Role.KEYFRAME:
            path = stem.with_suffix(".png")
            write_fitted_image(item.path, path, plan.width, plan.height, ROLES[item.role].name)
        case Role.SOURCE_VIDEO | Role.EXTEND_VIDEO:
            path = stem.with_suffix(".mp4")
            _write_video(item, path, plan, ctx)
        case Role.AUDIO:
            path = stem.with_suffix(".wav")
            _write_wav(path, read_waveform(item.path, 0.0, plan.duration_s, ctx))
        case _:
            return item
    return item.model_copy(update={"path": path})


def _whole(item: Input, stem: Path) -> Input:
    """For a workflow, which may cut or pace as it likes; an image holds nothing but the picture."""
    info = ROLES[item.role]
    if info.media is not MediaType.IMAGE:
        return item
    path = stem.with_suffix(".png")
    read_rgb_image(item.path, info.name, field_of(item.role)).image.save(path)
    return item.model_copy(update={"path": path})


def _write_video(item: Input, path: Path, plan: RenderPlan, ctx: JobContext) -> None:
    size, waveform = (plan.width, plan.height), None
    if item.role is Role.EXTEND_VIDEO:
        seen = range(plan.kept_frames - plan.context_frames, plan.kept_frames)
        images = read_frames(item.path, seen, ctx.cancel)
    else:
        images = sample_frames(item.path, plan.num_frames, plan.fps, ctx.cancel)
        if plan.has_audio and read_video_facts(item.path).has_audio:
            waveform = clip_waveform(item.path, plan.duration_s, ctx)
    fitted = (np.asarray(_fitted(image, size)) for image in images)
    write_clip(path, fitted, plan.fps, waveform, lambda _: None)


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def read_waveform(path: Path, begin_s: float, duration_s: float, ctx: JobContext) -> Audio:
    """A part of a file's sound, with silence where it is shorter."""
    raw = ctx.workdir / "waveform.f32"
    write_audio(path, raw, begin_s, duration_s, _RATE_HZ, ctx.cancel)
    return _samples(raw)


def clip_waveform(path: Path, duration_s: float, ctx: JobContext) -> Audio:
    """The sound of a clip from its first frame on, with silence where it is shorter."""
    raw = ctx.workdir / "waveform.f32"
    write_clip_audio(path, raw, duration_s, _RATE_HZ, ctx.cancel)
    return _samples(raw)


def _samples(raw: Path) -> Audio:
    samples = np.fromfile(raw, "<f4").reshape(-1, 2).T.copy()
    raw.unlink()
    return Audio(samples, _RATE_HZ)


def _write_wav(path: Path, audio: Audio) -> None:
    import wave

    whole = (np.clip(audio.samples.T, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(audio.rate_hz)
        file.writeframes(whole.tobytes())


def joined(plan: RenderPlan, made: Path, source: Path, ctx: JobContext) -> Path:
    """A video with what was made of its end: its own frames and sound, then the new frames.

    Args:
        plan: of the whole clip.
        made: what the model saw of the video, and what is new.
        source: the video that goes on.
        ctx: of the job; the file comes into its folder.
    """
    whole = ctx.workdir / "joined.mp4"
    waveform = None
    if plan.has_audio and read_video_facts(source).has_audio:
        waveform = clip_waveform(source, plan.kept_frames / plan.fps, ctx)
        waveform = waveform.as_long_as(plan.num_frames, plan.fps)
    frames = map(np.asarray, _all_frames(plan, made, source, ctx.cancel))
    write_clip(whole, frames, plan.fps, waveform, lambda _: None)
    return whole


def _all_frames(
    plan: RenderPlan, made: Path, source: Path, cancel: CancelToken
) -> Iterator[Image.Image]:
    yield from read_frames(source, range(plan.kept_frames), cancel)
    size = (plan.width, plan.height)
    there = range(plan.context_frames, read_video_facts(made).num_frames)
    for image in read_frames(made, there, cancel):
        yield _fitted(image, size)


def is_dark(clip: Path, cancel: CancelToken, *, darker_than: int) -> bool:
    """Whether a clip shows nothing at its beginning, in its middle and at its end.

    A sampler that fails in numbers gives black, and the server calls that a success.
    """
    count = read_video_facts(clip).num_frames
    for number in {0, count // 2, count - 1}:
        for image in read_frames(clip, range(number, number + 1), cancel):
            if int(np.asarray(image).max()) >= darker_than:
                return False
    return True
