"""Runs pip in a virtual environment: one line of progress for people, its last words on failure."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from scripts.environment import BootstrapError

if TYPE_CHECKING:
    from collections.abc import Sequence

_OLDEST_PIP = (24, 1)  # the first with `--progress-bar raw`; before 23.3 a dry run downloads wheels
_QUIET_LIMIT_S = 15.0  # how long a log without a terminal may go without a line


class PipFailed(BootstrapError):
    """pip ended with an error."""


class Display(Protocol):
    """Where an installation is followed."""

    def say(self, sentence: str) -> None:
        """A line that stays."""
        ...

    def show(self, doing: str) -> None:
        """What is being done right now; called twice a second, and may raise to end it."""
        ...


class StderrDisplay:
    """One line on stderr that is rewritten on a terminal, a few plain lines anywhere else."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._shown_s = float("-inf")
        self._width = 0

    def say(self, sentence: str) -> None:
        """A line that stays."""
        self._clear()
        print(sentence, file=sys.stderr, flush=True)
        self._shown_s = time.monotonic()

    def show(self, doing: str) -> None:
        """What is being done right now."""
        now_s = time.monotonic()
        minutes, seconds = divmod(int(now_s - self._started_s), 60)
        line = f"  {minutes}:{seconds:02d}  {doing}"
        if self._is_terminal:
            columns = max(20, _terminal_columns() - 1)
            text = line[:columns]
            sys.stderr.write("\r" + text.ljust(min(self._width, columns)))
            sys.stderr.flush()
            self._width = len(text)
        elif now_s - self._shown_s >= _QUIET_LIMIT_S:
            self.say(line)

    def _clear(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            self._width = 0


def _terminal_columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 80


@dataclass(frozen=True)
class Ended:
    """How a command ended and all that it printed."""

    code: int
    said: str


def run_shown(command: list[str], doing: str, display: Display) -> Ended:
    """Runs a command while the display says what it is for."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        while True:
            try:
                said = process.communicate(timeout=0.5)[0]
            except subprocess.TimeoutExpired:
                display.show(doing)
                continue
            return Ended(process.returncode, said)


class Pip:
    """The pip of one environment.

    It inherits `lock_fd`: the lock is held as long as pip runs, even when its starter was killed.

    Attributes:
        has_changed: whether the newest call had begun to unpack packages.
    """

    def __init__(self, python: Path, display: Display, lock_fd: int) -> None:
        self._python = python
        self._display = display
        self._lock_fd = lock_fd
        self.has_changed = False
        self._has_raw_progress = self._version() >= _OLDEST_PIP

    def bring_up_to_date(self) -> None:
        """Replaces a pip too old to show progress; an index without pip is no reason to stop."""
        if self._has_raw_progress:
            return
        wanted = "pip>=" + ".".join(map(str, _OLDEST_PIP))
        try:
            self.install([wanted], "bringing pip up to date")
        except PipFailed:
            self._display.say("pip could not be brought up to date; going on with the old one.")
        self._has_raw_progress = self._version() >= _OLDEST_PIP

    def install(self, arguments: Sequence[str], doing: str) -> None:
        """Runs `pip install`.

        Raises:
            PipFailed: with pip's last lines and what to do about them.
        """
        self.has_changed = False
        bar = "raw" if self._has_raw_progress else "off"
        lines: deque[str] = deque(maxlen=12)
        command = self._command("install", "--progress-bar", bar, *arguments)
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_pip_environment(),
            pass_fds=() if os.name == "nt" else (self._lock_fd,),
        )
        try:
            self._follow(process, doing, lines)
            code = process.wait()
        except BaseException as stop:
            # The terminal sent a Ctrl-C to pip as well; it tidies up in a moment.
            if not isinstance(stop, KeyboardInterrupt):
                process.terminate()
            _end(process)
            raise
        if code != 0:
            raise PipFailed(explain(list(lines), command))

    def preview(self, arguments: Sequence[str], doing: str) -> Any:
        """What `pip install` would take for these packages alone, as pip's JSON report.

        Raises:
            PipFailed: nothing fits or nothing answers.
        """
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            dry = ["--dry-run", "--no-deps", "--ignore-installed", "--report", str(report)]
            self.install([*dry, *arguments], doing)
            return json.loads(report.read_text(encoding="utf-8"))

    def _version(self) -> tuple[int, ...]:
        command = self._command("--version")
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        found = re.match(r"pip (\d+)\.(\d+)", said)
        return (int(found.group(1)), int(found.group(2))) if found else (0, 0)

    def _command(self, verb: str, *arguments: str) -> list[str]:
        options = ["--no-input", "--disable-pip-version-check"]
        return [str(self._python), "-m", "pip", *options, verb, *arguments]

    def _follow(self, process: subprocess.Popen[str], doing: str, lines: deque[str]) -> None:
        """Shows what pip prints and keeps its last lines."""
        said: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read_lines, args=(process, said), daemon=True).start()
        stage = doing
        while True:
            try:
                line = said.get(timeout=0.5)
            except queue.Empty:
                self._display.show(stage)
                continue
            if line is None:
                return
            self.has_changed |= line.startswith("Installing collected")
            if not line.startswith("Progress "):
                lines.append(line)
            stage = read_stage(line, stage)
            self._display.show(stage)


def _read_lines(process: subprocess.Popen[str], said: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.put(line.rstrip())
    said.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _pip_environment() -> dict[str, str]:
    # A person's `user = true` or `target = …` would put the packages beside the environment.
    return {**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def read_stage(line: str, stage: str) -> str:
    """What pip is doing, in words for people, after it printed `line` while doing `stage`."""
    progress = re.fullmatch(r"Progress (\d+) of (\d+)", line)
    if progress:
        name = stage.split(",")[0]
        done_mb, all_mb = (int(number) / 1e6 for number in progress.groups())
        return f"{name}, {done_mb:.0f} of {all_mb:.0f} MB" if all_mb else stage
    named = re.match(r"\s*(?:Collecting|Downloading|Using cached|Processing) (\S+)", line)
    if named:
        return "getting " + _package_name(named.group(1))
    if line.startswith("Installing collected packages"):
        count = line.count(",") + 1
        return f"unpacking {count} packages" if count > 1 else "unpacking 1 package"
    if "Retrying" in line:
        return "the package index does not answer, trying again"
    return stage


def _package_name(text: str) -> str:
    file_name = text.rsplit("/", 1)[-1]
    if file_name.endswith((".whl", ".metadata", ".tar.gz", ".zip")):
        return " ".join(file_name.split("-")[:2])
    return re.split(r"[\[<>=!~;( ]", text)[0]


def explain(lines: Sequence[str], command: Sequence[str]) -> str:
    """The last lines of pip and a sentence that says what to do about them."""
    said = "\n".join(lines)
    if "No space left" in said or "Errno 28" in said:
        hint = "The disk is full. Free some space and start again."
    elif "CERTIFICATE_VERIFY_FAILED" in said or "SSLError" in said:
        hint = "The package index's certificate was not accepted. Behind a proxy, set PIP_CERT."
    elif re.search(r"connection broken|NameResolution|NewConnectionError|timed out", said):
        hint = "The package index cannot be reached. Check the network and start again."
    elif "No matching distribution" in said or "ResolutionImpossible" in said:
        version = ".".join(map(str, sys.version_info[:2]))
        hint = f"Some package has no release for this system with Python {version}."
    else:
        hint = "Start again; if it fails once more, run this by hand: " + " ".join(command)
    last = "\n".join("    " + line for line in lines if line.strip())
    return f"The packages could not be installed. {hint}\n  pip's last lines:\n{last}"
