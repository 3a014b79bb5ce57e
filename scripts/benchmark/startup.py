"""Part "startup": how long main.py takes to begin, as a ratio to Python itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.benchmark.clips import scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Section, series_table

_MAIN = str(Path(__file__).resolve().parents[2] / "main.py")
_COMMANDS = {
    "python3 -c pass": ("-c", "pass"),
    "main.py --help": (_MAIN, "--help"),
    "main.py models": (_MAIN, "models"),
}
_ROUNDS = 4  # one start is short, so each repeat is several


def measure(repeats: int) -> Section:
    """Run the part; the first start of each is not counted, since it may compile modules."""
    times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    with scratch() as folder:
        for count in range(repeats * _ROUNDS + 1):
            for name, words in _COMMANDS.items():
                seconds = run_seconds(words, folder)
                if count:
                    times[name].append(seconds * 1000)
    series = tuple(Series(name, tuple(values)) for name, values in times.items())
    return Section(
        title="Starting",
        table=series_table(series, "ms", 0),
        findings=(
            "In an environment that is ready, with IMAGEAI_NO_BOOTSTRAP=1, in turns. Neither "
            "command imports torch, Qt or a vendor's library; a test holds that.",
        ),
    )


def run_seconds(words: tuple[str, ...], home: Path) -> float:
    """How long this Python takes for one command line.

    Raises:
        RuntimeError: it failed.
    """
    env = os.environ | {"IMAGEAI_HOME": str(home), "IMAGEAI_NO_BOOTSTRAP": "1"}
    started = time.perf_counter()
    ended = subprocess.run([sys.executable, *words], capture_output=True, env=env, check=False)
    seconds = time.perf_counter() - started
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{' '.join(words)} ended with code {ended.returncode}: {said}")
    return seconds
