"""Inputs and choices by short names, as tests like to write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.request import Input, RenderChoices
from core.video.terms import Role

if TYPE_CHECKING:
    from pathlib import Path


def inputs_of(
    start_image: Path | None = None,
    end_image: Path | None = None,
    reference_images: tuple[Path, ...] = (),
    loras: tuple[Input, ...] = (),
) -> tuple[Input, ...]:
    """The inputs that a request has for these files."""
    frames = ((Role.START, start_image), (Role.END, end_image))
    return (
        *(Input(role=role, path=path) for role, path in frames if path is not None),
        *(Input(role=Role.REFERENCE, path=path) for path in reference_images),
        *loras,
    )


def lora(path: Path, scale: float = 1.0) -> Input:
    """A LoRA among the inputs."""
    return Input(role=Role.LORA, path=path, strength=scale)


def chosen(before: RenderChoices | None = None, /, **values: object) -> RenderChoices:
    """Choices by the names of their controls, on top of others."""
    found = before or RenderChoices()
    for name, value in values.items():
        found = ROWS[Control(name)].with_value(found, value)
    return found


def painted_mask(path: Path, size: tuple[int, int], hole: tuple[int, ...] | None) -> Path:
    """A mask that is white within a rectangle; all black without one."""
    mask = Image.new("L", size, 0)
    if hole is not None:
        ImageDraw.Draw(mask).rectangle(hole, fill=255)
    mask.save(path)
    return path
