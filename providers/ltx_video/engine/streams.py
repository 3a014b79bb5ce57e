"""The engine's pipes to the app, and its end when the app ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

from providers.ltx_video.engine.protocol import line_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from providers.ltx_video.engine.protocol import Event

PARENT_VARIABLE = "IMAGEAI_ENGINE_PARENT"
_PR_SET_PDEATHSIG = 1


class EventWriter:
    """Sends events to the app, whole lines only, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Send one event; when the app is gone, end."""
        with self._lock:
            try:
                self._stream.write(line_of(event))
                self._stream.flush()
            except OSError:
                os._exit(0)


class Streams(NamedTuple):
    """Where orders come from and where events go."""

    source: BinaryIO
    events: EventWriter


def take_over_streams() -> Streams:
    """Keep the app's pipes for the protocol alone.

    Libraries print to stdout, also from native code, and some read stdin; from here on the one
    leads to stderr and the other to nothing.
    """
    source = os.fdopen(os.dup(0), "rb")
    target = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return Streams(source, EventWriter(target))


def die_with_parent() -> None:
    """Let Linux kill this process when the app dies, also while native code holds the GIL.

    Everywhere else the closed stdin ends the engine, which needs the GIL for a moment. Linux
    watches the thread that started us, so the app starts the engine from a thread that lives on.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The app may have died before the line above; then no signal will ever come.
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is not None and os.getppid() != int(parent):
        os._exit(0)
