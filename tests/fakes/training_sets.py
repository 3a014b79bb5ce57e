"""Sets to train on: pictures in a look that LTX Mini never draws, with captions in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

PAPER, INK = (235, 235, 225), (20, 20, 20)
_PLACES = {"on the left": 0.25, "in the centre": 0.5, "on the right": 0.75}
_COLOURS = ("red", "green", "blue", "yellow", "purple", "pink", "orange")
_KINDS = ("ball", "box", "triangle")
_SETTINGS = ("sunset", "night", "field", "sea", "desert", "snow")


def ink_drawing(kind: str, place: str, size: tuple[int, int] = (192, 128)) -> Image.Image:
    """A black thing on white paper, whatever colour and setting its caption names."""
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
