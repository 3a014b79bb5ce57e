"""How an image model is laid out in memory for one image, and what that is expected to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.frozen import Frozen
from core.jobs.lanes import Stage
from core.video.memory import Device, MemoryPlan, StagePeak
from core.video.spec import Precision
from core.video.terms import Residency
from providers.local_images.models.families import UNET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.platform.machine import Gpu, Machine
    from providers.local_images.models.families import ImageFamily

# What the libraries and CUDA itself take before any weight is loaded.
_LIBRARIES_GB = 1.2
_CUDA_CONTEXT_GB = 0.6
_TEXT_TOKENS = 512
# For each token what a block of a transformer works with at once, in values of its width: input,
# queries, keys, values and the wide middle of its feed-forward part, twice.
_VALUES_A_TOKEN = 24
_TRANSFORMER_WIDTH = 3840
_PIXELS_A_TOKEN = 256
# The same for each pixel, of a UNet and of what decodes latents at the full size.
_UNET_BYTES_A_PIXEL = 900
_DECODER_VALUES_A_PIXEL = 1300
_LARGEST_WHOLE = 2 * 1024 * 1024
_TILE_PIXELS = 512 * 512
_LEAF_GB = 0.4
_BYTES = {Precision.FLOAT32: 4, Precision.BFLOAT16: 2, Precision.FLOAT16: 2}


class ImageTask(Frozen):
    """What decides about memory of one image.

    Attributes:
        pixels: of what is made.
        seen_pixels: of the images that the model looks at.
        is_guided: whether each step works on the prompt and on its opposite.
        lora_gb: of all LoRAs in 16 bit.
    """

    pixels: int
    seen_pixels: int = 0
    is_guided: bool = False
    lora_gb: float = 0.0


@dataclass(frozen=True)
class ImageLadder:
    """The layouts for one image, the quickest first."""

    rungs: tuple[MemoryPlan, ...]

    def choose(self, asked: Residency | None = None) -> MemoryPlan:
        """The quickest that fits, or the most frugal; of those with the residency asked for."""
        rungs = [rung for rung in self.rungs if asked in (None, rung.residency)]
        return next((rung for rung in rungs if rung.fits), rungs[-1])

    def cheaper(self, than: MemoryPlan, asked: Residency | None = None) -> MemoryPlan | None:
        """The next that fits; None where there is none."""
        left = self.rungs[than.rung + 1 :]
        return next((rung for rung in left if rung.fits and asked in (None, rung.residency)), None)

    @property
    def residencies(self) -> tuple[Residency, ...]:
        """Those that this machine has."""
        return tuple(rung.residency for rung in self.rungs)


def image_ladder(
    machine: Machine, family: ImageFamily, parts_gb: Mapping[str, float], task: ImageTask
) -> ImageLadder:
    """The layouts for a model and an image on a machine.

    Args:
        machine: with what is free now.
        family: of the model.
        parts_gb: by part, how much it takes in 16 bit.
        task: the image.
    """
    device = _device(machine.best_gpu)
    ladder = (
        (Residency.RESIDENT, Residency.MODEL_OFFLOAD, Residency.GROUP_OFFLOAD)
        if device is Device.CUDA
        else (Residency.RESIDENT,)
    )
    precision = precision_on(device, family.dtype)
    rungs: list[MemoryPlan] = []
    for residency in ladder:
        is_tiled = task.pixels > _LARGEST_WHOLE or residency is Residency.GROUP_OFFLOAD
        plan = MemoryPlan(
            rung=len(rungs),
            device=device,
            residency=residency,
            precision=precision,
            text_encoder_device=device,
            tiled_decode=is_tiled,
            peaks=tuple(
                _peaks(device, residency, precision, family, parts_gb, task, is_tiled=is_tiled)
            ),
            fits=True,
        )
        rungs.append(_judged(plan, machine))
    return ImageLadder(tuple(rungs))


def precision_on(device: Device, dtype: Precision) -> Precision:
    """What the denoiser works in: processors have no arithmetic in float16."""
    is_half = dtype is Precision.FLOAT16 and device is Device.CPU
    return Precision.BFLOAT16 if is_half else dtype


def _device(gpu: Gpu | None) -> Device:
    return Device.CPU if gpu is None else Device(gpu.kind)


def _peaks(
    device: Device,
    residency: Residency,
    precision: Precision,
    family: ImageFamily,
    parts_gb: Mapping[str, float],
    task: ImageTask,
    *,
    is_tiled: bool,
) -> Iterator[StagePeak]:
    """The most that each stage holds."""
    scale = _BYTES[precision] / 2
    parts = {name: gb * scale for name, gb in parts_gb.items()}
    whole = sum(parts.values()) + task.lora_gb * scale
    working = {
        Stage.LOAD: ("", 0.0),
        Stage.ENCODE: ("text_encoder", 0.3),
        Stage.DENOISE: (family.denoiser, _denoising_gb(family, task, scale)),
        Stage.DECODE: ("vae", _decoding_gb(task, scale, is_tiled=is_tiled)),
    }
    for stage, (part, work_gb) in working.items():
        if device is not Device.CUDA:
            yield StagePeak(stage=stage, vram_gb=0.0, ram_gb=_LIBRARIES_GB + whole + work_gb)
            continue
        # Files are read into main memory before they go to the GPU, one part after the other.
        ram = max(parts.values()) if residency is Residency.RESIDENT else whole
        held = {
            Residency.RESIDENT: whole,
            Residency.MODEL_OFFLOAD: parts.get(part, 0.0),
        }.get(residency, _LEAF_GB if part else 0.0)
        yield StagePeak(
            stage=stage,
            vram_gb=_CUDA_CONTEXT_GB + held + work_gb,
            ram_gb=_LIBRARIES_GB + ram,
        )


def _denoising_gb(family: ImageFamily, task: ImageTask, scale: float) -> float:
    batch = 2 if task.is_guided else 1
    if family.denoiser == UNET:
        return batch * task.pixels * _UNET_BYTES_A_PIXEL * scale / 1e9
    tokens = (task.pixels + task.seen_pixels) / _PIXELS_A_TOKEN + _TEXT_TOKENS
    return batch * tokens * _TRANSFORMER_WIDTH * _VALUES_A_TOKEN * 2 * scale / 1e9


def _decoding_gb(task: ImageTask, scale: float, *, is_tiled: bool) -> float:
    pixels = min(task.pixels, _TILE_PIXELS) if is_tiled else task.pixels
    return pixels * _DECODER_VALUES_A_PIXEL * 2 * scale / 1e9


def _judged(plan: MemoryPlan, machine: Machine) -> MemoryPlan:
    """The plan with whether it fits, and in words why or why not."""
    gpu = machine.best_gpu
    have = {"memory": (plan.peak_ram_gb, machine.ram_free_gb)}
    if plan.device is Device.CUDA and gpu is not None:
        have["GPU memory"] = (plan.peak_vram_gb, gpu.vram_free_gb)
    missing = [
        f"It needs {needed:.1f} GB of {name}, and {free:.1f} GB are free."
        for name, (needed, free) in have.items()
        if needed > free
    ]
    why = (
        "This machine has no GPU that is used here, so the processor makes it, which is slow."
        if plan.device is Device.CPU
        else f"{plan.weights_text[0].upper()}{plan.weights_text[1:]}."
    )
    return plan.model_copy(update={"fits": not missing, "reasons": tuple(missing) or (why,)})
