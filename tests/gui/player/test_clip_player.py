from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QToolButton, QWidget

from core.film.build.preview import SceneStart
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.frames import FrameReader
from gui.player.clip_player import ClipPlayer
from gui.player.play_dialog import PlayDialog
from gui.player.playback import Playback
from gui.player.player_text import Grab, GrabUse, PlayerChoices, PlayerSource, clock
from gui.player.transport_bar import TransportBar
from tests.film.counted_clips import Pulses, mark_of, write_counted
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

RATE, COUNT = 25, 40
SIZE = (96, 64)
LOSSY = ("-c:v", "libx264", "-crf", "16", "-g", "12", "-bf", "2", "-pix_fmt", "yuv420p")
CODECS = {
    "h264.mp4": LOSSY,
    "ten-bit.mp4": ("-c:v", "libx264", "-crf", "16", "-g", "12", "-pix_fmt", "yuv420p10le"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0", "-deadline", "realtime"),
    "stream.ts": LOSSY,
    "lossless.mkv": ("-c:v", "ffv1", "-pix_fmt", "yuv420p"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of counted frames for each codec, and one with sound."""
    folder = tmp_path_factory.mktemp("clips")
    for name, codec in CODECS.items():
        write_counted(folder / name, rate=RATE, num_frames=COUNT, size=SIZE, codec=codec)
    write_counted(
        folder / "sound.mov", rate=RATE, num_frames=COUNT, size=SIZE, pulses=Pulses(), codec=LOSSY
    )
    return folder


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[[], ClipPlayer]]:
    made: list[ClipPlayer] = []

    def make_one() -> ClipPlayer:
        player = ClipPlayer()
        qtbot.addWidget(player)
        player.resize(480, 420)
        player.show()
        made.append(player)
        return player

    yield make_one
    for player in made:
        player.release()


@pytest.fixture
def player(make: Callable[[], ClipPlayer]) -> ClipPlayer:
    return make()


def surface_of(player: ClipPlayer) -> Any:
    return player.findChild(QWidget, "video_surface")


def number_in(image: QImage | None) -> int | None:
    """The number that the picture itself shows."""
    if image is None:
        return None
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(bytes(grey.constBits()), np.uint8)
    luma = rows.reshape(grey.height(), grey.bytesPerLine())[:, : grey.width()]
    mark = mark_of(luma)
    return None if mark is None else mark.frame


def wait_for(qtbot: QtBot, player: ClipPlayer, number: int) -> None:
    def shows() -> bool:
        return player.frame_number == number and number_in(surface_of(player).image) == number

    qtbot.waitUntil(shows, timeout=5000)


def open_in(qtbot: QtBot, player: ClipPlayer, path: Path, *marks: SceneStart) -> ClipPlayer:
    if marks:
        player.show_film(path, marks, "The film")
    else:
        player.show_clip(path, "Scene 1")
    wait_for(qtbot, player, 0)
    return player


@pytest.mark.parametrize("name", list(CODECS))
def test_every_step_shows_exactly_the_next_frame(
    name: str, folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    open_in(qtbot, player, folder / name)
    for number in (1, 2, 3, 4):
        click(controls_of(player)["step_forward"])
        wait_for(qtbot, player, number)
    for number in (3, 2):
        click(controls_of(player)["step_back"])
        wait_for(qtbot, player, number)
    for number in (COUNT - 1, 13, 12, 0, 25):
        player.go_to(number)
        wait_for(qtbot, player, number)


@pytest.mark.parametrize("name", list(CODECS))
def test_reader_gives_every_frame_in_any_order(name: str, folder: Path) -> None:
    reader = FrameReader(folder / name, CancelToken())
    orders = [*range(COUNT), *reversed(range(COUNT)), *np.random.default_rng(7).permutation(COUNT)]
    for number in orders:
        image = np.asarray(reader.read(int(number), CancelToken()).convert("L"))
        mark = mark_of(image)
        assert mark is not None
        assert mark.frame == number
    reader.close()
    frames = reader.frames
    assert frames.count == COUNT
    assert frames.duration_s == pytest.approx(COUNT / RATE, abs=0.01)
    assert [frames.number_at(frames.middle_us(n)) for n in range(COUNT)] == list(range(COUNT))


def test_frames_of_a_clip_of_uneven_times_are_found_by_their_own_times(tmp_path: Path) -> None:
    even = write_counted(tmp_path / "even.mp4", rate=RATE, num_frames=12, codec=LOSSY)
    path = tmp_path / "uneven.mkv"
    slower = "setpts='if(lt(N,6),N,6+(N-6)*3)/25/TB'"
    run_ffmpeg(
        ["-i", str(even.path), "-vf", slower, "-fps_mode", "passthrough", *LOSSY, str(path)],
        CancelToken(),
    )
    reader = FrameReader(path, CancelToken())
    starts = [round(start / 1e6 * RATE) for start in reader.frames.starts_us]
    assert starts == [0, 1, 2, 3, 4, 5, 6, 9, 12, 15, 18, 21]
    marks = [mark_of(np.asarray(reader.read(n, CancelToken()).convert("L"))) for n in range(12)]
    assert [mark.frame for mark in marks if mark] == list(range(12))
    reader.close()


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_and_stretched_clips_are_upright_and_in_shape(turn: int, tmp_path: Path) -> None:
    flat = tmp_path / "flat.mp4"
    red = "color=red:s=64x32:r=25:d=0.2,drawbox=0:0:32:16:blue:t=fill,setsar=2/1"
    run_ffmpeg(["-f", "lavfi", "-i", red, "-pix_fmt", "yuv420p", str(flat)], CancelToken())
    turned, wanted = tmp_path / "turned.mp4", tmp_path / "wanted.png"
    run_ffmpeg(
        ["-display_rotation", str(turn), "-i", str(flat), "-c", "copy", str(turned)], CancelToken()
    )
    run_ffmpeg(["-i", str(turned), "-frames:v", "1", str(wanted)], CancelToken())
    reader = FrameReader(turned, CancelToken())
    image = reader.read(0, CancelToken())
    reader.close()
    shape = Image.open(wanted).convert("RGB").resize(image.size)
    assert image.size == ((128, 32) if turn == 180 else (32, 128))
    assert np.abs(np.asarray(shape, int) - np.asarray(image, int)).mean() < 12


def test_grabbed_frame_is_the_one_that_is_shown(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    open_in(qtbot, player, folder / "h264.mp4")
    player.go_to(17)
    wait_for(qtbot, player, 17)
    grabs: list[Grab] = []
    player.grabbed.connect(grabs.append)
    button = controls_of(player)["grab"]
    assert isinstance(button, QToolButton)
    for action in button.menu().actions():
        action.trigger()
    qtbot.waitUntil(lambda: len(grabs) == len(GrabUse), timeout=5000)
    assert [grab.use for grab in grabs] == list(GrabUse)
    for grab in grabs:
        with Image.open(grab.path) as image:
            assert (image.format, image.size) == ("PNG", SIZE)
            mark = mark_of(np.asarray(image.convert("L")))
        assert mark is not None
        assert mark.frame == 17
    player.release()
    assert not any(grab.path.exists() for grab in grabs)


def test_playing_goes_on_from_where_it_stands_to_the_end(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    open_in(qtbot, player, folder / "h264.mp4")
    player.go_to(20)
    wait_for(qtbot, player, 20)
    seen: list[int] = []
    QTest.keyClick(player, Qt.Key.Key_Space)
    assert player.is_playing

    def watch() -> bool:
        if not seen or seen[-1] != player.frame_number:
            assert number_in(surface_of(player).image) == player.frame_number
            seen.append(player.frame_number)
        return not player.is_playing

    qtbot.waitUntil(watch, timeout=8000)
    assert seen[0] >= 20
    assert seen == sorted(seen)
    assert len(seen) > 5
    wait_for(qtbot, player, COUNT - 1)
    click(controls_of(player)["play"])
    qtbot.waitUntil(lambda: 0 < player.frame_number < 20, timeout=5000)


def test_a_clip_that_is_opened_to_be_played_plays_to_its_end(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    player.show_clip(folder / "sound.mov", "Scene 1", plays=True)
    qtbot.waitUntil(lambda: 0 < player.frame_number < COUNT - 1, timeout=8000)
    assert player.is_playing
    qtbot.waitUntil(lambda: not player.is_playing, timeout=8000)
    wait_for(qtbot, player, COUNT - 1)


def test_a_dialog_called_play_plays(folder: Path, qtbot: QtBot) -> None:
    dialog = PlayDialog(folder / "h264.mp4")
    qtbot.addWidget(dialog)
    dialog.open()
    player = child(dialog, ClipPlayer)
    qtbot.waitUntil(lambda: player.frame_number > 3, timeout=8000)
    dialog.reject()


def test_a_film_made_anew_stands_where_it_was_and_tells_nobody(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    shown: list[object] = []
    player.scene_shown.connect(shown.append)
    marks = (SceneStart("One", 0.0), SceneStart("Two", 0.4), SceneStart("Three", 1.2))
    player.show_film(folder / "h264.mp4", marks, at_s=0.6, is_update=True)
    wait_for(qtbot, player, 15)
    assert (player.scene_number, round(player.since_scene_s, 3)) == (1, 0.2)
    assert shown == []
    player.go_to(35)
    player.go_to(0)
    player.go_to_scene(2)
    assert player.frame_number == 30
    assert shown == [2, 0, 2]


def test_buttons_and_picture_stay_in_place_whatever_is_shown_and_said(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    def places() -> list[QRect]:
        qtbot.wait(50)
        widgets = [*controls_of(player).values(), surface_of(player)]
        return [QRect(w.mapTo(player, QPoint()), w.size()) for w in widgets]

    open_in(qtbot, player, folder / "h264.mp4")
    before = places()
    assert not controls_of(player)["scene_after"].isEnabled()
    player.show_note("This machine has no sound device, so it plays without sound. " * 3)
    assert "no sound device" in texts_of(player)
    assert places() == before
    marks = (SceneStart("One", 0.0), SceneStart("Two", 0.4))
    open_in(qtbot, player, folder / "h264.mp4", *marks)
    qtbot.waitUntil(controls_of(player)["scene_after"].isEnabled)
    assert places() == before


def test_a_picture_of_what_is_being_made_gives_way_to_the_clip(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    image = QImage(96, 64, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    player.show_progress("Rendering: step 1 of 8", None)
    assert surface_of(player).accessibleDescription() == "Rendering: step 1 of 8"
    player.show_progress("Rendering: step 2 of 8", image)
    assert surface_of(player).image == image
    assert "step 2 of 8" in texts_of(player)
    assert player.is_in_progress
    open_in(qtbot, player, folder / "h264.mp4")
    assert not player.is_in_progress
    assert "step 2" not in texts_of(player)


def test_nothing_is_said_to_be_made_any_more_while_the_clip_is_opened(
    folder: Path, player: ClipPlayer
) -> None:
    player.show_progress("Rendering: Writing the file · 100%", None)
    player.show_clip(folder / "h264.mp4", "h264.mp4")
    assert surface_of(player).accessibleDescription() == ""


def test_pause_shows_exactly_the_frame_that_it_names(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    open_in(qtbot, player, folder / "sound.mov")
    click(controls_of(player)["play"])
    qtbot.waitUntil(lambda: player.frame_number >= 8, timeout=8000)
    click(controls_of(player)["play"])
    assert not player.is_playing
    number = player.frame_number
    qtbot.wait(150)
    wait_for(qtbot, player, number)


def test_loop_begins_again(folder: Path, player: ClipPlayer, qtbot: QtBot) -> None:
    click(controls_of(player)["loop"])
    open_in(qtbot, player, folder / "h264.mp4")
    player.go_to(COUNT - 6)
    wait_for(qtbot, player, COUNT - 6)
    click(controls_of(player)["play"])
    qtbot.waitUntil(lambda: 0 < player.frame_number < 20, timeout=8000)
    assert player.is_playing


def texts_of(player: ClipPlayer) -> str:
    return " | ".join(
        str(child.property("text"))
        for child in player.findChildren(QWidget)
        if child.isVisible() and child.property("text")
    )


def test_ten_bit_image_that_qt_cannot_draw_is_played_by_its_frames(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    open_in(qtbot, player, folder / "ten-bit.mp4")
    click(controls_of(player)["play"])
    qtbot.waitUntil(lambda: player.frame_number >= 10, timeout=8000)
    assert "h264, 10 bits" in texts_of(player)
    assert (number_in(surface_of(player).image) or 0) > 0
    qtbot.waitUntil(lambda: not player.is_playing, timeout=8000)
    wait_for(qtbot, player, COUNT - 1)


def test_scenes_of_a_film_are_named_and_jumped_to(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    marks = (SceneStart("Dawn", 0.0), SceneStart("Noon", 0.4), SceneStart("Night", 1.0))
    open_in(qtbot, player, folder / "h264.mp4", *marks)
    assert "Dawn" in texts_of(player)
    click(controls_of(player)["scene_after"])
    wait_for(qtbot, player, 10)
    assert "Noon" in texts_of(player)
    QTest.keyClick(player, Qt.Key.Key_PageDown)
    wait_for(qtbot, player, 25)
    assert "Night" in texts_of(player)
    assert "0:01.00 / 0:01.60 · frame 26 of 40" in texts_of(player)
    click(controls_of(player)["scene_before"])
    wait_for(qtbot, player, 10)


def test_click_on_the_position_bar_goes_there(
    folder: Path, player: ClipPlayer, qtbot: QtBot
) -> None:
    open_in(qtbot, player, folder / "h264.mp4")
    bar = controls_of(player)["position"]
    middle = bar.rect().center()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=middle)
    assert abs(player.frame_number - COUNT // 2) <= 1
    wait_for(qtbot, player, player.frame_number)


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "words", "sound", "cut off"])
def test_what_is_no_clip_gets_a_sentence_in_place_of_the_image(
    kind: str, folder: Path, player: ClipPlayer, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.touch()
        case "words":
            path.write_text("no film " * 500, encoding="utf-8")
        case "sound":
            path = tmp_path / "clip.wav"
            run_ffmpeg(["-f", "lavfi", "-i", "sine=d=0.1", str(path)], CancelToken())
        case "cut off":
            path.write_bytes((folder / "h264.mp4").read_bytes()[:900])
        case _:
            pass
    open_in(qtbot, player, folder / "h264.mp4")
    player.show_clip(path, "Scene 2")
    qtbot.waitUntil(lambda: bool(surface_of(player).accessibleDescription()), timeout=5000)
    assert repr(str(path)) in surface_of(player).accessibleDescription()
    assert "Traceback" not in surface_of(player).accessibleDescription()
    assert not controls_of(player)["play"].isEnabled()
    QTest.keyClick(player, Qt.Key.Key_Space)
    assert not player.is_playing
    open_in(qtbot, player, folder / "h264.mp4")


def test_damage_inside_a_clip_is_told_and_the_rest_is_shown(
    player: ClipPlayer, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mov"
    images = ("-c:v", "png", "-pix_fmt", "rgb24")
    write_counted(path, rate=RATE, num_frames=COUNT, size=SIZE, codec=images)
    content = bytearray(path.read_bytes())
    heads = [at.start() for at in re.finditer(b"IDAT", content)]
    damaged = heads[COUNT // 2]
    content[damaged - 40 : damaged + 40] = bytes(80)
    path.write_bytes(content)
    open_in(qtbot, player, path)
    player.go_to(COUNT // 2)
    qtbot.waitUntil(lambda: "damaged" in texts_of(player), timeout=5000)
    player.go_to(3)
    wait_for(qtbot, player, 3)
    assert "damaged" not in texts_of(player)


def test_file_that_goes_while_it_is_shown_is_no_crash(
    folder: Path, player: ClipPlayer, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    shutil.copy(folder / "h264.mp4", path)
    open_in(qtbot, player, path)
    path.unlink()
    click(controls_of(player)["play"])
    qtbot.waitUntil(lambda: "cannot be played here" in texts_of(player), timeout=5000)
    assert not player.is_playing


def test_newest_of_many_clips_wins(folder: Path, player: ClipPlayer, qtbot: QtBot) -> None:
    for _ in range(5):
        for name in CODECS:
            player.show_clip(folder / name, name)
            player.go_to(3)
    open_in(qtbot, player, folder / "vp9.webm")
    player.show_message("Scene 2 has no clip yet.")
    qtbot.wait(100)
    assert surface_of(player).accessibleDescription() == "Scene 2 has no clip yet."


def choices_told_by(player: ClipPlayer) -> list[object]:
    """Begins to record how the file shall be played."""
    told: list[object] = []
    child(player, TransportBar).changed.connect(told.append)
    return told


def test_volume_mute_and_loop_are_told_as_they_are_chosen(player: ClipPlayer) -> None:
    told = choices_told_by(player)
    controls = controls_of(player)
    assert controls["volume"].value() == 80
    controls["volume"].setValue(37)
    click(controls["mute"])
    QTest.keyClick(player, Qt.Key.Key_R)
    QTest.keyClick(player, Qt.Key.Key_M)
    assert told == [
        PlayerChoices(volume=0.37),
        PlayerChoices(volume=0.37, is_muted=True),
        PlayerChoices(volume=0.37, is_muted=True, is_looped=True),
        PlayerChoices(volume=0.37, is_looped=True),
    ]


def test_it_plays_as_loud_as_its_slider_says_from_the_first(player: ClipPlayer) -> None:
    assert 100 * child(player, Playback).choices.volume == controls_of(player)["volume"].value()


def test_image_keeps_its_shape_at_any_size(folder: Path, player: ClipPlayer, qtbot: QtBot) -> None:
    open_in(qtbot, player, folder / "h264.mp4")
    for size in ((600, 300), (300, 600)):
        player.resize(*size)
        rect = surface_of(player).image_rect()
        assert rect.width() / rect.height() == pytest.approx(SIZE[0] / SIZE[1], rel=0.02)
        assert surface_of(player).rect().toRectF().adjusted(-1, -1, 1, 1).contains(rect)


def test_player_fits_into_380_pixels(player: ClipPlayer) -> None:
    assert player.minimumSizeHint().width() <= 380


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.00"),
        (1.25, "0:01.25"),
        (59.999, "0:59.99"),
        (61, "1:01.00"),
        (3723.5, "1:02:03.50"),
    ],
)
def test_times_are_written_as_people_read_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_every_control_of_the_player_has_its_effect(
    folder: Path, make: Callable[[], ClipPlayer], qtbot: QtBot
) -> None:
    marks = (SceneStart("One", 0.0), SceneStart("Two", 0.4), SceneStart("Three", 1.2))
    player = open_in(qtbot, make(), folder / "sound.mov", *marks)
    messages: list[object] = []
    player.grabbed.connect(messages.append)
    player.source_wanted.connect(messages.append)
    choices = choices_told_by(player)

    def middle() -> ClipPlayer:
        if player.is_playing:
            player.toggle_play()
        player.go_to(12)
        return player

    def grab(button: QWidget) -> None:
        assert isinstance(button, QToolButton)
        count = len(messages)
        button.menu().actions()[0].trigger()
        qtbot.waitUntil(lambda: len(messages) > count, timeout=5000)

    def slide(slider: QWidget) -> None:
        assert isinstance(slider, QSlider)
        slider.setFocus()
        QTest.keyClick(slider, Qt.Key.Key_Right)

    def number(_: QWidget) -> int:
        return player.frame_number

    def value(_: QWidget) -> list[object]:
        return choices[-1:]

    def asked(_: QWidget) -> int:
        return len(messages)

    cases = (
        ControlCase("play", click, lambda _: player.is_playing),
        *(
            ControlCase(name, click, number)
            for name in ("step_back", "step_forward", "scene_before", "scene_after")
        ),
        ControlCase("position", slide, number),
        ControlCase("loop", click, value),
        ControlCase("mute", click, value),
        ControlCase("volume", slide, value),
        ControlCase("grab", grab, asked),
        *(ControlCase(f"source_{source.value}", click, asked) for source in PlayerSource),
    )
    check_every_control(middle, cases)
