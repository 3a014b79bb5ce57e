from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from gui.player.position_bar import PositionBar
from gui.player.video_surface import VideoSurface
from gui.takes.compare_dialog import CompareDialog
from gui.takes.takes_model import ShownTake
from tests.fakes.scenes import make_take
from tests.film.counted_clips import Mark, Pulses, mark_of, write_counted
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import click, tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from core.project.model.project import Take

LEFT, RIGHT = 1, 2
SIZE = (96, 64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two takes of two seconds, one with half the frames of the other, and what is none."""
    folder = tmp_path_factory.mktemp("takes")
    write_counted(folder / "left.mov", LEFT, rate=24, num_frames=48, size=SIZE, pulses=Pulses())
    write_counted(folder / "right.mov", RIGHT, rate=12, num_frames=24, size=SIZE)
    write_counted(folder / "short.mov", RIGHT, rate=24, num_frames=6, size=SIZE)
    (folder / "words.mov").write_text("no clip", encoding="utf-8")
    return folder


@pytest.fixture
def make(folder: Path, qtbot: QtBot) -> Iterator[Callable[..., CompareDialog]]:
    made: list[CompareDialog] = []

    def make_one(
        left: str = "left.mov", right: str = "right.mov", *, can_choose: bool = True
    ) -> CompareDialog:
        takes = (
            ShownTake(make_take("one", folder / left), 1, is_chosen=False, is_stale=False),
            ShownTake(make_take("two", folder / right), 2, is_chosen=False, is_stale=False),
        )
        dialog = CompareDialog(takes, can_choose=can_choose)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        dialog.open()
        made.append(dialog)
        return dialog

    yield make_one
    for dialog in made:
        dialog.reject()


def seen(dialog: CompareDialog, side: str) -> Mark | None:
    """What the picture on that side says it is."""
    image = child(dialog, VideoSurface, f"surface_{side}").image
    if image is None:
        return None
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(bytes(grey.constBits()), np.uint8)
    return mark_of(rows.reshape(grey.height(), grey.bytesPerLine())[:, : grey.width()])


def message(dialog: CompareDialog, side: str) -> str:
    return child(dialog, VideoSurface, f"surface_{side}").accessibleDescription()


def wait_for(qtbot: QtBot, dialog: CompareDialog, left: int, right: int) -> None:
    def shows() -> bool:
        both = (seen(dialog, "left"), seen(dialog, "right"))
        return both == (Mark(LEFT, left), Mark(RIGHT, right))

    qtbot.waitUntil(shows, timeout=5000)


def button(dialog: CompareDialog, name: str) -> QWidget:
    return controls_of(dialog)[name]


def test_both_stand_at_the_same_moment_whatever_their_rates(
    make: Callable[..., CompareDialog], qtbot: QtBot
) -> None:
    dialog = make()
    wait_for(qtbot, dialog, 0, 0)
    for number in (1, 2, 3, 17, 47, 30, 0):
        dialog.go_to(number)
        wait_for(qtbot, dialog, number, number // 2)
        assert dialog.frame_number == number
    dialog.go_to(1000)
    wait_for(qtbot, dialog, 47, 23)


def test_shorter_take_waits_at_its_last_frame(
    make: Callable[..., CompareDialog], qtbot: QtBot
) -> None:
    dialog = make(right="short.mov")
    wait_for(qtbot, dialog, 0, 0)
    dialog.go_to(20)
    wait_for(qtbot, dialog, 20, 5)


def test_keys_step_play_and_swap(make: Callable[..., CompareDialog], qtbot: QtBot) -> None:
    dialog = make()
    wait_for(qtbot, dialog, 0, 0)
    for _ in range(4):
        qtbot.keyClick(dialog, Qt.Key.Key_Period)
    qtbot.keyClick(dialog, Qt.Key.Key_Comma)
    wait_for(qtbot, dialog, 3, 1)
    qtbot.keyClick(dialog, Qt.Key.Key_X)

    def is_swapped() -> bool:
        both = (seen(dialog, "left"), seen(dialog, "right"))
        return both == (Mark(RIGHT, 1), Mark(LEFT, 3))

    qtbot.waitUntil(is_swapped)
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert dialog.is_playing
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert not dialog.is_playing


def test_playing_goes_by_the_clock_to_the_end(
    make: Callable[..., CompareDialog], qtbot: QtBot
) -> None:
    dialog = make(left="short.mov", right="short.mov")
    qtbot.waitUntil(lambda: seen(dialog, "right") == Mark(RIGHT, 0))
    dialog.toggle_play()
    qtbot.waitUntil(lambda: not dialog.is_playing, timeout=5000)
    assert dialog.frame_number == 5
    qtbot.waitUntil(lambda: seen(dialog, "left") == Mark(RIGHT, 5))
    dialog.toggle_play()
    assert dialog.frame_number == 0, "at the end it begins again"


@pytest.mark.parametrize("side", ["left", "right"])
def test_choosing_a_side_tells_its_take_and_closes(
    make: Callable[..., CompareDialog], qtbot: QtBot, side: str
) -> None:
    dialog = make()
    wait_for(qtbot, dialog, 0, 0)
    chosen: list[Take] = []
    dialog.chosen.connect(chosen.append)
    click(button(dialog, f"compare_use_{side}"))
    assert [take.id for take in chosen] == ["one" if side == "left" else "two"]
    assert not dialog.isVisible()


def test_swapped_sides_choose_what_they_show(
    make: Callable[..., CompareDialog], qtbot: QtBot
) -> None:
    dialog = make()
    chosen: list[Take] = []
    dialog.chosen.connect(chosen.append)
    click(button(dialog, "compare_swap"))
    click(button(dialog, "compare_use_left"))
    assert [take.id for take in chosen] == ["two"]


def test_read_only_project_compares_and_chooses_nothing(
    make: Callable[..., CompareDialog],
) -> None:
    dialog = make(can_choose=False)
    assert not button(dialog, "compare_use_left").isEnabled()
    click(button(dialog, "compare_swap"))
    assert not button(dialog, "compare_use_left").isEnabled()


@pytest.mark.parametrize("name", ["words.mov", "gone.mov"])
def test_broken_file_gets_a_sentence_and_the_other_is_shown(
    make: Callable[..., CompareDialog], qtbot: QtBot, name: str
) -> None:
    dialog = make(right=name)
    qtbot.waitUntil(lambda: name in message(dialog, "right"))
    qtbot.waitUntil(lambda: seen(dialog, "left") == Mark(LEFT, 0))
    dialog.go_to(5)
    qtbot.waitUntil(lambda: seen(dialog, "left") == Mark(LEFT, 5))
    assert name in message(dialog, "right")


def test_two_broken_files_are_no_crash(make: Callable[..., CompareDialog], qtbot: QtBot) -> None:
    dialog = make("gone.mov", "words.mov")
    qtbot.waitUntil(lambda: "words.mov" in message(dialog, "right"))
    dialog.toggle_play()
    dialog.go_to(3)
    assert not dialog.is_playing
    assert not button(dialog, "compare_play").isEnabled()


def test_audio_is_heard_or_its_absence_told(
    make: Callable[..., CompareDialog], qtbot: QtBot
) -> None:
    dialog = make()
    wait_for(qtbot, dialog, 0, 0)
    click(button(dialog, "compare_sound_left"))
    dialog.toggle_play()
    qtbot.waitUntil(lambda: dialog.frame_number > 5, timeout=5000)
    click(button(dialog, "compare_sound_right"))
    qtbot.waitUntil(lambda: dialog.frame_number > 10, timeout=5000)
    dialog.reject()
    assert not dialog.is_playing


def test_closing_while_it_reads_and_plays_leaves_nothing_behind(
    make: Callable[..., CompareDialog], qtbot: QtBot
) -> None:
    dialog = make()
    dialog.reject()
    dialog = make()
    wait_for(qtbot, dialog, 0, 0)
    dialog.toggle_play()
    dialog.close()
    assert not dialog.is_playing
    qtbot.wait(50)


@pytest.mark.parametrize("is_heard", [False, True])
def test_files_are_let_go_of_as_soon_as_it_closes(
    make: Callable[..., CompareDialog], qtbot: QtBot, folder: Path, is_heard: bool
) -> None:
    clips = {str((folder / name).resolve()) for name in ("left.mov", "right.mov")}

    def held() -> set[str]:
        return clips & {file.path for file in psutil.Process().open_files()}

    dialog = make()
    wait_for(qtbot, dialog, 0, 0)
    assert held() == clips
    if is_heard:
        click(button(dialog, "compare_sound_left"))
    dialog.toggle_play()
    qtbot.waitUntil(lambda: dialog.frame_number > 3, timeout=5000)
    dialog.reject()
    assert not held()


def test_every_control_has_its_effect(make: Callable[..., CompareDialog], qtbot: QtBot) -> None:
    chosen: list[Take] = []

    def fresh() -> CompareDialog:
        dialog = make()
        wait_for(qtbot, dialog, 0, 0)
        dialog.go_to(4)
        dialog.chosen.connect(chosen.append)
        return dialog

    def heard(dialog: CompareDialog) -> list[bool]:
        return [
            bool(button(dialog, f"compare_sound_{name}").property("checked"))
            for name in ("left", "right", "none")
        ]

    def frame(dialog: CompareDialog) -> int:
        return dialog.frame_number

    def slide(bar: QWidget) -> None:
        assert isinstance(bar, PositionBar)
        qtbot.keyClick(bar, Qt.Key.Key_Right)

    def press_none(radio: QWidget) -> None:
        window = radio.window()
        assert isinstance(window, CompareDialog)
        click(button(window, "compare_sound_left"))
        was_left = heard(window)
        tick(radio)
        changed.append(heard(window) != was_left)

    changed: list[bool] = []
    check_every_control(
        fresh,
        [
            ControlCase("position", slide, frame),
            ControlCase("compare_back", click, frame),
            ControlCase("compare_on", click, frame),
            ControlCase("compare_play", click, lambda dialog: dialog.is_playing),
            ControlCase("compare_swap", click, lambda dialog: message(dialog, "left")),
            ControlCase("compare_sound_left", click, heard),
            ControlCase("compare_sound_right", click, heard),
            ControlCase("compare_sound_none", press_none, lambda _: any(changed)),
            ControlCase("compare_use_left", click, lambda _: len(chosen)),
            ControlCase("compare_use_right", click, lambda _: len(chosen)),
            ControlCase("compare_close", click, lambda dialog: dialog.isVisible()),
        ],
    )
