"""Parts of videos made anew, against what plain diffusers makes, on every generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.video.terms import Residency, RetakePart, Task
from providers.ltx_video.models.workload import Workload
from tests.fakes.clips import moving_clip
from tests.providers.engine.test_engine_clips import images, samples
from tests.providers.mode_requests import EVERY_MODEL, MODELS, as_written, keyframe, retaking
from tests.providers.plain_diffusers.mode_cases import (
    FPS,
    RETAKE_FIRST,
    RETAKE_SEEN,
    RETAKE_STOP,
    RETAKEN,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from providers.ltx_video.local import LocalLTX
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]


def with_part_anew(clip: Path, made: np.ndarray) -> np.ndarray:
    own = images(clip)
    return np.concatenate(
        (
            own[:RETAKE_FIRST],
            made[RETAKE_FIRST - RETAKE_SEEN : RETAKE_STOP - RETAKE_SEEN],
            own[RETAKE_STOP:],
        )
    )


@EVERY_MODEL
def test_a_part_is_made_anew_as_plain_diffusers_does_it_and_all_else_is_kept(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    plan = retaking(mode_provider, model, mode_files / "retake.mp4", part=RetakePart.VIDEO)
    assert (plan.task, plan.num_frames, plan.made_frames) == (Task.RETAKE, RETAKEN, 25)
    assert (plan.new, plan.first_made) == ((range(RETAKE_FIRST, RETAKE_STOP),), RETAKE_SEEN)
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    name = "retaken-video" if model.spec.audio else "retaken"
    made = np.load(mode_files / f"{model.id}-{name}.npy")
    expected = with_part_anew(mode_files / "retake.mp4", made)
    assert np.array_equal(images(clip), as_written(expected, tmp_path))
    assert {event.steps for event in job.progress if event.steps} == {
        model.profile.num_inference_steps
    }
    kept, original = samples(clip), samples(mode_files / "retake.mp4")
    count = min(kept.shape[1], original.shape[1]) - 2000
    assert np.abs(kept[:, 2000:count] - original[:, 2000:count]).max() < 0.05


@pytest.mark.parametrize("part", [RetakePart.AUDIO, RetakePart.BOTH])
@pytest.mark.parametrize("model", MODELS[2:], ids=lambda model: model.id)
def test_the_sound_of_a_part_is_made_anew_with_its_picture_or_to_it(
    mode_provider: LocalLTX,
    watched: Watch,
    mode_files: Path,
    tmp_path: Path,
    model: LocalModel,
    part: RetakePart,
) -> None:
    plan = retaking(mode_provider, model, mode_files / "retake.mp4", part=part)
    clip = mode_provider.render(plan, watched().context).path
    name = mode_files / f"{model.id}-retaken-{part}"
    own, made = images(mode_files / "retake.mp4"), np.load(f"{name}.npy")
    picture = own if part is RetakePart.AUDIO else with_part_anew(mode_files / "retake.mp4", made)
    assert np.array_equal(images(clip), as_written(picture, tmp_path))

    rate = 24_000
    begin, end, offset = (
        round(frame / FPS * rate) for frame in (RETAKE_FIRST, RETAKE_STOP, RETAKE_SEEN)
    )
    sound, new = samples(clip), np.load(f"{name}-sound.npy")
    original = np.stack([part[::2] for part in samples(mode_files / "retake.mp4")])
    # A window of AAC spreads a little over what is next to it; the part itself is louder than that.
    quiet = slice(2000, begin - 2100)
    assert np.abs(sound[:, quiet] - original[:, quiet]).max() < 0.1
    middle = slice(begin + 2000, end - 2000)
    heard, wanted = sound[:, middle], new[:, begin - offset + 2000 : end - offset - 2000]
    old = original[:, middle]
    assert np.abs(heard - wanted).mean() < 0.5 * np.abs(heard - old).mean()


def test_a_silent_video_gets_new_sound_where_that_is_asked_for(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path
) -> None:
    silent = moving_clip(tmp_path / "silent.mp4", RETAKEN, FPS)
    model = MODELS[-1]
    assert not retaking(mode_provider, model, silent).has_audio
    plan = retaking(mode_provider, model, silent, part=RetakePart.AUDIO)
    sound = samples(mode_provider.render(plan, watched().context).path)
    begin, end = (round(frame / FPS * 24_000) for frame in (RETAKE_FIRST, RETAKE_STOP))
    assert np.abs(sound[:, : begin - 2100]).max() < 0.001
    assert np.abs(sound[:, begin + 500 : end - 500]).max() > 0.001


@pytest.mark.parametrize("model", [MODELS[0], MODELS[-1]], ids=lambda model: model.id)
def test_a_keyframe_and_streamed_weights_go_with_a_part_that_is_made_anew(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, model: LocalModel
) -> None:
    plan = retaking(
        mode_provider, model, mode_files / "retake.mp4", keyframe(mode_files / "b.png", 13)
    )
    memory = plan.memory_plan
    assert memory is not None
    assert Workload.of(plan, model.profile).encodes_video
    streamed = memory.model_copy(update={"residency": Residency.GROUP_OFFLOAD})
    whole, other = (
        images(mode_provider.render(one, watched().context).path)
        for one in (plan, plan.model_copy(update={"memory_plan": streamed}))
    )
    assert np.array_equal(whole, other)
    plain = retaking(mode_provider, model, mode_files / "retake.mp4")
    without = images(mode_provider.render(plain, watched().context).path)
    assert not np.array_equal(whole[RETAKE_FIRST:RETAKE_STOP], without[RETAKE_FIRST:RETAKE_STOP])
