"""One of several values: a list, or where they are many, a menu of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from core.film.model.transitions import TRANSITIONS
from gui.export.export_labels import transition_choices
from gui.widgets.choice_field import ChoiceField
from tests.gui.children import child

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from pytestqt.qtbot import QtBot

MOST_LINES = 16


def opened(qtbot: QtBot) -> ChoiceField:
    field = ChoiceField(transition_choices())
    qtbot.addWidget(field)
    field.show()
    field.showPopup()
    return field


def lists_of(menu: QMenu) -> list[list[QAction]]:
    inner = [action.menu() for action in menu.actions()]
    return [menu.actions(), *(one.actions() for one in inner if isinstance(one, QMenu))]


def test_every_transition_is_in_a_list_that_fits_on_a_small_screen(qtbot: QtBot) -> None:
    field = opened(qtbot)
    lists = lists_of(child(field, QMenu, "choice_menu"))
    assert max(map(len, lists)) <= MOST_LINES
    labels = [action.text() for one in lists for action in one if action.menu() is None]
    assert sorted(labels) == sorted(kind.label for kind in TRANSITIONS.values())


def test_a_choice_in_a_group_is_made(qtbot: QtBot) -> None:
    field = opened(qtbot)
    heard: list[object] = []
    field.edited.connect(heard.append)
    lists = lists_of(child(field, QMenu, "choice_menu"))
    next(a for one in lists for a in one if a.text() == "Circle opens").trigger()
    assert heard == ["circle-open"]
    assert (field.value(), field.currentText()) == ("circle-open", "Circle opens")


def test_the_menu_shows_what_is_chosen(qtbot: QtBot) -> None:
    field = opened(qtbot)
    child(field, QMenu, "choice_menu").close()
    field.show_value("wind-left")
    field.showPopup()
    menu = child(field, QMenu, "choice_menu")
    checked = [a.text() for one in lists_of(menu) for a in one if a.isChecked()]
    assert checked == ["Wind left"]
    active = menu.activeAction()
    assert active is not None
    assert active.text() == "Slices and wind"
