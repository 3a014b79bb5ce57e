"""The engine process: `python -m providers.ltx_video.engine` makes clips until its stdin closes."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from core.jobs.lanes import Stage
from providers.ltx_video.engine.protocol import Began, RenderOrder
from providers.ltx_video.engine.streams import open_line

if TYPE_CHECKING:
    from providers.ltx_video.engine.pipeline_host import PipelineHost
    from providers.ltx_video.engine.streams import EventWriter


def main() -> None:
    """Serve orders until the app closes the pipe."""
    commands, events = open_line()
    host: PipelineHost | None = None
    while True:
        order = commands.orders.get()
        assert isinstance(order, RenderOrder), "LoRAs are trained in a process of their own"
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
