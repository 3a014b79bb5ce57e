"""What a failure in torch, diffusers or the file system means to the user."""

# pyright: standard

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import torch

from core.errors import JobCancelled, StudioError, UnsupportedRequest
from providers.engine.events import Refused, Stopped
from providers.engine.streams import plain_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.engine.events import EngineOrder, Event

_MOST_LETTERS = 20_000
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "bad_alloc")


class DamagedModel(Exception):
    """A file of the model is missing, cut off or of the wrong kind."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class NoWords(StudioError):
    """An enhancer wrote nothing."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The prompt enhancer of {label} wrote nothing. Change the prompt or the seed, or "
            "leave the enhancement out."
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of the machine or of the accelerator, was too small."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _MEMORY_WORDS)


def translate(work: Callable[[], Event], order: EngineOrder) -> Event:
    """What the work gives, or why it gives nothing, as the app is told it."""
    try:
        return work()
    except JobCancelled:
        return Stopped(number=order.number)
    except Exception as error:  # noqa: BLE001 - it is told, with its traceback
        # The app writes it to the log: this process has none.
        where = traceback.format_exc()[-_MOST_LETTERS:]
        return _refusal(error, order).model_copy(update={"traceback": where})


def _refusal(error: Exception, order: EngineOrder) -> Refused:
    label = order.plan.spec.label
    if isinstance(error, UnsupportedRequest):
        return Refused(
            number=order.number,
            kind="UnsupportedRequest",
            message=error.message,
            problems=error.problems,
        )
    if isinstance(error, DamagedModel):
        return Refused(
            number=order.number,
            kind="NotConfigured",
            message=f"{label} cannot be loaded: {error.file} is damaged or missing "
            f"({error.reason}).",
            hint=order.repair,
        )
    if is_out_of_memory(error):
        is_of_gpu = isinstance(error, torch.OutOfMemoryError)
        where = "graphics memory" if is_of_gpu else "memory"
        return Refused(
            number=order.number,
            kind="OutOfMemory",
            message=f"{label} ran out of {where} {order.amount}.",
            hint=f"Choose {order.smaller}, or close other programs.",
            is_of_gpu=is_of_gpu,
        )
    if isinstance(error, StudioError):
        message = error.message
    elif isinstance(error, OSError):
        message = f"{label} could not write its file: {error.strerror or error}."
    else:
        said = " ".join(plain_lines(str(error)))
        message = f"{label} stopped with {type(error).__name__}: {said}"
    return Refused(
        number=order.number,
        kind="RenderFailed",
        message=message,
        hint="Try again; if it happens again, the log file has the details.",
    )
