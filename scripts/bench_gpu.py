"""Measures the memory layouts of a large model on this machine's GPU, with random weights.

A transformer, decoders and a text encoder of the shapes of LTX-2.3 are made on the spot, so that
nothing is downloaded: what they show is noise, what they take is what the real ones take.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.platform.machine import Machine

_COMMAND = "python3 scripts/bench_gpu.py"
_DOCUMENT = _ROOT / "Docs" / "Benchmarks.md"
_CANNOT = 2
_STEPS = 8


@dataclass(frozen=True)
class Options:
    """What was typed."""

    minutes: float
    steps: int
    sizes: tuple[str, ...]
    is_self_check: bool
    is_written: bool


def parse(arguments: Sequence[str]) -> Options:
    """The options; what is typed wrong ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog=_COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=60.0,
        metavar="N",
        help="begin nothing more after so many (60); what is left out is listed",
    )
    parser.add_argument(
        "--steps", type=int, default=_STEPS, metavar="N", help=f"of denoising ({_STEPS})"
    )
    parser.add_argument(
        "--size",
        action="append",
        default=[],
        metavar="WxHxF",
        help="measure this clip, such as 768x512x121; may be given several times",
    )
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="run everything with a tiny model on the processor: it shows that this program "
        "works, and its figures say nothing about a GPU",
    )
    parser.add_argument(
        "--write", action="store_true", help="put the table into Docs/Benchmarks.md as well"
    )
    found = parser.parse_args(arguments)
    if found.steps < 1:
        parser.error("--steps takes 1 or more")
    if found.self_check and found.write:
        parser.error("--self-check measures nothing that --write could keep")
    for size in found.size:
        numbers = size.split("x")
        if len(numbers) != 3 or not all(number.isdigit() for number in numbers):
            parser.error(f"--size takes width, height and frames such as 768x512x121, not {size!r}")
        width, height, frames = map(int, numbers)
        if min(width, height) < 32 or width % 32 or height % 32 or frames % 8 != 1:
            parser.error(f"--size takes multiples of 32 and 8n + 1 frames, not {size!r}")
    return Options(found.minutes, found.steps, tuple(found.size), found.self_check, found.write)


def reason_not_to(machine: Machine) -> str:
    """Why nothing can be measured on a machine; empty where something can."""
    best = machine.best_gpu
    if best is not None and best.kind == "cuda":
        return ""
    found = "has none" if best is None else f"has {best.name}"
    return f"Nothing is measured: this needs an NVIDIA GPU, and this machine {found}."


def main(arguments: list[str]) -> int:
    """Measures, and gives 2 where that cannot be done here."""
    options = parse(arguments)
    # Only the standard library is needed to know, so nothing is installed for nothing.
    from core.platform.machine import read_machine

    machine = read_machine()
    reason = "" if options.is_self_check else reason_not_to(machine)
    if reason:
        print(reason, file=sys.stderr)
        return _CANNOT
    files = [bootstrap.APP, bootstrap.LTX]
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, files)

    from providers.engine.engine_process import ENGINE_ENVIRONMENT

    # Read by the libraries when they are loaded; an engine finds the same.
    os.environ.update(ENGINE_ENVIRONMENT)
    import torch

    if not options.is_self_check and not torch.cuda.is_available():
        print(
            "Nothing is measured: PyTorch does not reach the GPU. "
            "`python3 main.py doctor` says why.",
            file=sys.stderr,
        )
        return _CANNOT

    from scripts.benchmark.surroundings import machine_line, warning_when_busy
    from scripts.markdown import put_between

    warning = warning_when_busy()
    text = "\n\n".join(filter(None, [_measured(options, machine), warning]))
    print(text, flush=True)
    if options.is_written:
        note = f"`{_COMMAND} --write`, {date.today().isoformat()}. {machine_line()}."
        document = _DOCUMENT.read_text(encoding="utf-8")
        _DOCUMENT.write_text(put_between(document, "gpu", f"{text}\n\n{note}"), encoding="utf-8")
    return 0


def _measured(options: Options, machine: Machine) -> str:
    from diffusers.utils import logging as diffusers_logging

    from scripts.benchmark.clips import scratch
    from scripts.benchmark.gpu import layouts
    from scripts.benchmark.gpu.random_parts import attention_backends
    from scripts.benchmark.gpu.shapes import LTX_2_3, TINY, ClipSize, write_model_folder

    # It says of each way to compute attention that it is new.
    diffusers_logging.set_verbosity_error()
    shapes = TINY if options.is_self_check else LTX_2_3
    if options.is_self_check:
        machine = replace(machine, gpus=())
    sizes = [ClipSize(*map(int, size.split("x"))) for size in options.sizes] or shapes.clips
    until = time.monotonic() + 60 * options.minutes
    with scratch() as folder:
        bench = layouts.Bench(
            shapes=shapes,
            folder=write_model_folder(shapes, folder / "model"),
            scratch=folder,
            machine=machine,
            steps=options.steps,
            tell=lambda text: print(f"  {text}", file=sys.stderr, flush=True),
        )
        bares = [bench.bare(size) for size in sizes]
        cases = [case for size in sizes for case in bench.cases(size, attention_backends())]
        found = list(bench.measure(cases, until))
    return layouts.section(shapes, bares, found, options.steps).text()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
