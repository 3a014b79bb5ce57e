"""The dialog that trains a LoRA: its choices, its plan, and the job that it puts into the queue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from core.jobs.job_record import JobState
from core.platform.paths import Paths
from core.studio import Studio
from core.video.train_lora_job import KIND, TrainingPayload
from gui.training.training_dialog import TrainingDialog
from gui.training.training_form import SetField
from gui.widgets.choice_field import ChoiceField
from gui.widgets.fields import LineField
from gui.widgets.number_field import NumberField
from providers import PROVIDERS
from scripts.sample_training_set import write_ink_set
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control
from tests.gui.operating import answer_with, choose_index, click, step_up, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

WITHIN_MS = 30_000


@pytest.fixture
def ink(tmp_path: Path) -> Path:
    return write_ink_set(tmp_path / "ink", 3)


@pytest.fixture
def local_studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio with the local models, of which LTX Mini alone is there."""
    studio = Studio(PROVIDERS, paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def make_dialog(qtbot: QtBot, local_studio: Studio) -> Iterator[Callable[[], TrainingDialog]]:
    made: list[TrainingDialog] = []

    def make() -> TrainingDialog:
        dialog = TrainingDialog(local_studio)
        made.append(dialog)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(lambda: dialog.form.value().target.model == "ltx-mini", timeout=WITHIN_MS)
        return dialog

    yield make
    for dialog in made:
        dialog.close_down()


def plan_of(dialog: TrainingDialog) -> str:
    return child(dialog, QLabel, "training_plan").text()


def start_of(dialog: TrainingDialog) -> QPushButton:
    return child(dialog, QPushButton, "training_start")


def chosen(dialog: TrainingDialog) -> object:
    return dialog.form.value()


MAIN = ("steps", "rank", "length")
MORE = (
    "alpha", "learning_rate", "batch_size", "seed", "caption_dropout", "first_frame_share",
    "validate_every", "save_every",
)  # fmt: skip
CASES = (
    ControlCase("training_folder", answer_with(Path(__file__).parent), chosen),
    ControlCase("training_model", choose_index(0), chosen),
    ControlCase("training_name", write("my look"), chosen),
    ControlCase("training_trigger", write("inkpaper"), chosen),
    ControlCase("training_validation_prompt", write("a red ball"), chosen),
    ControlCase("training_targets", choose_index(1), chosen),
    ControlCase("training_resolution", choose_index(1), chosen),
    *(ControlCase(f"training_{name}", step_up, chosen) for name in (*MAIN, *MORE)),
    ControlCase("training_start", click, lambda dialog: start_of(dialog).isEnabled()),
    ControlCase("section_training_more", click, lambda dialog: dialog.section.is_open),
    ControlCase("training_close", click, lambda dialog: dialog.isVisible()),
)


def test_a_set_is_planned_and_its_training_is_put_into_the_queue(
    qtbot: QtBot, make_dialog: Callable[[], TrainingDialog], local_studio: Studio, ink: Path
) -> None:
    dialog = make_dialog()
    assert not start_of(dialog).isEnabled()
    assert "Choose a folder" in plan_of(dialog)
    child(dialog, SetField, "training_source_row").take(ink)
    qtbot.waitUntil(start_of(dialog).isEnabled, timeout=WITHIN_MS)
    assert "3 images at 192x128: 200 steps" in plan_of(dialog)
    assert "to ink.safetensors" in plan_of(dialog)
    dialog.form.put("steps", 7)
    dialog.more.put("seed", 3)
    assert dialog.form.value() == dialog.more.value()
    qtbot.waitUntil(lambda: ": 7 steps" in plan_of(dialog), timeout=WITHIN_MS)
    said: list[str] = []
    dialog.message.connect(said.append)
    start_of(dialog).click()
    qtbot.waitUntil(lambda: bool(said), timeout=WITHIN_MS)
    assert said == ["The LoRA 'ink' is in the queue."]
    assert not dialog.isVisible()
    (record,) = local_studio.queue.jobs()
    assert (record.kind, record.state) == (KIND, JobState.QUEUED)
    recipe = TrainingPayload.model_validate_json(record.payload).plan.recipe
    assert (recipe.steps, recipe.seed) == (7, 3)


def test_what_is_wrong_is_told_and_nothing_can_be_started(
    qtbot: QtBot, make_dialog: Callable[[], TrainingDialog], ink: Path
) -> None:
    dialog = make_dialog()
    (ink / "00.txt").unlink()
    (ink / "01.txt").write_text(" ")
    child(dialog, SetField, "training_source_row").take(ink)
    qtbot.waitUntil(lambda: "has no caption" in plan_of(dialog), timeout=WITHIN_MS)
    assert "'01.png' is empty" in plan_of(dialog)
    assert not start_of(dialog).isEnabled()


def test_models_that_cannot_be_trained_say_why(
    qtbot: QtBot, make_dialog: Callable[[], TrainingDialog], local_studio: Studio
) -> None:
    dialog = make_dialog()
    field = child(dialog, QPushButton, "training_folder")
    assert field.isVisible()
    models = child(dialog, ChoiceField, "training_model")
    tips = {
        model.spec.id: models.itemData(row, Qt.ItemDataRole.ToolTipRole)
        for row, model in enumerate(dialog.form.models)
    }
    assert "is distilled" in tips["ltx-2.3-distilled"]
    assert "is not installed" in tips["ltx-2.3"]
    assert "needs a GPU with about" in tips["ltx-2.3"]
    assert tips["ltx-2.3"].endswith("Install it in the Models tab.")
    assert not any("setup_ltx_video.py" in tip for tip in tips.values())


def test_what_is_usual_is_told_for_the_chosen_model(
    make_dialog: Callable[[], TrainingDialog],
) -> None:
    dialog = make_dialog()
    dialog.section.open()

    def said(name: str) -> str:
        return child(dialog, NumberField, f"training_{name}").text()

    names = ("steps", "rank", "alpha", "learning_rate", "length")
    assert [said(name) for name in names] == [
        "As usual: 200", "As usual: 16", "As usual: 16", "As usual: 0.003", "As usual: 2 s",
    ]  # fmt: skip
    targets = child(dialog, ChoiceField, "training_targets")
    assert targets.currentText() == "As usual: Attention and feed-forward"
    resolutions = child(dialog, ChoiceField, "training_resolution")
    assert resolutions.currentText() == "As usual: 128p"
    dialog.form.put("rank", 8)
    assert said("alpha") == "As usual: 8"
    large = next(one for one in dialog.form.models if one.spec.id == "ltx-2.3")
    dialog.form.put("model", large.target)
    assert [said(name) for name in names] == [
        "As usual: 2000", "8", "As usual: 8", "As usual: 0.0001", "As usual: 2 s",
    ]  # fmt: skip
    assert targets.currentText() == "As usual: Attention"
    assert resolutions.findText(large.spec.resolutions[-1]) > 0


def test_resolution_and_length_are_those_of_the_plan(
    qtbot: QtBot, make_dialog: Callable[[], TrainingDialog], local_studio: Studio, ink: Path
) -> None:
    dialog = make_dialog()
    child(dialog, SetField, "training_source_row").take(ink)
    qtbot.waitUntil(start_of(dialog).isEnabled, timeout=WITHIN_MS)
    dialog.form.put("length", 50.0)
    qtbot.waitUntil(lambda: "0.5 to 5 s of a clip, not 50 s" in plan_of(dialog), timeout=WITHIN_MS)
    assert "--length" not in plan_of(dialog)
    dialog.form.put("length", None)
    dialog.form.put("resolution", "4k")
    qtbot.waitUntil(lambda: "128p, not '4k'" in plan_of(dialog), timeout=WITHIN_MS)


def test_a_second_training_of_a_set_gets_a_free_name(
    qtbot: QtBot, make_dialog: Callable[[], TrainingDialog], ink: Path
) -> None:
    dialog = make_dialog()
    child(dialog, SetField, "training_source_row").take(ink)
    qtbot.waitUntil(start_of(dialog).isEnabled, timeout=WITHIN_MS)
    name = child(dialog, LineField, "training_name")
    assert (name.text(), name.placeholderText()) == ("", "ink")
    dialog.form.put("name", "mine")
    qtbot.waitUntil(lambda: "mine.safetensors" in plan_of(dialog), timeout=WITHIN_MS)
    dialog.form.put("name", "")
    qtbot.waitUntil(lambda: "ink.safetensors" in plan_of(dialog), timeout=WITHIN_MS)
    start_of(dialog).click()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WITHIN_MS)
    dialog.show()
    qtbot.waitUntil(lambda: "to ink-2.safetensors" in plan_of(dialog), timeout=WITHIN_MS)
    assert (name.text(), name.placeholderText()) == ("", "ink-2")


def test_every_control_changes_something(
    qtbot: QtBot, make_dialog: Callable[[], TrainingDialog], ink: Path
) -> None:
    def make() -> TrainingDialog:
        dialog = make_dialog()
        dialog.section.open()
        child(dialog, SetField, "training_source_row").take(ink)
        qtbot.waitUntil(start_of(dialog).isEnabled, timeout=WITHIN_MS)
        return dialog

    manifest = ink / "set.csv"
    manifest.write_text("path,caption", encoding="utf-8")
    choose = ControlCase("training_manifest", answer_with(manifest), chosen)
    check_every_control(make, (*CASES, choose))
