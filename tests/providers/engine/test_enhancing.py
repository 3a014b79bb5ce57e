"""Prompts rewritten by the model's own enhancer, against what plain diffusers writes and makes."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import JobCancelled, UnsupportedRequest
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.platform.paths import Paths
from core.video.planning.clip_plan import make_plan
from core.video.planning.prompt_parts import with_enhanced_prompt
from core.video.request import Delivery, FrameRequest, RenderRequest, Sampling
from core.video.spec import Precision
from core.video.terms import EncoderBits, Target
from providers.ltx_video.engine.clip import write_clip
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models import profiles
from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
from tests.fakes.inputs import inputs_of
from tests.providers.engine.test_engine_clips import images
from tests.providers.plain_diffusers.tiny_enhanced import GENERATIONS, LENGTH, TEXTS
from tests.providers.tiny_home import PROMPT, SEED, TINY_AV, context_of, install, made_by, tiny

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.jobs.job import Report
    from core.video.plan import RenderPlan
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

_LONG = {"dtype": Precision.FLOAT32, "image_crf": 0, "use_cross_timestep": True}
_PROFILES = {
    "2.0": profiles.LTX_2_DISTILLED,
    "2.3": profiles.LTX_23_DISTILLED,
    "2.5": profiles.LTX_25_DISTILLED,
}
MODELS = {
    generation: tiny(f"enhancing-{generation}", profile.model_copy(update=_LONG), has_audio=True)
    for generation, profile in _PROFILES.items()
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by("tiny_enhanced", tmp_path_factory.mktemp("enhanced"))


@pytest.fixture(scope="module")
def home(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    models = Paths.below(folder).models_dir
    for model in MODELS.values():
        shutil.copytree(files / model.id, models / model.id)
        install(models / model.id, model)
    return folder


@pytest.fixture(scope="module")
def enhancing(home: Path) -> Iterator[LocalLTX]:
    provider = LocalLTX(context_of(home), tuple(MODELS.values()))
    yield provider
    provider.close()


def plan_to_enhance(
    provider: LocalLTX,
    model: LocalModel,
    *,
    image: Path | None = None,
    enhanced_prompt: str | None = None,
    camera: str | None = None,
    is_open: bool = False,
    enhance: bool = True,
) -> RenderPlan:
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id),
        prompt=PROMPT,
        enhance_prompt=enhance,
        enhanced_prompt=enhanced_prompt,
        frame=FrameRequest(resolution="64p", auto_duration=True)
        if is_open
        else FrameRequest(resolution="64p", duration_s=1.0),
        inputs=inputs_of(start_image=image),
        sampling=Sampling(seed=SEED),
    )
    if camera is not None:
        motion = request.motion.model_copy(update={"camera": camera})
        request = request.model_copy(update={"motion": motion})
    return provider.fit(make_plan(request, model.spec))


def test_a_packed_text_encoder_is_said_to_write_slowly(enhancing: LocalLTX) -> None:
    """Where it writes itself; the prompt enhancer of 2.5 is never packed."""
    said = "unpacks itself for each word"
    for generation, is_said in (("2.3", True), ("2.5", False)):
        plan = plan_to_enhance(enhancing, MODELS[generation])
        assert said not in " ".join(plan.notes)
        delivery = Delivery(text_encoder=EncoderBits.EIGHT)
        request = plan.request.model_copy(update={"delivery": delivery})
        packed = enhancing.fit(plan.model_copy(update={"request": request}))
        assert (said in " ".join(packed.notes)) is is_said


@pytest.mark.parametrize("task", ["t2v", "i2v"])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_words_and_clip_are_those_of_plain_diffusers(
    enhancing: LocalLTX, watched: Watch, files: Path, tmp_path: Path, generation: str, task: str
) -> None:
    model, job = MODELS[generation], watched()
    image = files / "start.png" if task == "i2v" else None
    plan = plan_to_enhance(enhancing, model, image=image)
    expected = json.loads((files / TEXTS).read_text(encoding="utf-8"))[f"{model.id}-{task}"]

    made = enhancing.render(plan, job.context)

    assert made.enhanced_prompt == expected.strip()
    bare = tmp_path / "bare.mp4"
    frames = np.load(files / f"{model.id}-{task}.npz")["frames"]
    write_clip(bare, frames, 16, None, lambda _: None)
    assert np.array_equal(images(made.path), images(bare))
    stages = list(dict.fromkeys(event.stage for event in job.progress))
    assert stages[:3] == [Stage.LOAD, Stage.ENHANCE, Stage.ENCODE]
    fractions = [event.fraction for event in job.progress if event.fraction is not None]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_words_come_alone_too_and_give_the_very_clip(
    enhancing: LocalLTX, watched: Watch, generation: str
) -> None:
    model, job = MODELS[generation], watched()
    plan = plan_to_enhance(enhancing, model)
    text = enhancing.enhance(plan, job.context)
    assert {event.stage for event in job.progress} <= {Stage.LOAD, Stage.ENHANCE}
    assert not list(job.context.workdir.glob("*.mp4"))

    in_one = enhancing.render(plan, watched().context)
    assert in_one.enhanced_prompt == text
    given = plan_to_enhance(enhancing, model, enhanced_prompt=text)
    later = watched()
    from_words = enhancing.render(given, later.context)
    assert np.array_equal(images(from_words.path), images(in_one.path))
    assert from_words.enhanced_prompt is None
    assert Stage.ENHANCE not in {event.stage for event in later.progress}


def test_the_same_seed_writes_the_same_words_and_another_one_others(
    enhancing: LocalLTX, watched: Watch
) -> None:
    plan = plan_to_enhance(enhancing, MODELS["2.3"])
    texts = [
        enhancing.enhance(plan.model_copy(update={"seed": seed}), watched().context)
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_words_for_the_camera_follow_those_of_the_enhancer(enhancing: LocalLTX) -> None:
    model = MODELS["2.3"]
    move = model.spec.camera.motions[0] if model.spec.camera else ""
    plan = plan_to_enhance(enhancing, model, camera=move)
    words = plan.prompt.removeprefix(PROMPT)
    assert words.strip(". ")
    assert with_enhanced_prompt(plan, "A ball").prompt == f"A ball{words}"


@pytest.mark.parametrize("generation", ["2.3", "2.5"])
def test_a_stop_in_the_midst_of_the_words_ends_within_two_seconds(
    enhancing: LocalLTX, watched: Watch, generation: str
) -> None:
    job = watched()
    asked_at: list[float] = []

    def stop(event: Report) -> None:
        if not isinstance(event, Progressed) or event.stage is not Stage.ENHANCE:
            return
        if (event.fraction or 0) > 0.35 and not asked_at:
            asked_at.append(time.monotonic())
            job.context.cancel.cancel()

    job.on_event = stop
    with pytest.raises(JobCancelled):
        enhancing.enhance(plan_to_enhance(enhancing, MODELS[generation]), job.context)
    assert asked_at
    assert time.monotonic() - asked_at[0] < 2.0
    # The engine is still there, and as able as before.
    assert enhancing.enhance(plan_to_enhance(enhancing, MODELS[generation]), watched().context)


def test_a_model_that_was_installed_without_its_enhancer_says_what_adds_it(
    provider: LocalLTX,
) -> None:
    with pytest.raises(UnsupportedRequest, match=r"without its prompt enhancer.*setup_ltx_video"):
        plan_to_enhance(provider, TINY_AV)


def test_the_head_chooses_the_length_that_plain_diffusers_takes(
    enhancing: LocalLTX, watched: Watch, files: Path, tmp_path: Path
) -> None:
    model, job = MODELS["2.5"], watched()
    plan = plan_to_enhance(enhancing, model, is_open=True, enhance=False)
    assert (plan.least_frames, plan.num_frames) == (17, 73)
    assert plan.memory_plan is not None
    assert any(note.startswith("The shortest takes up to") for note in plan.notes)

    made = enhancing.render(plan, job.context)

    frames = np.load(files / LENGTH)
    assert made.num_frames == len(frames)
    assert 17 < len(frames) < 73
    bare = tmp_path / "bare.mp4"
    write_clip(bare, frames, 16, None, lambda _: None)
    assert np.array_equal(images(made.path), images(bare))
    assert any(f"{len(frames)} frames at 16 fps" in event.message for event in job.progress)
    # The record's own length gives the very clip, and asks no head.
    settled = plan.with_length(len(frames))
    again = enhancing.render(settled, watched().context)
    assert again.num_frames is None
    assert np.array_equal(images(again.path), images(made.path))


def test_words_and_length_go_together(enhancing: LocalLTX, watched: Watch) -> None:
    plan = plan_to_enhance(enhancing, MODELS["2.5"], is_open=True)
    made = enhancing.render(plan, watched().context)
    assert made.enhanced_prompt
    assert made.num_frames is not None
    assert len(images(made.path)) == made.num_frames


def test_a_model_that_was_installed_without_its_duration_head_says_what_adds_it(
    files: Path, tmp_path: Path
) -> None:
    model = MODELS["2.5"]
    models = Paths.below(tmp_path).models_dir
    head = shutil.ignore_patterns("duration_head")
    shutil.copytree(files / model.id, models / model.id, ignore=head)
    install(models / model.id, model)
    without = LocalLTX(context_of(tmp_path), (model,))
    with pytest.raises(UnsupportedRequest, match=r"without its duration head.*setup_ltx_video"):
        plan_to_enhance(without, model, is_open=True)
