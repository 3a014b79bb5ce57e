"""Jobs of one warm engine process: what switches of a LoRA cost, and memory over many of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import psutil
from safetensors.numpy import save_file

from core.jobs.job import CancelToken
from core.jobs.lanes import Stage
from providers.engine.engine_process import EngineProcess
from providers.engine.events import Began, LaidLora, Made
from providers.engine.following import events_of
from providers.ltx_video.models.info import ENGINE_MODULE
from scripts.benchmark.figures import Series, ratio
from scripts.benchmark.tables import Goal, series_table
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from core.lora.lora_family import LoraFamily
    from providers.ltx_video.engine.protocol import RenderOrder

_MB = 1e6
_RANK = 16
EARLY, LATE = 10, 100
"""After so many jobs memory is read."""
_MOST_GROWTH = 1.05
_TELL_EVERY = 10


@dataclass(frozen=True)
class WarmJob:
    """One job: seconds from order to file, and how often the model was loaded for it."""

    seconds: float
    loads: int


@dataclass(frozen=True)
class LoraSwitches:
    """Seconds of jobs by what had changed since the job before; the first are without a change."""

    series: tuple[Series, ...]
    loads: int

    @property
    def table(self) -> str:
        """A row for each kind of change."""
        return series_table(self.series, "s", 2)

    @property
    def findings(self) -> tuple[str, ...]:
        """What the changes cost."""
        same, *changed = self.series
        costs = ", ".join(
            f"{one.name} {(ratio(one, same) - 1) * same.median * 1000:+.0f} ms" for one in changed
        )
        return (
            f"LoRAs of rank {_RANK} over every layer, in one warm engine, another prompt each "
            f"time. Against a job in which nothing changed: {costs}.",
        )

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The model stays where it is."""
        return (Goal(f"No switch loads the model anew ({self.loads} loads)", self.loads == 0),)


@dataclass(frozen=True)
class ManyJobs:
    """Resident memory of the engine process after each job, in bytes."""

    resident: tuple[int, ...]

    @property
    def table(self) -> str:
        """A row for each of the two moments."""
        head = ("engine process after", "resident, MB")
        rows = [(f"{n} jobs", f"{self.resident[n - 1] / _MB:.0f}") for n in (EARLY, LATE)]
        return markdown_table(head, rows, has_numbers=True)

    @property
    def findings(self) -> tuple[str, ...]:
        """How much it grew."""
        grown = (self.resident[LATE - 1] - self.resident[EARLY - 1]) / _MB
        return (
            f"The smallest clip, {LATE} times with another prompt: from job {EARLY} to job {LATE} "
            f"the engine grew by {grown:.0f} MB.",
        )

    @property
    def goals(self) -> tuple[Goal, ...]:
        """It does not grow."""
        growth = self.resident[LATE - 1] / self.resident[EARLY - 1]
        text = f"After {LATE} jobs at most {_MOST_GROWTH:g} times the memory of {EARLY}"
        return (Goal(f"{text} ({growth:.2f})", growth <= _MOST_GROWTH),)


@contextmanager
def warm_engine() -> Generator[EngineProcess]:
    """An engine process of our own, ended afterwards."""
    engine = EngineProcess(ENGINE_MODULE)
    try:
        yield engine
    finally:
        engine.end()


def run_job(engine: EngineProcess, order: RenderOrder) -> WarmJob:
    """Have one clip made; raises as `events_of`."""
    loads, started = 0, time.perf_counter()
    for event in events_of(engine, order, CancelToken()):
        match event:
            case Began(stage=Stage.LOAD, is_short=False):
                loads += 1
            case Made():
                break
            case _:
                pass
    return WarmJob(time.perf_counter() - started, loads)


def write_random_lora(path: Path, family: LoraFamily, seed: int) -> Path:
    """A LoRA that changes each layer of a model a little, in the layout of diffusers."""
    random = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray] = {}
    for layer in family.layers:
        for number in range(layer.count):
            name = layer.name.replace("*", str(number))
            shapes = {"lora_A": (_RANK, layer.in_features), "lora_B": (layer.out_features, _RANK)}
            for part, shape in shapes.items():
                values = random.normal(scale=0.01, size=shape).astype(np.float32)
                tensors[f"{name}.{part}.weight"] = values
    save_file(tensors, path)
    return path


def measure_switches(
    engine: EngineProcess,
    order_of: Callable[[int], RenderOrder],
    family: LoraFamily,
    folder: Path,
    repeats: int,
) -> LoraSwitches:
    """Let one LoRA's scale change, another take its place, none be left, and one come again.

    Args:
        engine: warm or not; the first job is not timed.
        order_of: the order for a number, without a LoRA; each number with a prompt of its own.
        family: what LoRAs of the model are like.
        folder: where two of them are written.
        repeats: how often all of it is done.
    """
    one, other = (
        LaidLora(path=write_random_lora(folder / f"{name}.safetensors", family, seed), scale=1.0)
        for seed, name in enumerate(("one", "other"))
    )
    weak = one.model_copy(update={"scale": 0.5})
    changes: tuple[tuple[str, LaidLora | None], ...] = (
        ("no change", one),
        ("another scale", weak),
        ("another LoRA", other),
        ("no LoRA", None),
        ("a LoRA again", one),
    )
    numbers = iter(range(1 + repeats * len(changes)))

    def job(lora: LaidLora | None) -> WarmJob:
        order = order_of(next(numbers))
        laid = {"loras": () if lora is None else (lora,), "lora_family": family}
        return run_job(engine, order.model_copy(update=laid))

    job(one)
    seconds: dict[str, list[float]] = {name: [] for name, _ in changes}
    loads = 0
    for _ in range(repeats):
        for name, lora in changes:
            done = job(lora)
            seconds[name].append(done.seconds)
            loads += done.loads
    series = tuple(Series(name, tuple(values)) for name, values in seconds.items())
    return LoraSwitches(series, loads)


def measure_memory(
    engine: EngineProcess, orders: Iterator[RenderOrder], tell: Callable[[str], None]
) -> ManyJobs:
    """Make as many clips as there are orders and look at the engine behind each."""
    process = psutil.Process(engine.process.pid)
    resident: list[int] = []
    for number, order in enumerate(orders, start=1):
        run_job(engine, order)
        resident.append(process.memory_info().rss)
        if number % _TELL_EVERY == 0:
            tell(f"job {number} of {LATE}")
    return ManyJobs(tuple(resident))
