"""The image room with OpenAI: what is made is seen while it is made, where that is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QComboBox, QMessageBox, QWidget

from core.video.terms import Target
from gui.images.image_batch import ImageBatch
from gui.jobs.jobs_model import PREVIEW_ROLE, JobsModel
from providers.openai.info import OPENAI
from tests.fakes.services.openai_server import PREVIEW_COLOUR, openai_entry, openai_server
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click
from tests.gui.whole_window import BoxAnswers, OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.images.image_tab import ImageTab
    from tests.fakes.services.openai_server import OpenAIServer

TARGET = Target(provider=OPENAI.id, deployment=OPENAI.deployment)


class OpenAIWindow(OpenWindow):
    """A window in its image room, with OpenAI on loopback."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        super().__init__(home, qtbot, others=(openai_entry(),))
        self.window.tabs.setCurrentWidget(self.window.tabs.images)
        self.until(lambda: child(self.images, QComboBox, "image_model").count() > 5)

    @property
    def images(self) -> ImageTab:
        tab = self.window.tabs.images.tab
        assert tab is not None
        return tab

    @property
    def preview(self) -> QImage | None:
        """What the list of jobs shows of the newest one."""
        (model,) = self.window.findChildren(JobsModel)
        found = [model.index(row).data(PREVIEW_ROLE) for row in range(model.rowCount())]
        return next((image for image in found if image is not None), None)


@pytest.fixture
def openai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with openai_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot, openai: OpenAIServer) -> Iterator[OpenAIWindow]:
    window = OpenAIWindow(tmp_path / "home", qtbot)
    answers = BoxAnswers()
    answers.role = QMessageBox.ButtonRole.AcceptRole
    yield window
    # A window that closes waits for the answer, which is all that there is of the image.
    openai.habits.stalls_answers = False
    window.close()


def test_a_preview_that_is_switched_on_is_seen_before_the_image(
    window: OpenAIWindow, openai: OpenAIServer
) -> None:
    openai.habits.stalls_answers = True
    order = window.images.order
    window.images.set_value(ImageBatch(target=TARGET, prompt="a red ball", quality="low"))
    assert order.value().choices.delivery.preview is None, "it is off unless switched on"
    box = child(order, QWidget, "image_preview")
    assert isinstance(box, QAbstractButton)
    assert box.isVisible()
    click(box)
    window.until(lambda: any("does not say" in note for note in window.images.line.text().notes))
    click(controls_of(window.images)["image_make"])

    window.until(lambda: window.preview is not None)
    preview = window.preview
    assert preview is not None
    colour = QColor(preview.pixel(5, 5))
    assert (colour.red(), colour.green(), colour.blue()) == PREVIEW_COLOUR
    assert window.images.gallery.entry is None

    openai.habits.stalls_answers = False
    window.until(lambda: window.images.gallery.entry is not None)
    assert openai.purchases == 1
