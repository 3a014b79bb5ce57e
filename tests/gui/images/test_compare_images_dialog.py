"""Two pictures compared: whole, by their labels, and by what differs in how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidget

from core.history.history import History
from gui.images.compare_images_dialog import CompareImagesDialog, differences
from tests.fakes.stills import add_still
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.history.history_entry import HistoryEntry
    from gui.background import Background


@pytest.fixture
def two(tmp_path: Path) -> tuple[HistoryEntry, HistoryEntry]:
    history = History(tmp_path / "history.sqlite")
    return (
        add_still(history, tmp_path, "a red ball", seed=10),
        add_still(history, tmp_path, "a red ball", seed=200),
    )


@pytest.fixture
def dialog(
    two: tuple[HistoryEntry, HistoryEntry], background: Background, qtbot: QtBot
) -> CompareImagesDialog:
    dialog = CompareImagesDialog(*two, background)
    # What is closed here is looked at once more.
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog, before_close_func=lambda _: background.close())
    dialog.show()
    qtbot.waitUntil(lambda: background.is_idle)
    return dialog


def rows(dialog: CompareImagesDialog) -> list[tuple[str, ...]]:
    table = child(dialog, QTableWidget)
    cells = [[table.item(row, column) for column in range(3)] for row in range(table.rowCount())]
    return [tuple(cell.text() for cell in row if cell is not None) for row in cells]


def shown(dialog: CompareImagesDialog) -> tuple[int, int]:
    """How red the two are, left and right of the divider."""
    image = dialog.view.grab().toImage()
    middle = dialog.view.divider_x()
    return tuple(image.pixelColor(middle + away, 200).red() for away in (-60, 60))  # pyright: ignore[reportReturnType] - two


def test_both_are_shown_whole_with_labels_and_what_differs(dialog: CompareImagesDialog) -> None:
    assert shown(dialog) == (10, 200)
    left, right = dialog.view.labels
    assert "Fake Small · seed 10 · 96×64" in left
    assert "seed 200" in right
    assert rows(dialog) == [("Seed", "10", "200")]


def test_the_sides_change(dialog: CompareImagesDialog) -> None:
    click(controls_of(dialog)["compare_swap"])
    assert shown(dialog) == (200, 10)
    assert "seed 200" in dialog.view.labels[0]
    assert rows(dialog) == [("Seed", "200", "10")]


def test_buttons_fit_and_show_each_pixel(dialog: CompareImagesDialog) -> None:
    fitted = dialog.view.scale
    click(controls_of(dialog)["compare_pixels"])
    assert dialog.view.scale == pytest.approx(1.0)
    click(controls_of(dialog)["compare_fit"])
    assert dialog.view.scale == fitted > 1.0
    click(controls_of(dialog)["compare_close"])
    assert not dialog.isVisible()


def test_other_words_and_one_made_alike(two: tuple[HistoryEntry, HistoryEntry]) -> None:
    one, other = two
    again = one.model_copy(update={"id": 9, "rating": 5, "tags": ("sea",)})
    assert differences(one, again) == ()
    worded = other.model_copy(update={"prompt": "a blue ball"})
    assert differences(one, worded) == (
        ("Prompt", "a red ball", "a blue ball"),
        ("Seed", "10", "200"),
    )


def test_one_that_is_gone_says_so_beside_the_other(
    two: tuple[HistoryEntry, HistoryEntry], background: Background, qtbot: QtBot
) -> None:
    two[1].path.unlink()
    dialog = CompareImagesDialog(*two, background)
    qtbot.addWidget(dialog, before_close_func=lambda _: background.close())
    dialog.show()
    qtbot.waitUntil(lambda: background.is_idle)
    assert shown(dialog)[0] == 10
    assert "There is no picture" in dialog.view.problems[1]
