from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, QThread, Slot

from core.jobs.job import JobUpdate, Notice, Progressed, Queued, Started, Succeeded
from core.jobs.lanes import Stage
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from gui.jobs.job_bridge import JobBridge
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobEvent


class Teller:
    """The part of a queue that a bridge needs, told what to say by the test."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[JobUpdate], None]] = []

    def subscribe(self, listener: Callable[[JobUpdate], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return self.listeners.clear

    def show_message(self, job_id: str, event: JobEvent) -> None:
        for listener in self.listeners:
            listener(JobUpdate(job_id, None, event))


class Listener(QObject):
    def __init__(self, bridge: JobBridge) -> None:
        super().__init__()
        self.news: list[JobUpdate] = []
        self.times: list[float] = []
        self.threads: set[QThread] = set()
        bridge.news.connect(self.on_event)

    @Slot(object)
    def on_event(self, news: JobUpdate) -> None:
        self.news.append(news)
        self.times.append(time.monotonic())
        self.threads.add(QThread.currentThread())

    def of(self, job_id: str) -> list[JobEvent]:
        return [news.event for news in self.news if news.job_id == job_id]


def at(fraction: float) -> Progressed:
    return Progressed(stage=Stage.DENOISE, fraction=fraction)


DONE = Succeeded(path=Path("clip.mp4"))


@pytest.fixture
def teller() -> Teller:
    return Teller()


@pytest.fixture
def bridge(teller: Teller, qtbot: QtBot) -> Iterator[JobBridge]:
    bridge = JobBridge(teller.subscribe)
    yield bridge
    bridge.close()


def test_events_of_other_threads_arrive_on_the_main_thread_in_order(
    bridge: JobBridge, teller: Teller, qtbot: QtBot
) -> None:
    listener = Listener(bridge)
    messages = [Queued(), Started(), Notice(message="a"), Notice(message="b"), DONE]

    def tell() -> None:
        for event in messages:
            teller.show_message("one", event)

    thread = threading.Thread(target=tell)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(listener.news) == len(messages))
    assert listener.of("one") == messages
    assert listener.threads == {QThread.currentThread()}


def test_flood_of_progress_becomes_a_trickle_and_its_last_word_is_heard(
    bridge: JobBridge, teller: Teller, qtbot: QtBot
) -> None:
    listener = Listener(bridge)
    began = time.monotonic()

    def flood(job_id: str) -> None:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            teller.show_message(job_id, at(0.5))
            time.sleep(0.0005)
        teller.show_message(job_id, at(1.0))
        teller.show_message(job_id, DONE)

    threads = [threading.Thread(target=flood, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    qtbot.waitUntil(lambda: [news.event for news in listener.news].count(DONE) == 2)
    seconds = time.monotonic() - began
    for name in ("one", "two"):
        events = listener.of(name)
        assert events[-2:] == [at(1.0), DONE]
        assert 3 <= len(events) <= seconds * 20 + 3


def test_progress_does_not_overtake_other_news(
    bridge: JobBridge, teller: Teller, qtbot: QtBot
) -> None:
    listener = Listener(bridge)
    for event in (at(0.1), Notice(message="cheaper"), at(0.2), at(0.3)):
        teller.show_message("one", event)
    qtbot.waitUntil(lambda: len(listener.news) == 3)
    assert listener.of("one") == [at(0.1), Notice(message="cheaper"), at(0.3)]


def test_nobody_is_called_back_inside_the_call_that_tells(
    bridge: JobBridge, teller: Teller, qtbot: QtBot
) -> None:
    listener = Listener(bridge)
    teller.show_message("one", Queued())
    assert listener.news == []
    qtbot.waitUntil(lambda: len(listener.news) == 1)


def test_closed_bridge_is_silent(bridge: JobBridge, teller: Teller, qtbot: QtBot) -> None:
    listener = Listener(bridge)
    teller.show_message("one", Queued())
    bridge.close()
    assert teller.listeners == []
    qtbot.wait(100)
    assert listener.news == []


def test_render_is_heard_from_its_queue_to_its_clip(tmp_path: Path, qtbot: QtBot) -> None:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path))
    bridge = JobBridge(studio.queue.subscribe)
    listener = Listener(bridge)
    request = RenderRequest(
        target=Target(provider="fake", deployment="local", model="fake-small"),
        prompt="slow ball",
        sampling=Sampling(seed=7),
    )
    job_id = studio.submit_render(studio.plan(request))
    thread = threading.Thread(target=studio.queue.run_job, args=(job_id,))
    thread.start()
    qtbot.waitUntil(lambda: any(isinstance(e, Succeeded) for e in listener.of(job_id)))
    thread.join()
    names = [event.event for event in listener.of(job_id)]
    assert names[:2] == ["queued", "started"]
    assert names.count("progressed") > 5
    fractions = [e.fraction or 0 for e in listener.of(job_id) if isinstance(e, Progressed)]
    assert fractions == sorted(fractions)
    bridge.close()
    studio.close()
