"""How long a widget takes to draw itself while somebody scrolls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractItemView


def slowest_frame_s(view: QAbstractItemView, *, steps: int = 60) -> float:
    """Scroll from top to bottom; the longest that one step kept the main thread.

    What another process takes of the processor is not counted.
    """
    bar = view.verticalScrollBar()
    slowest = 0.0
    for step in range(steps + 1):
        before = time.thread_time()
        bar.setValue(bar.maximum() * step // steps)
        view.viewport().repaint()
        QApplication.processEvents()
        slowest = max(slowest, time.thread_time() - before)
    return slowest
