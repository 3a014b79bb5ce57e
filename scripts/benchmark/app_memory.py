"""Part "memory": what the app's own process holds while its engine works."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from scripts.benchmark.clips import SEED, TARGET, prompt, scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.peaks import EVERY_S, Peaks, watch
from scripts.benchmark.tables import Goal, Section, series_table

_ROOT = Path(__file__).resolve().parents[2]
_MB = 1e6
_MOST_FIRST_S = 20.0


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
    engine = Series("engine process", tuple(run.started / _MB for run in runs))
    app = Series("app process", tuple(run.app / _MB for run in runs))
    command = Series("command to file", tuple(run.seconds for run in runs))
    return Section(
        title="Memory of the app while the engine works",
        table=series_table((engine, app), "MB", 0),
        findings=(
            f"Peaks of resident memory over one `main.py -p …` each, looked at every "
            f"{EVERY_S * 1000:.0f} ms.",
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
