"""Where a model's weights lie while it makes a clip: every way a machine has, and which one fits.

What each takes is arithmetic, until clips are made here: then it is what was measured. The
arithmetic was not measured on a large GPU, so it keeps 5 % in reserve, and running out of memory
leads to the next rung.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.video.memory import Device, MemoryPlan, Pool
from core.video.spec import Precision, Residency
from core.video.terms import EncoderBits
from providers.ltx_video.models.stage_peaks import WeightsLayout, stage_peaks, transformer_gb

if TYPE_CHECKING:
    from core.platform.machine import Gpu, Machine
    from providers.ltx_video.models.footprint import Footprint
    from providers.ltx_video.models.memory_runs import ClipRuns
    from providers.ltx_video.models.workload import Workload

MOST_BILLIONS_WITHOUT_GPU = 3.0
"""A larger transformer would work for days on processors alone."""

_QUICK_BILLIONS_WITHOUT_GPU = 0.1

_USABLE = 0.95


@dataclass(frozen=True)
class MemoryLadder:
    """Every layout from quickest to most frugal; `missing_gb` is what each lacks on the machine."""

    rungs: tuple[MemoryPlan, ...]
    missing_gb: tuple[float, ...]

    @property
    def residencies(self) -> tuple[Residency, ...]:
        """The ways to lay out the weights that this machine has at all, quickest first."""
        return tuple(dict.fromkeys(rung.residency for rung in self.rungs))

    def choose(self, asked: Residency | None = None) -> MemoryPlan:
        """The quickest layout that fits, or the one that lacks least, which says what it lacks.

        One in which such a clip has run out of memory is passed over where another one fits.

        Args:
            asked: one of `residencies`, to which the choice is limited; None for any.
        """
        rungs = [rung for rung in self.rungs if asked in (None, rung.residency)]
        fitting = [rung for rung in rungs if rung.fits]
        if not fitting:
            return min(rungs, key=lambda rung: self.missing_gb[rung.rung])
        first = fitting[0]
        if first.ran_out_on is None:
            return first
        ran_out = f"A clip no larger than this one ran out of memory here on {first.ran_out_on}"
        for rung in fitting:
            if rung.ran_out_on is None:
                before, now = (_within(plan.reasons[0]) for plan in (first, rung))
                note = f"{ran_out}, planned like this: {before} So it is now: {now}"
                return rung.model_copy(update={"note": note})
        note = (
            f"{ran_out}, and no layout needs less, so this one may too. Close other programs, or "
            "choose a smaller size or a shorter clip."
        )
        return fitting[-1].model_copy(update={"note": note})

    def cheaper(self, than: MemoryPlan, asked: Residency | None = None) -> MemoryPlan | None:
        """The next layout that fits and needs less where `than` ran out, or None."""
        left = [
            rung
            for rung in self.rungs[than.rung + 1 :]
            if asked in (None, rung.residency) and rung.fits and _needs_less(rung, than)
        ]
        return next((rung for rung in left if rung.ran_out_on is None), next(iter(left), None))


def memory_ladder(
    machine: Machine,
    footprint: Footprint,
    dtype: Precision,
    workload: Workload,
    *,
    scratch_free_gb: float,
    runs: ClipRuns | None = None,
    encoder_bits: EncoderBits | None = None,
) -> MemoryLadder:
    """The layouts for a model and a clip on a machine.

    Args:
        machine: with what is free now; memory that a warm engine holds for this very model
            counts as free.
        footprint: the model's parts.
        dtype: the number format that the model is run in.
        workload: the clip.
        scratch_free_gb: free disk for weights that are streamed from there.
        runs: what was measured here of such clips; None to go by arithmetic alone.
        encoder_bits: of the text encoder in every layout; None for whatever it fits with.
    """
    rungs: list[MemoryPlan] = []
    gaps_gb: list[float] = []
    for layout in _layouts(machine.best_gpu, footprint, dtype, encoder_bits):
        peaks = stage_peaks(layout, footprint, dtype, workload)
        is_on_disk = layout.residency is Residency.GROUP_OFFLOAD_TO_DISK
        plan = MemoryPlan(
            rung=len(rungs),
            device=layout.device,
            residency=layout.residency,
            precision=layout.precision,
            quantization=footprint.quantization,
            text_encoder_device=layout.text_encoder_device,
            text_encoder_bits=layout.text_encoder_bits,
            frees_text_encoder=layout.frees_text_encoder,
            tiled_decode=layout.is_tiled,
            framewise_decode=layout.is_tiled,
            peaks=peaks,
            scratch_disk_gb=transformer_gb(footprint, layout.precision) if is_on_disk else 0,
            fits=True,
        )
        if runs is not None:
            plan = plan.model_copy(update={"measured": runs.measured(plan)})
        judged, gap_gb = _judged(plan, machine, footprint, scratch_free_gb)
        rungs.append(judged)
        gaps_gb.append(gap_gb)
    if runs is not None:
        rungs = _marked(rungs, runs, machine)
    return MemoryLadder(tuple(rungs), tuple(gaps_gb))


def _marked(rungs: list[MemoryPlan], runs: ClipRuns, machine: Machine) -> list[MemoryPlan]:
    """The layouts, with a mark on each that ran out, or needs no less than one that did."""
    gpu = machine.best_gpu
    free_gb = {Pool.RAM: machine.ram_free_gb, Pool.VRAM: gpu.vram_free_gb if gpu else 0.0}
    failed = [(rung, run) for rung in rungs if (run := runs.ran_out(rung, free_gb))]
    marked: list[MemoryPlan] = []
    for rung in rungs:
        days = [
            run.made_on
            for other, run in failed
            if rung.predicted_gb(run.pool) >= other.predicted_gb(run.pool)
        ]
        marked.append(rung.model_copy(update={"ran_out_on": max(days, default=None)}))
    return marked


def _layouts(
    gpu: Gpu | None, footprint: Footprint, dtype: Precision, bits: EncoderBits | None
) -> tuple[WeightsLayout, ...]:
    """The layouts that make sense, each taking less of something than those before.

    Args:
        gpu: None for the processor alone.
        footprint: the model's parts.
        dtype: the number format that the model is run in.
        bits: of the text encoder in all of them; None for 16 where that may fit, and for fewer
            before anything takes much longer.
    """
    layouts = _on_cpu(footprint, dtype)
    if gpu is not None and gpu.kind == Device.MPS:
        # Main memory is the GPU's memory here, so moving weights between the two gains nothing.
        layouts = tuple(
            replace(layout, device=Device.MPS, text_encoder_device=Device.MPS) for layout in layouts
        )
    elif gpu is not None:
        is_large = footprint.transformer > MOST_BILLIONS_WITHOUT_GPU
        layouts = (*_on_cuda(footprint, dtype), *(() if is_large else layouts))
    if bits is None:
        return layouts
    return tuple(dict.fromkeys(_with(bits, layout) for layout in layouts))


def _on_cpu(footprint: Footprint, dtype: Precision) -> tuple[WeightsLayout, ...]:
    whole = WeightsLayout(Device.CPU, Residency.RESIDENT, _stored(footprint, dtype), Device.CPU)
    tiled = replace(whole, is_tiled=True)
    freed = replace(tiled, frees_text_encoder=True)
    if dtype is not Precision.BFLOAT16:
        return (whole, tiled, freed)
    # In fewer bits still it is no longer what takes most.
    return (whole, tiled, _with(EncoderBits.EIGHT, tiled), freed, _with(EncoderBits.EIGHT, freed))


def _on_cuda(footprint: Footprint, dtype: Precision) -> tuple[WeightsLayout, ...]:
    stored = _stored(footprint, dtype)
    whole = WeightsLayout(Device.CUDA, Residency.RESIDENT, stored, Device.CUDA)
    tiled = replace(whole, is_tiled=True)
    if dtype is not Precision.BFLOAT16:
        return (whole, tiled)
    by_part = replace(tiled, residency=Residency.MODEL_OFFLOAD)
    # What is quantised already is not cast once more.
    is_quantized = stored is Precision.GGUF
    eight_bit = by_part if is_quantized else replace(by_part, precision=Precision.FLOAT8)
    words_on_cpu = replace(eight_bit, text_encoder_device=Device.CPU)
    streamed = replace(words_on_cpu, residency=Residency.GROUP_OFFLOAD)
    freed = replace(streamed, frees_text_encoder=True)
    # From disk the weights go as they are: casting would pull all of them into memory first.
    from_disk = replace(freed, residency=Residency.GROUP_OFFLOAD_TO_DISK, precision=stored)
    layouts = (
        whole,
        tiled,
        by_part,
        eight_bit,
        _with(EncoderBits.EIGHT, eight_bit),
        words_on_cpu,
        _with(EncoderBits.EIGHT, words_on_cpu),
        replace(words_on_cpu, frees_text_encoder=True),
        streamed,
        _with(EncoderBits.EIGHT, streamed),
        freed,
        from_disk,
        _with(EncoderBits.EIGHT, from_disk),
        _with(EncoderBits.FOUR, from_disk),
    )
    return tuple(dict.fromkeys(layouts))


def _stored(footprint: Footprint, dtype: Precision) -> Precision:
    """What a transformer is stored in that nobody casts."""
    return Precision.GGUF if footprint.quantization else dtype


def _with(bits: EncoderBits, layout: WeightsLayout) -> WeightsLayout:
    return replace(layout, text_encoder_bits=bits)


def _judged(
    plan: MemoryPlan, machine: Machine, footprint: Footprint, scratch_free_gb: float
) -> tuple[MemoryPlan, float]:
    """The plan with its verdict, and how many GB are missing in all."""
    gpu = machine.best_gpu
    shortages: list[str] = []
    missing = 0.0
    needs: list[tuple[float, float, str, Pool | None]] = [
        (plan.peak_ram_gb, _usable_gb(plan, Pool.RAM, machine.ram_free_gb), "memory", Pool.RAM)
    ]
    if plan.device is Device.CUDA and gpu is not None:
        usable_gb = _usable_gb(plan, Pool.VRAM, gpu.vram_free_gb)
        needs.append((plan.peak_vram_gb, usable_gb, f"memory on the {gpu.name}", Pool.VRAM))
    if plan.scratch_disk_gb:
        needs.append((plan.scratch_disk_gb, scratch_free_gb, "scratch disk", None))
    for needed, usable, name, pool in needs:
        if needed > usable:
            missing += needed - usable
            basis = "" if pool is None else f" ({plan.basis(pool)})"
            shortages.append(
                f"It needs about {needed:.1f} GB of {name}{basis} and can use "
                f"{max(usable, 0):.1f} GB: {max(needed - usable, 0.1):.1f} GB are missing."
            )
    if plan.device is Device.CPU and footprint.transformer > MOST_BILLIONS_WITHOUT_GPU:
        # How much memory it would take without one is of no use to anybody.
        shortages = ["It needs a GPU: on processors alone one clip would take days."]
    reasons = tuple(shortages) or (_description(plan, gpu, footprint.transformer),)
    return plan.model_copy(update={"fits": not shortages, "reasons": reasons}), missing


def _usable_gb(plan: MemoryPlan, pool: Pool, free_gb: float) -> float:
    """How much of what is free may be planned with: what was measured needs no reserve."""
    measured = plan.measured
    is_sure = measured is not None and measured.pool is pool and not measured.is_scaled
    return free_gb if is_sure else free_gb * _USABLE


def _description(plan: MemoryPlan, gpu: Gpu | None, billions: float) -> str:
    """One sentence on where the weights lie."""
    match plan.residency:
        case Residency.RESIDENT:
            place = f"the {gpu.name}" if gpu and plan.device is not Device.CPU else "main memory"
            text = f"All of the model lies in {place}"
        case Residency.MODEL_OFFLOAD:
            text = "The parts of the model take turns on the GPU"
        case Residency.GROUP_OFFLOAD:
            text = "The model streams through the GPU block by block"
        case Residency.GROUP_OFFLOAD_TO_DISK:
            text = "The model streams from disk through the GPU, which is slow"
    details: list[str] = []
    if plan.device is Device.CPU and billions > _QUICK_BILLIONS_WITHOUT_GPU:
        details.append("the processors do all the work, which takes many minutes or hours")
    if plan.precision is Precision.FLOAT8:
        details.append("the transformer in 8 bit, which changes the picture a little")
    if plan.precision is Precision.GGUF:
        details.append(f"the transformer in {plan.quantization}, as in its GGUF file")
    if plan.text_encoder_bits is not EncoderBits.SIXTEEN:
        words = plan.text_encoder_bits.words
        details.append(f"the text encoder in {words}, which changes the picture a little")
    if plan.text_encoder_device is not plan.device:
        details.append("the prompt is read by the processor")
    if plan.frees_text_encoder:
        details.append("the text encoder is loaded again for each prompt")
    if plan.tiled_decode:
        details.append("the picture is decoded in tiles")
    return f"{'; '.join([text, *details])}."


def _within(sentence: str) -> str:
    """A sentence as it stands behind a colon."""
    return sentence[:1].lower() + sentence[1:]


def _needs_less(plan: MemoryPlan, than: MemoryPlan) -> bool:
    if plan.device is not than.device:
        return True
    # By arithmetic, which knows all of them alike: only some were measured.
    return any(plan.predicted_gb(pool) < than.predicted_gb(pool) for pool in Pool)
