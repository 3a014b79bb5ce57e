"""The image room with Stability: an image is made, worked on by tools, and varied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtWidgets import QAbstractButton, QComboBox, QListView, QMessageBox

from core.video.terms import Target, Task
from gui.images.image_batch import ImageBatch
from providers.stability.info import STABILITY
from tests.fakes.services.stability_server import stability_entry, stability_server
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click
from tests.gui.whole_window import BoxAnswers, OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.history.history_entry import HistoryEntry
    from gui.images.image_tab import ImageTab
    from tests.fakes.services.stability_server import StabilityServer

TARGET = Target(provider=STABILITY.id, deployment=STABILITY.deployment)


class StabilityWindow(OpenWindow):
    """A window in its image room, with Stability on loopback."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        super().__init__(home, qtbot, others=(stability_entry(),))
        self.window.tabs.setCurrentWidget(self.window.tabs.images)
        self.until(lambda: child(self.images, QComboBox, "image_model").count() > 20)

    @property
    def images(self) -> ImageTab:
        tab = self.window.tabs.images.tab
        assert tab is not None
        return tab

    @property
    def count(self) -> int:
        return child(self.images, QListView, "gallery").model().rowCount()

    def make(self, batch: ImageBatch, *, more: int = 1) -> HistoryEntry:
        before, shown = self.count, self.images.gallery.entry
        self.images.set_value(batch)
        click(controls_of(self.images)["image_make"])
        self.until(lambda: self.count == before + more)
        self.until(lambda: not self.images.progress.isVisible())
        self.until(lambda: self.images.gallery.entry not in (None, shown))
        entry = self.images.gallery.entry
        assert entry is not None
        return entry


@pytest.fixture
def stability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StabilityServer]:
    with stability_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot, stability: StabilityServer) -> Iterator[StabilityWindow]:
    window = StabilityWindow(tmp_path / "home", qtbot)
    answers = BoxAnswers()
    answers.role = QMessageBox.ButtonRole.AcceptRole
    yield window
    window.close()


def test_an_image_is_made_extended_cut_out_and_varied(
    window: StabilityWindow, stability: StabilityServer
) -> None:
    made = window.make(ImageBatch(target=TARGET, prompt="a red ball", seed=5))
    assert stability.paths == ["generate/core"]

    order = window.images.order
    order.set_value(ImageBatch(target=TARGET, images=(made.path,)))
    order.put("tool", Task.OUTPAINT)
    order.put("left", 100)
    window.until(lambda: "$0.04" in child(window.images, QAbstractButton, "image_make").text())
    wide = window.make(order.value())
    with Image.open(made.path) as before, Image.open(wide.path) as after:
        assert after.width == before.width + 100
    assert wide.prompt == ""

    order.put("tool", Task.REMOVE_BACKGROUND)
    window.make(order.value())
    assert stability.paths[1:] == ["edit/outpaint", "edit/remove-background"]

    click(controls_of(window.images)["picture_vary"])
    batch = order.value()
    assert batch.count == 4
    window.make(batch.model_copy(update={"count": 2, "prompt": "a red ball"}), more=2)
    assert stability.purchases == 5
    spent_usd = window.window.studio.ledger.spent_usd()
    assert spent_usd == pytest.approx(stability.billed_usd)
