"""Music under a film as a row of plain clips, each loop written out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.model.source import opened_music
from core.film.model.timeline import SAMPLE_RATE_HZ, SEAM, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.timeline import MusicCue, Timeline


@dataclass(frozen=True)
class MusicFacts:
    """What a file of music holds; `num_samples` at the film's sample rate, counted."""

    num_samples: int
    channels: int
    rate_hz: int


@dataclass(frozen=True)
class MusicPart:
    """A piece of music played once: the film's samples from `first` up to `end`.

    Attributes:
        skipped: samples of the piece before its first one.
        seam: samples for which the round before is still heard.
    """

    first: int
    end: int
    skipped: int
    seam: int


@dataclass(frozen=True)
class MusicRow:
    """A piece of music with what its file holds and how often it is played."""

    cue: MusicCue
    facts: MusicFacts
    parts: tuple[MusicPart, ...]

    @property
    def silence(self) -> str:
        """A sentence about music that is not heard as long as it was asked for; else nothing."""
        name = self.cue.music.path.name
        if not self.parts:
            return f"The music {name!r} is shorter than its offset, so it is left out."
        if self.parts[-1].end < self.cue.end and self.cue.music.end_s is not None:
            return f"The music {name!r} ends before the moment that was asked for."
        return ""


def music_rows(timeline: Timeline) -> tuple[MusicRow, ...]:
    """The music of a film; counts the samples of each file.

    Raises:
        UnreadableMusic: a file is missing, damaged or holds no sound.
    """
    cues = timeline.music_cues
    measured = {path: _measured(path) for path in {cue.music.path for cue in cues}}
    return tuple(
        MusicRow(cue, facts, _parts(cue, facts))
        for cue in cues
        for facts in [measured[cue.music.path]]
    )


def _measured(path: Path) -> MusicFacts:
    with opened_music(path) as container:
        audio = container.streams.audio[0]
        count = sum(frame.samples for frame in container.decode(audio))
        num_samples = nearest(Fraction(count * SAMPLE_RATE_HZ, audio.rate))
        return MusicFacts(num_samples, audio.channels, audio.rate)


def _parts(cue: MusicCue, facts: MusicFacts) -> tuple[MusicPart, ...]:
    offset = cue.skipped
    length = facts.num_samples - offset
    if length <= 0:
        return ()
    if not cue.music.is_looped:
        return (MusicPart(cue.first, min(cue.end, cue.first + length), offset, 0),)
    seam = min(SEAM, length // 2)
    every = length - seam
    return tuple(
        MusicPart(
            first,
            min(first + every, cue.end),
            offset,
            min(seam, cue.end - first) if first > cue.first else 0,
        )
        for first in range(cue.first, cue.end, every)
    )
