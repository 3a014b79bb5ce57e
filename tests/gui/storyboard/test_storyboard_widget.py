"""The panel of a storyboard: its controls, its value, and the scenes that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from core.project.model.project import TextFormat
from core.project.storyboard.scenes import renew_scenes
from gui.storyboard.storyboard_widget import StoryboardText, StoryboardWidget
from gui.storyboard.writer_field import WrittenBoard
from gui.widgets.panes import HeightGrip
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control
from tests.gui.operating import choose, click, write
from tests.gui.storyboard.storyboards import (
    MISTAKES,
    TEXT,
    Recorder,
    box,
    cells,
    choose_file,
    choose_scene,
    control,
    messages,
    parent_of,
    said_by,
    split,
    table,
    wait_for_rows,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.background import Background


def choose_tag(name: str) -> Callable[[QWidget], None]:
    def act(button: QWidget) -> None:
        assert isinstance(button, QPushButton)
        actions = list(button.menu().actions())
        for menu in button.menu().findChildren(QMenu):
            actions += menu.actions()
        next(action for action in actions if action.text() == name).trigger()

    return act


def test_every_control_does_what_it_says(
    open_storyboard: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    file = tmp_path / "story.txt"
    file.write_text("from a file", encoding="utf-8")
    recorder = Recorder()

    def fresh() -> StoryboardWidget:
        panel = open_storyboard()
        recorder.watch(panel)
        return panel

    def load(button: QWidget) -> None:
        panel = parent_of(button)
        choose_file(file)(button)
        wait_until(lambda: box(panel).text() == "from a file")

    def choose_encoding(field: QWidget) -> None:
        panel = parent_of(field)
        (tmp_path / "old.txt").write_bytes("Привет".encode("cp1251"))
        choose_file(tmp_path / "old.txt")(control(panel, "load_text"))
        wait_until(field.isVisible)
        assert "cannot be told" in messages(panel)
        choose("Windows-1251 (Cyrillic)")(field)
        wait_until(lambda: box(panel).text() == "Привет")

    def ask_for_all_notes(button: QWidget) -> None:
        panel = parent_of(parent_of(button))
        assert isinstance(panel, StoryboardWidget)
        panel.set_value(StoryboardText(MISTAKES))
        wait_until(lambda: "2 more…" in said_by(button))
        click(button)

    def type_length(field: QWidget) -> None:
        click(control(parent_of(field), "no_target"))
        write("1:30")(field)

    def choose_marks(field: QWidget) -> None:
        panel = parent_of(parent_of(field))
        assert isinstance(panel, StoryboardWidget)
        panel.writer.show_written(WrittenBoard(split("A hen."), StoryboardText(TEXT), "Gemma"))
        wait_until(lambda: panel.is_up_to_date and cells(panel, 2) == ["A hen."])
        choose("By its own marks")(field)
        wait_for_rows(panel, 3)
        choose("By Gemma")(field)
        wait_until(lambda: panel.is_up_to_date)

    def set_a_target(tick: QWidget) -> None:
        panel = parent_of(tick)
        assert isinstance(panel, StoryboardWidget)
        panel.set_scenes(renew_scenes((), split(TEXT)).scenes)
        panel.set_value(StoryboardText(TEXT, 12))
        wait_until(tick.isVisible)
        click(tick)
        wait_until(lambda: panel.is_up_to_date)

    value = StoryboardWidget.value
    check_every_control(
        fresh,
        [
            ControlCase("storyboard_text", write("a hen"), value),
            ControlCase("load_text", load, value),
            ControlCase("text_format", choose("Markdown"), value),
            ControlCase("text_encoding", choose_encoding, value),
            ControlCase("insert_tag", choose_tag("Pan right"), value),
            ControlCase("target_length", type_length, value),
            ControlCase("no_target", click, value),
            ControlCase(
                "storyboard_preview", choose_scene(1), lambda p: box(p).textCursor().selectedText()
            ),
            ControlCase("more_notes", ask_for_all_notes, lambda p: messages(p).count("stays in")),
            ControlCase(
                "share_anew", set_a_target, lambda p: messages(p).count("Lengths that change")
            ),
            ControlCase("write_storyboard", click, lambda _: len(recorder.asked)),
            ControlCase("storyboard_writer", choose_marks, lambda p: cells(p, 2)),
            ControlCase("make_scenes", click, lambda _: len(recorder.made)),
        ],
    )


texts = st.one_of(
    st.text(),
    st.text(st.sampled_from("ab \n\r\u00a0🦊\t"), max_size=40),
    st.integers(1, 3).map(lambda n: "word " * 900 * n + "\nend"),
    st.integers(1, 3).map(lambda n: "字" * 2500 * n + "\r\nend"),
)
values = st.builds(
    StoryboardText,
    texts,
    st.one_of(st.none(), st.floats(0.01, 86_000, allow_subnormal=False)),
    st.sampled_from([None, *TextFormat]),
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=values)
def test_what_is_set_comes_back(background: Background, value: StoryboardText) -> None:
    panel = StoryboardWidget(background)
    recorder = Recorder()
    recorder.watch(panel)
    panel.set_value(value)
    assert panel.value() == value
    panel.set_value(StoryboardText())
    panel.set_value(value)
    assert panel.value() == value
    assert recorder.changed == []
    panel.deleteLater()


def test_typing_tells_the_value_and_changes_the_preview(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    recorder = Recorder()
    recorder.watch(panel)
    write("one. two.")(box(panel))
    assert recorder.changed[-1] == StoryboardText("one. two.")
    wait_for_rows(panel, 1)
    assert cells(panel, 2) == ["one. two."]


def test_the_text_is_made_higher_by_mouse_and_keys_and_never_too_low(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.resize(360, 500)
    grip = child(panel, HeightGrip)
    height = box(panel).height()
    QTest.mousePress(grip, Qt.MouseButton.LeftButton, pos=QPoint(20, 4))
    QTest.mouseMove(grip, QPoint(20, 64))
    QTest.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=QPoint(20, 64))
    wait_until(lambda: box(panel).height() == height + 60)
    QTest.keyClick(grip, Qt.Key.Key_Down)
    wait_until(lambda: box(panel).height() > height + 60)
    for _ in range(20):
        QTest.keyClick(grip, Qt.Key.Key_Up)
    wait_until(lambda: box(panel).height() == height)
    assert height >= 6 * box(panel).fontMetrics().lineSpacing()


def test_make_scenes_right_after_typing_makes_what_is_written_now(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    recorder = Recorder()
    recorder.watch(panel)
    write("a hen")(box(panel))
    click(control(panel, "make_scenes"))
    wait_until(lambda: bool(recorder.made))
    assert [draft.words for draft in recorder.made[0].drafts] == ["a hen"]
    assert recorder.made[0].text == "a hen"


def test_without_words_there_is_nothing_to_make(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.set_value(StoryboardText("  \n"))
    wait_until(lambda: panel.is_up_to_date)
    button = control(panel, "make_scenes")
    assert not button.isEnabled()
    assert not table(panel).isVisible()
    panel.set_value(StoryboardText("[8s]"))
    wait_until(lambda: "only tags and headings" in messages(panel))
    assert not button.isEnabled()


def test_read_only_shows_and_changes_nothing(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.set_read_only(True)
    QTest.keyClicks(box(panel), "x")
    assert panel.value().text == TEXT
    for name in ("load_text", "insert_tag", "target_length", "no_target", "make_scenes"):
        assert not control(panel, name).isEnabled()


def test_a_length_can_be_typed_in_seconds_and_nonsense_is_not_taken(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    field = control(panel, "target_length")
    panel.set_value(StoryboardText(TEXT, 62.25))
    assert panel.value().target_length_s == 62.25
    for typed, seconds in (("90", 90), ("2:05", 125), ("abc", 125), ("1:00:00", 3600)):
        write(typed)(field)
        assert panel.value().target_length_s == seconds
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert panel.value().target_length_s == 3605


def test_closing_in_the_middle_of_a_split_is_harmless(qtbot: QtBot, background: Background) -> None:
    panel = StoryboardWidget(background)
    panel.set_value(StoryboardText("one two three\n\n" * 20_000))
    QTest.qWait(300)
    background.close()
    panel.deleteLater()
    QTest.qWait(50)
    qtbot.waitUntil(lambda: background.is_idle, timeout=5000)
