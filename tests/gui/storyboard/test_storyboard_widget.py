from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, Qt
from PySide6.QtGui import QAction, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLabel,
    QMenu,
    QPushButton,
    QTableView,
    QWidget,
)

from core.project.model.project import Scene, TextFormat
from core.project.storyboard.scenes import renew_scenes
from core.project.storyboard.storyboard import Storyboard, split_storyboard
from gui.storyboard.storyboard_box import StoryboardBox
from gui.storyboard.storyboard_preview import tags_of
from gui.storyboard.storyboard_widget import StoryboardText, StoryboardWidget
from gui.widgets.panes import HeightGrip
from providers.ltx_video.models.catalog import BY_ID
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.dropping import drop, files
from tests.gui.operating import choose, click, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.background import Background
    from gui.ui_watchdog import UiWatchdog

# They come out as plain line ends.
_LINE_ENDS = "\r\u2029\ufdd0\ufdd1"
TEXT = "A fox runs. {camera: pan left}\n\n[2s] An owl 🦉 sees it.\n\nIt sleeps."

MISTAKES = "A fox {camra: up}.\n\n[0s] An owl.\n\nA hen {seed: x}.\n\nA cow {camera: fly}."


@pytest.fixture
def make(qtbot: QtBot, background: Background) -> Callable[[], StoryboardWidget]:
    def fresh() -> StoryboardWidget:
        panel = StoryboardWidget(background)
        qtbot.addWidget(panel)
        panel.resize(420, 640)
        panel.set_value(StoryboardText(TEXT))
        panel.show()
        wait_for_rows(panel, 3)
        return panel

    return fresh


def control(panel: QWidget, name: str) -> QWidget:
    return controls_of(panel)[name]


def split(text: str) -> Storyboard:
    return split_storyboard(text, target_length_s=None, clip_s=5, min_s=1, max_s=10)


def table(panel: QWidget) -> QTableView:
    found = panel.findChild(QTableView)
    assert found is not None
    return found


def box(panel: QWidget) -> StoryboardBox:
    found = panel.findChild(StoryboardBox)
    assert found is not None
    return found


def cells(panel: QWidget, column: int) -> list[object]:
    model = table(panel).model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def wait_for_rows(panel: QWidget, rows: int) -> None:
    wait_until(lambda: table(panel).model().rowCount() == rows)


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < end, "it never came true"
        # Not QTest.qWait(), which keeps other threads from running Python meanwhile.
        QCoreApplication.processEvents()
        time.sleep(0.005)


def messages(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def said_by(button: QWidget) -> str:
    assert isinstance(button, QAbstractButton)
    return button.text() if button.isVisible() else ""


def choose_tag(name: str) -> Callable[[QWidget], None]:
    def act(button: QWidget) -> None:
        assert isinstance(button, QPushButton)
        actions = list(button.menu().actions())
        for menu in button.menu().findChildren(QMenu):
            actions += menu.actions()
        next(action for action in actions if action.text() == name).trigger()

    return act


def parent_of(widget: QWidget) -> QWidget:
    parent = widget.parentWidget()
    assert parent is not None
    return parent


def choose_file(path: Path) -> Callable[[QWidget], None]:
    def act(button: QWidget) -> None:
        click(button)
        panel = parent_of(button)
        dialog = panel.findChild(QFileDialog)
        assert dialog is not None
        dialog.selectFile(str(path))
        dialog.fileSelected.emit(str(path))
        dialog.reject()

    return act


def choose_scene(row: int) -> Callable[[QWidget], None]:
    def act(view: QWidget) -> None:
        assert isinstance(view, QTableView)
        place = view.visualRect(view.model().index(row, 2)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    return act


class Recorder:
    def __init__(self) -> None:
        self.made: list[Storyboard] = []
        self.changed: list[StoryboardText] = []

    def watch(self, panel: StoryboardWidget) -> None:
        panel.made.connect(lambda wanted: self.made.append(wanted.board))
        panel.changed.connect(self.changed.append)


def test_every_control_does_what_it_says(
    make: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    file = tmp_path / "story.txt"
    file.write_text("from a file", encoding="utf-8")
    recorder = Recorder()

    def fresh() -> StoryboardWidget:
        panel = make()
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


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.one_of(
        st.text(st.characters(exclude_characters=_LINE_ENDS, exclude_categories=["Cs"])),
        st.integers(1, 3).map(lambda n: "one\n" + "word " * 900 * n + "\nend"),
        st.integers(1, 3).map(lambda n: "字🦊" * 1500 * n),
    )
)  # fmt: skip
def test_pasted_words_are_never_changed(background: Background, text: str) -> None:
    panel = StoryboardWidget(background)
    pasted = QMimeData()
    pasted.setText(text)
    box(panel).insertFromMimeData(pasted)
    assert panel.value().text == text
    box(panel).undo()
    assert panel.value().text == ""
    box(panel).redo()
    assert panel.value().text == text
    panel.deleteLater()


def test_typing_into_a_very_long_line_changes_only_what_is_typed(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    text = "word " * 2000 + "end"
    panel.set_value(StoryboardText(text))
    cursor = box(panel).textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    box(panel).setTextCursor(cursor)
    QTest.keyClick(box(panel), Qt.Key.Key_Return)
    QTest.keyClicks(box(panel), "more")
    assert panel.value().text == f"{text}\nmore"


def test_typing_tells_the_value_and_changes_the_preview(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    recorder = Recorder()
    recorder.watch(panel)
    write("one. two.")(box(panel))
    assert recorder.changed[-1] == StoryboardText("one. two.")
    wait_for_rows(panel, 1)
    assert cells(panel, 2) == ["one. two."]


def test_the_preview_shows_lengths_words_and_tags(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    assert cells(panel, 0) == ["1", "2", "3"]
    assert cells(panel, 1) == ["5 s", "2 s", "5 s"]
    assert cells(panel, 2) == ["A fox runs.", "An owl 🦉 sees it.", "It sleeps."]
    assert cells(panel, 3) == ["pan left", "", ""]
    assert "3 scenes · 10 words · 0:12 in all" in messages(panel)


def test_the_words_have_more_room_than_the_tags_at_every_width(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    panel.set_scenes((Scene(id="a", text="A fox runs.", prompt="A fox runs."),))
    wait_until(lambda: panel.is_up_to_date)
    view = table(panel)
    for width, has_tags in ((330, False), (600, True)):
        panel.resize(width, 400)
        wait_until(lambda has_tags=has_tags: view.isColumnHidden(3) is not has_tags)
        assert view.columnWidth(2) > view.columnWidth(3)
        assert "pan left" in view.model().index(0, 2).data(Qt.ItemDataRole.ToolTipRole)


def test_a_chosen_scene_is_selected_in_the_text(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    panel.set_value(StoryboardText(TEXT.replace("\n", "\r\n")))
    wait_until(lambda: panel.is_up_to_date)
    for row, words in enumerate(["A fox runs. {camera: pan left}", "[2s] An owl 🦉 sees it.",
                                 "It sleeps."]):  # fmt: skip
        choose_scene(row)(table(panel))
        assert box(panel).textCursor().selectedText() == words


def test_the_target_is_shared_and_notes_say_what_does_not_fit(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    panel.set_spec(BY_ID["ltx-mini"].spec)
    panel.set_value(StoryboardText(TEXT, 9))
    wait_until(lambda: "0:09 of 0:09" in messages(panel))
    panel.set_value(StoryboardText(TEXT, 90))
    wait_until(lambda: "The scenes come to 0:12, not to 1:30" in messages(panel))


def test_the_first_notes_are_shown_and_the_others_when_wanted(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    assert not control(panel, "more_notes").isVisible()
    panel.set_value(StoryboardText(MISTAKES))
    wait_until(lambda: "camra" in messages(panel))
    assert "fly" not in messages(panel)
    click(control(panel, "more_notes"))
    assert "fly" in messages(panel)
    assert said_by(control(panel, "more_notes")) == "Fewer notes"
    click(control(panel, "more_notes"))
    assert "fly" not in messages(panel)


def test_the_text_is_made_higher_by_mouse_and_keys_and_never_too_low(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
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


def test_the_usual_length_comes_from_the_settings_and_else_from_the_model(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    panel.set_spec(BY_ID["ltx-mini"].spec)
    wait_until(lambda: cells(panel, 1) == ["2 s", "2 s", "2 s"])
    panel.set_clip_length(3.5)
    wait_until(lambda: cells(panel, 1) == ["3.5 s", "2 s", "3.5 s"])


def test_make_scenes_right_after_typing_makes_what_is_written_now(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    recorder = Recorder()
    recorder.watch(panel)
    write("a hen")(box(panel))
    click(control(panel, "make_scenes"))
    wait_until(lambda: bool(recorder.made))
    assert [draft.words for draft in recorder.made[0].drafts] == ["a hen"]
    assert recorder.made[0].text == "a hen"


def test_it_says_before_what_stays_and_what_goes(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    board = Recorder()
    board.watch(panel)
    click(control(panel, "make_scenes"))
    scenes = (*renew_scenes((), board.made[0]).scenes, Scene(id="hand", prompt="mine"))
    panel.set_scenes(scenes, frozenset([scenes[0].id]))
    panel.set_value(StoryboardText("An owl 🦉 sees it.\n\nA hen.\n\nIt sleeps."))
    wait_until(lambda: cells(panel, 4) == ["stays", "new", "stays"])
    assert (
        "Of the scenes, 2 with the same words stay, with clips and edits; 1 added by hand stays; "
        "1 is new; 1 is removed, 1 of them with clips, whose files stay." in messages(panel)
    )


def test_the_preview_counts_the_lengths_that_the_scenes_will_have(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    scenes = renew_scenes((), split(TEXT)).scenes
    by_hand = Scene(id="hand", prompt="mine").with_own("duration_s", 3.0)
    scenes = (scenes[0].with_own("duration_s", 9.0), *scenes[1:], by_hand)
    panel.set_scenes(scenes)
    wait_until(lambda: cells(panel, 1) == ["9 s", "2 s", "5 s"])
    assert "4 scenes · 10 words · 0:19 in all" in messages(panel)


def test_each_length_that_changes_is_named_before(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    scenes = renew_scenes((), split(TEXT)).scenes
    panel.set_scenes(scenes, frozenset([scenes[1].id]))
    wait_until(lambda: panel.is_up_to_date)
    assert "Lengths" not in messages(panel)
    panel.set_value(StoryboardText(TEXT.replace("[2s]", "[4s]").replace("It", "[1s] It")))
    wait_until(lambda: "Lengths" in messages(panel))
    assert (
        "Lengths that change: scene 2 from 2 s to 4 s, scene 3 from 5 s to 1 s, and 1 of their "
        "clips will be out of date." in messages(panel)
    )


def test_no_length_is_shown_before_it_is_known_how_long_clips_are(
    qtbot: QtBot, background: Background
) -> None:
    panel = StoryboardWidget(background)
    qtbot.addWidget(panel)
    recorder = Recorder()
    recorder.watch(panel)
    panel.wait_for_spec()
    panel.set_value(StoryboardText("a fox"))
    panel.show()
    write("a hen")(box(panel))
    qtbot.wait(400)
    assert table(panel).model().rowCount() == 0
    panel.set_spec(BY_ID["ltx-mini"].spec)
    wait_until(lambda: cells(panel, 1) == ["2 s"])


def test_without_words_there_is_nothing_to_make(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    panel.set_value(StoryboardText("  \n"))
    wait_until(lambda: panel.is_up_to_date)
    button = control(panel, "make_scenes")
    assert not button.isEnabled()
    assert not table(panel).isVisible()
    panel.set_value(StoryboardText("[8s]"))
    wait_until(lambda: "only tags and headings" in messages(panel))
    assert not button.isEnabled()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"%PDF-1.4", "is a PDF, not a text file. Save it"), (None, "There is no text file at")],
    ids=["pdf", "missing"],
)
def test_a_file_that_is_no_text_is_told_and_changes_nothing(
    make: Callable[[], StoryboardWidget], tmp_path: Path, content: bytes | None, said: str
) -> None:
    panel = make()
    file = tmp_path / "story.pdf"
    if content is not None:
        file.write_bytes(content)
    choose_file(file)(control(panel, "load_text"))
    wait_until(lambda: said in messages(panel))
    assert panel.value().text == TEXT


def test_a_loaded_file_can_be_undone_and_an_old_encoding_is_told(
    make: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    panel = make()
    file = tmp_path / "story.txt"
    file.write_bytes("Brücke".encode("cp1252"))
    choose_file(file)(control(panel, "load_text"))
    wait_until(lambda: panel.value().text == "Brücke")
    wait_until(lambda: "Windows-1252" in messages(panel))
    QTest.keyClick(box(panel), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.value().text == TEXT


SCRIPT = "Title: My film\n\nINT. HOUSE - DAY\n\nA ball. [[red]]\n\nCUT TO:\n\n.ROOF\n\nA star.\n"
LYRICS = "[ti:Song]\n[00:00.00][00:04.00]Red\n[00:02.00]Blue\n[00:06.00]\n"


@pytest.mark.parametrize(
    ("name", "text", "scenes", "label"),
    [
        ("film.fountain", SCRIPT, ["A ball.", "A star."], "Screenplay (Fountain)"),
        ("song.lrc", LYRICS, ["Red", "Blue", "Red"], "Lyrics with times (LRC)"),
        ("film.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nA ball\n", ["A ball"], "Subtitles"),
        ("board.md", "**Scene 1 (2s): x**\nA *ball*\n", ["A ball"], "Markdown"),
        # Only its name tells that this is a script.
        ("roof.fountain", ".ROOF\n\nA ball.\n\n= It rains.\n", ["A ball."], "Screenplay"),
    ],
)
def test_a_file_of_each_format_is_read_as_what_it_is_and_the_panel_says_so(
    make: Callable[[], StoryboardWidget],
    tmp_path: Path,
    name: str,
    text: str,
    scenes: list[str],
    label: str,
) -> None:
    panel = make()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert drop(box(panel).viewport(), files(tmp_path / name), QPoint(5, 5))
    wait_until(lambda: panel.value().text == text and panel.is_up_to_date)
    field = control(panel, "text_format")
    assert isinstance(field, QComboBox)
    assert field.currentText().startswith(label)
    recorder = Recorder()
    recorder.watch(panel)
    click(control(panel, "make_scenes"))
    wait_until(lambda: bool(recorder.made))
    assert [draft.words.removeprefix("INT. HOUSE - DAY ").removeprefix("ROOF ")
            for draft in recorder.made[0].drafts] == scenes  # fmt: skip


def test_a_person_says_what_a_text_is_and_it_goes_on_to_count(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    panel.set_value(StoryboardText("A *ball*\n\nA box"))
    wait_until(lambda: panel.is_up_to_date)
    choose("Markdown")(control(panel, "text_format"))
    assert panel.value().text_format is TextFormat.MARKDOWN
    wait_until(lambda: panel.is_up_to_date)
    assert panel.value().text_format is TextFormat.MARKDOWN
    recorder = Recorder()
    recorder.watch(panel)
    click(control(panel, "make_scenes"))
    wait_until(lambda: bool(recorder.made))
    assert [draft.words for draft in recorder.made[0].drafts] == ["A ball", "A box"]


def test_a_guessed_encoding_can_be_corrected_until_the_text_is_edited(
    make: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    panel = make()
    (tmp_path / "story.txt").write_bytes("Günaydın, nasılsın? Şimdi geldik.".encode("cp1254"))  # noqa: RUF001 - the letters are what is tested
    field = control(panel, "text_encoding")
    choose_file(tmp_path / "story.txt")(control(panel, "load_text"))
    wait_until(field.isVisible)
    assert "This is not certain" in messages(panel)
    choose("Windows-1254 (Turkish)")(field)
    wait_until(lambda: panel.value().text == "Günaydın, nasılsın? Şimdi geldik.")  # noqa: RUF001 - the letters are what is tested
    wait_until(field.isVisible)
    assert "not certain" not in messages(panel)
    write("mine")(box(panel))
    assert not field.isVisible()


def test_a_file_can_be_dropped_on_the_text(
    make: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    panel = make()
    file = tmp_path / "story.txt"
    file.write_text("dropped", encoding="utf-8")
    assert drop(box(panel).viewport(), files(file), QPoint(5, 5))
    wait_until(lambda: panel.value().text == "dropped")


def test_every_tag_of_the_menu_is_understood(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    recorder = Recorder()
    recorder.watch(panel)
    button = control(panel, "insert_tag")
    assert isinstance(button, QPushButton)
    menus = [button.menu(), *button.menu().findChildren(QMenu)]
    actions = [a for menu in menus for a in menu.actions() if a.data()]
    assert len(actions) > 20
    for action in actions:
        assert isinstance(action, QAction)
        panel.set_value(StoryboardText("a fox "))
        cursor = box(panel).textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        box(panel).setTextCursor(cursor)
        action.trigger()
        if "{" in action.data() and action.data().endswith(": }"):
            QTest.keyClicks(box(panel), "ink")
        click(control(panel, "make_scenes"))
        wait_until(lambda: bool(recorder.made))
        board = recorder.made.pop()
        assert board.notes == (), action.data()
        plain = replace(board.drafts[0], start=0)
        assert tags_of(plain) or plain.is_asked or "time" in action.data()


def test_read_only_shows_and_changes_nothing(make: Callable[[], StoryboardWidget]) -> None:
    panel = make()
    panel.set_read_only(True)
    QTest.keyClicks(box(panel), "x")
    assert panel.value().text == TEXT
    for name in ("load_text", "insert_tag", "target_length", "no_target", "make_scenes"):
        assert not control(panel, name).isEnabled()


def test_a_length_can_be_typed_in_seconds_and_nonsense_is_not_taken(
    make: Callable[[], StoryboardWidget],
) -> None:
    panel = make()
    field = control(panel, "target_length")
    panel.set_value(StoryboardText(TEXT, 62.25))
    assert panel.value().target_length_s == 62.25
    for typed, seconds in (("90", 90), ("2:05", 125), ("abc", 125), ("1:00:00", 3600)):
        write(typed)(field)
        assert panel.value().target_length_s == seconds
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert panel.value().target_length_s == 3605


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{i}{'.' if i % 17 == 0 else ''}" for i in range(50_000)),
        "".join(f"one two three four five six {i}\n" for i in range(7_000)),
        "🦊 " * 20_000,
        "שועל רץ. " * 10_000,
    ],
    ids=["one line", "lines", "emoji", "right to left"],
)
def test_a_very_long_text_never_stalls_the_window(
    make: Callable[[], StoryboardWidget], responsive: UiWatchdog, text: str
) -> None:
    panel = make()
    panel.set_value(StoryboardText("", None))
    pasted = QMimeData()
    pasted.setText(text)
    box(panel).insertFromMimeData(pasted)
    QTest.keyClicks(box(panel), " x y")
    wait_until(lambda: table(panel).model().rowCount() > 100)
    assert panel.value().text.split() == [*text.split(), "x", "y"]


def test_closing_in_the_middle_of_a_split_is_harmless(qtbot: QtBot, background: Background) -> None:
    panel = StoryboardWidget(background)
    panel.set_value(StoryboardText("one two three\n\n" * 20_000))
    QTest.qWait(300)
    background.close()
    panel.deleteLater()
    QTest.qWait(50)
    qtbot.waitUntil(lambda: background.is_idle, timeout=5000)
