"""Compares the places where clips are made: one prompt on each that is set up on this machine."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.setup import Setup

_COMMAND = "python3 scripts/compare_providers.py"
_USAGE = 2


def ready_targets(setup: Setup) -> tuple[str, ...]:
    """The best model of each place that could make a clip now, as `main.py compare` takes it."""
    # Imported late: `--help` needs none of it.
    from core.video.listing import read_listing
    from core.video.provider import NotReady
    from core.video.terms import Task

    found: list[str] = []
    for place in read_listing(setup.registry, weighs=False).providers:
        usual = place.model(place.automatic)
        models = place.models if usual is None else (usual, *place.models)
        able = (
            model
            for model in models
            if Task.TEXT_TO_VIDEO in model.spec.tasks and not isinstance(model.readiness, NotReady)
        )
        best = next(able, None)
        if best is not None:
            found.append(str(best.target))
    return tuple(found)


def parse(arguments: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether targets are named, and the words that `main.py compare` gets."""
    parser = argparse.ArgumentParser(
        prog=_COMMAND,
        description=f"{__doc__} Everything else is said to 'main.py compare', whose --help lists "
        "it: -p PROMPT, --duration, --resolution, --out FOLDER, --dry-run, --yes.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "-t",
        "--targets",
        action="append",
        default=[],
        metavar="TARGETS",
        help="these in place of one for each place that is set up here",
    )
    options, rest = parser.parse_known_args(arguments)
    named = [word for targets in options.targets for word in ("--targets", targets)]
    return bool(named), [*rest, *named]


def main(arguments: Sequence[str]) -> int:
    """Compares, and gives the exit code of `main.py compare`."""
    has_targets, words = parse(arguments)
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP])
    if not has_targets:
        from core.setup import Setup
        from providers import PROVIDERS

        setup = Setup(PROVIDERS)
        targets = ready_targets(setup)
        setup.close()
        if len(targets) < 2:
            known = f"Only {targets[0]} is" if targets else "Nothing is"
            print(
                f"{known} set up here, and a comparison needs two. 'main.py models' says what the "
                "others need; Docs/Video-Provider-Comparison.md how each is set up.",
                file=sys.stderr,
            )
            return _USAGE
        words += ["--targets", ",".join(targets)]
    command = [sys.executable, str(_ROOT / "main.py"), "compare", *words]
    return subprocess.call(command)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
