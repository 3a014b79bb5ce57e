"""The inspector: one scene in large, several at once, and one step of undo for each edit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QKeySequence,
    QTextCursor,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QTabBar,
    QWidget,
)

from core.film.model.film import Fit, Transition
from core.project.model.edits import insert_scenes
from core.project.model.project import (
    Scene,
    SceneCut,
    SceneTakes,
    Take,
    Track,
    VideoProject,
    new_project,
)
from gui import theme
from gui.project.project_model import ProjectModel
from gui.scenes.cut_page import CutPage
from gui.scenes.image_controller import ImageRole, ImageUse
from gui.scenes.scene_inspector import SceneInspector
from tests.fakes.provider import FULL, SMALL
from tests.fakes.scenes import make_take
from tests.gui.controls import ControlCase, Heard, controls_of
from tests.gui.dropping import drop, files
from tests.gui.operating import answer_with, choose, click, step_up, tick, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytestqt.qtbot import QtBot

    from gui.widgets.thumbnails import Thumbnails

NOW = datetime(2026, 11, 1, tzinfo=UTC)
IMAGE = Path(__file__).resolve().parents[3] / "Docs" / "images" / "ltx-mini.png"


TRACKS = (Track(number=1, label="Track 1, eng"), Track(number=3, label="Track 3, ger"))
WITH_TRACKS = make_take("t").model_copy(update={"video_tracks": TRACKS, "audio_tracks": TRACKS})
STILL = make_take("t").model_copy(update={"is_still": True, "num_frames": 1, "fps": 0.0})


def model_of(*scenes: Scene, is_read_only: bool = False, take: Take | None = None) -> ProjectModel:
    project = insert_scenes(new_project("A film", NOW), 0, scenes)
    project = with_takes(project, take)
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
CUT_OF_ALL = [ControlCase(case.name, case.act, scenes_of) for case in CUT]


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


def test_every_control_has_a_case(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    inner = {"scroll_left", "scroll_right"}
    names = {name for name in controls_of(panel) if "Scroll" not in name} - inner
    assert names == {case.name for case in ALL}


@pytest.mark.parametrize("page", list(PAGES))
def test_each_control_of_one_scene(qtbot: QtBot, thumbnails: Thumbnails, page: str) -> None:
    check_page(lambda: inspector(qtbot, thumbnails, ("s2",)), page, PAGES[page])


def test_each_cut_of_several_scenes(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    check_page(lambda: inspector(qtbot, thumbnails, ("s1", "s2", "s3")), "Cut", CUT_OF_ALL)


@pytest.mark.parametrize("ids", [("s2",), ("s1", "s2", "s3")])
def test_the_tracks_of_a_file_are_chosen(
    ids: tuple[str, ...], qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    cases = (*(CUT if len(ids) == 1 else CUT_OF_ALL), *TRACK)
    check_page(lambda: inspector(qtbot, thumbnails, ids, take=WITH_TRACKS), "Cut", cases)
    panel = inspector(qtbot, thumbnails, ids, take=WITH_TRACKS)
    turn_to(panel, "Cut")
    choose("Track 3, ger")(controls_of(panel)["cut_audio_track"])
    model: ProjectModel = panel.property("model")
    cuts = [scene.cut.audio_track for scene in model.project.scenes if scene.id in ids]
    assert cuts == [3] * len(ids)
    model.undo_stack.undo()
    assert scenes_of(panel) == three()


def test_a_still_is_held_and_not_trimmed(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    trims = ("cut_start", "cut_end", "cut_speed")
    cases = tuple(case for case in CUT if case.name not in trims)
    check_page(lambda: inspector(qtbot, thumbnails, ("s2",), take=STILL), "Cut", (*cases, *HELD))
    panel = inspector(qtbot, thumbnails, ("s2",), take=STILL)
    turn_to(panel, "Cut")
    controls = controls_of(panel)
    assert not any(controls[name].isVisible() for name in trims)
    write("7.5")(controls["cut_still"])
    assert second(panel).cut.still_s == 7.5
    model: ProjectModel = panel.property("model")
    model.undo_stack.undo()
    assert second(panel).cut.still_s is None


def test_each_control_of_several_scenes(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    def make() -> SceneInspector:
        panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
        turn_to(panel, "Together")
        for name, text in (("bulk_append", "in June"), ("bulk_find", "a b")):
            QTest.keyClicks(controls_of(panel)[name], text)
        return panel

    check_page(make, "Together", BULK)


def cut_values(panel: QWidget, name: str) -> set[object]:
    return {getattr(scene.cut, name) for scene in scenes_of(panel)}


@pytest.mark.parametrize(
    ("control", "act", "name", "value"),
    [
        ("cut_speed", step_up, "speed", 1.0),
        ("cut_speed", write("3"), "speed", 3.0),
        ("cut_end", step_up, "end_s", None),
        ("cut_end", write("0.8"), "end_s", 0.8),
        ("cut_mute", tick, "is_muted", True),
        ("cut_fit", choose("As the film"), "fit", None),
        ("cut_fit", choose("Stretch"), "fit", Fit.STRETCH),
    ],
)
def test_what_differs_can_be_made_the_same(
    qtbot: QtBot,
    thumbnails: Thumbnails,
    control: str,
    act: Callable[[QWidget], None],
    name: str,
    value: object,
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    assert len(cut_values(panel, name)) > 1

    act(controls_of(panel)[control])

    assert cut_values(panel, name) == {value}
    panel.property("model").undo_stack.undo()
    assert scenes_of(panel) == three()


def test_what_differs_is_shown_as_several(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    controls = controls_of(panel)
    assert controls["cut_speed"].text() == controls["cut_end"].text() == "(several)"
    assert controls["cut_fit"].currentIndex() == controls["cut_transition"].currentIndex() == -1
    assert controls["cut_mute"].checkState() == Qt.CheckState.PartiallyChecked
    assert controls["cut_volume"].text() == "0.0 dB"
    assert controls["bulk_continues"].checkState() == Qt.CheckState.PartiallyChecked

    panel.show_scenes(("s3",))

    assert controls["cut_speed"].text() == "2.00×"
    assert controls["cut_fit"].currentText() == "Fit, over a blur"
    assert controls["cut_mute"].checkState() == Qt.CheckState.Checked


def test_leaving_a_field_of_several_values_changes_none(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    for name in ("cut_start", "cut_end", "cut_speed"):
        field = controls_of(panel)[name]
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
        QTest.keyClick(field, Qt.Key.Key_Tab)
    assert scenes_of(panel) == three()


def test_a_length_of_transitions_leaves_their_kinds(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
    write("1.5")(controls_of(panel)["cut_overlap"])
    assert [scene.cut.transition for scene in scenes_of(panel)] == [
        None,
        Transition(kind="fade", duration_s=1.5),
        Transition(kind="wipe-left", duration_s=1.5),
    ]


def test_several_continue_but_for_the_first_of_the_film(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Together")
    link = controls_of(panel)["bulk_continues"]
    tick(link)
    assert [scene.continues for scene in scenes_of(panel)] == [False, True, True]
    assert link.checkState() == Qt.CheckState.Checked
    tick(link)
    assert not any(scene.continues for scene in scenes_of(panel))


def test_words_are_added_once(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s3"))
    turn_to(panel, "Together")
    controls = controls_of(panel)
    write("at dawn")(controls["bulk_append"])
    assert [s.prompt for s in scenes_of(panel)] == ["a ball at dawn", "a box", "a ball too at dawn"]
    assert not controls["bulk_append"].text()
    assert not controls["bulk_add"].isEnabled()


def test_matches_are_counted_before_they_are_replaced(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Together")
    controls = controls_of(panel)
    write("BALL")(controls["bulk_find"])
    assert "Found 2 times in 3 prompts." in said(panel)
    tick(controls["bulk_case"])
    assert "Found 0 times in 3 prompts." in said(panel)
    assert not controls["bulk_replace"].isEnabled()
    tick(controls["bulk_case"])
    write("[1]\\g")(controls["bulk_replacement"])
    assert [s.prompt for s in scenes_of(panel)] == ["a [1]\\g", "a box", "a [1]\\g too"]


cuts = st.builds(
    SceneCut,
    start_s=st.floats(0, 10_000),
    end_s=st.none() | st.floats(1e-6, 10_000),
    speed=st.floats(0.1, 10),
    volume_db=st.floats(-60, 24),
    is_muted=st.booleans(),
    transition=st.none()
    | st.builds(
        Transition,
        kind=st.sampled_from(["none", "fade", "of another version"]),
        duration_s=st.floats(0, 100),
    ),
    fit=st.none() | st.sampled_from(Fit),
)


@settings(max_examples=60, deadline=None)
@given(shown=st.lists(cuts, min_size=1, max_size=3))
def test_showing_any_cut_changes_nothing_and_a_change_only_its_own(shown: list[SceneCut]) -> None:
    scenes = tuple(Scene(id=f"s{n}", cut=cut) for n, cut in enumerate(shown))
    model = model_of(*scenes)
    page = CutPage(model)
    page.show_scenes(scenes)
    assert model.undo_stack.count() == 0
    mute = controls_of(page)["cut_mute"]
    mute.click()
    assert model.undo_stack.count() == 1
    for before, after in zip(scenes, model.project.scenes, strict=True):
        assert after.cut == before.cut.model_copy(update={"is_muted": mute.isChecked()})
    page.deleteLater()


def test_an_edit_of_several_scenes_is_one_step_of_undo(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s1", "s2", "s3"))
    turn_to(panel, "Cut")
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


def test_an_image_from_the_clipboard_is_brought_for_its_place(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Frames")

    paste(controls_of(panel)["end_frame_paste"])

    (brought,) = panel.property("brought").requests
    assert isinstance(brought, ImageUse)
    assert (brought.scene_id, brought.role) == ("s2", ImageRole.END)


def test_only_what_the_model_takes_is_offered(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Frames")
    panel.set_spec(SMALL)
    assert not controls_of(panel)["end_frame_choose"].isVisible()
    assert controls_of(panel)["start_frame_choose"].isVisible()


def test_the_first_scene_has_none_before_it(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s1",))
    assert not controls_of(panel)["scene_continues"].isEnabled()


def test_a_read_only_project_can_be_read_and_not_edited(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",), is_read_only=True)
    controls = controls_of(panel)
    can = {
        "scene_title", "scene_prompt", "section_scene_storyboard", "scene_storyboard_words",
        "start_frame_preview", "end_frame_preview", "scene_enhanced_prompt",
    }  # fmt: skip
    assert {case.name for case in ALL if controls[case.name].isEnabled()} == can
    QTest.keyClicks(controls["scene_prompt"], "nothing")
    QTest.keyClicks(controls["scene_title"], "nothing")
    select_all(controls["scene_prompt"])
    assert controls["scene_prompt"].textCursor().selectedText() == "a box"
    turn_to(panel, "Frames")
    assert not controls["start_frame_choose"].parentWidget().acceptDrops()
    assert scenes_of(panel) == three()
    assert not panel.property("brought").requests


def test_without_a_scene_it_says_what_to_do(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ())
    assert not controls_of(panel)["scene_prompt"].isVisible()
    assert "Choose a scene" in said(panel)


def test_the_heading_names_what_is_edited(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    assert "Scene 2 of 3" in said(panel)
    panel.show_scenes(("s1", "s3"))
    assert "2 scenes" in said(panel)


def test_the_cursor_is_told_in_letters(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    heard = Heard()
    panel.cursor_moved.connect(heard.take)
    box = controls_of(panel)["scene_prompt"]
    box.setPlainText("\U0001f30a sea")
    box.moveCursor(QTextCursor.MoveOperation.End)
    assert heard.requests[-1] == len("\U0001f30a sea")


def test_edits_elsewhere_leave_the_cursor_and_the_selection(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    # Qt's box writes a hard space as a plain one; only a person's edit may bring it into the film.
    hard_space = model.project.scenes[1].model_copy(update={"prompt": "a\u00a0box of tin"})
    model.edit_scene("Import", hard_space)
    box = controls_of(panel)["scene_prompt"]
    cursor = box.textCursor()
    cursor.setPosition(2)
    cursor.setPosition(5, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)

    model.edit_scene("Rename", model.project.scenes[0].model_copy(update={"title": "Other"}))

    assert box.textCursor().selectedText() == "box"
    assert second(panel).prompt == "a\u00a0box of tin"


def test_undo_in_the_prompt_is_the_projects(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    undo = model.undo_stack.createUndoAction(panel)
    undo.setShortcut(QKeySequence.StandardKey.Undo)
    panel.addAction(undo)
    box = controls_of(panel)["scene_prompt"]
    activate(qtbot, panel)
    box.setFocus()
    QTest.keyClicks(box, "new ")
    QTest.keySequence(box, QKeySequence.StandardKey.Undo)
    assert second(panel).prompt == box.toPlainText() == "a box"
    assert model.undo_stack.canRedo()


def test_typing_in_another_field_or_scene_is_another_step(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    model: ProjectModel = panel.property("model")
    QTest.keyClicks(controls_of(panel)["scene_prompt"], "xy")
    QTest.keyClicks(controls_of(panel)["scene_title"], "xy")
    panel.show_scenes(("s1",))
    QTest.keyClicks(controls_of(panel)["scene_prompt"], "xy")
    texts = [model.undo_stack.text(step) for step in range(model.undo_stack.count())]
    assert texts == [
        "Change prompt of scene 2", "Change title of scene 2", "Change prompt of scene 1",
    ]  # fmt: skip


def test_a_prompt_that_is_too_long_is_told(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    limit = FULL.max_prompt_tokens
    assert f"2 words. {FULL.label} reads at most {limit} tokens" in said(panel)
    controls_of(panel)["scene_prompt"].setPlainText("word " * (limit + 1))
    (messages,) = [one for one in panel.findChildren(QLabel) if "words. " in one.text()]
    bad = theme.tone(QGuiApplication.palette(), theme.Tone.BAD)
    assert messages.palette().color(messages.foregroundRole()) == bad


def test_the_storyboards_words_are_shown_where_they_say_more(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    assert controls_of(panel)["section_scene_storyboard"].isVisible()
    panel.show_scenes(("s1",))
    assert not controls_of(panel)["section_scene_storyboard"].isVisible()


def test_a_linked_scene_shows_the_last_frame_before_it(
    qtbot: QtBot, thumbnails: Thumbnails
) -> None:
    panel = inspector(qtbot, thumbnails, ("s3",))
    model: ProjectModel = panel.property("model")
    turn_to(panel, "Frames")
    controls = controls_of(panel)
    assert not controls["start_frame_preview"].isEnabled()
    model.add_take("s2", make_take("t", IMAGE))
    assert controls["start_frame_preview"].isEnabled()
    assert not controls["start_frame_clear"].isEnabled()
    click(controls["start_frame_preview"])
    assert previews(panel) == 1


def test_images_are_dropped_and_pasted_by_key(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Frames")
    choose_button = controls_of(panel)["end_frame_choose"]
    slot = choose_button.parentWidget()
    assert drop(slot, files(IMAGE), QPoint(20, 30))
    words = QMimeData()
    words.setText("no picture")
    assert not drop(slot, words, QPoint(20, 30))
    brought = panel.property("brought").requests
    assert brought == [ImageUse((IMAGE,), ImageRole.END, "s2")]

    QGuiApplication.clipboard().setText("no picture")
    activate(qtbot, panel)
    choose_button.setFocus()
    QTest.keySequence(choose_button, QKeySequence.StandardKey.Paste)
    assert "The clipboard holds no picture." in said(panel)
    QGuiApplication.clipboard().setMimeData(files(IMAGE))
    QTest.keySequence(choose_button, QKeySequence.StandardKey.Paste)
    assert len(brought) == 2
    assert "The clipboard holds no picture." not in said(panel)


def test_a_fix_leads_to_the_prompt(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    panel = inspector(qtbot, thumbnails, ("s2",))
    turn_to(panel, "Cut")
    activate(qtbot, panel)
    panel.focus_prompt()
    assert controls_of(panel)["scene_prompt"].hasFocus()
