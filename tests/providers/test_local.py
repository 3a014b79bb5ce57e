"""The local provider as far as it needs no engine: what it promises, refuses and remembers."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from core.errors import NotConfigured, UnsupportedRequest
from core.jobs.job import CancelToken, JobContext
from core.jobs.lanes import Stage
from core.platform.machine import Gpu, Machine
from core.video.control_row import Control
from core.video.controls import taken_by
from core.video.planning.clip_plan import make_plan
from core.video.provider import NotReady, ProviderContext, Ready, ReasonCode
from core.video.request import Delivery, FrameRequest, RenderRequest
from core.video.terms import EncoderBits, Residency, Target
from providers.engine.progress_meter import ProgressMeter
from providers.engine.timings import STAGES, EngineState, Timing, layout_name
from providers.ltx_video.install.builtin_proof import find_difference, write_hashes
from providers.ltx_video.install.model_files import (
    BUILTIN_FOLDER,
    damage_of,
    folder_of,
    weight_files,
)
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID, MODELS
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.timings import ltx_timings, work_of
from providers.weights.model_folder import model_key
from tests.providers.tiny_home import TINY_AV, TINY_MODELS, TINY_VIDEO, context_of, plan_for

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan


def target(model: str) -> Target:
    return Target(provider="ltx-video", deployment="local", model=model)


@pytest.fixture
def empty(tmp_path: Path) -> LocalLTX:
    return LocalLTX(context_of(tmp_path / "home"))


def plan_of(provider: LocalLTX) -> RenderPlan:
    return plan_for(provider, TINY_VIDEO)


@pytest.fixture
def tiny(tmp_path: Path) -> LocalLTX:
    return LocalLTX(context_of(tmp_path / "home"), TINY_MODELS)


def test_every_catalogue_model_is_offered_and_checked_without_raising(empty: LocalLTX) -> None:
    assert [spec.id for spec in empty.models()] == [model.id for model in MODELS]
    for model in MODELS:
        assert isinstance(empty.check(target(model.id)), Ready | NotReady)


def test_a_model_that_is_not_installed_names_size_licence_and_command(empty: LocalLTX) -> None:
    found = empty.check(target(LTXModel.LTX_VIDEO_2B_095))
    assert isinstance(found, NotReady)
    assert found.reason_code is ReasonCode.NOT_INSTALLED
    assert "GB" in found.reason
    assert BY_ID[LTXModel.LTX_VIDEO_2B_095].spec.licence.name in found.reason
    assert f"setup_ltx_video.py --model {LTXModel.LTX_VIDEO_2B_095}" in found.fix


def test_rendering_what_is_not_installed_is_refused(tiny: LocalLTX, tmp_path: Path) -> None:
    context = JobContext(tmp_path, CancelToken(), lambda _: None)
    with pytest.raises(NotConfigured, match="not installed"):
        tiny.render(plan_of(tiny), context)


def test_an_installed_model_is_ready_where_it_lies(tiny_home: Path) -> None:
    provider = LocalLTX(context_of(tiny_home), TINY_MODELS)
    found = provider.check(target(TINY_AV.id))
    assert isinstance(found, Ready)
    assert found.location == tiny_home / "models" / TINY_AV.id


def test_a_machine_without_memory_is_too_small(tiny_home: Path) -> None:
    context = context_of(tiny_home)
    poor = Machine("Linux", "x86_64", cpu_count=1, ram_total_gb=0.5, ram_free_gb=0.1)
    provider = LocalLTX(
        ProviderContext(context.paths, context.read_settings, context.keys, lambda: poor),
        TINY_MODELS,
    )
    found = provider.check(target(TINY_AV.id))
    assert isinstance(found, NotReady)
    assert found.reason_code is ReasonCode.MACHINE_TOO_SMALL
    assert "GB" in found.reason


def test_fitting_adds_the_memory_layout_and_no_time_that_was_never_measured(
    tiny: LocalLTX,
) -> None:
    plan = plan_of(tiny)
    assert plan.memory_plan is not None
    assert plan.memory_plan.fits
    assert plan.est_seconds is None


def test_cheaper_goes_down_the_ladder_and_ends(tiny: LocalLTX) -> None:
    plan: RenderPlan | None = plan_of(tiny)
    rungs: list[int] = []
    while plan is not None:
        assert plan.memory_plan is not None
        rungs.append(plan.memory_plan.rung)
        plan = tiny.cheaper(plan)
    assert rungs == sorted(set(rungs))


def local_on(tmp_path: Path, vram_gb: float) -> LocalLTX:
    context = context_of(tmp_path / "home")
    gpus = (Gpu("Test GPU", "cuda", vram_gb, vram_gb),) if vram_gb else ()
    machine = Machine("Linux", "x86_64", 8, 128.0, 120.0, gpus)
    return LocalLTX(
        ProviderContext(context.paths, context.read_settings, context.keys, lambda: machine)
    )


def with_memory(memory: Residency) -> RenderPlan:
    spec = BY_ID[LTXModel.LTX_2_3_DISTILLED].spec
    request = RenderRequest(
        target=target(spec.id),
        prompt="a red ball",
        frame=FrameRequest(resolution="540p", duration_s=5),
        delivery=Delivery(memory=memory),
    )
    return make_plan(request, spec)


def test_only_models_that_can_be_laid_out_in_several_ways_offer_a_memory_choice() -> None:
    for model in MODELS:
        assert (Control.MEMORY in taken_by(model.spec)) is (model.id != LTXModel.LTX_MINI)


def test_a_chosen_memory_layout_is_kept_and_stays_when_it_must_be_cheaper(
    tmp_path: Path,
) -> None:
    provider = local_on(tmp_path, 48)
    plan: RenderPlan | None = provider.fit(with_memory(Residency.GROUP_OFFLOAD))
    while plan is not None:
        assert plan.memory_plan is not None
        assert plan.memory_plan.residency is Residency.GROUP_OFFLOAD
        plan = provider.cheaper(plan)


@pytest.mark.parametrize(
    ("vram_gb", "memory", "reason"),
    [
        (48, Residency.RESIDENT, "GB are missing"),
        (0, Residency.MODEL_OFFLOAD, "needs an NVIDIA GPU"),
    ],
)
def test_a_memory_layout_that_cannot_be_had_is_refused_with_the_reason(
    tmp_path: Path, vram_gb: float, memory: Residency, reason: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=reason) as caught:
        local_on(tmp_path, vram_gb).fit(with_memory(memory))
    assert [problem.field for problem in caught.value.problems] == ["delivery.memory"]
    assert "leave it to the program" in str(caught.value)


@pytest.mark.parametrize("vram_gb", [0, 48])
def test_the_bits_of_the_text_encoder_can_be_chosen_where_layouts_can(
    tmp_path: Path, vram_gb: float
) -> None:
    spec = BY_ID[LTXModel.LTX_VIDEO_2B_095].spec
    provider = local_on(tmp_path, vram_gb)
    for bits in EncoderBits:
        request = RenderRequest(
            target=target(spec.id), prompt="a ball", delivery=Delivery(text_encoder=bits)
        )
        plan: RenderPlan | None = provider.fit(make_plan(request, spec))
        while plan is not None:
            assert plan.memory_plan is not None
            assert plan.memory_plan.text_encoder_bits is bits
            plan = provider.cheaper(plan)
    mini = BY_ID[LTXModel.LTX_MINI].spec
    asked = RenderRequest(
        target=target(mini.id), prompt="a ball", delivery=Delivery(text_encoder=EncoderBits.FOUR)
    )
    with pytest.raises(UnsupportedRequest, match="no choice of bits for its text enc"):
        make_plan(asked, mini)


def test_mini_says_what_it_cannot_draw(empty: LocalLTX) -> None:
    mini = BY_ID[LTXModel.LTX_MINI]
    plan = plan_for(empty, mini, prompt="a red dinosaur", num_frames=33, size="192x128")
    assert any("dinosaur" in note for note in plan.notes)


@pytest.fixture
def folder(tiny_files: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_files / "tiny-av", tmp_path / "model")


def test_a_whole_folder_has_no_damage(folder: Path) -> None:
    assert damage_of(folder) == ""


def test_every_kind_of_damage_in_a_folder_is_named(folder: Path) -> None:
    weights = next((folder / "vae").glob("*.safetensors"))
    content = weights.read_bytes()
    nested = b"[" * 10**5
    nested = len(nested).to_bytes(8, "little") + nested
    for damaged in (b"", content[:4], content[:-1], b"x" * len(content), nested):
        weights.write_bytes(damaged)
        assert weights.name in damage_of(folder)
    weights.write_bytes(content)
    shutil.rmtree(folder / "vocoder")
    assert "vocoder" in damage_of(folder)
    (folder / "model_index.json").write_text("{")
    assert "model_index.json" in damage_of(folder)
    (folder / "model_index.json").unlink()
    assert "model_index.json" in damage_of(folder)


def test_the_built_in_model_is_the_one_that_was_published(tmp_path: Path) -> None:
    assert find_difference(BUILTIN_FOLDER, tmp_path / "proven.json") == "", (
        "whoever changes the model writes its hashes anew: "
        "providers.ltx_video.install.builtin_proof.write_hashes"
    )


def test_any_flipped_bit_of_a_published_model_is_named(folder: Path, tmp_path: Path) -> None:
    write_hashes(folder)
    memory = tmp_path / "cache" / "proven.json"
    files = [f for f in folder.rglob("*") if f.suffix in (".json", ".safetensors")]
    files.remove(folder / "sha256.json")
    assert len(files) > 8
    for file in files:
        assert find_difference(folder, memory) == ""
        content, dates = file.read_bytes(), file.stat()
        flipped = bytearray(content)
        flipped[len(flipped) // 2] ^= 1
        file.write_bytes(flipped)
        # Whoever copies a disk keeps the date.
        os.utime(file, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        named = file.relative_to(folder).as_posix()
        assert named in find_difference(folder, memory)
        assert named in find_difference(folder, memory)
        file.unlink()
        assert named in find_difference(folder, memory)
        file.write_bytes(content)
    assert find_difference(folder, memory) == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": "b"}', None])
def test_a_damaged_memory_of_what_was_proven_costs_time_only(
    folder: Path, tmp_path: Path, content: bytes | None
) -> None:
    write_hashes(folder)
    memory = tmp_path / "proven.json"
    if content is None:
        memory.mkdir()
    else:
        memory.write_bytes(content)
    assert find_difference(folder, memory) == ""
    weights = next(folder.rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    assert weights.name in find_difference(folder, memory)


def test_lines_that_a_checkout_ended_otherwise_are_the_same(folder: Path, tmp_path: Path) -> None:
    write_hashes(folder)
    for file in folder.rglob("*.json"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert find_difference(folder, tmp_path / "proven.json") == ""


def test_the_key_of_a_model_changes_with_its_files(folder: Path) -> None:
    before = model_key(folder)
    assert model_key(folder) == before
    weights = next((folder / "vae").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes() + b" ")
    assert model_key(folder) != before


def test_weights_are_told_by_what_they_hold_also_after_they_were_changed(tmp_path: Path) -> None:
    model, paths = TINY_MODELS[0], context_of(tmp_path / "home").paths
    weights = folder_of(model, paths.models_dir) / "vae" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    for content in (b"one", b"two"):
        weights.write_bytes(content)
        os.utime(weights, ns=(0, int.from_bytes(content, "big")))
        (found,) = weight_files(model, paths.models_dir)
        assert (found.name, found.size_bytes) == ("vae/model.safetensors", 3)
        assert found.sha256 == hashlib.sha256(content).hexdigest()


def timings_of(plan: RenderPlan, seconds: dict[Stage, float]) -> list[Timing]:
    return [
        Timing(
            model=plan.target.model,
            layout=layout_name(plan),
            stage=stage,
            is_short=False,
            work=work_of(stage, plan),
            seconds=value,
        )
        for stage, value in seconds.items()
    ]


SECONDS = {
    Stage.LOAD: 4.0,
    Stage.ENCODE: 1.0,
    Stage.DENOISE: 10.0,
    Stage.DECODE: 4.0,
    Stage.WRITE: 1.0,
}


def test_expected_seconds_are_the_median_and_grow_with_the_clip(
    tiny: LocalLTX, tmp_path: Path
) -> None:
    plan = plan_of(tiny)
    table = ltx_timings(tmp_path / "timings.json")
    assert table.expected_total_s(plan, EngineState.OTHER) is None
    for factor in (1.0, 1.0, 9.0):
        table.add(timings_of(plan, {stage: s * factor for stage, s in SECONDS.items()}))
    assert table.expected_total_s(plan, EngineState.OTHER) == pytest.approx(20)
    longer = plan_for(tiny, TINY_VIDEO, num_frames=41)
    assert table.expected_s(Stage.DENOISE, longer) == pytest.approx(10 * 6 / 3)
    assert table.expected_s(Stage.LOAD, longer) == pytest.approx(4)


def test_only_the_newest_timings_of_a_kind_are_kept(tiny: LocalLTX, tmp_path: Path) -> None:
    plan = plan_of(tiny)
    table = ltx_timings(tmp_path / "timings.json")
    for _ in range(20):
        table.add(timings_of(plan, {Stage.LOAD: 100.0}))
    for _ in range(9):
        table.add(timings_of(plan, {Stage.LOAD: 1.0}))
    assert table.expected_s(Stage.LOAD, plan) == 1.0
    assert len((tmp_path / "timings.json").read_text().splitlines()) < 100


def test_a_corrupt_table_is_set_aside_and_begun_anew(
    tiny: LocalLTX, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "timings.json"
    file.write_text("{not json")
    table = ltx_timings(file)
    assert table.expected_s(Stage.LOAD, plan_of(tiny)) is None
    assert "begun anew" in caplog.text
    assert (tmp_path / "timings.json.bad").read_text() == "{not json"


def test_the_meter_tells_the_time_left_from_history_and_then_from_the_pace(
    tiny: LocalLTX, tmp_path: Path
) -> None:
    plan = plan_of(tiny)
    table = ltx_timings(tmp_path / "timings.json")
    table.add(timings_of(plan, SECONDS))
    now = [0.0]
    meter = ProgressMeter(table, plan, EngineState.OTHER, clock=lambda: now[0])
    assert meter.begin(Stage.LOAD, "").eta_s == 20
    assert meter.begin(Stage.DENOISE, "").eta_s == 15
    now[0] = 10.0
    # Half of the steps took as long as all of them did before.
    half = meter.advance(Stage.DENOISE, 0.5, "", step=4, steps=8)
    assert half.eta_s == 15
    assert half.fraction == pytest.approx((5 + 5) / 20)


def test_the_meter_without_history_moves_on_and_tells_no_time(
    tiny: LocalLTX, tmp_path: Path
) -> None:
    meter = ProgressMeter(ltx_timings(tmp_path / "none.json"), plan_of(tiny), EngineState.OTHER)
    events = []
    for stage in STAGES:
        events.append(meter.begin(stage, ""))
        events.append(meter.advance(stage, 0.5, ""))
        events.append(meter.advance(stage, 0.4, ""))
    events.append(meter.advance(Stage.WRITE, 1.0, ""))
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert {event.eta_s for event in events[:-1]} == {None}


def test_the_enhancement_of_a_prompt_has_its_place_in_bar_and_time(
    tiny: LocalLTX, tmp_path: Path
) -> None:
    plain = plan_of(tiny)
    request = plain.request.model_copy(update={"enhance_prompt": True})
    plan = plain.model_copy(update={"request": request})
    table = ltx_timings(tmp_path / "timings.json")
    table.add(timings_of(plain, SECONDS))
    assert table.expected_total_s(plan, EngineState.OTHER) is None, "never measured"
    enhanced = Timing(
        model=plan.target.model,
        layout=layout_name(plan),
        stage=Stage.ENHANCE,
        is_short=False,
        work=0,
        seconds=30.0,
    )
    table.add([enhanced])
    whole_s = table.expected_total_s(plan, EngineState.OTHER)
    assert whole_s is not None
    assert whole_s == (table.expected_total_s(plain, EngineState.OTHER) or 0) + 30
    meter = ProgressMeter(table, plan, EngineState.OTHER, clock=lambda: 0.0)
    meter.begin(Stage.LOAD, "")
    # The engine has started, and the model is loaded after the words are there.
    begun = meter.begin(Stage.ENHANCE, "")
    assert begun.fraction == 0
    written = meter.advance(Stage.ENHANCE, 1.0, "")
    assert written.fraction == pytest.approx(30 / whole_s)
    assert not meter.has_loaded
    assert meter.begin(Stage.LOAD, "").fraction == written.fraction


def test_a_load_that_goes_on_after_encoding_is_not_counted_as_done(
    tiny: LocalLTX, tmp_path: Path
) -> None:
    meter = ProgressMeter(ltx_timings(tmp_path / "none.json"), plan_of(tiny), EngineState.OTHER)
    meter.begin(Stage.LOAD, "")
    meter.advance(Stage.LOAD, 0.3, "")
    before = meter.begin(Stage.ENCODE, "").fraction
    after = meter.begin(Stage.LOAD, "").fraction
    assert before is not None
    assert after is not None
    assert before <= after < 0.4


def test_the_time_left_goes_down_while_nothing_is_heard(tiny: LocalLTX, tmp_path: Path) -> None:
    plan = plan_of(tiny)
    table = ltx_timings(tmp_path / "timings.json")
    table.add(timings_of(plan, SECONDS))
    now = [0.0]
    meter = ProgressMeter(table, plan, EngineState.ABSENT, clock=lambda: now[0])
    said = meter.pass_time()
    assert said is not None
    assert (said.eta_s, said.fraction, said.message) == (20, 0, "Starting the engine")
    assert meter.pass_time() is None, "no news"
    now[0] = 3.0
    said = meter.pass_time()
    assert said is not None
    assert said.eta_s == 17
    now[0] = 60.0
    said = meter.pass_time()
    assert said is not None
    assert said.eta_s == 16, "never less than what comes after"


def test_a_start_and_a_change_of_model_are_told_apart(tiny: LocalLTX, tmp_path: Path) -> None:
    plan = plan_of(tiny)
    table = ltx_timings(tmp_path / "timings.json")
    table.add(timings_of(plan, SECONDS))
    (load,) = timings_of(plan, {Stage.LOAD: 30.0})
    table.add([load.model_copy(update={"is_start": True})])

    assert table.expected_total_s(plan, EngineState.ABSENT) == pytest.approx(46)
    assert table.expected_total_s(plan, EngineState.OTHER) == pytest.approx(20)
    assert table.expected_total_s(plan, EngineState.READY) == pytest.approx(16)


def test_what_was_done_already_is_no_part_of_the_bar(tiny: LocalLTX, tmp_path: Path) -> None:
    plan = plan_of(tiny)
    table = ltx_timings(tmp_path / "timings.json")
    table.add(timings_of(plan, SECONDS))
    # Believed to be cold, and found warm.
    meter = ProgressMeter(table, plan, EngineState.ABSENT)
    meter.begin(Stage.LOAD, "", is_short=True)
    meter.begin(Stage.ENCODE, "", is_short=True)
    begun = meter.begin(Stage.DENOISE, "Step 0 of 8")
    assert begun.fraction == 0
    assert begun.eta_s == pytest.approx(15, abs=0.1)
