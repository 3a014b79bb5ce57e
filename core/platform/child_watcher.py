"""The process that waits for the end of a program and then ends the children it left behind.

    python -m core.platform.child_watcher FAMILY

It knows them by their environment, so none is missed that was started a moment before the end, and
nothing else is hit when the system gives away the number of an ended process again.
"""

from __future__ import annotations

import os
import sys
import time

import psutil

from core.platform.child import FAMILY_VARIABLE

# Again after a moment: a child that is just being started has its environment only then.
_PAUSES_S = (0.0, 0.2, 0.3)


def main(family: str) -> None:
    """Wait until the program's end closes stdin, then end its family."""
    sys.stdin.buffer.read()
    for pause_s in _PAUSES_S:
        time.sleep(pause_s)
        end_family(family)


def end_family(family: str) -> None:
    """End every process of a family."""
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(FAMILY_VARIABLE) == family:
                process.kill()
        except (psutil.Error, OSError):
            # Ended meanwhile, or of another user and so none of ours.
            continue


if __name__ == "__main__":
    main(sys.argv[1])
