"""Garbage is collected by the window's own thread alone."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_LOOK_MS = 500


class GarbageCollector(QObject):
    """Takes the place of Python's own collector, which runs in whatever thread makes most objects.

    What it destroys there may be an object of Qt, which ends the process: those belong to the
    thread that made them. Python's own is never switched on again: threads of Qt that nobody here
    started outlive window and collector.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self)
        timer.timeout.connect(self.collect)
        timer.start(_LOOK_MS)

    @Slot()
    def collect(self) -> None:
        """Collect what is due by Python's own rule, the oldest generation that is."""
        collect_due()


def collect_due() -> None:
    """Collect, in this thread, the oldest generation whose count is above its threshold."""
    over = [
        generation
        for generation, (count, most) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if count > most
    ]
    if over:
        gc.collect(over[-1])
