"""The bars of the video tab and the first page: each button says what is wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow, QMenu, QToolButton, QWidget

from core.project.files.recent import RecentProject
from gui.project.project_actions import ProjectActions
from gui.project.project_bar import ProjectBar
from gui.project.welcome_page import WelcomePage
from gui.render.render_bar import RenderBar, RenderScope
from gui.video.video_layout import ScopeSwitch
from tests.gui.children import child
from tests.gui.controls import ControlCase, Heard, check_every_control, controls_of
from tests.gui.operating import click, write

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RENDER = tuple(
    ControlCase(f"render_{request}", click, lambda bar: tuple(bar.property("told").requests))
    for request in ("this", "selected", "missing", "all")
)
IMAGES = (ControlCase("start_frames", click, lambda bar: tuple(bar.property("told").requests)),)
SCOPE = (
    ControlCase("scope_scene", click, lambda switch: scope_of(switch)),
    ControlCase("scope_project", click, lambda switch: scope_of(switch)),
)
PROJECT = (
    ControlCase("project_name", write("Another"), lambda bar: bar.value()),
    ControlCase("projects_button", click, lambda bar: bar.property("menu").isVisible()),
    ControlCase("open_again", click, lambda bar: tuple(bar.property("told").requests)),
    ControlCase("read_only_copy", click, lambda bar: tuple(bar.property("told").requests)),
)
WELCOME = (
    *(
        ControlCase(name, click, lambda page: tuple(page.property("told").requests))
        for name in ("welcome_sample", "welcome_new", "welcome_open", "welcome_import")
    ),
    ControlCase(
        "welcome_recent",
        lambda view: QTest.keyClick(view, Qt.Key.Key_Return),
        lambda page: tuple(page.property("told").requests),
    ),
)
ALL = (*RENDER, *IMAGES, *SCOPE, *PROJECT, *WELCOME)
"""Also for the test that walks the whole window."""


def on_event(widget: QWidget, messages: Heard) -> None:
    widget.setProperty("told", messages)


def test_every_button_that_renders_says_so(qtbot: QtBot) -> None:
    def make() -> QWidget:
        bar = RenderBar()
        qtbot.addWidget(bar)
        bar.set_counts(dict(zip(RenderScope, (1, 2, 3, 4), strict=True)))
        messages = Heard()
        bar.wanted.connect(messages.take)
        bar.frames_wanted.connect(lambda: messages.take("images"))
        on_event(bar, messages)
        bar.show()
        return bar

    check_every_control(make, (*RENDER, *IMAGES))


def test_what_there_is_nothing_of_cannot_be_rendered(qtbot: QtBot) -> None:
    bar = RenderBar()
    qtbot.addWidget(bar)
    bar.set_counts({RenderScope.THIS: 1})
    enabled = {name for name, button in controls_of(bar).items() if button.isEnabled()}
    assert enabled == {"render_this"}


def test_prices_stand_on_the_buttons_and_not_in_the_menu(qtbot: QtBot) -> None:
    bar = RenderBar()
    qtbot.addWidget(bar)
    bar.set_prices({RenderScope.THIS: "$0.14", RenderScope.ALL: "$0.28 + 1 unknown"})
    bar.set_counts({RenderScope.THIS: 1, RenderScope.MISSING: 2, RenderScope.ALL: 3})
    texts = {name: button.property("text") for name, button in controls_of(bar).items()}
    assert texts == {
        "render_this": "Render scene · $0.14",
        "render_selected": "Selected (0)",
        "render_missing": "Missing or out of date (2)",
        "render_all": "All (3) · $0.28 + 1 unknown",
        "start_frames": "Generate Images",
    }
    assert bar.actions_by_scope[RenderScope.ALL].text() == "Render all (3)"
    bar.set_counts({RenderScope.ALL: 3})
    assert controls_of(bar)["render_this"].property("text") == "Render scene"
    bar.set_prices({})
    assert controls_of(bar)["render_all"].property("text") == "All (3)"


def scope_of(switch: QWidget) -> list[object]:
    """Whether the project and whether the scene is chosen."""
    return [control.property("checked") for control in controls_of(switch).values()]


def test_the_scope_of_the_settings(qtbot: QtBot) -> None:
    def make() -> QWidget:
        switch = ScopeSwitch()
        qtbot.addWidget(switch)
        switch.set_scene("Scene 3")
        switch.show()
        return switch

    def of_scene() -> QWidget:
        switch = make()
        click(controls_of(switch)["scope_scene"])
        return switch

    assert set(controls_of(make())) == {case.name for case in SCOPE}
    for case, start in zip(SCOPE, (make, of_scene), strict=True):
        switch = start()
        before = case.seen(switch)
        case.act(controls_of(switch)[case.name])
        assert case.seen(switch) != before


def note(messages: Heard, name: str, _: bool = False) -> None:
    messages.take(name)


def quiet_actions(window: QWidget, messages: Heard) -> ProjectActions:
    """The actions with their dialogs left out: they say that they were triggered."""
    actions = ProjectActions(Path("/projects"), window)
    actions.set_project("A film")
    for action in actions.findChildren(QAction):
        action.triggered.disconnect()
        action.triggered.connect(partial(note, messages, action.objectName()))
    actions.open_wanted.connect(messages.take)
    return actions


def test_the_project_bar(qtbot: QtBot) -> None:
    def make() -> QWidget:
        window = QMainWindow()
        qtbot.addWidget(window)
        messages = Heard()
        actions = quiet_actions(window, messages)
        actions.set_recent([RecentProject(Path("/projects/one"), "One", NOW, is_missing=False)])
        bar = ProjectBar(actions)
        qtbot.addWidget(bar)
        bar.setProperty("window", window)
        on_event(bar, messages)
        bar.again_wanted.connect(partial(note, messages, "again"))
        menu = child(bar, QMenu, "projects_menu")
        bar.setProperty("menu", menu)
        bar.set_value("A film")
        for button in bar.findChildren(QToolButton):
            # A menu that opens at once would wait for a choice.
            button.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)
            button.clicked.connect(menu.show)
        bar.read_only.setParent(bar)
        bar.show()
        return bar

    check_every_control(make, PROJECT)


def test_all_that_is_done_with_projects_is_in_one_menu(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    messages = Heard()
    bar = ProjectBar(quiet_actions(window, messages))
    qtbot.addWidget(bar)
    names = [f"{name}_project" for name in ("new", "open", "save_as", "package", "import")]
    for action in child(bar, QMenu, "projects_menu").actions():
        if action.objectName() in names:
            action.trigger()
    assert messages.requests == names


def test_the_first_page(qtbot: QtBot) -> None:
    def make() -> QWidget:
        window = QMainWindow()
        qtbot.addWidget(window)
        messages = Heard()
        page = WelcomePage(quiet_actions(window, messages))
        qtbot.addWidget(page)
        page.setProperty("window", window)
        page.set_recent([RecentProject(Path("/projects/one"), "One", NOW, is_missing=False)])
        on_event(page, messages)
        page.show()
        view = controls_of(page)["welcome_recent"]
        view.setCurrentRow(0)
        return page

    check_every_control(make, WELCOME)
    page = make()
    QTest.keyClick(controls_of(page)["welcome_recent"], Qt.Key.Key_Return)
    assert page.property("told").requests == [Path("/projects/one")]


def test_a_missing_project_cannot_be_opened(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    messages = Heard()
    page = WelcomePage(quiet_actions(window, messages))
    qtbot.addWidget(page)
    page.set_recent([RecentProject(Path("/gone"), "Gone", NOW, is_missing=True)])
    view = controls_of(page)["welcome_recent"]
    view.setCurrentRow(0)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert messages.requests == []
