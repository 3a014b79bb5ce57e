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
_STARTS_WITHIN_S = 0.2
# The system's own clock of starts may be a second off.
_LATELY_S = 2.0
_LOOK_S = 0.01


def main(family: str) -> None:
    """Wait until the program's end closes stdin, then end its family."""
    sys.stdin.buffer.read()
    for pause_s in _PAUSES_S:
        time.sleep(pause_s)
        end_family(family)


def end_family(family: str) -> None:
    """End every process of a family, also those that are just being started."""
    until = time.monotonic() + _STARTS_WITHIN_S
    while _end_those_known(family) and time.monotonic() < until:
        time.sleep(_LOOK_S)


def _end_those_known(family: str) -> bool:
    """End whoever is of a family; gives whether some began so lately that nobody can tell."""
    has_unknown = False
    lately = time.time() - _LATELY_S
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid():
                continue
            environment = process.environ()
            if environment.get(FAMILY_VARIABLE) == family:
                process.kill()
            elif not environment:
                # For a moment after its start each process looks as if it had none.
                is_ended = process.status() == psutil.STATUS_ZOMBIE
                has_unknown |= not is_ended and process.create_time() > lately
        except (psutil.Error, OSError):
            # Ended meanwhile, or of another user and so none of ours.
            continue
    return has_unknown


if __name__ == "__main__":
    main(sys.argv[1])
