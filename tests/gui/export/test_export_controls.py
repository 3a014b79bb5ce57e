"""Every control of an export changes what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from core.film.model.delivery import PRESETS, ExportSettings
from gui.export.export_settings_widget import ExportSettingsWidget
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.export.export_panels import FULL, OWN_FRAME, opened, set_back
from tests.gui.operating import (
    answer_with,
    answer_with_colour,
    choose,
    choose_index,
    choose_row,
    click,
    step_up,
    tick,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from core.project.model.project import FilmChoices

PRORES = FULL.model_copy(update={"settings": PRESETS["prores-master"].settings})
BY_RATE = FULL.model_copy(update={"settings": ExportSettings(video_kbps=4000)})
BY_QUALITY = FULL.model_copy(update={"settings": ExportSettings()})


def value_of(panel: ExportSettingsWidget) -> object:
    return panel.value()


def shown(name: str) -> Callable[[ExportSettingsWidget], object]:
    """What a control shows, for those that choose what is edited."""

    def see(panel: ExportSettingsWidget) -> object:
        field = controls_of(panel)[name]
        assert isinstance(field, QWidget)
        return (
            field.isVisible(),
            field.property("text"),
            field.property("value"),
            field.property("plainText"),
        )

    return see


def signals_of(panel: ExportSettingsWidget) -> list[object]:
    """Begins to record what the panel asks its owner for."""
    messages: list[object] = []
    panel.buttons.export_wanted.connect(lambda: messages.append("export"))
    panel.buttons.show_file_wanted.connect(lambda: messages.append("show"))
    panel.buttons.handoff_wanted.connect(messages.append)
    return messages


def changes(name: str, act: Callable[[QWidget], None]) -> ControlCase:
    return ControlCase(name, act, value_of)


def _number(name: str) -> ControlCase:
    return changes(name, step_up)


CASES = (
    changes("preset", choose("YouTube 1080p")),
    changes("preset_reset", click),
    changes("container", choose("Matroska")),
    changes("size", choose("1080×1080 · square")),
    changes("rate", choose("25")),
    changes("out", answer_with(Path("/media/other.mov"))),
    changes("out_clear", click),
    changes("transition_kind", choose("Wipe left")),
    changes("transition_length", write("1.25")),
    changes("fit", choose("Fit, over a blur")),
    changes("still", step_up),
    changes("deinterlace", choose("All, top field first")),
    changes("background", write("#123456")),
    changes("background_swatch", answer_with_colour("#654321")),
    changes("skips_bad_clips", tick),
    changes("music_add", answer_with(Path(__file__))),
    changes("music_remove", click),
    changes("music_up", click),
    changes("music_down", click),
    ControlCase("music_list", choose_row(0), shown("music_volume_db")),
    changes("music_path", answer_with(Path(__file__))),
    *(
        _number(f"music_{name}")
        for name in (
            "volume_db", "start_s", "end_s", "offset_s", "fade_in_s", "fade_out_s", "duck_db"
        )
    ),
    changes("music_is_looped", tick),
    changes("has_clip_sound", tick),
    _number("clip_volume_db"),
    _number("loudness_lufs"),
    changes("audio_codec", choose("MP3")),
    _number("audio_kbps"),
    changes("caption_add", click),
    changes("caption_remove", click),
    changes("caption_up", click),
    changes("caption_down", click),
    ControlCase("caption_list", choose_row(0), shown("caption_text")),
    changes("caption_text", write("Fin")),
    *(
        _number(f"caption_{name}")
        for name in ("start_s", "end_s", "size", "outline", "margin", "fade_in_s", "fade_out_s")
    ),
    changes("caption_place", choose("Top left")),
    changes("caption_font", choose_index(1)),
    changes("caption_colour", write("#00ff00")),
    changes("caption_colour_swatch", answer_with_colour("#00ff00")),
    changes("caption_outline_colour", write("#0000ff")),
    changes("caption_outline_colour_swatch", answer_with_colour("#0000ff")),
    changes("subtitles_file", answer_with(Path(__file__))),
    changes("subtitles_file_clear", click),
    changes("subtitles_mode", choose("As a track to switch on")),
    changes("subtitles_encoding", choose("Windows-1251 (Cyrillic)")),
    changes("lut_file", answer_with(Path(__file__))),
    changes("lut_file_clear", click),
    changes("lut_strength", write("40")),
    changes("watermark_file", answer_with(Path(__file__))),
    changes("watermark_file_clear", click),
    changes("watermark_place", choose("Top left")),
    *(_number(f"watermark_{name}") for name in ("size", "opacity", "margin")),
    changes("video_codec", choose("H.265/HEVC")),
    changes("rate_control", choose("Average bitrate")),
    changes("crf", step_up),
    changes("bit_depth", choose("10, finer shades")),
    changes("retime", choose("Blend two frames")),
    changes("hardware", choose("First chip that works")),
    changes("title", write("A day")),
    changes("has_chapters", tick),
    changes("is_marked_ai", choose("Always")),
    changes("poster", step_up),
)  # fmt: skip


def settings_of(panel: ExportSettingsWidget) -> ExportSettings:
    return panel.value().settings


def with_value(value: FilmChoices, act: Callable[[QWidget], None]) -> Callable[[QWidget], None]:
    """For controls that are seen only with other choices than those of `FULL`."""

    def act_there(control: QWidget) -> None:
        panel = control.window()
        assert isinstance(panel, ExportSettingsWidget)
        panel.set_value(value)
        assert control.isVisible()
        act(control)

    return act_there


ELSEWHERE = (
    ControlCase(
        "prores_profile",
        with_value(PRORES, choose("Proxy")),
        lambda panel: settings_of(panel).prores_profile,
    ),
    ControlCase(
        "video_kbps",
        with_value(BY_RATE, step_up),
        lambda panel: settings_of(panel).video_kbps in (None, 4000),
    ),
    ControlCase(
        "quality",
        with_value(BY_QUALITY, choose("Medium")),
        lambda panel: settings_of(panel).quality,
    ),
    ControlCase(
        "width",
        with_value(OWN_FRAME, step_up),
        lambda panel: settings_of(panel).frame.width in (None, 500),
    ),
    ControlCase(
        "height",
        with_value(OWN_FRAME, write("480")),
        lambda panel: settings_of(panel).frame.height in (None, 300),
    ),
    ControlCase(
        "own_rate",
        with_value(OWN_FRAME, write("12.5")),
        lambda panel: settings_of(panel).frame.rate in (None, 7),
    ),
)
SECTIONS = {
    "cuts": "fit", "music": "music_add", "sound": "audio_codec", "captions": "caption_add",
    "subtitles": "subtitles_file", "look": "lut_file", "coding": "video_codec", "about": "title",
}  # fmt: skip


class DesktopPlayer(QObject):
    """What the desktop plays where this machine has no sound device of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.played: list[QUrl] = []

    @Slot(QUrl)
    def play(self, url: QUrl) -> None:
        self.played.append(url)


def test_every_control_changes_the_choices(qtbot: QtBot) -> None:
    panel = opened(qtbot)
    messages = signals_of(panel)

    def make() -> ExportSettingsWidget:
        # One panel for all, set back each time: a hundred of them take their time.
        set_back(panel, FULL)
        return panel

    def asked(_: QWidget) -> object:
        return tuple(messages)

    folds = [
        ControlCase(
            f"section_{name}",
            click,
            lambda panel, inside=inside: controls_of(panel)[inside].isVisible(),
        )
        for name, inside in SECTIONS.items()
    ]
    buttons = [
        ControlCase("export", click, asked),
        ControlCase("show_file", click, asked),
        ControlCase("handoff", answer_with(Path(__file__).with_name("film.otio")), asked),
    ]
    desktop = DesktopPlayer()
    QDesktopServices.setUrlHandler("file", desktop, "play")  # pyright: ignore[reportArgumentType] - PySide's types want bytes, Qt takes text
    heard = [
        ControlCase(
            "music_play",
            click,
            lambda panel: (len(desktop.played), controls_of(panel)["music_play"].toolTip()),
        )
    ]
    check_every_control(make, [*CASES, *ELSEWHERE, *folds, *buttons, *heard])
    QDesktopServices.unsetUrlHandler("file")
