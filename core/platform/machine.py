"""What this machine has: processors, memory, accelerators and free disk, without torch."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from core.platform.files import nearest_existing

log = logging.getLogger(__name__)

_BYTES_PER_GB = 1e9
_MIB_PER_GB = _BYTES_PER_GB / 2**20
_NVIDIA_FIELDS = "name,memory.total,memory.free,driver_version,compute_cap"
_NVIDIA_TIMEOUT_S = 5.0
_MEMORY_FILE = Path("/proc/meminfo")


@dataclass(frozen=True)
class Gpu:
    """One accelerator; `kind` is "cuda" or "mps", `compute_capability` such as (8, 9)."""

    name: str
    kind: str
    vram_total_gb: float
    vram_free_gb: float
    driver: str = ""
    compute_capability: tuple[int, int] | None = None


@dataclass(frozen=True)
class Machine:
    """The facts that decide which models run here; GB are 10^9 bytes."""

    system: str
    architecture: str
    cpu_count: int
    ram_total_gb: float
    ram_free_gb: float
    gpus: tuple[Gpu, ...] = ()

    @property
    def best_gpu(self) -> Gpu | None:
        """The accelerator with the most free memory."""
        return max(self.gpus, key=lambda gpu: gpu.vram_free_gb, default=None)


def read_machine() -> Machine:
    """The facts of this machine, read now."""
    total, free = memory_bytes()
    machine = Machine(
        system=platform.system(),
        architecture=platform.machine(),
        cpu_count=_usable_cpus(),
        ram_total_gb=total / _BYTES_PER_GB,
        ram_free_gb=free / _BYTES_PER_GB,
    )
    return replace(machine, gpus=_nvidia_gpus() or _apple_gpus(machine))


def free_disk_bytes(path: Path) -> int:
    """Free space for `path`, which need not exist yet: its nearest existing parent is asked."""
    return shutil.disk_usage(nearest_existing(path)).free


def memory_bytes(file: Path = _MEMORY_FILE) -> tuple[int, int]:
    """All memory, and what programs may still have of it, as a file tells it or psutil does."""
    # Linux tells it in a file, which psutil reads as well; to load that takes longer than the rest
    # of a look at all models.
    with suppress(OSError, ValueError, KeyError):
        said = dict(line.split(":") for line in file.read_text("ascii").splitlines())
        total, free = (int(said[name].removesuffix("kB")) for name in ("MemTotal", "MemAvailable"))
        return total * 1024, free * 1024
    import psutil

    memory = psutil.virtual_memory()
    return memory.total, memory.available


def _usable_cpus() -> int:
    # A container or taskset may allow fewer processors than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _nvidia_gpus() -> tuple[Gpu, ...]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    # Imported late: few machines have such a tool, and each look at models reads the machine.
    from core.platform.child import ask_child

    command = [tool, f"--query-gpu={_NVIDIA_FIELDS}", "--format=csv,noheader,nounits"]
    try:
        said = ask_child(command, _NVIDIA_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("nvidia-smi does not answer, so no NVIDIA GPU is used: %s", error)
        return ()
    return parse_nvidia_smi(said)


def parse_nvidia_smi(text: str) -> tuple[Gpu, ...]:
    """The GPUs in the CSV answer of nvidia-smi; lines it cannot tell memory for are left out."""
    gpus: list[Gpu] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != 5:
            continue
        name, total, free, driver, capability = cells
        try:
            total_gb, free_gb = float(total) / _MIB_PER_GB, float(free) / _MIB_PER_GB
        except ValueError:
            log.warning("nvidia-smi gives no memory size for %s, so it is not used", name)
            continue
        gpus.append(Gpu(name, "cuda", total_gb, free_gb, driver, _capability(capability)))
    return tuple(gpus)


def _capability(text: str) -> tuple[int, int] | None:
    major, dot, minor = text.partition(".")
    return (int(major), int(minor)) if dot and major.isdigit() and minor.isdigit() else None


def _apple_gpus(machine: Machine) -> tuple[Gpu, ...]:
    if machine.system != "Darwin" or machine.architecture != "arm64":
        return ()
    # Apple silicon shares main memory with the GPU, so what is free there is free here.
    return (Gpu("Apple silicon", "mps", machine.ram_total_gb, machine.ram_free_gb),)
