"""scripts/bench_gpu.py: its shapes are the real ones, and all of it runs with a tiny model."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from core.jobs.lanes import Stage
from core.platform.machine import Gpu
from core.video.memory import Device
from core.video.spec import Precision, Residency
from scripts.bench_gpu import parse, reason_not_to
from scripts.benchmark.gpu import layouts
from scripts.benchmark.gpu.layouts import Bench, Case, identical, section
from scripts.benchmark.gpu.random_parts import Arithmetic, attention_backends, fill
from scripts.benchmark.gpu.shapes import (
    LTX_2_3,
    MODEL,
    TINY,
    counted_footprint,
    empty_parts,
    write_model_folder,
)
from scripts.markdown import put_between
from tests.film.seen import frames_of
from tests.providers.tiny_home import ROOT, machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.platform.machine import Machine

SIZE = TINY.clips[0]
WITH_GPU = replace(
    machine(),
    ram_total_gb=128.0,
    ram_free_gb=120.0,
    gpus=(Gpu("NVIDIA of a test", "cuda", vram_total_gb=141.0, vram_free_gb=140.0),),
)


@pytest.fixture
def bench_on(tmp_path: Path) -> Callable[[Machine], Bench]:
    def bench(on: Machine) -> Bench:
        folder = write_model_folder(TINY, tmp_path / "model")
        return Bench(TINY, folder, tmp_path, on, steps=2, tell=lambda _: None)

    return bench


def test_the_shapes_are_those_that_the_memory_plan_knows() -> None:
    counted, known = counted_footprint(LTX_2_3), MODEL.footprint
    for part in ("transformer", "text_encoder", "connectors", "video_vae"):
        assert getattr(counted, part) == pytest.approx(getattr(known, part), rel=0.01), part
    assert counted.audio == pytest.approx(known.audio, abs=0.02)
    for name in ("hidden_size", "block_count", "decoder_channels"):
        assert getattr(counted, name) == getattr(known, name)


def shown(clip: bytes, folder: Path) -> np.ndarray:
    path = folder / "shown.mp4"
    path.write_bytes(clip)
    return frames_of(path).astype(float)


def test_the_bare_call_and_every_layout_make_the_same_clip(
    bench_on: Callable[[Machine], Bench], tmp_path: Path
) -> None:
    bench = bench_on(machine())
    bare = bench.bare(SIZE)
    assert bare.problem == ""
    assert bare.seconds > 0
    rungs = bench.ladder(SIZE)
    assert [rung.device for rung in rungs] == [Device.CPU] * 3
    streamed = rungs[0].model_copy(update={"residency": Residency.GROUP_OFFLOAD, "rung": 7})
    cases = [
        *(Case(SIZE, rung) for rung in rungs),
        Case(SIZE, streamed),
        Case(SIZE, rungs[0], Arithmetic(attention="_native_math")),
    ]
    found = list(bench.measure(cases, time.monotonic() + 600))
    assert [each.problem for each in found] == [""] * len(cases)
    assert identical([bare], found)[1] == 1
    # The last bit of a sum may differ from call to call: MKL is not told here, as an engine is,
    # to add up the same way wherever a matrix lies.
    clips = [shown(clip, tmp_path) for clip in (bare.clip, found[0].clip, found[3].clip)]
    assert len(clips[0]) == SIZE.num_frames
    assert clips[0].std() > 1
    assert max(np.abs(clips[0] - other).mean() for other in clips[1:]) < 0.5
    for each in found:
        assert set(layouts.STAGES) < set(each.figures)
        assert each.seconds > 0
        assert each.figures[Stage.DENOISE].ram_gb > 0
    text = section(TINY, [bare], found, 2).text()
    assert "these figures say nothing about a GPU" in text
    assert "of 1 clips are the bare call's" in text
    assert len([line for line in text.splitlines() if line.startswith(f"| {SIZE}")]) == 6


def test_what_cannot_be_measured_is_a_row_with_its_reason(
    bench_on: Callable[[Machine], Bench],
) -> None:
    bench = bench_on(machine())
    fits, *_ = bench.ladder(SIZE)
    small = fits.model_copy(update={"fits": False, "reasons": ("It needs 99 GB.",)})
    cases = [Case(SIZE, small), Case(SIZE, fits)]
    found = list(bench.measure(cases, time.monotonic() - 1))
    assert [each.problem for each in found] == ["not measured: the time was up"] * 2
    (tight,) = bench.measure(cases[:1], time.monotonic() + 600)
    assert tight.problem == "It needs 99 GB."
    bare = layouts.BareFigures(SIZE, problem="out of memory")
    text = section(TINY, [bare], [tight], 2).text()
    assert "bare diffusers call: out of memory" in text
    assert "eager, native: It needs 99 GB." in text


def test_a_gpu_has_every_layout_eager_each_residency_compiled_and_each_attention(
    bench_on: Callable[[Machine], Bench],
) -> None:
    bench = replace(bench_on(WITH_GPU), shapes=LTX_2_3)
    size = LTX_2_3.clips[1]
    rungs = bench.ladder(size)
    assert {rung.residency for rung in rungs} == set(Residency)
    assert Precision.FLOAT8 in {rung.precision for rung in rungs}
    cases = list(bench.cases(size, ("native", "_native_math")))
    eager, compiled, attention = cases[: len(rungs)], cases[len(rungs) : -1], cases[-1]
    assert [case.memory for case in eager] == list(rungs)
    assert [case.memory.residency for case in compiled] == [
        Residency.RESIDENT,
        Residency.MODEL_OFFLOAD,
        Residency.GROUP_OFFLOAD,
    ]
    assert {case.arithmetic for case in compiled} == {Arithmetic(is_compiled=True)}
    assert attention == Case(size, rungs[0], Arithmetic(attention="_native_math"))


def test_nothing_is_fetched_to_compute_attention() -> None:
    found = attention_backends()
    assert "native" in found
    assert not [name for name in found if name.endswith("_hub")]


def test_random_weights_are_those_of_a_new_model() -> None:
    part = empty_parts(TINY)["text_encoder"]
    assert isinstance(part, PreTrainedModel)
    assert {parameter.device.type for parameter in part.parameters()} == {"meta"}
    fill(part, torch.bfloat16, torch.device("cpu"))
    weights = dict(part.named_parameters())
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    assert all(weight.isfinite().all() for weight in weights.values())
    widths = [weight for name, weight in weights.items() if name.endswith("gate_proj.weight")]
    assert widths
    for weight in widths:
        assert weight.float().std().item() == pytest.approx(weight.shape[1] ** -0.5, rel=0.2)
    # What they share is one tensor, as in the real one.
    assert weights["model.language_model.embed_tokens.weight"] is part.lm_head.weight


@pytest.mark.parametrize(
    "words",
    [
        ["--size", "768x512"],
        ["--size", "770x512x121"],
        ["--steps", "0"],
        ["--self-check", "--write"],
    ],
)
def test_a_mistyped_option_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2


def test_a_machine_without_a_gpu_is_told_so() -> None:
    assert reason_not_to(WITH_GPU) == ""
    assert "needs an NVIDIA GPU, and this machine has none" in reason_not_to(machine())
    apple = replace(machine(), gpus=(Gpu("Apple silicon", "mps", 16.0, 8.0),))
    assert "has Apple silicon" in reason_not_to(apple)


@pytest.mark.skipif(torch.cuda.is_available(), reason="it would measure for an hour")
def test_without_a_gpu_the_program_says_one_sentence_and_does_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ended = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "bench_gpu.py"), "--write"],
        env=os.environ | {"IMAGEAI_HOME": str(home), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count(".") == 1
    assert ended.stderr.startswith("Nothing is measured: this needs an NVIDIA GPU")
    assert list(tmp_path.iterdir()) == []


def test_the_document_has_a_place_for_the_figures() -> None:
    document = (ROOT / "Docs" / "Benchmarks.md").read_text(encoding="utf-8")
    assert "figures of a test" in put_between(document, "gpu", "figures of a test")
