"""The form of the settings: every control changes its own setting, and says what it is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QWidget,
)

from core.config.setting_fields import fields, with_text
from core.config.settings import Appearance, Settings
from core.config.settings_schema import SettingKind, TargetPart
from core.video.spec import Residency
from gui import theme
from gui.settings.settings_panel import SettingsPanel
from tests.gui.children import carried, child, shown_labels
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import choose_index

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.config.setting_fields import SettingField

NAMES = {
    TargetPart.PROVIDER: {"ltx-video": "ltx-video", "fake": "fake"},
    TargetPart.DEPLOYMENT: {"local": "Here", "cloud": "There"},
    TargetPart.MODEL: {"auto": "Automatic", "fake-small": "Fake Small"},
}
OTHER_TEXTS = {
    "render.provider": "fake",
    "render.deployment": "cloud",
    "render.model": "fake-small",
    "render.memory": "resident",
    "render.fallbacks": "fake/cloud/fake-small@0.50",
    "render.falls_back_to_paid": "yes",
    "folders.output": "/clips",
    "folders.models": "/models",
    "folders.wildcards": "/wildcards",
    "images.holds_prompt": "no",
    "export.cache_gb": "7.5",
    "cloud.parallel_jobs": "9",
    "cloud.daily_cap_usd": "4.5",
    "cloud.spending_cap_usd": "12.5",
    "queue.groups_by_model": "yes",
    "network.is_off": "yes",
    "comfyui.address": "http://comfy.example:8188",
    "comfyui.prefers": "fp8",
    "language.model": "ollama/gemma4:e4b",
    "language.ollama": "http://127.0.0.1:11435",
    "language.llama_cpp": "http://127.0.0.1:8081",
    "language.lm_studio": "http://studio.example:1234",
    "language.vllm": "http://127.0.0.1:8001",
    "programs.ffmpeg": "/opt/ffmpeg",
    "ui.appearance": "dark",
    "ui.reopens_last_project": "no",
}

# What is typed where not every text is taken.
_SERVERS = ("comfyui.address", *(name for name in OTHER_TEXTS if name.startswith("language.")))
_OTHER_WORDS = {**dict.fromkeys(_SERVERS, "elsewhere.example"), "render.fallbacks": "fake/local"}


def everything_changed() -> Settings:
    settings = Settings()
    for name, text in OTHER_TEXTS.items():
        settings = with_text(settings, name, text)
    return settings


def texts(settings: Settings) -> dict[str, str]:
    return {field.name: field.value for field in fields(settings)}


def make_panel(qtbot: QtBot) -> SettingsPanel:
    panel = SettingsPanel()
    qtbot.addWidget(panel)
    panel.set_names(NAMES)
    panel.set_value(everything_changed())
    return panel


def setting_cases(qtbot: QtBot, field: SettingField) -> list[ControlCase]:
    """One case for each control, made from the schema as the form is."""
    name = field.name.replace(".", "_")

    def value(panel: SettingsPanel) -> str:
        return texts(panel.value())[field.name]

    def click(widget: QAbstractButton) -> None:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def choose_another(box: QComboBox) -> None:
        choose_index((box.currentIndex() + 1) % box.count())(box)

    def type_number(box: QWidget) -> None:
        qtbot.keyClick(box, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(box, "3")
        qtbot.keyClick(box, Qt.Key.Key_Return)

    def type_text(words: str, line: QLineEdit) -> None:
        line.clear()
        qtbot.keyClicks(line, words)
        qtbot.keyClick(line, Qt.Key.Key_Return)

    def browse(button: QAbstractButton) -> None:
        click(button)
        dialog = child(button.parentWidget(), QFileDialog)
        dialog.selectFile("/tmp")
        dialog.fileSelected.emit("/tmp")
        dialog.close()

    cases = [ControlCase(f"{name}_reset", click, value)]
    if field.about.part is not None or field.kind is SettingKind.CHOICE:
        return [*cases, ControlCase(name, choose_another, value)]
    match field.kind:
        case SettingKind.SWITCH:
            # Beside the words nothing is clicked: the box is at the left.
            cases.append(ControlCase(name, lambda box: box.click(), value))
        case SettingKind.WHOLE_NUMBER | SettingKind.NUMBER:
            cases.append(ControlCase(name, type_number, value))
            if field.about.unset:
                cases.append(ControlCase(f"{name}_unset", lambda box: box.click(), value))
        case SettingKind.FOLDER:
            cases += [
                ControlCase(name, partial(type_text, "/elsewhere"), value),
                ControlCase(f"{name}_browse", browse, value),
                ControlCase(f"{name}_usual", click, value),
            ]
        case SettingKind.TEXT:
            words = _OTHER_WORDS.get(field.name, "/elsewhere")
            cases.append(ControlCase(name, partial(type_text, words), value))
        case _:
            raise AssertionError(f"no case for {field.kind}")
    return cases


def seen_rows(panel: SettingsPanel) -> list[str]:
    return [name for name, widget in controls_of(panel).items() if widget.isVisibleTo(panel)]


def test_every_control_changes_its_own_setting(qtbot: QtBot) -> None:
    cases = [
        ControlCase("search", lambda line: qtbot.keyClicks(line, "memory"), seen_rows),
        ControlCase("sections", lambda each: qtbot.keyClick(each, Qt.Key.Key_Down), seen_rows),
    ]
    for field in fields(Settings()):
        cases += setting_cases(qtbot, field)
    check_every_control(lambda: make_panel(qtbot), cases)


def test_the_table_of_other_values_knows_every_setting() -> None:
    defaults = texts(Settings())
    assert set(OTHER_TEXTS) == set(defaults)
    assert all(OTHER_TEXTS[name] != default for name, default in defaults.items())


def test_a_changed_control_tells_the_new_settings_and_changes_nothing_else(qtbot: QtBot) -> None:
    panel = make_panel(qtbot)
    before = panel.value()
    with qtbot.waitSignal(panel.changed) as messages:
        child(panel, QAbstractButton, "network_is_off").click()
    settings = carried(messages)
    assert settings == with_text(before, "network.is_off", "no") == panel.value()


settings_values = st.builds(
    lambda memory, folder, cache, jobs, cap, is_off, look, model: everything_changed().model_copy(
        update={
            "render": everything_changed().render.model_copy(
                update={"memory": memory, "model": model}
            ),
            "folders": everything_changed().folders.model_copy(update={"output": folder}),
            "export": everything_changed().export.model_copy(update={"cache_gb": cache}),
            "cloud": everything_changed().cloud.model_copy(
                update={"parallel_jobs": jobs, "spending_cap_usd": cap}
            ),
            "network": everything_changed().network.model_copy(update={"is_off": is_off}),
            "ui": everything_changed().ui.model_copy(update={"appearance": look}),
        }
    ),
    st.none() | st.sampled_from(Residency),
    st.none() | st.sampled_from([Path("/a"), Path("/b/c d"), Path("e")]),
    st.floats(0, 1e6, allow_nan=False),
    st.integers(1, 16),
    st.none() | st.floats(0, 1e6, allow_nan=False),
    st.booleans(),
    st.sampled_from(Appearance),
    st.sampled_from(["auto", "fake-small", "a model of another day"]),
)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(settings_values)
def test_what_is_set_is_the_value_and_nobody_is_told(qtbot: QtBot, settings: Settings) -> None:
    panel = make_panel(qtbot)
    heard: list[object] = []
    panel.changed.connect(heard.append)
    panel.set_value(settings)
    assert panel.value() == settings
    assert heard == []


def test_every_row_explains_itself(qtbot: QtBot) -> None:
    panel = make_panel(qtbot)
    shown = {label.text() for label in panel.findChildren(QLabel)}
    for field in fields(Settings()):
        assert any(text.startswith(field.help) for text in shown)
    for name, control in controls_of(panel).items():
        assert control.toolTip(), name
        assert control.accessibleName(), name


def test_a_search_without_a_hit_says_so(qtbot: QtBot) -> None:
    panel = make_panel(qtbot)
    qtbot.keyClicks(controls_of(panel)["search"], "no such words")
    assert any(label.text() == "No setting has these words." for label in shown_labels(panel))
    assert seen_rows(panel) == ["search", "sections"]


def test_the_wheel_passes_over_boxes_without_focus(qtbot: QtBot) -> None:
    panel = make_panel(qtbot)
    box = controls_of(panel)["cloud_parallel_jobs"]
    assert isinstance(box, QDoubleSpinBox)
    turn = QWheelEvent(
        QPointF(2, 2), QPointF(2, 2), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, turn)
    assert box.value() == 9


def test_every_text_follows_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Appearance.LIGHT)
    panel = make_panel(qtbot)
    panel.show_problem("folders.output", "It is a file.")
    (problem,) = [label for label in panel.findChildren(QLabel) if label.text() == "It is a file."]
    try:
        for look in (Appearance.DARK, Appearance.LIGHT):
            theme.apply(qapp, look)
            colour = problem.palette().color(problem.foregroundRole())
            assert colour == theme.tone(qapp.palette(), theme.Tone.BAD)
    finally:
        theme.apply(qapp, Appearance.LIGHT)
