"""What a person may want done with jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class PauseQueue:
    """A person wants that nothing new is started, or that it goes on."""

    is_paused: bool


@dataclass(frozen=True)
class ContinueJobs:
    """A person wants every interrupted job back in line."""


@dataclass(frozen=True)
class CancelJobs:
    """A person wants these jobs stopped."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class RetryJobs:
    """A person wants these jobs done after all."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class MoveJob:
    """A person wants a waiting job to come before another one, or last."""

    job_id: str
    before_id: str | None


@dataclass(frozen=True)
class ClearJobs:
    """A person wants the jobs that have ended out of the list."""


@dataclass(frozen=True)
class ShowFolder:
    """A person wants to see the folder of a finished file."""

    path: Path


JobRequest = PauseQueue | ContinueJobs | CancelJobs | RetryJobs | MoveJob | ClearJobs | ShowFolder
