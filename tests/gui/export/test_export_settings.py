"""The settings of an export: what a file can hold, presets, problems, and what is typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QStandardItemModel, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLabel, QLineEdit, QWidget

from core.errors import Problem
from core.film.model.delivery import (
    CONTAINERS,
    PRESETS,
    WHY_NOT,
    Container,
    ExportSettings,
    Quality,
    VideoCodec,
    settings_problems,
)
from core.film.model.film import Fit
from gui.export.film_edits import is_preset_changed, with_path, with_preset
from tests.gui.controls import controls_of
from tests.gui.export.export_panels import FULL, OWN_FRAME, opened
from tests.gui.export.film_choices import any_film_choices
from tests.gui.operating import choose, click, tick

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.project.model.project import FilmChoices
    from gui.export.export_settings_widget import ExportSettingsWidget


@pytest.fixture
def panel(qtbot: QtBot) -> ExportSettingsWidget:
    return opened(qtbot)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=any_film_choices, more=any_film_choices)
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
