"""The gallery's controls and those of the prompts of before, and what each changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QListView, QWidget

from gui.history.history_filter_bar import HistoryFilterBar
from gui.images.image_form import ImageForm
from gui.images.prompt_bar import PromptBar
from tests.gui.children import child
from tests.gui.controls import ControlCase, controls_of
from tests.gui.operating import choose, choose_index, click, step_up, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from gui.images.image_tab import ImageTab


def tiles(tab: QWidget) -> QListView:
    view = controls_of(tab)["gallery"]
    assert isinstance(view, QListView)
    return view


def choose_tile(row: int) -> Callable[[QWidget], None]:
    def act(view: QWidget) -> None:
        assert isinstance(view, QListView)
        place = view.visualRect(view.model().index(row, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    return act


def open_filter(tab: ImageTab, qtbot: QtBot) -> None:
    """Open all of the filter, with everything found by it."""
    click(controls_of(tab)["gallery_filter"])
    qtbot.waitUntil(lambda: controls_of(tab)["gallery_tag"].count() == 2)
    choose("Between two days")(controls_of(tab)["gallery_span"])
    for name, year in (("gallery_first", 2020), ("gallery_last", 2040)):
        controls_of(tab)[name].setDate(QDate(year, 1, 1))
    qtbot.waitUntil(lambda: tiles(tab).model().rowCount() == 2)


def select_both(tab: ImageTab) -> None:
    """Click the second picture, and the first one besides."""
    choose_tile(1)(tiles(tab))
    place = tiles(tab).visualRect(tiles(tab).model().index(0, 0)).center()
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(tiles(tab).viewport(), Qt.MouseButton.LeftButton, control, place)


def looked_for(tab: ImageTab) -> object:
    return child(tab, HistoryFilterBar).value()


def opened(tab: ImageTab) -> list[str]:
    return [dialog.objectName() for dialog in tab.findChildren(QDialog)]


def click_for(read: Callable[[ImageTab], object]) -> Callable[[QWidget], None]:
    """Click, and wait for what is done beside the main thread, as long as it may take."""

    def act(button: QWidget) -> None:
        tab = cast("ImageTab", button.window())
        before = read(tab)
        click(button)
        for _ in range(500):
            if read(tab) != before:
                return
            QTest.qWait(10)

    return act


def back_and_forth(button: QWidget) -> None:
    click(controls_of(button.window())["prompt_back"])
    child(button.window(), ImageForm).put("prompt", "typed after that")
    child(button.window(), PromptBar).set_typed("typed after that")
    click(controls_of(button.window())["prompt_back"])
    click(button)


def stars(tab: ImageTab) -> object:
    return None if tab.gallery.entry is None else tab.gallery.entry.rating


GALLERY_CASES = (
    ControlCase("gallery_favourites", click, looked_for),
    ControlCase("gallery_filter", click, lambda tab: controls_of(tab)["gallery_tag"].isVisible()),
    ControlCase("gallery_model", choose_index(1), looked_for),
    ControlCase("gallery_lora", choose_index(1), looked_for),
    ControlCase("gallery_tag", choose_index(1), looked_for),
    ControlCase("gallery_rating", choose_index(2), looked_for),
    ControlCase("gallery_span", choose_index(1), looked_for),
    ControlCase("gallery_first", step_up, looked_for),
    ControlCase("gallery_last", step_up, looked_for),
    ControlCase("gallery_seed", write("7"), looked_for),
    ControlCase("gallery_clear", click, looked_for),
    ControlCase("gallery_favourite", click_for(stars), stars),
    ControlCase("gallery_compare", click, opened),
    ControlCase("gallery_tags", click_for(opened), opened),
    ControlCase("prompt_back", click, lambda tab: tab.value().prompt),
    ControlCase("prompt_forth", back_and_forth, lambda tab: tab.value().prompt),
    ControlCase("prompt_list", click, opened),
)
