from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui import theme
from gui.jobs.status_console import MOST_LINES, StatusConsole
from gui.theme import Tone
from tests.gui.controls import ControlCase, check_every_control, controls_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def console(qtbot: QtBot) -> StatusConsole:
    return make(qtbot)


def make(qtbot: QtBot) -> StatusConsole:
    console = StatusConsole()
    qtbot.addWidget(console)
    console.resize(480, 160)
    console.show()
    return console


def lines_of(console: StatusConsole) -> QPlainTextEdit:
    lines = controls_of(console)["console_lines"]
    assert isinstance(lines, QPlainTextEdit)
    return lines


def click(control: QWidget) -> None:
    QTest.mouseClick(control, Qt.MouseButton.LeftButton)


def copy_by_keys(control: QWidget) -> None:
    for key in (Qt.Key.Key_A, Qt.Key.Key_C):
        QTest.keyClick(control, key, Qt.KeyboardModifier.ControlModifier)


def test_every_control_does_something(qtbot: QtBot) -> None:
    def with_a_line() -> StatusConsole:
        console = make(qtbot)
        console.show_message("The project was saved.")
        QGuiApplication.clipboard().setText("")
        return console

    def clipboard(_: StatusConsole) -> str:
        return QGuiApplication.clipboard().text()

    check_every_control(
        with_a_line,
        [
            ControlCase("console_copy", click, clipboard),
            ControlCase("console_clear", click, lambda console: console.text),
            ControlCase("console_lines", copy_by_keys, clipboard),
        ],
    )


def test_line_has_the_time_and_the_sentence(console: StatusConsole) -> None:
    console.show_message("Done.", Tone.GOOD)
    console.show_message("Failed.\nThe second line.", Tone.BAD)
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  Done\.\n\d\d:\d\d:\d\d  Failed\.\nThe second line\.", console.text
    )


@pytest.mark.parametrize("appearance", [theme.Appearance.LIGHT, theme.Appearance.DARK])
@pytest.mark.parametrize("tone", [*Tone, None])
def test_tone_is_seen_in_every_theme(
    console: StatusConsole, qapp: QApplication, appearance: theme.Appearance, tone: Tone | None
) -> None:
    console.show_message("It happened.", tone)
    theme.apply(qapp, appearance)
    QApplication.processEvents()
    cursor = QTextCursor(lines_of(console).document())
    cursor.movePosition(QTextCursor.MoveOperation.End)
    colours = qapp.palette()
    expected = colours.text().color() if tone is None else theme.tone(colours, tone)
    assert cursor.charFormat().foreground().color().name() == expected.name()
    assert console.text.count("It happened.") == 1


def test_only_the_newest_lines_are_kept(console: StatusConsole) -> None:
    for number in range(MOST_LINES + 5):
        console.show_message(f"line {number}")
    lines = console.text.splitlines()
    assert len(lines) == MOST_LINES
    assert lines[0].endswith("line 5")
    assert lines[-1].endswith(f"line {MOST_LINES + 4}")


def test_it_scrolls_on_only_for_who_reads_the_end(console: StatusConsole) -> None:
    bar = lines_of(console).verticalScrollBar()
    for number in range(100):
        console.show_message(f"line {number}")
    assert bar.value() == bar.maximum()
    bar.setValue(20)
    console.show_message("one more")
    assert bar.value() == 20
    bar.setValue(bar.maximum())
    console.show_message("and another")
    assert bar.value() == bar.maximum()


def test_what_is_read_stays_while_lines_fall_out_above(console: StatusConsole) -> None:
    for number in range(MOST_LINES):
        console.show_message(f"line {number}")
    lines = lines_of(console)
    lines.verticalScrollBar().setValue(1000)
    before = lines.cursorForPosition(lines.viewport().rect().topLeft()).block().text()
    for _ in range(10):
        console.show_message("more")
    assert lines.cursorForPosition(lines.viewport().rect().topLeft()).block().text() == before


def test_it_never_takes_the_focus_nor_the_selection(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    words, console = QLineEdit(), StatusConsole()
    rows = QVBoxLayout(window)
    rows.addWidget(words)
    rows.addWidget(console)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    words.setFocus()
    console.show_message("first")
    lines = lines_of(console)
    lines.selectAll()
    chosen = lines.textCursor().selectedText()
    console.show_message("second")
    assert QApplication.focusWidget() is words
    assert lines.textCursor().selectedText() == chosen


def test_empty_console_says_so_and_offers_nothing(console: StatusConsole) -> None:
    assert lines_of(console).placeholderText() == "Nothing has happened yet."
    assert not controls_of(console)["console_copy"].isEnabled()
    console.show_message("Something.")
    console.clear()
    assert console.text == ""
    assert not controls_of(console)["console_clear"].isEnabled()


def test_markup_in_a_sentence_is_plain_text(console: StatusConsole) -> None:
    console.show_message("a <b>bold</b> & 1 < 2")
    assert console.text.endswith("a <b>bold</b> & 1 < 2")
