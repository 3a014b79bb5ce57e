"""Where a loaded model lies in memory, and how much of it there is."""

# pyright: standard

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import torch

from core.video.terms import Residency

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from core.video.memory import Device, MemoryPlan

_GB = 1e9
_STATUS = Path("/proc/self/status")
_FORGET_PEAK = Path("/proc/self/clear_refs")


def lay_out(
    pipeline: Any,
    memory: MemoryPlan,
    disk_folder: Callable[[str], Path | None] = lambda part: None,
) -> None:
    """Lay the parts of a pipeline of diffusers out in memory, as a plan says.

    Args:
        pipeline: with its parts in main memory.
        memory: the plan.
        disk_folder: gives where the weights of a part are streamed from; None for main memory.
    """
    device = torch_device(memory.device)
    match memory.residency:
        case Residency.RESIDENT:
            pipeline.to(device)
        case Residency.MODEL_OFFLOAD:
            pipeline.enable_model_cpu_offload(device=device)
        case Residency.GROUP_OFFLOAD | Residency.GROUP_OFFLOAD_TO_DISK:
            for name, part in pipeline.components.items():
                if isinstance(part, torch.nn.Module):
                    _offload_groups(part, device, disk_folder(name))


def _offload_groups(part: Any, device: torch.device, to_disk: Path | None) -> None:
    # Imported late: diffusers' hooks load more of the library than a resident model needs.
    from diffusers.hooks.group_offloading import apply_group_offloading

    if to_disk is not None:
        to_disk.mkdir(parents=True, exist_ok=True)
    has_streams = device.type == "cuda"
    apply_group_offloading(
        part,
        onload_device=device,
        offload_device=torch.device("cpu"),
        offload_type="leaf_level",
        use_stream=has_streams,
        # Pinning everything at once would double the main memory that the weights take.
        low_cpu_mem_usage=has_streams,
        offload_to_disk_path=None if to_disk is None else str(to_disk),
    )


def torch_device(device: Device) -> torch.device:
    """The device by torch's name."""
    return torch.device(device.value)


def return_memory() -> None:
    """Give back what was let go of, so that something else fits."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def forget_peaks() -> None:
    """Let the most memory held be counted from here on."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):
        # Linux alone has this; elsewhere main memory is counted since the process began.
        _FORGET_PEAK.write_text("5", encoding="ascii")


def vram_peak_gb() -> float:
    """The most that parts and pictures held on a CUDA device, without what CUDA itself takes."""
    return torch.cuda.max_memory_allocated() / _GB if torch.cuda.is_available() else 0.0


def ram_peak_gb() -> float:
    """The most main memory that this process held."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / _GB
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GB
    # What getrusage tells on Linux counts the parent from before this process was its own program.
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    peak_kb = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    held = psutil.Process().memory_info().rss if peak_kb is None else int(peak_kb) * 1024
    return held / _GB
