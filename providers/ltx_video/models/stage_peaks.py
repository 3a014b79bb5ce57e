"""How much memory each stage of a clip takes, in one layout of the weights.

The arithmetic, in GB of 10^9 bytes. None of it was measured on a large GPU, so every limit keeps
5 % in reserve, and running out of memory leads to the next rung.

weights      parameters in billions × bytes each: 4 in 32 bit, 2 in 16 bit, 1.05 in 8 bit (norms
             and embeddings stay in 16 bit). One out of a GGUF file is as large as that file; what
             unpacking its layers takes is counted as one block in 16 bit
reading      a text encoder in fewer bits has layers of 34 or 18 bytes for 32 parameters, and its
             table of words in 16 bit. The layer at work is unpacked: at most 1 % of all, in two
             formats for a moment. It is packed tensor by tensor while it is loaded
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

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.jobs.lanes import Stage
from core.video.memory import Device, Pool, StagePeak
from core.video.spec import Precision, Residency
from core.video.terms import EncoderBits

if TYPE_CHECKING:
    from core.video.memory import MemoryPlan
    from providers.ltx_video.models.footprint import Footprint
    from providers.ltx_video.models.workload import Workload

CUDA_CONTEXT_GB = 0.6
"""What CUDA itself takes of a GPU's memory, beside all that a program puts there."""

_BYTES = {Precision.FLOAT32: 4.0, Precision.BFLOAT16: 2.0, Precision.FLOAT8: 1.05}
_PACKED_BYTES = {EncoderBits.EIGHT: 34 / 32, EncoderBits.FOUR: 18 / 32}
_LARGEST_LAYER = 0.01
_UNPACKED_BYTES = 6.0
_VALUES_PER_TOKEN = 24
_LIVING_COPIES = 6
_TILE = 512
_TILE_FRAMES = 24
_CUDA_RUNTIME_RAM_GB = 3.0
_MAPPED = 0.05
"""Of a file in 16 bit, what loading it takes for good; .01 was measured."""
_CPU_RUNTIME_RAM_GB = 0.6


@dataclass(frozen=True)
class WeightsLayout:
    """Where a model's weights lie, and how."""

    device: Device
    residency: Residency
    precision: Precision
    text_encoder_device: Device
    frees_text_encoder: bool = False
    is_tiled: bool = False
    text_encoder_bits: EncoderBits = EncoderBits.SIXTEEN

    @classmethod
    def of(cls, memory: MemoryPlan) -> WeightsLayout:
        """That of a plan."""
        return cls(
            memory.device,
            memory.residency,
            memory.precision,
            memory.text_encoder_device,
            memory.frees_text_encoder,
            memory.tiled_decode,
            memory.text_encoder_bits,
        )

    @property
    def keeps_text_encoder(self) -> bool:
        """Whether it lies beside the transformer all the time."""
        is_beside = self.residency is Residency.RESIDENT and not self.frees_text_encoder
        return is_beside and self.text_encoder_device is self.device


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


def _weights(
    layout: WeightsLayout, footprint: Footprint, dtype: Precision, workload: Workload
) -> _Weights:
    size = _BYTES[dtype]
    # The processor's 16-bit 3-D convolutions are far too slow, so decoders are in 32 bit there.
    decoder = _BYTES[Precision.FLOAT32] if layout.device is Device.CPU else size
    lora_billions = workload.lora_billions
    upsampler = footprint.upsampler if workload.has_upsampler else 0.0
    block = footprint.transformer * size / footprint.block_count
    is_quantized = layout.precision is Precision.GGUF
    stored_gb = transformer_gb(footprint, layout.precision)
    return _Weights(
        transformer=stored_gb + lora_billions * size,
        loras=lora_billions * size,
        block=block,
        moved_block=stored_gb / footprint.block_count if is_quantized else block,
        unpacked=0.0 if layout.precision is dtype else block,
        text_encoder=_text_encoder_gb(layout, footprint, size),
        enhancer=footprint.enhancer * size if workload.has_enhancer else 0.0,
        connectors=footprint.connectors * size,
        video_vae=(footprint.video_vae + upsampler) * decoder,
        audio=footprint.audio * _BYTES[Precision.FLOAT32],
    )


def _text_encoder_gb(layout: WeightsLayout, footprint: Footprint, size: float) -> float:
    packed_bytes = _PACKED_BYTES.get(layout.text_encoder_bits)
    if packed_bytes is None:
        return footprint.text_encoder * size
    layers, at_work = footprint.text_encoder - footprint.word_table, _LARGEST_LAYER
    unpacked_gb = footprint.text_encoder * at_work * _UNPACKED_BYTES
    return layers * packed_bytes + footprint.word_table * size + unpacked_gb


def transformer_gb(footprint: Footprint, precision: Precision) -> float:
    """The size of the transformer as it is stored."""
    if precision is Precision.GGUF:
        return footprint.quantized_gb
    return footprint.transformer * _BYTES[precision]


def with_text_encoder(
    gb: float, laid_out: MemoryPlan, pool: Pool, footprint: Footprint, dtype: Precision
) -> float:
    """The peak of a clip whose prompt was encoded before, as it is with a new prompt.

    Args:
        gb: measured, without the text encoder.
        laid_out: how, with the peaks of the arithmetic.
        pool: the memory that was measured.
        footprint: the model's parts.
        dtype: the number format that the model is run in.
    """
    layout = WeightsLayout.of(laid_out)
    if layout.keeps_text_encoder:
        return gb + _text_encoder_gb(layout, footprint, _BYTES[dtype])
    words = [peak for peak in laid_out.peaks if peak.stage is Stage.ENCODE]
    return max([gb, *(peak.gb(pool) for peak in words)])


def stage_peaks(
    layout: WeightsLayout, footprint: Footprint, dtype: Precision, workload: Workload
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
            vram = {stage: gb + CUDA_CONTEXT_GB for stage, gb in device_gb.items()}
            read = Precision.GGUF if footprint.quantization else dtype
            anew_gb = 0.0 if footprint.is_mapped else transformer_gb(footprint, read)
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
    layout: WeightsLayout,
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
    layout: WeightsLayout, footprint: Footprint, dtype: Precision, workload: Workload
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


def _in_main_memory(layout: WeightsLayout, weights: _Weights, anew_gb: float) -> dict[Stage, float]:
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
