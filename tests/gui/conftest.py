"""The window's tests: no screen, no sound device, and no main thread that stalls."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

# Before anything of Qt is loaded. A test of the real window sets its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from gui.stalls import StallWatch

LONGEST_STALL_S = 0.1


@pytest.fixture
def responsive(qtbot: QtBot) -> Iterator[StallWatch]:
    """Fails the test when the main thread was busy for more than 100 ms at a stretch."""
    from PySide6.QtCore import QCoreApplication, QEvent

    from gui.stalls import StallWatch

    # What other tests left behind is cleared away before: Qt's widgets, and what makes each of
    # Python's collections slow.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    gc.collect()
    gc.freeze()
    watch = StallWatch()
    yield watch
    watch.close()
    gc.unfreeze()
    assert watch.longest_s <= LONGEST_STALL_S, (
        f"the main thread was busy for {watch.longest_s * 1000:.0f} ms"
    )
