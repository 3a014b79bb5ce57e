"""Makes all that lies on the pictures: drawn words, the watermark, the colour table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import LetteringUnavailable
from core.film.assembler import Dressing

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.lettering import Letterer
    from core.film.picture import Look
    from core.film.timeline import Timeline
    from core.jobs import CancelToken


@dataclass(frozen=True)
class Dressed:
    """The dressing of a film, and what the user should know about it."""

    dressing: Dressing
    notes: tuple[str, ...] = ()


def dress(
    timeline: Timeline, look: Look, letterer: Letterer | None, folder: Path, cancel: CancelToken
) -> Dressed:
    """Draw and write everything into `folder`.

    Raises:
        UnsupportedRequest: a font does not exist or words do not fit.
        StudioError: something cannot be drawn here.
        JobCancelled: asked to stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not timeline.titles:
        return Dressed(Dressing(look))
    if letterer is None:
        raise LetteringUnavailable(
            "This program was started without the part that draws words.",
            hint="Start it with main.py, or leave the words out.",
        )
    captions = [title.caption for title in timeline.titles]
    lettering = letterer.draw(captions, timeline.width, timeline.height, folder, cancel)
    return Dressed(Dressing(look, lettering.plates), lettering.notes)


def digests(dressing: Dressing) -> dict[Path, str]:
    """The SHA-256 of every file of a dressing."""
    paths = [plate.path for plate in dressing.plates]
    if dressing.watermark is not None:
        paths.append(dressing.watermark.path)
    if dressing.look.lut is not None:
        paths.append(dressing.look.lut)
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
