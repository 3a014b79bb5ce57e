from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QWidget,
)

from core.config.settings import Appearance
from core.platform.paths import Paths
from core.project.files.atomic_folder import create_project
from core.project.files.recent import RecentProject
from core.project.model.project import new_project
from core.studio import Studio
from gui import theme
from gui.main_window import MainWindow
from gui.project.new_project_dialog import NewProject, NewProjectDialog
from gui.project.project_actions import ProjectActions
from gui.project.recent_list import when_text
from gui.project.welcome_page import WelcomePage
from tests.fakes.app import ENTRY
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

NOW = datetime(2026, 7, 15, 12, 30).astimezone()
THERE = RecentProject(Path("/films/Harbour"), "Harbour", NOW, is_missing=False)
OLDER = RecentProject(Path("/films/Rain"), "Rain", NOW - timedelta(days=9), is_missing=False)
GONE = RecentProject(Path("/disk/Away"), "Away", NOW - timedelta(days=1), is_missing=True)


class WelcomeSetup:
    """Welcome pages, and what was wanted of each and of its actions."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.folder = folder
        self.wanted: list[object] = []
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.actions = ProjectActions(folder, self.window)
        for name in ("new", "open", "import", "sample"):
            getattr(self.actions, f"{name}_wanted").connect(
                lambda value=None, name=name: self.wanted.append((name, value))
            )

    def page(self, *entries: RecentProject) -> WelcomePage:
        page = WelcomePage(self.actions)
        self.qtbot.addWidget(page)
        page.set_recent(entries)
        page.resize(1280, 620)
        with self.qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        return page


@pytest.fixture
def setup(qtbot: QtBot, tmp_path: Path) -> WelcomeSetup:
    return WelcomeSetup(qtbot, tmp_path)


def recent(page: WelcomePage) -> QListWidget:
    return child(page, QListWidget)


def double_click(row: int) -> Callable[[QWidget], None]:
    def act(view: QWidget) -> None:
        assert isinstance(view, QListWidget)
        place = view.visualItemRect(view.item(row)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    return act


def when_asked(owner: QObject, answer: Callable[[QWidget], None]) -> None:
    """Answer the next dialog that waits for an answer, when it is there."""
    timer = QTimer(owner)

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            timer.stop()
            answer(dialog)

    timer.timeout.connect(look)
    timer.start(10)


def click_and(answer: Callable[[QWidget], None]) -> Callable[[QWidget], None]:
    def act(button: QWidget) -> None:
        when_asked(button, answer)
        click(button)
        while QApplication.activeModalWidget() is not None:
            QTest.qWait(10)

    return act


def name_it(name: str) -> Callable[[QWidget], None]:
    def answer(dialog: QWidget) -> None:
        assert isinstance(dialog, NewProjectDialog)
        QTest.keyClicks(child(dialog, QLineEdit, "new_project_name"), name)
        QTest.keyClick(child(dialog, QLineEdit, "new_project_name"), Qt.Key.Key_Return)

    return answer


def choose(path: Path) -> Callable[[QWidget], None]:
    def answer(dialog: QWidget) -> None:
        assert isinstance(dialog, QFileDialog)
        child(dialog, QLineEdit, "fileNameEdit").setText(str(path))
        dialog.accept()

    return answer


def test_every_control_does_something(setup: WelcomeSetup) -> None:
    project, old = setup.folder / "project.json", setup.folder / "old.iaproj.json"
    for path in (project, old):
        path.write_text("{}", encoding="utf-8")

    def wanted(_: WelcomePage) -> object:
        return list(setup.wanted)

    check_every_control(
        lambda: setup.page(THERE),
        [
            ControlCase("welcome_sample", click, wanted),
            ControlCase("welcome_new", click_and(name_it("Harbour")), wanted),
            ControlCase("welcome_open", click_and(choose(project)), wanted),
            ControlCase("welcome_import", click_and(choose(old)), wanted),
            ControlCase("welcome_recent", double_click(0), wanted),
        ],
    )
    assert setup.wanted == [
        ("sample", None),
        ("new", NewProject("Harbour", setup.folder)),
        ("open", setup.folder),
        ("import", setup.folder / "old.iaproj.json"),
        ("open", THERE.folder),
    ]


def test_enter_makes_the_sample_film_without_any_other_key(setup: WelcomeSetup) -> None:
    page = setup.page()
    page.setFocus()
    QTest.keyClick(page.window().focusWidget(), Qt.Key.Key_Return)
    assert setup.wanted == [("sample", None)]


def test_everything_is_reached_by_the_tab_key_with_the_sample_first(setup: WelcomeSetup) -> None:
    page = setup.page(THERE)
    page.setFocus()
    reached: list[str] = []
    for _ in controls_of(page):
        focused = page.focusWidget()
        reached.append(focused.objectName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert reached == [
        "welcome_sample", "welcome_new", "welcome_open", "welcome_import", "welcome_recent",
    ]  # fmt: skip


def test_a_recent_project_is_opened_by_enter(setup: WelcomeSetup) -> None:
    page = setup.page(THERE, OLDER)
    view = recent(page)
    view.setFocus()
    view.setCurrentRow(0)
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert setup.wanted == [("open", OLDER.folder)]


def test_a_missing_project_is_shown_and_not_opened(setup: WelcomeSetup) -> None:
    page = setup.page(GONE, THERE)
    view = recent(page)
    double_click(0)(view)
    assert setup.wanted == []
    assert "not there now" in view.item(0).text()
    assert str(GONE.folder) in view.item(0).toolTip()
    assert "disk" in view.item(0).toolTip()


def test_without_recent_projects_there_is_no_empty_list(setup: WelcomeSetup) -> None:
    page = setup.page()
    assert not recent(page).isVisible()
    page.set_recent((THERE,))
    assert recent(page).isVisible()
    page.set_recent(())
    assert not recent(page).isVisible()


def test_while_it_is_busy_it_says_so_and_nothing_else_can_be_begun(setup: WelcomeSetup) -> None:
    page = setup.page(THERE)
    place = child(page, QPushButton, "welcome_new").geometry()
    page.show_busy("Opening the project…")
    shown = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert "Opening the project…" in shown
    assert child(page, QProgressBar).isVisible()
    assert not any(control.isEnabled() for control in controls_of(page).values())
    double_click(0)(recent(page))
    assert setup.wanted == []
    QApplication.processEvents()
    assert child(page, QPushButton, "welcome_new").geometry() == place
    page.show_busy("")
    assert not child(page, QProgressBar).isVisible()
    assert all(control.isEnabled() for control in controls_of(page).values())


def test_it_says_what_the_program_is_and_what_the_sample_is(setup: WelcomeSetup) -> None:
    page = setup.page()
    words = " ".join(label.text() for label in page.findChildren(QLabel))
    assert "storyboard" in words
    assert "on this machine" in words
    sample = child(page, QPushButton, "welcome_sample")
    assert sample.text() == "Make a sample film"
    assert sample.accessibleDescription() == "Four scenes, rendered here in half a minute"


@pytest.mark.parametrize("width", [1280, 900, 700])
def test_nothing_is_cut_off(setup: WelcomeSetup, width: int) -> None:
    page = setup.page(THERE, GONE, OLDER)
    page.resize(width, 480)
    QApplication.processEvents()
    assert page.width() == width
    for control in controls_of(page).values():
        corner = control.mapTo(page, QPoint(control.width(), control.height()))
        assert corner.x() <= width
        assert corner.y() <= 480
        assert control.width() >= control.minimumSizeHint().width()


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_the_sample_button_follows_the_theme(setup: WelcomeSetup, appearance: Appearance) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    page = setup.page()
    try:
        theme.apply(app, appearance)
        button = child(page, QPushButton, "welcome_sample")
        card = QColor(button.grab().toImage().pixelColor(button.width() // 2, button.height() - 8))
        assert card == app.palette().base().color()
    finally:
        theme.apply(app, Appearance.LIGHT)


def test_the_icon_of_a_button_is_its_action_s_in_every_theme(
    setup: WelcomeSetup, qapp: QApplication
) -> None:
    page = setup.page()
    button = child(page, QPushButton, "welcome_new")
    light = pixels(button)
    theme.apply(qapp, Appearance.DARK)
    try:
        assert pixels(button) == setup.actions.new.icon().pixmap(16).toImage()
        assert pixels(button) != light
    finally:
        theme.apply(qapp, Appearance.LIGHT)


def pixels(button: QPushButton) -> QImage:
    return button.icon().pixmap(16).toImage()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 7, 15, 8, 5), "today 08:05"),
        (datetime(2026, 7, 14, 23, 59), "yesterday"),
        (datetime(2026, 7, 13, 0, 0), "13 Jul"),
        (datetime(2025, 12, 31, 12, 0), "31 Dec 2025"),
    ],
)
def test_when_a_project_was_open_is_told_in_few_words(moment: datetime, words: str) -> None:
    assert when_text(moment.astimezone(), date(2026, 7, 15)) == words


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(Studio([ENTRY], paths=Paths.below(tmp_path / "home")))
    qtbot.addWidget(window)
    window.show()
    yield window
    window.shut_down()


def test_the_window_says_that_it_opens_a_project_until_it_is_open(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    create_project(tmp_path / "Harbour", new_project("Harbour", NOW))
    page = child(window, WelcomePage)
    with qtbot.waitSignal(window.project_opened):
        window.projects.open(tmp_path / "Harbour")
        assert child(page, QProgressBar).isVisible()
    assert not child(page, QProgressBar).isVisibleTo(page)
    qtbot.waitUntil(lambda: recent(page).count() == 1)
    assert recent(page).item(0).text() == "Harbour"


def test_the_window_can_be_used_again_when_a_project_cannot_be_opened(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    messages: list[str] = []

    def read(dialog: QWidget) -> None:
        assert isinstance(dialog, QMessageBox)
        messages.append(dialog.text())
        dialog.accept()

    page = child(window, WelcomePage)
    when_asked(window, read)
    window.projects.open(tmp_path / "nowhere")
    assert child(page, QProgressBar).isVisible()
    qtbot.waitUntil(lambda: bool(messages))
    assert not child(page, QProgressBar).isVisible()
    assert child(page, QPushButton, "welcome_sample").isEnabled()
