"""A screen for windows that nobody looks at: Xvfb where there is one, else Qt's own without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def screen(size: str = "1920x1080") -> Generator[dict[str, str]]:
    """The variables with which a program finds the screen; it is gone afterwards.

    Raises:
        OSError: Xvfb is there and does not start.
    """
    if sys.platform != "linux" or shutil.which("Xvfb") is None:
        yield {"QT_QPA_PLATFORM": "offscreen"}
        return
    reads, writes = os.pipe()
    # Xvfb chooses a number that is free and tells it once it is ready.
    command = ["Xvfb", "-displayfd", str(writes), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with (
        os.fdopen(reads) as answer,
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writes]
        ) as server,
    ):
        os.close(writes)
        try:
            number = answer.readline().strip()
            if not number:
                raise OSError("Xvfb does not start")
            yield {"QT_QPA_PLATFORM": "xcb", "DISPLAY": f":{number}", **_without_wayland()}
        finally:
            server.terminate()


def _without_wayland() -> dict[str, str]:
    return {"WAYLAND_DISPLAY": ""} if "WAYLAND_DISPLAY" in os.environ else {}
