"""Measures how often LTX Mini does what captions say; 1 where any attribute has under 90 %."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.ltx_mini.exam import Results

_COMMAND = "python3 scripts/measure_ltx_mini.py"
_FOLDER = _ROOT / "providers" / "ltx_video" / "mini"
_CARD = _FOLDER / "README.md"
_SHEET = _FOLDER / "contact_sheet.png"
# Training and its checks draw from other seeds.
_SEED = 20_270_101


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument("--clips", type=int, default=120, metavar="N", help="captions (120)")
    parser.add_argument(
        "--images", type=int, default=24, metavar="N", help="captions with a start image (24)"
    )
    parser.add_argument("--seed", type=int, default=_SEED, help="which captions are drawn")
    parser.add_argument(
        "--usual-format", action="store_true", help="only clips of 192x128 and two seconds"
    )
    parser.add_argument(
        "--drawn", action="store_true", help="judge drawn clips instead: what the analyser misses"
    )
    parser.add_argument("--misses", action="store_true", help="list every wrong attribute")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="write a contact sheet")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument(
        "--write-card", action="store_true", help="put figures and sheet into the model card"
    )
    found = parser.parse_args(arguments)
    if found.clips < 1 or found.images < 0:
        parser.error("--clips takes 1 or more, --images 0 or more")
    if found.write_card and found.drawn:
        parser.error("--write-card is for the model's own clips, not for --drawn ones")
    return found


def main(arguments: list[str]) -> int:
    """Measures, and gives 1 where the goal is missed, 2 where it cannot be measured."""
    options = _parse(arguments)
    files = [bootstrap.APP, bootstrap.LTX, bootstrap.TESTS]
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, files)

    from core.errors import StudioError
    from scripts.ltx_mini.exam import NEEDED
    from scripts.ltx_mini.model_card import contact_sheet, figures_text

    try:
        results = _measure(options)
    except StudioError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    if options.misses:
        for miss in (*results.from_text.misses, *results.from_image.misses):
            print(f"{miss.attribute}: {miss.asked}, but {miss.got}: {miss.caption}")
    text = figures_text(results)
    print(text, flush=True)
    examples = [(question.caption, clip.frames) for question, clip in results.examples]
    if options.sheet:
        contact_sheet(examples).save(options.sheet)
    if options.json:
        options.json.write_text(json.dumps(_plain(results), indent=1), encoding="utf-8")
    if options.write_card:
        contact_sheet(examples[:8]).save(_SHEET, optimize=True)
        _write_card(text, options)
    return 0 if results.weakest >= NEEDED else 1


def _measure(options: argparse.Namespace) -> Results:
    from core.errors import NotConfigured
    from scripts.ltx_mini.exam import examine
    from scripts.ltx_mini.questions import make_questions
    from scripts.ltx_mini.renderers import MiniRenderer, WorldRenderer

    usual = options.usual_format
    from_text = make_questions(options.clips, options.seed, usual_format=usual)
    from_image = make_questions(options.images, options.seed + 1, usual_format=usual)

    def tell(line: str) -> None:
        # One line that changes where a person watches, else one for each clip.
        start, end = ("\r", "   ") if sys.stderr.isatty() else ("", "\n")
        print(f"{start}{line}", end=end, file=sys.stderr, flush=True)

    if options.drawn:
        results = examine(WorldRenderer(), from_text, from_image, tell)
    else:
        with MiniRenderer() as renderer:
            reason = renderer.reason_against()
            if reason:
                raise NotConfigured(reason)
            results = examine(renderer, from_text, from_image, tell)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return results


def _plain(results: Results) -> dict[str, object]:
    return {
        "from_text": asdict(results.from_text),
        "from_image": asdict(results.from_image),
        "first_frame": [asdict(kept) for kept in results.kept],
        "first_s": results.first_s,
        "warm_s": results.warm_s,
    }


def _repeating_command(options: argparse.Namespace) -> str:
    """The command that gives these figures again; whatever else was written is left out."""
    words = [_COMMAND, "--clips", str(options.clips), "--images", str(options.images)]
    if options.seed != _SEED:
        words += ["--seed", str(options.seed)]
    if options.usual_format:
        words.append("--usual-format")
    return " ".join([*words, "--write-card"])


def _write_card(figures: str, options: argparse.Namespace) -> None:
    from scripts.benchmark.surroundings import machine_line
    from scripts.ltx_mini.model_card import parts_table, words_table
    from scripts.markdown import put_between

    made = f"`{_repeating_command(options)}`, {date.today().isoformat()}. {machine_line()}."
    card = _CARD.read_text(encoding="utf-8")
    card = put_between(card, "words", words_table())
    card = put_between(card, "parts", parts_table(_FOLDER))
    card = put_between(card, "figures", f"{figures}\n\n{made}")
    _CARD.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
