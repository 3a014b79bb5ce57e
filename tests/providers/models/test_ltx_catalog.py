"""Every row of the model table, planned in every way that it allows."""

from __future__ import annotations

import itertools
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from core.errors import UnsupportedRequest
from core.video.control_row import Control
from core.video.controls import taken_by
from core.video.inputs import CheckedInputs
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Motion, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.ltx_video.install.model_files import BUILTIN_FOLDER
from providers.ltx_video.models.catalog import BY_ID, MODELS, LocalModel
from providers.ltx_video.models.info import OTHER_NAMES, LTXModel
from providers.ltx_video.models.profiles import PipelineFamily
from providers.ltx_video.models.sizes import SIZE_GRID
from tests.fakes.inputs import inputs_of

every_model = pytest.mark.parametrize("model", MODELS, ids=[model.id for model in MODELS])
downloaded_model = pytest.mark.parametrize(
    "model", [model for model in MODELS if model.weights], ids=lambda model: model.id
)


def request_for(model: LocalModel, **parts: object) -> RenderRequest:
    target = Target(provider="ltx-video", deployment="local", model=model.id)
    return RenderRequest.model_validate({"target": target, "prompt": "a red ball"} | parts)


@every_model
def test_every_size_rate_and_length_of_a_row_gives_a_plan_on_the_grid(model: LocalModel) -> None:
    spec = model.spec
    lengths = (spec.durations.minimum, spec.durations.default, spec.durations.maximum)
    for size, fps, duration_s in itertools.product(spec.sizes, spec.fps, lengths):
        longest = min(duration_s, spec.durations.longest(size.resolution, fps))
        frame = FrameRequest(
            resolution=size.resolution, aspect=size.aspect.value, fps=fps, duration_s=longest
        )
        plan = make_plan(request_for(model, frame=frame), spec)
        assert (plan.width, plan.height) == (size.width, size.height)
        assert plan.width % SIZE_GRID == plan.height % SIZE_GRID == 0
        assert plan.num_frames % 8 == 1
        assert plan.num_frames >= 9
        assert abs(plan.duration_s - longest) <= 8.001 / fps
        assert plan.cost_usd == 0


@every_model
def test_a_row_plans_from_an_image_and_with_every_camera_move(model: LocalModel) -> None:
    assert model.spec.camera is not None
    for motion in model.spec.camera.motions:
        plan = make_plan(
            request_for(
                model,
                inputs=inputs_of(start_image=Path("start.png")),
                motion=Motion(camera=motion),
            ),
            model.spec,
            inputs=CheckedInputs({Role.START: (800, 600)}),
        )
        assert "camera" in plan.prompt
        assert "{" not in plan.prompt


@every_model
def test_a_row_says_when_and_where_its_numbers_were_read_and_under_which_licence(
    model: LocalModel,
) -> None:
    spec = model.spec
    assert spec.as_of.year >= 2026
    assert spec.source
    assert spec.price.source
    assert spec.licence.name
    assert spec.licence.summary
    assert spec.licence.url or spec.is_builtin
    assert spec.summary
    assert spec.needs.ram_gb


@every_model
def test_the_choices_of_a_row_are_those_of_its_profile(model: LocalModel) -> None:
    spec, profile = model.spec, model.profile
    assert spec.family == profile.family
    assert Control.NEGATIVE_PROMPT not in taken_by(spec) or profile.guidance.reads_negative_prompt
    if spec.steps is None:
        assert profile.sigmas_for(profile.num_inference_steps) is None or profile.sigmas is not None
    else:
        assert spec.steps.default == profile.num_inference_steps
    if spec.guidance_scale is not None:
        assert spec.guidance_scale.default == profile.guidance.guidance_scale
    assert (spec.audio is not None) == (profile.family is PipelineFamily.LTX_2)


def test_the_table_holds_every_name_once_and_the_built_in_model_last() -> None:
    assert [model.id for model in MODELS] == [name.value for name in LTXModel]
    assert [model.id for model in MODELS if model.spec.is_builtin] == ["ltx-mini"]
    assert MODELS[-1].spec.is_builtin


def test_other_names_stand_for_models_or_are_explained_with_the_nearest_one() -> None:
    assert not set(BY_ID) & {other.name for other in OTHER_NAMES}
    for other in OTHER_NAMES:
        if other.model is None:
            assert "paid service" in other.meaning
            assert any(f"nearest local model is {name}." in other.meaning for name in BY_ID)
        else:
            assert other.model in BY_ID
            assert other.model in other.meaning


@downloaded_model
def test_a_download_names_its_model_its_size_and_every_part_of_the_pipeline(
    model: LocalModel,
) -> None:
    weights = model.weights
    assert weights is not None
    assert weights.model == model.id
    assert weights.download_bytes == model.spec.size_bytes
    parts = ["transformer", "vae", "text_encoder", "tokenizer", "scheduler"]
    if model.profile.family is PipelineFamily.LTX_2:
        parts += ["connectors", "audio_vae", "vocoder"]
    places = {
        files.place(pattern).split("/")[0]
        for files in weights.sets
        for pattern in files.allow_patterns
    }
    assert set(parts) <= places


@every_model
def test_what_works_in_two_stages_fetches_its_upsampler_and_makes_sizes_for_it(
    model: LocalModel,
) -> None:
    spec, profile = model.spec, model.profile
    assert spec.refine_steps == len(profile.refine_sigmas)
    sets = model.weights.sets if model.weights else ()
    places = {files.place(name) for files in sets for name in files.allow_patterns}
    assert ("latent_upsampler/*" in places) == bool(spec.refine_steps)
    assert (model.footprint.upsampler > 0) >= bool(spec.refine_steps)
    large = [size for size in spec.sizes if size.resolution in spec.large_resolutions]
    assert bool(large) == bool(spec.refine_steps and spec.audio)
    assert all(size.width % 64 == size.height % 64 == 0 for size in large)
    if spec.refine_steps:
        assert profile.sigmas is not None
        # The second stage goes the end of the way once more.
        ends = profile.sigmas[-3:] if len(profile.sigmas) == 8 else profile.refine_sigmas
        assert profile.refine_sigmas == ends
        assert any(size.width % 64 == size.height % 64 == 0 for size in spec.sizes)


def test_4k_is_made_in_two_stages_for_five_seconds() -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    plan = make_plan(request_for(model, frame=FrameRequest(resolution="2160p")), model.spec)
    assert (plan.width, plan.height, plan.refine_steps) == (3840, 2176, 3)
    longer = FrameRequest(resolution="2160p", duration_s=8.0)
    with pytest.raises(UnsupportedRequest, match="at most 5 s"):
        make_plan(request_for(model, frame=longer), model.spec)


@downloaded_model
def test_a_download_takes_the_transformer_once(model: LocalModel) -> None:
    weights = model.weights
    assert weights is not None
    candidates = (
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors",
        "transformer_full/diffusion_pytorch_model-00001-of-00002.safetensors",
        *(file.path for files in weights.sets for file in files.known_files),
    )
    taken = [
        (files, path)
        for files in weights.sets
        for path in candidates
        if files.has(path) and not fnmatchcase(path, "*-00001-*")
    ]
    assert len(taken) <= 1
    if model.profile.transformer_file:
        assert [files.place(path) for files, path in taken] == [model.profile.transformer_file]


def test_only_the_dev_model_of_2_5_takes_the_full_transformer() -> None:
    shard = "diffusion_pytorch_model-00001-of-00004.safetensors"
    for name, folder in (
        (LTXModel.LTX_2_5, "transformer_full"),
        (LTXModel.LTX_2_5_DISTILLED, "transformer"),
    ):
        weights = BY_ID[name].weights
        assert weights is not None
        places = {
            path: files.place(path)
            for path in (f"transformer/{shard}", f"transformer_full/{shard}")
            for files in weights.sets
            if files.has(path)
        }
        assert places == {f"{folder}/{shard}": f"transformer/{shard}"}


def test_what_a_repository_holds_twice_is_taken_once() -> None:
    weights = BY_ID[LTXModel.LTX_2_3].weights
    assert weights is not None
    files = weights.sets[0]
    assert files.has("text_encoder/model-00001-of-00011.safetensors")
    assert not files.has("text_encoder/diffusion_pytorch_model-00001-of-00012.safetensors")
    assert files.has("connectors/diffusion_pytorch_model-00001-of-00002.safetensors")
    assert not files.has("connectors/diffusion_pytorch_model.safetensors")
    assert not files.has("ltx-2.3-22b-dev.safetensors")


def test_gated_models_are_those_of_2_5() -> None:
    gated = {model.id for model in MODELS if model.spec.licence.is_gated}
    assert gated == {model.id for model in MODELS if model.id.startswith("ltx-2.5")}


def test_distilled_models_refuse_steps_and_guidance_with_one_sentence_each() -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    request = request_for(model, sampling=Sampling(num_inference_steps=50, guidance_scale=7.5))
    with pytest.raises(UnsupportedRequest) as refused:
        make_plan(request, model.spec)
    assert [problem.field for problem in refused.value.problems] == [
        "sampling.num_inference_steps",
        "sampling.guidance_scale",
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.spec.id)
def test_a_plan_says_how_many_steps_are_taken_whether_or_not_they_can_be_chosen(model) -> None:
    plan = make_plan(request_for(model), model.spec)
    assert plan.steps_text == f"{model.profile.num_inference_steps} steps"
    assert (plan.num_inference_steps is None) == (model.spec.steps is None)


def test_mini_offers_no_orbit_and_says_what_it_does_offer() -> None:
    model = BY_ID[LTXModel.LTX_MINI]
    with pytest.raises(UnsupportedRequest, match=r"pan_left.*zoom_in.*dolly_forward"):
        make_plan(request_for(model, motion=Motion(camera="orbit")), model.spec)


def test_mini_makes_33_frames_of_192_by_128_by_default() -> None:
    model = BY_ID[LTXModel.LTX_MINI]
    plan = make_plan(request_for(model), model.spec)
    assert (plan.width, plan.height, plan.num_frames, plan.fps) == (192, 128, 33, 16)
    assert plan.has_audio
    assert plan.num_inference_steps == 8


def test_mini_is_as_large_as_its_row_says() -> None:
    on_disk = sum(file.stat().st_size for file in BUILTIN_FOLDER.rglob("*.safetensors"))
    assert BY_ID["ltx-mini"].spec.size_bytes == pytest.approx(on_disk, rel=0.01)
