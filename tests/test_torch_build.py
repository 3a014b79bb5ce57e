"""What is decided before anything is downloaded: the PyTorch build, and what pip's words mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.bootstrap import APP, LTX, TESTS
from scripts.installing import explain, read_stage
from scripts.requirement_files import read_requirements
from scripts.torch_build import (
    Gpu,
    TorchChoice,
    TorchOffer,
    choose_torch,
    find_gpu,
    is_wanted,
    read_gpus,
    refusal,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("system", "gpu", "wish", "build"),
    [
        ("Linux", None, "", "cpu"),
        ("Linux", None, "cuda", "cuda"),
        ("Linux", Gpu(580, 9.0), "", "cuda"),
        ("Linux", Gpu(580, None), "", "cuda"),
        ("Linux", Gpu(580, 9.0), "cpu", "cpu"),
        ("Linux", Gpu(560, 8.6), "", "cu126"),
        ("Linux", Gpu(580, 6.1), "", "cu126"),
        ("Linux", Gpu(470, 8.6), "", "cpu"),
        ("Windows", None, "", "any"),
        ("Windows", Gpu(581, 8.9), "", "cu130"),
        ("Windows", Gpu(560, 8.9), "", "cu126"),
        ("Darwin", None, "", "any"),
        ("Darwin", None, "cuda", "any"),
    ],
)
def test_torch_build_fits_the_machine(system: str, gpu: Gpu | None, wish: str, build: str) -> None:
    choice = choose_torch(system, gpu, wish)
    assert choice.build == build
    tag = build if build != "cuda" else "nothing"
    assert choice.index_url is None or choice.index_url.endswith("/" + tag)


@pytest.mark.parametrize(
    ("version", "requires", "fitting"),
    [
        ("2.13.0", ("nvidia-cudnn-cu13==9.20; platform_system == 'Linux'",), {"any", "cuda"}),
        ("2.13.0", ("cuda-toolkit[cublas]==13.0.3",), {"any", "cuda"}),
        ("2.13.0+cu126", ("nvidia-cudnn-cu12==9.10",), {"any", "cuda", "cu126"}),
        ("2.13.0+cu126", (), {"any", "cuda", "cu126"}),
        ("2.13.0+cpu", ("filelock", "sympy>=1.13"), {"any", "cpu"}),
        ("2.13.0", ("filelock",), {"any", "cpu"}),
    ],
)
def test_offered_wheel_is_told_apart(
    version: str, requires: tuple[str, ...], fitting: set[str]
) -> None:
    offer = TorchOffer(version, requires)
    builds = ("any", "cpu", "cuda", "cu126", "cu130")
    assert {b for b in builds if is_wanted(offer, TorchChoice(b, None, ""))} == fitting


def test_refusal_on_a_gpu_machine_says_how_to_go_on_without() -> None:
    said = refusal(choose_torch("Windows", Gpu(581, 8.9), ""), [TorchOffer("2.13.0", ())])
    assert "only 2.13.0 can be had" in said
    assert "IMAGEAI_TORCH=cpu" in said


@pytest.mark.parametrize(
    ("listing", "gpu"),
    [
        ("580.65.06, 9.0\n", Gpu(580, 9.0)),
        ("560.35, 8.9\n560.35, 6.1\n", Gpu(560, 6.1)),
        ("535.54, [N/A]\n", Gpu(535, None)),
        ("No devices were found\n", None),
        ("", None),
    ],
)
def test_weakest_gpu_is_read_from_the_driver(listing: str, gpu: Gpu | None) -> None:
    assert read_gpus(listing) == gpu


@pytest.mark.parametrize(
    ("driver", "gpu"),
    [("echo 580.65.06, 9.0", Gpu(580, 9.0)), ("echo 580.65.06, 9.0; exit 9", None)],
)
def test_driver_that_reports_a_failure_is_no_gpu(
    driver: str, gpu: Gpu | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{driver}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_gpu() == gpu


def test_machine_without_driver_has_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_gpu() is None


def test_pip_output_becomes_one_line_for_people() -> None:
    stage = read_stage("Collecting torch==2.13.0 (from -r requirements-ltx.txt (line 4))", "")
    assert stage == "getting torch"
    stage = read_stage("  Downloading torch-2.13.0-cp311-cp311-linux.whl (530.0 MB)", stage)
    assert stage == "getting torch 2.13.0"
    stage = read_stage("Progress 100000000 of 530000000", stage)
    assert read_stage("Progress 265000000 of 530000000", stage) == (
        "getting torch 2.13.0, 265 of 530 MB"
    )
    assert read_stage("Installing collected packages: a, b, c", stage) == "unpacking 3 packages"


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "Free some space"),
        ("WARNING: Retrying after connection broken by 'NameResolutionError'", "network"),
        ("ERROR: SSLError(SSLCertVerificationError)", "PIP_CERT"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no release"),
        ("ERROR: something else", "run this by hand: python -m pip"),
    ],
)
def test_failure_of_pip_says_what_to_do(line: str, advice: str) -> None:
    said = explain([line], ["python", "-m", "pip"])
    assert advice in said
    assert line in said


def test_requirement_bounds_compare_by_number() -> None:
    (line,) = read_requirements("torch>=2.9,<3  # why\n\n# a comment\n")
    assert line.allows("2.13.0+cpu")
    assert line.allows("2.9")
    assert not line.allows("2.8.10")
    assert not line.allows("3.0.0")


@pytest.mark.parametrize("file", [APP, LTX, TESTS])
def test_own_requirement_files_can_be_read(file: str) -> None:
    assert read_requirements((ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", ["-r other.txt", "a @ file:///a.whl", "a~=1.0", "a==1; b"])
def test_requirement_that_cannot_be_checked_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="plain version bounds"):
        read_requirements(line)
