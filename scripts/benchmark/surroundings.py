"""The machine that figures were measured on, in one line and without its name."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from core.platform.machine import read_machine
from core.platform.units import count_text

_PACKAGES = ("torch", "diffusers", "transformers")
_BUSY = 0.3


def machine_line() -> str:
    """Processor, memory, accelerator and versions."""
    machine = read_machine()
    best = machine.best_gpu
    parts = [
        f"{machine.system} {machine.architecture}",
        processor_name(),
        count_text(machine.cpu_count, "core"),
        f"{machine.ram_total_gb:.0f} GB of memory",
        f"{best.name} with {best.vram_total_gb:.0f} GB" if best else "no GPU",
    ]
    versions = [f"Python {platform.python_version()}"]
    for name in _PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    return f"{', '.join(filter(None, parts))}; {', '.join(versions)}"


def processor_name() -> str:
    """The processor's model, empty where the system does not tell."""
    match platform.system():
        case "Linux":
            try:
                text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
            except OSError:
                return ""
            return name_in_cpuinfo(text) or platform.processor()
        case "Darwin":
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            answer = subprocess.run(asked, capture_output=True, text=True, check=False)
            return answer.stdout.strip()
        case _:
            return platform.processor()


def name_in_cpuinfo(text: str) -> str:
    """The first "model name" of Linux's list of processors, spaces evened out."""
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == "model name":
            return " ".join(value.split())
    return ""


def warning_when_busy() -> str:
    """A sentence when other programs work on this machine, else empty."""
    load = psutil.getloadavg()[0]
    if load < _BUSY:
        return ""
    return (
        f"Other programs were at work when this began (load {load:.1f}), so the figures are worse "
        "than they would be on a quiet machine, and ratios less sure."
    )
