"""The dialog of costs with a real ledger: what it shows, and the caps that are set in it."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QDate
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDateEdit,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QTableWidget,
    QWidget,
)

from core.config.settings import Settings
from core.jobs.job import JobUpdate, Queued
from core.spending.caps import PlannedPurchase, ProjectBudget
from core.spending.ledger import Ledger
from gui.costs.costs_dialog import CostsDialog
from gui.project.project_model import ProjectModel
from gui.settings.settings_controller import SettingsController
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control
from tests.gui.operating import answer_with, choose, click, write
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.studio import Studio
    from tests.gui.whole_window import BoxAnswers

NOW = datetime.now().astimezone()


def fill(ledger_file: Path, film: ProjectBudget) -> None:
    """A dear clip of a film today, one of unknown price, and one of the year before."""
    now = NOW
    ledger = Ledger(ledger_file, lambda: now)
    ledger.order("a", PlannedPurchase(1.5, "ltx-video/fal/pro", "Pro", project=film))
    ledger.charge("a", 1.75)
    ledger.order("b", PlannedPurchase(None, "ltx-video/replicate/fast", "Fast"))
    now = NOW - timedelta(days=400)
    ledger.order("old", PlannedPurchase(8.0, "ltx-video/fal/pro", "Pro", project=film))


@pytest.fixture
def model(tmp_path: Path) -> ProjectModel:
    folder = tmp_path / "film"
    return ProjectModel(made_project(folder, "Film"), folder)


@pytest.fixture
def make(studio: Studio, model: ProjectModel, qtbot: QtBot) -> Iterator[Callable[[], CostsDialog]]:
    fill(studio.paths.spending_file, ProjectBudget.of(model.project))
    settings = SettingsController(studio)
    dialogs: list[CostsDialog] = []

    def make() -> CostsDialog:
        settings.change(Settings())
        model.edit("Reset", model.project.model_copy(update={"spending_cap_usd": None}))
        dialog = CostsDialog(studio, settings)
        dialogs.append(dialog)
        dialog.set_project(model)
        dialog.show()
        qtbot.waitUntil(lambda: table_of(dialog).rowCount() > 0)
        return dialog

    yield make
    for dialog in dialogs:
        dialog.close_down()
        dialog.deleteLater()
    settings.close()


@pytest.fixture
def dialog(make: Callable[[], CostsDialog]) -> CostsDialog:
    return make()


def table_of(dialog: CostsDialog) -> QTableWidget:
    return child(dialog, QTableWidget, "costs_table")


def rows_of(dialog: CostsDialog) -> list[list[str]]:
    table = table_of(dialog)
    cells = [[table.item(row, column) for column in range(5)] for row in range(table.rowCount())]
    return [[cell.text() if cell else "" for cell in row] for row in cells]


def heading_of(dialog: CostsDialog) -> str:
    item = table_of(dialog).horizontalHeaderItem(0)
    assert item is not None
    return item.text()


def words_of(dialog: CostsDialog, name: str) -> str:
    return child(dialog, QLabel, name).text()


def settled(qtbot: QtBot, is_so: Callable[[], bool]) -> None:
    qtbot.waitUntil(is_so, timeout=10_000)


def test_estimated_and_charged_stand_beside_each_other_and_unknown_is_a_word(
    dialog: CostsDialog,
) -> None:
    assert rows_of(dialog) == [
        [f"{NOW:%Y-%m-%d}", "2", "$1.50 + 1 unknown", "$1.75 + 1 unknown", "$1.75 + 1 unknown"]
    ]
    choose("By provider and model")(child(dialog, QComboBox, "costs_by"))
    assert heading_of(dialog) == "Provider and model"
    assert [row[0] for row in rows_of(dialog)] == [
        "ltx-video/fal/pro",
        "ltx-video/replicate/fast",
        "Total",
    ]
    assert rows_of(dialog)[1][2:] == ["unknown", "unknown", "unknown"]
    choose("By project")(child(dialog, QComboBox, "costs_by"))
    assert [row[0] for row in rows_of(dialog)] == ["Film", "no project", "Total"]
    assert words_of(dialog, "costs_total").startswith("2 purchases: $1.50 + 1 unknown estimated")


def test_another_time_is_read_anew(dialog: CostsDialog, qtbot: QtBot) -> None:
    choose("Ever")(child(dialog, QComboBox, "costs_span"))
    settled(qtbot, lambda: len(rows_of(dialog)) == 3)
    assert rows_of(dialog)[0][0] == f"{NOW - timedelta(days=400):%Y-%m-%d}"
    old = NOW - timedelta(days=400)
    choose("Between two days")(child(dialog, QComboBox, "costs_span"))
    for name in ("costs_first", "costs_last"):
        child(dialog, QDateEdit, name).setDate(QDate(old.year, old.month, old.day))
    settled(qtbot, lambda: [row[1] for row in rows_of(dialog)] == ["1"])
    choose("Last month")(child(dialog, QComboBox, "costs_span"))
    settled(qtbot, lambda: rows_of(dialog) == [])
    assert "Nothing was bought" in words_of(dialog, "costs_total")
    assert not child(dialog, QAbstractButton, "costs_csv").isEnabled()


def test_caps_are_set_where_their_state_is_seen(
    dialog: CostsDialog, studio: Studio, model: ProjectModel, qtbot: QtBot
) -> None:
    today = "$1.75 and 1 purchase of unknown price spent today"
    assert words_of(dialog, "cap_day_state") == today
    for span, usd in (("day", "5"), ("month", "9"), ("project", "12.5")):
        write(usd)(child(dialog, QAbstractSpinBox, f"cap_{span}"))
    assert (studio.caps.day_usd, studio.caps.month_usd) == (5.0, 9.0)
    assert model.project.spending_cap_usd == 12.5
    settled(qtbot, lambda: "left" in words_of(dialog, "cap_project_state"))
    assert words_of(dialog, "cap_day_state") == f"{today}, $3.25 left"
    assert "$7.25 left" in words_of(dialog, "cap_month_state")
    assert words_of(dialog, "cap_project_state") == "$9.75 spent for it so far, $2.75 left"
    model.undo_stack.undo()
    settled(qtbot, lambda: "left" not in words_of(dialog, "cap_project_state"))
    assert model.project.spending_cap_usd is None


def test_without_a_project_there_is_no_cap_of_one(dialog: CostsDialog, qtbot: QtBot) -> None:
    dialog.set_project(None)
    settled(qtbot, lambda: "Open a project" in words_of(dialog, "cap_project_state"))
    assert not child(dialog, QAbstractSpinBox, "cap_project").isEnabled()


def test_what_is_bought_meanwhile_is_shown(
    dialog: CostsDialog, studio: Studio, qtbot: QtBot
) -> None:
    studio.ledger.order("c", PlannedPurchase(0.25, "ltx-video/fal/pro", "Pro"))
    dialog.on_event(JobUpdate("c", None, Queued()))
    settled(qtbot, lambda: rows_of(dialog)[0][1] == "3")


def test_every_purchase_is_written_and_a_file_is_replaced_only_when_agreed_to(
    dialog: CostsDialog, tmp_path: Path, answers: BoxAnswers, qtbot: QtBot
) -> None:
    place = tmp_path / "costs.csv"
    place.write_text("mine")
    answers.button = QMessageBox.StandardButton.No
    export = child(dialog, QAbstractButton, "costs_csv")
    answer_with(place)(export)
    qtbot.waitUntil(lambda: bool(answers.heard))
    assert place.read_text() == "mine"
    answers.button = QMessageBox.StandardButton.Yes
    answer_with(place)(export)
    settled(qtbot, lambda: "is written" in words_of(dialog, "costs_message"))
    with place.open(newline="", encoding="utf-8") as file:
        assert [row["job"] for row in csv.DictReader(file)] == ["a", "b"]


def test_a_ledger_that_cannot_be_read_is_told(
    dialog: CostsDialog, studio: Studio, qtbot: QtBot
) -> None:
    studio.paths.spending_file.unlink()
    studio.paths.spending_file.mkdir()
    dialog.reload()
    settled(qtbot, lambda: "ledger" in words_of(dialog, "costs_message"))


def seen(dialog: CostsDialog) -> object:
    boxes = [box.currentText() for box in dialog.findChildren(QComboBox)]
    days = [box.date() for box in dialog.findChildren(QDateEdit)]
    caps = [box.text() for box in dialog.findChildren(QDoubleSpinBox)]
    files = len(dialog.findChildren(QFileDialog))
    chosen = table_of(dialog).currentRow()
    return boxes, days, caps, files, chosen, dialog.isVisible()


def set_yesterday(box: QWidget) -> None:
    assert isinstance(box, QDateEdit)
    box.setDate(box.date().addDays(-1))


def choose_first(table: QWidget) -> None:
    assert isinstance(table, QTableWidget)
    table.selectRow(0)


CASES = (
    ControlCase("costs_span", choose("Ever"), seen),
    ControlCase("costs_first", set_yesterday, seen),
    ControlCase("costs_last", set_yesterday, seen),
    ControlCase("costs_by", choose("By project"), seen),
    ControlCase("costs_csv", click, seen),
    ControlCase("costs_table", choose_first, seen),
    ControlCase("cap_day", write("3"), seen),
    ControlCase("cap_month", write("3"), seen),
    ControlCase("cap_project", write("3"), seen),
    ControlCase("costs_close", click, seen),
)


def test_every_control_changes_something(make: Callable[[], CostsDialog]) -> None:
    check_every_control(make, CASES)
