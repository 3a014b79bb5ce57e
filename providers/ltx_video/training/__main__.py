"""The training process: `python -m providers.ltx_video.training` until its stdin closes."""

from __future__ import annotations

from core.jobs.lanes import Stage
from providers.engine.events import Began
from providers.engine.streams import open_line
from providers.ltx_video.engine.protocol import TRAIN_ORDER_JSON


def main() -> None:
    """Serve orders until the app closes the pipe."""
    commands, events = open_line(TRAIN_ORDER_JSON)
    while True:
        order = commands.orders.get()
        # Said before the libraries are loaded, which takes seconds.
        message = "Starting the engine"
        events.send(Began(number=order.number, stage=Stage.LOAD, message=message))
        from providers.ltx_video.training.loop import answer

        events.send(answer(order, commands.token(order.number), events))
        commands.forget(order.number)


if __name__ == "__main__":
    main()
