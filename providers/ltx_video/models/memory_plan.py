"""Where a model's weights lie while it makes a clip, and how much memory that takes.

The arithmetic, in GB of 10^9 bytes. None of it was measured on a large GPU, so every limit keeps
5 % in reserve, and running out of memory leads to the next rung.

weights      parameters in billions × bytes each: 4 in 32 bit, 2 in 16 bit, 1.05 in 8 bit (norms
             and embeddings stay in 16 bit). Only the transformer is ever stored in 8 bit. One out
             of a GGUF file is as large as that file; what unpacking its layers takes is counted as
             one block in 16 bit
LoRAs        parameters × bytes in the format of the arithmetic, beside the transformer; where that
             is streamed they wait in main memory too
tokens       ((frames - 1) / 8 + 1) × (width / 32) × (height / 32), and those of one frame for each
             image that is not the first frame; of a clip of several prompts those of its longest
             part with what that sees of the parts before, while all of it is decoded at once
activations  tokens × hidden size × 24 values × rows: about as many values live at once in a block
decode       pixels × frames decoded together × decoder channels / 16 × 6 living copies, and the
             finished picture; tiles are at most 512 × 512 × 24 frames. A video that is made anew
             or extended is encoded first, which takes as much
streaming    two blocks of the transformer in 16 bit: the one at work and the one on its way; of a
             GGUF two as they are stored, and the one at work unpacked
enhancing    parameters × bytes of what rewrites prompts, where that is no text encoder: it comes
             where the text encoder is, for the words alone, and is let go of
loading      the transformer comes first and is cast, then the rest; what is freed is freed before
             the transformer comes. Its file is mapped: casting to 8 bit took half of its size in
             memory (measured), and 16 bit that go on to a GPU next to nothing. A file in other
             numbers than 16 bit is computed anew, all of it, before anything is done with it; a
             GGUF is read whole
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.jobs.lanes import Stage
from core.video.memory import Device, MemoryPlan, StagePeak
from core.video.spec import Precision, Residency

if TYPE_CHECKING:
    from core.platform.machine import Gpu, Machine
    from providers.ltx_video.models.weights_spec import Footprint
    from providers.ltx_video.models.workload import Workload

MOST_BILLIONS_WITHOUT_GPU = 3.0
"""A larger transformer would work for days on processors alone."""

_QUICK_BILLIONS_WITHOUT_GPU = 0.1

_BYTES = {Precision.FLOAT32: 4.0, Precision.BFLOAT16: 2.0, Precision.FLOAT8: 1.05}
_USABLE = 0.95
_VALUES_PER_TOKEN = 24
_LIVING_COPIES = 6
_TILE = 512
_TILE_FRAMES = 24
_CUDA_CONTEXT_GB = 0.6
_CUDA_RUNTIME_RAM_GB = 3.0
_MAPPED = 0.05
"""Of a file in 16 bit, what loading it takes for good; .01 was measured."""
_CPU_RUNTIME_RAM_GB = 0.6


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

        Args:
            asked: one of `residencies`, to which the choice is limited; None for any.
        """
        rungs = [rung for rung in self.rungs if asked in (None, rung.residency)]
        for rung in rungs:
            if rung.fits:
                return rung
        return min(rungs, key=lambda rung: self.missing_gb[rung.rung])

    def cheaper(self, than: MemoryPlan, asked: Residency | None = None) -> MemoryPlan | None:
        """The next layout that fits and needs less where `than` ran out, or None."""
        for rung in self.rungs[than.rung + 1 :]:
            if asked in (None, rung.residency) and rung.fits and _needs_less(rung, than):
                return rung
        return None


@dataclass(frozen=True)
class _WeightsLayout:
    device: Device
    residency: Residency
    precision: Precision
    text_encoder_device: Device
    frees_text_encoder: bool = False
    is_tiled: bool = False


@dataclass(frozen=True)
class _Weights:
    """The parts' sizes in GB in one layout; the transformer with its LoRAs.

    Attributes:
        block: one of the transformer's in the format of the arithmetic.
        moved_block: one as it is moved, when the transformer is streamed.
        unpacked: what the layer at work takes beside its stored form.
    """

    transformer: float
    loras: float
    block: float
    moved_block: float
    unpacked: float
    text_encoder: float
    enhancer: float
    connectors: float
    video_vae: float
    audio: float

    @property
    def rest(self) -> float:
        """All but transformer and text encoder."""
        return self.connectors + self.video_vae + self.audio

    @property
    def all(self) -> float:
        """Everything."""
        return self.transformer + self.text_encoder + self.rest


def memory_ladder(
    machine: Machine,
    footprint: Footprint,
    dtype: Precision,
    workload: Workload,
    *,
    scratch_free_gb: float,
) -> MemoryLadder:
    """The layouts for a model and a clip on a machine.

    Args:
        machine: with what is free now; memory that a warm engine holds for this very model
            counts as free.
        footprint: the model's parts.
        dtype: the number format that the model is run in.
        workload: the clip.
        scratch_free_gb: free disk for weights that are streamed from there.
    """
    rungs: list[MemoryPlan] = []
    gaps_gb: list[float] = []
    for layout in _layouts(machine.best_gpu, footprint, dtype):
        peaks = _peaks(layout, footprint, dtype, workload)
        is_on_disk = layout.residency is Residency.GROUP_OFFLOAD_TO_DISK
        plan = MemoryPlan(
            rung=len(rungs),
            device=layout.device,
            residency=layout.residency,
            precision=layout.precision,
            quantization=footprint.quantization,
            text_encoder_device=layout.text_encoder_device,
            frees_text_encoder=layout.frees_text_encoder,
            tiled_decode=layout.is_tiled,
            framewise_decode=layout.is_tiled,
            peaks=peaks,
            scratch_disk_gb=_transformer_gb(footprint, layout.precision) if is_on_disk else 0,
            fits=True,
        )
        judged, gap_gb = _judged(plan, machine, footprint, scratch_free_gb)
        rungs.append(judged)
        gaps_gb.append(gap_gb)
    return MemoryLadder(tuple(rungs), tuple(gaps_gb))


def _layouts(gpu: Gpu | None, footprint: Footprint, dtype: Precision) -> tuple[_WeightsLayout, ...]:
    """The layouts that make sense, quickest first."""
    stored = Precision.GGUF if footprint.quantization else dtype
    on_cpu = _WeightsLayout(Device.CPU, Residency.RESIDENT, stored, Device.CPU)
    cpu = (
        on_cpu,
        replace(on_cpu, is_tiled=True),
        replace(on_cpu, is_tiled=True, frees_text_encoder=True),
    )
    if gpu is None:
        return cpu
    if gpu.kind == Device.MPS:
        # Main memory is the GPU's memory here, so moving weights between the two gains nothing.
        return tuple(
            replace(layout, device=Device.MPS, text_encoder_device=Device.MPS) for layout in cpu
        )
    whole = _WeightsLayout(Device.CUDA, Residency.RESIDENT, stored, Device.CUDA)
    tiled = replace(whole, is_tiled=True)
    cuda: tuple[_WeightsLayout, ...] = (whole, tiled)
    if dtype is Precision.BFLOAT16:
        by_part = replace(tiled, residency=Residency.MODEL_OFFLOAD)
        # What is quantised already is not cast once more.
        is_quantized = stored is Precision.GGUF
        eight_bit = by_part if is_quantized else replace(by_part, precision=Precision.FLOAT8)
        words_on_cpu = replace(eight_bit, text_encoder_device=Device.CPU)
        words_freed = replace(words_on_cpu, frees_text_encoder=True)
        streamed = replace(words_on_cpu, residency=Residency.GROUP_OFFLOAD)
        freed = replace(streamed, frees_text_encoder=True)
        # From disk the weights go as they are: casting would pull all of them into memory first.
        from_disk = replace(freed, residency=Residency.GROUP_OFFLOAD_TO_DISK, precision=stored)
        by_parts = (by_part, eight_bit, words_on_cpu, words_freed, streamed, freed, from_disk)
        cuda = (*cuda, *dict.fromkeys(by_parts))
    return cuda if footprint.transformer > MOST_BILLIONS_WITHOUT_GPU else (*cuda, *cpu)


def _weights(
    layout: _WeightsLayout, footprint: Footprint, dtype: Precision, workload: Workload
) -> _Weights:
    size = _BYTES[dtype]
    # The processor's 16-bit 3-D convolutions are far too slow, so decoders are in 32 bit there.
    decoder = _BYTES[Precision.FLOAT32] if layout.device is Device.CPU else size
    lora_billions = workload.lora_billions
    upsampler = footprint.upsampler if workload.has_upsampler else 0.0
    block = footprint.transformer * size / footprint.block_count
    is_quantized = layout.precision is Precision.GGUF
    stored_gb = _transformer_gb(footprint, layout.precision)
    return _Weights(
        transformer=stored_gb + lora_billions * size,
        loras=lora_billions * size,
        block=block,
        moved_block=stored_gb / footprint.block_count if is_quantized else block,
        unpacked=0.0 if layout.precision is dtype else block,
        text_encoder=footprint.text_encoder * size,
        enhancer=footprint.enhancer * size if workload.has_enhancer else 0.0,
        connectors=footprint.connectors * size,
        video_vae=(footprint.video_vae + upsampler) * decoder,
        audio=footprint.audio * _BYTES[Precision.FLOAT32],
    )


def _transformer_gb(footprint: Footprint, precision: Precision) -> float:
    if precision is Precision.GGUF:
        return footprint.quantized_gb
    return footprint.transformer * _BYTES[precision]


def _peaks(
    layout: _WeightsLayout, footprint: Footprint, dtype: Precision, workload: Workload
) -> tuple[StagePeak, ...]:
    """What each stage holds on the accelerator and in main memory."""
    weights = _weights(layout, footprint, dtype, workload)
    device_gb = _on_device(layout, weights, footprint, dtype, workload)
    frames_gb = workload.pixels * 3 * 5 / 1e9  # as 32-bit numbers and as bytes
    match layout.device:
        case Device.CPU:
            vram = dict.fromkeys(device_gb, 0.0)
            ram = {stage: gb + _CPU_RUNTIME_RAM_GB for stage, gb in device_gb.items()}
        case Device.MPS:
            vram = device_gb
            ram = {stage: gb + _CPU_RUNTIME_RAM_GB for stage, gb in device_gb.items()}
        case Device.CUDA:
            vram = {stage: gb + _CUDA_CONTEXT_GB for stage, gb in device_gb.items()}
            read = Precision.GGUF if footprint.quantization else dtype
            anew_gb = 0.0 if footprint.is_mapped else _transformer_gb(footprint, read)
            held = _in_main_memory(layout, weights, anew_gb)
            ram = {stage: gb + _CUDA_RUNTIME_RAM_GB for stage, gb in held.items()}
    ram[Stage.DECODE] += frames_gb
    if workload.encodes_video:
        ram[Stage.DENOISE] += frames_gb
    return tuple(
        StagePeak(stage=stage, vram_gb=round(vram[stage], 2), ram_gb=round(ram[stage], 2))
        for stage in (Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE)
    )


def _on_device(
    layout: _WeightsLayout,
    weights: _Weights,
    footprint: Footprint,
    dtype: Precision,
    workload: Workload,
) -> dict[Stage, float]:
    """GB where the arithmetic is done, without what the libraries take."""
    encoding = 0.05 * footprint.text_encoder * _BYTES[dtype] / 2 + 0.02
    denoising = (
        workload.tokens * footprint.hidden_size * _VALUES_PER_TOKEN * _BYTES[dtype] / 1e9
    ) * workload.batch_rows
    decoding = _decoding(layout, footprint, dtype, workload)
    encoding_video = decoding if workload.encodes_video else 0.0
    is_encoder_here = layout.text_encoder_device is layout.device
    enhancer = weights.enhancer if is_encoder_here else 0.0
    match layout.residency:
        case Residency.RESIDENT:
            kept = weights.transformer + weights.rest
            if not layout.frees_text_encoder:
                kept += weights.text_encoder
            return {
                Stage.LOAD: kept,
                Stage.ENCODE: encoding
                + (
                    max(weights.text_encoder, enhancer)
                    if layout.frees_text_encoder
                    else kept + enhancer
                ),
                Stage.DENOISE: kept + max(denoising + weights.unpacked, encoding_video),
                Stage.DECODE: kept + decoding,
            }
        case Residency.MODEL_OFFLOAD:
            words = weights.text_encoder if is_encoder_here else 0.0
            words = max(words, enhancer, weights.connectors)
            at_work = weights.transformer + weights.unpacked
        case Residency.GROUP_OFFLOAD | Residency.GROUP_OFFLOAD_TO_DISK:
            # They stream too; a large leaf of them is no more than half.
            words = max(weights.connectors / 2, enhancer)
            is_quantized = layout.precision is Precision.GGUF
            at_work = 2 * weights.moved_block + (weights.unpacked if is_quantized else 0.0)
    return {
        Stage.LOAD: 0.0,
        Stage.ENCODE: words + encoding,
        Stage.DENOISE: max(at_work + denoising, encoding_video),
        Stage.DECODE: max(weights.video_vae + decoding, weights.audio),
    }


def _decoding(
    layout: _WeightsLayout, footprint: Footprint, dtype: Precision, workload: Workload
) -> float:
    bytes_each = _BYTES[Precision.FLOAT32 if layout.device is Device.CPU else dtype]
    together = workload.pixels
    if layout.is_tiled:
        together = (
            min(workload.width, _TILE)
            * min(workload.height, _TILE)
            * min(workload.decoded_frames or workload.num_frames, _TILE_FRAMES)
        )
    working = together * footprint.decoder_channels / 16 * _LIVING_COPIES * bytes_each
    finished = workload.pixels * 3 * bytes_each
    return (working + finished) / 1e9


def _in_main_memory(
    layout: _WeightsLayout, weights: _Weights, anew_gb: float
) -> dict[Stage, float]:
    """GB of weights that wait in main memory while a GPU works; `anew_gb` are computed there."""
    words = max(weights.text_encoder, weights.enhancer)
    match layout.residency:
        case Residency.RESIDENT:
            # Files are mapped: pages that went to the GPU are no memory that anybody must have.
            loading, kept = weights.all - (1 - _MAPPED) * weights.transformer, 0.0
            loading = max(loading, weights.all if anew_gb else 0.0)
            words = 0.0
        case Residency.MODEL_OFFLOAD | Residency.GROUP_OFFLOAD:
            kept = weights.transformer + weights.rest
            # A mapped file is cast block by block, so that both forms of it are never there.
            loading = max(kept, anew_gb) + weights.block
            if not layout.frees_text_encoder:
                kept += weights.text_encoder
                loading = max(loading, kept)
                words = kept + weights.enhancer
        case Residency.GROUP_OFFLOAD_TO_DISK:
            kept = weights.rest + weights.loras + 2 * weights.moved_block
            loading = max(kept, anew_gb)
    return {
        Stage.LOAD: loading,
        Stage.ENCODE: words,
        Stage.DENOISE: kept,
        Stage.DECODE: kept,
    }


def _judged(
    plan: MemoryPlan, machine: Machine, footprint: Footprint, scratch_free_gb: float
) -> tuple[MemoryPlan, float]:
    """The plan with its verdict, and how many GB are missing in all."""
    gpu = machine.best_gpu
    shortages: list[str] = []
    missing = 0.0
    pools = [(plan.peak_ram_gb, machine.ram_free_gb * _USABLE, "memory")]
    if plan.device is Device.CUDA and gpu is not None:
        pools.append((plan.peak_vram_gb, gpu.vram_free_gb * _USABLE, f"memory on the {gpu.name}"))
    if plan.scratch_disk_gb:
        pools.append((plan.scratch_disk_gb, scratch_free_gb, "scratch disk"))
    for needed, usable, name in pools:
        if needed > usable:
            missing += needed - usable
            shortages.append(
                f"It needs about {needed:.1f} GB of {name} and can use {max(usable, 0):.1f} GB: "
                f"{max(needed - usable, 0.1):.1f} GB are missing."
            )
    if plan.device is Device.CPU and footprint.transformer > MOST_BILLIONS_WITHOUT_GPU:
        shortages.insert(0, "It needs a GPU: on processors alone one clip would take days.")
    reasons = tuple(shortages) or (_description(plan, gpu, footprint.transformer),)
    return plan.model_copy(update={"fits": not shortages, "reasons": reasons}), missing


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
    if plan.text_encoder_device is not plan.device:
        details.append("the prompt is read by the processor")
    if plan.frees_text_encoder:
        details.append("the text encoder is loaded again for each prompt")
    if plan.tiled_decode:
        details.append("the picture is decoded in tiles")
    return f"{'; '.join([text, *details])}."


def _needs_less(plan: MemoryPlan, than: MemoryPlan) -> bool:
    if plan.device is not than.device:
        return True
    return plan.peak_vram_gb < than.peak_vram_gb or plan.peak_ram_gb < than.peak_ram_gb
