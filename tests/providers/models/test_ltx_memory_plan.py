"""The memory ladder: what fits where, and that more memory is never worse."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.jobs.lanes import Stage
from core.platform.machine import Gpu, Machine
from core.video.memory import Device, MemoryPlan
from core.video.spec import Precision, Residency
from core.video.terms import EncoderBits, Target
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, MODELS, PROVIDER, LocalModel
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.memory_plan import MemoryLadder, memory_ladder
from providers.ltx_video.models.workload import Workload

MINI_CLIP = Workload(192, 128, 33)
SMALL_CLIP = Workload(960, 544, 121)

QUANTISED = {
    kind: BY_ID[LTXModel.LTX_VIDEO_13B_098_DISTILLED].footprint.model_copy(
        update={"is_mapped": False, "quantization": kind, "quantized_gb": size_gb}
    )
    for kind, size_gb in (("Q8_0", 13.9), ("Q4_K", 8.0))
}


def quantised(kind: str) -> LocalModel:
    model = BY_ID[LTXModel.LTX_VIDEO_13B_098_DISTILLED]
    return model.model_copy(update={"footprint": QUANTISED[kind]})


models = st.sampled_from([*MODELS, *map(quantised, QUANTISED)])
gigabytes = st.floats(min_value=0.5, max_value=300)
clips = st.builds(
    Workload,
    st.integers(2, 60).map(lambda k: 32 * k),
    st.integers(2, 40).map(lambda k: 32 * k),
    st.integers(1, 60).map(lambda k: 8 * k + 1),
    st.sampled_from([1, 2]),
    st.sampled_from([0.0, 0.15, 4.0]),
    has_enhancer=st.booleans(),
)
kinds = st.sampled_from(["cuda", "mps", None])


def machine(ram_gb: float, vram_gb: float = 0.0, kind: str | None = "cuda") -> Machine:
    gpus = (Gpu("Test GPU", kind, vram_gb, vram_gb),) if kind and vram_gb else ()
    return Machine("Linux", "x86_64", 8, ram_gb, ram_gb, gpus)


def ladder(
    model: LocalModel, on: Machine, clip: Workload, *, scratch_gb: float = 500
) -> MemoryLadder:
    return memory_ladder(on, model.footprint, model.profile.dtype, clip, scratch_free_gb=scratch_gb)


@settings(deadline=None)
@given(models, clips, kinds, gigabytes, gigabytes, gigabytes, gigabytes, gigabytes)
def test_more_memory_never_gives_a_slower_layout(
    model, clip, kind, ram_gb, vram_gb, disk_gb, more_ram_gb, more_vram_gb
) -> None:
    less = ladder(model, machine(ram_gb, vram_gb, kind), clip, scratch_gb=disk_gb).choose()
    bigger = machine(ram_gb + more_ram_gb, vram_gb + more_vram_gb, kind)
    more = ladder(model, bigger, clip, scratch_gb=disk_gb).choose()
    assert more.fits or not less.fits
    if less.fits:
        assert more.rung <= less.rung


@settings(deadline=None)
@given(models, clips, kinds, gigabytes, gigabytes)
def test_a_cheaper_rung_never_takes_more_of_what_the_device_has(
    model, clip, kind, ram_gb, vram_gb
) -> None:
    rungs = ladder(model, machine(ram_gb, vram_gb, kind), clip).rungs
    for quicker, cheaper in pairwise(rungs):
        if quicker.device is not cheaper.device:
            continue
        assert cheaper.peak_vram_gb <= quicker.peak_vram_gb
        if cheaper.device is not Device.CUDA:
            assert cheaper.peak_ram_gb <= quicker.peak_ram_gb


@settings(deadline=None)
@given(models, clips, kinds, gigabytes, gigabytes, gigabytes)
def test_what_fits_stays_below_the_limits_and_what_does_not_says_what_is_missing(
    model, clip, kind, ram_gb, vram_gb, disk_gb
) -> None:
    on = machine(ram_gb, vram_gb, kind)
    for plan in ladder(model, on, clip, scratch_gb=disk_gb).rungs:
        assert plan.reasons
        if plan.fits:
            assert plan.peak_ram_gb < on.ram_free_gb
            assert plan.scratch_disk_gb <= disk_gb
            if plan.device is Device.CUDA:
                assert plan.peak_vram_gb < vram_gb
        else:
            assert all(
                "are missing" in reason or "needs a GPU" in reason for reason in plan.reasons
            )


@settings(deadline=None)
@given(models, clips, kinds, gigabytes, gigabytes)
def test_the_next_cheaper_layout_fits_and_comes_later(model, clip, kind, ram_gb, vram_gb) -> None:
    found = ladder(model, machine(ram_gb, vram_gb, kind), clip)
    plan = found.choose()
    seen = 0
    while (cheaper := found.cheaper(plan)) is not None:
        assert cheaper.fits
        assert cheaper.rung > plan.rung
        plan = cheaper
        seen += 1
    assert seen < len(found.rungs)


@pytest.mark.parametrize("vram_gb", [8, 12, 16, 24, 32, 48, 80])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_running_out_again_and_again_meets_every_layout_that_takes_less(
    model: LocalModel, vram_gb: int
) -> None:
    """No rung is passed over that fits and needs less than the one that ran out, and it ends."""
    found = ladder(model, machine(64, vram_gb), SMALL_CLIP)
    walked = [found.choose()]
    while (cheaper := found.cheaper(walked[-1])) is not None:
        walked.append(cheaper)
    for before, after in pairwise(walked):
        assert after.fits
        assert less_of_something(after, before)
        skipped = found.rungs[before.rung + 1 : after.rung]
        assert not any(rung.fits and less_of_something(rung, before) for rung in skipped)
    rest = found.rungs[walked[-1].rung + 1 :]
    assert not any(rung.fits and less_of_something(rung, walked[-1]) for rung in rest)


def less_of_something(plan: MemoryPlan, than: MemoryPlan) -> bool:
    less_vram, less_ram = plan.peak_vram_gb < than.peak_vram_gb, plan.peak_ram_gb < than.peak_ram_gb
    return plan.device is not than.device or less_vram or less_ram


@pytest.mark.parametrize("on", [machine(1.1), machine(2.0, 0.3), machine(1.5, 1.5, "mps")])
def test_mini_runs_with_about_one_gigabyte(on: Machine) -> None:
    plan = ladder(BY_ID[LTXModel.LTX_MINI], on, MINI_CLIP).choose()
    assert plan.fits
    assert plan.precision is Precision.FLOAT32
    assert plan.peak_ram_gb < 1.0


def test_mini_makes_its_longest_clip_in_one_gigabyte_without_a_gpu() -> None:
    plan = ladder(BY_ID[LTXModel.LTX_MINI], machine(1.1), Workload(160, 160, 81)).choose()
    assert plan.fits
    assert plan.device is Device.CPU


@pytest.mark.parametrize(
    ("name", "ram_gb", "vram_gb", "residency", "precision"),
    [
        (LTXModel.LTX_2_3_DISTILLED, 256, 140, Residency.RESIDENT, Precision.BFLOAT16),
        (LTXModel.LTX_2_3_DISTILLED, 128, 48, Residency.MODEL_OFFLOAD, Precision.BFLOAT16),
        (LTXModel.LTX_2_3_DISTILLED, 64, 25.7, Residency.MODEL_OFFLOAD, Precision.FLOAT8),
        (LTXModel.LTX_2_3_DISTILLED, 64, 16, Residency.GROUP_OFFLOAD, Precision.FLOAT8),
        (LTXModel.LTX_2_3_DISTILLED, 32, 16, Residency.GROUP_OFFLOAD_TO_DISK, Precision.BFLOAT16),
        (LTXModel.LTX_VIDEO_13B_098_DISTILLED, 64, 24, Residency.MODEL_OFFLOAD, Precision.FLOAT8),
        (LTXModel.LTX_VIDEO_2B_095, 32, 24, Residency.RESIDENT, Precision.BFLOAT16),
        (LTXModel.LTX_VIDEO_2B_095, 32, 12, Residency.MODEL_OFFLOAD, Precision.BFLOAT16),
    ],
)
def test_usual_machines_get_the_layout_that_suits_them(
    name, ram_gb, vram_gb, residency, precision
) -> None:
    plan = ladder(BY_ID[name], machine(ram_gb, vram_gb), SMALL_CLIP).choose()
    assert plan.fits, plan.reasons
    assert (plan.residency, plan.precision) == (residency, precision)


def test_a_chosen_residency_limits_the_ladder() -> None:
    found = ladder(BY_ID[LTXModel.LTX_2_3_DISTILLED], machine(128, 48), SMALL_CLIP)
    assert found.residencies == tuple(Residency)
    assert found.choose().residency is Residency.MODEL_OFFLOAD
    streamed = found.choose(Residency.GROUP_OFFLOAD)
    assert streamed.fits
    assert streamed.residency is Residency.GROUP_OFFLOAD
    whole = found.choose(Residency.RESIDENT)
    assert not whole.fits
    assert "are missing" in whole.reasons[0]
    plan: MemoryPlan | None = found.choose(Residency.MODEL_OFFLOAD)
    while plan is not None:
        assert plan.residency is Residency.MODEL_OFFLOAD
        plan = found.cheaper(plan, Residency.MODEL_OFFLOAD)


CARDS_GB = (8, 10, 12, 16, 24, 32, 48, 80)
MEMORIES_GIB = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128)
STAYS = (Residency.RESIDENT, Residency.MODEL_OFFLOAD)


def usual_clip(model: LocalModel) -> Workload:
    target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id)
    return Workload.usual(target, model.spec, model.profile)


def least_machine(
    model: LocalModel, cards_gb: tuple[int, ...], ways: tuple[Residency, ...]
) -> tuple[int, int]:
    """The smallest card that makes the usual clip in one of these ways, and the memory for that."""
    clip = usual_clip(model)
    return next(
        (vram_gb, ram_gib)
        for vram_gb in cards_gb
        for ram_gib in MEMORIES_GIB
        for plan in [ladder(model, machine(ram_gib * 1.073, vram_gb), clip).choose()]
        if plan.fits and plan.residency in ways and (vram_gb == 0 or plan.device is not Device.CPU)
    )


LARGE_MODELS = [model for model in MODELS if not model.spec.is_builtin]


@pytest.mark.parametrize("model", LARGE_MODELS, ids=lambda model: model.id)
def test_what_a_model_is_said_to_need_is_what_plans_of_its_usual_clip_go_by(
    model: LocalModel,
) -> None:
    needs = model.spec.needs
    least = least_machine(model, CARDS_GB, tuple(Residency))
    assert (needs.vram_gb, needs.ram_gb) == least
    vram_gb, ram_gib = least_machine(model, CARDS_GB, STAYS)
    assert (needs.comfortable_vram_gb or needs.vram_gb) == vram_gb
    more_memory = f"full speed takes {ram_gib} GB of memory" if ram_gib > least[1] else ""
    assert more_memory in needs.note
    assert ("full speed" in needs.note) is bool(more_memory)
    assert "for its usual clip" in str(needs)
    runs_on_processors = "runs without a GPU too" in needs.note
    assert runs_on_processors is not ("Needs a GPU" in needs.note)
    if runs_on_processors:
        _, alone_gib = least_machine(model, (0,), STAYS)
        assert f"very slowly, with {alone_gib} GB of memory" in needs.note


def test_mini_needs_no_more_than_is_said() -> None:
    mini = BY_ID[LTXModel.LTX_MINI]
    assert least_machine(mini, (0,), STAYS) == (0, mini.spec.needs.ram_gb)


def test_where_a_gpu_is_missing_no_other_figure_is_told() -> None:
    plan = ladder(BY_ID[LTXModel.LTX_2_3_DISTILLED], machine(24), SMALL_CLIP).choose()
    assert plan.reasons == ("It needs a GPU: on processors alone one clip would take days.",)


def test_a_large_model_without_a_gpu_says_that_it_needs_one() -> None:
    plan = ladder(BY_ID[LTXModel.LTX_2_3_DISTILLED], machine(512), SMALL_CLIP).choose()
    assert not plan.fits
    assert plan.reasons == ("It needs a GPU: on processors alone one clip would take days.",)


def test_a_middling_model_without_a_gpu_runs_and_says_how_slowly() -> None:
    plan = ladder(BY_ID[LTXModel.LTX_VIDEO_2B_095], machine(32), SMALL_CLIP).choose()
    assert plan.fits
    assert "hours" in plan.reasons[0]
    mini = ladder(BY_ID[LTXModel.LTX_MINI], machine(32), MINI_CLIP).choose()
    assert "hours" not in mini.reasons[0]


def test_a_shortage_is_told_in_gigabytes() -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    plan = ladder(model, machine(64, 4), SMALL_CLIP).choose()
    assert not plan.fits
    assert "memory on the Test GPU" in plan.reasons[0]
    assert "GB are missing" in plan.reasons[0]


def test_casting_to_eight_bit_needs_no_room_for_both_forms_of_the_transformer() -> None:
    model = BY_ID[LTXModel.LTX_VIDEO_13B_098_DISTILLED]
    (plan,) = [
        rung
        for rung in ladder(model, machine(32, 12), SMALL_CLIP).rungs
        if rung.residency is Residency.GROUP_OFFLOAD and rung.frees_text_encoder
    ]
    assert plan.fits
    assert plan.precision is Precision.FLOAT8
    loading = next(peak.ram_gb for peak in plan.peaks if peak.stage is Stage.LOAD)
    assert loading < model.footprint.transformer * 2


def test_a_mapped_file_that_goes_on_to_the_gpu_needs_no_memory_of_its_size() -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    whole = ladder(model, machine(256, 140), SMALL_CLIP).rungs[0]
    loading = next(peak.ram_gb for peak in whole.peaks if peak.stage is Stage.LOAD)
    others = model.footprint.text_encoder + model.footprint.connectors
    assert loading < others * 2 + 0.25 * model.footprint.transformer * 2


@pytest.mark.parametrize("vram_gb", [80, 32, 16])
def test_a_file_in_other_numbers_is_computed_anew_in_main_memory(vram_gb: int) -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    converted = model.model_copy(
        update={"footprint": model.footprint.model_copy(update={"is_mapped": False})}
    )
    on = machine(200, vram_gb)
    mapped, anew = (ladder(one, on, SMALL_CLIP).choose() for one in (model, converted))
    assert (anew.residency, anew.precision) == (mapped.residency, mapped.precision)
    (loading,) = [peak for peak in anew.peaks if peak.stage is Stage.LOAD]
    assert loading.ram_gb > 2 * model.footprint.transformer
    assert anew.peak_ram_gb >= mapped.peak_ram_gb


@pytest.mark.parametrize("kind", QUANTISED)
def test_a_quantised_transformer_counts_as_stored_and_one_block_unpacked(kind: str) -> None:
    model = quantised(kind)
    footprint = model.footprint
    block = footprint.transformer * 2 / footprint.block_count
    rungs = ladder(model, machine(128, 140), SMALL_CLIP).rungs
    assert {rung.precision for rung in rungs} == {Precision.GGUF}
    whole, _, by_part, *_, from_disk = rungs
    others = (footprint.text_encoder + footprint.video_vae) * 2
    peaks = {peak.stage: peak for peak in whole.peaks}
    context_gb, runtime_gb = 0.6, 3.0
    assert peaks[Stage.LOAD].vram_gb == pytest.approx(
        footprint.quantized_gb + others + context_gb, abs=0.02
    )
    assert peaks[Stage.LOAD].ram_gb == pytest.approx(
        footprint.quantized_gb + others + runtime_gb, abs=0.02
    )
    activations = SMALL_CLIP.tokens * footprint.hidden_size * 24 * 2 / 1e9
    at_work = {peak.stage: peak for peak in by_part.peaks}[Stage.DENOISE]
    assert at_work.vram_gb == pytest.approx(
        footprint.quantized_gb + block + activations + context_gb, abs=0.02
    )
    assert from_disk.scratch_disk_gb == footprint.quantized_gb
    assert f"the transformer in {kind}, as in its GGUF file" in whole.reasons[0]


def test_fewer_bits_fit_smaller_cards_in_quicker_layouts() -> None:
    for vram_gb in (8, 12, 16, 24, 32):
        on = machine(64, vram_gb)
        usual = ladder(BY_ID[LTXModel.LTX_VIDEO_13B_098_DISTILLED], on, SMALL_CLIP).choose()
        few = ladder(quantised("Q4_K"), on, SMALL_CLIP).choose()
        assert few.fits
        order = list(Residency)
        assert order.index(few.residency) <= order.index(usual.residency)
    on_12 = ladder(quantised("Q4_K"), machine(64, 12), SMALL_CLIP).choose()
    assert on_12.residency is Residency.MODEL_OFFLOAD
    usual = ladder(BY_ID[LTXModel.LTX_VIDEO_13B_098_DISTILLED], machine(64, 12), SMALL_CLIP)
    assert usual.choose().residency is Residency.GROUP_OFFLOAD


def test_streaming_from_disk_needs_the_disk() -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    on = machine(32, 16)
    assert ladder(model, on, SMALL_CLIP).choose().fits
    full = ladder(model, on, SMALL_CLIP, scratch_gb=10).choose()
    assert not full.fits


def test_guidance_doubles_what_the_transformer_holds() -> None:
    model = BY_ID[LTXModel.LTX_2_3]
    on = machine(256, 140)
    plain = ladder(model, on, SMALL_CLIP).rungs[2].peak_vram_gb
    guided = ladder(model, on, replace(SMALL_CLIP, batch_rows=2)).rungs[2].peak_vram_gb
    assert guided > plain


def test_loras_count_where_the_transformer_lies_or_waits() -> None:
    model = BY_ID[LTXModel.LTX_2_3]
    laid = replace(SMALL_CLIP, lora_billions=1.5)
    for plain, with_lora in zip(
        ladder(model, machine(300, 300), SMALL_CLIP).rungs,
        ladder(model, machine(300, 300), laid).rungs,
        strict=True,
    ):
        (less,) = (peak for peak in plain.peaks if peak.stage is Stage.DENOISE)
        (more,) = (peak for peak in with_lora.peaks if peak.stage is Stage.DENOISE)
        added = max(more.vram_gb - less.vram_gb, more.ram_gb - less.ram_gb)
        # 1.5 billion parameters in 16 bit.
        assert added == pytest.approx(3.0, abs=0.02), plain.residency


@pytest.mark.parametrize(
    ("bits", "gb"), [(None, 24.4), (EncoderBits.EIGHT, 14.77), (EncoderBits.FOUR, 9.25)]
)
def test_a_text_encoder_in_fewer_bits_counts_as_packed_with_one_layer_unpacked(
    bits: EncoderBits | None, gb: float
) -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    found = memory_ladder(
        machine(256, 200),
        model.footprint,
        model.profile.dtype,
        SMALL_CLIP,
        scratch_free_gb=500,
        encoder_bits=bits,
    )
    peaks = {peak.stage: peak for peak in found.rungs[0].peaks}
    others = 2 * (18.99 + 3.17 + 0.73) + 4 * 0.2
    context_gb = 0.6
    assert peaks[Stage.LOAD].vram_gb == pytest.approx(others + gb + context_gb, abs=0.02)
    assert {rung.text_encoder_bits for rung in found.rungs if bits} <= {bits}
    assert found.residencies == tuple(Residency)


def test_a_prompt_is_read_in_fewer_bits_before_the_processor_has_to_read_it() -> None:
    model = BY_ID[LTXModel.LTX_2_3_DISTILLED_Q4]
    on_24 = ladder(model, machine(64, 24), SMALL_CLIP).choose()
    assert on_24.text_encoder_bits is EncoderBits.EIGHT
    assert on_24.text_encoder_device is Device.CUDA
    assert "the text encoder in 8 bit, which changes the picture a little" in on_24.reasons[0]
    assert "text encoder in 8 bit" in on_24.weights_text
    on_48 = ladder(model, machine(64, 48), SMALL_CLIP).choose()
    assert on_48.text_encoder_bits is EncoderBits.SIXTEEN
    assert "text encoder" not in on_48.reasons[0]


@pytest.mark.parametrize(
    ("ram_gb", "bits"), [(32, EncoderBits.SIXTEEN), (20, EncoderBits.EIGHT), (16, EncoderBits.FOUR)]
)
def test_little_memory_holds_a_text_encoder_in_as_many_bits_as_it_can(
    ram_gb: int, bits: EncoderBits
) -> None:
    plan = ladder(BY_ID[LTXModel.LTX_2_3_DISTILLED], machine(ram_gb, 16), SMALL_CLIP).choose()
    assert plan.fits, plan.reasons
    assert plan.text_encoder_bits is bits


@pytest.mark.parametrize(("kind", "ram_gb"), [("mps", 14), (None, 18)])
def test_fewer_bits_keep_the_text_encoder_without_a_card_of_its_own_too(
    kind: str | None, ram_gb: int
) -> None:
    model, clip = BY_ID[LTXModel.LTX_VIDEO_2B_095], Workload(832, 480, 33)
    plan = ladder(model, machine(ram_gb, ram_gb, kind), clip).choose()
    assert plan.fits
    assert plan.text_encoder_bits is EncoderBits.EIGHT
    assert not plan.frees_text_encoder


def test_what_is_run_in_32_bit_reads_in_32_bit() -> None:
    rungs = ladder(BY_ID[LTXModel.LTX_MINI], machine(1.1, 8), MINI_CLIP).rungs
    assert {rung.text_encoder_bits for rung in rungs} == {EncoderBits.SIXTEEN}


def test_what_enhances_a_prompt_counts_while_it_writes_and_not_longer() -> None:
    model, large = BY_ID[LTXModel.LTX_2_5_DISTILLED], machine(128, 200)
    plain, enhanced = (
        ladder(model, large, replace(SMALL_CLIP, has_enhancer=has)).rungs[0].peaks
        for has in (False, True)
    )
    more = {
        before.stage: after.vram_gb - before.vram_gb
        for before, after in zip(plain, enhanced, strict=True)
    }
    assert more == {
        Stage.LOAD: 0,
        Stage.ENCODE: pytest.approx(10.2, abs=0.02),
        Stage.DENOISE: 0,
        Stage.DECODE: 0,
    }
    # Where the text encoder itself writes, there is nothing besides.
    same = BY_ID[LTXModel.LTX_2_3_DISTILLED]
    clips = (SMALL_CLIP, replace(SMALL_CLIP, has_enhancer=True))
    assert ladder(same, large, clips[0]) == ladder(same, large, clips[1])
