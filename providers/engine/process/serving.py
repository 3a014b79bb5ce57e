"""What the process of an engine does: it serves orders until the app closes the pipe."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.jobs.lanes import Stage
from providers.engine.events import Began, EngineOrder
from providers.engine.streams import open_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from pydantic import TypeAdapter

    from core.jobs.job import CancelToken
    from providers.engine.events import CancelOrder, Event
    from providers.engine.streams import EventWriter

Order = TypeVar("Order", bound=EngineOrder)
_Answered = TypeVar("_Answered", bound=EngineOrder, contravariant=True)


class EngineHost(Protocol[_Answered]):
    """Holds a loaded model between orders."""

    def answer(self, order: _Answered, cancel: CancelToken, events: EventWriter) -> Event:
        """Do it, or say why it cannot be done; never raises."""
        ...


def serve(
    kinds: TypeAdapter[Order | CancelOrder], open_host: Callable[[float], EngineHost[Order]]
) -> NoReturn:
    """Serve orders.

    Args:
        kinds: reads them.
        open_host: loads the libraries, which takes seconds; given the time at which that began, by
            the monotonic clock.
    """
    commands, events = open_line(kinds)
    host: EngineHost[Order] | None = None
    while True:
        order = commands.orders.get()
        token = commands.token(order.number)
        if host is None:
            events.send(Began(number=order.number, stage=Stage.LOAD, message="Starting the engine"))
            began_at = time.monotonic()
            # Nothing that is imported becomes garbage: looking for it takes a tenth of the time.
            gc.disable()
            host = open_host(began_at)
            gc.freeze()
            gc.enable()
        events.send(host.answer(order, token, events))
        commands.forget(order.number)
