"""The sound of a whole film, ready to be encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.model.timeline import SAMPLE_RATE_HZ
from core.film.sound.loudness import choose_levels
from core.film.sound.mixing import mix
from core.film.sound.stems import SUFFIX, Stem, Stems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.model.timeline import Timeline
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

_SHORTEST_LOOP_S = 0.1
# Shares of the work, as measured on films of a few minutes.
_STEMS_SHARE, _MIX_SHARE = 0.7, 0.15


@dataclass(frozen=True)
class Soundtrack:
    """A film's sound.

    Attributes:
        path: raw samples; FFmpeg reads them with `core.film.sound.stems.RAW_FORMAT` before `-i`.
        filter: FFmpeg's audio filter to encode it with; keeps the number of samples.
        notes: what was adjusted.
    """

    path: Path
    num_samples: int
    filter: str
    notes: tuple[str, ...] = ()


def audio_of(
    timeline: Timeline,
    store: RenderCache,
    workdir: Path,
    cancel: CancelToken,
    on_progress: Callable[[float], None],
    loudness_lufs: float | None = None,
) -> Soundtrack | None:
    """The sound of a film, mixed in `workdir`; None when no clip has a sound and there is no music.

    Raises:
        UnreadableClip: a clip's sound does not decode.
        UnreadableMusic: a piece of music is missing or does not decode.
        UnsupportedRequest: music would begin after its own end.
        JobCancelled: asked to stop.
    """
    audible = [shot for shot in timeline.shots if not shot.is_silent]
    if not audible and not timeline.music_cues:
        return None
    stems = Stems(store, cancel)
    parts = len(audible) + len(timeline.music_cues)
    music: list[Stem] = []
    # Music first: it is where a mistake is likely, and then nothing else was done in vain.
    for done, cue in enumerate(timeline.music_cues):
        on_progress(_STEMS_SHARE * done / parts)
        music.append(stems.of_music(cue))
    _check_beginnings(timeline, music)
    shots: dict[int, Stem] = {}
    for done, shot in enumerate(audible, start=len(music)):
        cancel.check()
        on_progress(_STEMS_SHARE * done / parts)
        shots[shot.number] = stems.of_shot(timeline, shot)
    mixed = mix(
        timeline,
        shots,
        music,
        workdir / f"sound{SUFFIX}",
        cancel,
        lambda share: on_progress(_STEMS_SHARE + _MIX_SHARE * share),
    )
    levels = choose_levels(mixed, loudness_lufs, workdir, cancel)
    on_progress(1.0)
    return Soundtrack(mixed.path, mixed.num_samples, levels.filter, levels.notes)


def _check_beginnings(timeline: Timeline, music: Sequence[Stem]) -> None:
    problems: list[Problem] = []
    for cue, stem in zip(timeline.music_cues, music, strict=True):
        asked = cue.music
        left = stem.num_samples - cue.skipped
        name = f"The music {asked.path.name!r} is {stem.num_samples / SAMPLE_RATE_HZ:.2f} s long"
        if left <= 0:
            message = f"{name}, so it cannot begin at {asked.offset_s:g} s. Begin earlier."
            problems.append(Problem("music", message))
        elif asked.is_looped and left < _SHORTEST_LOOP_S * SAMPLE_RATE_HZ:
            message = (
                f"{name}, so from {asked.offset_s:g} s on there is less than {_SHORTEST_LOOP_S:g} "
                "s to repeat. Begin earlier, or do not repeat it."
            )
            problems.append(Problem("music", message))
    if problems:
        raise UnsupportedRequest(problems)
