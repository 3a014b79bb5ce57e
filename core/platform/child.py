"""Starts every child process, so that none of them lives on when this program is killed."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

log = logging.getLogger(__name__)

FAMILY_VARIABLE = "IMAGEAI_FAMILY"
"""Under this name each child of a program finds the name of the family that it belongs to."""
_ROOT = Path(__file__).resolve().parents[2]


class Child(subprocess.Popen[bytes]):
    """A child process; a signal reaches what it has started as well."""

    @override
    def send_signal(self, sig: int) -> None:
        if sys.platform == "win32":
            super().send_signal(sig)
        elif self.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, sig)

    def end(self, grace_s: float = 1.0) -> int:
        """Ask it to end, press harder when it does not, and give its exit code."""
        if self.poll() is None:
            self.terminate()
            try:
                self.wait(timeout=grace_s)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.wait()


def start_child(
    command: Sequence[str],
    *,
    stdin: int = subprocess.DEVNULL,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Child:
    """Start a program whose stdout and stderr are read through pipes.

    A Ctrl-C in the terminal is for us alone: whoever starts a child ends it. When this program is
    killed and cannot, its watcher does.

    Args:
        command: the program and its arguments.
        stdin: `subprocess.PIPE`, or nothing to read.
        cwd: the folder in which it works.
        env: its whole environment; None for that of this program.

    Raises:
        OSError: it cannot be started.
    """
    environment = {**(os.environ if env is None else env), FAMILY_VARIABLE: _family()}
    with _deaf_to_the_terminal():
        return Child(
            list(command),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            start_new_session=sys.platform != "win32",
            creationflags=_hidden_group(),
        )


def ask_child(command: Sequence[str], timeout_s: float) -> str:
    """What a program that ends by itself writes to stdout.

    Raises:
        OSError: it cannot be started.
        subprocess.SubprocessError: it failed, or did not end in time and was ended.
    """
    with start_child(command) as child:
        try:
            said, complaints = child.communicate(timeout=timeout_s)
        finally:
            child.kill()
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, list(command), said, complaints)
    return said.decode("utf-8", errors="replace")


@cache
def _family() -> str:
    """The name of this run's children, whose watcher waits for the end of the pipe to it."""
    name = uuid.uuid4().hex
    # One way for every system. Linux' signal at a parent's death must be asked for between fork
    # and exec, where a program with threads may run no Python; and a launcher costs 40 ms a child.
    command = [sys.executable, "-m", "core.platform.child_watcher", name]
    try:
        with _deaf_to_the_terminal():
            watcher = subprocess.Popen(
                command,
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=sys.platform != "win32",
                creationflags=_hidden_group(),
            )
    except OSError as error:
        log.warning("nobody ends the children of this program if it is killed: %s", error)
    else:
        atexit.register(_end, name, watcher)
    return name


def _end(family: str, watcher: subprocess.Popen[bytes]) -> None:
    """End what is left of a family as its watcher would, which is needed no more."""
    # Imported late: it loads what lists processes, which few programs need.
    from core.platform.child_watcher import end_family

    end_family(family)
    watcher.kill()
    with watcher:
        watcher.wait()


@contextmanager
def _deaf_to_the_terminal() -> Generator[None]:
    """What is started meanwhile never hears the terminal's signals.

    It leaves our process group, but only after it was started: a Ctrl-C in that moment would end
    it as if it had failed.
    """
    if sys.platform == "win32":
        yield
        return
    signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def _hidden_group() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0
