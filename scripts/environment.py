"""The `.venv` of a checkout: what it holds, looked at without loading what installs.

Only the standard library, and only syntax that Python 3.8 can read, so that an old Python gets a
sentence and no traceback.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.installing import Display

LTX = "requirements-ltx.txt"
OLDEST_PYTHON = (3, 11)


class BootstrapError(Exception):
    """A sentence for the person who started the program: what happened, why, what to do."""


@dataclass
class Stamp:
    """What `.venv` holds: written last, so nothing half-made is ever taken for complete."""

    interpreter: str = ""
    is_ours: bool = False
    torch_wish: str = ""
    files: dict[str, str] = field(default_factory=dict)


class Environment:
    """The `.venv` of one checkout.

    Attributes:
        unfinished: a file, there only while a `.venv` of our making is being changed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        names = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.python = self.folder.joinpath(*names)
        self._stamp_file = self.folder / "imageai-installed.json"
        self.unfinished = self.folder / "imageai-unfinished"

    def is_running(self) -> bool:
        """Whether this very process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def has(self, files: Sequence[str]) -> bool:
        """Whether these requirement files, as they read today, are wholly installed."""
        stamp = self.read_stamp()
        wish = torch_wish()
        return (
            not self.unfinished.exists()
            and bool(stamp.interpreter)
            and stamp.interpreter == self.interpreter()
            and (LTX not in files or wish in ("", stamp.torch_wish))
            and all(stamp.files.get(file) == fingerprint(self.root / file) for file in files)
        )

    def fill(self, files: Sequence[str], display: Display) -> None:
        """Makes it where there is none, and installs the files' packages.

        Raises:
            BootstrapError: with a sentence; what was whole before is still whole.
        """
        # Imported late: nearly every start finds all of it there.
        from scripts.environment_maker import EnvironmentMaker

        EnvironmentMaker(self, display).fill(files)

    def interpreter(self) -> str:
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

    def read_stamp(self) -> Stamp:
        """What was written when it was last whole; an empty stamp where that is nothing."""
        try:
            return Stamp(**json.loads(self._stamp_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Stamp()

    def write_stamp(self, stamp: Stamp) -> None:
        """Say what it holds now."""
        aside = self._stamp_file.with_suffix(".new")
        aside.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
        aside.replace(self._stamp_file)


def torch_wish() -> str:
    """The build of PyTorch that a person asks for; empty for the one that fits."""
    return os.environ.get("IMAGEAI_TORCH", "").strip().lower()


def fingerprint(file: Path) -> str:
    """What tells a requirement file from another version of it."""
    # Imported late: a start that looks after no environment does without the cryptography below it.
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()
