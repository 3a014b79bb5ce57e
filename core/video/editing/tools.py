"""What can be done to an image by a tool: one row each, from which checks, forms and docs follow.

What a tool is set by, such as the pixels that are added at a side, are rows of the table of
controls, which name the tools that they are for and those that cannot do without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from core.frozen import Frozen
from core.video.terms import AspectRatio, FrameSize, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.video.request import Margins


class PromptUse(StrEnum):
    """What words are to a tool."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    UNUSED = "unused"


class ResultSize(StrEnum):
    """Where the size of what comes of a tool is from."""

    IMAGE = "that of the image"
    GROWN = "that of the image and what is added at its sides"
    SCALED = "that of the image by a factor, or what the model makes of it"
    CHOSEN = "the model's own sizes"


@dataclass(frozen=True)
class ImageTool:
    """One tool.

    Attributes:
        label, tip: in lists.
        prompt: what words are to it; a model may need them where the tool does not.
        size: where the size of its result is from.
        takes_strength: whether a model may leave the choice how much is changed.
    """

    label: str
    tip: str
    prompt: PromptUse = PromptUse.NEEDED
    size: ResultSize = ResultSize.IMAGE
    takes_strength: bool = False


IMAGE_TOOLS: Mapping[Task, ImageTool] = {
    Task.OUTPAINT: ImageTool(
        "Extend (outpaint)",
        "Add to the image at its sides; words may say what is to be seen there",
        PromptUse.OPTIONAL,
        ResultSize.GROWN,
        takes_strength=True,
    ),
    Task.ERASE: ImageTool(
        "Erase",
        "Take away what the mask covers and fill the place with what is around it",
        PromptUse.UNUSED,
    ),
    Task.SEARCH_AND_REPLACE: ImageTool(
        "Find and replace",
        "Put what the prompt describes in the place of what the search words find",
    ),
    Task.SEARCH_AND_RECOLOR: ImageTool(
        "Find and recolor",
        "Give what the search words find the colors that the prompt describes",
    ),
    Task.REMOVE_BACKGROUND: ImageTool(
        "Remove the background",
        "Keep what is in front, and make all behind it transparent",
        PromptUse.UNUSED,
    ),
    Task.REPLACE_BACKGROUND: ImageTool(
        "Replace the background",
        "Put what is in front before what the prompt describes, and into its light",
        takes_strength=True,
    ),
    Task.UPSCALE: ImageTool(
        "Upscale",
        "Make the image larger and finer; words may say what it shows",
        PromptUse.OPTIONAL,
        ResultSize.SCALED,
        takes_strength=True,
    ),
    Task.SKETCH: ImageTool(
        "From a sketch",
        "Make an image of a drawing, along its lines",
        takes_strength=True,
    ),
    Task.STRUCTURE: ImageTool(
        "Keep the structure",
        "Make another image in which all lies where it lies in this one",
        takes_strength=True,
    ),
    Task.STYLE: ImageTool(
        "In the style of",
        "Make another image in the style of this one",
        size=ResultSize.CHOSEN,
        takes_strength=True,
    ),
    Task.STYLE_TRANSFER: ImageTool(
        "Transfer a style",
        "Give the first image the style of the second; words may say what it shows",
        PromptUse.OPTIONAL,
        ResultSize.CHOSEN,
        takes_strength=True,
    ),
}
"""Every tool, in the order of lists; `Editing.tool` asks for one, `ModelSpec.tasks` offers it."""

WITH_STRENGTH = (
    Task.IMAGE_EDIT,
    *(task for task, tool in IMAGE_TOOLS.items() if tool.takes_strength),
)
"""Work on an image of which a model may leave the choice how much is changed."""


class ImageLimits(Frozen):
    """What images a model takes, in pixels.

    Attributes:
        least_side, most_side: of width and height; None where there is no end.
        most_pixels: of the whole image.
        most_ratio: how many times as long as the shorter one the longer side may be.
    """

    least_side: int = 1
    most_side: int | None = None
    most_pixels: int | None = None
    most_ratio: float | None = None

    def problem(self, size: tuple[int, int], label: str) -> str | None:
        """Why the model `label` does not take an image of that size; None where it does."""
        short, long = sorted(size)
        is_of = f"The image is {size[0]}x{size[1]}, and {label} takes"
        if short < self.least_side:
            return f"{is_of} sides of at least {self.least_side} pixels. Enlarge it first."
        if self.most_ratio is not None and long > short * self.most_ratio:
            return f"{is_of} sides of 1 to {self.most_ratio:g} at most. Cut it first."
        if self.most_side is not None and long > self.most_side:
            return f"{is_of} sides of at most {self.most_side} pixels. Make it smaller first."
        if self.most_pixels is not None and short * long > self.most_pixels:
            most = f"{self.most_pixels:,}"
            return f"{is_of} at most {most} pixels, not {short * long:,}. Make it smaller first."
        return None


def sized_as(width: int, height: int) -> FrameSize:
    """A size that follows from an image and is no line of a table."""
    ratio = width / height
    aspect = min(AspectRatio, key=lambda one: abs(float(one.value_of) - ratio))
    return FrameSize(resolution=f"{width}x{height}", aspect=aspect, width=width, height=height)


def result_size(
    size: ResultSize,
    image: tuple[int, int],
    margins: Margins,
    factor: float | None,
    pixels: int | None,
) -> FrameSize:
    """The size of what comes of an image.

    Args:
        size: where it is from; not the model's own.
        image: width and height in pixels.
        margins: what is added at its sides.
        factor: by which it is enlarged; None where it is enlarged to a number of pixels.
        pixels: so many; None where there is a factor.
    """
    width, height = image
    match size:
        case ResultSize.IMAGE:
            return sized_as(width, height)
        case ResultSize.GROWN:
            across = (margins.left or 0) + (margins.right or 0)
            upright = (margins.up or 0) + (margins.down or 0)
            return sized_as(width + across, height + upright)
        case ResultSize.SCALED:
            scale = factor if factor is not None else ((pixels or 0) / (width * height)) ** 0.5
            return sized_as(max(1, round(width * scale)), max(1, round(height * scale)))
        case ResultSize.CHOSEN:
            raise AssertionError("the table of the model's sizes says it")
        case _:
            assert_never(size)
