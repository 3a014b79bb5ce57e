"""What the player is told and tells: values, and its times as text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from core.media.frames import ClipFrames


class PlayerSource(StrEnum):
    """What the player shows."""

    TAKE = "take"
    SEQUENCE = "sequence"
    EXPORT = "export"


class GrabUse(StrEnum):
    """What a grabbed frame becomes."""

    START_FRAME = "start frame"
    END_FRAME = "end frame"
    REFERENCE = "reference"


@dataclass(frozen=True)
class PlayerChoices:
    """How a person likes it to play; `volume` is 0 to 1 as people hear it."""

    volume: float = 0.8
    is_muted: bool = False
    is_looped: bool = False


@dataclass(frozen=True)
class Grab:
    """A frame as a PNG, in a folder that goes with the player, and what it is wanted for."""

    path: Path
    use: GrabUse


def clock(seconds: float) -> str:
    """A time such as 0:01.25."""
    hundredths = int(seconds * 100 + 1e-6)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    begin = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{begin}:{rest // 100:02}.{rest % 100:02}"


def place_text(frames: ClipFrames, number: int) -> str:
    """Where in the clip a frame is: "0:01.25 / 0:02.06 · frame 20 of 33"."""
    now, whole = clock(frames.start_s(number)), clock(frames.duration_s)
    return f"{now} / {whole} · frame {number + 1} of {frames.count}"
