from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtTest import QAbstractItemModelTester

from core.project.model.project import SceneTakes
from gui.takes.takes_model import TakesModel
from tests.fakes.scenes import make_take

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_rows_are_told_as_they_are(qtbot: QtBot) -> None:
    model = TakesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    takes = SceneTakes()
    for name in "abc":
        takes = takes.with_take(make_take(name))
        model.show_takes(takes, "")
    model.show_takes(takes.model_copy(update={"chosen": "a"}), "")
    assert [model.row(row).is_chosen for row in range(3)] == [True, False, False]
    model.show_takes(SceneTakes().with_take(make_take("z")), "")
    assert model.ids == ("z",)
    assert model.index_of("a") == -1
