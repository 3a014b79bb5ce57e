"""Pictures as a person orders them: words, a model, a size, and how many."""

from __future__ import annotations

from pydantic import Field

from core.frozen import Frozen
from core.video.request import MAX_SEED, FrameRequest, RenderRequest, Sampling
from core.video.terms import OutputKind, Target

MAX_COUNT = 8


class ImageBatch(Frozen):
    """One or more pictures of the same words.

    Attributes:
        resolution, aspect: names of the model's own sizes; empty for its usual one.
        seed: of the first picture, the next ones count on; None draws a new one for each.
    """

    target: Target
    prompt: str = ""
    resolution: str = ""
    aspect: str = ""
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    count: int = Field(default=1, ge=1, le=MAX_COUNT)

    @property
    def requests(self) -> tuple[RenderRequest, ...]:
        """A request for each picture."""
        frame = FrameRequest(resolution=self.resolution or None, aspect=self.aspect or None)
        return tuple(
            RenderRequest(
                target=self.target,
                prompt=self.prompt,
                output=OutputKind.IMAGE,
                frame=frame,
                sampling=Sampling(
                    seed=None if self.seed is None else (self.seed + number) % (MAX_SEED + 1)
                ),
            )
            for number in range(self.count)
        )
