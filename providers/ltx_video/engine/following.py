"""Whoever gave the engine an order follows it: its events, a wish to stop, its end."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from core.errors import (
    EngineCrashed,
    JobCancelled,
    NotConfigured,
    OutOfMemory,
    ProviderError,
    RenderFailed,
    StudioError,
    UnsupportedRequest,
)
from providers.ltx_video.engine.engine_process import EngineEnded, EngineProcess
from providers.ltx_video.engine.protocol import Advanced, Began, CancelOrder, Made, Refused, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.protocol import ModelOrder

log = logging.getLogger(__name__)

_LISTEN_S = 0.05
# A wish to stop is fulfilled within 2 s, whatever the engine is doing: asked at once, then ended.
_TERMINATE_AFTER_S = 1.2
_KILL_AFTER_S = 1.6
_SIGKILL_EXIT = -9

_ERRORS: dict[str, type[ProviderError]] = {
    "NotConfigured": NotConfigured,
    "RenderFailed": RenderFailed,
}


def events_of(
    engine: EngineProcess, order: ModelOrder, cancel: CancelToken
) -> Iterator[Began | Advanced | Made | None]:
    """Send an order and give its events as they come, None now and then; the last is its file.

    Raises:
        JobCancelled: asked to stop, and nothing works on the order any more.
        EngineCrashed: the engine process ended by itself.
        StudioError: the engine says why it cannot be done.
    """
    engine.send(order)
    asked_at: float | None = None
    while True:
        try:
            event = engine.next_event(_LISTEN_S)
        except EngineEnded:
            if cancel.cancelled:
                raise JobCancelled from None
            raise _crash(engine, order) from None
        if cancel.cancelled and asked_at is None:
            asked_at = time.monotonic()
            engine.send(CancelOrder(number=order.number))
        elif asked_at is not None:
            _press(engine, time.monotonic() - asked_at)
        if event is None or event.number != order.number:
            yield None
            continue
        match event:
            case Began() | Advanced():
                yield event
            case Made():
                # The wish to stop may have come too late for the engine, but not for the user.
                cancel.check()
                yield event
                return
            case Stopped():
                raise JobCancelled
            case Refused():
                raise _error(event, order)


def _press(engine: EngineProcess, waited_s: float) -> None:
    """Press the wish to stop harder the longer it is not heard."""
    if waited_s > _KILL_AFTER_S:
        engine.process.kill()
    elif waited_s > _TERMINATE_AFTER_S:
        engine.process.terminate()


def _error(event: Refused, order: ModelOrder) -> StudioError:
    if event.kind == "UnsupportedRequest":
        return UnsupportedRequest(event.problems)
    log.error(
        "the engine made no clip or LoRA (%s): %s", event.kind, event.traceback or event.message
    )
    target = str(order.plan.target)
    if event.kind == "OutOfMemory":
        return OutOfMemory(event.message, target=target, hint=event.hint, is_of_gpu=event.is_of_gpu)
    return _ERRORS[event.kind](event.message, target=target, hint=event.hint)


def _crash(engine: EngineProcess, order: ModelOrder) -> EngineCrashed:
    exit_code = engine.end()
    log.error("the engine ended (%s) and said last:\n%s", exit_code, "\n".join(engine.last_words))
    hint = "It starts again with the next job. The log file has what it said last."
    if exit_code == _SIGKILL_EXIT:
        hint = (
            "Linux ends programs this way when memory runs out: close others or choose a smaller "
            "size. The engine starts again with the next job."
        )
    how = f"was ended by signal {-exit_code}" if exit_code < 0 else f"ended with code {exit_code}"
    said = f" It said last: {engine.last_words[-1]!r}." if engine.last_words else ""
    doing = "while it made the clip."
    if order.order == "train":
        doing = "while it trained the LoRA."
    elif order.order == "enhance":
        doing = "while it enhanced the prompt."
    return EngineCrashed(
        f"The engine {how} {doing}{said}",
        target=str(order.plan.target),
        hint=hint,
    )
