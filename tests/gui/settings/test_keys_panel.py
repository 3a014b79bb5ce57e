"""The keys: typed without being seen, handed over once, and said where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit

from core.config.api_keys import KeyUse
from core.video.terms import Target
from gui.settings.keys_panel import KeysPanel, KeyState, StoreKey
from tests.fakes.provider import FAKE_KEY
from tests.gui.children import carried, child, shown_labels
from tests.gui.controls import ControlCase, check_every_control, controls_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


SECRET = "sk-a-secret-0001"
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
