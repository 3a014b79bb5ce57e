"""Part "window-300": a large project in the window."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.project.files.atomic_folder import create_project
from core.project.files.project_file import CLIPS, write_project
from core.project.model.project import Scene, SceneTakes, Take, new_id, new_project
from scripts.benchmark.clips import scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.benchmark.window_runs import HOW, run

if TYPE_CHECKING:
    from pathlib import Path

SCENES = 300
_MOST_S, _MOST_STEP_MS = 1.0, 50.0


def measure(repeats: int) -> Section:
    """Run the part on one project, a new window each time."""
    runs: list[dict[str, float]] = []
    with scratch() as folder:
        project = make_project(folder / "large", SCENES)
        for number in range(repeats + 1):
            measured = run("open", folder / f"home-{number}", str(project))
            if number:
                runs.append(measured)
    return section(runs)


def make_project(folder: Path, count: int) -> Path:
    """A project of that many scenes, each with a clip of its own name."""
    now = datetime.now(UTC)
    project = new_project("Large", now)
    create_project(folder, project)
    first = folder.with_name(f"{folder.name}.mp4")
    image = ["-f", "lavfi", "-i", "testsrc2=s=320x192:r=24:d=2"]
    run_ffmpeg([*image, "-pix_fmt", "yuv420p", str(first)], CancelToken())
    scenes: list[Scene] = []
    takes: dict[str, SceneTakes] = {}
    for number in range(1, count + 1):
        clip = folder / CLIPS / f"scene_{number:03}_take_01.mp4"
        os.link(first, clip)
        scene = Scene(id=new_id("scene"), title=f"Scene {number}", prompt=f"a ball, {number}")
        take = Take(id=f"take-{number}", path=clip, created_at=now, num_frames=48, fps=24)
        scenes.append(scene)
        takes[scene.id] = SceneTakes(takes=(take,), chosen=take.id)
    write_project(project.model_copy(update={"scenes": tuple(scenes), "takes": takes}), folder)
    return folder


def section(runs: list[dict[str, float]]) -> Section:
    """The outcome in words."""
    opened = Series("open", tuple(measured["opened_s"] * 1000 for measured in runs))
    fling = Series("a step of a fling", tuple(measured["fling_ms"] for measured in runs))
    flung = Series("its slowest step", tuple(measured["slowest_fling_ms"] for measured in runs))
    notch = Series("a notch of the wheel", tuple(measured["notch_ms"] for measured in runs))
    turned = Series("the slowest notch", tuple(measured["slowest_notch_ms"] for measured in runs))
    slowest_ms = max(flung.most, turned.most)
    empty = Series("empty", tuple(measured["memory_mb"] for measured in runs))
    full = Series("full", tuple(measured["memory_open_mb"] for measured in runs))
    return Section(
        title=f"The window: {SCENES} scenes",
        table=series_table((opened, fling, flung, notch, turned), "ms", 1),
        findings=(
            f"{HOW} From the wish until the table is filled and nothing is left to do. Then it is "
            "scrolled: down in one fling, two rows a step, and up by three rows a notch, ten "
            "notches a second, while the pictures of what comes into sight are read. Each scene "
            "has a clip of its own.",
            f"Resident memory: {full.median:.0f} MB after scrolling, {empty.median:.0f} MB on the "
            "first page.",
        ),
        goals=(
            Goal(f"Open within {_MOST_S:g} s", opened.median <= _MOST_S * 1000),
            Goal(f"No step of scrolling over {_MOST_STEP_MS:g} ms", slowest_ms <= _MOST_STEP_MS),
        ),
    )
