"""Part "gallery": two thousand pictures in the image tab."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.history.history_entry import HistoryEntry, WorkKind
from core.video.record import make_record
from core.video.rendered import Provenance, Rendered
from core.video.request import RenderRequest, Sampling
from core.video.terms import OutputKind
from scripts.benchmark.clips import TARGET, fresh_studio, prompt, scratch
from scripts.benchmark.figures import Series
from scripts.benchmark.tables import Goal, Section, series_table
from scripts.benchmark.window_runs import HOW, run

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio

PICTURES = 2000
_DIFFERENT = 8
_SIDE = 1024
_MOST_S, _MOST_STEP_MS = 1.0, 50.0


def measure(repeats: int) -> Section:
    """Run the part, a new window each time: the first without thumbnails on disk, then with."""
    first: list[dict[str, float]] = []
    again: list[dict[str, float]] = []
    with scratch() as folder:
        with fresh_studio(folder / "home") as studio:
            thumbnails = studio.paths.thumbnails_dir
            make_pictures(studio, PICTURES)
        # What the system reads of the program's own files is not counted to the first.
        run("start", folder / "before")
        for _ in range(repeats):
            shutil.rmtree(thumbnails, ignore_errors=True)
            first.append(run("gallery", folder / "home"))
            again.append(run("gallery", folder / "home"))
    return section(first, again)


def make_pictures(studio: Studio, count: int) -> None:
    """That many pictures of a megapixel each in a studio's history, with whole records.

    Raises:
        StudioError: LTX Mini, of which the records tell, is not known.
    """
    folder = studio.paths.output_dir
    folder.mkdir(parents=True, exist_ok=True)
    originals = [
        _picture(folder / f"original-{number}.png", number) for number in range(_DIFFERENT)
    ]
    now = datetime.now(UTC)
    entries: list[HistoryEntry] = []
    plan = None
    for number in range(count):
        request = RenderRequest(
            target=TARGET,
            prompt=prompt(number),
            output=OutputKind.IMAGE,
            sampling=Sampling(seed=number),
        )
        plan = plan or studio.plan(request).plan
        made = plan.model_copy(
            update={"request": request, "seed": number, "prompt": request.prompt}
        )
        record = make_record(
            made,
            Rendered(originals[0], Provenance(versions={}, model_files=(), measured={})),
            job_id=f"job-{number}",
            created_at=now - timedelta(minutes=number),
        )
        path = folder / f"picture-{number:04}.png"
        # A name of its own, which is read as a file of its own, in no more room.
        os.link(originals[number % _DIFFERENT], path)
        entries.append(
            HistoryEntry(
                path=path,
                kind=WorkKind.IMAGE,
                created_at=record.created_at,
                prompt=request.prompt,
                model=record.model_label,
                target=str(TARGET),
                seed=number,
                width=_SIDE,
                height=_SIDE,
                record=record.model_dump_json(),
            )
        )
    studio.history.add(*entries)


def _picture(path: Path, number: int) -> Path:
    """A picture that is as slow to read as a photo: no two pixels alike, and little to compress."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(number)
    rough = random.integers(0, 255, (_SIDE // 16, _SIDE // 16, 3), dtype=np.uint8)
    smooth = Image.fromarray(rough).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    noise = random.integers(0, 12, (_SIDE, _SIDE, 3), dtype=np.uint8)
    Image.fromarray(np.asarray(smooth) // 2 + noise).save(path, compress_level=6)
    return path


def section(first: list[dict[str, float]], again: list[dict[str, float]]) -> Section:
    """The outcome in words."""

    def ms(name: str, key: str, runs: list[dict[str, float]], times: float = 1.0) -> Series:
        return Series(name, tuple(measured[key] * times for measured in runs))

    def slowest(name: str, key: str) -> Series:
        pairs = zip(first, again, strict=True)
        return Series(name, tuple(max(one[key], other[key]) for one, other in pairs))

    rows = (
        ms("open, no thumbnail on disk", "opened_s", first, 1000),
        ms("open, thumbnails on disk", "opened_s", again, 1000),
        ms("of that until the tab is there", "shown_s", again, 1000),
        ms("a step of a fling", "fling_ms", again),
        slowest("its slowest step", "slowest_fling_ms"),
        ms("a notch of the wheel", "notch_ms", again),
        slowest("the slowest notch", "slowest_notch_ms"),
    )
    slowest_ms = max(rows[4].most, rows[6].most)
    memory = ms("memory", "memory_open_mb", again)
    return Section(
        title=f"The window: {PICTURES:,} pictures",
        table=series_table(rows, "ms", 1),
        findings=(
            f"{HOW} Each picture is a file of its own of {_SIDE}x{_SIDE} pixels with a whole "
            "record. From the click on the tab until every tile that can be seen is painted. Then "
            "all are scrolled past: down in one fling, two rows a step, and up by three rows a "
            "notch, ten notches a second; what the main thread waits for a processor that others "
            "use is left out of the steps.",
            f"Resident memory after scrolling: {memory.median:.0f} MB.",
        ),
        goals=(
            Goal(
                f"Open within {_MOST_S:g} s",
                max(rows[0].median, rows[1].median) <= _MOST_S * 1000,
            ),
            Goal(f"No step of scrolling over {_MOST_STEP_MS:g} ms", slowest_ms <= _MOST_STEP_MS),
        ),
    )
