"""What a storyboard will make, seen before: scenes, their lengths, what stays and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from core.project.model.project import Scene
from core.project.storyboard.scenes import renew_scenes
from gui.storyboard.storyboard_widget import StoryboardText, StoryboardWidget
from providers.ltx_video.models.catalog import BY_ID
from tests.gui.operating import click, write
from tests.gui.storyboard.storyboards import (
    MISTAKES,
    TEXT,
    Recorder,
    box,
    cells,
    choose_scene,
    control,
    messages,
    said_by,
    split,
    table,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from gui.background import Background


def test_the_preview_shows_lengths_words_and_tags(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    assert cells(panel, 0) == ["1", "2", "3"]
    assert cells(panel, 1) == ["5 s", "2 s", "5 s"]
    assert cells(panel, 2) == ["A fox runs.", "An owl 🦉 sees it.", "It sleeps."]
    assert cells(panel, 3) == ["pan left", "", ""]
    assert "3 scenes · 10 words · 0:12 in all" in messages(panel)


def test_the_words_have_more_room_than_the_tags_at_every_width(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.set_scenes((Scene(id="a", text="A fox runs.", prompt="A fox runs."),))
    wait_until(lambda: panel.is_up_to_date)
    view = table(panel)
    for width, has_tags in ((330, False), (600, True)):
        panel.resize(width, 400)
        wait_until(lambda has_tags=has_tags: view.isColumnHidden(3) is not has_tags)
        assert view.columnWidth(2) > view.columnWidth(3)
        assert "pan left" in view.model().index(0, 2).data(Qt.ItemDataRole.ToolTipRole)


def test_a_chosen_scene_is_selected_in_the_text(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.set_value(StoryboardText(TEXT.replace("\n", "\r\n")))
    wait_until(lambda: panel.is_up_to_date)
    for row, words in enumerate(["A fox runs. {camera: pan left}", "[2s] An owl 🦉 sees it.",
                                 "It sleeps."]):  # fmt: skip
        choose_scene(row)(table(panel))
        assert box(panel).textCursor().selectedText() == words


def test_the_target_is_shared_and_notes_say_what_does_not_fit(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.set_spec(BY_ID["ltx-mini"].spec)
    panel.set_value(StoryboardText(TEXT, 9))
    wait_until(lambda: "0:09 of 0:09" in messages(panel))
    panel.set_value(StoryboardText(TEXT, 90))
    wait_until(lambda: "The scenes come to 0:12, not to 1:30" in messages(panel))


def test_the_first_notes_are_shown_and_the_others_when_wanted(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    assert not control(panel, "more_notes").isVisible()
    panel.set_value(StoryboardText(MISTAKES))
    wait_until(lambda: "camra" in messages(panel))
    assert "fly" not in messages(panel)
    click(control(panel, "more_notes"))
    assert "fly" in messages(panel)
    assert said_by(control(panel, "more_notes")) == "Fewer notes"
    click(control(panel, "more_notes"))
    assert "fly" not in messages(panel)


def test_the_usual_length_comes_from_the_settings_and_else_from_the_model(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    panel.set_spec(BY_ID["ltx-mini"].spec)
    wait_until(lambda: cells(panel, 1) == ["2 s", "2 s", "2 s"])
    panel.set_clip_length(3.5)
    wait_until(lambda: cells(panel, 1) == ["3.5 s", "2 s", "3.5 s"])


def test_it_says_before_what_stays_and_what_goes(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
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
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
    scenes = renew_scenes((), split(TEXT)).scenes
    by_hand = Scene(id="hand", prompt="mine").with_own("duration_s", 3.0)
    scenes = (scenes[0].with_own("duration_s", 9.0), *scenes[1:], by_hand)
    panel.set_scenes(scenes)
    wait_until(lambda: cells(panel, 1) == ["9 s", "2 s", "5 s"])
    assert "4 scenes · 10 words · 0:19 in all" in messages(panel)


def test_each_length_that_changes_is_named_before(
    open_storyboard: Callable[[], StoryboardWidget],
) -> None:
    panel = open_storyboard()
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
