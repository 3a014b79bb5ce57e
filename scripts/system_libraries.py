"""What the window's tests need of the system: installed where that is allowed, else named."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from gui.platform_check import missing_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ON_NO_SCREEN = {"QT_QPA_PLATFORM": "offscreen"}
_ON_X11 = {"QT_QPA_PLATFORM": "xcb"}
# With these two, windows are also tested on a real X server that nobody sees.
_TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
_APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")


def provide_libraries(
    *, may_install: bool, missing: Callable[[Mapping[str, str]], dict[str, str]] = missing_packages
) -> str:
    """Install what is missing; gives what to do where something is left, and nothing else.

    Args:
        may_install: whether the system may be changed, where it has Debian's packages.
        missing: looks for libraries as `missing_packages` does.
    """
    tools = {tool: package for tool, package in _TOOLS.items() if shutil.which(tool) is None}
    wanted = missing(_ON_X11) | tools
    if wanted and may_install and shutil.which("apt-get") is not None:
        _install(sorted(set(wanted.values())))
    has_server = shutil.which("Xvfb") is not None
    left = missing(_ON_X11 if has_server else _ON_NO_SCREEN)
    if not left:
        return ""
    return (
        f"The window's tests need system libraries that are missing: {', '.join(left)}.\n"
        f"On Debian and Ubuntu: sudo apt-get install {' '.join(sorted(set(left.values())))}"
    )


def is_administrator() -> bool:
    """Whether this process may install packages for everybody, as the one of a container may."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _install(packages: list[str]) -> None:
    print("$ apt-get install", *packages, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        # What fails here is seen by what is still missing, and apt-get has said why.
        subprocess.run([*_APT, *words], env=quiet, stdout=subprocess.DEVNULL, check=False)
