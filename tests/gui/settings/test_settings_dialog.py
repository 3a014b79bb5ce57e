"""The settings window with a studio behind it: what is changed is in effect and on disk."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import keyring
import keyring.backend
import pytest
from keyring.backends import fail
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDoubleSpinBox, QLabel, QLineEdit

from core.config.setting_fields import with_text
from core.config.settings import ConfigManager, Settings
from core.errors import ProviderUnavailable, SettingsError
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import ProviderEntry, Readiness, Ready
from gui.background import Background
from gui.settings.keys_panel import KeyState
from gui.settings.settings_controller import SettingsController
from gui.settings.settings_dialog import SettingsDialog
from gui.widgets.buttons import NetworkBadge
from tests.fakes.provider import FAKE_KEY, FakeProvider
from tests.gui.children import carried, child, shown_labels
from tests.gui.settings.test_keys_panel import OWNED, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.config.api_keys import KeySpec


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
    shutil.rmtree(path.parent)
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
