"""The words of a storyboard: pasted, dropped, loaded in every format, and never changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QAction, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QMenu, QPushButton

from core.project.model.project import TextFormat
from gui.storyboard.storyboard_preview import tags_of
from gui.storyboard.storyboard_widget import StoryboardText, StoryboardWidget
from tests.gui.dropping import drop, files
from tests.gui.operating import choose, click, write
from tests.gui.storyboard.storyboards import (
    TEXT,
    Recorder,
    box,
    choose_file,
    control,
    messages,
    table,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gui.background import Background
    from gui.ui_watchdog import UiWatchdog

# They come out as plain line ends.
_LINE_ENDS = "\r\u2029\ufdd0\ufdd1"


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
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    text = "word " * 2000 + "end"
    panel.set_value(StoryboardText(text))
    cursor = box(panel).textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    box(panel).setTextCursor(cursor)
    QTest.keyClick(box(panel), Qt.Key.Key_Return)
    QTest.keyClicks(box(panel), "more")
    assert panel.value().text == f"{text}\nmore"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"%PDF-1.4", "is a PDF, not a text file. Save it"), (None, "There is no text file at")],
    ids=["pdf", "missing"],
)
def test_a_file_that_is_no_text_is_told_and_changes_nothing(
    open_storyboard: Callable[[], StoryboardWidget],
    tmp_path: Path,
    content: bytes | None,
    said: str,
) -> None:
    panel = open_storyboard()
    file = tmp_path / "story.pdf"
    if content is not None:
        file.write_bytes(content)
    choose_file(file)(control(panel, "load_text"))
    wait_until(lambda: said in messages(panel))
    assert panel.value().text == TEXT


def test_a_loaded_file_can_be_undone_and_an_old_encoding_is_told(
    open_storyboard: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    panel = open_storyboard()
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
    open_storyboard: Callable[[], StoryboardWidget],
    tmp_path: Path,
    name: str,
    text: str,
    scenes: list[str],
    label: str,
) -> None:
    panel = open_storyboard()
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
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
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
    open_storyboard: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    panel = open_storyboard()
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
    open_storyboard: Callable[[], StoryboardWidget], tmp_path: Path
) -> None:
    panel = open_storyboard()
    file = tmp_path / "story.txt"
    file.write_text("dropped", encoding="utf-8")
    assert drop(box(panel).viewport(), files(file), QPoint(5, 5))
    wait_until(lambda: panel.value().text == "dropped")


def test_every_tag_of_the_menu_is_understood(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
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
    open_storyboard: Callable[[], StoryboardWidget], responsive: UiWatchdog, text: str
) -> None:
    panel = open_storyboard()
    panel.set_value(StoryboardText("", None))
    pasted = QMimeData()
    pasted.setText(text)
    box(panel).insertFromMimeData(pasted)
    QTest.keyClicks(box(panel), " x y")
    wait_until(lambda: table(panel).model().rowCount() > 100)
    assert panel.value().text.split() == [*text.split(), "x", "y"]
