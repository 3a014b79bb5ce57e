"""Measures ImageAI on this machine, and keeps the figures in Docs/Benchmarks.md."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.benchmark.tables import Section

_COMMAND = "python3 scripts/bench.py"
_DOCUMENT = _ROOT / "Docs" / "Benchmarks.md"
PARTS = {
    "engine": "every mode of the engine against a bare script, LoRAs, memory over 100 jobs",
    "warm": "the second job of an engine against its first",
    "startup": "main.py --help and main.py models against Python itself",
    "memory": "memory of the app while the engine works",
    "cloud": "what the program adds to a render at a service, and 50 of them at once",
    "film": "the export of a film against one FFmpeg command, the usual steps and MoviePy",
    "film-scale": "time, memory and open files of exports of 10 to 300 clips",
    "window": "the start of the window, and what it loads",
    "window-300": "a project of 300 scenes in the window: opening, scrolling, memory",
    "gallery": "2,000 pictures in the gallery: opening, scrolling, thumbnails kept on disk",
    "window-stall": "the longest silence of the window while a clip is rendered",
    "mask": "a stroke over the mask of a 4K image in the editor, move by move",
}
"""The parts by name, in the order in which they run."""


@dataclass(frozen=True)
class Options:
    """What was typed."""

    parts: tuple[str, ...]
    repeats: int
    is_written: bool

    def command(self, part: str) -> str:
        """The command line that measures one part again."""
        return f"{_COMMAND} --part {part} --repeats {self.repeats} --write"


def parse(arguments: Sequence[str]) -> Options:
    """The options; what is typed wrong ends the process with code 2."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument(
        "--part",
        action="append",
        choices=tuple(PARTS),
        help="measure only this part; may be given several times: "
        + "; ".join(f"{name}: {text}" for name, text in PARTS.items()),
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="5 when not given")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into Docs/Benchmarks.md as well"
    )
    found = parser.parse_args(arguments)
    if found.repeats < 1:
        parser.error("--repeats takes 1 or more")
    return Options(
        parts=tuple(name for name in PARTS if not found.part or name in found.part),
        repeats=found.repeats,
        is_written=found.write,
    )


def main(arguments: list[str]) -> int:
    """Measures and gives 1 when a goal is missed or a part cannot be measured."""
    options = parse(arguments)
    files = [bootstrap.APP, bootstrap.LTX]
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, files)

    from core.errors import StudioError
    from scripts.benchmark.surroundings import machine_line, warning_when_busy
    from scripts.markdown import put_between

    # Where it is set, every start compiles thousands of modules anew, which no user waits for.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    machine = machine_line()
    print(f"{machine}\n", flush=True)
    missed = False
    for name in options.parts:
        print(f"Measuring {PARTS[name]} ...", file=sys.stderr, flush=True)
        warning = warning_when_busy()
        try:
            section = _measurement(name)(options.repeats)
        except (StudioError, RuntimeError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            missed = True
            continue
        text = "\n".join(filter(None, [section.text(), warning]))
        print(text, flush=True)
        missed |= any(not goal.is_met for goal in section.goals)
        if options.is_written:
            note = f"`{options.command(name)}`, {date.today().isoformat()}. {machine}."
            document = _DOCUMENT.read_text(encoding="utf-8")
            _DOCUMENT.write_text(put_between(document, name, f"{text}\n\n{note}"), encoding="utf-8")
    return 1 if missed else 0


def _measurement(name: str) -> Callable[[int], Section]:
    from scripts.benchmark import (
        app_memory,
        cloud_race,
        film_race,
        film_scale,
        gallery,
        mask_strokes,
        startup,
        warm_engine,
        window_large,
        window_stall,
        window_start,
    )
    from scripts.benchmark.engine import measuring

    return {
        "engine": measuring.measure,
        "warm": warm_engine.measure,
        "startup": startup.measure,
        "memory": app_memory.measure,
        "cloud": cloud_race.measure,
        "film": film_race.measure,
        "film-scale": film_scale.measure,
        "window": window_start.measure,
        "window-300": window_large.measure,
        "gallery": gallery.measure,
        "window-stall": window_stall.measure,
        "mask": mask_strokes.measure,
    }[name]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
