"""Images at Fal and at Replicate in the whole window: the price, what came, and what is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QMessageBox

from core.video.terms import Target
from gui.images.image_batch import ImageBatch
from providers.fal.info import IMAGES as FAL
from providers.replicate.images.models import Z_IMAGE
from providers.replicate.info import IMAGES as REPLICATE
from tests.fakes.services.fal_server import fal_image_entry, fal_server
from tests.fakes.services.replicate_server import replicate_image_entry, replicate_server
from tests.gui.controls import controls_of
from tests.gui.images.test_image_page import ImageWindow
from tests.gui.operating import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.history.history_entry import HistoryEntry
    from tests.fakes.services.fal_server import FalServer
    from tests.fakes.services.replicate_server import ReplicateServer
    from tests.gui.whole_window import BoxAnswers

TARGET = Target(provider=FAL.id, deployment=FAL.deployment, model="flux-2-klein-4b")
NAMED = Target(provider=REPLICATE.id, deployment=REPLICATE.deployment, model=Z_IMAGE)


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FalServer]:
    with fal_server(tmp_path / "fal") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def replicate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplicateServer]:
    with replicate_server(tmp_path / "replicate") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[ImageWindow]:
    others = (fal_image_entry(), replicate_image_entry())
    window = ImageWindow(tmp_path / "home", qtbot, others=others)
    yield window
    window.close()


def made(window: ImageWindow) -> HistoryEntry:
    window.until(lambda: window.count == 1)
    window.until(lambda: not window.images.progress.isVisible())
    entry = window.images.gallery.entry
    assert entry is not None
    return entry


def test_an_image_of_fal_stands_in_the_gallery_once_its_price_was_agreed_to(
    fal: FalServer, window: ImageWindow, answers: BoxAnswers
) -> None:
    fal.habits.prices = {"fal-ai/flux-2/klein/4b": (0.02, "processed megapixels")}
    answers.button = QMessageBox.StandardButton.Ok
    window.images.set_value(ImageBatch(target=TARGET, prompt="", seed=5))
    button = controls_of(window.images)["image_make"]
    write("a ball")(controls_of(window.images)["image_prompt"])
    window.until(lambda: button.text() == "Ma&ke picture · $0.02")

    window.press("image_make")

    entry = made(window)
    assert [said.strip() for said in answers.heard] == ["This picture costs $0.02."]
    assert (entry.seed, entry.path.read_bytes()) == (5, fal.image_of((1024, 1024)))
    assert fal.purchases == 1


def test_an_image_of_replicate_is_made_by_the_same_form(
    replicate: ReplicateServer, window: ImageWindow, answers: BoxAnswers
) -> None:
    answers.button = QMessageBox.StandardButton.Ok
    window.images.set_value(ImageBatch(target=NAMED, prompt="a ball", aspect="3:2"))

    window.press("image_make")

    entry = made(window)
    assert entry.path.read_bytes() == replicate.image_of((1248, 832))
    assert replicate.purchases == 1
