"""The settings window: every row reaches the settings, and the settings reach disk and studio."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import keyring.backend
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from keyring.backends import fail
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

from core.config.api_keys import KeyUse
from core.config.settings import Appearance, ConfigManager, Settings, fields, with_text
from core.config.settings_schema import SettingKind, TargetPart
from core.errors import ProviderUnavailable, SettingsError
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import ProviderEntry, Readiness, Ready
from core.video.request import Target
from core.video.spec import Residency
from gui import theme
from gui.background import Background
from gui.settings.keys_panel import KeysPanel, KeyState, StoreKey
from gui.settings.settings_controller import SettingsController
from gui.settings.settings_dialog import SettingsDialog
from gui.settings.settings_panel import SettingsPanel
from gui.widgets.buttons import NetworkBadge
from tests.fakes.provider import FAKE_KEY, FakeProvider
from tests.gui.children import carried, child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import choose_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from core.config.api_keys import KeySpec
    from core.config.settings import SettingField

SECRET = "sk-a-secret-0001"
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
    "folders.output": "/clips",
    "folders.models": "/models",
    "export.cache_gb": "7.5",
    "cloud.parallel_jobs": "9",
    "cloud.spending_cap_usd": "12.5",
    "network.is_off": "yes",
    "programs.ffmpeg": "/opt/ffmpeg",
    "ui.appearance": "dark",
    "ui.reopens_last_project": "no",
}


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


# One case for each control, made from the schema as the form is.


def setting_cases(qtbot: QtBot, field: SettingField) -> list[ControlCase]:
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

    def type_folder(line: QLineEdit) -> None:
        line.clear()
        qtbot.keyClicks(line, "/elsewhere")
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
                ControlCase(name, type_folder, value),
                ControlCase(f"{name}_browse", browse, value),
                ControlCase(f"{name}_usual", click, value),
            ]
        case SettingKind.TEXT:
            cases.append(ControlCase(name, type_folder, value))
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


def shown_labels(panel: QWidget) -> list[QLabel]:
    return [label for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)]


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


# The keys.


OWNED = KeyUse(FAKE_KEY, Target(provider="fake", deployment="local"))


class HeardKeys(KeysPanel):
    """A panel whose wishes are kept for the tests."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[object] = []
        for signal in (self.store_wanted, self.test_wanted, self.remove_wanted):
            signal.connect(self.said.append)


def make_keys(qtbot: QtBot, place: str = "keyring") -> HeardKeys:
    panel = HeardKeys()
    qtbot.addWidget(panel)
    panel.set_keys((KeyState(OWNED, place),))
    return panel


def test_every_control_of_the_keys_says_what_is_wanted(qtbot: QtBot) -> None:
    def make() -> HeardKeys:
        panel = make_keys(qtbot)
        child(panel, QLineEdit, "fake_key").setText("half")
        return panel

    def type_and_enter(line: QLineEdit) -> None:
        qtbot.keyClicks(line, "more")
        qtbot.keyClick(line, Qt.Key.Key_Return)

    def said(panel: HeardKeys) -> list[object]:
        return list(panel.said)

    def click(button: QAbstractButton) -> None:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    check_every_control(
        make,
        [
            ControlCase("fake_key", type_and_enter, said),
            ControlCase("fake_save", click, said),
            ControlCase("fake_test", click, said),
            ControlCase("fake_remove", click, said),
        ],
    )


def test_a_typed_key_is_masked_handed_over_once_and_shown_nowhere(qtbot: QtBot) -> None:
    panel = make_keys(qtbot, place="")
    line = controls_of(panel)["fake_key"]
    assert isinstance(line, QLineEdit)
    assert line.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(line, SECRET)
    with qtbot.waitSignal(panel.store_wanted) as messages:
        qtbot.mouseClick(controls_of(panel)["fake_save"], Qt.MouseButton.LeftButton)
    request = carried(messages)
    assert request == StoreKey(OWNED, SECRET)
    assert SECRET not in repr(request)
    assert line.text() == ""
    assert not any(SECRET in label.text() for label in panel.findChildren(QLabel))


@pytest.mark.parametrize(
    ("place", "said", "can"),
    [
        ("", "not set", set()),
        ("keyring", "set in the keyring", {"fake_test", "fake_remove"}),
        ("A_VARIABLE", "set in the environment variable A_VARIABLE", {"fake_test"}),
    ],
)
def test_a_row_says_where_its_key_is_and_offers_what_can_be_done(
    qtbot: QtBot, place: str, said: str, can: set[str]
) -> None:
    panel = make_keys(qtbot, place)
    assert any(label.text() == said for label in shown_labels(panel))
    enabled = {name for name, control in controls_of(panel).items() if control.isEnabled()}
    assert enabled == can | {"fake_key"}


def test_without_keys_the_panel_says_so(qtbot: QtBot) -> None:
    panel = KeysPanel()
    qtbot.addWidget(panel)
    panel.set_keys(())
    assert [label.text() for label in shown_labels(panel)] == ["No provider here asks for a key."]


# The window, with a studio behind it.


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1  # type: ignore[assignment] - keyring reads it as a number

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[username]


class CheckingProvider(FakeProvider):
    def check_key(self, key: KeySpec) -> Readiness:
        if "break" in os.environ.get(FAKE_KEY.variables[0], ""):
            raise ProviderUnavailable("The fake does not answer.", hint="Wait.")
        return Ready(note="The fake knows you.")


@pytest.fixture
def use_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    monkeypatch.delenv(FAKE_KEY.variables[0], raising=False)
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def kept(use_keyring: Callable[..., None]) -> dict[str, str]:
    """What the keyring holds."""
    memory = MemoryKeyring()
    use_keyring(memory)
    return memory.kept


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    entry = ProviderEntry(CheckingProvider().info, lambda _: CheckingProvider())
    paths = Paths.below(tmp_path / "home")
    ConfigManager(paths.settings_file).save(with_text(Settings(), "render.provider", "fake"))
    studio = Studio([entry], paths=paths)
    yield studio
    studio.close()


@pytest.fixture
def controller(studio: Studio) -> Iterator[SettingsController]:
    controller = SettingsController(studio)
    yield controller
    with suppress(SettingsError):
        controller.close()


@pytest.fixture
def dialog(
    qtbot: QtBot, kept: dict[str, str], studio: Studio, controller: SettingsController
) -> Iterator[SettingsDialog]:
    dialog = SettingsDialog(studio, controller)
    controller.setParent(dialog)
    qtbot.addWidget(dialog)
    settle(qtbot, dialog)
    yield dialog
    dialog.close_down()


def settle(qtbot: QtBot, dialog: SettingsDialog) -> None:
    backgrounds = dialog.findChildren(Background)
    assert len(backgrounds) == 2
    qtbot.waitUntil(lambda: all(background.is_idle for background in backgrounds))


def click(qtbot: QtBot, dialog: SettingsDialog, name: str) -> None:
    button = child(dialog, QAbstractButton, name)
    assert button.isEnabled(), f"{name} cannot be clicked"
    button.click()
    settle(qtbot, dialog)


def on_disk(studio: Studio) -> Settings:
    return ConfigManager(studio.config.path).load().settings


def test_a_change_is_in_effect_told_and_on_disk(
    qtbot: QtBot, dialog: SettingsDialog, controller: SettingsController, studio: Studio
) -> None:
    with qtbot.waitSignal(controller.changed) as messages:
        click(qtbot, dialog, "network_is_off")
    told_settings = carried(messages)
    assert isinstance(told_settings, Settings)
    assert told_settings.network.is_off
    assert studio.settings.network.is_off
    assert studio.registry.network.is_off
    assert on_disk(studio) == studio.settings


def test_many_quick_changes_leave_the_last_on_disk(
    qtbot: QtBot, dialog: SettingsDialog, controller: SettingsController, studio: Studio
) -> None:
    box = child(dialog, QDoubleSpinBox, "cloud_parallel_jobs")
    for number in (*range(1, 17), 7):
        box.setValue(number)
    settle(qtbot, dialog)
    assert on_disk(studio).cloud.parallel_jobs == 7


def test_what_is_not_saved_yet_is_saved_at_the_end(
    dialog: SettingsDialog, controller: SettingsController, studio: Studio
) -> None:
    child(dialog, QDoubleSpinBox, "cloud_parallel_jobs").setValue(11)
    controller.close()
    assert on_disk(studio).cloud.parallel_jobs == 11


def test_settings_that_cannot_be_saved_count_and_are_told(
    qtbot: QtBot, dialog: SettingsDialog, studio: Studio
) -> None:
    path = studio.config.path
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file where the folder should be", encoding="utf-8")
    click(qtbot, dialog, "network_is_off")
    assert studio.settings.network.is_off
    assert any("cannot be written" in label.text() for label in shown_labels(dialog))


def test_a_switch_thrown_elsewhere_is_shown(
    qtbot: QtBot, dialog: SettingsDialog, controller: SettingsController, studio: Studio
) -> None:
    controller.change(with_text(studio.settings, "network.is_off", "yes"))
    settle(qtbot, dialog)
    assert child(dialog, QAbstractButton, "network_is_off").isChecked()


def test_names_come_from_the_providers_and_what_does_not_fit_gives_way(
    qtbot: QtBot, dialog: SettingsDialog, controller: SettingsController, studio: Studio
) -> None:
    box = child(dialog, QComboBox, "render_model")
    automatic, *offered = [box.itemText(index) for index in range(box.count())]
    assert automatic.startswith("Automatic")
    assert offered == [spec.label for spec in FakeProvider().models()]
    controller.change(with_text(studio.settings, "render.model", "gone"))
    settle(qtbot, dialog)
    assert on_disk(studio).render.model == studio.settings.render.model == "auto"
    assert any("'fake' has no 'gone'" in label.text() for label in dialog.findChildren(QLabel))


def test_a_folder_that_is_a_file_is_a_sentence_beside_its_row(
    qtbot: QtBot, dialog: SettingsDialog, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    dialog.panel.show_section("Folders")
    line = child(dialog, QLineEdit, "folders_output")
    qtbot.keyClicks(line, str(tmp_path / "file"))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(qtbot, dialog)
    assert any("is a file, not a folder" in label.text() for label in shown_labels(dialog))
    line.clear()
    qtbot.keyClicks(line, str(tmp_path / "new"))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(qtbot, dialog)
    assert not any("is a file" in label.text() for label in shown_labels(dialog))


def test_a_key_is_kept_tested_and_removed(
    qtbot: QtBot, dialog: SettingsDialog, kept: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    dialog.show_keys()
    qtbot.keyClicks(child(dialog, QLineEdit, "fake_key"), SECRET)
    with qtbot.waitSignal(dialog.keys_changed):
        click(qtbot, dialog, "fake_save")
    assert kept == {"fake": SECRET}
    assert "set in the keyring" in messages(dialog)
    assert "Kept in the keyring." in messages(dialog)
    click(qtbot, dialog, "fake_test")
    assert "The fake knows you." in messages(dialog)
    click(qtbot, dialog, "fake_remove")
    assert kept == {}
    assert "not set" in messages(dialog)
    assert not any(SECRET in text for text in messages(dialog))
    assert SECRET not in caplog.text


def messages(dialog: SettingsDialog) -> list[str]:
    return [label.text() for label in shown_labels(dialog.keys)]


def test_a_keyring_that_refuses_names_the_variable(
    qtbot: QtBot, dialog: SettingsDialog, use_keyring: Callable[..., None]
) -> None:
    use_keyring(fail.Keyring())
    dialog.show_keys()
    qtbot.keyClicks(child(dialog, QLineEdit, "fake_key"), SECRET)
    click(qtbot, dialog, "fake_save")
    (said,) = [text for text in messages(dialog) if "no keyring" in text]
    assert f"set the variable {FAKE_KEY.variables[0]} instead" in said
    assert SECRET not in said


def test_no_key_is_tested_while_the_network_is_off(
    qtbot: QtBot, dialog: SettingsDialog, kept: dict[str, str]
) -> None:
    dialog.show_keys()
    qtbot.keyClicks(child(dialog, QLineEdit, "fake_key"), SECRET)
    click(qtbot, dialog, "fake_save")
    click(qtbot, dialog, "network_is_off")
    click(qtbot, dialog, "fake_test")
    assert any("The network is switched off" in text for text in messages(dialog))


def test_a_service_that_does_not_answer_is_a_sentence(
    qtbot: QtBot, dialog: SettingsDialog, kept: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FAKE_KEY.variables[0], "break")
    kept["fake"] = SECRET
    dialog.keys.set_keys((KeyState(OWNED, "keyring"),))
    dialog.show_keys()
    click(qtbot, dialog, "fake_test")
    assert "The fake does not answer. Wait." in messages(dialog)


def test_the_badge_throws_the_switch_and_says_what_it_means(qtbot: QtBot) -> None:
    badge = NetworkBadge()
    qtbot.addWidget(badge)
    heard: list[object] = []
    badge.changed.connect(heard.append)
    badge.set_value(True)
    assert badge.text() == "Offline: nothing leaves this machine"
    assert badge.value()
    assert heard == []
    qtbot.mouseClick(badge, Qt.MouseButton.LeftButton)
    assert heard == [False]
    assert badge.text() == "Network on"
