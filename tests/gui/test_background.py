from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from core.errors import StudioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import CancelToken
    from gui.background import Background


class Listener:
    """Says where it ends, as a widget would end there."""

    def __init__(self, ended_in: list[str]) -> None:
        self.heard: list[object] = []
        self._ended_in = ended_in

    def on_event(self, what: object) -> None:
        self.heard.append(what)

    def __del__(self) -> None:
        self._ended_in.append(threading.current_thread().name)


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < end, "it never came true"
        QCoreApplication.processEvents()
        time.sleep(0.001)


def test_results_and_errors_arrive_on_the_main_thread(background: Background) -> None:
    heard: list[object] = []

    def fail(_: CancelToken) -> object:
        raise StudioError("It went wrong.")

    def refuse(_: CancelToken) -> object:
        raise PermissionError(13, "Not allowed")

    def on_event(what: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        heard.append(str(what))

    background.run(lambda _: threading.current_thread().name, on_event, on_event)
    background.run(fail, on_event, on_event)
    background.run(refuse, on_event, on_event)
    background.run(lambda _: None, on_event, on_event)
    wait_until(lambda: background.is_idle)
    assert threading.main_thread().name not in heard
    assert {"It went wrong.", "[Errno 13] Not allowed", "None"} < set(map(str, heard))


def test_of_works_with_one_key_only_the_newest_is_delivered(background: Background) -> None:
    listener = Listener([])
    for number in range(20):
        background.run(lambda _, n=number: n, listener.on_event, listener.on_event, key="same")
    wait_until(lambda: background.is_idle)
    assert listener.heard == [19]


def test_who_listens_never_ends_in_another_thread(background: Background) -> None:
    ended_in: list[str] = []
    for _ in range(200):
        listener = Listener(ended_in)
        background.run(lambda _: 1, listener.on_event, listener.on_event)
        del listener
        QCoreApplication.processEvents()
    wait_until(lambda: len(ended_in) == 200)
    assert set(ended_in) == {threading.main_thread().name}


def test_nothing_arrives_after_the_end(background: Background) -> None:
    listener = Listener([])
    token = background.run(lambda cancel: cancel.wait(5), listener.on_event, listener.on_event)
    background.close()
    assert token.cancelled
    QCoreApplication.processEvents()
    assert listener.heard == []


class Thing:
    """Something that a work gives."""


def test_nothing_of_what_was_overtaken_is_kept(background: Background) -> None:
    alive: weakref.WeakSet[Thing] = weakref.WeakSet()

    def make(_: CancelToken) -> Thing:
        thing = Thing()
        alive.add(thing)
        return thing

    heard: list[object] = []
    for _ in range(200):
        background.run(make, lambda _: heard.append("made"), heard.append, key="thing")
        time.sleep(0.0005)
    wait_until(lambda: background.is_idle)

    assert heard
    wait_until(lambda: not alive)
