"""What training a model takes of a machine's memory, and where the model lies meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.lanes import Stage
from core.lora.training_set import Bucket
from core.video.memory import Device, MemoryPlan, StagePeak
from core.video.spec import Precision
from core.video.terms import Residency
from providers.ltx_video.models.sizes import token_count

if TYPE_CHECKING:
    from core.lora.lora_family import LoraFamily
    from core.lora.training import Recipe
    from core.platform.machine import Machine
    from providers.ltx_video.models.catalog import LocalModel

_SMALL_BILLIONS = 0.1
_GB = 1e9
_BYTES = {Precision.FLOAT32: 4.0, Precision.BFLOAT16: 2.0, Precision.FLOAT8: 2.0}
_VALUES_PER_TOKEN = 24
# The matrices, their gradients, and the optimizer's two running means, in 32 bit.
_BYTES_PER_PARAMETER = 16
_RUNTIME_GB = 1.2
_USABLE = 0.95


def is_small(model: LocalModel) -> bool:
    """Whether a model is trained on processors within minutes."""
    return model.footprint.transformer <= _SMALL_BILLIONS


def least_memory(
    model: LocalModel, family: LoraFamily, machine: Machine, usual: Recipe
) -> MemoryPlan:
    """The least that any training of a model takes: of its smallest piece, one at a time.

    Args:
        model: to be trained.
        family: its layers.
        machine: with what is free now.
        usual: the recipe that suits it.
    """
    spec, grid = model.spec, model.spec.frame_grid
    size = min(spec.sizes, key=lambda size: size.width * size.height)
    piece = Bucket(width=size.width, height=size.height, num_frames=grid.offset)
    recipe = usual.model_copy(update={"rank": 1, "batch_size": 1})
    return training_memory(model, family, machine, recipe, piece)


def training_memory(
    model: LocalModel, family: LoraFamily, machine: Machine, recipe: Recipe, largest: Bucket
) -> MemoryPlan:
    """Where a model lies while it is trained, and whether that fits.

    Args:
        model: to be trained.
        family: its layers.
        machine: with what is free now.
        recipe: how it is trained.
        largest: the largest piece that it learns.
    """
    profile, footprint, gpu = model.profile, model.footprint, machine.best_gpu
    device = Device.CPU if gpu is None or is_small(model) else Device(gpu.kind)
    size = _BYTES[profile.dtype]
    tokens = token_count(largest.width, largest.height, largest.num_frames) * recipe.batch_size
    weights = footprint.transformer + footprint.connectors + footprint.video_vae + footprint.audio
    # The input of each block, and twice what lives within one, forwards and back.
    values = tokens * footprint.hidden_size * (footprint.block_count + 2 * _VALUES_PER_TOKEN)
    lora = recipe.lora_parameters(family) * _BYTES_PER_PARAMETER
    training_gb = weights * size + (values * size + lora) / _GB
    words_gb = (footprint.text_encoder + footprint.connectors) * size
    has_room = gpu is not None and words_gb < gpu.vram_free_gb * _USABLE
    words_on = device if device is not Device.CPU and has_room else Device.CPU
    here, elsewhere = training_gb + _RUNTIME_GB, words_gb + _RUNTIME_GB
    is_cpu = device is Device.CPU
    peak = StagePeak(
        stage=Stage.TRAIN,
        vram_gb=0.0 if is_cpu else round(here, 2),
        ram_gb=round(max(here, elsewhere) if is_cpu else elsewhere, 2),
    )
    reasons: list[str] = []
    label = model.spec.label
    if is_cpu and not is_small(model):
        reasons.append(
            f"{label} cannot be trained on this machine: it needs a GPU with about "
            f"{here:.0f} GB, and processors alone would work for weeks. LTX Mini can be "
            "trained here."
        )
    for needed, usable, name in (
        (peak.ram_gb, machine.ram_free_gb, "memory"),
        (peak.vram_gb, gpu.vram_free_gb if gpu else 0.0, "GPU memory"),
    ):
        if needed > usable * _USABLE and not reasons:
            reasons.append(
                f"Training {label} on {recipe.batch_size} times {largest} needs about "
                f"{needed:.1f} GB of {name}, and {usable:.1f} GB are free. Choose a smaller "
                "resolution, length or batch, or close other programs."
            )
    return MemoryPlan(
        rung=0,
        device=device,
        residency=Residency.RESIDENT,
        precision=profile.dtype,
        text_encoder_device=words_on,
        frees_text_encoder=True,
        peaks=(peak,),
        fits=not reasons,
        reasons=tuple(reasons),
    )
