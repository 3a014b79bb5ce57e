"""Makes the `.venv` of a checkout and fills it with packages."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from scripts.environment import (
    LTX,
    OLDEST_PYTHON,
    BootstrapError,
    Environment,
    Stamp,
    fingerprint,
    torch_wish,
)
from scripts.installing import Display, Ended, Pip, PipFailed, run_shown
from scripts.requirement_files import read_requirements
from scripts.torch_build import (
    TorchChoice,
    TorchOffer,
    choose_torch,
    find_gpu,
    is_wanted,
    read_offer,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class EnvironmentMaker:
    """Makes and fills one environment, and shows what it does."""

    def __init__(self, environment: Environment, display: Display) -> None:
        self._environment = environment
        self._display = display

    def fill(self, files: Sequence[str]) -> None:
        """Makes the environment where there is none, and installs the files' packages.

        Raises:
            BootstrapError: with a sentence; what was whole before is still whole.
        """
        with _locked(self._environment.root / ".venv.lock", self._display) as lock_fd:
            if self._environment.has(files):
                return
            self._discard_broken()
            if not self._environment.folder.exists():
                self._display.say(
                    f"Making a Python environment in {self._environment.folder} (only this once)."
                )
                self._make()
            stamp = self._environment.read_stamp()
            stamp.interpreter = self._environment.interpreter()
            wanted = list(dict.fromkeys([*stamp.files, *files]))
            choice: TorchChoice | None = None
            if LTX in wanted:
                stamp.torch_wish = torch_wish() or stamp.torch_wish
                choice = _choose_torch(stamp.torch_wish)
            pip = Pip(self._environment.python, self._display, lock_fd)
            with self._changing(stamp.is_ours, pip):
                self._display.say(f"Installing the packages of {' and '.join(files)}.")
                pip.bring_up_to_date()
                torch = self._settle_torch(pip, choice) if choice else []
                listed = [
                    part for file in wanted for part in ("-r", str(self._environment.root / file))
                ]
                pip.install([*torch, *listed], "looking the packages up")
                stamp.files = {file: fingerprint(self._environment.root / file) for file in wanted}
                self._environment.write_stamp(stamp)
            self._display.say("The environment is ready.")

    def _discard_broken(self) -> None:
        if not self._environment.folder.exists():
            return
        stamp = self._environment.read_stamp()
        if self._environment.unfinished.exists():
            reason = "An earlier installation was interrupted; starting it over."
        elif stamp.interpreter != self._environment.interpreter() and stamp.is_ours:
            reason = f"{self._environment.folder} belongs to a Python that is gone; making it anew."
        elif stamp.interpreter or self._is_usable():
            return
        else:
            raise BootstrapError(
                f"{self._environment.folder} is there already, was not made by ImageAI and has no "
                "working Python 3.11 or newer. Remove or rename it and start again."
            )
        if self._environment.is_running():
            raise BootstrapError(f"{reason} Start with `python3`, not with the one in .venv.")
        self._display.say(reason)
        shutil.rmtree(self._environment.folder)

    def _is_usable(self) -> bool:
        test = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
        try:
            return (
                subprocess.run([str(self._environment.python), "-c", test], check=False).returncode
                == 0
            )
        except OSError:
            return False

    def _make(self) -> None:
        self._environment.folder.mkdir()
        self._environment.unfinished.touch()
        # Debian keeps ensurepip in a package of its own; without it a venv has no pip yet.
        bare = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
        made = self._run_venv(bare)
        if made.code != 0 and not bare:
            bare = ["--without-pip"]
            made = self._run_venv(bare)
        if made.code != 0:
            shutil.rmtree(self._environment.folder)
            raise BootstrapError(
                f"Python could not make {self._environment.folder}:\n{made.said.strip()}"
            )
        if bare and not self._borrow_pip():
            shutil.rmtree(self._environment.folder)
            raise BootstrapError(
                "This Python can make an environment but has no pip to fill it. Install it (on "
                "Debian and Ubuntu: apt install python3-venv) and start again."
            )
        self._environment.write_stamp(
            Stamp(interpreter=self._environment.interpreter(), is_ours=True)
        )
        self._environment.unfinished.unlink()

    def _run_venv(self, options: list[str]) -> Ended:
        command = [sys.executable, "-m", "venv", *options, str(self._environment.folder)]
        return run_shown(command, "making the environment", self._display)

    def _borrow_pip(self) -> bool:
        python = str(self._environment.python)
        commands = [[sys.executable, "-m", "pip", "--python", python, "install", "pip"]]
        uv = shutil.which("uv")
        if uv:
            commands.append([uv, "pip", "install", "--python", python, "pip"])
        return any(
            run_shown(command, "bringing pip", self._display).code == 0 for command in commands
        )

    def _settle_torch(self, pip: Pip, choice: TorchChoice) -> list[str]:
        """The pip arguments that bring the chosen PyTorch build, and no other."""
        self._display.say(f"PyTorch: {choice.why}.")
        if choice.build == "any":
            return []
        lines = read_requirements((self._environment.root / LTX).read_text(encoding="utf-8"))
        wanted = next(str(line) for line in lines if line.name == "torch")
        attempts: list[list[str]] = [[]]
        if choice.index_url:
            attempts.append(["--extra-index-url", choice.index_url])
        # An index that does not answer should cost seconds, not pip's minutes.
        bounded = ["--timeout", "10", "--retries", "1"]
        offers: list[TorchOffer] = []
        failures: list[PipFailed] = []
        for index in attempts:
            try:
                report = pip.preview([*index, *bounded, wanted], "looking PyTorch up")
            except PipFailed as failure:
                failures.append(failure)
                continue
            offer = read_offer(report)
            if is_wanted(offer, choice):
                # `===` compares the build too: 2.13.0+cpu is no 2.13.0.
                return [*index, f"torch==={offer.version}"]
            offers.append(offer)
        if offers:
            raise BootstrapError(refusal(choice, offers))
        raise failures[-1]

    @contextlib.contextmanager
    def _changing(self, is_ours: bool, pip: Pip) -> Iterator[None]:
        if is_ours:
            self._environment.unfinished.touch()
        try:
            yield
        except BaseException:
            # What was only looked up or fetched leaves the environment as whole as it was.
            if not pip.has_changed:
                self._environment.unfinished.unlink(missing_ok=True)
            raise
        self._environment.unfinished.unlink(missing_ok=True)


def _choose_torch(wish: str) -> TorchChoice:
    try:
        return choose_torch(platform.system(), find_gpu(), wish)
    except ValueError as error:
        raise BootstrapError(str(error)) from error


@contextlib.contextmanager
def _locked(file: Path, display: Display) -> Iterator[int]:
    """Holds the lock of one start at a time; the system frees it when its holder dies."""
    lock_fd = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _try_lock(lock_fd):
            display.say("Another start of ImageAI is installing its packages; waiting for it.")
            while not _try_lock(lock_fd):
                display.show("waiting")
                time.sleep(0.3)
        yield lock_fd
    finally:
        os.close(lock_fd)


def _try_lock(lock_fd: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock_fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
