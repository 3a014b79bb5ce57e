"""A screen for windows that nobody looks at: Xvfb where there is one, else Qt's own without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_FIRST, _LAST = 80, 180
_WITHIN_S = 15.0
_SOCKETS = Path("/tmp/.X11-unix")


@contextmanager
def screen(size: str = "1920x1080") -> Generator[dict[str, str]]:
    """The variables with which a program finds the screen; it is gone afterwards.

    Raises:
        OSError: Xvfb is there and does not start.
    """
    if sys.platform != "linux" or shutil.which("Xvfb") is None:
        yield {"QT_QPA_PLATFORM": "offscreen"}
        return
    number = next(n for n in range(_FIRST, _LAST) if not (_SOCKETS / f"X{n}").exists())
    command = ["Xvfb", f":{number}", "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(_SOCKETS / f"X{number}", server)
            yield {"QT_QPA_PLATFORM": "xcb", "DISPLAY": f":{number}", **_without_wayland()}
        finally:
            server.terminate()


def _wait_for(socket: Path, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _WITHIN_S
    while not socket.exists():
        if server.poll() is not None or time.monotonic() > end:
            raise OSError("Xvfb does not start")
        time.sleep(0.05)


def _without_wayland() -> dict[str, str]:
    return {"WAYLAND_DISPLAY": ""} if "WAYLAND_DISPLAY" in os.environ else {}
