"""The window is closed while a service makes a clip, opened anew, and has bought it once.

At every service and at three moments: before the answer to the order, before the first word on how
far it is, and in the middle of the download.
"""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QLineEdit, QListView, QMessageBox, QPushButton, QToolButton

from core.errors import SubmitUnknown
from core.jobs.job import Progressed
from core.jobs.job_record import JobState
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.video.terms import OutputKind
from gui.jobs.lost_order import LostOrder
from providers import PROVIDERS
from tests.fakes.services.every_service import SERVICES, Service
from tests.gui.children import child
from tests.gui.operating import choose_row, click, write
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobUpdate
    from tests.fakes.services.stub_service import StubService
    from tests.gui.whole_window import BoxAnswers

CLOSES_WITHIN_S = 4.0
"""The answer to an order is waited for a little; nothing else is."""


class Moment(Enum):
    """When the window is closed."""

    ANSWER = "before the answer"
    POLL = "before the first poll"
    DOWNLOAD = "during the download"


@pytest.fixture(params=SERVICES, ids=lambda service: str(service.target))
def place(request: pytest.FixtureRequest) -> Service:
    return request.param


@pytest.fixture
def service(
    place: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StubService[Any, Any]]:
    with place.serve(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def open_it(place: Service, tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[[], OpenWindow]]:
    windows: list[OpenWindow] = []

    def make() -> OpenWindow:
        windows.append(OpenWindow(tmp_path / "home", qtbot, place.entry()))
        return windows[-1]

    yield make
    for window in windows:
        window.close()


def test_no_place_is_left_out() -> None:
    infos = [entry.info for entry in PROVIDERS]
    elsewhere = {one for one in infos if not one.is_local and OutputKind.VIDEO in one.makes}
    assert {service.entry().info for service in SERVICES} == elsewhere


@pytest.mark.parametrize("moment", Moment)
def test_what_was_ordered_before_the_window_was_closed_is_one_purchase_and_one_take(
    place: Service,
    service: StubService[Any, Any],
    open_it: Callable[[], OpenWindow],
    answers: BoxAnswers,
    moment: Moment,
) -> None:
    window = open_it()
    window.begin(place.target, place.frame)
    come_to(moment, window, service)
    close(window)
    (record,) = window.window.studio.queue.jobs()
    assert (record.state, bool(record.ticket)) == (JobState.INTERRUPTED, True)
    assert window.window.studio.ledger.spent_usd() == pytest.approx(place.bill_usd)
    be_quick(service)

    again = open_it()
    again.until(lambda: again.window.project_model)
    if moment is Moment.ANSWER and place.bill_usd:
        warned_of_a_second_one(again, service, answers)
        look_for_it(again, service)
    again.until(lambda: again.num_takes() == [1])
    project = again.model.project
    (take,) = project.takes_of(project.scenes[0].id).takes
    assert probe_clip(again.folder / take.path).num_frames > 1
    assert service.purchases == 1
    assert not any(job.is_cancelled for job in service.jobs.values())
    ledger = again.window.studio.ledger
    assert ledger.spent_usd() == pytest.approx(place.bill_usd)
    assert len(ledger.purchases()) == (1 if place.bill_usd else 0)


def come_to(moment: Moment, window: OpenWindow, service: StubService[Any, Any]) -> None:
    """Order the clip, and wait for that moment."""
    habits, seen = service.habits, list[Progressed]()

    def listen(update: JobUpdate) -> None:
        if isinstance(update.event, Progressed):
            seen.append(update.event)

    window.window.studio.queue.subscribe(listen)
    habits.stalls_answers = moment is Moment.ANSWER
    # Who asked is gone by then, as the process of a window is.
    habits.drops_answers = 1 if moment is Moment.ANSWER else 0
    habits.stalls_questions = moment is Moment.POLL
    habits.polls_until_done = 1
    habits.drip_s = 0.4 if moment is Moment.DOWNLOAD else 0.0
    click(child(window.tab, QToolButton, "render_this"))
    match moment:
        case Moment.ANSWER:
            window.until(lambda: service.purchases)
        case Moment.POLL:
            window.until(lambda: service.questions)
        case Moment.DOWNLOAD:
            window.until(lambda: any(is_of_download(event) for event in seen))


def is_of_download(event: Progressed) -> bool:
    # Where the clip comes with the answer to a question, that is its download.
    return event.stage is Stage.DOWNLOAD or (event.fraction or 0) > 0.8735


def close(window: OpenWindow) -> None:
    """Close it by its close button; nothing of it works on."""
    began = time.monotonic()
    assert window.window.close()
    assert time.monotonic() - began < CLOSES_WITHIN_S
    assert not any(thread.isRunning() for thread in window.window.findChildren(QThread))
    assert window.window.isHidden()


def be_quick(service: StubService[Any, Any]) -> None:
    habits = service.habits
    habits.stalls_answers = habits.stalls_questions = False
    habits.drip_s, habits.polls_until_done = 0.0, 0


def warned_of_a_second_one(
    window: OpenWindow, service: StubService[Any, Any], answers: BoxAnswers
) -> None:
    """Whoever renders the scene once more is told that it may be bought already."""
    queue = window.window.studio.queue
    window.until(lambda: queue.jobs()[0].state is JobState.FAILED)
    answers.button = QMessageBox.StandardButton.Cancel
    click(child(window.tab, QToolButton, "render_this"))
    window.until(lambda: answers.heard and "may be bought already" in answers.heard[-1])
    answers.button = QMessageBox.StandardButton.Ok
    assert service.purchases == 1
    assert len(queue.jobs()) == 1


def look_for_it(window: OpenWindow, service: StubService[Any, Any]) -> None:
    """As the window asks a person to: find the render in the account, and give its id."""
    queue = window.window.studio.queue
    window.until(lambda: queue.jobs()[0].state is JobState.FAILED)
    (record,) = queue.jobs()
    assert record.error is not None
    assert record.error.kind == SubmitUnknown.__name__
    assert service.purchases == 1, "it is never ordered again by itself"
    jobs = child(window.window, QListView, "jobs")
    window.until(lambda: jobs.model().rowCount())
    choose_row(0)(jobs)
    lost = child(window.window, LostOrder)
    window.until(lost.isVisible)
    write(service.last.id.rpartition("/")[2])(child(lost, QLineEdit, "remote_id"))
    click(child(lost, QPushButton, "fetch"))
