"""All the sounds of a film added up into one file of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.timeline import SAMPLE_RATE_HZ
from core.film.sound.stems import CHANNELS
from core.film.sound.tracks import MusicTrack, ShotTrack, gain_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy import float32, float64
    from numpy.typing import NDArray

    from core.film.model.timeline import Timeline
    from core.film.sound.stems import Stem
    from core.jobs.job import CancelToken

WINDOW = SAMPLE_RATE_HZ // 100
"""Samples over which the loudness of the clips is judged: 10 ms."""
THRESHOLD_DB = -40.0
"""Loud enough to make music step back: RMS of both sides, 0 dB for samples that are all 1."""
ATTACK_S = 0.05
RELEASE_S = 0.4
# Ten seconds: a few megabytes in memory whatever the film's length.
BLOCK = 1000 * WINDOW


@dataclass(frozen=True)
class Mix:
    """A film's sound as raw samples, in the form of a `Stem`; `peak` is 1 at full scale."""

    path: Path
    num_samples: int
    peak: float


def mix(
    timeline: Timeline,
    shots: Mapping[int, Stem],
    music: Sequence[Stem],
    destination: Path,
    cancel: CancelToken,
    on_progress: Callable[[float], None],
) -> Mix:
    """Write a film's sound; `on_progress` gets the share that is done.

    Args:
        timeline: the film.
        shots: the stem of each shot that is heard, by the shot's number.
        music: a stem for each of the timeline's music cues, in the same order.
        destination: the file to write.
        cancel: looked at before each block.
        on_progress: called after each block.

    Raises:
        JobCancelled: asked to stop; the half-written file is there.
    """
    import numpy as np

    peak = 0.0
    written = 0
    with destination.open("wb") as file:
        for block in mixed_blocks(timeline, shots, music):
            cancel.check()
            peak = max(peak, float(np.abs(block).max()))
            file.write(block.data)
            written += len(block)
            on_progress(written / timeline.num_samples)
    return Mix(destination, written, peak)


def mixed_blocks(
    timeline: Timeline, shots: Mapping[int, Stem], music: Sequence[Stem]
) -> Iterator[NDArray[float32]]:
    """A film's sound in blocks of `(up to BLOCK, 2)` float32, from its start to its end."""
    import numpy as np

    clips = [
        ShotTrack(timeline, shot, shots[shot.number])
        for shot in timeline.shots
        if shot.number in shots
    ]
    tracks = [MusicTrack(cue, stem) for cue, stem in zip(timeline.music_cues, music, strict=True)]
    ducking = Ducking() if any(cue.music.duck_db for cue in timeline.music_cues) else None
    for at in range(0, timeline.num_samples, BLOCK):
        block = np.zeros((min(BLOCK, timeline.num_samples - at), CHANNELS), dtype="<f4")
        for clip in clips:
            clip.add_to(block, at)
        # Music follows the clips alone, whatever other music there is.
        depth = ducking.follow(block) if ducking else None
        for track in tracks:
            track.add_to(block, at, depth)
        yield block


class Ducking:
    """Follows the clips' sound block by block; every block but the last is whole windows long."""

    def __init__(self) -> None:
        self._depth = 0.0

    def follow(self, block: NDArray[float32]) -> NDArray[float64]:
        """How far music steps back at each sample: 0 not at all, 1 by all of its dB.

        It goes back and forth evenly in dB, down within `ATTACK_S` and up within `RELEASE_S`.
        """
        import numpy as np

        edges = np.append(np.arange(0, block.size, WINDOW * CHANNELS), block.size)
        power = np.add.reduceat(np.square(block, dtype=np.float64).ravel(), edges[:-1])
        is_loud = power / np.diff(edges) > gain_of(THRESHOLD_DB) ** 2
        down = WINDOW / (ATTACK_S * SAMPLE_RATE_HZ)
        up = WINDOW / (RELEASE_S * SAMPLE_RATE_HZ)
        depths = [self._depth]
        for loud in is_loud.tolist():
            depths.append(min(1.0, depths[-1] + down) if loud else max(0.0, depths[-1] - up))
        self._depth = depths[-1]
        steps = np.diff(depths)[:, None] * (np.arange(WINDOW) / WINDOW)
        return (np.array(depths[:-1])[:, None] + steps).ravel()[: len(block)]
