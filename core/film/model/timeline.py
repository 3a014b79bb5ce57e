"""The exact film: which frame of which clip is seen when, in whole frames and samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.film.model.film import Caption, Film, Fit, Music
    from core.film.model.scan import Deinterlacing
    from core.film.model.source import Source
    from core.film.model.transitions import TransitionKind

SAMPLE_RATE_HZ = 48_000
SEAM = SAMPLE_RATE_HZ * 30 // 1000
"""Samples over which the end of a looped piece of music and its beginning overlap: 30 ms."""


def nearest(value: Fraction) -> int:
    """The nearest whole number; a half goes up, always."""
    return math.floor(value + Fraction(1, 2))


def exact(value: float) -> Fraction:
    """The decimal number that a person typed: 0.1 is a tenth."""
    return Fraction(str(value))


@dataclass(frozen=True)
class TransitionSpan:
    """A transition from the shot before: both are seen for `num_frames`."""

    kind: TransitionKind
    num_frames: int


@dataclass(frozen=True)
class Shot:
    """One use of a clip, in frames of the film.

    Attributes:
        number: counted from 1.
        skipped: frames of the clip, at the film's rate and the shot's speed, before its first one.
        start: the film's frame at which it begins to be seen.
        join: the transition into it; None for a cut, and for the first shot.
        deinterlacing: how its frames are made whole; None where they are used as they are.
    """

    number: int
    title: str
    source: Source
    skipped: int
    num_frames: int
    start: int
    speed: Fraction
    fit: Fit
    gain_db: float
    is_silent: bool
    join: TransitionSpan | None
    deinterlacing: Deinterlacing | None = None

    @property
    def end(self) -> int:
        """The film's frame after its last."""
        return self.start + self.num_frames

    @property
    def incoming(self) -> int:
        """Frames that it shares with the shot before."""
        return self.join.num_frames if self.join else 0


@dataclass(frozen=True)
class TimedCaption:
    """A caption with its place in time: the frames from `first` up to `end`."""

    caption: Caption
    first: int
    end: int


@dataclass(frozen=True)
class MusicCue:
    """A piece of music with its place in time, in samples of the film."""

    music: Music
    first: int
    end: int

    @property
    def skipped(self) -> int:
        """Samples of the piece before the one with which it begins in the film."""
        return nearest(exact(self.music.offset_s) * SAMPLE_RATE_HZ)


@dataclass(frozen=True)
class Timeline:
    """The film, laid out; `rate` is frames a second."""

    film: Film
    width: int
    height: int
    rate: Fraction
    shots: tuple[Shot, ...]
    titles: tuple[TimedCaption, ...] = ()
    music_cues: tuple[MusicCue, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def num_frames(self) -> int:
        """Frames of the whole film."""
        return self.shots[-1].end

    @property
    def num_samples(self) -> int:
        """Samples of the whole film's sound."""
        return self.sample_at(self.num_frames)

    @property
    def duration_s(self) -> Fraction:
        """Length of the whole film."""
        return self.num_frames / self.rate

    def sample_at(self, frame: int) -> int:
        """The sample at which a frame begins; counted from the film's start, so nothing adds up."""
        return nearest(frame * SAMPLE_RATE_HZ / self.rate)

    def outgoing(self, shot: Shot) -> int:
        """Frames that a shot shares with the one after it."""
        return self.shots[shot.number].incoming if shot.number < len(self.shots) else 0
