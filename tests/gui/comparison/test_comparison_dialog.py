"""The dialog that compares models: what can be ticked, what it costs, and the page at the end."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QWidget

from core.comparison.report.comparison import TargetState, read_comparison
from core.jobs.job import SubjectKind, Succeeded
from core.jobs.job_record import JobState
from core.video.terms import Target
from gui.comparison.comparison_dialog import ComparisonDialog
from gui.widgets.file_field import FileField
from tests.gui.children import child
from tests.gui.controls import ControlCase, Heard, check_every_control
from tests.gui.dropping import drop, files
from tests.gui.operating import answer_with, choose_index, click, step_up, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobUpdate
    from core.studio import Studio
    from gui.ui_watchdog import UiWatchdog
    from tests.gui.whole_window import BoxAnswers

WITHIN_MS = 60_000
SMALL = Target.parse("fake/local/fake-small")
FULL = Target.parse("fake/local/fake-full")
BIG = Target.parse("fake/local/fake-big")


@pytest.fixture
def dialog(qtbot: QtBot, studio: Studio) -> Iterator[ComparisonDialog]:
    """A dialog that has looked at the models, and hears of every job."""
    dialog = ComparisonDialog(studio)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: SMALL in dialog.targets.ready, timeout=WITHIN_MS)
    yield dialog
    dialog.close_down()


@pytest.fixture
def pages(studio: Studio) -> Iterator[list[Path]]:
    """The pages of comparisons that are done."""
    found: list[Path] = []

    def listen(update: JobUpdate) -> None:
        is_page = update.subject is not None and update.subject.kind is SubjectKind.COMPARISON
        if is_page and isinstance(update.event, Succeeded):
            found.append(update.event.path)

    unsubscribe = studio.queue.subscribe(listen)
    yield found
    unsubscribe()


@pytest.fixture
def working(studio: Studio) -> Callable[[], None]:
    """Lends the queue threads, as the window does; they end with the studio."""

    def begin() -> None:
        for lane in studio.queue.places:
            threading.Thread(target=studio.queue.run, args=(lane,), daemon=True).start()

    return begin


def line_of(dialog: ComparisonDialog) -> str:
    return child(dialog, QLabel, "comparison_plan").text()


def start_of(dialog: ComparisonDialog) -> QPushButton:
    return child(dialog, QPushButton, "comparison_start")


def ask(dialog: ComparisonDialog, qtbot: QtBot, prompt: str, *targets: Target) -> None:
    dialog.form.put("prompt", prompt)
    dialog.targets.tick(targets)
    qtbot.waitUntil(lambda: "in all" in line_of(dialog), timeout=WITHIN_MS)


def test_what_is_ready_can_be_ticked_and_the_rest_says_why_not(dialog: ComparisonDialog) -> None:
    targets = dialog.targets
    assert targets.ready == (SMALL, FULL)
    assert targets.text(SMALL, "Price") == "free"
    assert "per second" in targets.text(FULL, "Price")
    assert "not installed" in targets.text(BIG, "What it makes")
    assert targets.text(BIG, "Price") == "price unknown"
    assert not start_of(dialog).isEnabled()
    assert "Write a prompt" in line_of(dialog)


def test_each_price_and_the_total_follow_the_choices(
    qtbot: QtBot, dialog: ComparisonDialog
) -> None:
    ask(dialog, qtbot, "grey", SMALL, FULL)
    assert line_of(dialog) == "2 clips, $0.04 in all."
    assert dialog.targets.text(FULL, "Price") == "$0.04"
    assert start_of(dialog).isEnabled()
    dialog.form.put("length", 8.0)
    qtbot.waitUntil(lambda: line_of(dialog) == "2 clips, $0.32 in all.", timeout=WITHIN_MS)
    # The small one makes 4 s at most, and says that it is not the same.
    assert "4.1" in dialog.targets.text(SMALL, "What it makes")
    dialog.targets.tick([SMALL])
    assert not start_of(dialog).isEnabled()


def test_a_model_that_refuses_the_prompt_says_so_and_holds_up_the_start(
    qtbot: QtBot, dialog: ComparisonDialog, tmp_path: Path
) -> None:
    dialog.form.put("prompt", "unfit")
    dialog.targets.tick([SMALL, FULL])
    qtbot.waitUntil(lambda: "does not like" in line_of(dialog), timeout=WITHIN_MS)
    assert not start_of(dialog).isEnabled()
    assert "does not like" in dialog.targets.text(SMALL, "What it makes")


def test_the_clips_are_made_and_the_page_comes_at_the_end(
    qtbot: QtBot,
    dialog: ComparisonDialog,
    studio: Studio,
    working: Callable[[], None],
    answers: BoxAnswers,
    pages: list[Path],
    responsive: UiWatchdog,
) -> None:
    working()
    said: list[str] = []
    dialog.message.connect(said.append)
    ask(dialog, qtbot, "grey", SMALL, FULL)
    start_of(dialog).click()
    qtbot.waitUntil(lambda: bool(pages), timeout=WITHIN_MS)
    assert "$0.04" in answers.heard[0]
    assert not dialog.isVisible()
    assert "2 clips are in the queue" in said[0]
    assert pages[0].name == "index.html"
    assert pages[0].parent.parent == studio.paths.output_dir
    found = read_comparison(pages[0].parent)
    assert found is not None
    assert [entry.target for entry in found.made] == [SMALL, FULL]
    assert all(entry.measures for entry in found.made)
    assert {job.state for job in studio.queue.jobs()} == {JobState.SUCCEEDED}
    assert studio.ledger.spent_usd() == pytest.approx(0.04, abs=0.005)


def test_a_target_that_fails_does_not_keep_the_page_from_coming(
    qtbot: QtBot,
    dialog: ComparisonDialog,
    working: Callable[[], None],
    answers: BoxAnswers,
    pages: list[Path],
) -> None:
    working()
    ask(dialog, qtbot, "fail", SMALL, FULL)
    start_of(dialog).click()
    qtbot.waitUntil(lambda: bool(pages), timeout=WITHIN_MS)
    assert answers.heard
    found = read_comparison(pages[0].parent)
    assert found is not None
    assert {entry.state for entry in found.entries} == {TargetState.FAILED}


def test_who_does_not_agree_buys_nothing(
    qtbot: QtBot, dialog: ComparisonDialog, studio: Studio, answers: BoxAnswers
) -> None:
    answers.button = QMessageBox.StandardButton.Cancel
    ask(dialog, qtbot, "grey", SMALL, FULL)
    start_of(dialog).click()
    qtbot.waitUntil(lambda: bool(answers.heard), timeout=WITHIN_MS)
    qtbot.waitUntil(start_of(dialog).isEnabled, timeout=WITHIN_MS)
    assert dialog.isVisible()
    assert studio.queue.jobs() == ()
    assert studio.ledger.spent_usd() == 0


def test_a_start_frame_is_for_all_of_them(
    qtbot: QtBot, dialog: ComparisonDialog, tmp_path: Path
) -> None:
    image = tmp_path / "start.png"
    Image.new("RGB", (96, 64), (200, 20, 20)).save(image)
    dialog.form.put("image", image)
    assert dialog.form.value().request().inputs[0].path == image
    assert child(dialog, FileField, "comparison_image_row") is not None
    ask(dialog, qtbot, "grey", SMALL, FULL)


def chosen(dialog: ComparisonDialog) -> object:
    return dialog.form.value()


def drop_and_clear(button: QWidget) -> None:
    field = button.parentWidget()
    assert field is not None
    drop(field, files(FRAME), QPoint(5, 5), moves=False)
    click(button)


def images_of(dialog: ComparisonDialog) -> list[Path | None]:
    """The start frames that were chosen, one after the other."""
    return [choices.image for choices in dialog.property("heard").requests]


FRAME = Path(__file__).parents[3] / "Docs" / "images" / "ltx-mini.png"
CASES = (
    ControlCase("comparison_prompt", write("a red ball"), chosen),
    ControlCase("comparison_length", step_up, chosen),
    ControlCase("comparison_size", choose_index(1), chosen),
    ControlCase("comparison_image", answer_with(FRAME), chosen),
    ControlCase("comparison_image_clear", drop_and_clear, images_of),
    ControlCase("comparison_start", click, lambda dialog: start_of(dialog).isEnabled()),
    ControlCase("comparison_close", click, lambda dialog: dialog.isVisible()),
)


def test_every_control_has_its_effect(qtbot: QtBot, studio: Studio, answers: BoxAnswers) -> None:
    made: list[ComparisonDialog] = []

    def make() -> ComparisonDialog:
        dialog = ComparisonDialog(studio)
        made.append(dialog)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(lambda: SMALL in dialog.targets.ready, timeout=WITHIN_MS)
        heard = Heard()
        dialog.form.changed.connect(heard.take)
        dialog.setProperty("heard", heard)
        ask(dialog, qtbot, "grey", SMALL, FULL)
        return dialog

    answers.button = QMessageBox.StandardButton.Cancel
    check_every_control(make, CASES)
    for dialog in made:
        dialog.close_down()
