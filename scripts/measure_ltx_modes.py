"""Renders every mode with LTX Mini as a person would, measures the clips, and shows them."""

from __future__ import annotations

import argparse
import shlex
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

    from scripts.ltx_mini.modes import Made

_COMMAND = "python3 scripts/measure_ltx_modes.py"
_GUIDE = _ROOT / "Docs" / "LTX-Video-Provider-Guide.md"
_SHEET = _ROOT / "Docs" / "images" / "ltx-mini-modes.png"
_SEED = 20_270_301


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument(
        "--scenes", type=int, default=6, metavar="N", help="clips to go on from (6)"
    )
    parser.add_argument("--seed", type=int, default=_SEED, help="what they show")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="write the contact sheet there")
    parser.add_argument(
        "--write", action="store_true", help="put figures and contact sheet into the guide"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Measures; 1 where a command failed."""
    options = _parse(arguments)
    files = [bootstrap.APP, bootstrap.LTX, bootstrap.TESTS]
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, files)

    import random
    import tempfile
    from datetime import date

    from scripts.benchmark.surroundings import machine_line
    from scripts.ltx_mini.model_card import contact_sheet
    from scripts.ltx_mini.modes import MODES, Given, choose_scene, figure_text
    from scripts.markdown import markdown_table, put_between

    rng = random.Random(options.seed)
    figures: dict[str, dict[str, list[float]]] = {mode.name: {} for mode in MODES}
    rows: list[tuple[str, Made]] = []
    for number in range(options.scenes):
        asked = choose_scene(rng)
        with tempfile.TemporaryDirectory(prefix="ltx-modes-") as name:
            folder = Path(name)
            if _render(["-p", asked.caption], folder / "clip.mp4", number) is None:
                return 1
            given = Given.of(asked, folder / "clip.mp4")
            for mode in MODES:
                made = _render(mode.words_for(given), folder / "made.mp4", number)
                if made is None:
                    return 1
                for name, value in mode.measure(made, given).items():
                    figures[mode.name].setdefault(name, []).append(value)
                if number == 0:
                    rows.append((shlex.join(mode.words_for(given)), made))
                print(f"scene {number + 1}: {mode.name}", file=sys.stderr, flush=True)
    table = markdown_table(
        ("mode", f"{options.scenes} clips"),
        [
            (name, "; ".join(figure_text(*figure) for figure in found.items()))
            for name, found in figures.items()
        ],
    )
    print(table)
    sheet = contact_sheet([(words, made.frames) for words, made in rows])
    if options.sheet:
        sheet.save(options.sheet, optimize=True)
    if options.write:
        sheet.save(_SHEET, optimize=True)
        made_by = f"`{_COMMAND} --scenes {options.scenes} --write`, {date.today().isoformat()}"
        guide = _GUIDE.read_text(encoding="utf-8")
        text = f"{table}\n\n{made_by}. {machine_line()}."
        _GUIDE.write_text(put_between(guide, "modes", text), encoding="utf-8")
    return 0


def _render(words: Sequence[str], out: Path, seed: int) -> Made | None:
    """The clip that the command makes; None, and the words of the program, where it makes none."""
    import os
    import subprocess

    from scripts.ltx_mini.modes import read_made

    mini = ["--model", "ltx-mini", "--seed", str(seed), "--force", "-o", str(out)]
    answer = subprocess.run(
        [sys.executable, str(_ROOT / "main.py"), *words, *mini],
        cwd=out.parent,
        env=os.environ | {"IMAGEAI_HOME": str(out.parent / "home"), "IMAGEAI_NO_BOOTSTRAP": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        print(f"{shlex.join(words)}: {answer.stderr}", file=sys.stderr)
        return None
    return read_made(out)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
