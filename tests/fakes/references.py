"""Real picture files as reference images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from core.project.model.project import ReferenceImage

if TYPE_CHECKING:
    from pathlib import Path

_COLOURS = ("#336699", "#993333", "#ddaa33", "#88bb88", "#eeeeee", "#222244")


def make_image(path: Path, colour: str = "#336699") -> Path:
    """A small picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 40), colour).save(path)
    return path


def make_references(folder: Path, *names: str) -> tuple[ReferenceImage, ...]:
    """A reference image for each name, every one another picture."""
    return tuple(
        ReferenceImage(
            path=make_image(folder / f"{name}.png", _COLOURS[number % len(_COLOURS)]), name=name
        )
        for number, name in enumerate(names)
    )
