"""How a local model is laid out in memory for one render, and what that is expected to take."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from core.frozen import Frozen
from core.jobs.lanes import Stage
from core.platform.units import count_text
from core.video.spec import Precision
from core.video.terms import EncoderBits, Residency


class Device(StrEnum):
    """Where the arithmetic is done."""

    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Pool(StrEnum):
    """Which memory is meant."""

    VRAM = "vram"
    RAM = "ram"


class StagePeak(Frozen):
    """The most memory that one stage is expected to hold, in GB."""

    stage: Stage
    vram_gb: float
    ram_gb: float

    def gb(self, pool: Pool) -> float:
        """That of one kind of memory."""
        return self.vram_gb if pool is Pool.VRAM else self.ram_gb


class MeasuredPeak(Frozen):
    """What earlier clips, in the same layout on the same device, say of the peak of this one.

    Attributes:
        pool: the memory that was measured: that in which the arithmetic is done.
        gb: what this clip is expected to hold at most.
        runs: how many clips say so.
        is_scaled: none of them was of about this size, so that the figure follows from theirs.
    """

    pool: Pool
    gb: float
    runs: int = Field(ge=1)
    is_scaled: bool = False

    @property
    def basis(self) -> str:
        """On what the figure rests, such as "measured in 3 runs here"."""
        verb = "scaled from" if self.is_scaled else "measured in"
        return f"{verb} {count_text(self.runs, 'run')} here"


_WEIGHTS = {
    Residency.RESIDENT: "all weights in GPU memory",
    Residency.MODEL_OFFLOAD: "weights in main memory, in parts in GPU memory",
    Residency.GROUP_OFFLOAD: "weights in main memory, block by block in GPU memory",
    Residency.GROUP_OFFLOAD_TO_DISK: "weights on disk, block by block in GPU memory",
}


class MemoryPlan(Frozen):
    """How a local model is laid out in memory, and what that is expected to take.

    Attributes:
        rung: place on the provider's ladder, 0 for the quickest plan.
        quantization: with `Precision.GGUF` what most weights are stored in, such as "Q4_K".
        text_encoder_bits: what most of its weights take.
        frees_text_encoder: the text encoder is dropped after encoding and loaded again next time.
        peaks: by arithmetic alone, whatever was measured.
        measured: what was measured here; None before the first clip of this kind.
        ran_out_on: the day on which a clip no larger ran out of memory in this layout, or in one
            that needs no more, with no less memory free; None where none did.
        note: why not the layout that the arithmetic alone would choose; empty where it is that one.
        fits: whether the peaks stay below what the machine has.
        reasons: why this rung, and when it does not fit, why not.
    """

    rung: int = Field(ge=0)
    device: Device
    residency: Residency
    precision: Precision
    quantization: str = ""
    text_encoder_device: Device
    text_encoder_bits: EncoderBits = EncoderBits.SIXTEEN
    frees_text_encoder: bool = False
    tiled_decode: bool = False
    framewise_decode: bool = False
    peaks: tuple[StagePeak, ...] = ()
    measured: MeasuredPeak | None = None
    ran_out_on: date | None = None
    note: str = ""
    scratch_disk_gb: float = 0.0
    fits: bool
    reasons: tuple[str, ...] = ()

    @property
    def weights_text(self) -> str:
        """Where the weights lie and how, such as "all weights in GPU memory, bfloat16"."""
        on_cpu = self.device is Device.CPU
        place = "all weights in main memory" if on_cpu else _WEIGHTS[self.residency]
        return f"{place}, {self.quantization or self.precision.value}{self._encoder_text}"

    @property
    def layout_text(self) -> str:
        """The same by its names, such as "model-offload, bfloat16"."""
        return f"{self.residency.value}, {self.precision.value}{self._encoder_text}"

    @property
    def _encoder_text(self) -> str:
        if self.text_encoder_bits is EncoderBits.SIXTEEN:
            return ""
        return f", text encoder in {self.text_encoder_bits.words}"

    @property
    def peak_vram_gb(self) -> float:
        """The most accelerator memory that any stage is expected to hold."""
        return self._expected_gb(Pool.VRAM)

    @property
    def peak_ram_gb(self) -> float:
        """The most main memory that any stage is expected to hold."""
        return self._expected_gb(Pool.RAM)

    @property
    def peaks_text(self) -> str:
        """Both with what they rest on, such as "0.7 GB of memory (measured in 3 runs here)"."""
        ram = f"{self.peak_ram_gb:.1f} GB of memory ({self.basis(Pool.RAM)})"
        if self.device is Device.CPU:
            return ram
        vram = f"{self.peak_vram_gb:.1f} GB of GPU memory ({self.basis(Pool.VRAM)})"
        return f"{vram} and {ram}"

    def basis(self, pool: Pool) -> str:
        """On what the figure rests: "predicted", or "measured in 3 runs here"."""
        measured = self.measured
        return measured.basis if measured and measured.pool is pool else "predicted"

    def predicted_gb(self, pool: Pool) -> float:
        """The most that any stage holds by arithmetic alone."""
        return max((peak.gb(pool) for peak in self.peaks), default=0.0)

    def stage_gb(self, stage: Stage, pool: Pool) -> float:
        """The most that one stage is expected to hold; 0 for one that is not reckoned with.

        Clips are measured as a whole, so what was measured counts for each stage in proportion.
        """
        held = max((peak.gb(pool) for peak in self.peaks if peak.stage is stage), default=0)
        predicted = self.predicted_gb(pool)
        return held * self._expected_gb(pool) / predicted if predicted else 0.0

    def _expected_gb(self, pool: Pool) -> float:
        measured = self.measured
        return measured.gb if measured and measured.pool is pool else self.predicted_gb(pool)
