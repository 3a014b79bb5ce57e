"""Settings of one scene, of several together, and of the whole project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QRadioButton, QScrollArea, QTabWidget, QWidget

from core.video.control_row import Control
from core.video.controls import ROWS
from gui.widgets.choice_field import ChoiceField
from tests.gui.children import child
from tests.gui.operating import choose_index, click

if TYPE_CHECKING:
    from tests.gui.whole_window import OpenWindow


def ids(opened: OpenWindow) -> list[str]:
    return [scene.id for scene in opened.model.project.scenes]


def seeds(opened: OpenWindow) -> list[object]:
    project = opened.model.project
    row = ROWS[Control.SEED]
    return [row.value(scene.choices(project.render)) for scene in project.scenes]


def test_several_scenes_get_one_seed_in_one_step(opened: OpenWindow) -> None:
    opened.new("one", "two", "three")
    opened.tab.select(ids(opened)[:2])
    scope = child(opened.tab, QRadioButton, "scope_scene")
    assert scope.text() == "2 scenes alone"
    scope.click()
    click(child(opened.tab, QWidget, "section_advanced"))
    opened.until(lambda: opened.tab.findChild(QLineEdit, "seed_number"))
    seed = child(opened.tab, QLineEdit, "seed_number")
    seed.setFocus()
    QTest.keyClicks(seed, "41")

    assert seeds(opened) == [41, 41, None]
    assert opened.model.undo_stack.undoText() == "Change seed of 2 scenes"
    opened.model.undo_stack.undo()
    assert seeds(opened) == [None, None, None]


def test_several_scenes_get_one_model(opened: OpenWindow) -> None:
    opened.new("one", "two", "three")
    opened.tab.select(ids(opened)[1:])
    child(opened.tab, QRadioButton, "scope_scene").click()
    model = child(opened.tab, ChoiceField, "model")
    opened.until(lambda: model.count() > 2)
    place = next(at for at in range(model.count()) if at != model.currentIndex())
    choose_index(place)(model)

    own = [Control.TARGET in scene.own_fields for scene in opened.model.project.scenes]
    assert own == [False, True, True]


def test_the_scope_stays_while_nothing_is_selected_for_a_moment(opened: OpenWindow) -> None:
    opened.new("one", "two")
    opened.tab.select(ids(opened)[:1])
    scope = child(opened.tab, QRadioButton, "scope_scene")
    scope.click()
    opened.tab.select([])
    assert not scope.isEnabled()
    opened.tab.select(ids(opened)[1:])
    assert scope.isChecked()
    assert scope.text() == "Scene 2 alone"


def test_the_scope_is_seen_wherever_the_settings_are_scrolled_to(opened: OpenWindow) -> None:
    opened.new("one")
    area = child(opened.tab, QScrollArea, "video_left")
    bar = area.verticalScrollBar()
    bar.setValue(bar.maximum())
    scope = child(opened.tab, QRadioButton, "scope_project")
    assert not area.isAncestorOf(scope)
    assert not scope.visibleRegion().isEmpty()


def test_several_scenes_open_what_is_done_with_them_together(opened: OpenWindow) -> None:
    opened.new("one", "two")
    opened.tab.select(ids(opened))
    pages = child(opened.tab, QTabWidget, "inspector_pages")
    assert pages.tabText(pages.currentIndex()) == "Together"
    pages.setCurrentIndex(pages.count() - 1)
    opened.tab.select(ids(opened)[::-1])
    assert pages.tabText(pages.currentIndex()) == "Cut", "a page that was turned to stays"
