"""One order on its way through an engine: its stages, what is told of them, what they took."""

# pyright: standard

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

import torch

from core.jobs.lanes import Stage
from providers.engine.events import Advanced, Began, EngineOrder, StageFigures
from providers.engine.process.torch_memory import forget_peaks, ram_peak_gb, vram_peak_gb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.jobs.job import CancelToken
    from providers.engine.streams import EventWriter

Order = TypeVar("Order", bound=EngineOrder)


class OrderRun(Generic[Order]):
    """The stage that an order is in, what is told about it, and what each stage took."""

    def __init__(self, order: Order, cancel: CancelToken, events: EventWriter) -> None:
        self.order = order
        self.cancel = cancel
        self._figures: dict[Stage, StageFigures] = {}
        self._events = events
        self._stage = Stage.LOAD
        self._is_short = False
        self._started = 0.0
        self._sent: Began | Advanced | None = None

    @property
    def figures(self) -> tuple[StageFigures, ...]:
        """What each stage took so far."""
        return tuple(self._figures.values())

    def was_short(self, stage: Stage) -> bool:
        """Whether a stage that comes once more had nothing to do before."""
        return stage in self._figures and self._figures[stage].is_short

    @contextmanager
    def stage(
        self,
        stage: Stage,
        *,
        is_short: bool = False,
        message: str = "",
        began_at: float | None = None,
    ) -> Iterator[None]:
        """Do what belongs to a stage; see `begin`.

        Raises:
            JobCancelled: asked to stop, before it or when it is done.
        """
        self.begin(stage, is_short=is_short, message=message, began_at=began_at)
        yield
        self.end()

    def begin(
        self,
        stage: Stage,
        *,
        is_short: bool = False,
        message: str = "",
        began_at: float | None = None,
    ) -> None:
        """Say that a stage begins.

        Args:
            stage: of the work.
            is_short: whether there is nothing to do.
            message: in words.
            began_at: by the monotonic clock, where that is not now.

        Raises:
            JobCancelled: asked to stop.
        """
        self.cancel.check()
        self._stage, self._is_short = stage, is_short
        self._send(Began(number=self.order.number, stage=stage, is_short=is_short, message=message))
        forget_peaks()
        self._started = time.monotonic() if began_at is None else began_at

    def end(self) -> None:
        """The present stage is done.

        Raises:
            JobCancelled: asked to stop.
        """
        if torch.cuda.is_available():
            # What a GPU still works on would count as the next stage's.
            torch.cuda.synchronize()
        stage = self._stage
        earlier = self._figures.get(stage)
        self._figures[stage] = StageFigures(
            stage=stage,
            seconds=time.monotonic() - self._started + (earlier.seconds if earlier else 0.0),
            is_short=self._is_short,
            vram_gb=max(vram_peak_gb(), earlier.vram_gb if earlier else 0.0),
            ram_gb=max(ram_peak_gb(), earlier.ram_gb if earlier else 0.0),
        )
        self.cancel.check()

    def on_step(self, done: float, step: int, steps: int, preview: Path | None) -> None:
        """A step of the sampler is done; `preview` is a picture of what is made so far."""
        self._send(
            Advanced(
                number=self.order.number,
                stage=self._stage,
                done=min(1.0, done),
                message=f"Step {step} of {steps}",
                step=step,
                steps=steps,
                preview=preview,
            )
        )

    def on_progress(self, done: float, message: str = "") -> None:
        """So much of the stage is done.

        Raises:
            JobCancelled: asked to stop.
        """
        self.cancel.check()
        self.tell(done, message)

    def tell(self, done: float, message: str) -> None:
        """The same where it cannot stop."""
        self._send(
            Advanced(
                number=self.order.number, stage=self._stage, done=min(1.0, done), message=message
            )
        )

    def _send(self, event: Began | Advanced) -> None:
        # Work goes on where no more can be counted, such as sound behind the last frame.
        if event != self._sent:
            self._sent = event
            self._events.send(event)
