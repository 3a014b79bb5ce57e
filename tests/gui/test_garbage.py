from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.garbage import GarbageCollector

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class Knot(QObject):
    """Refers to itself, so that only a collection ends it."""

    def __init__(self, ended_in: list[threading.Thread]) -> None:
        super().__init__()
        self.itself = self
        self.ended = weakref.finalize(self, lambda: ended_in.append(threading.current_thread()))


def make_garbage() -> None:
    for _ in range(20 * gc.get_threshold()[0]):
        knot: list[object] = []
        knot.append(knot)


def test_what_a_thread_makes_is_collected_by_the_windows_own(qtbot: QtBot) -> None:
    parent = QObject()
    GarbageCollector(parent)
    ended_in: list[threading.Thread] = []
    Knot(ended_in)
    busy = threading.Thread(target=make_garbage)
    busy.start()
    busy.join()
    assert ended_in == []

    def ended() -> bool:
        # What else goes meanwhile, such as a window of an earlier test, lowers Python's count.
        make_garbage()
        return bool(ended_in)

    qtbot.waitUntil(ended, timeout=5000)
    assert ended_in == [threading.main_thread()]
    assert not gc.isenabled()
