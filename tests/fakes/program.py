"""A program under test in a process of its own: read its events, signal it, look for remains."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
FAKE = (sys.executable, "-m", "tests.fakes.app")
REAL = (sys.executable, str(ROOT / "main.py"))


def environment(**more: str) -> dict[str, str]:
    """The environment of a program under test: this one, with compiled modules kept.

    Without them each start would compile thousands of files, PyTorch's among them.
    """
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    settled = {
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "imageai-tests-bytecode"),
        "IMAGEAI_NO_BOOTSTRAP": "1",
    }
    return {**kept, **settled, **more}


class Program:
    """One running program, started with `--json` so that each line of stdout is an event."""

    def __init__(
        self,
        command: tuple[str, ...],
        *words: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [*command, *words, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=environment(**(env or {})),
            # A process group of its own: a Ctrl-C there is not one for the tests.
            start_new_session=True,
            # A test run in the background ignores Ctrl-C, and so would what it starts.
            preexec_fn=_heed_hang_up if sys.platform != "win32" else None,
        )
        self.events: list[dict[str, Any]] = []
        self.children: list[psutil.Process] = []

    def read_until(self, name: str, **fields: object) -> dict[str, Any]:
        """Read events up to the first of this name that has these fields."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if event["event"] == name and all(event.get(k) == v for k, v in fields.items()):
                return event
        raise AssertionError(f"no {name} {fields} in {self.events}; {self.errors()}")

    def signal(self, number: int) -> None:
        """Send a signal to the program alone, and remember its children."""
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)

    def ctrl_c(self) -> float:
        """Press Ctrl-C as a terminal does: the whole foreground group gets it. Gives the time."""
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, signal.SIGINT)
        return time.monotonic()

    def end(self, timeout_s: float = 10.0) -> int:
        """Wait for the end, read what is left and give the exit code."""
        out, self._errors = self.process.communicate(timeout=timeout_s)
        self.events += [json.loads(line) for line in out.splitlines()]
        return self.process.returncode

    def errors(self) -> str:
        """What the ended program wrote to stderr."""
        if not hasattr(self, "_errors"):
            self._errors = self.process.communicate(timeout=10)[1]
        return self._errors

    def orphans(self, within_s: float = 2.0) -> list[psutil.Process]:
        """The children that outlive the program by that time."""
        _, alive = psutil.wait_procs(self.children, timeout=within_s)
        return [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]

    def stop(self) -> None:
        """End whatever is left of it."""
        for process in [*self.children, self.process]:
            try:
                process.kill()
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def _heed_hang_up() -> None:
    # A test run under nohup hands its ignored hang-up down; Ctrl-C is seen to in tests/conftest.py.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def remains(folder: Path) -> list[str]:
    """Every file below a folder, half-written ones included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
