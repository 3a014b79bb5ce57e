"""Starts ImageAI: makes sure of its environment, then opens the window or runs the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import bootstrap

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).resolve().parent
_OURS = ("cli", "core", "gui", "providers", "scripts")

# Which targets need more than the app itself, by provider and deployment.
_EXTRA_FILES = {("ltx-video", "local"): bootstrap.LTX}
_DEFAULT_TARGET = ("ltx-video", "local")

_NOT_CONFIGURED = 3  # the exit code for a thing that is missing, here the very packages to come


def extra_files(arguments: Sequence[str]) -> list[str]:
    """The requirement files, beside the app's own, that a job from these arguments needs."""
    if _opens_window(arguments):
        # The window renders here and for free before anything else.
        return [_EXTRA_FILES[_DEFAULT_TARGET]]
    if any(word in arguments for word in ("--help", "--dry-run", "--version")):
        return []
    if list(arguments[:2]) == ["jobs", "resume"]:
        return list(_EXTRA_FILES.values())
    if not _value(arguments, "-p", "--prompt"):
        return []
    provider = _value(arguments, "--provider") or _DEFAULT_TARGET[0]
    deployment = _value(arguments, "--deployment", "--ltx-deployment") or _DEFAULT_TARGET[1]
    extra = _EXTRA_FILES.get((provider, deployment))
    return [extra] if extra else []


def _opens_window(arguments: Sequence[str]) -> bool:
    """No arguments open the window; a project's folder or a file opens it there."""
    return not arguments or list(arguments[:1]) == ["window"]


def _value(arguments: Sequence[str], *names: str) -> str | None:
    for place, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(arguments[place + 1 :]), None)
        if word[:2] in names and not word.startswith("--"):
            return word[2:]
    return None


def main(arguments: list[str]) -> int:
    """Runs one command and gives its exit code."""
    script = Path(__file__).resolve()
    bootstrap.ensure(script, arguments, _ROOT, [bootstrap.APP])
    extra = extra_files(arguments)
    if extra and not bootstrap.is_ready(_ROOT, [bootstrap.APP, *extra]):
        # A mistake in the arguments should not cost a large download first.
        refused = 0 if _opens_window(arguments) else _rehearse(script, arguments)
        if refused:
            return refused
        bootstrap.ensure(script, arguments, _ROOT, [bootstrap.APP, *extra])
    try:
        from gui.text.text_renderer import QtTextRenderer
        from providers import PROVIDERS

        if _opens_window(arguments):
            from gui.start import run_window

            return run_window(arguments[1:], PROVIDERS, QtTextRenderer())
        from cli import main as run_command
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in _OURS:
            raise
        print(
            f"The Python package {error.name!r} is missing from {sys.executable}. Install what "
            f"ImageAI needs: {sys.executable} -m pip install -r {_ROOT / bootstrap.APP}; or unset "
            "IMAGEAI_NO_BOOTSTRAP, and the next start does it by itself.",
            file=sys.stderr,
        )
        return 1
    return run_command(arguments, PROVIDERS, text_renderer=QtTextRenderer())


def _rehearse(script: Path, arguments: Sequence[str]) -> int:
    """Plans the job without running it: 0 when nothing but packages is missing, else its code."""
    command = [sys.executable, str(script), *arguments, "--dry-run"]
    settled = {**os.environ, "IMAGEAI_NO_BOOTSTRAP": "1"}
    answer = subprocess.run(command, capture_output=True, check=False, env=settled)
    if answer.returncode in (0, _NOT_CONFIGURED):
        return 0
    sys.stdout.buffer.write(answer.stdout)
    sys.stderr.buffer.write(answer.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    return answer.returncode


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        # Pressed before the command line took over, while modules were still being loaded.
        raise SystemExit(130) from None
