"""Clips from images and videos, against what plain diffusers makes, on every generation."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import JobCancelled, UnsupportedRequest
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.video.inputs import check_inputs
from core.video.placement import images_of
from core.video.planning.clip_plan import make_plan
from core.video.planning.windows import windows_of
from core.video.request import Editing, FrameRequest, Input, Sampling
from core.video.terms import ExtendDirection, Residency, Role, Task
from providers.ltx_video.engine.clip import Audio, write_clip
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.sizes import token_count
from providers.ltx_video.models.timings import work_of
from providers.ltx_video.models.workload import Workload
from tests.providers.engine.test_engine_clips import images, samples
from tests.providers.mode_requests import (
    EVERY_MODEL,
    GUIDED,
    MODELS,
    as_written,
    asked,
    extending,
    keyframe,
    planned,
    retaking,
    source,
)
from tests.providers.plain_diffusers.mode_cases import CHAIN, FPS, FRAMES, LAST
from tests.providers.tiny_home import SEED, context_of, install

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import Report
    from core.video.plan import RenderPlan
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

CASES = {
    "first": lambda files: [keyframe(files / "a.png", 0)],
    "second": lambda files: [keyframe(files / "a.png", 1)],
    "eighth": lambda files: [keyframe(files / "a.png", 8)],
    "ninth": lambda files: [keyframe(files / "a.png", 9)],
    "last": lambda files: [Input(role=Role.END, path=files / "b.png", strength=0.7)],
    "references": lambda files: [
        Input(role=Role.REFERENCE, path=files / f"{name}.png") for name in "ab"
    ],
    "several": lambda files: [
        keyframe(files / "a.png", LAST, 0.6),
        keyframe(files / "b.png", 8),
        Input(role=Role.START, path=files / "a.png", strength=0.5),
    ],
}


@pytest.mark.parametrize("case", CASES)
@EVERY_MODEL
def test_keyframes_give_what_plain_diffusers_gives(
    mode_provider: LocalLTX,
    watched: Watch,
    mode_files: Path,
    tmp_path: Path,
    model: LocalModel,
    case: str,
) -> None:
    plan = planned(mode_provider, asked(model, *CASES[case](mode_files)), model)
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    bare = np.load(mode_files / f"{model.id}-{case}.npy")
    assert bare.shape == (FRAMES, 64, 96, 3)
    assert np.array_equal(images(clip), as_written(bare, tmp_path))
    steps = {event.steps for event in job.progress if event.steps}
    assert steps == {model.profile.num_inference_steps}


@EVERY_MODEL
def test_each_place_gives_another_clip(mode_files: Path, model: LocalModel) -> None:
    made = [np.load(mode_files / f"{model.id}-{case}.npy").tobytes() for case in CASES]
    assert len(set(made)) == len(CASES)


@EVERY_MODEL
def test_keyframes_count_as_work_and_memory(
    mode_provider: LocalLTX, mode_files: Path, model: LocalModel
) -> None:
    """The image of the first frame takes its place in the clip; each other comes to it."""
    request = asked(model, *CASES["several"](mode_files))
    plan = planned(mode_provider, request, model)
    assert Workload.of(plan, model.profile).tokens == token_count(96, 64, FRAMES) + 2 * 3 * 2


def anew(provider: LocalLTX, model: LocalModel, clip: Path, strength: float) -> RenderPlan:
    request = asked(model, source(clip)).model_copy(update={"editing": Editing(strength=strength)})
    known = check_inputs(request)
    return provider.fit(make_plan(request, model.spec, known))


@pytest.mark.parametrize(("strength", "case"), [(0.8, "anew"), (0.0, "back"), (1.0, "plain")])
@EVERY_MODEL
def test_a_video_made_anew_is_what_plain_diffusers_makes_of_it(
    mode_provider: LocalLTX,
    watched: Watch,
    mode_files: Path,
    tmp_path: Path,
    model: LocalModel,
    strength: float,
    case: str,
) -> None:
    plan = anew(mode_provider, model, mode_files / "source.mp4", strength)
    assert (plan.num_frames, plan.fps, plan.task) == (FRAMES, FPS, Task.VIDEO_TO_VIDEO)
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    bare = np.load(mode_files / f"{model.id}-{case}.npy")
    assert np.array_equal(images(clip), as_written(bare, tmp_path))
    levels = model.profile.sigmas_from(model.profile.num_inference_steps, strength)
    assert plan.steps_taken == len(levels)
    assert {event.steps for event in job.progress if event.steps} == {len(levels)} - {0}


@EVERY_MODEL
def test_a_video_made_anew_keeps_its_sound_unless_it_is_to_be_silent(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, model: LocalModel
) -> None:
    plan = anew(mode_provider, model, mode_files / "source.mp4", 0.0)
    assert plan.has_audio
    kept, original = (samples(clip) for clip in (
        mode_provider.render(plan, watched().context).path, mode_files / "source.mp4"
    ))  # fmt: skip
    count = min(kept.shape[1], original.shape[1]) - 2000
    # Once more through AAC, and a tone all the same.
    assert np.abs(kept[:, 2000:count] - original[:, 2000:count]).max() < 0.05
    silent = plan.model_copy(update={"has_audio": False})
    assert not probe_clip(mode_provider.render(silent, watched().context).path).has_audio


def test_a_video_is_counted_as_the_memory_that_its_encoding_takes(
    mode_provider: LocalLTX, mode_files: Path
) -> None:
    plan = anew(mode_provider, MODELS[0], mode_files / "source.mp4", 0.5)
    assert Workload.of(plan, MODELS[0].profile).encodes_video
    plain = anew(mode_provider, MODELS[0], mode_files / "source.mp4", 1.0)
    assert not Workload.of(plain, MODELS[0].profile).encodes_video


@pytest.mark.parametrize("mode", ["extended", "following", "retaken"])
def test_after_a_clip_that_keeps_something_nothing_is_kept_of_it(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, mode: str
) -> None:
    model = MODELS[-1]
    plans = {
        "extended": lambda: extending(
            mode_provider, model, mode_files / "long.mp4", ExtendDirection.BACKWARD
        ),
        "following": lambda: following(mode_provider, model, mode_files / "source.mp4"),
        "retaken": lambda: retaking(mode_provider, model, mode_files / "retake.mp4"),
    }
    mode_provider.render(plans[mode](), watched().context)
    after = mode_provider.render(
        planned(mode_provider, asked(model), model), watched().context
    ).path
    plain = np.load(mode_files / f"{model.id}-plain.npy")
    assert np.array_equal(images(after), as_written(plain, tmp_path))


PART_FRAMES = (17, 8, 8, 8)


def chained(provider: LocalLTX, model: LocalModel, *inputs: Input) -> RenderPlan:
    request = asked(model, *inputs, num_frames=sum(PART_FRAMES)).model_copy(
        update={"prompt": " | ".join(part.prompt for part in CHAIN)}
    )
    return planned(provider, request, model)


@EVERY_MODEL
def test_each_part_goes_on_from_the_latents_before_as_plain_diffusers_makes_it_of_them(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    plan = chained(mode_provider, model)
    assert tuple(part.num_frames for part in plan.parts) == PART_FRAMES
    assert tuple(part.seen_frames for part in plan.parts) == (0, 17, 25, 25)
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    bare = np.load(mode_files / f"{model.id}-chained.npy")
    assert bare.shape == (sum(PART_FRAMES), 64, 96, 3)
    assert np.array_equal(images(clip), as_written(bare, tmp_path))
    steps = 4 * model.profile.num_inference_steps
    assert [event.step for event in job.progress if event.step] == [*range(1, steps + 1)]
    assert {event.steps for event in job.progress if event.steps} == {steps}
    if model.spec.audio is not None:
        sound = Audio(np.load(mode_files / f"{model.id}-chained-sound.npy"), 24_000)
        path = tmp_path / "sound.mp4"
        write_clip(path, bare, FPS, sound.with_soft_ends(len(bare), FPS), lambda _: None)
        assert np.array_equal(samples(clip), samples(path))


@pytest.mark.parametrize("model", [MODELS[0], MODELS[-1]], ids=lambda model: model.id)
def test_images_of_a_clip_of_parts_count_in_the_part_that_holds_them(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, model: LocalModel
) -> None:
    given = (
        Input(role=Role.START, path=mode_files / "a.png"),
        keyframe(mode_files / "b.png", 28),
        Input(role=Role.END, path=mode_files / "a.png"),
    )
    plan = chained(mode_provider, model, *given)
    placed = [[image.frame for image in images_of(window)] for window in windows_of(plan)]
    assert placed == [[0], [], [28], [32]]
    clips = [
        images(mode_provider.render(chained(mode_provider, model, *some), watched().context).path)
        for some in ((), given[:1], given[:2], given)
    ]
    assert len({clip.tobytes() for clip in clips}) == 4


def test_a_clip_of_parts_counts_its_longest_window_as_memory_and_all_of_them_as_work(
    mode_provider: LocalLTX, mode_files: Path
) -> None:
    model = MODELS[-1]
    plan = chained(mode_provider, model, keyframe(mode_files / "b.png", 28))
    load = Workload.of(plan, model.profile)
    assert (load.num_frames, load.more_tokens) == (33, 6)
    assert load.tokens == token_count(96, 64, 33) + 6
    assert load.pixels == 96 * 64 * sum(PART_FRAMES)
    tokens = sum(token_count(96, 64, frames) for frames in (17, 25, 33, 33)) + 6
    assert work_of(Stage.DENOISE, plan) == tokens * (plan.num_inference_steps or 1)
    assert work_of(Stage.DECODE, plan) == 96 * 64 * sum(PART_FRAMES)


@pytest.mark.parametrize("steps_done", [3, 8, 11])
def test_a_clip_of_parts_is_cancelled_within_and_between_them(
    mode_provider: LocalLTX, watched: Watch, steps_done: int
) -> None:
    model, job = MODELS[-1], watched()

    def stop(event: Report) -> None:
        if isinstance(event, Progressed) and event.step == steps_done:
            job.context.cancel.cancel()

    job.on_event = stop
    with pytest.raises(JobCancelled):
        mode_provider.render(chained(mode_provider, model), job.context)
    assert max(event.step or 0 for event in job.progress) < 32
    assert not (job.context.workdir / "clip.mp4").exists()


DISTILLED = pytest.mark.parametrize("model", MODELS[1:], ids=lambda model: model.id)


def in_two_stages(provider: LocalLTX, model: LocalModel, *inputs: Input) -> RenderPlan:
    sampling = Sampling(seed=SEED, two_stage=True)
    request = asked(model, *inputs).model_copy(
        update={"sampling": sampling, "frame": FrameRequest(resolution="128p", duration_s=1.0)}
    )
    return planned(provider, request, model)


@DISTILLED
def test_two_stages_are_what_plain_diffusers_makes_in_two_calls(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    plan = in_two_stages(mode_provider, model)
    steps = model.profile.num_inference_steps
    assert (plan.width, plan.height, plan.steps_text) == (192, 128, f"{steps} + 3 steps")
    job = watched()
    clip = mode_provider.render(plan, job.context).path
    bare = np.load(mode_files / f"{model.id}-two-stages.npy")
    assert bare.shape == (FRAMES, 128, 192, 3)
    assert np.array_equal(images(clip), as_written(bare, tmp_path))
    numbers = [event.step for event in job.progress if event.step]
    assert numbers == list(range(1, steps + 4))
    assert {event.steps for event in job.progress if event.steps} == {steps + 3}
    if model.spec.audio is not None:
        sound = Audio(np.load(mode_files / f"{model.id}-two-stages-sound.npy"), 24_000)
        path = tmp_path / "sound.mp4"
        write_clip(path, bare, FPS, sound.with_soft_ends(len(bare), FPS), lambda _: None)
        assert np.array_equal(samples(clip), samples(path))


@DISTILLED
def test_the_plan_tells_what_each_of_two_stages_has_to_do(
    mode_provider: LocalLTX, model: LocalModel
) -> None:
    plan = in_two_stages(mode_provider, model)
    (told,) = (note for note in plan.notes if note.startswith("In two stages: "))
    steps = model.profile.num_inference_steps
    # 3 latent frames of 3 x 2 pieces, and of 6 x 4.
    share = round(100 * 18 * steps / (18 * steps + 72 * 3))
    assert f"{steps} steps at 96x64 (18 tokens, {share}% of the work, up to 0." in told
    assert "then 3 steps at 192x128 (72 tokens" in told
    assert work_of(Stage.DENOISE, plan) == 18 * steps + 72 * 3
    one = Workload.of(plan.model_copy(update={"refine_steps": 0}), model.profile)
    assert Workload.of(plan, model.profile).has_upsampler > one.has_upsampler


def test_a_start_image_counts_in_both_stages_and_streamed_weights_make_the_same(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path
) -> None:
    for model in (MODELS[1], MODELS[-1]):
        plan = in_two_stages(
            mode_provider, model, Input(role=Role.START, path=mode_files / "a.png")
        )
        memory = plan.memory_plan
        assert memory is not None
        streamed = memory.model_copy(update={"residency": Residency.GROUP_OFFLOAD})
        whole, other = (
            images(mode_provider.render(one, watched().context).path)
            for one in (plan, plan.model_copy(update={"memory_plan": streamed}))
        )
        assert np.array_equal(whole, other)
        assert not np.array_equal(whole, np.load(mode_files / f"{model.id}-two-stages.npy"))


def test_a_model_that_was_installed_without_its_upsampler_says_what_to_do(
    mode_files: Path, tmp_path: Path
) -> None:
    model = MODELS[-1]
    folder = Paths.below(tmp_path).models_dir / model.id
    shutil.copytree(mode_files / model.id, folder)
    shutil.rmtree(folder / "latent_upsampler")
    install(folder, model)
    without = LocalLTX(context_of(tmp_path), (model,))
    with pytest.raises(UnsupportedRequest, match=r"without what enlarges.*setup_ltx_video.py"):
        in_two_stages(without, model)
    assert planned(without, asked(model), model).refine_steps == 0


def test_a_clip_in_two_stages_follows_a_sound_too(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path
) -> None:
    model = MODELS[-1]
    sampling = Sampling(seed=SEED, two_stage=True)
    request = asked(model, Input(role=Role.AUDIO, path=mode_files / "source.mp4")).model_copy(
        update={"sampling": sampling, "frame": FrameRequest(resolution="128p")}
    )
    plan = mode_provider.fit(make_plan(request, model.spec, check_inputs(request)))
    made = images(mode_provider.render(plan, watched().context).path)
    assert made.shape == (FRAMES, 128, 192, 3)
    assert not np.array_equal(made, np.load(mode_files / f"{model.id}-two-stages.npy"))


WITH_SOUND = (*MODELS[2:], GUIDED)


def following(provider: LocalLTX, model: LocalModel, audio: Path) -> RenderPlan:
    request = asked(model, Input(role=Role.AUDIO, path=audio))
    return provider.fit(make_plan(request, model.spec, check_inputs(request)))


@pytest.mark.parametrize("model", WITH_SOUND, ids=lambda model: model.id)
def test_a_clip_that_follows_a_sound_is_what_plain_diffusers_makes_with_frozen_audio(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    plan = following(mode_provider, model, mode_files / "source.mp4")
    assert (plan.num_frames, plan.task) == (FRAMES, Task.AUDIO_TO_VIDEO)
    clip = mode_provider.render(plan, watched().context).path
    bare = np.load(mode_files / f"{model.id}-following.npy")
    assert np.array_equal(images(clip), as_written(bare, tmp_path))
    # The sound has an effect, and with guidance another than without.
    assert not np.array_equal(bare, np.load(mode_files / f"{model.id}-plain.npy"))


def test_guidance_acts_on_a_clip_that_follows_a_sound(mode_files: Path) -> None:
    guided, plain = (
        np.load(mode_files / f"{name}-following.npy") for name in ("tiny-2.3-guided", "tiny-2.3")
    )
    assert not np.array_equal(guided, plain)


def test_its_sound_is_the_audio_file_and_silent_if_so_asked(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path
) -> None:
    plan = following(mode_provider, MODELS[-1], mode_files / "source.mp4")
    made, original = (samples(clip) for clip in (
        mode_provider.render(plan, watched().context).path, mode_files / "source.mp4"
    ))  # fmt: skip
    count = min(made.shape[1], original.shape[1]) - 2000
    # Once more through AAC, and a tone all the same.
    assert np.abs(made[:, 2000:count] - original[:, 2000:count]).max() < 0.05
    silent = mode_provider.render(plan.model_copy(update={"has_audio": False}), watched().context)
    assert not probe_clip(silent.path).has_audio
    assert np.array_equal(
        images(silent.path), images(mode_provider.render(plan, watched().context).path)
    )


@pytest.mark.parametrize("model", MODELS[2:], ids=lambda model: model.id)
def test_slow_motion_is_the_clock_of_the_model_as_plain_diffusers_has_it(
    mode_provider: LocalLTX, watched: Watch, mode_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    plan = planned(mode_provider, asked(model), model).model_copy(update={"motion_speed": 0.2})
    clip = mode_provider.render(plan, watched().context).path
    bare = np.load(mode_files / f"{model.id}-slow.npy")
    assert np.array_equal(images(clip), as_written(bare, tmp_path))
    assert not np.array_equal(bare, np.load(mode_files / f"{model.id}-plain.npy"))
    facts = probe_clip(clip)
    assert (facts.num_frames, facts.fps) == (FRAMES, FPS)


@pytest.mark.parametrize("direction", [None, *ExtendDirection], ids=str)
@pytest.mark.parametrize("model", [MODELS[0], MODELS[-1]], ids=lambda model: model.id)
def test_streamed_weights_make_the_same_of_a_video(
    mode_provider: LocalLTX,
    watched: Watch,
    mode_files: Path,
    model: LocalModel,
    direction: ExtendDirection | None,
) -> None:
    """The parts that encode a video are fetched for it, wherever they lie."""
    plan = (
        anew(mode_provider, model, mode_files / "source.mp4", 0.8)
        if direction is None
        else extending(mode_provider, model, mode_files / "long.mp4", direction)
    )
    memory = plan.memory_plan
    assert memory is not None
    streamed = memory.model_copy(update={"residency": Residency.GROUP_OFFLOAD})
    tiled = streamed.model_copy(update={"tiled_decode": True, "framewise_decode": True})
    made = [
        images(mode_provider.render(one, watched().context).path)
        for one in (
            plan,
            plan.model_copy(update={"memory_plan": streamed}),
            plan.model_copy(update={"memory_plan": tiled}),
        )
    ]
    assert np.array_equal(made[0], made[1])
    assert made[2].shape == made[0].shape
