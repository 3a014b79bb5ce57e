"""Forms of a render, and a person's hand on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from core.project.model.project import RenderChoices
from gui.render.lora_list import OfferedLora
from gui.render.render_form import RenderForm
from tests.fakes.inputs import lora
from tests.fakes.model_choices import LTX_FULL, MODEL_CHOICES
from tests.gui.controls import controls_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.video.listing import ModelListing

ONE, TWO, THREE = (lora(path=Path(f"/loras/{name}.safetensors")) for name in "abc")
PICKED = Path(__file__)
OWN_LORA = OfferedLora("wash", Path("/loras/wash.safetensors"), ("wash style",), "Best at 0.7.")
FOLLOWER = OfferedLora("edges", Path("/loras/edges.safetensors"), follows=True)


def open_form(
    qtbot: QtBot, value: RenderChoices | None = None, listing: ModelListing = MODEL_CHOICES
) -> RenderForm:
    panel = RenderForm()
    qtbot.addWidget(panel)
    panel.set_listing(listing)
    panel.set_value(value or RenderChoices(target=LTX_FULL))
    return panel


def down(box: QWidget) -> None:
    QTest.keyClick(box, Qt.Key.Key_Down)


def up(box: QWidget) -> None:
    QTest.keyClick(box, Qt.Key.Key_Up)


def click(button: QWidget) -> None:
    # On a check box only its left end answers to the mouse.
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))


def control(panel: QWidget, name: str) -> QWidget:
    return controls_of(panel)[name]


def items(panel: QWidget, name: str) -> list[str]:
    box = control(panel, name)
    assert isinstance(box, QComboBox)
    return [box.itemText(index) for index in range(box.count())]


def said(panel: QWidget) -> str:
    labels = panel.findChildren(QLabel)
    return " ".join(label.text() for label in labels if not label.isHidden())
