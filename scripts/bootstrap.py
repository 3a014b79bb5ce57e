"""Gives a program its own environment: `.venv` beside main.py, made and filled on the first start.

Only the standard library, and only syntax that Python 3.8 can read, so that an old Python gets a
sentence and no traceback.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.installing import (
    BootstrapError,
    Display,
    Ended,
    Pip,
    PipFailed,
    StderrDisplay,
    run_shown,
)
from scripts.requirement_files import is_installed, read_requirements
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

APP = "requirements.txt"
LTX = "requirements-ltx.txt"
TESTS = "requirements-test.txt"

_OLDEST_PYTHON = (3, 11)


def ensure(script: Path, arguments: Sequence[str], root: Path, files: Sequence[str]) -> None:
    """Returns when this process can import what `files` ask for.

    Where it cannot, `root/.venv` is made and filled, and the script starts anew in it: then this
    call does not return. What cannot be done ends the process with a sentence, code 1.
    """
    try:
        _demand_python()
        if not _is_switched_off():
            _ensure(script, arguments, Environment(root), files)
    except BootstrapError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        print(
            f"The environment in {root / '.venv'} cannot be set up: {error}. Move the folder to "
            "where you may write, or install the requirement files into an environment of your "
            "own and start with its Python.",
            file=sys.stderr,
        )
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("\nStopped. The next start sets the environment up again.", file=sys.stderr)
        raise SystemExit(130) from None


def _demand_python() -> None:
    if sys.version_info < _OLDEST_PYTHON:
        have = ".".join(map(str, sys.version_info[:3]))
        need = ".".join(map(str, _OLDEST_PYTHON))
        raise BootstrapError(
            f"ImageAI needs Python {need} or newer, and {sys.executable} is Python {have}. "
            f"Install a newer one and start with it, for example: python{need} {sys.argv[0]}"
        )


def _ensure(
    script: Path, arguments: Sequence[str], environment: Environment, files: Sequence[str]
) -> None:
    if environment.is_running():
        if not environment.has(files):
            environment.fill(files, StderrDisplay())
            importlib.invalidate_caches()
        return
    is_chosen = sys.prefix != sys.base_prefix  # a person activated this environment
    if (is_chosen or not environment.has(files)) and suits(environment.root, files):
        return
    if not environment.has(files):
        environment.fill(files, StderrDisplay())
    _start_anew(environment.python, script, arguments)


def running_environment(root: Path) -> Environment | None:
    """The environment of our making that this process runs in, where it may be added to."""
    environment = Environment(root)
    return environment if environment.is_running() and not _is_switched_off() else None


def _is_switched_off() -> bool:
    return os.environ.get("IMAGEAI_NO_BOOTSTRAP", "0") not in ("", "0")


def suits(root: Path, files: Sequence[str]) -> bool:
    """Whether the running Python has every package that the files ask for, in a fitting version."""
    return all(
        is_installed(requirement)
        for file in files
        for requirement in read_requirements((root / file).read_text(encoding="utf-8"))
    )


def _start_anew(python: Path, script: Path, arguments: Sequence[str]) -> None:
    command = [str(python), str(script), *arguments]
    if os.name == "nt":
        # Windows has no exec: stand aside, leave Ctrl-C to the program, pass its code on.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise SystemExit(subprocess.call(command))
    os.execv(command[0], command)


@dataclass
class Stamp:
    """What `.venv` holds: written last, so nothing half-made is ever taken for complete."""

    interpreter: str = ""
    is_ours: bool = False
    torch_wish: str = ""
    files: dict[str, str] = field(default_factory=dict)


class Environment:
    """The `.venv` of one checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        names = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.python = self.folder.joinpath(*names)
        self._stamp_file = self.folder / "imageai-installed.json"
        # There only while a `.venv` of our making is being changed.
        self._unfinished = self.folder / "imageai-unfinished"

    def is_running(self) -> bool:
        """Whether this very process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def has(self, files: Sequence[str]) -> bool:
        """Whether these requirement files, as they read today, are wholly installed."""
        stamp = self._read_stamp()
        wish = _torch_wish()
        return (
            not self._unfinished.exists()
            and bool(stamp.interpreter)
            and stamp.interpreter == self._interpreter()
            and (LTX not in files or wish in ("", stamp.torch_wish))
            and all(stamp.files.get(file) == _fingerprint(self.root / file) for file in files)
        )

    def fill(self, files: Sequence[str], display: Display) -> None:
        """Makes the environment where there is none, and installs the files' packages.

        Raises:
            BootstrapError: with a sentence; what was whole before is still whole.
        """
        with _locked(self.root / ".venv.lock", display) as lock_fd:
            if self.has(files):
                return
            self._discard_broken(display)
            if not self.folder.exists():
                display.say(f"Making a Python environment in {self.folder} (only this once).")
                self._make(display)
            stamp = self._read_stamp()
            stamp.interpreter = self._interpreter()
            wanted = list(dict.fromkeys([*stamp.files, *files]))
            choice: TorchChoice | None = None
            if LTX in wanted:
                stamp.torch_wish = _torch_wish() or stamp.torch_wish
                choice = _choose_torch(stamp.torch_wish)
            pip = Pip(self.python, display, lock_fd)
            with self._changing(stamp.is_ours, pip):
                display.say(f"Installing the packages of {' and '.join(files)}.")
                pip.bring_up_to_date()
                torch = self._settle_torch(pip, choice, display) if choice else []
                listed = [part for file in wanted for part in ("-r", str(self.root / file))]
                pip.install([*torch, *listed], "looking the packages up")
                stamp.files = {file: _fingerprint(self.root / file) for file in wanted}
                self._write_stamp(stamp)
            display.say("The environment is ready.")

    def _discard_broken(self, display: Display) -> None:
        if not self.folder.exists():
            return
        stamp = self._read_stamp()
        if self._unfinished.exists():
            reason = "An earlier installation was interrupted; starting it over."
        elif stamp.interpreter != self._interpreter() and stamp.is_ours:
            reason = f"{self.folder} belongs to a Python that is gone; making it anew."
        elif stamp.interpreter or self._is_usable():
            return
        else:
            raise BootstrapError(
                f"{self.folder} is there already, was not made by ImageAI and has no working "
                "Python 3.11 or newer. Remove or rename it and start again."
            )
        if self.is_running():
            raise BootstrapError(f"{reason} Start with `python3`, not with the one in .venv.")
        display.say(reason)
        shutil.rmtree(self.folder)

    def _is_usable(self) -> bool:
        test = f"import pip, sys; sys.exit(sys.version_info < {_OLDEST_PYTHON})"
        try:
            return subprocess.run([str(self.python), "-c", test], check=False).returncode == 0
        except OSError:
            return False

    def _make(self, display: Display) -> None:
        self.folder.mkdir()
        self._unfinished.touch()
        # Debian keeps ensurepip in a package of its own; without it a venv has no pip yet.
        bare = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
        made = self._run_venv(bare, display)
        if made.code != 0 and not bare:
            bare = ["--without-pip"]
            made = self._run_venv(bare, display)
        if made.code != 0:
            shutil.rmtree(self.folder)
            raise BootstrapError(f"Python could not make {self.folder}:\n{made.said.strip()}")
        if bare and not self._borrow_pip(display):
            shutil.rmtree(self.folder)
            raise BootstrapError(
                "This Python can make an environment but has no pip to fill it. Install it (on "
                "Debian and Ubuntu: apt install python3-venv) and start again."
            )
        self._write_stamp(Stamp(interpreter=self._interpreter(), is_ours=True))
        self._unfinished.unlink()

    def _run_venv(self, options: list[str], display: Display) -> Ended:
        command = [sys.executable, "-m", "venv", *options, str(self.folder)]
        return run_shown(command, "making the environment", display)

    def _borrow_pip(self, display: Display) -> bool:
        python = str(self.python)
        commands = [[sys.executable, "-m", "pip", "--python", python, "install", "pip"]]
        uv = shutil.which("uv")
        if uv:
            commands.append([uv, "pip", "install", "--python", python, "pip"])
        return any(run_shown(command, "bringing pip", display).code == 0 for command in commands)

    def _settle_torch(self, pip: Pip, choice: TorchChoice, display: Display) -> list[str]:
        """The pip arguments that bring the chosen PyTorch build, and no other."""
        display.say(f"PyTorch: {choice.why}.")
        if choice.build == "any":
            return []
        lines = read_requirements((self.root / LTX).read_text(encoding="utf-8"))
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
            self._unfinished.touch()
        try:
            yield
        except BaseException:
            # What was only looked up or fetched leaves the environment as whole as it was.
            if not pip.has_changed:
                self._unfinished.unlink(missing_ok=True)
            raise
        self._unfinished.unlink(missing_ok=True)

    def _interpreter(self) -> str:
        """The real Python behind `.venv`, empty when it is gone."""
        try:
            settings = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except OSError:
            return ""
        home = next(
            (line.split("=", 1)[1].strip() for line in settings if line.startswith("home")), ""
        )
        real = os.path.realpath(self.python)
        return real if home and Path(home).exists() and Path(real).exists() else ""

    def _read_stamp(self) -> Stamp:
        try:
            return Stamp(**json.loads(self._stamp_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Stamp()

    def _write_stamp(self, stamp: Stamp) -> None:
        aside = self._stamp_file.with_suffix(".new")
        aside.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
        aside.replace(self._stamp_file)


def _torch_wish() -> str:
    return os.environ.get("IMAGEAI_TORCH", "").strip().lower()


def _choose_torch(wish: str) -> TorchChoice:
    try:
        return choose_torch(platform.system(), find_gpu(), wish)
    except ValueError as error:
        raise BootstrapError(str(error)) from error


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


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
