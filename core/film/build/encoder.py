"""Encodes the pieces of a film that are not there yet, a few at a time."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from core.errors import AssemblyError, FFmpegCrashed, FFmpegFailed, OutputError
from core.film.build.encoding import segment_suffix, video_arguments
from core.film.build.hardware_encoders import device_arguments, hardware_filters
from core.film.build.joining import count_frames
from core.film.build.segments import segment_key
from core.film.picture.assembler import Overlays, stretch
from core.film.picture.graph import arguments
from core.film.picture.overlays import digests
from core.media.ffmpeg import run_ffmpeg
from core.media.ffmpeg_program import ffmpeg_version
from core.platform.units import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.build.hardware_encoders import HardwareChoice
    from core.film.build.segments import Segment
    from core.film.model.delivery import ExportSettings
    from core.film.model.timeline import Timeline
    from core.film.picture.graph import VideoStream
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

_MAX_WORKERS = 4
_TICK_S = 0.1


@dataclass(frozen=True)
class Encoded:
    """How far the encoding is: frames done, of those that have to be."""

    num_frames: int
    total: int
    message: str = ""
    eta_s: float | None = None


class Encoder:
    """Encodes the segments of one film.

    Attributes:
        suspect: pieces of clips in which FFmpeg found faults and went on, with a sentence each.
    """

    def __init__(
        self,
        timeline: Timeline,
        overlays: Overlays,
        settings: ExportSettings,
        hardware: HardwareChoice,
        store: RenderCache,
        cancel: CancelToken,
    ) -> None:
        self._timeline = timeline
        self._overlays = overlays
        self._settings = settings
        self._hardware = hardware.hardware
        self._program = hardware.program
        self._suffix = segment_suffix(settings)
        self._store = store
        self._cancel = cancel
        cores = os.cpu_count() or 1
        self._workers = min(cores, _MAX_WORKERS)
        self._options = video_arguments(settings, timeline.rate, hardware.hardware)
        self._threads = max(1, cores // self._workers)
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._frames: dict[str, int] = {}
        self._written = 0
        self.suspect: dict[Path, str] = {}

    def encode(
        self,
        segments: Sequence[Segment],
        on_progress: Callable[[Encoded], None],
    ) -> list[Path]:
        """A file for each segment, in order; what the store has under its key is not made again.

        Raises:
            AssemblyError: a piece cannot be made, or came out with other frames than planned.
            OutputError: the disk is full.
            JobCancelled: asked to stop.
        """
        program, overlay_digests = ffmpeg_version(self._program), digests(self._overlays)
        keys = [
            segment_key(
                self._timeline, segment, self._overlays, self._options, program, overlay_digests
            )
            for segment in segments
        ]
        # Two equal segments have one key and are made once.
        wanted = dict(zip(keys, segments, strict=True))
        found = {key: self._store.find(key, self._suffix) for key in wanted}
        missing = {key: segment for key, segment in wanted.items() if found[key] is None}
        total = sum(segment.num_frames for segment in missing.values())
        kept = len(wanted) - len(missing)
        message = f"{kept} of {len(wanted)} pieces kept from before" if kept else ""
        on_progress(Encoded(0, total, message))
        # A stop of its own: one failed piece ends the others, and that is no wish of the user.
        failed = threading.Event()
        # The longest first, so that no processor waits long for the last ones.
        longest_first = sorted(missing.items(), key=lambda one: -one[1].num_frames)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="encode") as pool:
            futures: dict[str, Future[Path | None]] = {
                key: pool.submit(self._make, key, segment, failed) for key, segment in longest_first
            }
            running = list(futures.values())
            try:
                while not all(future.done() for future in running):
                    wait(running, timeout=_TICK_S, return_when=FIRST_EXCEPTION)
                    if self._cancel.cancelled or any(f.done() and f.exception() for f in running):
                        failed.set()
                    on_progress(self._now(total, message))
            except BaseException:
                # Whoever is told how far it is may have found that it is in vain.
                failed.set()
                raise
        self._cancel.check()
        made = {**found, **{key: future.result() for key, future in futures.items()}}
        return [path for key in keys if (path := made[key]) is not None]

    def _now(self, total: int, message: str) -> Encoded:
        with self._lock:
            done = min(sum(self._frames.values()), total)
            written = self._written
        passed_s = time.monotonic() - self._started
        said = [message] if message else []
        if not done:
            return Encoded(0, total, message)
        speed = float(done / self._timeline.rate) / passed_s
        said += [f"{speed:.1f}x", f"{written / 1e6:.1f} MB"]
        return Encoded(done, total, ", ".join(said), passed_s / done * (total - done))

    def _make(self, key: str, segment: Segment, failed: threading.Event) -> Path | None:
        if failed.is_set():
            return None
        make = partial(self._write, key=key, segment=segment)
        faults: list[str] = []
        path = self._store.keep(key, self._suffix, partial(make, faults=faults))
        if faults:
            with self._lock:
                self.suspect[path] = (
                    f"{_name(segment)} is damaged and may show faults: FFmpeg says {faults[-1]!r}."
                )
        return path

    def _write(self, place: Path, *, key: str, segment: Segment, faults: list[str]) -> None:
        name = _name(segment)

        def progressed(done: int) -> None:
            with self._lock:
                self._frames[key] = min(done, segment.num_frames)

        options = {**self._options, "threads": self._threads}
        words = arguments(self._image(segment), str(place), options)
        try:
            words = [*device_arguments(self._hardware), *words]
            faults += run_ffmpeg(words, self._cancel, progressed, self._program)
        except FFmpegFailed as error:
            what = f"{name}: its pictures cannot be made"
            raise explained(error, what, place.parent) from error
        count = count_frames(place)
        if count != segment.num_frames:
            raise AssemblyError(
                f"{name}: its pictures came out as {count_text(count, 'frame')} instead of "
                f"{segment.num_frames}.",
                hint="The clip may be damaged: render it again, or leave it out.",
            )
        progressed(segment.num_frames)
        with self._lock:
            self._written += place.stat().st_size

    def _image(self, segment: Segment) -> VideoStream:
        image = stretch(self._timeline, segment.first, segment.end, self._overlays)
        for name, *values in hardware_filters(self._hardware, self._settings.bit_depth):
            image = image.filter(name, *values)
        return image


def _name(segment: Segment) -> str:
    return f"Clip {segment.shot.number} ({segment.shot.source.path.name})"


def explained(error: FFmpegFailed, what: str, folder: Path) -> AssemblyError | OutputError:
    """The failure in words for the user: what could not be done, and FFmpeg's last lines.

    Args:
        error: how FFmpeg ended.
        what: what cannot be done, as the beginning of a sentence.
        folder: where it was writing.
    """
    if error.is_disk_full:
        return OutputError(
            f"The disk of {str(folder)!r} is full.",
            hint="Free some space, then resume the job. What is encoded so far is kept.",
        )
    if isinstance(error, FFmpegCrashed):
        return AssemblyError(f"{what}: {error.message}", hint=error.hint)
    said = " / ".join(error.last_lines[-3:]) or "it said nothing"
    how = "was killed" if error.exit_code < 0 else f"ended with exit code {error.exit_code}"
    return AssemblyError(
        f"{what}: FFmpeg {how}: {said}",
        hint="Resume the job to try again; what is encoded so far is kept.",
    )
