"""A comparison as values: what was asked, what came of it on each target, and its file."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

import core
from core.comparison.report.measures import Measures
from core.errors import StudioError
from core.frozen import Frozen
from core.media.output import SUFFIX
from core.platform.files import read_plain_file, write_text_atomically
from core.video.request import RenderRequest
from core.video.terms import Target

if TYPE_CHECKING:
    from pathlib import Path

COMPARISON_FILE, FILM_FILE, PAGE_FILE = "comparison.json", "comparison.mp4", "index.html"
"""What lies in the folder of a comparison beside its clips."""
_MAX_BYTES = 16_000_000
_PLAIN = re.compile(r"[^A-Za-z0-9.-]+")


class TargetState(StrEnum):
    """What came of a target."""

    ORDERED = "ordered"
    """It is to be made, or was when the program ended."""
    MADE = "made"
    FAILED = "failed"
    REFUSED = "refused"
    """It cannot be made as asked, or not on this machine; nothing was ordered."""


class ComparedTarget(Frozen):
    """One target of a comparison.

    Attributes:
        label: of the model.
        place: where it runs, in words.
        file: the clip's name in the folder.
        job_id: of the render; empty where there was none.
        reason: why there is no clip; empty where there is one.
        notes: what differs from what was asked, or was chosen for it.
        settings: names and values of how the clip is made, in words, in their order.
        cost_usd: None is unknown.
        seconds: from the order's start to the clip; None where nobody measured it.
    """

    target: Target
    label: str
    place: str
    file: str
    state: TargetState = TargetState.ORDERED
    job_id: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    cost_usd: float | None = None
    seconds: float | None = None
    measures: Measures | None = None


class Comparison(Frozen):
    """One request and what came of it on several targets.

    Attributes:
        request: as asked, without a target of its own, its files named without their folders.
        seed: the one that every target got that takes one.
        audio_of: whose sound the film has, as its target; empty of a silent film.
        has_film: whether the film of the clips is there.
        notes: what there is to say of film and page.
    """

    schema_version: Literal[1] = 1
    program: str = f"{core.NAME} {core.VERSION}"
    created_at: datetime
    request: RenderRequest
    inputs_sha256: tuple[str, ...] = ()
    seed: int
    entries: tuple[ComparedTarget, ...]
    audio_of: str = ""
    has_film: bool = False
    notes: tuple[str, ...] = ()

    @property
    def made(self) -> tuple[ComparedTarget, ...]:
        """The targets that have a clip."""
        return tuple(entry for entry in self.entries if entry.state is TargetState.MADE)

    def entry(self, target: Target) -> ComparedTarget | None:
        """What came of a target; None where it is not among them."""
        return next((entry for entry in self.entries if entry.target == target), None)

    def write(self, folder: Path) -> None:
        """Write it into its folder.

        Raises:
            OSError: it cannot be written.
        """
        write_text_atomically(folder / COMPARISON_FILE, self.model_dump_json(indent=2) + "\n")


def clip_name(target: Target) -> str:
    """The clip's name in the folder of a comparison, in letters every file system takes."""
    parts = (target.provider, target.deployment, target.model)
    return "_".join(_PLAIN.sub("-", part).strip("-.") or "x" for part in parts) + SUFFIX


def read_comparison(folder: Path) -> Comparison | None:
    """The comparison in a folder; None where there is none.

    Raises:
        StudioError: there is a file of that name that is none of ours.
    """
    path = folder / COMPARISON_FILE
    try:
        return Comparison.model_validate_json(read_plain_file(path, _MAX_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, ValueError) as error:
        why = (error.strerror or error) if isinstance(error, OSError) else "it is none of ours"
        raise StudioError(
            f"The comparison {str(path)!r} cannot be read: {why}.",
            hint="Name another folder.",
        ) from error
