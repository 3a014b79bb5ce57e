from __future__ import annotations

import logging
import stat
from typing import TYPE_CHECKING

import psutil
import pytest

from core.platform.machine import (
    Gpu,
    Machine,
    free_disk_bytes,
    memory_bytes,
    parse_nvidia_smi,
    read_machine,
)

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = """NVIDIA GeForce RTX 4090, 24564, 23800, 560.35.03, 8.9
NVIDIA H100 80GB HBM3, 81559, 81000, 560.35.03, 9.0
NVIDIA Odd, [N/A], [N/A], 1, 7.5
rubbish
"""


def test_answer_of_nvidia_smi_becomes_gpus(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        gpus = parse_nvidia_smi(ANSWER)
    assert [gpu.name for gpu in gpus] == ["NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3"]
    assert gpus[0].vram_total_gb == pytest.approx(25.76, abs=0.01)
    assert gpus[0].compute_capability == (8, 9)
    assert "NVIDIA Odd" in caplog.text


def test_best_gpu_is_the_one_with_most_free_memory() -> None:
    gpus = (Gpu("busy", "cuda", 80, 1), Gpu("free", "cuda", 24, 20))
    found = Machine("Linux", "x86_64", 8, 64, 32, gpus)
    assert found.best_gpu == gpus[1]
    assert Machine("Linux", "x86_64", 8, 64, 32).best_gpu is None


def fake_nvidia_smi(folder: Path, script: str) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)


def test_gpu_is_read_from_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_nvidia_smi(tmp_path, "echo 'Test GPU, 1000, 900, 1.0, 8.0'")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [gpu.name for gpu in read_machine().gpus] == ["Test GPU"]


def test_broken_tool_means_no_gpu_and_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake_nvidia_smi(tmp_path, "exit 9")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert all(gpu.kind != "cuda" for gpu in read_machine().gpus)
    assert "does not answer" in caplog.text


def test_machine_is_read() -> None:
    found = read_machine()
    assert found.cpu_count >= 1
    assert 0 < found.ram_free_gb <= found.ram_total_gb


def test_free_disk_is_asked_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    assert free_disk_bytes(tmp_path / "not" / "yet") > 0


def test_memory_is_told_as_psutil_tells_it() -> None:
    expected = psutil.virtual_memory()
    total, free = memory_bytes()
    assert total == expected.total
    # Other programs take and give back meanwhile.
    assert free == pytest.approx(expected.available, rel=0.2)


@pytest.mark.parametrize("said", ["", "MemTotal: 1 kB", "MemTotal: much\nMemAvailable: more"])
def test_memory_that_no_file_tells_is_asked_of_psutil(tmp_path: Path, said: str) -> None:
    told = tmp_path / "meminfo"
    assert memory_bytes(told)[0] == psutil.virtual_memory().total
    told.write_text(said, encoding="ascii")
    assert memory_bytes(told)[0] == psutil.virtual_memory().total
