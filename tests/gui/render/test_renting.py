"""A clip that is rented at Fal, through the whole window: key, price, purchase, closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QToolButton

from core.project.model.edits import insert_scenes
from core.project.model.project import RenderChoices, Scene, new_id
from core.video.control_row import ControlKind
from core.video.controls import CHOICES, taken_by
from core.video.listing import ListedModel, ListedProvider, ModelListing
from core.video.provider import Ready
from core.video.request import FrameRequest
from core.video.terms import Target
from gui.render.render_form import RenderForm
from gui.widgets.panes import FoldingSection
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.models import MODELS
from tests.fakes.services.fal_server import fal_entry, fal_server
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from providers.ltx_video.fal.models import FalModel
    from tests.fakes.services.fal_server import FalServer
    from tests.gui.whole_window import BoxAnswers

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-2.3-22b")


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FalServer]:
    with fal_server(tmp_path / "service") as fal:
        fal.stand_in(monkeypatch)
        yield fal


@pytest.fixture
def open_fal(fal: FalServer, tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[[], OpenWindow]]:
    windows: list[OpenWindow] = []

    def make() -> OpenWindow:
        windows.append(OpenWindow(tmp_path / "home", qtbot, fal_entry()))
        return windows[-1]

    yield make
    for window in windows:
        window.close()


def begin(window: OpenWindow) -> None:
    """A project of one scene, which is short and small."""
    before = window.window.project_model
    window.window.projects.create("A film")
    window.until(lambda: window.window.project_model not in (None, before))
    frame = FrameRequest(duration_s=0.5, resolution="480p")
    project = window.model.project
    render = RenderChoices(target=TARGET, frame=frame)
    window.model.edit("Target", project.model_copy(update={"render": render}))
    scene = Scene(id=new_id("scene"), prompt="a red ball")
    window.model.edit("Scene", insert_scenes(window.model.project, 0, [scene]))
    window.tab.select([scene.id])


def render(window: OpenWindow) -> None:
    click(child(window.tab, QToolButton, "render_this"))


def test_a_clip_is_bought_after_its_price_was_agreed_to_and_becomes_a_take(
    fal: FalServer, open_fal: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    fal.habits.prices = {"fal-ai/ltx-2.3-22b/text-to-video": (0.02, "megapixels")}
    window = open_fal()
    begin(window)
    render(window)
    window.until(lambda: window.num_takes() == [1])
    assert any("This clip costs $0.14." in text for text in answers.heard)
    assert fal.purchases == 1
    assert window.window.studio.ledger.spent_usd() == pytest.approx(832 * 480 * 17 / 1e6 * 0.02)


def test_a_price_that_is_not_agreed_to_buys_nothing(
    fal: FalServer, open_fal: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    answers.button = QMessageBox.StandardButton.Cancel
    window = open_fal()
    begin(window)
    render(window)
    window.until(lambda: answers.heard)
    assert fal.purchases == 0


def test_a_clip_that_was_bought_before_the_window_closed_is_fetched_by_the_next(
    fal: FalServer, open_fal: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    fal.habits.polls_until_done = 10_000
    window = open_fal()
    begin(window)
    render(window)
    window.until(lambda: fal.questions)
    window.saved()
    window.close()
    fal.habits.polls_until_done = 0
    again = open_fal()
    # The last project is opened by itself.
    again.until(lambda: again.window.project_model)
    for record in again.window.studio.queue.resumable():
        again.window.studio.resume(record.id)
    again.until(lambda: again.num_takes() == [1])
    assert fal.purchases == 1


def test_without_a_key_it_is_set_in_place(
    fal: FalServer, open_fal: Callable[[], OpenWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAL_KEY")
    window = open_fal()
    begin(window)
    buttons = window.tab.findChildren
    window.until(lambda: any(one.text() == "Set key…" for one in buttons(QAbstractButton)))
    assert fal.purchases == 0
    assert fal.asked_prices == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.spec.id)
def test_the_form_shows_what_a_model_takes_and_nothing_else(qtbot: QtBot, model: FalModel) -> None:
    target = TARGET.with_model(model.spec.id)
    listed = ListedProvider(INFO, (ListedModel(target, INFO, model.spec, Ready()),))
    form = RenderForm()
    qtbot.addWidget(form)
    form.set_listing(ModelListing((listed,)))
    form.set_value(RenderChoices(target=target))
    form.set_spec(model.spec)
    for section in form.findChildren(FoldingSection):
        child(section, QToolButton, section.objectName().replace("folding", "section")).click()
    shown = {name for name, one in controls_of(form).items() if one.isVisibleTo(form)}
    if "seed_number" in shown:
        shown.add("seed")
    simple = (ControlKind.NUMBER, ControlKind.WHOLE, ControlKind.TEXT, ControlKind.SWITCH)
    for row in CHOICES:
        # What comes with a file is shown with it alone.
        if row.kind in simple and row.needs is None:
            assert (row.id.value in shown) is (row.id in taken_by(model.spec)), row.id
