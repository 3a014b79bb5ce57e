"""The services asked from the window: what changed is read, and counts from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QAbstractButton, QPlainTextEdit

from core.platform.paths import Paths
from core.studio import Studio
from gui.models.models_controller import ModelsController
from gui.models.models_page import ModelsPage, NewsDialog
from providers.ltx_video.fal.info import INFO
from tests.fakes.services.fal_server import fal_entry, fal_server
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from tests.fakes.services.fal_server import FalServer

ENDPOINT = "fal-ai/ltx-2.3/text-to-video/fast"


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FalServer]:
    with fal_server(tmp_path / "service") as fal:
        fal.stand_in(monkeypatch)
        yield fal


@pytest.fixture
def shop(fal: FalServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([fal_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


def text_of(dialog: NewsDialog) -> str:
    return child(dialog, QPlainTextEdit, "news_text").toPlainText()


@pytest.fixture
def page(shop: Studio, qtbot: QtBot) -> Iterator[ModelsPage]:
    page = ModelsPage()
    qtbot.addWidget(page)
    controller = ModelsController(shop, page)
    yield page
    controller.close()


def asked(page: ModelsPage, qtbot: QtBot) -> NewsDialog:
    """The dialog once it has its answers."""
    click(child(page, QAbstractButton, "news"))
    dialog = page.findChildren(NewsDialog)[-1]
    qtbot.waitUntil(lambda: bool(text_of(dialog)))
    return dialog


def test_what_a_service_says_anew_is_shown_and_counts(
    fal: FalServer, shop: Studio, page: ModelsPage, qtbot: QtBot
) -> None:
    fal.habits.prices = {ENDPOINT: (0.07, "seconds")}
    dialog = asked(page, qtbot)
    assert f"  {ENDPOINT}\n    price: $0.04 per second → $0.07 per second" in text_of(dialog)
    click(child(dialog, QAbstractButton, "news_close"))
    qtbot.waitUntil(lambda: bool(page.models()))
    prices = {item.listed.spec.id: str(item.listed.spec.price) for item in page.models()}
    assert prices["ltx-2.3-fast"] == "from $0.07 per second"
    assert fal.purchases == 0
    assert shop.registry.infos == (INFO,)


def test_a_key_that_is_missing_is_said_with_where_to_set_it(
    page: ModelsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAL_KEY")
    said = text_of(asked(page, qtbot))
    assert said.startswith(f"{INFO.label} is not asked")
    assert "Settings > Keys" in said


def seen(dialog: QWidget) -> object:
    box = child(dialog, QPlainTextEdit, "news_text")
    return dialog.isVisible(), box.textCursor().hasSelection()


def select_all(box: QWidget) -> None:
    assert isinstance(box, QPlainTextEdit)
    box.selectAll()


CASES = (ControlCase("news_text", select_all, seen), ControlCase("news_close", click, seen))


def test_every_control_changes_something(page: ModelsPage, qtbot: QtBot) -> None:
    check_every_control(lambda: asked(page, qtbot), CASES)
