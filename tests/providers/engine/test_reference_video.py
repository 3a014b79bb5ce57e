"""What is seen beside a clip, maps or a sheet, and what plain diffusers makes of the same."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file
from scipy.ndimage import gaussian_filter, label

from core.errors import JobCancelled, UnsupportedRequest
from core.jobs.job import CancelToken, Progressed
from core.jobs.lanes import Stage
from core.platform.paths import Paths
from core.video.inputs import check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.spec import AspectRatio, FrameSize
from core.video.terms import ControlMap, Role, Target
from providers.ltx_video.engine.clip import Audio, write_clip
from providers.ltx_video.engine.reference_video import depth_maps, outlines
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import DEPLOYMENT, PROVIDER
from providers.ltx_video.models.control_video import depth_model_folder
from providers.ltx_video.models.sizes import reference_size, token_count
from providers.ltx_video.models.timings import work_of
from providers.ltx_video.models.workload import Workload
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
        install(models / model.id, model)
    shutil.copytree(files / "depth", depth_model_folder(models))
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
        sampling=Sampling(seed=SEED),
    )
    return provider.fit(make_plan(request, model.spec, check_inputs(request)))


CASES = {
    "half": MODELS,
    "same": MODELS,
    "depth": MODELS,
    "given": MODELS,
    "last": MODELS,
    "extended": MODELS,
    "guided": (GUIDED,),
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
    lora = files / f"{generation}-{SAME_SIZE if case == 'same' else HALF}.safetensors"
    last = [Input(role=Role.END, path=files / "last.png")] if case == "last" else []
    kind = ControlMap(case) if case in tuple(ControlMap) else ControlMap.CANNY
    size = "64p" if case == "extended" else "192x128"
    plan = planned(provider, model, files / "control.mp4", lora, *last, kind=kind, size=size)
    assert plan.reference_downscale == (1 if case == "same" else 2)
    clip = provider.render(plan, watched().context).path
    bare = np.load(files / f"{generation}-{case}.npy")
    assert bare.shape == (FRAMES, plan.height, plan.width, 3)
    sound = Audio(np.load(files / f"{generation}-{case}-sound.npy"), 24_000)
    expected = tmp_path / "expected.mp4"
    write_clip(expected, bare, FPS, sound, lambda _: None)
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


def test_a_stop_while_maps_are_drawn_is_heard(
    provider: LocalLTX, watched: Watch, files: Path
) -> None:
    plan = planned(
        provider, MODELS[0], files / "control.mp4", files / f"{MODELS[0].id}-{HALF}.safetensors"
    )
    job = watched()

    def stop(event: Report) -> None:
        if isinstance(event, Progressed) and event.stage is Stage.DENOISE and not event.step:
            job.context.cancel.cancel()

    job.on_event = stop
    with pytest.raises(JobCancelled):
        provider.render(plan, job.context)
    assert not any(event.step for event in job.progress)


def picture(width: int = 48, height: int = 40) -> np.ndarray:
    """A bright box on dark ground."""
    grey = np.full((height, width), 20, np.uint8)
    grey[10:30, 12:36] = 220
    return grey


def drawn(grey: np.ndarray) -> np.ndarray:
    """Whether each pixel is of an outline."""
    found = np.asarray(outlines(Image.fromarray(grey).convert("RGB")))
    assert found.shape == (*grey.shape, 3)
    assert set(np.unique(found)) <= {0, 255}
    assert (found == found[:, :, :1]).all()
    return found[:, :, 0] > 0


def test_a_map_has_outlines_where_the_picture_has_edges_and_nowhere_else() -> None:
    found = drawn(picture())
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (9, 29, 11, 35)
    # One pixel wide along each side, and nothing within.
    assert found[15, 5:20].sum() == found[15, 30:40].sum() == found[5:15, 20].sum() == 1
    assert not found[12:27, 15:32].any()
    assert not drawn(np.full((40, 48), 90, np.uint8)).any()


def test_a_faint_edge_is_drawn_only_where_it_goes_on_from_a_clear_one() -> None:
    grey = np.full((60, 40), 20, np.uint8)
    # Clear at the top, and fainter and fainter downwards.
    grey[:, 20:] += np.linspace(80, 30, 60).astype(np.uint8)[:, None]
    assert drawn(grey)[:, 15:25].any(axis=1).all()
    alone = np.full((60, 40), 20, np.uint8)
    alone[:, 20:] += 35
    assert not drawn(alone).any()
    alone[:, 20:] -= 25
    assert not drawn(alone).any()


def by_the_book(grey: np.ndarray) -> np.ndarray:
    """Canny's method pixel by pixel."""
    height, width = grey.shape
    padded = np.pad(grey.astype(int), 1, mode="edge")
    across, upright = np.zeros(grey.shape, int), np.zeros(grey.shape, int)
    for row in range(height):
        for column in range(width):
            window = padded[row : row + 3, column : column + 3]
            across[row, column] = (window * [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).sum()
            upright[row, column] = (window * [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]).sum()
    steep = np.abs(across) + np.abs(upright)
    around = np.pad(steep, 1)
    ridge = np.zeros(grey.shape, bool)
    for row in range(height):
        for column in range(width):
            angle = np.degrees(np.arctan2(upright[row, column], across[row, column])) % 180
            step = [(0, 1), (1, 1), (1, 0), (1, -1)][int((angle + 22.5) // 45) % 4]
            before = around[row + 1 - step[0], column + 1 - step[1]]
            behind = around[row + 1 + step[0], column + 1 + step[1]]
            ridge[row, column] = before < steep[row, column] >= behind
    labelled: Any = label(ridge & (steep > 100), np.ones((3, 3)))
    labels = labelled[0]
    begun = np.unique(labels[ridge & (steep > 200)])
    return np.isin(labels, begun[begun > 0])


@pytest.mark.parametrize("seed", range(3))
def test_outlines_are_those_of_the_method_step_by_step(seed: int) -> None:
    random = np.random.default_rng(seed)
    grey = gaussian_filter(random.normal(size=(50, 70)), 2.0)
    grey = ((grey - grey.min()) / np.ptp(grey) * 255).astype(np.uint8)
    found = drawn(grey)
    assert found.any()
    assert np.array_equal(found, by_the_book(grey))


def test_depth_is_measured_over_the_whole_clip(files: Path) -> None:
    random = np.random.default_rng(1)
    frames = [
        Image.fromarray(random.integers(0, 255, (64, 96, 3), np.uint8)),
        Image.new("RGB", (96, 64), (30, 30, 30)),
    ]
    cpu = torch.device("cpu")
    maps = [np.asarray(one) for one in depth_maps(frames, files / "depth", cpu, CancelToken())]
    assert [one.shape for one in maps] == [(64, 96, 3)] * 2
    assert (min(one.min() for one in maps), max(one.max() for one in maps)) == (0, 255)
    # Each for itself would reach from black to white.
    assert any(np.ptp(one) < 255 for one in maps)


def without_a_part(file: Path) -> None:
    weights = load_file(file)
    weights.pop(min(weights))
    save_file(weights, file, {"format": "pt"})


def with_code_of_its_own(file: Path) -> None:
    own = {"AutoConfig": "own.Own", "AutoModelForDepthEstimation": "own.Own"}
    config = {"model_type": "own", "auto_map": own}
    file.with_name("config.json").write_text(json.dumps(config), encoding="utf-8")
    file.with_name("own.py").write_text("raise SystemExit", encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"no weights"),
        lambda file: file.unlink(),
        without_a_part,
        with_code_of_its_own,
    ],
    ids=["bytes", "gone", "part", "code"],
)
def test_a_damaged_depth_model_is_told(
    files: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "depth"
    shutil.copytree(files / "depth", folder)
    damage(folder / "model.safetensors")
    with pytest.raises(UnsupportedRequest, match="Get a whole copy of Depth Anything") as caught:
        depth_maps([Image.new("RGB", (8, 8))], folder, torch.device("cpu"), CancelToken())
    assert caught.value.problems[0].field == "inputs.control"
