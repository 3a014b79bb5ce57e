"""What each shot and each piece of music adds to a stretch of the film's sound."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.film.model.timeline import SAMPLE_RATE_HZ, SEAM, exact, nearest

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray

    from core.film.model.timeline import MusicCue, Shot, Timeline
    from core.film.sound.stems import Stem


class ShotTrack:
    """A shot's sound in its place, with the crossfades of its joins."""

    def __init__(self, timeline: Timeline, shot: Shot, stem: Stem) -> None:
        self._stem = stem
        self._gain = gain_of(shot.gain_db)
        self.first = timeline.sample_at(shot.start)
        self.end = timeline.sample_at(shot.end)
        self._joined = timeline.sample_at(shot.start + shot.incoming) - self.first
        leaves = timeline.sample_at(shot.end - timeline.outgoing(shot))
        self._leaving = self.end - leaves

    def add_to(self, block: NDArray[float32], at: int) -> None:
        """Add what belongs into the block that begins at sample `at` of the film."""
        first, end = max(self.first, at), min(self.end, at + len(block))
        if first >= end:
            return
        position, count = first - self.first, end - first
        audio = self._stem.read(position, count) * self._gain
        if position < self._joined:
            audio *= rise(position, count, self._joined)[:, None]
        from_leaving = position + self._leaving - (self.end - self.first)
        if from_leaving + count > 0:
            audio *= fall(from_leaving, count, self._leaving)[:, None]
        block[first - at : end - at] += audio


class MusicTrack:
    """A piece of music in its place: looped, faded, at its volume.

    A looped piece goes round from `offset_s` to its end. The last `SEAM` samples of a round lie
    over the first ones of the next, so each round is 30 ms shorter than what it plays.
    """

    def __init__(self, cue: MusicCue, stem: Stem) -> None:
        music = cue.music
        self._stem = stem
        self._gain = gain_of(music.volume_db)
        self._offset = cue.skipped
        self._is_looped = music.is_looped
        length = stem.num_samples - self._offset
        self._seam = min(SEAM, length // 2)
        self._round = length - self._seam
        self.first = cue.first
        self.end = cue.end if self._is_looped else min(cue.end, cue.first + length)
        self._fade_in = nearest(exact(music.fade_in_s) * SAMPLE_RATE_HZ)
        self._fade_out = nearest(exact(music.fade_out_s) * SAMPLE_RATE_HZ)
        self._duck_db = music.duck_db

    def add_to(
        self, block: NDArray[float32], at: int, depth: NDArray[float64] | None = None
    ) -> None:
        """Add what belongs into the block at sample `at`; `depth` as `Ducking.follow` gives it."""
        import numpy as np

        first, end = max(self.first, at), min(self.end, at + len(block))
        if first >= end:
            return
        position, count = first - self.first, end - first
        gains = np.full(count, self._gain)
        if position < self._fade_in:
            gains *= rise(position, count, self._fade_in)
        from_fade = position + self._fade_out - (self.end - self.first)
        if from_fade + count > 0:
            gains *= fall(from_fade, count, self._fade_out)
        if depth is not None and self._duck_db:
            gains *= np.exp(depth[first - at : end - at] * math.log(gain_of(-self._duck_db)))
        audio = self._looped(position, count) if self._is_looped else self._read(position, count)
        block[first - at : end - at] += audio * gains[:, None]

    def _read(self, position: int, count: int) -> NDArray[float32]:
        return self._stem.read(self._offset + position, count)

    def _looped(self, position: int, count: int) -> NDArray[float32]:
        import numpy as np

        parts: list[NDArray[float32]] = []
        while count > 0:
            number, into = divmod(position, self._round)
            part = self._read(into, min(self._round - into, count))
            if number > 0 and into < self._seam:
                seam = min(self._seam - into, len(part))
                part[:seam] *= rise(into, seam, self._seam)[:, None]
                before = self._read(self._round + into, seam)
                part[:seam] += before * fall(into, seam, self._seam)[:, None]
            parts.append(part)
            position += len(part)
            count -= len(part)
        return np.concatenate(parts)


def gain_of(volume_db: float) -> float:
    """The factor that a change of volume in dB means."""
    return math.pow(10, volume_db / 20)


def rise(first: int, count: int, length: int) -> NDArray[float64]:
    """The samples from `first` on of a fade in over `length`: a quarter of a sine, then 1.

    Every sample's value is that of its middle, so the fade is the mirror of `fall`, and the
    squares of both add up to 1.
    """
    import numpy as np

    return np.sin(_angles(first, count, length))


def fall(first: int, count: int, length: int) -> NDArray[float64]:
    """The samples from `first` on of a fade out over `length`; those below 0 come before it."""
    import numpy as np

    return np.cos(_angles(first, count, length))


def _angles(first: int, count: int, length: int) -> NDArray[float64]:
    import numpy as np

    done = (np.arange(first, first + count) + 0.5) / length
    return np.clip(done, 0.0, 1.0) * (np.pi / 2)
