"""The inspector: one scene in large, several at once, and one step of undo for each edit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar, QWidget

from core.project.edits import insert_scenes
from core.project.project import Scene, SceneCut, new_project
from core.project.scene_edits import FrameSlot
from gui.video.frame_pictures import FrameBrought
from gui.video.project_model import ProjectModel
from gui.video.scene_inspector import SceneInspector
from gui.widgets.thumbnails import Thumbnails
from tests.fakes.provider import FULL, SMALL
from tests.gui.controls import ControlCase, Heard, controls_of
from tests.gui.operating import answer_with, choose_index, click, step_up, tick, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PICTURE = Path(__file__).resolve().parents[2] / "Docs" / "images" / "ltx-mini.png"


@pytest.fixture
def thumbnails(qtbot: QtBot) -> Iterator[Thumbnails]:
    thumbnails = Thumbnails()
    yield thumbnails
    thumbnails.close()


def model_of(*scenes: Scene, is_read_only: bool = False) -> ProjectModel:
    project = insert_scenes(new_project("A film", NOW), 0, scenes)
    return ProjectModel(project, Path("/project"), is_read_only=is_read_only)


def three() -> tuple[Scene, ...]:
    return (
        Scene(id="s1", prompt="a ball", title="One"),
        Scene(id="s2", prompt="a box", text="the words", start_image=PICTURE, end_image=PICTURE),
        Scene(id="s3", prompt="a ball too", cut=SceneCut(speed=2)),
    )


def inspector(
    qtbot: QtBot, thumbnails: Thumbnails, ids: tuple[str, ...], *, is_read_only: bool = False
) -> SceneInspector:
    model = model_of(*three(), is_read_only=is_read_only)
    panel = SceneInspector(model, thumbnails)
    model.setParent(panel)
    panel.setProperty("model", model)
    brought = Heard()
    panel.setProperty("brought", brought)
    panel.frame_brought.connect(brought.take)
    qtbot.addWidget(panel)
    panel.set_spec(FULL)
    panel.show_scenes(ids)
    panel.show()
    return panel


def scenes_of(panel: QWidget) -> tuple[Scene, ...]:
    return panel.property("model").project.scenes


def second(panel: QWidget) -> Scene:
    return scenes_of(panel)[1]


def paste(button: QWidget) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(0xFF0000)
    QGuiApplication.clipboard().setImage(image)
    click(button)


def brought_by(panel: QWidget) -> int:
    return len(panel.property("brought").wishes)


ONE = (
    ControlCase("scene_title", write("Two"), lambda p: second(p).title),
    ControlCase("scene_prompt", write("a star"), lambda p: second(p).prompt),
    ControlCase("scene_continues", tick, lambda p: second(p).continues),
    ControlCase("start_frame_choose", answer_with(PICTURE), brought_by),
    ControlCase("start_frame_paste", paste, brought_by),
    ControlCase("start_frame_clear", click, lambda p: second(p).start_image),
    ControlCase("end_frame_choose", answer_with(PICTURE), brought_by),
    ControlCase("end_frame_paste", paste, brought_by),
    ControlCase("end_frame_clear", click, lambda p: second(p).end_image),
)
CUT = (
    ControlCase("scene_duration", step_up, lambda p: second(p).own_fields),
    ControlCase("cut_start", step_up, lambda p: second(p).cut.start_s),
    ControlCase("cut_end", step_up, lambda p: second(p).cut.end_s),
    ControlCase("cut_speed", step_up, lambda p: second(p).cut.speed),
    ControlCase("cut_volume", step_up, lambda p: second(p).cut.volume_db),
    ControlCase("cut_mute", tick, lambda p: second(p).cut.is_muted),
    ControlCase("cut_own_transition", choose_index(1), lambda p: second(p).cut.transition),
    ControlCase("cut_fit", choose_index(2), lambda p: second(p).cut.fit),
)
OWN_TRANSITION = (
    ControlCase("transition_kind", choose_index(2), lambda p: second(p).cut.transition),
    ControlCase("transition_length", step_up, lambda p: second(p).cut.transition),
)
BULK = (
    ControlCase("bulk_append", write("at dawn"), lambda p: text_of(p, "bulk_append")),
    ControlCase("bulk_add", click, scenes_of),
    ControlCase("bulk_find", write("ball"), lambda p: text_of(p, "bulk_find")),
    ControlCase("bulk_replacement", write("star"), lambda p: text_of(p, "bulk_replacement")),
    ControlCase("bulk_case", tick, lambda p: controls_of(p)["bulk_case"].isChecked()),
    ControlCase("bulk_replace", click, scenes_of),
    ControlCase("bulk_link", click, scenes_of),
)
ALL = (*ONE, *CUT, *OWN_TRANSITION, *BULK)
"""Also for the test that walks the whole window."""


def text_of(panel: QWidget, name: str) -> str:
    return controls_of(panel)[name].text()


def shown(make: Callable[[], QWidget], page: int) -> Callable[[], QWidget]:
    """The panel with one of its pages in front, where controls can be reached."""

    def made() -> QWidget:
        panel = make()
        bar = next(bar for bar in panel.findChildren(QTabBar))
        bar.setCurrentIndex(page)
        return panel

    return made


def check_page(make: Callable[[], QWidget], page: int, cases: tuple[ControlCase, ...]) -> None:
    """Operate the controls of one page, each alone; the other pages have tests of their own."""
    for case in cases:
        panel = shown(make, page)()
        before = case.seen(panel)
        case.act(controls_of(panel)[case.name])
        assert case.seen(panel) != before, f"{case.name} changes nothing"


def test_every_control_has_a_case(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    inner = {"scroll_left", "scroll_right"}
    names = {name for name in controls_of(panel) if "Scroll" not in name} - inner
    assert names == {case.name for case in ALL}


def test_words_and_frames_of_one_scene(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    def make() -> QWidget:
        return inspector(qtbot, thumbnails, ("s2",))

    check_page(make, 0, ONE[:2])
    check_page(make, 1, ONE[2:])


def test_the_cut_of_one_scene(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    def make() -> QWidget:
        return inspector(qtbot, thumbnails, ("s2",))

    def with_own() -> QWidget:
        panel = make()
        shown(lambda: panel, 3)()
        choose_index(1)(controls_of(panel)["cut_own_transition"])
        return panel

    check_page(make, 3, CUT)
    check_page(with_own, 3, OWN_TRANSITION)


def test_words_of_several_scenes(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    def make() -> QWidget:
        return inspector(qtbot, thumbnails, ("s1", "s2", "s3"))

    def filled() -> QWidget:
        panel = make()
        shown(lambda: panel, 2)()
        for name, text in (("bulk_append", "at dawn"), ("bulk_find", "ball")):
            write(text)(controls_of(panel)[name])
        return panel

    check_page(
        make, 2, tuple(case for case in BULK if case.name not in ("bulk_add", "bulk_replace"))
    )
    check_page(filled, 2, (BULK[1], BULK[5]))


def test_an_edit_of_several_scenes_is_one_step_of_undo(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = shown(lambda: inspector(qtbot, thumbnails, ("s1", "s2", "s3")), 3)()
    before = scenes_of(panel)
    model: ProjectModel = panel.property("model")

    tick(controls_of(panel)["cut_mute"])

    assert all(scene.cut.is_muted for scene in scenes_of(panel))
    model.undo_stack.undo()
    assert scenes_of(panel) == before


def test_typing_is_one_step_and_keeps_its_cursor(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    box = controls_of(panel)["scene_prompt"]
    box.setFocus()
    box.moveCursor(box.textCursor().MoveOperation.Start)

    QTest.keyClicks(box, "look: ")

    assert second(panel).prompt == "look: a box"
    assert box.textCursor().position() == len("look: ")
    assert model.undo_stack.count() == 1
    model.undo_stack.undo()
    assert box.toPlainText() == "a box"


def test_a_picture_from_the_clipboard_is_brought_for_its_place(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = shown(lambda: inspector(qtbot, thumbnails, ("s2",)), 1)()

    paste(controls_of(panel)["end_frame_paste"])

    (brought,) = panel.property("brought").wishes
    assert isinstance(brought, FrameBrought)
    assert (brought.scene_id, brought.slot) == ("s2", FrameSlot.END)


def test_only_what_the_model_takes_is_offered(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    shown(lambda: panel, 1)()
    panel.set_spec(SMALL)
    assert not controls_of(panel)["end_frame_choose"].isVisible()
    assert controls_of(panel)["start_frame_choose"].isVisible()


def test_the_first_scene_has_none_before_it(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1",))
    assert not controls_of(panel)["scene_continues"].isEnabled()


def test_a_read_only_project_cannot_be_edited(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",), is_read_only=True)
    box = controls_of(panel)["scene_prompt"]
    QTest.keyClicks(box, "nothing")
    assert second(panel).prompt == "a box"
    assert not controls_of(panel)["cut_speed"].isEnabled()


def test_without_a_scene_it_says_what_to_do(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ())
    assert not controls_of(panel)["scene_prompt"].isVisible()
