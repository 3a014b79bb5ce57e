"""Part "window": how long it takes until the window is seen, and has nothing left to do."""

from __future__ import annotations

from scripts.benchmark.clips import scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.benchmark.window_runs import HOW, run

_MOST_S = 1.5


def measure(repeats: int) -> Section:
    """Run the part; the first start is not counted, since it may compile modules."""
    runs: list[dict[str, float]] = []
    for number in range(repeats + 1):
        with scratch() as folder:
            measured = run("start", folder / "home")
        if number:
            runs.append(measured)
    return section(runs)


def section(runs: list[dict[str, float]]) -> Section:
    """The outcome in words."""
    seen = Series("the window is visible", tuple(measured["visible_s"] for measured in runs))
    idle = Series("nothing is left to do", tuple(measured["idle_s"] for measured in runs))
    memory = Series("memory", tuple(measured["memory_mb"] for measured in runs))
    return Section(
        title="The window: starting",
        table=series_table((seen, idle), "s", 2),
        findings=(
            f"{HOW} `main.py` without arguments, counted from the start of its process, Python "
            "and Qt included; everyone's first start, with an empty home.",
            f"Resident memory on the first page, with the queue open: {memory.median:.0f} MB.",
        ),
        goals=(
            Goal(f"Visible, and nothing left to do, within {_MOST_S:g} s", idle.median <= _MOST_S),
            Goal("torch is not loaded", not any(measured["has_torch"] for measured in runs)),
        ),
    )
