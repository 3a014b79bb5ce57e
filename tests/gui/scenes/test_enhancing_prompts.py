"""A prompt enhanced in the whole window: as a job, looked at first, taken, stopped, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QPlainTextEdit

from core.video.record import read_sidecar
from tests.gui.children import child
from tests.gui.operating import click

if TYPE_CHECKING:
    from core.project.model.project import Scene
    from tests.gui.whole_window import BoxAnswers, OpenWindow


def button(window: OpenWindow, name: str) -> QAbstractButton:
    return child(window.tab, QAbstractButton, name)


def words(window: OpenWindow) -> str:
    return child(window.tab, QPlainTextEdit, "scene_enhanced_prompt").toPlainText()


def scene(window: OpenWindow) -> Scene:
    return window.model.project.scenes[0]


def begin(window: OpenWindow, prompt: str, model: str = "fake-full") -> None:
    window.new(prompt, model=model)
    window.tab.select([scene(window).id])
    if model == "fake-full":
        window.until(button(window, "scene_enhance").isVisible)


def test_the_words_are_looked_at_taken_and_made_a_clip_of(
    opened: OpenWindow, answers: BoxAnswers
) -> None:
    # The model has a price, to which a person agrees.
    answers.role = QMessageBox.ButtonRole.AcceptRole
    begin(opened, "a fox")
    click(button(opened, "scene_enhance"))
    opened.until(lambda: words(opened).startswith("a fox, from words"))
    assert scene(opened).enhanced_prompt == "", "nothing is taken unasked"
    offered = words(opened)
    click(button(opened, "scene_take_enhanced"))
    assert (scene(opened).prompt, scene(opened).enhanced_prompt) == ("a fox", offered)
    assert not button(opened, "scene_take_enhanced").isVisible()

    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    record = read_sidecar(opened.model.project.takes_of(scene(opened).id).takes[0].path)
    assert record is not None
    assert (record.request.prompt, record.prompt) == ("a fox", offered)
    click(button(opened, "scene_leave_enhanced"))
    assert scene(opened).enhanced_prompt == ""


def test_an_enhancement_is_stopped_by_its_button(opened: OpenWindow) -> None:
    begin(opened, "hang")
    enhance = button(opened, "scene_enhance")
    click(enhance)
    opened.until(lambda: enhance.text() == "Stop")
    jobs = opened.window.studio.queue
    opened.until(lambda: any(record.state.value == "running" for record in jobs.jobs()))
    click(enhance)
    opened.until(lambda: all(record.state.value == "cancelled" for record in jobs.jobs()))
    assert enhance.text() == "Enhance"
    assert words(opened) == ""


def test_a_failure_is_told_where_it_was_asked_for(opened: OpenWindow) -> None:
    begin(opened, "fail")
    click(button(opened, "scene_enhance"))

    def is_told() -> bool:
        labels = opened.tab.findChildren(QLabel)
        return any("The fake was told to fail." in label.text() for label in labels)

    opened.until(is_told)
    assert button(opened, "scene_enhance").text() == "Enhance"


def test_a_model_without_an_enhancer_has_no_button(opened: OpenWindow) -> None:
    begin(opened, "a fox", model="fake-small")
    opened.qtbot.wait(500)
    assert not button(opened, "scene_enhance").isVisible()
