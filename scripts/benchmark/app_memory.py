"""Part "memory": what the app's own process holds while its engine works."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scripts.benchmark.clips import SEED, TARGET, prompt, scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table

_ROOT = Path(__file__).resolve().parents[2]
_EVERY_S = 0.05
_MB = 1e6
_MOST_FIRST_S = 20.0


@dataclass
class Peaks:
    """The most memory that was seen, in bytes, and how long the command took."""

    app: int = 0
    engine: int = 0
    seconds: float = 0.0
    samples: int = field(default=0)

    def see(self, process: psutil.Process) -> None:
        """Look once at a process and at all that it has started."""
        with suppress(psutil.Error):
            app = process.memory_info().rss
            started = 0
            for child in process.children(recursive=True):
                with suppress(psutil.Error):
                    started += child.memory_info().rss
            self.app = max(self.app, app)
            self.engine = max(self.engine, started)
            self.samples += 1


def watch(command: list[str], env: dict[str, str]) -> Peaks:
    """Run a command to its end and look at it all the time.

    Raises:
        RuntimeError: it failed.
    """
    peaks = Peaks()
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peaks.see(watched)
            time.sleep(_EVERY_S)
        peaks.seconds = time.perf_counter() - started
        said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with code {process.returncode}: {said}")
    return peaks


def measure(repeats: int) -> Section:
    """Run the part: main.py as a person starts it, in a new process each time."""
    runs: list[Peaks] = []
    for number in range(repeats):
        with scratch() as folder:
            words = ["-p", prompt(number), "--model", TARGET.model, "--seed", str(SEED), "--quiet"]
            command = [sys.executable, str(_ROOT / "main.py"), *words, "-o", str(folder / "a.mp4")]
            env = {"IMAGEAI_HOME": str(folder / "home"), "IMAGEAI_NO_BOOTSTRAP": "1"}
            runs.append(watch(command, dict(os.environ) | env))
    return section(runs)


def section(runs: list[Peaks]) -> Section:
    """The outcome in words."""
    engine = Series("engine process", tuple(run.engine / _MB for run in runs))
    app = Series("app process", tuple(run.app / _MB for run in runs))
    command = Series("command to file", tuple(run.seconds for run in runs))
    return Section(
        title="Memory of the app while the engine works",
        table=series_table((engine, app), "MB", 0),
        findings=(
            f"Peaks of resident memory over one `main.py -p …` each, looked at every "
            f"{_EVERY_S * 1000:.0f} ms.",
            f"From the command to the file in its place, everything cold: {command.median:.1f} s "
            f"({command.least:.1f} to {command.most:.1f} s).",
        ),
        goals=(
            Goal(
                f"Command to file in at most {_MOST_FIRST_S:g} s (meant for two cores)",
                command.median <= _MOST_FIRST_S,
            ),
        ),
    )
