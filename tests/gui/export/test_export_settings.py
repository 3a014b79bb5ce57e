from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QStandardItemModel, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from core.errors import Problem
from core.film.model.delivery import (
    CONTAINERS,
    PRESETS,
    WHY_NOT,
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Hardware,
    ProResProfile,
    Quality,
    Retime,
    VideoCodec,
    settings_problems,
)
from core.film.model.film import (
    Alignment,
    Caption,
    Clip,
    Film,
    Fit,
    Lut,
    Music,
    Subtitles,
    Transition,
    Watermark,
)
from core.film.model.transitions import TRANSITIONS
from core.project.model.project import FilmChoices
from gui.export.export_settings_widget import ExportSettingsWidget
from gui.export.film_edits import is_preset_changed, with_path, with_preset
from gui.widgets.panes import FoldingSection
from tests.gui.controls import ControlCase, check_every_control, controls_of
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

SONG, OTHER_SONG = Path("/media/song.mp3"), Path("/media/other.wav")
FULL = FilmChoices(
    film=Film(
        clips=(),
        transition=Transition(kind="dissolve"),
        music=(
            Music(path=SONG, volume_db=-6),
            Music(path=OTHER_SONG),
            Music(path=SONG, start_s=4),
        ),
        captions=(Caption(text="One"), Caption(text="Two"), Caption(text="Three")),
        subtitles=Subtitles(path=Path("/media/film.srt")),
        lut=Lut(path=Path("/media/warm.cube")),
        watermark=Watermark(path=Path("/media/logo.png")),
    ),
    settings=ExportSettings(crf=20),
    path=Path("/media/film.mp4"),
)
PRORES = FULL.model_copy(update={"settings": PRESETS["prores-master"].settings})
BY_RATE = FULL.model_copy(update={"settings": ExportSettings(video_kbps=4000)})
BY_QUALITY = FULL.model_copy(update={"settings": ExportSettings()})
OWN_FRAME = FULL.model_copy(
    update={"settings": ExportSettings(frame=FrameFormat(width=500, height=300, rate=Fraction(7)))}
)


def opened(qtbot: QtBot, value: FilmChoices = FULL) -> ExportSettingsWidget:
    panel = ExportSettingsWidget()
    qtbot.addWidget(panel)
    panel.buttons.set_last_export(Path("/media/film.mp4"))
    panel.resize(420, 3000)
    panel.show()
    set_back(panel, value)
    return panel


def set_back(panel: ExportSettingsWidget, value: FilmChoices) -> None:
    """Show these choices, every section open, the second piece of each list chosen."""
    # Dialogs that were answered.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    panel.set_value(value)
    for section in panel.findChildren(FoldingSection):
        section.open()
    QApplication.processEvents()
    for name in ("music_list", "caption_list"):
        view = controls_of(panel)[name]
        if not view.isHidden():
            choose_row(1)(view)


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


def _paths() -> st.SearchStrategy[Path]:
    names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=8)
    return names.map(lambda name: Path("/media") / f"a{name}")


def _shares(low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    return st.floats(low, high, exclude_min=low == 0.0, width=64)


_times = st.floats(0, 1e9)
_ends = st.none() | st.floats(1e-9, 1e9)
_decibels = st.floats(-60, 24)
_colours = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
_texts = st.text(max_size=12)
_transitions = st.builds(
    Transition, kind=st.sampled_from(list(TRANSITIONS)) | _texts, duration_s=_times
)
_music = st.builds(
    Music, path=_paths(), volume_db=_decibels, start_s=_times, offset_s=_times, end_s=_ends,
    fade_in_s=_times, fade_out_s=_times, duck_db=st.floats(0, 60), is_looped=st.booleans(),
)  # fmt: skip
_captions = st.builds(
    Caption, text=_texts, start_s=_times, end_s=_ends, font=_texts, size=_shares(),
    colour=_colours, outline_colour=_colours, outline=_shares(0, 0.5), margin=_shares(0, 0.4),
    place=st.sampled_from(Alignment), fade_in_s=_times, fade_out_s=_times,
)  # fmt: skip
_films = st.builds(
    Film,
    clips=st.tuples(st.builds(Clip, path=_paths(), title=_texts)) | st.just(()),
    transition=_transitions,
    fit=st.sampled_from(Fit),
    background=_colours,
    clip_volume_db=_decibels,
    has_clip_sound=st.booleans(),
    music=st.lists(_music, max_size=3).map(tuple),
    captions=st.lists(_captions, max_size=3).map(tuple),
    subtitles=st.none()
    | st.builds(Subtitles, path=_paths(), mode=st.sampled_from(["burn", "track"])),
    lut=st.none() | st.builds(Lut, path=_paths(), strength=_shares()),
    watermark=st.none()
    | st.builds(
        Watermark, path=_paths(), place=st.sampled_from(Alignment), size=_shares(),
        opacity=_shares(), margin=_shares(0, 0.4),
    ),
    has_chapters=st.booleans(),
    title=_texts,
)  # fmt: skip
_sides = st.none() | st.integers(16, 20_000)
_settings = st.builds(
    ExportSettings,
    container=st.sampled_from(Container),
    video_codec=st.sampled_from(VideoCodec),
    audio_codec=st.sampled_from(AudioCodec),
    frame=st.builds(
        FrameFormat, width=_sides, height=_sides, rate=st.none() | st.fractions(1, 240)
    ),
    fit=st.none() | st.sampled_from(Fit),
    retime=st.sampled_from(Retime),
    quality=st.sampled_from(Quality),
    crf=st.none() | st.integers(0, 63),
    video_kbps=st.none() | st.integers(50, 800_000),
    bit_depth=st.integers(8, 10),
    prores_profile=st.sampled_from(ProResProfile),
    hardware=st.sampled_from(Hardware),
    audio_kbps=st.none() | st.integers(16, 1536),
    loudness_lufs=st.none() | st.floats(-40, -5),
    is_marked_ai=st.none() | st.booleans(),
)
CHOICES = st.builds(
    FilmChoices,
    film=_films,
    settings=_settings,
    preset=st.sampled_from(["", *PRESETS, "of-another-program"]),
    path=st.none() | _paths(),
    poster_s=st.none() | _times,
    skips_bad_clips=st.booleans(),
)


@pytest.fixture
def panel(qtbot: QtBot) -> ExportSettingsWidget:
    return opened(qtbot)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=CHOICES, more=CHOICES)
def test_choices_come_back_as_they_were_set_and_one_edit_changes_one_of_them(
    panel: ExportSettingsWidget, value: FilmChoices, more: FilmChoices
) -> None:
    messages: list[object] = []
    panel.changed.connect(messages.append)
    for choices in (value, more):
        panel.set_value(choices)
        assert panel.value() == choices
    assert messages == []
    tick(controls_of(panel)["has_chapters"])
    film = more.film.model_copy(update={"has_chapters": not more.film.has_chapters})
    assert panel.value() == more.model_copy(update={"film": film}) == messages[-1]
    panel.changed.disconnect(messages.append)


def items_of(panel: ExportSettingsWidget, name: str) -> dict[str, tuple[bool, str]]:
    """For each row of a combo box whether it can be chosen, and its tooltip."""
    combo = controls_of(panel)[name]
    assert isinstance(combo, QComboBox)
    model = combo.model()
    assert isinstance(model, QStandardItemModel)
    return {
        combo.itemText(row): (
            model.item(row).isEnabled(),
            str(combo.itemData(row, Qt.ItemDataRole.ToolTipRole) or ""),
        )
        for row in range(combo.count())
    }


@pytest.mark.parametrize(
    "container", [kind for kind in Container if not kind.is_images], ids=lambda kind: kind.value
)
def test_pairs_that_no_file_holds_are_closed_and_say_why(
    container: Container, panel: ExportSettingsWidget
) -> None:
    choose(CONTAINERS[container].label)(controls_of(panel)["container"])
    assert not settings_problems(panel.value().settings)
    closed = {
        messages
        for name in ("video_codec", "audio_codec")
        for is_open, messages in items_of(panel, name).values()
        if not is_open
    }
    assert closed == {why for (kind, _), why in WHY_NOT.items() if kind is container}
    assert panel.value().path == Path("/media/film").with_suffix(CONTAINERS[container].suffix)


def test_images_have_neither_codec_nor_audio_and_both_come_back(
    panel: ExportSettingsWidget,
) -> None:
    kind = controls_of(panel)["container"]
    hidden = ("video_codec", "bit_depth", "audio_codec", "loudness_lufs", "hardware", "crf")
    before = panel.value()
    choose("animated GIF")(kind)
    assert not any(controls_of(panel)[name].isVisible() for name in hidden)
    choose("MP4")(kind)
    assert all(controls_of(panel)[name].isVisible() for name in hidden)
    assert panel.value() == before


def test_codec_brings_the_bits_and_the_quality_that_it_can_do(panel: ExportSettingsWidget) -> None:
    panel.set_value(
        FULL.model_copy(
            update={"settings": ExportSettings(container=Container.MKV, quality=Quality.LOSSLESS)}
        )
    )
    choose("ProRes")(controls_of(panel)["video_codec"])
    assert not settings_problems(panel.value().settings)
    assert (panel.value().settings.bit_depth, panel.value().settings.quality) == (10, Quality.HIGH)


def test_place_with_the_suffix_of_another_kind_chooses_that_kind() -> None:
    chosen = with_path(FULL, Path("/media/Part 2.5.webm"))
    assert chosen.settings.container is Container.WEBM
    assert with_path(chosen, Path("/media/Part 2.5")).path == Path("/media/Part 2.5.webm")
    assert with_path(chosen, None).path is None


@pytest.mark.parametrize("name", list(PRESETS))
def test_preset_is_taken_whole_and_every_change_of_it_is_told(
    name: str, panel: ExportSettingsWidget
) -> None:
    marked = FULL.model_copy(update={"settings": ExportSettings(is_marked_ai=True)})
    panel.set_value(marked)
    choose(PRESETS[name].label)(controls_of(panel)["preset"])
    chosen = panel.value()
    assert chosen.settings == PRESETS[name].settings.model_copy(update={"is_marked_ai": True})
    assert chosen.film == FULL.film
    assert not controls_of(panel)["preset_reset"].isVisible()
    choose("Blend two frames")(controls_of(panel)["retime"])
    assert is_preset_changed(panel.value())
    click(controls_of(panel)["preset_reset"])
    assert panel.value() == chosen


def test_choosing_a_fit_overrules_the_one_of_the_preset(panel: ExportSettingsWidget) -> None:
    panel.set_value(with_preset(FULL, "shorts"))
    choose("Stretch")(controls_of(panel)["fit"])
    assert panel.value().settings.fit is Fit.STRETCH
    choose("As my clips")(controls_of(panel)["preset"])
    assert (panel.value().film.fit, panel.value().settings.fit) == (Fit.STRETCH, None)


def texts_of(panel: QWidget) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def test_problems_stand_at_their_fields_and_the_rest_at_the_button(
    panel: ExportSettingsWidget,
) -> None:
    panel.show_problems(
        [
            Problem("music", "The song cannot be read."),
            Problem("out", "The folder is closed to us."),
            Problem("clips", "Scene 3 has no clip."),
        ]
    )
    seen = texts_of(panel)
    for text in ("The song cannot be read.", "The folder is closed to us.", "Scene 3 has no clip."):
        assert seen.count(text) == 1
    assert "1 problem" in seen
    panel.show_problems([])
    assert not set(texts_of(panel)) & {"The song cannot be read.", "1 problem"}


def test_pair_that_a_project_brings_and_no_file_holds_is_told_at_once(
    panel: ExportSettingsWidget,
) -> None:
    bad = ExportSettings(container=Container.AVI, video_codec=VideoCodec.HEVC)
    panel.set_value(FULL.model_copy(update={"settings": bad}))
    assert any("AVI does not take hevc" in text for text in texts_of(panel))


@pytest.mark.parametrize("typed", ["0", "500", "1/0", "words", "-25"])
def test_rate_that_is_none_is_told_and_changes_nothing(
    typed: str, panel: ExportSettingsWidget
) -> None:
    panel.set_value(OWN_FRAME)
    field = controls_of(panel)["own_rate"]
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, typed)
    assert any("frames per second" in text or "fraction" in text for text in texts_of(panel))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert panel.value() == OWN_FRAME
    assert field.text() == "7"


def test_number_that_is_still_typed_counts_for_the_export(panel: ExportSettingsWidget) -> None:
    field = controls_of(panel)["clip_volume_db"]
    assert isinstance(field, QAbstractSpinBox)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "-7")
    seen: list[float] = []
    panel.buttons.export_wanted.connect(lambda: seen.append(panel.value().film.clip_volume_db))
    panel.activateWindow()
    click(controls_of(panel)["export"])
    assert seen == [-7.0]


def test_wheel_over_a_field_that_has_no_focus_changes_nothing(
    panel: ExportSettingsWidget,
) -> None:
    before = panel.value()
    for control in controls_of(panel).values():
        if isinstance(control, (QComboBox, QAbstractSpinBox)) and control.isVisible():
            control.clearFocus()
            middle = QPointF(control.rect().center())
            wheel = QWheelEvent(
                middle, control.mapToGlobal(middle), QPoint(0, 0), QPoint(0, -120),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(control, wheel)
    assert panel.value() == before


def test_the_delete_key_removes_the_chosen_text(panel: ExportSettingsWidget) -> None:
    panel.activateWindow()
    view = controls_of(panel)["caption_list"]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [caption.text for caption in panel.value().film.captions] == ["One", "Three"]


def test_panel_needs_no_more_than_380_pixels(qtbot: QtBot) -> None:
    assert opened(qtbot).minimumSizeHint().width() <= 380
