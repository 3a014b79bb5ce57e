"""Inspectors of scenes, every control of theirs, and a person's hand on them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QTabBar, QWidget

from core.film.model.film import Fit, Transition
from core.project.model.edits import insert_scenes
from core.project.model.project import Scene, SceneCut, SceneTakes, Take, VideoProject, new_project
from gui.project.project_model import ProjectModel
from gui.scenes.scene_inspector import SceneInspector
from tests.fakes.provider import FULL
from tests.gui.controls import ControlCase, Heard, controls_of
from tests.gui.operating import answer_with, choose, choose_row, click, step_up, tick, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytestqt.qtbot import QtBot

    from gui.widgets.thumbnails import Thumbnails

NOW = datetime(2026, 11, 1, tzinfo=UTC)
IMAGE = Path(__file__).resolve().parents[3] / "Docs" / "images" / "ltx-mini.png"


def model_of(*scenes: Scene, is_read_only: bool = False, take: Take | None = None) -> ProjectModel:
    project = insert_scenes(new_project("A film", NOW), 0, scenes)
    project = with_takes(project, take)
    others = (IMAGE.with_name("another.png"),)
    project = project.model_copy(update={"start_frames": {"s2": others}})
    return ProjectModel(project, Path("/project"), is_read_only=is_read_only)


def three() -> tuple[Scene, ...]:
    return (
        Scene(id="s1", prompt="a ball", title="One"),
        Scene(
            id="s2",
            prompt="a box",
            enhanced_prompt="a box of oak",
            text="the words",
            start_image=IMAGE,
            end_image=IMAGE,
            cut=SceneCut(transition=Transition(kind="fade")),
        ),
        Scene(
            id="s3",
            prompt="a ball too",
            continues=True,
            cut=SceneCut(
                start_s=0.5,
                end_s=1.5,
                speed=2,
                is_muted=True,
                fit=Fit.BLUR,
                transition=Transition(kind="wipe-left"),
            ),
        ),
    )


def with_takes(project: VideoProject, take: Take | None) -> VideoProject:
    if take is None:
        return project
    for scene in project.scenes:
        project = project.with_takes(scene.id, SceneTakes().with_take(take))
    return project


def inspector(
    qtbot: QtBot,
    thumbnails: Thumbnails,
    ids: tuple[str, ...],
    *,
    is_read_only: bool = False,
    take: Take | None = None,
) -> SceneInspector:
    model = model_of(*three(), is_read_only=is_read_only, take=take)
    panel = SceneInspector(model, thumbnails)
    model.setParent(panel)
    panel.setProperty("model", model)
    brought = Heard()
    panel.setProperty("brought", brought)
    panel.frame_brought.connect(brought.take)
    asked = Heard()
    panel.setProperty("asked", asked)
    panel.enhance_wanted.connect(asked.take)
    panel.writer_wanted.connect(asked.take)
    panel.words_changed.connect(lambda scene_id, words: asked.take((scene_id, words)))
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
    return len(panel.property("brought").requests)


def asked_of(panel: QWidget) -> list[object]:
    return list(panel.property("asked").requests)


def previews(panel: QWidget) -> int:
    return len([one for one in panel.findChildren(QDialog) if "large" in one.objectName()])


def select_all(box: QWidget) -> None:
    QTest.keySequence(box, QKeySequence.StandardKey.SelectAll)


def selected_words(panel: QWidget) -> str:
    return controls_of(panel)["scene_storyboard_words"].textCursor().selectedText()


WORDS = (
    ControlCase("scene_title", write("Two"), lambda p: second(p).title),
    ControlCase("scene_prompt", write("a star"), lambda p: second(p).prompt),
    ControlCase("scene_enhance", click, asked_of),
    ControlCase("scene_write", click, asked_of),
    ControlCase("scene_enhanced_prompt", write("a star"), lambda p: second(p).enhanced_prompt),
    ControlCase("scene_leave_enhanced", click, lambda p: second(p).enhanced_prompt),
    ControlCase(
        "section_scene_storyboard",
        click,
        lambda p: controls_of(p)["scene_storyboard_words"].isVisible(),
    ),
    ControlCase("scene_storyboard_words", select_all, selected_words),
)
FRAMES = (
    ControlCase("other_frames", choose_row(0), lambda p: second(p).start_image),
    ControlCase("scene_continues", tick, lambda p: second(p).continues),
    ControlCase("start_frame_choose", answer_with(IMAGE), brought_by),
    ControlCase("start_frame_paste", paste, brought_by),
    ControlCase("start_frame_preview", click, previews),
    ControlCase("start_frame_clear", click, lambda p: second(p).start_image),
    ControlCase("end_frame_choose", answer_with(IMAGE), brought_by),
    ControlCase("end_frame_paste", paste, brought_by),
    ControlCase("end_frame_preview", click, previews),
    ControlCase("end_frame_clear", click, lambda p: second(p).end_image),
)
CUT = (
    ControlCase("scene_duration", step_up, lambda p: second(p).own_fields),
    ControlCase("cut_start", step_up, lambda p: second(p).cut.start_s),
    ControlCase("cut_end", step_up, lambda p: second(p).cut.end_s),
    ControlCase("cut_speed", step_up, lambda p: second(p).cut.speed),
    ControlCase("cut_volume", step_up, lambda p: second(p).cut.volume_db),
    ControlCase("cut_mute", tick, lambda p: second(p).cut.is_muted),
    ControlCase("cut_transition", choose("Dissolve"), lambda p: second(p).cut.transition),
    ControlCase("cut_overlap", step_up, lambda p: second(p).cut.transition),
    ControlCase("cut_fit", choose("Stretch"), lambda p: second(p).cut.fit),
)
BULK = (
    ControlCase("bulk_append", write("at dawn"), scenes_of),
    ControlCase("bulk_add", click, scenes_of),
    ControlCase("bulk_find", write("ball"), lambda p: text_of(p, "bulk_find")),
    ControlCase("bulk_replacement", write("star"), lambda p: text_of(p, "bulk_replacement")),
    ControlCase("bulk_case", tick, lambda p: controls_of(p)["bulk_case"].isChecked()),
    ControlCase("bulk_replace", click, scenes_of),
    ControlCase("bulk_continues", tick, scenes_of),
)
TRACK = (
    ControlCase("cut_video_track", choose("Track 3, ger"), scenes_of),
    ControlCase("cut_audio_track", choose("Track 1, eng"), scenes_of),
)
HELD = (ControlCase("cut_still", step_up, scenes_of),)
OFFERED = (
    ControlCase("scene_take_enhanced", click, lambda p: second(p).enhanced_prompt),
    ControlCase("scene_leave_enhanced", click, asked_of),
    ControlCase("scene_enhanced_prompt", write("a star"), asked_of),
)
ALL = (*WORDS, OFFERED[0], *FRAMES, *CUT, *TRACK, *HELD, *BULK)
PAGES = {"Prompt": WORDS, "Frames": FRAMES, "Cut": CUT}


def text_of(panel: QWidget, name: str) -> str:
    return controls_of(panel)[name].text()


def turn_to(panel: QWidget, page: str) -> None:
    """Bring one of the pages to the front, where its controls can be reached."""
    bar = panel.findChild(QTabBar)
    assert bar is not None
    (place,) = [place for place in range(bar.count()) if bar.tabText(place) == page]
    assert bar.isTabVisible(place)
    bar.setCurrentIndex(place)


def activate(qtbot: QtBot, panel: QWidget) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)


def said(panel: QWidget) -> str:
    return " ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def check_page(make: Callable[[], SceneInspector], page: str, cases: Sequence[ControlCase]) -> None:
    """Operate the controls of one page, each alone; what changes the project can be undone."""
    for case in cases:
        panel = make()
        turn_to(panel, page)
        before, scenes = case.seen(panel), scenes_of(panel)
        stack = panel.property("model").undo_stack
        case.act(controls_of(panel)[case.name])
        assert case.seen(panel) != before, f"{case.name} changes nothing"
        if scenes_of(panel) != scenes:
            assert stack.count() == 1, case.name
            stack.undo()
            assert scenes_of(panel) == scenes, case.name
            stack.redo()
            assert scenes_of(panel) != scenes, case.name
