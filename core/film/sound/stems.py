"""The sound of one shot or one piece of music as raw samples, made once and found again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from core.errors import FFmpegCrashed, FFmpegFailed, StudioError, UnreadableClip, UnreadableMusic
from core.film.model.source import OTHER_MUSIC, opened_music, sha256_of
from core.film.model.timeline import SAMPLE_RATE_HZ, nearest
from core.media.ffmpeg import run_ffmpeg
from core.media.ffmpeg_program import ffmpeg_version
from core.media.media_file import input_words
from core.media.render_cache import key_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from core.film.model.timeline import MusicCue, Shot, Timeline
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

CHANNELS = 2
SAMPLE_BYTES = 4 * CHANNELS
RAW_FORMAT = ("-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", str(CHANNELS))
"""What FFmpeg must be told before the name of a file of raw samples."""
SUFFIX = ".f32"

# A mono file made stereo by the resampler would come out 3 dB too quiet on each side.
_MONO_ON_BOTH_SIDES = "pan=stereo|c0=c0|c1=c0"
# Silence where a sound begins late or has a gap of more than a film frame; smaller steps are
# timestamps that a container rounded, and filling those would click.
_IN_SYNC = f"aresample={SAMPLE_RATE_HZ}:async=1:first_pts=0:min_comp=0:min_hard_comp=0.04"
_STEREO_FLOATS = "aformat=sample_fmts=flt:channel_layouts=stereo"
# What atempo puts out is early by about a quarter of its window of 2048 samples, more or less
# with the kind of sound; measured with tones, noise and a voice-like sound in FFmpeg 9.0.
_ATEMPO_LEAD = 512


@dataclass(frozen=True)
class Stem:
    """A file of raw samples: 32-bit floats, little-endian, left and right in turn, 48 kHz."""

    path: Path
    num_samples: int

    def read(self, first: int, count: int) -> NDArray[float32]:
        """Samples from `first` on, as `(count, 2)` float32."""
        import numpy as np

        flat = np.fromfile(
            self.path, dtype="<f4", count=count * CHANNELS, offset=first * SAMPLE_BYTES
        )
        return flat.reshape(count, CHANNELS)


class Stems:
    """Makes stems in a store, or finds them there."""

    def __init__(self, store: RenderCache, cancel: CancelToken) -> None:
        self._store = store
        self._cancel = cancel
        self._version = ffmpeg_version()

    def of_shot(self, timeline: Timeline, shot: Shot) -> Stem:
        """The sound of a shot, from its first frame on, silence after the clip's own end.

        It is as long as the shot can be: where the shot lies decides whether its last sample is
        used, and a shot that only moves keeps its stem.

        Raises:
            UnreadableClip: the clip's sound does not decode.
            JobCancelled: asked to stop.
        """
        first = nearest(shot.skipped * SAMPLE_RATE_HZ / timeline.rate)
        count = math.ceil(shot.num_frames * SAMPLE_RATE_HZ / timeline.rate)
        source = shot.source
        steps = [
            f"asetpts='{source.facts.clock.audio_expression}'",
            *_as_stereo(source.facts.audio_channels),
            "apad",
            *_at_speed(shot.speed),
            f"atrim=start_sample={first}:end_sample={first + count}",
            "asetpts=PTS-STARTPTS",
        ]
        refuse = partial(UnreadableClip, hint="Mute the clip, render it again, or leave it out.")
        what = f"The sound of the clip {str(source.path)!r}"
        stem = self._keep(
            source.path, source.sha256, steps, what, refuse, source.facts.audio_index, count
        )
        return Stem(stem, count)

    def of_music(self, cue: MusicCue) -> Stem:
        """All of a piece of music.

        Raises:
            UnreadableMusic: it is missing, empty, no sound, or does not decode.
            JobCancelled: asked to stop.
        """
        path = cue.music.path
        with opened_music(path) as container:
            channels = container.streams.audio[0].channels
        try:
            sha256 = sha256_of(path, self._cancel)
        except UnreadableClip as error:
            raise UnreadableMusic(error.message, hint=OTHER_MUSIC) from error
        refuse = partial(UnreadableMusic, hint=OTHER_MUSIC)
        what = f"The music {str(path)!r}"
        stem = self._keep(path, sha256, _as_stereo(channels), what, refuse)
        return Stem(stem, stem.stat().st_size // SAMPLE_BYTES)

    def _keep(
        self,
        path: Path,
        sha256: str,
        steps: list[str],
        what: str,
        refuse: Callable[[str], StudioError],
        index: int | None = None,
        num_samples: int | None = None,
    ) -> Path:
        recipe = ",".join(steps)
        # Music begins with its first sample; a clip's sound at the time that its file says.
        is_music = index is None
        stream = "0:a:0" if is_music else f"0:{index}"

        def make(aside: Path) -> None:
            arguments = [*([] if is_music else ["-copyts"]), *input_words(path)]
            arguments += ["-map", stream, "-af", recipe, *RAW_FORMAT, str(aside)]
            try:
                run_ffmpeg(arguments, self._cancel)
            except FFmpegFailed as error:
                if error.is_disk_full or isinstance(error, FFmpegCrashed):
                    raise
                said = error.last_lines[-1] if error.last_lines else "FFmpeg does not say why"
                raise refuse(f"{what} cannot be read: {said.rstrip('.')}.") from error
            size = aside.stat().st_size if aside.is_file() else 0
            if size == 0 or num_samples not in (None, size // SAMPLE_BYTES):
                raise refuse(f"{what} cannot be read: nothing in it decodes.")

        # The recipe holds everything else that decides about the samples, speed and range too.
        key = key_of({"sound": sha256, "of": stream, "recipe": recipe, "ffmpeg": self._version})
        return self._store.keep(key, SUFFIX, make)


def _as_stereo(channels: int) -> list[str]:
    mono = [_MONO_ON_BOTH_SIDES] if channels == 1 else []
    return [*mono, _IN_SYNC, _STEREO_FLOATS]


def _at_speed(speed: Fraction) -> list[str]:
    """Filters that change the tempo, not the pitch; each by 2 at most, so nothing is skipped."""
    steps: list[str] = []
    while speed != 1:
        factor = min(max(speed, Fraction(1, 2)), Fraction(2))
        steps += [f"adelay={_ATEMPO_LEAD}S:all=1", f"atempo={float(factor)!r}"]
        speed /= factor
    return steps
