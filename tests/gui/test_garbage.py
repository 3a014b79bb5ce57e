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


class Marked:
    """Something that can be told to have ended."""


def make_garbage() -> None:
    for _ in range(20 * gc.get_threshold()[0]):
        knot: list[object] = []
        knot.append(knot)


def test_what_a_thread_makes_is_collected_by_the_windows_own(qtbot: QtBot) -> None:
    collector = GarbageCollector()
    ended_in: list[threading.Thread] = []
    Knot(ended_in)
    busy = threading.Thread(target=make_garbage)
    busy.start()
    busy.join()
    assert ended_in == []
    qtbot.waitUntil(lambda: bool(ended_in), timeout=5000)
    assert ended_in == [threading.main_thread()]
    collector.close()
    assert gc.isenabled()


def test_without_it_the_thread_itself_would_collect() -> None:
    ended_in: list[threading.Thread] = []
    gc.enable()
    thing: list[object] = []
    thing.append(thing)
    marked = Marked()
    weakref.finalize(marked, lambda: ended_in.append(threading.current_thread()))
    thing.append(marked)
    del thing, marked
    busy = threading.Thread(target=make_garbage)
    busy.start()
    busy.join()
    assert ended_in == [busy]
