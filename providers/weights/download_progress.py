"""Counts the bytes of an installation and turns them into progress, speed and remaining time."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.jobs.job import Progressed
from core.jobs.lanes import Stage

if TYPE_CHECKING:
    from core.jobs.job import JobContext

_REPORT_EVERY_S = 0.25
_SPEED_WINDOW_S = 8.0


@dataclass(frozen=True)
class _Sample:
    time_s: float
    fetched_bytes: int


class DownloadProgress:
    """How many bytes are in place; any thread adds, one thread reports."""

    def __init__(self, total_bytes: int) -> None:
        self.total_bytes = total_bytes
        self._lock = threading.Lock()
        self._done_bytes = 0
        self._fetched = 0
        self._fraction = 0.0
        self._current = ""
        self._waiting: dict[str, str] = {}
        self._samples: deque[_Sample] = deque()
        self._reported_s = 0.0

    @property
    def fetched_bytes(self) -> int:
        """Bytes that came over the network."""
        return self._fetched

    def add_existing(self, size_bytes: int) -> None:
        """Count bytes that were on disk already; negative takes back what proved wrong."""
        with self._lock:
            self._done_bytes += size_bytes

    def fetch(self, size_bytes: int, place: str) -> None:
        """Count bytes that have just arrived."""
        with self._lock:
            self._done_bytes += size_bytes
            self._fetched += size_bytes
            self._current = place
            self._waiting.pop(place, None)

    def wait_for(self, place: str, reason: str) -> None:
        """Say why nothing of a file arrives for a while."""
        with self._lock:
            self._waiting[place] = reason

    def report(self, ctx: JobContext, stage: Stage) -> None:
        """Send the figures, at most four times a second."""
        now_s = time.monotonic()
        if now_s - self._reported_s < _REPORT_EVERY_S:
            return
        self._reported_s = now_s
        with self._lock:
            speed = self._speed(now_s)
            left = max(0, self.total_bytes - self._done_bytes)
            done = min(1.0, self._done_bytes / self.total_bytes) if self.total_bytes else 1.0
            # What proves wrong is fetched again; the bar waits for it instead of going back.
            self._fraction = max(self._fraction, done)
            waiting = next(iter(self._waiting.values()), "")
            message = (
                f"{_amount(self._done_bytes)} of {_amount(self.total_bytes)}"
                f"{f', {_amount(speed)}/s' if speed else ''}"
                f"{f', {self._current}' if self._current else ''}"
                f"{f' ({waiting})' if waiting else ''}"
            )
        eta_s = left / speed if speed and stage is Stage.DOWNLOAD else None
        ctx.report(Progressed(stage=stage, fraction=self._fraction, message=message, eta_s=eta_s))

    def _speed(self, now_s: float) -> float:
        self._samples.append(_Sample(now_s, self._fetched))
        while len(self._samples) > 2 and now_s - self._samples[0].time_s > _SPEED_WINDOW_S:
            self._samples.popleft()
        first = self._samples[0]
        passed_s = now_s - first.time_s
        return (self._fetched - first.fetched_bytes) / passed_s if passed_s > 0 else 0.0


def _amount(size_bytes: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"
