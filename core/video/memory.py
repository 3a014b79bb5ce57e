"""How a local model is laid out in memory for one render, and what that is expected to take."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from core.frozen import Frozen
from core.jobs.lanes import Stage
from core.video.spec import Precision
from core.video.terms import Residency


class Device(StrEnum):
    """Where the arithmetic is done."""

    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class StagePeak(Frozen):
    """The most memory that one stage is expected to hold, in GB."""

    stage: Stage
    vram_gb: float
    ram_gb: float


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
        frees_text_encoder: the text encoder is dropped after encoding and loaded again next time.
        fits: whether the peaks stay below what the machine has.
        reasons: why this rung, and when it does not fit, why not.
    """

    rung: int = Field(ge=0)
    device: Device
    residency: Residency
    precision: Precision
    quantization: str = ""
    text_encoder_device: Device
    frees_text_encoder: bool = False
    tiled_decode: bool = False
    framewise_decode: bool = False
    peaks: tuple[StagePeak, ...] = ()
    scratch_disk_gb: float = 0.0
    fits: bool
    reasons: tuple[str, ...] = ()

    @property
    def weights_text(self) -> str:
        """Where the weights lie and how, such as "all weights in GPU memory, bfloat16"."""
        on_cpu = self.device is Device.CPU
        place = "all weights in main memory" if on_cpu else _WEIGHTS[self.residency]
        return f"{place}, {self.quantization or self.precision.value}"

    @property
    def peak_vram_gb(self) -> float:
        """The most accelerator memory that any stage is expected to hold."""
        return max((peak.vram_gb for peak in self.peaks), default=0.0)

    @property
    def peak_ram_gb(self) -> float:
        """The most main memory that any stage is expected to hold."""
        return max((peak.ram_gb for peak in self.peaks), default=0.0)
