"""Menus, keys, help and the arrangement of the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QToolButton,
    QWidget,
)

from gui.comparison.comparison_dialog import ComparisonDialog
from gui.help_window import HelpWindow
from gui.jobs.jobs_panel import JobsPanel
from gui.models.add_model_dialog import AddModelDialog
from gui.player.clip_player import ClipPlayer
from gui.player.full_screen import FullScreenImage
from gui.player.video_surface import VideoSurface
from gui.project.new_project_dialog import NewProjectDialog
from gui.scenes.scene_rows import SceneColumn
from gui.scenes.scene_table_view import SceneTableView
from gui.training.training_dialog import TrainingDialog
from gui.widgets.labels import ElidedLabel
from gui.widgets.mnemonics import mnemonic_of, with_mnemonic
from gui.widgets.panes import FoldingSection, HeightGrip
from tests.gui.children import child
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.gui.whole_window import OpenWindow

SAVED = "Saved: every change is kept by itself."
_CTRL = Qt.KeyboardModifier.ControlModifier


def menu(opened: OpenWindow, title: str) -> QMenu:
    for action in opened.window.menuBar().actions():
        found = action.menu()
        if isinstance(found, QMenu) and action.text().replace("&", "") == title:
            return found
    raise AssertionError(title)


def entry(of: QMenu, text: str) -> QAction:
    of.aboutToShow.emit()
    words = {action.text().partition("\t")[0].replace("&", ""): action for action in of.actions()}
    assert text in words, list(words)
    return words[text]


def focus(opened: OpenWindow, widget: QWidget) -> None:
    opened.window.activateWindow()
    widget.setFocus()
    opened.until(lambda: QApplication.focusWidget() is widget)


def press(opened: OpenWindow, key: Qt.Key, *, ctrl: bool = False) -> None:
    modifiers = _CTRL if ctrl else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(opened.window.windowHandle(), key, modifiers)


def test_every_thing_to_do_has_an_entry_with_a_verb(opened: OpenWindow) -> None:
    opened.new("one", "two")
    assert entry(menu(opened, "File"), "Export…").shortcut() == QKeySequence("Ctrl+E")
    assert entry(menu(opened, "File"), "Save").isEnabled()
    renders = [action.text() for action in menu(opened, "Render").actions()]
    assert [text.partition(" (")[0] for text in renders] == [
        "Render scene",
        "Render selected",
        "Render missing or out of date",
        "Render all",
        "Generate Images…",
    ]
    for name in ("Cut", "Copy", "Paste", "Select all", "Find in History…"):
        entry(menu(opened, "Edit"), name)


def test_the_menu_edit_works_on_the_words_that_have_the_focus(opened: OpenWindow) -> None:
    opened.new("a red ball")
    prompt = child(opened.tab, QPlainTextEdit, "scene_prompt")
    focus(opened, prompt)
    edit = menu(opened, "Edit")
    entry(edit, "Select all").trigger()
    entry(edit, "Cut").trigger()
    assert prompt.toPlainText() == ""
    assert QGuiApplication.clipboard().text() == "a red ball"
    entry(edit, "Paste").trigger()
    assert opened.model.project.scenes[0].prompt == "a red ball"


def test_what_cannot_be_done_where_the_focus_is_is_not_offered(opened: OpenWindow) -> None:
    opened.new("one")
    focus(opened, child(opened.tab, QAbstractButton, "make_scenes").window())
    words = child(opened.tab, QPlainTextEdit, "scene_storyboard_words")
    edit = menu(opened, "Edit")
    opened.window.setFocus()
    opened.until(lambda: QApplication.focusWidget() is not words)
    button = child(opened.tab, QToolButton, "play")
    focus(opened, button) if button.isEnabled() else None
    table = child(opened.tab, SceneTableView)
    focus(opened, table)
    assert not entry(edit, "Cut").isEnabled()
    assert entry(edit, "Select all").isEnabled()


def test_find_leads_to_everything_that_was_made(opened: OpenWindow) -> None:
    entry(menu(opened, "Edit"), "Find in History…").trigger()
    opened.window.activateWindow()
    opened.until(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    assert opened.window.tabs.currentWidget() is opened.window.tabs.history


def test_a_lora_is_trained_from_the_menu(opened: OpenWindow) -> None:
    action = next(one for one in menu(opened, "File").actions() if "LoRA" in one.text())
    action.trigger()
    dialog = child(opened.window, TrainingDialog)
    assert dialog.isVisible()
    # The fake provider's models are none of these.
    opened.until(lambda: dialog.form.models == ())
    action.trigger()
    assert len(opened.window.findChildren(TrainingDialog)) == 1


def test_models_are_compared_from_the_menu(opened: OpenWindow) -> None:
    action = next(one for one in menu(opened, "File").actions() if "Compare" in one.text())
    action.trigger()
    dialog = child(opened.window, ComparisonDialog)
    assert dialog.isVisible()
    opened.until(lambda: len(dialog.targets.ready) == 2)
    action.trigger()
    assert len(opened.window.findChildren(ComparisonDialog)) == 1


def test_saving_is_answered(opened: OpenWindow) -> None:
    opened.new("one")
    opened.saved()
    opened.until(lambda: opened.window.statusBar().currentMessage() == "")
    entry(menu(opened, "File"), "Save").trigger()
    assert opened.window.statusBar().currentMessage() in ("Saving…", SAVED)
    opened.until(lambda: opened.window.statusBar().currentMessage() == SAVED)


@pytest.mark.parametrize(
    ("text", "taken", "shown"),
    [
        ("&Make scenes", "", "&Make scenes"),
        ("&Make scenes", "m", "Make &scenes"),
        ("&Make scenes", "ms", "M&ake scenes"),
        ("&To", "to", "To"),
        ("Save && &close", "c", "&Save && close"),
        ("Save && &close", "cs", "S&ave && close"),
        ("Plain", "p", "Plain"),
    ],
)
def test_a_letter_that_is_taken_gives_way(text: str, taken: str, shown: str) -> None:
    assert with_mnemonic(text, taken) == shown


def test_no_letter_leads_to_two_things(opened: OpenWindow) -> None:
    opened.new("one", "two")
    opened.window.activateWindow()
    for section in opened.tab.findChildren(FoldingSection):
        section.open()
    pages = child(opened.tab, QTabWidget, "inspector_pages")
    ids = [scene.id for scene in opened.model.project.scenes]
    for selected in (ids[:1], ids):
        opened.tab.select(selected)
        for place in range(pages.count()):
            if not pages.isTabVisible(place):
                continue
            pages.setCurrentIndex(place)
            bar = [mnemonic_of(a.text()) for a in opened.window.menuBar().actions()]
            labels = [x for x in opened.tab.findChildren(QLabel) if x.buddy() and x.isVisible()]
            buttons = [x for x in opened.tab.findChildren(QAbstractButton) if x.isVisible()]
            letters = bar + [mnemonic_of(part.text()) for part in (*labels, *buttons)]
            found = [letter for letter in letters if letter]
            assert sorted(found) == sorted(set(found)), (pages.tabText(place), sorted(found))


def test_the_rooms_have_no_letters_and_keys_of_their_own(opened: OpenWindow) -> None:
    rooms = opened.window.tabs
    assert not any("&" in rooms.tabText(at) for at in range(rooms.count()))
    press(opened, Qt.Key.Key_3, ctrl=True)
    assert rooms.currentWidget() is rooms.history


def test_f1_opens_the_guide_with_its_pictures(opened: OpenWindow) -> None:
    opened.window.activateWindow()
    press(opened, Qt.Key.Key_F1)
    window = child(opened.window, HelpWindow)
    guide = child(window, QTextBrowser, "guide")
    assert window.isVisible()
    assert "Write the storyboard" in guide.toPlainText()
    assert "```" not in guide.toPlainText(), "it is rendered, not shown as it is written"
    kind = QTextDocument.ResourceType.ImageResource.value
    image = guide.loadResource(kind, QUrl("images/window/light-1280x800/04-rendering.png"))
    assert image.width() > 200
    assert image.width() <= guide.viewport().width()


def test_links_of_the_guide_lead_to_chapters_and_pages(opened: OpenWindow) -> None:
    opened.window.activateWindow()
    press(opened, Qt.Key.Key_F1)
    guide = child(child(opened.window, HelpWindow), QTextBrowser, "guide")
    guide.anchorClicked.emit(QUrl("#6-export-the-film"))
    assert guide.verticalScrollBar().value() > 0
    guide.anchorClicked.emit(QUrl("Film-Export-Guide.md"))
    assert guide.source().fileName() == "Film-Export-Guide.md"


def test_every_key_is_listed(opened: OpenWindow) -> None:
    opened.new("one")
    entry(menu(opened, "Help"), "Keys").trigger()
    keys = child(child(opened.window, HelpWindow), QTextBrowser, "keys").toPlainText()
    for words in ("Ctrl+E", "Export", "F5", "Ctrl+D", "Duplicate", "Space", "A second back", "F11"):
        assert words in keys


def test_keys_of_the_player_work_outside_of_texts(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    player = child(opened.tab, ClipPlayer)
    opened.until(lambda: child(player, QToolButton, "play").isEnabled())
    table = child(opened.tab, SceneTableView)
    focus(opened, table)
    press(opened, Qt.Key.Key_L)
    assert player.is_playing
    press(opened, Qt.Key.Key_K)
    assert not player.is_playing
    press(opened, Qt.Key.Key_Space)
    assert player.is_playing
    press(opened, Qt.Key.Key_Space)
    assert not player.is_playing

    prompt = child(opened.tab, QPlainTextEdit, "scene_prompt")
    focus(opened, prompt)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_J, Qt.Key.Key_L):
        press(opened, key)
    assert prompt.toPlainText() == " jlone"
    assert not player.is_playing


def test_the_picture_fills_the_screen_and_comes_back(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one")
    opened.render()
    opened.until(lambda: opened.num_takes() == [1])
    player = child(opened.tab, ClipPlayer)
    opened.until(lambda: child(player, QToolButton, "play").isEnabled())
    opened.until(lambda: child(player, VideoSurface, "video_surface").image is not None)
    focus(opened, child(opened.tab, SceneTableView))
    press(opened, Qt.Key.Key_F)
    screen = child(player, FullScreenImage)
    assert screen.isFullScreen()
    assert screen.image is not None
    before = player.frame_number
    QTest.keyClick(screen, Qt.Key.Key_Period)
    assert player.frame_number == before + 1
    QTest.keyClick(screen, Qt.Key.Key_Escape)
    assert not screen.isVisible()


def test_the_arrangement_is_kept_and_can_be_taken_back(
    open_window: Callable[[str], OpenWindow], tmp_path: Path
) -> None:
    first = open_window("home")
    first.new("one")
    folder = first.folder
    usual, high = child(first.tab, QSplitter, "video_columns").sizes(), 287
    child(first.tab, QSplitter, "video_columns").setSizes([500, 400, 300])
    moved = child(first.tab, QSplitter, "video_columns").sizes()
    assert moved != usual
    child(first.tab, FoldingSection, "folding_export").open()
    child(first.tab, FoldingSection, "folding_storyboard").set_open(False)
    child(first.window, QTabWidget, "jobs_tabs").setCurrentIndex(1)
    click(child(first.tab, QToolButton, "loop"))
    child(first.tab, HeightGrip).choose(high)
    entry(menu(first, "View"), "Takes").trigger()
    first.close()
    # The screen of these tests is smaller than the window.
    places = QSettings(str(tmp_path / "home" / "state" / "window.ini"), QSettings.Format.IniFormat)
    assert places.contains("geometry")
    places.remove("geometry")
    places.sync()

    second = open_window("home")
    if second.window.project_model is None:
        second.open(folder)
    second.until(lambda: child(second.tab, QSplitter, "video_columns").sizes() == moved)
    assert child(second.tab, FoldingSection, "folding_export").is_open
    assert not child(second.tab, FoldingSection, "folding_storyboard").is_open
    assert child(second.window, QTabWidget, "jobs_tabs").currentIndex() == 1
    assert child(second.tab, QToolButton, "loop").isChecked()
    assert child(second.tab, QPlainTextEdit, "storyboard_text").height() == high
    assert child(second.tab, QWidget, "takes_panel").isHidden()

    entry(menu(second, "View"), "Usual layout").trigger()

    assert child(second.tab, QSplitter, "video_columns").sizes() == usual
    assert child(second.tab, FoldingSection, "folding_storyboard").is_open
    assert not child(second.tab, FoldingSection, "folding_export").is_open
    assert not child(second.tab, QWidget, "takes_panel").isHidden()
    assert child(second.window, QTabWidget, "jobs_tabs").currentIndex() == 0
    assert child(second.tab, QPlainTextEdit, "storyboard_text").height() < high


def test_what_the_player_shows_is_kept_where_the_project_has_it(
    open_window: Callable[[str], OpenWindow],
) -> None:
    first = open_window("home")
    first.new("one")
    first.render()
    first.until(lambda: first.num_takes() == [1])
    first.saved()
    folder = first.folder
    click(child(first.tab, QToolButton, "source_sequence"))
    first.close()

    second = open_window("home")
    if second.window.project_model is None:
        second.open(folder)
    player = child(second.tab, ClipPlayer)
    second.until(lambda: player.source().value == "sequence" and player.scene_number == 0)
    # Without a clip there is no sequence, and the scene's own place says what to do.
    second.new("two")
    assert child(second.tab, ClipPlayer).source().value == "take"


def clear_jobs(window: OpenWindow) -> None:
    button = child(child(window.window, JobsPanel), QToolButton, "clear")
    window.until(button.isEnabled)
    click(button)


def test_the_jobs_take_no_room_until_there_is_one(opened: OpenWindow, heard: list[str]) -> None:
    opened.new("one")
    area, tabs = opened.window.jobs, child(opened.window, QTabWidget, "jobs_tabs")
    opened.until(lambda: area.height() < 70)
    panel = child(opened.window, ElidedLabel, "queue_progress")
    assert panel.whole_text() == "No jobs yet. Renders, exports and downloads show up here."
    tabs.setCurrentIndex(1)
    opened.until(lambda: area.height() >= 140)
    tabs.setCurrentIndex(0)
    opened.until(lambda: area.height() < 70)
    opened.render()
    opened.until(lambda: area.height() >= 140)
    opened.until(lambda: opened.num_takes() == [1])
    clear_jobs(opened)
    opened.until(lambda: area.height() < 70)


def test_the_height_of_the_jobs_is_kept_while_they_are_small(
    open_window: Callable[[str], OpenWindow], heard: list[str]
) -> None:
    first = open_window("home")
    first.new("one")
    first.render()
    first.until(lambda: first.num_takes() == [1])
    child(first.window, QSplitter, "halves").setSizes([540, 210])
    height = first.window.jobs.height()
    assert height > 180
    clear_jobs(first)
    first.until(lambda: first.window.jobs.height() < 70)
    first.close()

    second = open_window("home")
    second.until(lambda: second.window.jobs.height() < 70)
    second.new("two")
    second.render()
    second.until(lambda: abs(second.window.jobs.height() - height) <= 2)


def test_a_wide_window_shows_more_of_each_scene(opened: OpenWindow) -> None:
    opened.new("one", "two")
    opened.until(lambda: child(opened.tab, SceneTableView).model().rowCount() == 2)
    table, box = (
        child(opened.tab, SceneTableView),
        child(opened.tab, QPlainTextEdit, "storyboard_text"),
    )
    opened.window.resize(1280, 800)
    opened.until(lambda: table.columnWidth(SceneColumn.CLIP) == 72)
    height, words = table.rowHeight(0), box.height()
    opened.window.resize(2560, 1440)
    opened.until(lambda: table.columnWidth(SceneColumn.CLIP) == 136)
    assert (height, table.rowHeight(0)) == (48, 88)
    opened.until(lambda: box.height() > 1.5 * words)
    # What a person set stays.
    table.setColumnWidth(SceneColumn.CLIP, 200)
    opened.window.resize(1280, 800)
    opened.until(lambda: table.columnWidth(SceneColumn.START) == 72)
    assert table.columnWidth(SceneColumn.CLIP) == 200


def test_a_new_project_asks_for_name_and_place_and_begins_in_the_storyboard(
    opened: OpenWindow, tmp_path: Path
) -> None:
    opened.window.activateWindow()
    press(opened, Qt.Key.Key_N, ctrl=True)
    dialog = child(opened.window, NewProjectDialog)
    name = child(dialog, QLineEdit, "new_project_name")
    opened.until(lambda: QApplication.focusWidget() is name)
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert dialog.isVisible(), "an empty name is told and asked for again"
    assert any("Give the project a name" in label.text() for label in dialog.findChildren(QLabel))
    QTest.keyClicks(name, "Song of the ball")
    place = child(dialog, QLineEdit, "new_project_place")
    place.setText(str(tmp_path / "films"))
    QTest.keyClick(name, Qt.Key.Key_Return)
    opened.until(lambda: opened.window.project_model)

    assert opened.model.project.name == "Song of the ball"
    assert opened.folder == tmp_path / "films" / "song-of-the-ball"
    box = child(opened.tab, QPlainTextEdit, "storyboard_text")
    opened.window.activateWindow()
    opened.until(lambda: QApplication.focusWidget() is box)


@pytest.mark.parametrize(
    ("name", "place", "problem"),
    [
        ("   ", "/films", "Give the project a name"),
        ("A", "films/new", "no whole path"),
        ("A", __file__, "is a file"),
    ],
)
def test_what_is_wrong_with_a_new_project_is_told_in_its_dialog(
    qtbot: QtBot, tmp_path: Path, name: str, place: str, problem: str
) -> None:
    dialog = NewProjectDialog(tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    child(dialog, QLineEdit, "new_project_name").setText(name)
    child(dialog, QLineEdit, "new_project_place").setText(place)
    dialog.accept()
    assert dialog.result() != QDialog.DialogCode.Accepted
    assert any(problem in label.text() for label in dialog.findChildren(QLabel))


@pytest.mark.parametrize("name", ["new project", "checkpoint"])
def test_each_letter_of_a_dialog_leads_to_a_field(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    is_project = name == "new project"
    dialog = NewProjectDialog(tmp_path) if is_project else AddModelDialog([], page)
    qtbot.addWidget(dialog)
    # Without a field, a label shows the sign before its letter.
    with_letter = [label for label in dialog.findChildren(QLabel) if mnemonic_of(label.text())]
    assert with_letter
    lost = [label.text() for label in with_letter if not label.buddy()]
    assert lost == []


def test_a_long_title_is_shown_from_its_beginning(opened: OpenWindow) -> None:
    opened.new("one")
    scene = opened.model.project.scenes[0]
    title = "Donaudampfschifffahrtsgesellschaft und andere lange Namen von Szenen"
    opened.model.edit_scene("Title", scene.model_copy(update={"title": title}))
    assert child(opened.tab, QLineEdit, "scene_title").cursorPosition() == 0


def test_a_project_that_another_window_has_says_so_and_what_to_do(
    open_window: Callable[[str], OpenWindow],
) -> None:
    first, second = open_window("one"), open_window("two")
    first.new("a")
    folder = first.folder
    second.open(folder)
    line = child(second.tab, QWidget, "read_only")
    assert line.isVisible()
    assert "another window has this project open" in child(line, QLabel).text()
    assert not child(first.tab, QWidget, "read_only").isVisible()

    first.new("b")
    shown = second.tab
    click(child(line, QPushButton, "open_again"))
    second.until(lambda: second.window.video_tab not in (None, shown))
    assert not second.model.is_read_only
    assert second.folder == folder
    assert not child(second.tab, QWidget, "read_only").isVisible()


def test_a_project_that_is_read_only_goes_on_in_a_copy(
    open_window: Callable[[str], OpenWindow],
) -> None:
    first, second = open_window("one"), open_window("two")
    first.new("a")
    second.open(first.folder)
    asked: list[str] = []
    action = entry(menu(second, "File"), "Save as…")
    action.triggered.disconnect()
    action.triggered.connect(lambda: asked.append("copy"))
    click(child(second.tab, QPushButton, "read_only_copy"))
    assert asked == ["copy"]
