"""What a command and all that it starts hold at most: memory and open files."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

EVERY_S = 0.05
"""How often a command is looked at."""


@dataclass
class Peaks:
    """The most memory that was seen, in bytes, and how long the command took.

    Attributes:
        app: of the command itself.
        started: of all that it has started, at one moment.
        together: of both, at one moment.
        files: open files of both, at one moment; 0 where the system does not count them.
    """

    app: int = 0
    started: int = 0
    together: int = 0
    files: int = 0
    seconds: float = 0.0
    samples: int = 0

    def see(self, process: psutil.Process) -> None:
        """Look once at a process and at all that it has started."""
        with suppress(psutil.Error):
            app = process.memory_info().rss
            started, files = 0, _open_files(process)
            for child in process.children(recursive=True):
                with suppress(psutil.Error):
                    started += child.memory_info().rss
                    files += _open_files(child)
            self.app = max(self.app, app)
            self.started = max(self.started, started)
            self.together = max(self.together, app + started)
            self.files = max(self.files, files)
            self.samples += 1


def watch(command: list[str], env: dict[str, str]) -> Peaks:
    """Run a command to its end and look at it all the time.

    Raises:
        RuntimeError: it failed.
    """
    peaks = Peaks()
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peaks.see(watched)
            time.sleep(EVERY_S)
        peaks.seconds = time.perf_counter() - started
        said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with code {process.returncode}: {said}")
    return peaks


def _open_files(process: psutil.Process) -> int:
    # Windows counts handles instead, of which most are no files.
    count = getattr(process, "num_fds", None)
    return count() if count else 0
