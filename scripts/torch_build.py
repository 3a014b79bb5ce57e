"""Which PyTorch build fits a machine: decided by pure functions, before anything is installed."""

from __future__ import annotations

import csv
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_INDEX = "https://download.pytorch.org/whl/"

# As of 2026-07, PyTorch 2.13 is built for CUDA 12.6 and 13.0 (and 13.2, marked experimental); the
# plain Linux wheel is the 13.0 one. Source: github.com/pytorch/pytorch/issues/190355. The drivers
# are NVIDIA's minimum versions for CUDA 13 and CUDA 12; CUDA 13 left out all before Turing (7.5).
_CUDA_13_DRIVER = 580
_CUDA_12_DRIVER = 525
_CUDA_13_CAPABILITY = 7.5

CUDA_DOWNLOAD = "about 3 GB to download, twice that on disk"


@dataclass(frozen=True)
class Gpu:
    """The weakest NVIDIA GPU: major version of its driver, compute capability."""

    driver: int
    capability: float | None


@dataclass(frozen=True)
class TorchChoice:
    """The build to look for, an index that offers it beside pip's own, and why."""

    build: str  # "any", "cpu", "cuda", or exactly one CUDA: "cu126", "cu130"
    index_url: str | None
    why: str


@dataclass(frozen=True)
class TorchOffer:
    """What an index would give: the version and the names of the packages it needs."""

    version: str
    requires: tuple[str, ...]

    @property
    def brings_cuda(self) -> bool:
        """Whether installing it downloads the CUDA libraries."""
        return any(re.match(r"(nvidia|cuda)[-_]", name) for name in self.requires)


def choose_torch(system: str, gpu: Gpu | None, wish: str) -> TorchChoice:
    """The build for this machine; `system` as `platform.system()`, `wish` is "", "cpu" or "cuda".

    Raises:
        ValueError: `wish` is something else; the message says what it may be.
    """
    if wish not in ("", "cpu", "cuda"):
        raise ValueError(
            f"IMAGEAI_TORCH is {wish!r}, which is no PyTorch build. "
            "Set it to cpu or to cuda, or leave it out."
        )
    if system == "Darwin":
        return TorchChoice("any", None, "the macOS build")
    if wish == "cpu":
        return _cpu(system, "IMAGEAI_TORCH asks for the CPU build")
    if gpu is None and wish == "cuda":
        gpu = Gpu(_CUDA_13_DRIVER, None)
    if gpu is None:
        return _cpu(system, "no NVIDIA GPU here, so the CPU build")
    if gpu.driver < _CUDA_12_DRIVER:
        return _cpu(
            system,
            f"the NVIDIA driver {gpu.driver} is too old for PyTorch (it needs {_CUDA_12_DRIVER} "
            "or newer), so the CPU build; update the driver and delete .venv to use the GPU",
        )
    if gpu.driver < _CUDA_13_DRIVER:
        why = f"an NVIDIA GPU with driver {gpu.driver}, so the CUDA 12.6 build"
        return TorchChoice("cu126", _INDEX + "cu126", why)
    if gpu.capability is not None and gpu.capability < _CUDA_13_CAPABILITY:
        why = f"an NVIDIA GPU of compute capability {gpu.capability}, so the CUDA 12.6 build"
        return TorchChoice("cu126", _INDEX + "cu126", why)
    if system == "Windows":
        return TorchChoice("cu130", _INDEX + "cu130", "an NVIDIA GPU, so the CUDA 13.0 build")
    return TorchChoice("cuda", None, "an NVIDIA GPU, so the CUDA build")


def _cpu(system: str, why: str) -> TorchChoice:
    # The plain wheel for Windows is the CPU build already; the one for Linux is a CUDA build.
    return (
        TorchChoice("cpu", _INDEX + "cpu", why)
        if system == "Linux"
        else TorchChoice("any", None, why)
    )


def is_wanted(offer: TorchOffer, choice: TorchChoice) -> bool:
    """Whether an offered wheel is of the chosen build."""
    if choice.build == "any":
        return True
    if choice.build == "cpu":
        return not offer.brings_cuda and "+cu" not in offer.version
    if choice.build == "cuda":
        return offer.brings_cuda or "+cu" in offer.version
    return offer.version.endswith("+" + choice.build)


def refusal(choice: TorchChoice, offers: Sequence[TorchOffer]) -> str:
    """The sentence for a machine that no offered build fits; `offers` is not empty."""
    offered = ", ".join(sorted({offer.version for offer in offers}))
    if choice.build == "cpu":
        return (
            "This machine has no usable NVIDIA GPU, and the only PyTorch that can be had is the "
            f"CUDA build {offered} ({CUDA_DOWNLOAD}); the index with the CPU build, "
            f"{choice.index_url}, cannot be reached. Nothing was installed. Try again with that "
            "index reachable, point PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS at a CPU wheel, or take "
            "the CUDA build on purpose with IMAGEAI_TORCH=cuda."
        )
    return (
        f"This machine has {choice.why} of PyTorch is needed, but only {offered} can be had"
        + (f"; {choice.index_url} cannot be reached" if choice.index_url else "")
        + ". Nothing was installed. Try again later, or go on without the GPU: IMAGEAI_TORCH=cpu."
    )


def read_offer(report: Any) -> TorchOffer:
    """The torch in pip's `--report` of a dry run."""
    metadata = report["install"][0]["metadata"]
    return TorchOffer(metadata["version"], tuple(metadata.get("requires_dist") or ()))


def read_gpus(listing: str) -> Gpu | None:
    """The weakest GPU in nvidia-smi's CSV lines `driver_version, compute_cap`, None without one."""
    gpus = []
    for row in csv.reader(listing.splitlines(), skipinitialspace=True):
        driver = re.match(r"\d+", row[0]) if row else None
        if driver:
            number = re.fullmatch(r"\d+(\.\d+)?", row[1]) if len(row) > 1 else None
            gpus.append(Gpu(int(driver.group()), float(number.group()) if number else None))
    return min(gpus, key=lambda gpu: gpu.capability or 0.0) if gpus else None


def find_gpu() -> Gpu | None:
    """The NVIDIA GPU of this machine as its driver reports it, None without driver or GPU."""
    query = ["nvidia-smi", "--query-gpu=driver_version,compute_cap", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            query, capture_output=True, text=True, encoding="utf-8", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return read_gpus(answer.stdout) if answer.returncode == 0 else None
