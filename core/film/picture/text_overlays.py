"""Texts as pictures: what whoever draws them is asked for and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.film.model.film import Caption
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
