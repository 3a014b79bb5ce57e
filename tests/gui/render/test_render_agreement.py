"""What is asked before renders are queued: packages that a provider still needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton, QToolButton

from core.project.model.edits import FrameSlot, with_frame
from core.video.terms import Target
from gui.render.plan_line import PlanLine
from providers import PROVIDERS
from tests.fakes.packages import LARGE, Installer, needing_packages
from tests.fakes.provider import ENTRY
from tests.gui.children import child
from tests.gui.operating import click
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.gui.whole_window import BoxAnswers

NAMED = "Python packages are installed first, this once: large_one, large_two (about 9 GB)."


@pytest.fixture
def installer() -> Installer:
    return Installer()


@pytest.fixture
def needy(tmp_path: Path, qtbot: QtBot, installer: Installer) -> Iterator[OpenWindow]:
    window = OpenWindow(tmp_path / "home", qtbot, needing_packages(ENTRY), installer)
    yield window
    window.close()


def test_nothing_is_installed_that_was_not_agreed_to(
    needy: OpenWindow, answers: BoxAnswers, installer: Installer
) -> None:
    answers.button = QMessageBox.StandardButton.Cancel
    needy.new("one", "two")
    needy.render()
    needy.until(lambda: answers.heard)
    needy.qtbot.wait(300)

    assert [said.strip() for said in answers.heard] == [NAMED]
    assert needy.window.studio.queue.jobs() == ()
    assert installer.installed == []


def test_what_was_agreed_to_is_installed_once_and_not_asked_about_again(
    needy: OpenWindow, heard: list[str], installer: Installer
) -> None:
    needy.new("one", "two")
    needy.render()
    needy.until(lambda: needy.num_takes() == [1, 1])
    scene = needy.model.project.scenes[0]
    needy.model.edit_scene("Write", scene.model_copy(update={"prompt": "another"}))
    needy.until(child(needy.tab, QToolButton, "render_missing").isEnabled)
    needy.render()
    needy.until(lambda: needy.num_takes() == [2, 1])

    assert [said.strip() for said in heard] == [NAMED]
    assert installer.installed == [LARGE]


def test_price_and_packages_are_asked_about_in_one_question(
    needy: OpenWindow, answers: BoxAnswers
) -> None:
    answers.button = QMessageBox.StandardButton.Cancel
    needy.new("one", "", model="fake-full")
    click(child(needy.tab, QToolButton, "render_all"))
    needy.until(lambda: answers.heard)

    said = answers.heard[0]
    assert said.startswith("A scene is left out. This clip costs $")
    assert NAMED in said
    assert "Scene 2:" in said


def test_money_that_a_fallback_may_cost_is_shown_and_asked_about(
    tmp_path: Path, qtbot: QtBot, answers: BoxAnswers
) -> None:
    answers.button = QMessageBox.StandardButton.Cancel
    window = OpenWindow(tmp_path / "home", qtbot, ENTRY)
    try:
        studio = window.window.studio
        chosen = {"fallbacks": "fake/local/fake-full@0.5", "falls_back_to_paid": True}
        render = studio.settings.render.model_copy(update=chosen)
        studio.apply_settings(studio.settings.model_copy(update={"render": render}))
        window.new("one")
        line = child(window.tab, PlanLine)
        window.until(lambda: line.text().notes)
        assert any(
            "Fake Full (fake/local/fake-full), $0.04 (at most $0.50)" in note
            for note in line.text().notes
        )
        window.render()
        window.until(lambda: answers.heard)
        assert window.window.studio.queue.jobs() == ()
    finally:
        window.close()
    assert answers.heard[0].strip() == (
        "This clip costs nothing. Where it must be made elsewhere, it costs $0.04."
    )


def test_a_scene_whose_model_is_not_installed_points_to_the_page_and_to_no_command(
    tmp_path: Path, qtbot: QtBot, answers: BoxAnswers
) -> None:
    entry = PROVIDERS[0]
    window = OpenWindow(tmp_path / "home", qtbot, entry)
    try:
        window.new("one", "")
        target = Target(provider="ltx-video", deployment="local", model="ltx-2.3")
        render = window.model.project.render.model_copy(update={"target": target})
        window.model.edit("Target", window.model.project.model_copy(update={"render": render}))
        render_all = child(window.tab, QToolButton, "render_all")
        window.until(render_all.isEnabled)
        click(render_all)
        window.until(lambda: answers.heard)
    finally:
        window.close()
    assert "LTX-2.3 dev is not installed." in answers.heard[0]
    assert "in the Models tab." in answers.heard[0]
    assert "setup_ltx_video" not in answers.heard[0]


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    path = tmp_path / "ball.png"
    Image.new("RGB", (96, 64), "red").save(path)
    return path


def lacking_a_frame(window: OpenWindow) -> None:
    window.new("one", "two")
    gone = window.folder / "gone.png"
    scenes = [with_frame(one, FrameSlot.START, gone) for one in window.model.project.scenes]
    window.model.edit_scenes("Set", scenes)


def frames(window: OpenWindow) -> list[Path | None]:
    return [scene.start_image for scene in window.model.project.scenes]


class OneAnswer:
    """Presses the button of these words in the box that opens, and keeps what the box said."""

    def __init__(self, window: OpenWindow, words: str) -> None:
        self.said = ""
        self._words = words
        self._timer = QTimer(window.window, interval=30)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            self.said = box.text() + box.informativeText()
            self._timer.stop()
            next(button for button in box.buttons() if self._words in button.text()).click()


def test_a_missing_frame_is_cleared_where_it_is_told(opened: OpenWindow) -> None:
    lacking_a_frame(opened)
    answer = OneAnswer(opened, "Clear the start frame")
    opened.render()
    opened.until(lambda: frames(opened) == [None, None])
    assert "There is no start image at" in answer.said
    opened.model.undo_stack.undo()
    assert None not in frames(opened)


def test_another_frame_is_chosen_where_one_is_missed(opened: OpenWindow, frame: Path) -> None:
    lacking_a_frame(opened)
    answer = OneAnswer(opened, "Choose another start frame")
    opened.render()
    opened.until(lambda: opened.tab.findChild(QFileDialog))
    child(opened.tab, QFileDialog).filesSelected.emit([str(frame)])
    child(opened.tab, QFileDialog).reject()
    opened.until(lambda: all(path and path.name.startswith("ball") for path in frames(opened)))
    assert "Scene 2" in answer.said


def test_the_plan_offers_both_too(opened: OpenWindow) -> None:
    lacking_a_frame(opened)
    first = opened.model.project.scenes[0].id
    opened.tab.select([first])
    opened.until(lambda: opened.tab.findChild(QPushButton, "fix_0_1"))
    assert child(opened.tab, QPushButton, "fix_0").text() == "Choose another start frame…"
    clear = child(opened.tab, QPushButton, "fix_0_1")
    assert clear.text() == "Clear the start frame"
    click(clear)
    assert frames(opened)[0] is None
    assert frames(opened)[1] is not None
