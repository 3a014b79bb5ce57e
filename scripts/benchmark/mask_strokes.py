"""Part "mask": how long a stroke over the mask of a 4K image takes, move by move."""

from __future__ import annotations

from scripts.benchmark.clips import scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.benchmark.window_runs import HOW, run

_MOST_MS = 16.0
STROKES = {
    "fit": "usual brush, all of the image seen",
    "fit_wide": "a brush of 500 pixels, all of the image seen",
    "whole": "usual brush, at 100 %",
    "whole_wide": "a brush of 500 pixels, at 100 %",
}
"""What is measured by the name that the window gives it, and in words."""


def measure(repeats: int) -> Section:
    """Run the part, a new window each time."""
    runs: list[dict[str, float]] = []
    for _ in range(repeats):
        with scratch() as folder:
            runs.append(run("mask", folder / "home"))
    return section(runs)


def section(runs: list[dict[str, float]]) -> Section:
    """The outcome in words."""
    series: list[Series] = []
    for name, text in STROKES.items():
        series += [
            Series(text, tuple(measured[f"{name}_ms"] for measured in runs)),
            Series("its slowest move", tuple(measured[f"slowest_{name}_ms"] for measured in runs)),
        ]
    slowest = max(one.most for one in series)
    ends = Series("", tuple(measured["slowest_end_ms"] for measured in runs))
    undo = Series("", tuple(measured["slowest_undo_ms"] for measured in runs))
    return Section(
        title="The mask editor: a stroke over a 4K image",
        table=series_table(series, "ms", 2),
        findings=(
            f"{HOW} A move of the mouse until what it changed is drawn: the median of the 200 of a "
            "stroke over an image of 3840x2160 pixels of noise, and the slowest of them. What the "
            "main thread waits for a processor that others use is left out.",
            f"Letting go, when it is kept what a stroke changed: {ends.most:.0f} ms at most; undo "
            f"until it is drawn: {undo.most:.0f} ms at most.",
        ),
        goals=(Goal(f"No move over {_MOST_MS:g} ms", slowest <= _MOST_MS),),
    )
