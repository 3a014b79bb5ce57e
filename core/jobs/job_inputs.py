"""The folders with what jobs read, kept until the jobs are forgotten."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

# Longer than any copying takes: a folder without a job may be one that is being queued elsewhere.
_STRAY_AFTER_S = 3600.0


class JobInputs:
    """One folder for each job that keeps something."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent

    def folder(self, job_id: str) -> Path:
        """The job's own; made by the job when it keeps something."""
        return self._parent / job_id

    def forget(self, job_id: str) -> None:
        """Remove what was kept for a job."""
        shutil.rmtree(self.folder(job_id), ignore_errors=True)

    def forget_strays(self, known: Set[str]) -> None:
        """Remove what was kept for jobs that a kill prevented from being written down."""
        for folder in self._parent.iterdir() if self._parent.is_dir() else ():
            age_s = time.time() - folder.stat().st_mtime
            if folder.name not in known and age_s > _STRAY_AFTER_S:
                self.forget(folder.name)
