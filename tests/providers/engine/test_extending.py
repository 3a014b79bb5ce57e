"""Videos that go on, against what plain diffusers makes, on every generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.media.ffmpeg import probe_clip
from core.video.request import Input
from core.video.terms import ExtendDirection, Role, Task
from providers.ltx_video.engine.drive_render import write_images
from tests.providers.engine.test_engine_clips import images, samples
from tests.providers.mode_requests import (
    EVERY_MODEL,
    MODELS,
    as_written,
    extending,
    keyframe,
)
from tests.providers.plain_diffusers.mode_cases import EXTENDED, FPS, FRAMES, NEW, SEEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from providers.ltx_video.local import LocalLTX
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]


@pytest.mark.parametrize("direction", [ExtendDirection.FORWARD, ExtendDirection.BACKWARD])
@EVERY_MODEL
def test_a_video_is_extended_as_plain_diffusers_does_it_and_keeps_its_own_frames(
    mode_provider: LocalLTX,
    watched: Watch,
    mode_files: Path,
    tmp_path: Path,
    model: LocalModel,
    direction: ExtendDirection,
) -> None:
    plan = extending(mode_provider, model, mode_files / "long.mp4", direction)
    assert plan.task is Task.EXTEND_VIDEO
    assert (plan.num_frames, plan.made_frames) == (EXTENDED + NEW, SEEN + NEW)
    clip = mode_provider.render(plan, watched().context).path
    made = np.load(mode_files / f"{model.id}-{direction}.npy")
    assert made.shape == (SEEN + NEW, 64, 96, 3)
    own = images(mode_files / "long.mp4")
    is_backward = direction is ExtendDirection.BACKWARD
    whole = (made[:NEW], own) if is_backward else (own, made[SEEN:])
    assert np.array_equal(images(clip), as_written(np.concatenate(whole), tmp_path))
    # Random weights have no seam to be proud of; that there is one that can be measured is all.
    seam = (
        own[0] - made[NEW - 1].astype(float) if is_backward else made[SEEN] - own[-1].astype(float)
    )
    assert np.isfinite(np.abs(seam).mean())


@EVERY_MODEL
def test_a_video_without_sound_gives_the_model_nothing_to_hear(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    plan = extending(mode_provider, model, mode_files / "mute.mp4", ExtendDirection.FORWARD)
    clip = mode_provider.render(plan, watched().context).path
    made = np.load(mode_files / f"{model.id}-forward-mute.npy")
    whole = np.concatenate((images(mode_files / "mute.mp4"), made[SEEN:]))
    assert np.array_equal(images(clip), as_written(whole, tmp_path))
    heard = np.load(mode_files / f"{model.id}-forward.npy")
    assert np.array_equal(made, heard) is (model.spec.audio is None)


@EVERY_MODEL
def test_both_ends_of_a_video_are_made_in_one_pass_as_plain_diffusers_does_it(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    """A video that the model can see as a whole is held in the middle of what it makes."""
    plan = extending(mode_provider, model, mode_files / "source.mp4", ExtendDirection.BOTH)
    assert (plan.passes, plan.num_frames, plan.made_frames) == (1, FRAMES + NEW, FRAMES + NEW)
    assert plan.new == (range(8), range(8 + FRAMES, FRAMES + NEW))
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    made, own = np.load(mode_files / f"{model.id}-whole.npy"), images(mode_files / "source.mp4")
    assert made.shape == (FRAMES + NEW, 64, 96, 3)
    whole = np.concatenate((made[:8], own, made[-8:]))
    assert np.array_equal(images(clip), as_written(whole, tmp_path))
    steps = {event.steps for event in job.progress if event.steps}
    assert steps == {model.profile.num_inference_steps}


@EVERY_MODEL
def test_both_ends_are_made_in_two_passes_where_the_video_cannot_be_seen_whole(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    """Each pass is what the forward or the backward way makes of its seed."""
    plan = extending(mode_provider, model, mode_files / "long.mp4", ExtendDirection.BOTH)
    assert (plan.passes, plan.num_frames) == (2, EXTENDED + NEW)
    assert plan.made_frames == NEW + 2 * SEEN
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    before, after = (
        np.load(mode_files / f"{model.id}-both-{side}.npy") for side in ("before", "after")
    )
    assert before.shape == after.shape == (SEEN + 8, 64, 96, 3)
    whole = np.concatenate((before[:8], images(mode_files / "long.mp4"), after[SEEN:]))
    assert np.array_equal(images(clip), as_written(whole, tmp_path))
    steps = model.profile.num_inference_steps
    assert [event.step for event in job.progress if event.step] == [*range(1, 2 * steps + 1)]
    assert {event.steps for event in job.progress if event.steps} == {2 * steps}


@EVERY_MODEL
def test_images_at_both_ends_of_a_video_count_in_the_finished_clip(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, model: LocalModel
) -> None:
    start = Input(role=Role.START, path=mode_files / "a.png")
    end = Input(role=Role.END, path=mode_files / "b.png")
    job = watched()
    plan = extending(
        mode_provider, model, mode_files / "long.mp4", ExtendDirection.BOTH, start, end
    )
    assert [image.frame for image in write_images(plan, job.context.workdir)] == [0, 27]
    clip = images(mode_provider.render(plan, job.context).path)
    before, after = (
        np.load(mode_files / f"{model.id}-both-{side}.npy") for side in ("before", "after")
    )
    assert clip.shape == (EXTENDED + NEW, 64, 96, 3)
    assert not np.array_equal(clip[:8], before[:8])
    assert not np.array_equal(clip[-8:], after[-8:])


@pytest.mark.parametrize("clip", ["source.mp4", "long.mp4"])
@pytest.mark.parametrize("model", [MODELS[0], *MODELS[2:]], ids=lambda model: model.id)
def test_the_sound_of_a_video_goes_on_at_both_ends_of_it(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, model: LocalModel, clip: str
) -> None:
    plan = extending(mode_provider, model, mode_files / clip, ExtendDirection.BOTH)
    made, own = (
        samples(mode_provider.render(plan, watched().context).path),
        samples(mode_files / clip),
    )
    rate_hz = model.spec.audio.sample_rate_hz if model.spec.audio else 48_000
    begin, edge = round(plan.new_before / plan.fps * rate_hz), rate_hz // 25
    stop = round((plan.new_before + plan.kept_frames) / plan.fps * rate_hz)
    assert made.shape[1] == pytest.approx(plan.duration_s * rate_hz, abs=2048)
    # The tone of the video is where its frames are, at the rate of the model.
    tone = own[:, :: 48_000 // rate_hz][:, edge : stop - begin - edge]
    assert np.abs(made[:, begin + edge : stop - edge] - tone).max() < 0.05
    for new in (made[:, edge : begin - edge], made[:, stop + edge :]):
        assert bool(np.abs(new).max() > 0.001) is (model.spec.audio is not None)


@pytest.mark.parametrize("direction", ExtendDirection)
@EVERY_MODEL
def test_an_extended_video_keeps_its_sound_and_the_new_part_has_the_models(
    mode_provider: LocalLTX,
    watched: Watch,
    mode_files: Path,
    model: LocalModel,
    direction: ExtendDirection,
) -> None:
    plan = extending(mode_provider, model, mode_files / "long.mp4", direction)
    assert plan.has_audio
    facts = probe_clip(mode_provider.render(plan, watched().context).path)
    assert facts.num_frames == EXTENDED + NEW
    assert facts.audio_duration_s == pytest.approx((EXTENDED + NEW) / FPS, abs=0.05)


@EVERY_MODEL
def test_a_keyframe_of_an_extended_video_counts_in_the_finished_clip(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, model: LocalModel
) -> None:
    at = keyframe(mode_files / "b.png", EXTENDED + 5)
    job = watched()
    plan = extending(mode_provider, model, mode_files / "long.mp4", ExtendDirection.FORWARD, at)
    (image,) = write_images(plan, job.context.workdir)
    assert image.frame == SEEN + 5
    clip = mode_provider.render(plan, job.context).path
    without = np.load(mode_files / f"{model.id}-forward.npy")
    assert images(clip).shape == (EXTENDED + NEW, 64, 96, 3)
    assert not np.array_equal(images(clip)[EXTENDED:], without[SEEN:])
