"""What the window takes for granted of Qt's signals."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

TIMES = 100


class Sender(QObject):
    messages = Signal()


def test_telling_a_signal_costs_no_reference_to_true(qtbot: QtBot) -> None:
    """A release of PySide6 loses one each time, and Python before 3.12 then ends in an abort."""
    sender = Sender()
    heard: list[None] = []
    sender.messages.connect(lambda: heard.append(None))
    before = sys.getrefcount(True)
    for _ in range(TIMES):
        sender.messages.emit()
    assert len(heard) == TIMES
    assert sys.getrefcount(True) > before - TIMES / 2
