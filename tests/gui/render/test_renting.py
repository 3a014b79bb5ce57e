"""A clip that is rented at Fal, through the whole window: key, price, purchase, closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keyring
import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QLineEdit,
    QMessageBox,
    QToolButton,
)

from core.project.model.edits import insert_scenes
from core.project.model.project import RenderChoices, Scene, new_id
from core.spending.caps import ProjectBudget
from core.video.control_row import ControlKind
from core.video.controls import CHOICES, taken_by
from core.video.listing import ListedModel, ListedProvider, ModelListing
from core.video.provider import Ready
from core.video.request import FrameRequest
from core.video.terms import Target
from gui.render.plan_line import PlanLine
from gui.render.render_form import RenderForm
from gui.widgets.panes import FoldingSection
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.models import MODELS
from tests.fakes.services.fal_server import KEY, fal_entry, fal_server
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click, write
from tests.gui.settings.test_settings_dialog import MemoryKeyring
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.render.plan_text import PlanIssue
    from providers.ltx_video.fal.models import FalModel
    from tests.fakes.services.fal_server import FalServer
    from tests.gui.whole_window import BoxAnswers

EXTENDING = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-2.3-edit")
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
    window.begin(TARGET, FrameRequest(duration_s=0.5, resolution="480p"))


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
    ledger, project = window.window.studio.ledger, window.model.project
    assert ledger.spent_usd() == pytest.approx(832 * 480 * 17 / 1e6 * 0.02)
    (bought,) = ledger.purchases()
    assert (bought.project, bought.target) == ("A film", str(TARGET))
    # What is resumed later goes by the name and the cap that the project has by then.
    renamed = {"name": "Another", "spending_cap_usd": 9.0}
    window.model.edit("Rename", project.model_copy(update=renamed))
    window.until(lambda: ledger.budget(project.id) == ProjectBudget(project.id, "Another", 9.0))


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


@pytest.fixture
def keyless(monkeypatch: pytest.MonkeyPatch, fal: FalServer) -> Iterator[None]:
    """No key in the environment, and a keyring that holds none."""
    monkeypatch.delenv("FAL_KEY")
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield
    keyring.set_keyring(before)


def set_key(window: OpenWindow) -> None:
    """Type the key where the settings have opened, and save it."""
    window.until(lambda: child(window.window, QLineEdit, "fal_key").hasFocus())
    write(KEY)(child(window.window, QLineEdit, "fal_key"))


def issues_of(window: OpenWindow) -> tuple[PlanIssue, ...]:
    return child(window.tab, PlanLine).text().issues


@pytest.mark.usefixtures("keyless")
def test_without_a_key_it_is_set_beside_the_plan_which_is_asked_anew(
    fal: FalServer, open_fal: Callable[[], OpenWindow]
) -> None:
    window = open_fal()
    begin(window)
    buttons = window.tab.findChildren
    window.until(lambda: any(one.text() == "Set key…" for one in buttons(QAbstractButton)))
    (issue,) = issues_of(window)
    assert issue.message == "Renders at Fal need its key. Set it under Settings > Keys."
    assert fal.purchases == 0
    assert fal.asked_prices == 0
    click(next(one for one in buttons(QAbstractButton) if one.text() == "Set key…"))
    set_key(window)
    window.until(lambda: not issues_of(window))
    assert child(window.tab, PlanLine).text().line


@pytest.mark.usefixtures("keyless")
def test_the_render_button_that_is_refused_for_the_key_leads_to_it(
    fal: FalServer, open_fal: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    answers.role = QMessageBox.ButtonRole.ActionRole
    window = open_fal()
    begin(window)
    render(window)
    window.until(lambda: answers.heard)
    assert answers.heard == [
        "Nothing is rendered yet. Renders at Fal need its key. Set it under Settings > Keys."
    ]
    answers.role = None
    set_key(window)
    window.until(lambda: not issues_of(window))
    render(window)
    window.until(lambda: window.num_takes() == [1])
    assert fal.purchases == 1


def text_of(window: OpenWindow, scope: str) -> str:
    return child(window.tab, QToolButton, f"render_{scope}").text()


def test_each_price_stands_on_its_button(
    fal: FalServer, open_fal: Callable[[], OpenWindow]
) -> None:
    fal.habits.prices = {"fal-ai/ltx-2.3-22b/text-to-video": (0.02, "megapixels")}
    window = open_fal()
    begin(window)
    window.until(lambda: text_of(window, "this") == "Render scene · $0.14")
    scene = Scene(id=new_id("scene"), prompt="a blue ball", continues=True)
    window.model.edit("Scene", insert_scenes(window.model.project, 1, [scene]))
    window.until(lambda: text_of(window, "all") == "All (2) · $0.27")
    assert text_of(window, "missing") == "Missing or out of date (2) · $0.27"
    assert text_of(window, "this") == "Render scene · $0.14"
    other = window.model.project.render.model_copy(update={"target": EXTENDING})
    window.model.edit("Target", window.model.project.model_copy(update={"render": other}))
    assert text_of(window, "all") == "All (2)", "the price was of another model"
    assert fal.purchases == 0


def test_a_plan_that_passes_a_cap_says_so_before_anything_is_pressed(
    fal: FalServer, open_fal: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    fal.habits.prices = {"fal-ai/ltx-2.3-22b/text-to-video": (0.02, "megapixels")}
    window = open_fal()
    begin(window)
    window.until(lambda: child(window.tab, PlanLine).text().line)
    capped = window.model.project.model_copy(update={"spending_cap_usd": 0.1})
    window.model.edit("Cap", capped)
    window.until(lambda: issues_of(window))
    (issue,) = issues_of(window)
    assert "the cap of the project 'A film' of $0.10 ($0.00 spent, $0.10 left)" in issue.message
    render(window)
    window.until(lambda: any("would pass the cap" in text for text in answers.heard))
    assert fal.purchases == 0
    assert window.window.studio.queue.jobs() == ()
    buttons = window.tab.findChildren(QAbstractButton)
    click(next(one for one in buttons if one.text() == "Costs and caps…"))
    write("5")(child(window.window, QAbstractSpinBox, "cap_project"))
    window.until(lambda: not issues_of(window))
    assert window.model.project.spending_cap_usd == 5


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
