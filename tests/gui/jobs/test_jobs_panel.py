from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListView, QToolButton, QWidget

from core.errors import JournalError, StudioError
from core.jobs.job import (
    Cancelled,
    ErrorReport,
    Failed,
    JobUpdate,
    Progressed,
    Queued,
    Started,
    Succeeded,
)
from core.jobs.job_record import JobRecord, JobState
from core.jobs.lanes import Lane, Stage
from core.jobs.owner import Owner
from gui import theme
from gui.background import Background
from gui.jobs import job_text
from gui.jobs.job_rows import FilterButtons
from gui.jobs.jobs_controller import MoveJob
from gui.jobs.jobs_model import RECORD_ROLE, JobsModel
from gui.jobs.jobs_panel import JobsPanel
from gui.widgets.labels import ElidedLabel
from tests.fakes.job_records import one_of_each, record
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytestqt.qtbot import QtBot


LOST = record(
    "lost",
    JobState.FAILED,
    error=ErrorReport(kind="SubmitUnknown", message="No answer came.", hint="Look there."),
)


class PanelSetup:
    """Panels over a list that the test decides, with what they told."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.background = Background()
        self.records: Sequence[JobRecord] = [*one_of_each(), LOST]
        self.messages: dict[QWidget, list[Any]] = {}

    def model(self) -> JobsModel:
        model = JobsModel(lambda _: list(self.records), self.background)
        model.refresh()
        self.settle()
        return model

    def panel(self) -> JobsPanel:
        panel = JobsPanel(self.model())
        self.qtbot.addWidget(panel)
        messages: list[Any] = []
        for name in ("pause", "continue", "cancel", "retry", "move", "clear", "folder"):
            getattr(panel, f"{name}_wanted").connect(
                lambda value=None, name=name: messages.append((name, value))
            )
        panel.lost.fetch_wanted.connect(lambda *asked: messages.append(("fetch", asked)))
        panel.lost.order_wanted.connect(lambda job: messages.append(("order", job)))
        for buttons in panel.findChildren(FilterButtons):
            buttons.changed.connect(messages.append)
        self.messages[panel] = messages
        panel.resize(560, 420)
        with self.qtbot.waitActive(panel):
            panel.show()
            panel.activateWindow()
        return panel

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.background.is_idle)


@pytest.fixture
def setup(qtbot: QtBot) -> Iterator[PanelSetup]:
    setup = PanelSetup(qtbot)
    yield setup
    setup.background.close()


def panel_of(control: QWidget) -> JobsPanel:
    panel = control.window()
    assert isinstance(panel, JobsPanel)
    return panel


def click(control: QWidget) -> None:
    QTest.mouseClick(control, Qt.MouseButton.LeftButton)


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


def select(panel: JobsPanel, *job_ids: str) -> None:
    """Choose these jobs in the list."""
    jobs = jobs_of(panel)
    jobs.clearSelection()
    for row in range(jobs.model().rowCount()):
        index = jobs.model().index(row, 0)
        if index.data(RECORD_ROLE).id in job_ids:
            flag = QItemSelectionModel.SelectionFlag.Select
            jobs.selectionModel().setCurrentIndex(index, flag)


def titles(panel: JobsPanel) -> list[str]:
    model = jobs_of(panel).model()
    rows = (model.index(row, 0) for row in range(model.rowCount()))
    return [index.data().removeprefix("fake-small: ") for index in rows]


def jobs_of(panel: JobsPanel) -> QListView:
    jobs = controls_of(panel)["jobs"]
    assert isinstance(jobs, QListView)
    return jobs


def label_of(panel: JobsPanel, name: str) -> QLabel:
    label = panel.findChild(QLabel, name)
    assert label is not None
    return label


def text_of(panel: JobsPanel, name: str) -> str:
    label = label_of(panel, name)
    return label.text() if label.isVisible() else ""


def test_every_control_does_something(setup: PanelSetup) -> None:
    def seen(panel: JobsPanel) -> object:
        chosen = [job.id for job in panel.selected]
        return (list(setup.messages[panel]), chosen, QGuiApplication.clipboard().text())

    def requests(panel: JobsPanel) -> object:
        return list(setup.messages[panel])

    QGuiApplication.clipboard().setText("")
    check_every_control(
        setup.panel,
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
    setup: PanelSetup, name: str, chosen: tuple[str, ...], asked: object
) -> None:
    panel = setup.panel()
    select(panel, *chosen)
    click(controls_of(panel)[name])
    (sent,) = setup.messages[panel]
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
def test_keys_do_what_the_buttons_do(setup: PanelSetup, keys: str, chosen: str, kind: str) -> None:
    panel = setup.panel()
    jobs = jobs_of(panel)
    jobs.setFocus()
    select(panel, chosen)
    press(jobs, keys)
    assert [sent[0] for sent in setup.messages[panel]] == [kind]


def test_double_click_opens_the_folder_of_a_finished_file(setup: PanelSetup) -> None:
    clip = Path("/films/ball.mp4")
    setup.records = [record("done", JobState.SUCCEEDED, path=clip)]
    panel = setup.panel()
    viewport = jobs_of(panel).viewport()
    for act in (QTest.mouseClick, QTest.mouseDClick):
        act(viewport, Qt.MouseButton.LeftButton, pos=QPoint(60, 20))
    assert setup.messages[panel] == [("folder", clip)]


def test_menu_offers_the_same_as_the_buttons(setup: PanelSetup) -> None:
    panel = setup.panel()
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
    setup: PanelSetup, chosen: tuple[str, ...], offered: set[str]
) -> None:
    panel = setup.panel()
    select(panel, *chosen)
    buttons = {
        name
        for name, control in controls_of(panel).items()
        if isinstance(control, QToolButton) and control.isEnabled()
    }
    assert buttons - {"stop_all", "continue", "show_all", "show_active", "show_failed"} == offered


def test_what_waits_in_another_process_or_lane_is_not_passed(setup: PanelSetup) -> None:
    setup.records = [
        record("export", lane=Lane.DISK),
        record("elsewhere", owner=Owner("elsewhere", 1)),
        record("mine"),
    ]
    panel = setup.panel()
    select(panel, "mine")
    assert not controls_of(panel)["up"].isEnabled()
    assert not controls_of(panel)["down"].isEnabled()


def test_what_runs_is_on_top_and_the_newest_end_below_what_waits(setup: PanelSetup) -> None:
    jobs = one_of_each()
    later = replace(jobs[7], ended_at=jobs[0].started_at)
    setup.records = [later, *jobs[4:7], *jobs[1:4], jobs[0]]
    assert titles(setup.panel()) == [
        "running", "first", "second", "third", "interrupted", "failed", "done", "cancelled",
    ]  # fmt: skip


def test_failed_job_says_why_and_what_to_do(setup: PanelSetup) -> None:
    panel = setup.panel()
    select(panel, "failed")
    shown = text_of(panel, "job_details_text")
    assert "The memory ran out." in shown
    assert "Choose a smaller size." in shown
    click(controls_of(panel)["copy"])
    copied = QGuiApplication.clipboard().text()
    assert copied == job_text.details(panel.selected[0], datetime.now(UTC))
    assert "Error: OutOfMemory: The memory ran out." in copied
    assert "What to do: Choose a smaller size." in copied


def test_details_show_notes_and_no_markup_of_theirs_is_obeyed(setup: PanelSetup) -> None:
    setup.records = [record("a", JobState.RUNNING, title="<b>a</b>", notes=("1 < 2",))]
    panel = setup.panel()
    select(panel, "a")
    shown = text_of(panel, "job_details_text")
    assert "&lt;b&gt;a" in shown
    assert "1 &lt; 2" in shown


def test_empty_lists_say_so(setup: PanelSetup) -> None:
    setup.records = [record("first")]
    panel = setup.panel()
    assert text_of(panel, "no_jobs") == ""
    click(controls_of(panel)["show_failed"])
    assert text_of(panel, "no_jobs") == "No job failed."
    setup.records = []
    panel = setup.panel()
    assert child(panel, ElidedLabel, "queue_progress").whole_text().startswith("No jobs yet")
    assert not child(panel, QWidget, "job_halves").isVisible()


def test_interrupted_jobs_are_told_only_while_there_are_some(setup: PanelSetup) -> None:
    panel = setup.panel()
    assert text_of(panel, "interrupted_jobs").startswith("1 job was interrupted")
    setup.records = [record("first")]
    assert text_of(setup.panel(), "interrupted_jobs") == ""


def test_pause_is_seen_until_it_ends(setup: PanelSetup) -> None:
    setup.records = [record("first")]
    panel = setup.panel()
    click(controls_of(panel)["pause"])
    assert "Paused" in text_of(panel, "interrupted_jobs")
    assert setup.messages[panel] == [("pause", True)]
    click(controls_of(panel)["pause"])
    assert text_of(panel, "interrupted_jobs") == ""
    assert setup.messages[panel] == [("pause", True), ("pause", False)]


def test_problem_is_shown_until_the_next_request(setup: PanelSetup) -> None:
    panel = setup.panel()
    panel.show_problem(JournalError("It does not wait here.", hint="Look again."))
    assert text_of(panel, "job_problem") == "It does not wait here. Look again."
    click(controls_of(panel)["clear"])
    assert text_of(panel, "job_problem") == ""


def test_choice_stays_when_the_rows_move(setup: PanelSetup) -> None:
    model = setup.model()
    panel = JobsPanel(model)
    setup.qtbot.addWidget(panel)
    select(panel, "second")
    model.move("second", None)
    model.take(JobUpdate("first", None, Started()))
    assert [job.id for job in panel.selected] == ["second"]
    assert titles(panel)[:4] == ["running", "first", "third", "second"]


def test_moves_one_after_the_other_build_on_each_other(setup: PanelSetup) -> None:
    panel = setup.panel()
    select(panel, "third")
    up = controls_of(panel)["up"]
    click(up)
    click(up)
    assert setup.messages[panel] == [
        ("move", MoveJob("third", "second")),
        ("move", MoveJob("third", "first")),
    ]
    assert titles(panel)[1:4] == ["third", "first", "second"]


def pixels(panel: JobsPanel) -> QImage:
    return jobs_of(panel).grab().toImage().copy(0, 0, 400, 56)


def test_bar_is_filled_by_the_real_fraction(setup: PanelSetup) -> None:
    model = setup.model()
    panel = JobsPanel(model)
    setup.qtbot.addWidget(panel)
    panel.resize(560, 420)
    panel.show()
    before = pixels(panel)
    model.take(JobUpdate("running", None, Progressed(stage=Stage.DENOISE, fraction=0.9)))
    assert pixels(panel) != before


def test_clip_so_far_is_shown_while_it_is_made(setup: PanelSetup, tmp_path: Path) -> None:
    image = QPixmap(96, 64)
    image.fill(Qt.GlobalColor.magenta)
    image.save(str(tmp_path / "preview.png"))
    model = setup.model()
    panel = JobsPanel(model)
    setup.qtbot.addWidget(panel)
    panel.resize(560, 420)
    panel.show()
    select(panel, "running")
    event = Progressed(stage=Stage.DENOISE, fraction=0.5, preview=tmp_path / "preview.png")
    model.take(JobUpdate("running", None, event))
    setup.settle()
    assert label_of(panel, "job_preview").isVisible()
    assert pixels(panel).pixelColor(20, 20) == Qt.GlobalColor.magenta
    failed = Failed(error=ErrorReport(kind="RenderFailed", message="No."))
    model.take(JobUpdate("running", None, failed))
    assert not label_of(panel, "job_preview").isVisible()


def test_missing_image_of_the_clip_so_far_is_no_matter(setup: PanelSetup, tmp_path: Path) -> None:
    model = setup.model()
    event = Progressed(stage=Stage.DENOISE, fraction=0.5, preview=tmp_path / "gone.png")
    model.take(JobUpdate("running", None, event))
    setup.settle()
    assert model.find("running") is not None


@pytest.mark.parametrize("appearance", [theme.Appearance.LIGHT, theme.Appearance.DARK])
def test_it_follows_the_theme(
    setup: PanelSetup, qapp: QApplication, appearance: theme.Appearance
) -> None:
    panel = setup.panel()
    select(panel, "failed")
    theme.apply(qapp, appearance)
    QApplication.processEvents()
    bad = theme.tone(qapp.palette(), theme.Tone.BAD).name()
    assert bad in text_of(panel, "job_details_text")
    label = label_of(panel, "job_problem")
    assert label.palette().color(label.foregroundRole()).name() == bad


@pytest.mark.parametrize(("width", "chosen"), [(380, "lost"), (620, "failed"), (1200, "lost")])
def test_it_is_usable_at_any_width(setup: PanelSetup, width: int, chosen: str) -> None:
    panel = setup.panel()
    panel.resize(width, 200)
    select(panel, chosen)
    QApplication.processEvents()
    assert panel.minimumSizeHint().width() <= 380
    shown = {name: control for name, control in controls_of(panel).items() if control.isVisible()}
    assert ("order_again" in shown) == (chosen == "lost")
    for name, control in shown.items():
        assert panel.rect().contains(control.mapTo(panel, control.rect().center())), name


def test_hundreds_of_jobs_do_not_stall(setup: PanelSetup, responsive: object) -> None:
    setup.records = [record(f"{number}") for number in range(300)]
    panel = setup.panel()
    model = jobs_of(panel).model()
    assert model.rowCount() == 300


class Journal:
    """What a model reads, changed by the test between and during readings."""

    def __init__(self, *records: JobRecord) -> None:
        self.records = list(records)
        self.readings = 0
        self.while_reading: Callable[[], None] = lambda: None
        self.error: StudioError | None = None

    def read(self, _: int) -> Sequence[JobRecord]:
        self.readings += 1
        read = list(self.records)
        act, self.while_reading = self.while_reading, lambda: None
        act()
        if self.error is not None:
            raise self.error
        return read


def open_model(journal: Journal, background: Background, qtbot: QtBot) -> JobsModel:
    model = JobsModel(journal.read, background)
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    return model


def test_new_job_is_read_and_its_events_are_not_lost(background: Background, qtbot: QtBot) -> None:
    journal = Journal()
    model = open_model(journal, background, qtbot)
    journal.records.append(record("new"))
    for event in (Queued(), Started(), Progressed(stage=Stage.LOAD, fraction=0.3)):
        model.take(JobUpdate("new", None, event))
    qtbot.waitUntil(lambda: model.find("new") is not None)
    job = model.find("new")
    assert job is not None
    assert job.state is JobState.RUNNING
    assert job.progress == Progressed(stage=Stage.LOAD, fraction=0.3)


def test_job_that_is_queued_while_the_list_is_read_is_read_next(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal()
    model = JobsModel(journal.read, background)
    model.refresh()
    model.take(JobUpdate("new", None, Queued()))
    journal.records.append(record("new"))
    qtbot.waitUntil(lambda: model.find("new") is not None)


def test_event_during_a_reading_wins_over_what_was_read(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal(record("a", JobState.RUNNING))
    model = open_model(journal, background, qtbot)
    messages: list[str] = []
    model.message.connect(lambda line: messages.append(line.text))
    model.refresh()
    model.take(JobUpdate("a", None, Failed(error=ErrorReport(kind="RenderFailed", message="No."))))
    qtbot.waitUntil(lambda: background.is_idle)
    job = model.find("a")
    assert job is not None
    assert job.state is JobState.FAILED
    assert messages == ["Failed: fake-small: a. No."]


def test_job_that_nobody_knows_is_asked_for_once(background: Background, qtbot: QtBot) -> None:
    journal = Journal(record("a"))
    model = open_model(journal, background, qtbot)
    model.take(JobUpdate("cleared", None, Queued()))
    qtbot.waitUntil(lambda: background.is_idle)
    qtbot.wait(50)
    assert journal.readings == 2
    assert model.find("cleared") is None


def test_bar_does_not_fall_back_to_what_the_journal_knew(
    background: Background, qtbot: QtBot
) -> None:
    early = Progressed(stage=Stage.DENOISE, fraction=0.2)
    journal = Journal(record("a", JobState.RUNNING, progress=early))
    model = open_model(journal, background, qtbot)
    model.take(JobUpdate("a", None, Progressed(stage=Stage.DENOISE, fraction=0.6)))
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    job = model.find("a")
    assert job is not None
    assert job.progress is not None
    assert job.progress.fraction == 0.6


def test_numbers_are_told_when_they_change(background: Background, qtbot: QtBot) -> None:
    journal = Journal()
    model = JobsModel(journal.read, background)
    sums: list[str] = []
    model.summary_changed.connect(lambda summary: sums.append(str(summary)))
    journal.records = one_of_each()
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    model.take(JobUpdate("running", None, Progressed(stage=Stage.DENOISE, fraction=0.9)))
    model.take(JobUpdate("first", None, Started()))
    model.take(JobUpdate("first", None, Cancelled()))
    # What ended took half a minute each.
    assert sums == [
        "3 of 7 done, 1 failed, about 2 min 1 s left, 1 interrupted",
        "3 of 7 done, 1 failed, about 1 min 30 s left, 1 interrupted",
        "4 of 7 done, 1 failed, about 1 min left, 1 interrupted",
    ]


def test_unreadable_journal_is_told_and_the_list_stays(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal(record("a"))
    model = open_model(journal, background, qtbot)
    messages: list[StudioError] = []
    model.failed.connect(messages.append)
    journal.error = JournalError("The job journal cannot be used.")
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    assert messages == [journal.error]
    assert model.rowCount() == 1


def test_lost_order_has_two_ways_out_and_buys_only_what_is_not_there(setup: PanelSetup) -> None:
    panel = setup.panel()
    asked = controls_of(panel)
    assert not asked["order_again"].isVisible()
    select(panel, "failed")
    assert not asked["order_again"].isVisible()
    select(panel, "lost")
    assert asked["order_again"].isVisible()
    click(asked["order_again"])
    click(asked["fetch"])
    assert setup.messages[panel] == []
    QTest.keyClicks(asked["remote_id"], " render-17 ")
    QTest.keyClick(asked["remote_id"], Qt.Key.Key_Return)
    click(asked["missing"])
    click(asked["order_again"])
    click(asked["order_again"])
    assert setup.messages[panel] == [("fetch", ("lost", "render-17")), ("order", "lost")]
    select(panel, "failed")
    select(panel, "lost")
    assert asked["remote_id"].text() == ""


def test_stop_stands_in_the_row_of_each_job_that_has_not_ended(setup: PanelSetup) -> None:
    panel = setup.panel()
    jobs = jobs_of(panel)
    for row, job_id in ((1, "first"), (0, "running")):
        place = jobs.visualRect(jobs.model().index(row, 0))
        point = QPoint(place.right() - 20, place.center().y())
        QTest.mouseClick(jobs.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert setup.messages[panel][-1] == ("cancel", (job_id,))
        assert panel.selected == (), "the row itself is not chosen"


def test_a_job_that_has_ended_has_no_stop(setup: PanelSetup) -> None:
    setup.records = [record("done", JobState.SUCCEEDED)]
    panel = setup.panel()
    jobs = jobs_of(panel)
    place = jobs.visualRect(jobs.model().index(0, 0))
    point = QPoint(place.right() - 20, place.center().y())
    QTest.mouseClick(jobs.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert setup.messages[panel] == []
    assert [job.id for job in panel.selected] == ["done"]


def test_jobs_are_called_as_the_project_calls_them(background: Background, qtbot: QtBot) -> None:
    journal = Journal(record("a"), record("b"))
    model = open_model(journal, background, qtbot)
    names = {"a": "Scene 12: a red ball"}
    model.name_jobs(lambda job: names.get(job.id))
    qtbot.waitUntil(lambda: background.is_idle)
    assert [job.title for job in model.records] == ["Scene 12: a red ball", "fake-small: b"]
    model.name_jobs(None)
    qtbot.waitUntil(lambda: background.is_idle)
    assert [job.title for job in model.records] == ["fake-small: a", "fake-small: b"]


def test_progress_is_shown_at_once_while_the_journal_is_read(
    background: Background, qtbot: QtBot
) -> None:
    journal = Journal(record("a", JobState.RUNNING))
    model = open_model(journal, background, qtbot)
    model.refresh()
    model.take(JobUpdate("a", None, Progressed(stage=Stage.DENOISE, fraction=0.76)))
    job = model.find("a")
    assert job is not None
    assert job_text.fraction(job) == 0.76
    qtbot.waitUntil(lambda: background.is_idle)


def test_the_end_of_the_queue_is_told_once(background: Background, qtbot: QtBot) -> None:
    journal = Journal(record("a", JobState.RUNNING), record("b"))
    model = open_model(journal, background, qtbot)
    ends: list[str] = []
    model.finished.connect(lambda whole: ends.append(whole.text))
    error = ErrorReport(kind="RenderFailed", message="No.")
    model.take(JobUpdate("a", None, Succeeded(path=Path("/films/a.mp4"))))
    assert ends == []
    model.take(JobUpdate("b", None, Started()))
    model.take(JobUpdate("b", None, Failed(error=error)))
    model.refresh()
    qtbot.waitUntil(lambda: background.is_idle)
    assert len(ends) == 1
    assert ends[0].startswith("1 done, 1 failed, in ")
