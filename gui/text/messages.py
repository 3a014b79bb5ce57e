"""What the app and the process that draws texts say to each other, as JSON."""

from __future__ import annotations

from core.film.model.film import Caption
from core.frozen import Frozen


class DrawOrder(Frozen):
    """The texts to draw for a frame of that size, and the folder for the pictures."""

    captions: tuple[Caption, ...]
    width: int
    height: int
    folder: str


class Drawn(Frozen):
    """A picture, by its name in the folder, and where it stands in the frame."""

    name: str
    x: int
    y: int


class DrawAnswer(Frozen):
    """What came of an order.

    Attributes:
        drawn: a picture for each text; empty when there are problems.
        problems: a sentence for each text that cannot be drawn as asked.
        missing: why Qt could not be loaded; empty when it was.
        unwritten: the file that could not be written; empty when all were.
    """

    drawn: tuple[Drawn, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    missing: str = ""
    unwritten: str = ""
