"""A prompt enhanced in the whole window: as a job, looked at first, taken, stopped, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QPlainTextEdit

from core.platform.paths import Paths
from core.video.enhance_job import is_answered
from core.video.record import read_sidecar
from core.video.request import RenderRequest
from core.video.terms import Target
from gui.scenes.enhanced_box import EnhancedBox, Enhancement
from providers import PROVIDERS
from providers.weights.installed import (
    MANIFEST_NAME,
    InstalledFile,
    ModelManifest,
    write_manifest,
)
from tests.fakes.provider import SMALL
from tests.fakes.scenes import NOON
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click, write
from tests.gui.scenes.inspectors import OFFERED, asked_of, check_page, inspector, second, turn_to
from tests.gui.whole_window import OpenWindow

LARGE = "ltx-2.3"

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.project.model.project import Scene
    from gui.scenes.scene_inspector import SceneInspector
    from gui.widgets.thumbnails import Thumbnails
    from tests.gui.whole_window import BoxAnswers


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


def test_words_are_offered_only_for_the_prompt_that_they_were_made_of(opened: OpenWindow) -> None:
    begin(opened, "a fox ")
    click(button(opened, "scene_enhance"))
    opened.until(lambda: words(opened).startswith("a fox"))
    take = button(opened, "scene_take_enhanced")
    assert take.isVisible()
    write("an owl")(child(opened.tab, QPlainTextEdit, "scene_prompt"))
    assert not take.isVisible()
    assert words(opened) == ""
    labels = opened.tab.findChildren(QLabel)
    assert any(label.text().startswith("The prompt was changed since") for label in labels)
    opened.model.undo_stack.undo()
    assert take.isVisible()
    assert words(opened).startswith("a fox")


def reopen(window: OpenWindow) -> None:
    folder = window.folder
    window.saved()
    window.new("another film")
    window.open(folder)
    window.tab.select([scene(window).id])


def test_words_wait_for_their_answer_also_when_the_project_is_opened_anew(
    opened: OpenWindow,
) -> None:
    begin(opened, "a fox")
    click(button(opened, "scene_enhance"))
    opened.until(lambda: words(opened).startswith("a fox, from words"))
    reopen(opened)
    opened.until(lambda: words(opened).startswith("a fox, from words"))
    click(button(opened, "scene_leave_enhanced"))
    file = next(iter(opened.window.studio.queue.jobs())).path
    assert file is not None
    opened.until(lambda: is_answered(file))
    reopen(opened)
    opened.qtbot.wait(500)
    assert words(opened) == ""


def test_a_job_that_another_run_began_is_shown_at_its_scene(opened: OpenWindow) -> None:
    begin(opened, "hang")
    studio, project = opened.window.studio, opened.model.project
    target = Target(provider="fake", deployment="local", model="fake-full")

    def submit(prompt: str) -> str:
        planned = studio.plan_enhancement(RenderRequest(target=target, prompt=prompt))
        return studio.submit_enhancement(planned, scene=f"{project.id}/{scene(opened).id}")

    submit("hang")
    enhance = button(opened, "scene_enhance")
    opened.until(lambda: enhance.text() == "Stop")
    click(enhance)
    jobs = studio.queue
    opened.until(lambda: all(record.state.value == "cancelled" for record in jobs.jobs()))
    opened.until(lambda: enhance.text() == "Enhance")
    write("a fox")(child(opened.tab, QPlainTextEdit, "scene_prompt"))
    submit("a fox")
    opened.until(lambda: words(opened).startswith("a fox, from words"))


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


def install_without_enhancer(models_dir: Path) -> None:
    """A whole model, as far as its manifest knows."""
    file = models_dir / LARGE / "model_index.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    installed = InstalledFile(
        place=file.name,
        size_bytes=2,
        sha256="0" * 64,
        modified_ns=file.stat().st_mtime_ns,
        repo_id="maker/model",
        revision="main",
        path=file.name,
    )
    manifest = ModelManifest(
        model=LARGE, licence="", page_url="", installed_at=NOON, files=(installed,)
    )
    write_manifest(file.parent / MANIFEST_NAME, manifest)


@pytest.mark.parametrize("is_installed", [True, False])
def test_what_an_enhancement_needs_points_to_the_page_and_to_no_command(
    tmp_path: Path, qtbot: QtBot, *, is_installed: bool
) -> None:
    home = tmp_path / "home"
    if is_installed:
        install_without_enhancer(Paths.below(home).models_dir)
    entry = PROVIDERS[0]
    window = OpenWindow(home, qtbot, entry)
    try:
        window.new("a fox")
        target = Target(provider="ltx-video", deployment="local", model=LARGE)
        render = window.model.project.render.model_copy(update={"target": target})
        window.model.edit("Target", window.model.project.model_copy(update={"render": render}))
        window.tab.select([scene(window).id])
        window.until(button(window, "scene_enhance").isVisible)
        click(button(window, "scene_enhance"))
        what = "installed without its prompt enhancer" if is_installed else "is not installed"

        def told() -> str:
            box = child(window.tab, EnhancedBox)
            return " ".join(label.text() for label in box.findChildren(QLabel))

        window.until(lambda: what in told())
        assert "in the Models tab." in told()
        assert "setup_ltx_video" not in told()
    finally:
        window.close()


def test_a_model_without_an_enhancer_has_no_button(opened: OpenWindow) -> None:
    begin(opened, "a fox", model="fake-small")
    opened.qtbot.wait(500)
    assert not button(opened, "scene_enhance").isVisible()


def test_words_that_are_offered_are_taken_edited_or_left(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    def offered() -> SceneInspector:
        panel = inspector(qtbot, thumbnails, ("s2",))
        panel.show_enhancements({"s2": Enhancement(words="a box of gold", prompt="a box")})
        return panel

    check_page(offered, "Prompt", OFFERED)
    panel = offered()
    turn_to(panel, "Prompt")
    click(controls_of(panel)["scene_take_enhanced"])
    assert (second(panel).prompt, second(panel).enhanced_prompt) == ("a box", "a box of gold")
    assert asked_of(panel) == [("s2", "")]
    left = offered()
    turn_to(left, "Prompt")
    click(controls_of(left)["scene_leave_enhanced"])
    assert second(left).enhanced_prompt == "a box of oak"


def test_a_model_without_an_enhancer_offers_none(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1",))
    turn_to(panel, "Prompt")
    controls = controls_of(panel)
    assert controls["scene_enhance"].isVisible()
    assert not controls["scene_enhanced_prompt"].isVisible()
    panel.set_spec(SMALL)
    assert not controls["scene_enhance"].isVisible()
    # What is there is shown all the same: another model may read it.
    panel.show_scenes(("s2",))
    assert controls["scene_enhanced_prompt"].isVisible()


def test_another_prompt_takes_the_enhanced_one_along(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Prompt")
    write("a star")(controls_of(panel)["scene_prompt"])
    assert second(panel).enhanced_prompt == ""
    panel.property("model").undo_stack.undo()
    assert (second(panel).prompt, second(panel).enhanced_prompt) == ("a box", "a box of oak")
