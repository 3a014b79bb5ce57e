"""The chart of losses: round numbers at its axes, points where their values say, its job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QLabel, QListView, QToolButton

from core.jobs.job import Cancelled, JobUpdate, Subject, SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.lora.training import LossCurve, LossPoint
from core.lora.training_set import list_training_set
from core.platform.paths import Paths
from core.studio import Studio
from core.video.lora_training import TrainingRequest
from core.video.terms import Target
from core.video.train_lora_job import KIND
from gui.background import Background
from gui.jobs import job_text
from gui.jobs.jobs_controller import JobsController
from gui.jobs.jobs_model import JobsModel
from gui.jobs.jobs_panel import JobsPanel
from gui.jobs.loss_chart import LossChart, round_losses, round_steps
from scripts.sample_training_set import write_ink_set
from tests.fakes.job_records import record
from tests.fakes.provider import QuickTrainer, entry_with
from tests.gui.children import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FALLING = LossCurve(
    200,
    learned=(LossPoint(10, 0.8), LossPoint(200, 0.3)),
    validated=(LossPoint(0, 1.0), LossPoint(200, 0.1)),
)


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        (200, (0, 50, 100, 150, 200)),
        (2000, (0, 500, 1000, 1500, 2000)),
        (7, (0, 2, 4, 6)),
        (1, (0, 1)),
    ],
)
def test_steps_are_told_in_round_strides(steps: int, wanted: tuple[int, ...]) -> None:
    assert round_steps(steps) == wanted


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0.12, 0.92, (0.15, 0.2, 0.3, 0.5, 0.7)),
        (0.81, 0.9, (0.81, 0.9)),
        (0.001, 1.2, (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)),
    ],
)
def test_losses_are_told_in_round_numbers(
    low: float, high: float, wanted: tuple[float, ...]
) -> None:
    assert round_losses(low, high) == pytest.approx(wanted)


def shown(qtbot: QtBot, curve: LossCurve) -> LossChart:
    chart = LossChart()
    qtbot.addWidget(chart)
    chart.resize(400, 240)
    chart.show()
    chart.show_curve(curve)
    return chart


def test_the_last_values_are_told_in_words(qtbot: QtBot) -> None:
    chart = shown(qtbot, FALLING)
    words = child(chart, QLabel, "loss_words")
    assert words.text() == "Step 200 of 200: loss 0.300, validation loss 0.100 (at first 1.000)"
    chart.show_curve(LossCurve(200))
    assert words.text() == "No losses yet."


def test_validation_losses_lead_from_above_left_to_below_right(qtbot: QtBot) -> None:
    chart = shown(qtbot, FALLING)
    image = chart.grab().toImage()
    link = chart.palette().color(QPalette.ColorRole.Link).rgb()
    places = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixel(x, y) == link
    ]
    assert places, "nothing is drawn"
    (left, above), (right, below) = min(places), max(places)
    assert right - left > 0.8 * image.width()
    assert below - above > 0.6 * image.height()


def test_a_curve_of_a_single_loss_is_drawn_too(qtbot: QtBot) -> None:
    blank = ink_of(shown(qtbot, LossCurve(5)).grab().toImage())
    assert ink_of(shown(qtbot, LossCurve(5, (LossPoint(0, 0.4),))).grab().toImage()) > blank


def ink_of(image: QImage) -> int:
    paper = image.pixel(image.width() - 1, image.height() - 1)
    spots = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(image.pixel(x, y) != paper for x, y in spots)


@pytest.fixture
def model(qtbot: QtBot) -> Iterator[JobsModel]:
    """A training that runs, and a render that waits."""
    background = Background()
    lora = Subject(SubjectKind.LORA, "/loras/look.safetensors")
    jobs = [record("lora", JobState.RUNNING, kind=KIND, subject=lora), record("clip")]
    model = JobsModel(lambda _: jobs, background)
    with qtbot.waitSignal(model.was_read):
        model.refresh()
    yield model
    background.close()


@pytest.fixture
def panel(qtbot: QtBot, model: JobsModel) -> JobsPanel:
    panel = JobsPanel(model)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def choose(panel: JobsPanel, row: int) -> None:
    jobs = child(panel, QListView, "jobs")
    jobs.setCurrentIndex(jobs.model().index(row, 0))


def test_losses_of_the_chosen_training_are_asked_for_and_shown(
    panel: JobsPanel, model: JobsModel
) -> None:
    asked: list[tuple[str, JobState]] = []
    heights: list[bool] = []
    panel.losses_wanted.connect(lambda job: asked.append((job.id, job.state)))
    panel.is_tall_wanted.connect(heights.append)
    choose(panel, 1)
    assert (asked, heights) == ([], [])
    choose(panel, 0)
    assert asked == [("lora", JobState.RUNNING)]
    curve = LossCurve(9, (LossPoint(3, 0.5),))
    panel.show_losses("lora", curve)
    words = child(panel, QLabel, "loss_words")
    assert words.text() == "Step 3 of 9: loss 0.500"
    model.take(JobUpdate("lora", None, Succeeded(path=Path("/loras/look.safetensors"))))
    assert asked[1:] == [("lora", JobState.SUCCEEDED)]
    assert words.isVisible()
    choose(panel, 0)
    panel.show_losses("lora", curve)
    assert [job.id for job in panel.selected] == ["clip"]
    assert not words.isVisible()
    assert heights == [True, False]


def test_losses_are_read_again_while_a_training_runs(qtbot: QtBot, panel: JobsPanel) -> None:
    choose(panel, 0)
    with qtbot.waitSignals([panel.losses_wanted] * 2, timeout=10_000):
        pass


def test_a_training_is_paused_and_goes_on(panel: JobsPanel, model: JobsModel) -> None:
    stop, retry = (child(panel, QToolButton, name) for name in ("cancel", "retry"))
    stopped: list[tuple[str, ...]] = []
    resumed: list[tuple[str, ...]] = []
    panel.cancel_wanted.connect(stopped.append)
    panel.retry_wanted.connect(resumed.append)
    choose(panel, 1)
    assert (stop.text(), stop.accessibleName()) == ("Stop", "Stop")
    choose(panel, 0)
    assert (stop.text(), stop.accessibleName()) == ("Pause job", "Pause job")
    assert "keep what is done" in stop.toolTip()
    stop.click()
    assert stopped == [("lora",)]
    model.take(JobUpdate("lora", None, Cancelled()))
    (paused,) = panel.selected
    assert job_text.status(paused) == "Paused, goes on from where it was"
    assert retry.text() == "Continue job"
    retry.click()
    assert resumed == [("lora",)]


def test_the_record_of_a_training_reaches_the_chart(qtbot: QtBot, tmp_path: Path) -> None:
    studio = Studio([entry_with(QuickTrainer())], paths=Paths.below(tmp_path / "home"))
    ink = write_ink_set(tmp_path / "ink", 2, (192, 128))
    target = Target(provider="fake", deployment="local", model="fake-full")
    plan = studio.plan_training(TrainingRequest(target, list_training_set(ink)))
    studio.queue.run_job(studio.submit_training(plan))
    background = Background()
    model = JobsModel(studio.queue.jobs, background)
    panel = JobsPanel(model)
    qtbot.addWidget(panel)
    JobsController(studio, background, parent=panel).serve(panel)
    with qtbot.waitSignal(model.was_read):
        model.refresh()
    panel.show()
    choose(panel, 0)
    words = child(panel, QLabel, "loss_words")
    qtbot.waitUntil(words.isVisible, timeout=10_000)
    assert words.text() == "Step 2 of 2: loss 0.500"
    background.close()
    studio.close()
