"""The engine's pipes to the app, and its end when the app ends."""

from __future__ import annotations

import ctypes
import os
import queue
import re
import signal
import sys
import threading
import unicodedata
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from core.jobs.job import CancelToken
from providers.engine.events import CancelOrder, EngineOrder, line_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from pydantic import TypeAdapter

    from providers.engine.events import Event

Order = TypeVar("Order", bound=EngineOrder)

PARENT_VARIABLE = "IMAGEAI_ENGINE_PARENT"
_PR_SET_PDEATHSIG = 1
# Colours, movements of the cursor, titles of the terminal (ECMA-48).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
# As tqdm draws them: "62%|######2   | 38/62 [00:01<00:00, 31.2it/s]", "38it [00:01, 31.2it/s]".
_BAR = re.compile(
    r"\d{1,3}%\|.*\|"
    r"|\d+(?:\.\d+)?[kMGT]?i?(?:it|B)? ?(?:/ ?\d+(?:\.\d+)?\S*)? \[\d+:\d\d(?::\d\d)?[<,]"
)


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


class CommandReader(Generic[Order]):
    """Reads orders in a thread of its own, so that a cancel arrives in the midst of the work."""

    def __init__(self, source: BinaryIO, kinds: TypeAdapter[Order | CancelOrder]) -> None:
        self._source = source
        self._kinds = kinds
        self._lock = threading.Lock()
        self._tokens: dict[int, CancelToken] = {}
        self.orders: queue.Queue[Order] = queue.Queue()

    def read(self) -> None:
        """Take orders until the app closes the pipe, and end this process with it."""
        for line in self._source:
            try:
                order = self._kinds.validate_json(line)
            except ValidationError as error:
                sys.stderr.write(f"an order that cannot be understood: {error}\n")
                continue
            if isinstance(order, CancelOrder):
                self.token(order.number).cancel()
            else:
                self.orders.put(order)
        # The app is gone. The main thread may be deep inside torch and cannot be asked to leave.
        os._exit(0)

    def token(self, number: int) -> CancelToken:
        """The token of an order, whether it or its cancel came first."""
        with self._lock:
            return self._tokens.setdefault(number, CancelToken())

    def forget(self, number: int) -> None:
        """An order is done."""
        with self._lock:
            self._tokens.pop(number, None)


class Streams(NamedTuple):
    """Where orders come from and where events go."""

    source: BinaryIO
    events: EventWriter


class AppLine(NamedTuple, Generic[Order]):
    """The line to the app: what it wants, and where it is told how that goes."""

    commands: CommandReader[Order]
    events: EventWriter


def open_line(kinds: TypeAdapter[Order | CancelOrder]) -> AppLine[Order]:
    """Listen to the app from now on, and end with it; `kinds` reads its orders."""
    # The app decides what a Ctrl-C in the terminal means, and tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    source, events = take_over_streams()
    commands = CommandReader(source, kinds)
    threading.Thread(target=commands.read, name="commands", daemon=True).start()
    return AppLine(commands, events)


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


def plain_lines(text: str) -> list[str]:
    """What libraries print, as lines to be read: no bars of progress, no colours, no bells.

    A bar is written over and over between carriage returns, which no list and no log can show.
    """
    plain = _ESCAPES.sub("", text)
    lines = ("".join(filter(_is_shown, line)).strip() for line in re.split(r"[\r\n]+", plain))
    return [line for line in lines if line and not _BAR.search(line)]


def _is_shown(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")


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
