"""What is seen beside a clip, maps or a sheet, and what plain diffusers makes of the same."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import JobCancelled
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.platform.paths import Paths
from core.video.inputs import check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import AspectRatio, FrameSize
from core.video.terms import ControlMap, Role, Target
from providers.ltx_video.engine.clip import Audio, write_clip
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
from providers.ltx_video.models.map_models import MapModel
from providers.ltx_video.models.sizes import reference_size, token_count
from providers.ltx_video.models.timings import work_of
from providers.ltx_video.models.workload import Workload
from tests.fakes.clips import moving_clip
from tests.providers.engine.test_engine_clips import images, samples
from tests.providers.plain_diffusers.tiny_control import FPS, FRAMES, HALF, SAME_SIZE
from tests.providers.tiny_home import (
    PROMPT,
    SEED,
    TINY_AV,
    TINY_AV_23,
    TINY_AV_GUIDED,
    TINY_INFO,
    context_of,
    install,
    made_by,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.jobs.job import Report
    from core.video.plan import RenderPlan
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

SIZE = FrameSize(resolution="128p", aspect=AspectRatio.LANDSCAPE_3_2, width=192, height=128)


def _following(model: LocalModel) -> LocalModel:
    inputs = {**model.spec.inputs, Role.CONTROL: 1, Role.END: 1}
    spec = model.spec.model_copy(
        update={
            "inputs": inputs,
            "control_maps": tuple(ControlMap),
            "sizes": (*model.spec.sizes, SIZE),
            "refine_steps": len(model.profile.refine_sigmas),
        }
    )
    return model.model_copy(update={"spec": spec})


_GUIDED = TINY_AV_GUIDED.profile.model_copy(
    update={"use_cross_timestep": True, "max_sequence_length": 32}
)
GUIDED = _following(TINY_AV_GUIDED.model_copy(update={"profile": _GUIDED}))
MODELS = tuple(map(_following, (TINY_AV, TINY_AV_23)))
EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny models, and what plain diffusers makes with them, from a process of their own."""
    return made_by("tiny_control", tmp_path_factory.mktemp("control"))


@pytest.fixture(scope="module")
def provider(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLTX]:
    home = tmp_path_factory.mktemp("home")
    models = Paths.below(home).models_dir
    for model in (*MODELS, GUIDED):
        shutil.copytree(files / model.id.removesuffix("-guided"), models / model.id)
        for part in MapModel:
            shutil.copytree(files / part, models / model.id / part)
        install(models / model.id, model)
    with_engine = LocalLTX(context_of(home), (*MODELS, GUIDED), TINY_INFO)
    yield with_engine
    with_engine.close()


def planned(
    provider: LocalLTX,
    model: LocalModel,
    control: Path,
    lora: Path,
    *inputs: Input,
    kind: ControlMap = ControlMap.CANNY,
    size: str = "192x128",
    two_stage: bool | None = None,
) -> RenderPlan:
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id),
        prompt=PROMPT,
        negative_prompt="blurry" if model.spec.takes_negative_prompt else None,
        frame=FrameRequest(resolution=size, duration_s=(FRAMES - 1) / FPS),
        inputs=(
            Input(role=Role.CONTROL, path=control),
            Input(role=Role.LORA, path=lora),
            *inputs,
        ),
        editing=Editing(control_map=kind),
        sampling=Sampling(seed=SEED, two_stage=two_stage),
    )
    return provider.fit(make_plan(request, model.spec, check_inputs(request)))


CASES = {
    "half": MODELS,
    "same": MODELS,
    "depth": MODELS,
    "pose": MODELS,
    "given": MODELS,
    "last": MODELS,
    "extended": MODELS,
    "guided": (GUIDED,),
    "two-stages": MODELS,
}


@pytest.mark.parametrize(
    ("case", "model"),
    [(case, model) for case, models in CASES.items() for model in models],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_a_control_video_gives_what_plain_diffusers_gives(
    provider: LocalLTX, watched: Watch, files: Path, tmp_path: Path, case: str, model: LocalModel
) -> None:
    generation = model.id.removesuffix("-guided")
    has_same = case in ("same", "two-stages")
    lora = files / f"{generation}-{SAME_SIZE if has_same else HALF}.safetensors"
    last = [Input(role=Role.END, path=files / "last.png")] if case == "last" else []
    kind = ControlMap(case) if case in tuple(ControlMap) else ControlMap.CANNY
    size = "64p" if case == "extended" else "192x128"
    stages = {"two_stage": True} if case == "two-stages" else {}
    control = files / "control.mp4"
    plan = planned(provider, model, control, lora, *last, kind=kind, size=size, **stages)
    assert plan.reference_downscale == (1 if has_same else 2)
    assert plan.refine_steps == (3 if stages else 0)
    clip = provider.render(plan, watched().context).path
    bare = np.load(files / f"{generation}-{case}.npy")
    assert bare.shape == (FRAMES, plan.height, plan.width, 3)
    sound = Audio(np.load(files / f"{generation}-{case}-sound.npy"), 24_000)
    expected = tmp_path / "expected.mp4"
    write_clip(expected, bare, FPS, sound.with_soft_ends(FRAMES, FPS), lambda _: None)
    assert np.array_equal(images(clip), images(expected))
    assert np.array_equal(samples(clip), samples(expected))


@EVERY_MODEL
def test_a_sheet_of_reference_images_gives_what_plain_diffusers_gives(
    provider: LocalLTX, watched: Watch, files: Path, tmp_path: Path, model: LocalModel
) -> None:
    lora = files / f"{model.id}-{SAME_SIZE}.safetensors"
    plan = planned(provider, model, files / "control.mp4", lora)
    images_given = (
        *(Input(role=Role.REFERENCE, path=files / f"{name}.png") for name in ("one", "two")),
        *plan.request.of_role(Role.LORA),
    )
    plan = plan.with_inputs(images_given).model_copy(update={"has_reference_sheet": True})
    clip = provider.render(plan, watched().context).path
    expected = tmp_path / "expected.mp4"
    write_clip(expected, np.load(files / f"{model.id}-sheet.npy"), FPS, None, lambda _: None)
    assert np.array_equal(images(clip), images(expected))


@EVERY_MODEL
def test_each_way_to_follow_gives_another_clip(files: Path, model: LocalModel) -> None:
    made = [np.load(files / f"{model.id}-{case}.npy").tobytes() for case in (*CASES, "sheet")]
    assert len(set(made)) == len(CASES) + 1


@EVERY_MODEL
def test_the_maps_count_as_work_and_memory(
    provider: LocalLTX, files: Path, model: LocalModel
) -> None:
    """At half the size; where half is no whole number of pieces, as many as it takes."""
    lora = files / f"{model.id}-{HALF}.safetensors"
    large = planned(provider, model, files / "control.mp4", lora)
    pieces = token_count(192, 128, FRAMES)
    assert Workload.of(large, model.profile).tokens == pieces + pieces // 4
    assert Workload.of(large, model.profile).encodes_video
    assert work_of(Stage.DENOISE, large) == 8 * (pieces + pieces // 4)
    small = planned(provider, model, files / "control.mp4", lora, size="64p")
    assert reference_size(small) == (128, 64)
    assert Workload.of(small, model.profile).tokens == token_count(96, 64, FRAMES) + 3 * 2


def anew(files: Path, tmp_path: Path, count: int = FRAMES) -> tuple[Path, Path]:
    """A control video that nobody followed yet, and the IC-LoRA that does."""
    control = moving_clip(tmp_path / "anew.mp4", count, FPS, size=(96, 64))
    return control, files / f"{MODELS[0].id}-{HALF}.safetensors"


@pytest.mark.parametrize("kind", [ControlMap.DEPTH, ControlMap.POSE])
def test_maps_are_counted_one_by_one_drawn_first_and_kept(
    provider: LocalLTX, watched: Watch, files: Path, tmp_path: Path, kind: ControlMap
) -> None:
    plan = planned(provider, MODELS[0], *anew(files, tmp_path), kind=kind)
    provider.close()
    first = watched()
    clip = provider.render(plan, first.context).path
    of_maps = [event for event in first.progress if event.stage is Stage.MAPS]
    assert [event.message for event in of_maps] == [
        "Drawing the maps",
        *(f"Drawing map {number} of {FRAMES}" for number in range(1, FRAMES + 1)),
    ]
    fractions = [event.fraction or 0 for event in first.progress]
    assert fractions == sorted(fractions)
    # What draws them is gone before the model is loaded.
    stages = list(dict.fromkeys(event.stage for event in first.progress if event.message != ""))
    assert stages.index(Stage.MAPS) < stages.index(Stage.ENCODE)
    loaded = [event.message for event in first.progress if event.stage is Stage.LOAD]
    before = first.progress.index(of_maps[-1])
    assert not any("transformer" in event.message for event in first.progress[:before])
    assert any("transformer" in message for message in loaded)
    again = watched()
    assert np.array_equal(images(provider.render(plan, again.context).path), images(clip))
    assert not any(event.message.startswith("Drawing map ") for event in again.progress)


def test_a_stop_while_maps_are_drawn_is_heard(
    provider: LocalLTX, watched: Watch, files: Path, tmp_path: Path
) -> None:
    control, lora = anew(files, tmp_path, FRAMES + 1)
    plan = planned(provider, MODELS[0], control, lora, kind=ControlMap.POSE)
    job = watched()

    def stop(event: Report) -> None:
        if isinstance(event, Progressed) and event.message == f"Drawing map 2 of {FRAMES}":
            job.context.cancel.cancel()

    job.on_event = stop
    with pytest.raises(JobCancelled):
        provider.render(plan, job.context)
    assert {event.stage for event in job.progress} <= {Stage.LOAD, Stage.MAPS}
    assert job.progress[-1].message != f"Drawing map {FRAMES} of {FRAMES}"


@EVERY_MODEL
def test_of_two_stages_the_first_follows_the_maps(
    provider: LocalLTX, files: Path, model: LocalModel
) -> None:
    lora = files / f"{model.id}-{HALF}.safetensors"
    plan = planned(provider, model, files / "control.mp4", lora, two_stage=True)
    assert any(
        "the model sees them at 1/4 of the clip's size, in the first of its two stages" in note
        for note in plan.notes
    )
    small, large = token_count(96, 64, FRAMES), token_count(192, 128, FRAMES)
    # 96x64 at a half is 48x32, which is extended to 64x32: 2 pieces a latent frame.
    assert work_of(Stage.DENOISE, plan) == 8 * (small + 3 * 2) + 3 * large
    assert Workload.of(plan, model.profile).tokens == large
    assert not Workload.of(plan, model.profile).encodes_video
