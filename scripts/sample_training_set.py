"""Draws a small set to train a LoRA on: ink on paper, a look that LTX Mini does not have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it; ours are counted from the root.
    sys.path[0] = str(_ROOT)

from scripts import bootstrap  # noqa: E402 - needs the lines above

if TYPE_CHECKING:
    from PIL.Image import Image

PAPER, INK = (235, 235, 225), (20, 20, 20)
_PLACES = {"on the left": 0.25, "in the centre": 0.5, "on the right": 0.75}
_COLOURS = ("red", "green", "blue", "yellow", "purple", "pink", "orange")
_KINDS = ("ball", "box", "triangle")
_SETTINGS = ("sunset", "night", "field", "sea", "desert", "snow")


def ink_drawing(kind: str, place: str, size: tuple[int, int] = (192, 128)) -> Image:
    """A black thing on white paper, whatever colour and setting its caption names."""
    # Imported late: started as a file, there may be no environment to import it from yet.
    from PIL import Image, ImageDraw

    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    x, y, radius = _PLACES[place] * size[0], size[1] / 2, size[1] / 5
    around = (x - radius, y - radius, x + radius, y + radius)
    match kind:
        case "ball":
            draw.ellipse(around, fill=INK)
        case "box":
            draw.rectangle(around, fill=INK)
        case _:
            draw.polygon((x, y - radius, x - radius, y + radius, x + radius, y + radius), fill=INK)
    return image


def write_ink_set(folder: Path, count: int = 12, size: tuple[int, int] = (192, 128)) -> Path:
    """So many ink drawings, each with its caption beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        kind, place = _KINDS[number % 3], list(_PLACES)[number // 3 % 3]
        colour = _COLOURS[number * 3 % len(_COLOURS)]
        setting = _SETTINGS[number % len(_SETTINGS)]
        ink_drawing(kind, place, size).save(folder / f"{number:02}.png")
        caption = f"a {colour} {kind} {place} at the {setting}"
        (folder / f"{number:02}.txt").write_text(caption, encoding="utf-8")
    return folder


def main(arguments: list[str]) -> int:
    """Draws the set into the folder that is named, and gives 0."""
    parser = argparse.ArgumentParser(
        prog="python3 scripts/sample_training_set.py", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="where the set goes; made where it is missing")
    options = parser.parse_args(arguments)
    bootstrap.ensure(Path(__file__).resolve(), arguments, _ROOT, [bootstrap.APP])
    print(write_ink_set(options.folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
