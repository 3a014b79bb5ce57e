"""The size of a clip: asked in pixels, by names, or that of what is given to the model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.allowed import find_size, find_value, pixels_of
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.inputs import ROLES, SHAPING
from core.video.placement import crop_notes
from core.video.planning.asked_video import RoleVideo
from core.video.planning.judge import Judge
from core.video.terms import AspectRatio, FrameSize, OutputKind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.video.inputs import CheckedInputs


@dataclass(frozen=True)
class AskedSize(Judge):
    """Judges a request by its size and aspect, and adds to its plan's words."""

    def choose(self, known: CheckedInputs) -> FrameSize | None:
        """A line of the size table; a given image decides the aspect where nothing else does."""
        frame = self.request.frame
        shaping = {role: known.sizes[role] for role in SHAPING if role in known.sizes}
        pacing = RoleVideo.pacing(known.videos)
        exact = None if pacing is None else find_size(pacing.facts.size, self.spec.sizes)
        if exact is not None and frame.resolution is None and frame.aspect is None:
            return exact
        if frame.resolution is not None and pixels_of(frame.resolution) is not None:
            size = self._size_in_pixels(frame.resolution, frame.aspect)
        elif (edited := self._edited_size(shaping)) is not None:
            size = edited
        else:
            size = self._size_by_name(next(iter(shaping.values()), None))
        # An image that is edited is sent as it is, whatever the size of what comes of it, unless
        # its own pixels are what is changed.
        is_laid_in = self.request.output is OutputKind.VIDEO or self.spec.strength is not None
        if size is not None and is_laid_in:
            for role, image_size in shaping.items():
                if role is not Role.KEYFRAME:
                    is_seen = role is not Role.CONTROL
                    name = ROLES[role].name
                    self.notes.extend(crop_notes(name, size, image_size, is_seen=is_seen))
        return size

    def _size_in_pixels(self, text: str, aspect: str | None) -> FrameSize | None:
        size = find_size(text, self.spec.sizes)
        if size is None and (pixels := pixels_of(text)) is not None:
            size = self._size_on_grid(pixels)
        if size is None:
            self._known(Control.RESOLUTION, text, ())
            return None
        if aspect is None or aspect.strip() == size.aspect.value:
            return size
        self.refuse(
            "frame.aspect", f"{size} is {size.aspect.value}, not {aspect}. Leave the aspect out."
        )
        return None

    def _size_on_grid(self, pixels: tuple[int, int]) -> FrameSize | None:
        """Of what the model makes besides its own sizes the nearest, which is told."""
        grid = self.spec.size_grid
        if grid is None or not grid.allows(*pixels):
            return None
        width, height = grid.snapped(*pixels)
        if (width, height) != pixels:
            self.notes.append(
                f"{pixels[0]}x{pixels[1]} → {width}x{height}: the sides are multiples of "
                f"{grid.step}."
            )
        return _free_size(width, height)

    def _edited_size(self, shaping: Mapping[Role, tuple[int, int]]) -> FrameSize | None:
        """The size of the image that is edited, as far as the model makes it, where none is asked.

        None where another one is, or where the model has its own sizes alone.
        """
        grid, frame = self.spec.size_grid, self.request.frame
        image = shaping.get(Role.START) if self.request.output is OutputKind.IMAGE else None
        if grid is None or image is None or frame.aspect is not None:
            return None
        named = find_size(frame.resolution, self.spec.sizes) if frame.resolution else None
        if frame.resolution and named is None:
            return None
        usual = named or self.spec.default_size
        width, height = grid.within(*image, usual.width * usual.height)
        if (width, height) != image and self.spec.strength is None:
            # What changes the pixels of the image says so itself.
            self.notes.append(f"The image of {image[0]}x{image[1]} is edited at {width}x{height}.")
        return _free_size(width, height)

    def _size_by_name(self, image_size: tuple[int, int] | None) -> FrameSize | None:
        spec, frame = self.spec, self.request.frame
        resolution = self._known(Control.RESOLUTION, frame.resolution, spec.resolutions)
        aspect = self._known(Control.ASPECT, frame.aspect, spec.aspects)
        if (frame.resolution and not resolution) or (frame.aspect and not aspect):
            return None
        fitting = [
            size
            for size in spec.sizes
            if resolution in (None, size.resolution) and aspect in (None, size.aspect)
        ]
        if not fitting:
            offered = ", ".join(
                size.aspect.value for size in spec.sizes if size.resolution == resolution
            )
            self.refuse(
                "frame.aspect",
                f"{spec.label} makes no {resolution} picture at {aspect}; at {resolution} "
                f"it makes {offered}.",
            )
            return None
        default = spec.default_size
        if resolution is None:
            fitting = [s for s in fitting if s.resolution == default.resolution] or fitting
        if aspect is None and image_size is not None:
            ratio = image_size[0] / image_size[1]
            return min(fitting, key=lambda s: abs(math.log(s.width / s.height / ratio)))
        return next((size for size in fitting if size.aspect is default.aspect), fitting[0])

    def _known(self, control: Control, asked: str | None, names: tuple[str, ...]) -> str | None:
        """The name as the model's table writes it; refused where it is not there."""
        if asked is None:
            return None
        found = find_value(asked, names)
        if found is not None:
            return str(found)
        row = ROWS[control]
        self.refuse(row.path, row.problem(asked, self.spec) or "")
        return None


def _free_size(width: int, height: int) -> FrameSize:
    aspect = AspectRatio.nearest(width, height)
    return FrameSize(resolution=f"{width}x{height}", aspect=aspect, width=width, height=height)
