"""Whoever gave the engine an order follows it: its events, a wish to stop, its end."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, assert_never

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
from core.frozen import Frozen
from providers.engine.engine_process import EngineEnded, EngineProcess
from providers.engine.events import (
    Advanced,
    Began,
    CancelOrder,
    EngineOrder,
    Made,
    Refused,
    Stopped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.jobs.job import CancelToken, JobContext
    from providers.engine.progress_meter import ProgressMeter

log = logging.getLogger(__name__)

_LISTEN_S = 0.05
_TELL_TIME_S = 1.0
# A wish to stop is fulfilled within 2 s, whatever the engine is doing: asked at once, then ended.
_TERMINATE_AFTER_S = 1.2
_KILL_AFTER_S = 1.6
_SIGKILL_EXIT = -9

_ERRORS: dict[str, type[ProviderError]] = {
    "NotConfigured": NotConfigured,
    "RenderFailed": RenderFailed,
}


def events_of(
    engine: EngineProcess, order: EngineOrder, cancel: CancelToken
) -> Iterator[Began | Advanced | Made | None]:
    """Send an order and give its events as they come, None now and then; the last is its file.

    Raises:
        JobCancelled: asked to stop, and nothing works on the order any more.
        EngineCrashed: the engine process ended by itself.
        StudioError: the engine says why it cannot be done.
    """
    assert isinstance(order, Frozen), "it goes through a pipe"
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


def follow(
    engine: EngineProcess, order: EngineOrder, meter: ProgressMeter, ctx: JobContext
) -> Made:
    """Have one clip or image made, telling how far it is.

    Raises:
        JobCancelled: asked to stop, and nothing works on it any more.
        EngineCrashed: the engine process ended by itself.
        StudioError: the engine says why there is none.
    """
    preview: Path | None = None
    reported_at = time.monotonic()
    for event in events_of(engine, order, ctx.cancel):
        match event:
            case None:
                if ctx.cancel.cancelled or time.monotonic() - reported_at < _TELL_TIME_S:
                    continue
                if (passed := meter.pass_time()) is not None:
                    ctx.report(passed.model_copy(update={"preview": preview}))
            case Began():
                ctx.report(meter.begin(event.stage, event.message, is_short=event.is_short))
            case Advanced():
                progress = meter.advance(
                    event.stage, event.done, event.message, step=event.step, steps=event.steps
                )
                # Each event carries the newest picture: whoever misses one sees it in the next.
                preview = event.preview or preview
                ctx.report(progress.model_copy(update={"preview": preview}))
            case Made():
                return event
            case _:
                assert_never(event)
        reported_at = time.monotonic()
    raise AssertionError("the events of an order end with its file or an error")


def _press(engine: EngineProcess, waited_s: float) -> None:
    """Press the wish to stop harder the longer it is not heard."""
    if waited_s > _KILL_AFTER_S:
        engine.process.kill()
    elif waited_s > _TERMINATE_AFTER_S:
        engine.process.terminate()


def _error(event: Refused, order: EngineOrder) -> StudioError:
    if event.kind == "UnsupportedRequest":
        return UnsupportedRequest(event.problems)
    log.error("the engine made nothing (%s): %s", event.kind, event.traceback or event.message)
    target = str(order.plan.target)
    if event.kind == "OutOfMemory":
        return OutOfMemory(event.message, target=target, hint=event.hint, is_of_gpu=event.is_of_gpu)
    return _ERRORS[event.kind](event.message, target=target, hint=event.hint)


def _crash(engine: EngineProcess, order: EngineOrder) -> EngineCrashed:
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
    return EngineCrashed(
        f"The engine {how} {order.doing}.{said}",
        target=str(order.plan.target),
        hint=hint,
    )
