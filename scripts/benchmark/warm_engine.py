"""Part "warm": the second job of an engine against its first."""

from __future__ import annotations

import time

from scripts.benchmark.clips import fresh_studio, planned, run_job, scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table

_MOST_WARM_S = 8.0


def measure(repeats: int) -> Section:
    """Run the part: every time a new engine, and two jobs with different prompts."""
    first: list[float] = []
    second: list[float] = []
    for repeat in range(repeats):
        with scratch() as folder, fresh_studio(folder) as studio:
            for number, times in enumerate((first, second)):
                job = planned(studio, 2 * repeat + number)
                started = time.perf_counter()
                run_job(studio, job)
                times.append(time.perf_counter() - started)
    return section(Series("first job", tuple(first)), Series("second job", tuple(second)))


def section(first: Series, second: Series) -> Section:
    """The outcome in words."""
    return Section(
        title="A job in a warm engine",
        table=series_table((first, second), "s", 2),
        findings=(
            "The default clip of LTX Mini, from a job in the queue to the file in its place. The "
            "first job starts the engine process and loads libraries and model.",
        ),
        goals=(
            Goal(
                f"Second job in at most {_MOST_WARM_S:g} s (meant for two cores)",
                second.median <= _MOST_WARM_S,
            ),
        ),
    )
