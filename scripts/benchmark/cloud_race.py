"""Part "cloud": what the program adds to a render at a service, and many such renders at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from scripts.benchmark.clips import run_job, scratch
from scripts.benchmark.cloud_app import (
    FPS,
    FRAMES,
    HEIGHT,
    POLL_S,
    WIDTH,
    cloud_studio,
    plan_clip,
)
from scripts.benchmark.figures import Series, ratio
from scripts.benchmark.film_clips import FilmSize, make_clip
from scripts.benchmark.peaks import EVERY_S, Peaks, watch
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

_ROOT = Path(__file__).resolve().parents[2]
_SIZE = FilmSize(WIDTH, HEIGHT, FPS, clips=1, clip_frames=FRAMES, dissolve=0)
_LEAST_S, _MOST_S = 10.0, 20.0
_TOGETHER_S = 5.0
_SEED = 7
FEW, MANY = 25, 50
_MOST_RATIO = 1.1
_MOST_EACH_MB = 2.0
_MB = 1e6


@dataclass(frozen=True)
class Times:
    """One render, in seconds.

    Attributes:
        whole: from the order as a person gives it to the file in its place.
        before: of that, until the service is first asked how far it is.
        after: of that, since the service first said that it is done.
    """

    whole: float
    before: float
    after: float


@dataclass(frozen=True)
class Pair:
    """A bare script and the program, for a render that takes the service as long for both."""

    bare: Times
    program: Times


def measure(repeats: int) -> Section:
    """Run the part: pairs of renders in turns, the first only to warm up; then many at once."""
    chance = random.Random(_SEED)
    pairs: list[Pair] = []
    with scratch() as folder, service(make_clip(_SIZE, 0, folder)) as url:
        for number in range(repeats + 1):
            # Services take as long as they like: a question comes early or late by chance.
            render_s = chance.uniform(_LEAST_S, _MOST_S) if number else 0.0
            pair = run_pair(url, folder / str(number), folder / "home", render_s)
            if number:
                pairs.append(pair)
        peaks = {count: render_many(url, folder / f"of{count}", count) for count in (1, FEW, MANY)}
    return section(pairs, peaks)


@contextmanager
def service(clip: Path) -> Generator[str]:
    """The service in a process of its own; gives its address.

    Raises:
        RuntimeError: it does not start.
    """
    command = [sys.executable, "-m", "scripts.benchmark.cloud_service", str(clip)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise RuntimeError("The service of the benchmark does not start.")
            yield url
        finally:
            process.kill()


def run_pair(url: str, folder: Path, home: Path, render_s: float) -> Pair:
    """The same render by a bare script and by the program, whose journal and ledger are at home."""
    folder.mkdir()
    return Pair(
        bare=_timed(url, lambda: bare_script(url, folder / "bare.mp4", render_s)),
        program=_timed(url, lambda: program(url, folder / "program.mp4", home, render_s)),
    )


def bare_script(url: str, out: Path, render_s: float) -> None:
    """What a person writes who needs one clip: order, ask each second, save."""
    with httpx2.Client() as client:
        answer = client.post(f"{url}/jobs", json={"prompt": "a red ball", "render_s": render_s})
        name = answer.json()["id"]
        while not client.get(f"{url}/jobs/{name}").json()["is_done"]:
            time.sleep(POLL_S)
        with client.stream("GET", f"{url}/results/{name}") as got, out.open("wb") as file:
            for chunk in got.iter_bytes():
                file.write(chunk)


def program(url: str, out: Path, home: Path, render_s: float) -> None:
    """The same through the program, plan and all.

    Raises:
        RuntimeError: there is no clip.
    """
    with cloud_studio(url, home, render_s) as studio:
        planned = plan_clip(studio, out)
        run_job(studio, planned)


def _timed(url: str, render: Callable[[], None]) -> Times:
    began = time.monotonic()
    render()
    ended = time.monotonic()
    told = httpx2.get(f"{url}/times/last").json()
    return Times(ended - began, told["asked_at"] - began, ended - told["told_at"])


def render_many(url: str, folder: Path, count: int, render_s: float = _TOGETHER_S) -> Peaks:
    """So many renders at once, in a new process."""
    folder.mkdir()
    words = ["-m", "scripts.benchmark.cloud_app", url, str(folder), str(count), str(render_s)]
    env = dict(os.environ) | {"PYTHONPATH": str(_ROOT), "IMAGEAI_NO_BOOTSTRAP": "1"}
    return watch([sys.executable, *words], env)


def section(pairs: Sequence[Pair], peaks: dict[int, Peaks]) -> Section:
    """The outcome in words."""
    bare = Series("bare script", tuple(pair.bare.whole for pair in pairs))
    ours = Series("ImageAI", tuple(pair.program.whole for pair in pairs))
    parts = {
        "order to first question": lambda times: times.before,
        "finished to file": lambda times: times.after,
    }
    rows: list[tuple[str, ...]] = []
    for name, part in parts.items():
        base = Series(name, tuple(part(pair.bare) for pair in pairs))
        own = Series(name, tuple(part(pair.program) for pair in pairs))
        medians = (f"{series.median * 1000:.0f}" for series in (base, own))
        rows.append((name, *medians, f"{ratio(own, base):.1f}", f"{ratio(own, ours):.1%}"))
    head = ("", "bare script, ms", "ImageAI, ms", "ratio", "of ImageAI's whole time")
    crowd = [
        (
            str(count),
            f"{peak.seconds:.1f}",
            f"{peak.app / _MB:.0f}",
            f"{peak.together / _MB:.0f}",
        )
        for count, peak in peaks.items()
    ]
    crowd_head = ("renders at once", "s", "app, MB", "all, MB")
    tables = (
        series_table((bare, ours), "s", 2),
        markdown_table(head, rows, has_numbers=True),
        markdown_table(crowd_head, crowd, has_numbers=True),
    )
    return Section(
        title="A render at a service",
        table="\n\n".join(tables),
        findings=(
            f"A service on loopback that takes {_LEAST_S:g} to {_MOST_S:g} s for a clip of "
            f"{WIDTH}x{HEIGHT}, {FRAMES} frames, as long for both of a pair. The bare script "
            f"orders, asks every {POLL_S:g} s and saves the file; ImageAI, with a first question "
            "after as long, plans as well, keeps journal and ledger, decodes the whole clip, and "
            "writes its record into it and beside it. The bare script believes what came: of the "
            "time from finished to file most is decoding, and some FFmpeg's, which copies the clip "
            "with its record.",
            f"Many at once: a new process each, renders of {_TOGETHER_S:g} s; memory is the most "
            f"that was resident at one moment, looked at every {EVERY_S * 1000:.0f} ms: of the "
            "app alone, and with each FFmpeg that it runs.",
        ),
        goals=goals(ratio(ours, bare), peaks),
    )


def goals(slower: float, peaks: dict[int, Peaks]) -> tuple[Goal, ...]:
    """Who waits for a service waits for the service; and many renders hold little more than one."""
    each_mb = (peaks[MANY].app - peaks[1].app) / (MANY - 1) / _MB
    later_mb = (peaks[MANY].app - peaks[FEW].app) / (MANY - FEW) / _MB
    return (
        Goal(
            f"At most {_MOST_RATIO:g} times the bare script's time ({slower:.2f})",
            slower <= _MOST_RATIO,
        ),
        Goal(
            f"Of {MANY} renders at once, at most {_MOST_EACH_MB:g} MB more in the app for each "
            f"beyond the first ({each_mb:.1f})",
            each_mb <= _MOST_EACH_MB,
        ),
        Goal(
            f"From {FEW} to {MANY} at once at most {_MOST_EACH_MB:g} MB more for each "
            f"({later_mb:.1f})",
            later_mb <= _MOST_EACH_MB,
        ),
    )
