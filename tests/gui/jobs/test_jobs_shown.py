"""What the panel shows of jobs: order, details, errors, the clip so far, at any width."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from core.jobs.job import ErrorReport, Failed, JobUpdate, Progressed, Started
from core.jobs.job_record import JobState
from core.jobs.lanes import Stage
from gui import theme
from gui.jobs import job_text
from gui.jobs.jobs_panel import JobsPanel
from gui.widgets.labels import ElidedLabel
from tests.fakes.job_records import one_of_each, record
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.jobs.job_panels import JobPanels, click, jobs_of, label_of, select, text_of, titles

if TYPE_CHECKING:
    from pathlib import Path


def test_what_runs_is_on_top_and_the_newest_end_below_what_waits(panels: JobPanels) -> None:
    jobs = one_of_each()
    later = replace(jobs[7], ended_at=jobs[0].started_at)
    panels.records = [later, *jobs[4:7], *jobs[1:4], jobs[0]]
    assert titles(panels.open()) == [
        "running", "first", "second", "third", "interrupted", "failed", "done", "cancelled",
    ]  # fmt: skip


def test_failed_job_says_why_and_what_to_do(panels: JobPanels) -> None:
    panel = panels.open()
    select(panel, "failed")
    shown = text_of(panel, "job_details_text")
    assert "The memory ran out." in shown
    assert "Choose a smaller size." in shown
    click(controls_of(panel)["copy"])
    copied = QGuiApplication.clipboard().text()
    assert copied == job_text.details(panel.selected[0], datetime.now(UTC))
    assert "Error: OutOfMemory: The memory ran out." in copied
    assert "What to do: Choose a smaller size." in copied


def test_details_show_notes_and_no_markup_of_theirs_is_obeyed(panels: JobPanels) -> None:
    panels.records = [record("a", JobState.RUNNING, title="<b>a</b>", notes=("1 < 2",))]
    panel = panels.open()
    select(panel, "a")
    shown = text_of(panel, "job_details_text")
    assert "&lt;b&gt;a" in shown
    assert "1 &lt; 2" in shown


def test_empty_lists_say_so(panels: JobPanels) -> None:
    panels.records = [record("first")]
    panel = panels.open()
    assert text_of(panel, "no_jobs") == ""
    click(controls_of(panel)["show_failed"])
    assert text_of(panel, "no_jobs") == "No job failed."
    panels.records = []
    panel = panels.open()
    assert child(panel, ElidedLabel, "queue_progress").whole_text().startswith("No jobs yet")
    assert not child(panel, QWidget, "job_halves").isVisible()


def test_interrupted_jobs_are_told_only_while_there_are_some(panels: JobPanels) -> None:
    panel = panels.open()
    assert text_of(panel, "interrupted_jobs").startswith("1 job was interrupted")
    panels.records = [record("first")]
    assert text_of(panels.open(), "interrupted_jobs") == ""


def test_choice_stays_when_the_rows_move(panels: JobPanels) -> None:
    model = panels.model()
    panel = JobsPanel(model)
    panels.qtbot.addWidget(panel)
    select(panel, "second")
    model.move("second", None)
    model.take(JobUpdate("first", None, Started()))
    assert [job.id for job in panel.selected] == ["second"]
    assert titles(panel)[:4] == ["running", "first", "third", "second"]


def pixels(panel: JobsPanel) -> QImage:
    return jobs_of(panel).grab().toImage().copy(0, 0, 400, 56)


def test_bar_is_filled_by_the_real_fraction(panels: JobPanels) -> None:
    model = panels.model()
    panel = JobsPanel(model)
    panels.qtbot.addWidget(panel)
    panel.resize(560, 420)
    panel.show()
    before = pixels(panel)
    model.take(JobUpdate("running", None, Progressed(stage=Stage.DENOISE, fraction=0.9)))
    assert pixels(panel) != before


def test_clip_so_far_is_shown_while_it_is_made(panels: JobPanels, tmp_path: Path) -> None:
    image = QPixmap(96, 64)
    image.fill(Qt.GlobalColor.magenta)
    image.save(str(tmp_path / "preview.png"))
    model = panels.model()
    panel = JobsPanel(model)
    panels.qtbot.addWidget(panel)
    panel.resize(560, 420)
    panel.show()
    select(panel, "running")
    event = Progressed(stage=Stage.DENOISE, fraction=0.5, preview=tmp_path / "preview.png")
    model.take(JobUpdate("running", None, event))
    panels.settle()
    assert label_of(panel, "job_preview").isVisible()
    assert pixels(panel).pixelColor(20, 20) == Qt.GlobalColor.magenta
    failed = Failed(error=ErrorReport(kind="RenderFailed", message="No."))
    model.take(JobUpdate("running", None, failed))
    assert not label_of(panel, "job_preview").isVisible()


@pytest.mark.parametrize("appearance", [theme.Appearance.LIGHT, theme.Appearance.DARK])
def test_it_follows_the_theme(
    panels: JobPanels, qapp: QApplication, appearance: theme.Appearance
) -> None:
    panel = panels.open()
    select(panel, "failed")
    theme.apply(qapp, appearance)
    QApplication.processEvents()
    bad = theme.tone(qapp.palette(), theme.Tone.BAD).name()
    assert bad in text_of(panel, "job_details_text")
    label = label_of(panel, "job_problem")
    assert label.palette().color(label.foregroundRole()).name() == bad


@pytest.mark.parametrize(("width", "chosen"), [(380, "lost"), (620, "failed"), (1200, "lost")])
def test_it_is_usable_at_any_width(panels: JobPanels, width: int, chosen: str) -> None:
    panel = panels.open()
    panel.resize(width, 200)
    select(panel, chosen)
    QApplication.processEvents()
    assert panel.minimumSizeHint().width() <= 380
    shown = {name: control for name, control in controls_of(panel).items() if control.isVisible()}
    assert ("order_again" in shown) == (chosen == "lost")
    for name, control in shown.items():
        assert panel.rect().contains(control.mapTo(panel, control.rect().center())), name


def test_hundreds_of_jobs_do_not_stall(panels: JobPanels, responsive: object) -> None:
    panels.records = [record(f"{number}") for number in range(300)]
    panel = panels.open()
    model = jobs_of(panel).model()
    assert model.rowCount() == 300
