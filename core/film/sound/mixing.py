"""All the sounds of a film added up into one file of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.sound.ducking import WINDOW, Ducking
from core.film.sound.stems import CHANNELS
from core.film.sound.tracks import MusicTrack, ShotTrack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from core.film.model.timeline import Timeline
    from core.film.sound.stems import Stem
    from core.jobs.job import CancelToken

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
        music: a stem for each of the timeline's scores, in the same order.
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
    scores = [MusicTrack(score, stem) for score, stem in zip(timeline.scores, music, strict=True)]
    ducking = Ducking() if any(score.music.duck_db for score in timeline.scores) else None
    for at in range(0, timeline.num_samples, BLOCK):
        block = np.zeros((min(BLOCK, timeline.num_samples - at), CHANNELS), dtype="<f4")
        for clip in clips:
            clip.add_to(block, at)
        # Music follows the clips alone, whatever other music there is.
        depth = ducking.follow(block) if ducking else None
        for score in scores:
            score.add_to(block, at, depth)
        yield block
