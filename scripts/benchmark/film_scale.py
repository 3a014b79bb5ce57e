"""Part "film-scale": what time, memory and open files an export takes as films get longer."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.film.build.joining import count_frames
from core.film.model.delivery import ExportSettings
from core.film.model.film_file import NAME, write_film_file
from scripts.benchmark.clips import scratch
from scripts.benchmark.film_clips import FilmSize, film_of, make_clip, make_music
from scripts.benchmark.peaks import EVERY_S, Peaks, watch
from scripts.benchmark.tables import Goal, Section
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).resolve().parents[2]
SHORT = FilmSize(width=320, height=180, fps=24, clips=10, clip_frames=36, dissolve=12)
COUNTS = (10, 30, 100, 300)
_DISTINCT = 6
_MOST = 1.5
_MB = 1e6


@dataclass(frozen=True)
class Length:
    """A film of so many clips, and what its export took."""

    size: FilmSize
    frames: int
    peaks: Peaks


def measure(repeats: int, counts: Sequence[int] = COUNTS, size: FilmSize = SHORT) -> Section:
    """Run the part: each length once, however many repeats; the long films take long enough."""
    del repeats
    lengths: list[Length] = []
    with scratch() as folder:
        looks = [make_clip(size, number, folder) for number in range(_DISTINCT)]
        clips = [
            copy_with_mark(looks[number % _DISTINCT], number, folder)
            for number in range(max(counts))
        ]
        for count in counts:
            lengths.append(export(replace(size, clips=count), clips[:count], folder))
    return section(lengths)


def copy_with_mark(clip: Path, number: int, folder: Path) -> Path:
    """A copy with other content but the same pictures: a box of its own that players skip."""
    mark = f"{number:08}".encode()
    path = folder / f"copy{number}.mp4"
    path.write_bytes(
        clip.read_bytes() + (8 + len(mark)).to_bytes(4, "big") + b"free" + mark,
    )
    return path


def export(size: FilmSize, clips: Sequence[Path], folder: Path) -> Length:
    """Export one film as a person does, in a new process and with nothing made before."""
    place = folder / str(size.clips)
    place.mkdir()
    film = place / "film.mp4"
    music = make_music(size, 0, place)
    write_film_file(film_of(size, clips, music), ExportSettings(), place / NAME)
    command = [sys.executable, str(_ROOT / "main.py"), "export", str(place), "--quiet"]
    env = {"IMAGEAI_HOME": str(place / "home"), "IMAGEAI_NO_BOOTSTRAP": "1"}
    peaks = watch([*command, "-o", str(film)], dict(os.environ) | env)
    return Length(size, count_frames(film), peaks)


def section(lengths: Sequence[Length]) -> Section:
    """The outcome in words."""
    head = ("clips", "s", "s a clip", "app, MB", "all, MB", "open files", "frames")
    rows = [
        (
            str(length.size.clips),
            f"{length.peaks.seconds:.1f}",
            f"{length.peaks.seconds / length.size.clips:.3f}",
            f"{length.peaks.app / _MB:.0f}",
            f"{length.peaks.together / _MB:.0f}",
            str(length.peaks.files),
            str(length.frames),
        )
        for length in lengths
    ]
    size = lengths[0].size
    return Section(
        title="The export of longer films",
        table=markdown_table(head, rows, has_numbers=True),
        findings=(
            f"Clips of {size.clip_s:g} s, {size.width}x{size.height} at {size.fps} frames a "
            f"second, dissolves of {size.dissolve_s:g} s, music; one `main.py export` each, with "
            "nothing made before, its own start included.",
            "Memory is the most that was resident at one moment, open files the most at one "
            f"moment: of the app alone, and of all, the app and each FFmpeg that it runs. Looked "
            f"at every {EVERY_S * 1000:.0f} ms.",
        ),
        goals=goals(lengths),
    )


def goals(lengths: Sequence[Length]) -> tuple[Goal, ...]:
    """A long film needs more time and nothing else."""
    is_exact = all(length.frames == length.size.num_frames for length in lengths)
    found = [Goal("Exactly the frames that were planned", is_exact)]
    by_count = {length.size.clips: length.peaks for length in lengths}
    few, many = COUNTS[1], COUNTS[-1]
    if few in by_count and many in by_count:
        held = by_count[many].together / by_count[few].together
        found.append(
            Goal(
                f"{many} clips in at most {_MOST:g} times the memory of {few} ({held:.2f})",
                held <= _MOST,
            )
        )
    return tuple(found)
