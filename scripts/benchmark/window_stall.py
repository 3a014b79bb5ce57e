"""Part "window-stall": how long the window does not answer while a clip is rendered."""

from __future__ import annotations

from scripts.benchmark.clips import fresh_studio, planned, scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.benchmark.window_runs import HOW, run

_MOST_MS = 100.0


def measure(repeats: int) -> Section:
    """Run the part, a new window and engine each time.

    Raises:
        NotConfigured: LTX Mini cannot render here.
    """
    runs: list[dict[str, float]] = []
    # A window that cannot render asks what to do, and nobody would answer.
    with scratch() as folder, fresh_studio(folder) as studio:
        planned(studio, 0)
    for _ in range(repeats):
        with scratch() as folder:
            runs.append(run("render", folder / "home"))
    return section(runs)


def section(runs: list[dict[str, float]]) -> Section:
    """The outcome in words."""
    idle = Series("nothing to do", tuple(measured["idle_ms"] for measured in runs))
    busy = Series("LTX Mini renders", tuple(measured["render_ms"] for measured in runs))
    return Section(
        title="The window: the longest silence",
        table=series_table((idle, busy), "ms", 1),
        findings=(
            f"{HOW} The event loop is knocked at every 5 ms from before the click until the clip "
            "is in the table; the longest time without an answer of each run. What the main "
            "thread waits for a processor that others use is left out.",
        ),
        goals=(Goal(f"At most {_MOST_MS:g} ms", busy.most <= _MOST_MS),),
    )
