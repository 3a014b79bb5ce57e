"""The panel of jobs: what its buttons and keys ask for, and when they are offered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView, QToolButton, QWidget

from core.errors import JournalError
from core.jobs.job import ErrorReport
from core.jobs.job_record import JobState
from core.jobs.lanes import Lane
from core.jobs.owner import Owner
from gui.jobs.jobs_controller import MoveJob
from gui.jobs.jobs_panel import JobsPanel
from tests.fakes.job_records import record
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.jobs.job_panels import JobPanels, click, jobs_of, select, text_of, titles

if TYPE_CHECKING:
    from collections.abc import Callable


def panel_of(control: QWidget) -> JobsPanel:
    panel = control.window()
    assert isinstance(panel, JobsPanel)
    return panel


def press(widget: QWidget, keys: str) -> None:
    QTest.keySequence(widget.window().windowHandle(), QKeySequence(keys))


def click_with(*job_ids: str) -> Callable[[QWidget], None]:
    def act(control: QWidget) -> None:
        select(panel_of(control), *job_ids)
        click(control)

    return act


def type_with(*job_ids: str) -> Callable[[QWidget], None]:
    def act(control: QWidget) -> None:
        select(panel_of(control), *job_ids)
        QTest.keyClicks(control, "render-17")

    return act


def find_and_click(control: QWidget) -> None:
    panel = panel_of(control)
    select(panel, "lost")
    QTest.keyClicks(controls_of(panel)["remote_id"], " render-17 ")
    click(control)


def look_and_click(control: QWidget) -> None:
    panel = panel_of(control)
    select(panel, "lost")
    click(controls_of(panel)["missing"])
    click(control)


def can_fetch(panel: JobsPanel) -> object:
    return controls_of(panel)["fetch"].isEnabled()


def can_order(panel: JobsPanel) -> object:
    return controls_of(panel)["order_again"].isEnabled()


def click_row(control: QWidget) -> None:
    assert isinstance(control, QListView)
    QTest.mouseClick(control.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, 20))


def test_every_control_does_something(panels: JobPanels) -> None:
    def seen(panel: JobsPanel) -> object:
        chosen = [job.id for job in panel.selected]
        return (list(panels.messages[panel]), chosen, QGuiApplication.clipboard().text())

    def requests(panel: JobsPanel) -> object:
        return list(panels.messages[panel])

    QGuiApplication.clipboard().setText("")
    check_every_control(
        panels.open,
        [
            ControlCase("pause", click, requests),
            ControlCase("show_all", click, requests),
            ControlCase("show_active", click, titles),
            ControlCase("show_failed", click, titles),
            ControlCase("up", click_with("second"), titles),
            ControlCase("down", click_with("second"), titles),
            ControlCase("cancel", click_with("running"), requests),
            ControlCase("stop_all", click, requests),
            ControlCase("retry", click_with("failed"), requests),
            ControlCase("folder", click_with("done"), requests),
            ControlCase("copy", click_with("failed"), seen),
            ControlCase("clear", click, requests),
            ControlCase("continue", click, requests),
            ControlCase("jobs", click_row, seen),
            ControlCase("remote_id", type_with("lost"), can_fetch),
            ControlCase("fetch", find_and_click, requests),
            ControlCase("missing", click_with("lost"), can_order),
            ControlCase("order_again", look_and_click, requests),
            ControlCase("strike", look_and_click, requests),
        ],
    )


@pytest.mark.parametrize(
    ("name", "chosen", "asked"),
    [
        ("pause", (), ("pause", True)),
        ("continue", (), ("continue", None)),
        ("clear", (), ("clear", None)),
        ("stop_all", (), ("cancel", ("running", "first", "second", "third", "interrupted"))),
        ("cancel", ("running", "second", "done"), ("cancel", ("running", "second"))),
        ("cancel", ("interrupted",), ("cancel", ("interrupted",))),
        ("retry", ("failed", "interrupted", "done", "cancelled"), None),
        ("up", ("second",), ("move", MoveJob("second", "first"))),
        ("up", ("third",), ("move", MoveJob("third", "second"))),
        ("down", ("first",), ("move", MoveJob("first", "third"))),
        ("down", ("second",), ("move", MoveJob("second", None))),
    ],
)
def test_button_sends_the_request_for_what_is_chosen(
    panels: JobPanels, name: str, chosen: tuple[str, ...], asked: object
) -> None:
    panel = panels.open()
    select(panel, *chosen)
    click(controls_of(panel)[name])
    (sent,) = panels.messages[panel]
    if asked is None:
        assert isinstance(sent, tuple)
        assert sent[0] == "retry"
        assert set(sent[1]) == {"failed", "interrupted", "cancelled"}
    else:
        assert sent == asked


@pytest.mark.parametrize(
    ("keys", "chosen", "kind"),
    [
        ("Del", "running", "cancel"),
        ("Ctrl+R", "failed", "retry"),
        ("Alt+Up", "second", "move"),
        ("Alt+Down", "second", "move"),
        ("Ctrl+Return", "done", "folder"),
        ("Ctrl+Del", "done", "clear"),
        ("Ctrl+Shift+Del", "done", "cancel"),
    ],
)
def test_keys_do_what_the_buttons_do(panels: JobPanels, keys: str, chosen: str, kind: str) -> None:
    panel = panels.open()
    jobs = jobs_of(panel)
    jobs.setFocus()
    select(panel, chosen)
    press(jobs, keys)
    assert [sent[0] for sent in panels.messages[panel]] == [kind]


def test_double_click_opens_the_folder_of_a_finished_file(panels: JobPanels) -> None:
    clip = Path("/films/ball.mp4")
    panels.records = [record("done", JobState.SUCCEEDED, path=clip)]
    panel = panels.open()
    viewport = jobs_of(panel).viewport()
    for act in (QTest.mouseClick, QTest.mouseDClick):
        act(viewport, Qt.MouseButton.LeftButton, pos=QPoint(60, 20))
    assert panels.messages[panel] == [("folder", clip)]


def test_menu_offers_the_same_as_the_buttons(panels: JobPanels) -> None:
    panel = panels.open()
    jobs = jobs_of(panel)
    assert jobs.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    names = {action.text() for action in jobs.actions()}
    assert {"Stop", "Try again", "Move up", "Move down", "Copy details"} <= names


@pytest.mark.parametrize(
    ("chosen", "offered"),
    [
        ((), {"clear", "pause"}),
        (("running",), {"cancel", "copy", "clear", "pause"}),
        (("first",), {"down", "cancel", "copy", "clear", "pause"}),
        (("third",), {"up", "cancel", "copy", "clear", "pause"}),
        (("first", "second"), {"cancel", "copy", "clear", "pause"}),
        (("failed",), {"retry", "copy", "clear", "pause"}),
        (("done",), {"folder", "copy", "clear", "pause"}),
        (("interrupted",), {"cancel", "retry", "copy", "clear", "pause"}),
    ],
)
def test_only_what_can_be_done_is_offered(
    panels: JobPanels, chosen: tuple[str, ...], offered: set[str]
) -> None:
    panel = panels.open()
    select(panel, *chosen)
    buttons = {
        name
        for name, control in controls_of(panel).items()
        if isinstance(control, QToolButton) and control.isEnabled()
    }
    assert buttons - {"stop_all", "continue", "show_all", "show_active", "show_failed"} == offered


def test_what_waits_in_another_process_or_lane_is_not_passed(panels: JobPanels) -> None:
    panels.records = [
        record("export", lane=Lane.DISK),
        record("elsewhere", owner=Owner("elsewhere", 1)),
        record("mine"),
    ]
    panel = panels.open()
    select(panel, "mine")
    assert not controls_of(panel)["up"].isEnabled()
    assert not controls_of(panel)["down"].isEnabled()


def test_pause_is_seen_until_it_ends(panels: JobPanels) -> None:
    panels.records = [record("first")]
    panel = panels.open()
    click(controls_of(panel)["pause"])
    assert "Paused" in text_of(panel, "interrupted_jobs")
    assert panels.messages[panel] == [("pause", True)]
    click(controls_of(panel)["pause"])
    assert text_of(panel, "interrupted_jobs") == ""
    assert panels.messages[panel] == [("pause", True), ("pause", False)]


def test_problem_is_shown_until_the_next_request(panels: JobPanels) -> None:
    panel = panels.open()
    panel.show_problem(JournalError("It does not wait here.", hint="Look again."))
    assert text_of(panel, "job_problem") == "It does not wait here. Look again."
    click(controls_of(panel)["clear"])
    assert text_of(panel, "job_problem") == ""


def test_moves_one_after_the_other_build_on_each_other(panels: JobPanels) -> None:
    panel = panels.open()
    select(panel, "third")
    up = controls_of(panel)["up"]
    click(up)
    click(up)
    assert panels.messages[panel] == [
        ("move", MoveJob("third", "second")),
        ("move", MoveJob("third", "first")),
    ]
    assert titles(panel)[1:4] == ["third", "first", "second"]


def test_no_id_is_asked_for_where_nobody_keeps_what_was_made(panels: JobPanels) -> None:
    error = ErrorReport(kind="AnswerLost", message="No answer came.", hint="Look there.")
    panels.records = [record("image", JobState.FAILED, error=error, ticket="before the order")]
    panel = panels.open()
    select(panel, "image")
    asked = controls_of(panel)
    assert not asked["remote_id"].isVisible()
    assert not asked["fetch"].isVisible()
    click(asked["missing"])
    click(asked["order_again"])
    click(asked["missing"])
    click(asked["strike"])
    assert panels.messages[panel] == [("order", "image"), ("strike", "image")]


def test_lost_order_has_two_ways_out_and_buys_only_what_is_not_there(panels: JobPanels) -> None:
    panel = panels.open()
    asked = controls_of(panel)
    assert not asked["order_again"].isVisible()
    select(panel, "failed")
    assert not asked["order_again"].isVisible()
    select(panel, "lost")
    assert asked["order_again"].isVisible()
    click(asked["order_again"])
    click(asked["fetch"])
    assert panels.messages[panel] == []
    QTest.keyClicks(asked["remote_id"], " render-17 ")
    QTest.keyClick(asked["remote_id"], Qt.Key.Key_Return)
    click(asked["missing"])
    click(asked["order_again"])
    click(asked["order_again"])
    assert panels.messages[panel] == [("fetch", ("lost", "render-17")), ("order", "lost")]
    click(asked["strike"])
    click(asked["missing"])
    click(asked["strike"])
    click(asked["strike"])
    assert panels.messages[panel][2:] == [("strike", "lost")]
    select(panel, "failed")
    select(panel, "lost")
    assert asked["remote_id"].text() == ""


def test_stop_stands_in_the_row_of_each_job_that_has_not_ended(panels: JobPanels) -> None:
    panel = panels.open()
    jobs = jobs_of(panel)
    for row, job_id in ((1, "first"), (0, "running")):
        place = jobs.visualRect(jobs.model().index(row, 0))
        point = QPoint(place.right() - 20, place.center().y())
        QTest.mouseClick(jobs.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert panels.messages[panel][-1] == ("cancel", (job_id,))
        assert panel.selected == (), "the row itself is not chosen"


def test_a_job_that_has_ended_has_no_stop(panels: JobPanels) -> None:
    panels.records = [record("done", JobState.SUCCEEDED)]
    panel = panels.open()
    jobs = jobs_of(panel)
    place = jobs.visualRect(jobs.model().index(0, 0))
    point = QPoint(place.right() - 20, place.center().y())
    QTest.mouseClick(jobs.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert panels.messages[panel] == []
    assert [job.id for job in panel.selected] == ["done"]
