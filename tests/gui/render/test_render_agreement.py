"""What is asked before renders are queued: packages that a provider still needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QMessageBox, QToolButton

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
