"""Texts as pictures: what whoever draws them is asked for and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.film.model.film import Alignment, Caption
    from core.jobs.job import CancelToken


@dataclass(frozen=True)
class RenderedText:
    """A picture to be laid over the film's.

    Attributes:
        path: an RGBA PNG, straight alpha, cut to what is drawn.
        x: of its left edge, in the film's frame.
        y: of its top edge.
    """

    path: Path
    x: int
    y: int


@dataclass(frozen=True)
class RenderedTexts:
    """An image for each text, in the order of the texts, and what there is to say about them."""

    rendered_texts: tuple[RenderedText, ...]
    notes: tuple[str, ...] = ()


class TextRenderer(Protocol):
    """Draws texts."""

    def draw(
        self,
        captions: Sequence[Caption],
        width: int,
        height: int,
        folder: Path,
        cancel: CancelToken,
    ) -> RenderedTexts:
        """Draw each text as typed, nothing in it being markup, for a frame of that size.

        The images are written into `folder`, which is made when it is missing.

        Raises:
            UnsupportedRequest: a font that does not exist, or a text that does not fit; every one.
            TextRendererUnavailable: nothing can be drawn on this machine.
            OutputError: an image cannot be written.
            JobCancelled: asked to stop; finished images may lie in the folder.
        """
        ...


@dataclass(frozen=True)
class Anchor:
    """How much of the free room lies to the left and above: 0, a half or 1."""

    across: float
    down: float


def anchor_of(place: Alignment) -> Anchor:
    """How a place divides the free room."""
    return Anchor(
        across=0.0 if "left" in place else 1.0 if "right" in place else 0.5,
        down=0.0 if "top" in place else 1.0 if "bottom" in place else 0.5,
    )
