"""Python packages that only some providers need: which they are, and who installs them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import NotConfigured

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import CancelToken, Notice, Progressed

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Packages:
    """What a provider needs beside the app's own packages.

    Attributes:
        file: the requirement file that lists them all, which lies beside main.py.
        names: the chief ones, as pip knows them.
        download: for people, how much has to be fetched.
    """

    file: str
    names: tuple[str, ...]
    download: str

    def __str__(self) -> str:
        return f"{', '.join(self.names)} ({self.download})"

    @property
    def by_hand(self) -> str:
        """What to do where nobody installs them."""
        return f"Run '{sys.executable} -m pip install -r {_ROOT / self.file}'."


class PackageInstaller(Protocol):
    """Installs packages into the environment that this program runs in."""

    def has(self, packages: Packages) -> bool:
        """Whether they are installed as their file asks for them today; fast."""
        ...

    def install(
        self,
        packages: Packages,
        report: Callable[[Progressed | Notice], None],
        cancel: CancelToken,
    ) -> None:
        """Fetch and install them; afterwards this process and what it starts can import them.

        Raises:
            JobCancelled: asked to stop.
            NotConfigured: it cannot be done.
        """
        ...


class NoInstaller:
    """Takes the place of an installer where the environment is a person's own affair."""

    def has(self, packages: Packages) -> bool:
        """Whether each can be imported, in whatever version."""
        return all(map(_is_installed, packages.names))

    def install(
        self,
        packages: Packages,
        report: Callable[[Progressed | Notice], None],
        cancel: CancelToken,
    ) -> None:
        """Refuse, and say what to do by hand."""
        raise NotConfigured(f"Python packages are missing: {packages}.", hint=packages.by_hand)


def _is_installed(name: str) -> bool:
    # Most packages are imported by their own name, and to look for that is quick.
    if find_spec(name.replace("-", "_")) is not None:
        return True
    # Imported late: it brings much along that a start does not need.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
