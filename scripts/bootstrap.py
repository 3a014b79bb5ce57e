"""Gives a program its own environment: `.venv` beside main.py, made and filled on the first start.

Only the standard library, and only syntax that Python 3.8 can read, so that an old Python gets a
sentence and no traceback.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from scripts.environment import LTX as LTX
from scripts.environment import OLDEST_PYTHON, BootstrapError, Environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

APP = "requirements.txt"
FAL = "requirements-fal.txt"
GOOGLE = "requirements-google.txt"
COMFYUI = "requirements-comfyui.txt"
TESTS = "requirements-test.txt"


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
    if sys.version_info < OLDEST_PYTHON:
        have = ".".join(map(str, sys.version_info[:3]))
        need = ".".join(map(str, OLDEST_PYTHON))
        raise BootstrapError(
            f"ImageAI needs Python {need} or newer, and {sys.executable} is Python {have}. "
            f"Install a newer one and start with it, for example: python{need} {sys.argv[0]}"
        )


def _ensure(
    script: Path, arguments: Sequence[str], environment: Environment, files: Sequence[str]
) -> None:
    if environment.is_running():
        if not environment.has(files):
            _fill(environment, files)
            importlib.invalidate_caches()
        return
    is_chosen = sys.prefix != sys.base_prefix  # a person activated this environment
    if (is_chosen or not environment.has(files)) and suits(environment.root, files):
        return
    if not environment.has(files):
        _fill(environment, files)
    _start_anew(environment.python, script, arguments)


def _fill(environment: Environment, files: Sequence[str]) -> None:
    from scripts.installing import StderrDisplay

    environment.fill(files, StderrDisplay())


def running_environment(root: Path) -> Environment | None:
    """The environment of our making that this process runs in, where it may be added to."""
    environment = Environment(root)
    return environment if environment.is_running() and not _is_switched_off() else None


def _is_switched_off() -> bool:
    return os.environ.get("IMAGEAI_NO_BOOTSTRAP", "0") not in ("", "0")


def suits(root: Path, files: Sequence[str]) -> bool:
    """Whether the running Python has every package that the files ask for, in a fitting version."""
    from scripts.requirement_files import is_installed, read_requirements

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
