"""The engine process: `python -m providers.ltx_video.engine` makes clips until its stdin closes."""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.jobs.job import CancelToken
from core.jobs.lanes import Stage
from providers.ltx_video.engine.protocol import ORDER_JSON, Began, CancelOrder, RenderOrder
from providers.ltx_video.engine.streams import EventWriter, die_with_parent, take_over_streams

if TYPE_CHECKING:
    from typing import BinaryIO

    from providers.ltx_video.engine.pipeline_host import PipelineHost


class CommandReader:
    """Reads orders in a thread of its own, so that a cancel arrives in the midst of the work."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._tokens: dict[int, CancelToken] = {}
        self.orders: queue.Queue[RenderOrder] = queue.Queue()

    def read(self) -> None:
        """Take orders until the app closes the pipe, and end this process with it."""
        for line in self._source:
            try:
                order = ORDER_JSON.validate_json(line)
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


def main() -> None:
    """Serve orders until the app closes the pipe."""
    # The app decides what a Ctrl-C in the terminal means, and tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    source, events = take_over_streams()
    commands = CommandReader(source)
    threading.Thread(target=commands.read, name="commands", daemon=True).start()
    host: PipelineHost | None = None
    while True:
        order = commands.orders.get()
        token = commands.token(order.number)
        if host is None:
            host = _open_host(order, events)
        events.send(host.answer(order, token, events))
        commands.forget(order.number)


def _open_host(order: RenderOrder, events: EventWriter) -> PipelineHost:
    """Load the libraries, which takes seconds: said before it begins."""
    events.send(Began(number=order.number, stage=Stage.LOAD, message="Starting the engine"))
    began_at = time.monotonic()
    # Nothing that is imported becomes garbage: looking for it takes a tenth of the time.
    gc.disable()
    from providers.ltx_video.engine.pipeline_host import PipelineHost

    gc.freeze()
    gc.enable()
    return PipelineHost(began_at)


if __name__ == "__main__":
    main()
