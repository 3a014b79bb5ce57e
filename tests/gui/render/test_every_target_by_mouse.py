"""One clip of every target by the window: chosen, priced, agreed to, made, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QComboBox, QToolButton, QWidget

from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.platform.units import price
from core.project.model.edits import insert_scenes
from core.project.model.project import Scene, new_id
from core.video.record import read_settings_of
from core.video.request import FrameRequest
from core.video.terms import Target
from gui.player.clip_player import ClipPlayer
from gui.takes.take_text import describe_take
from providers import PROVIDERS
from tests.fakes.services.every_service import SERVICES, Service
from tests.gui.children import child
from tests.gui.operating import choose, choose_index, click
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobUpdate
    from core.project.model.project import Take
    from core.video.provider import ProviderEntry
    from tests.gui.whole_window import BoxAnswers

MINI = Target(provider="ltx-video", deployment="local", model="ltx-mini")


@pytest.fixture
def open_with(tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[[ProviderEntry], OpenWindow]]:
    """Opens the window with all that is shipped, one of it as the test has it."""
    windows: list[OpenWindow] = []

    def make(entry: ProviderEntry) -> OpenWindow:
        others = [one for one in PROVIDERS if one.info != entry.info]
        windows.append(OpenWindow(tmp_path / "home", qtbot, entry, others=others))
        return windows[-1]

    yield make
    for window in windows:
        window.close()


@pytest.mark.parametrize("place", SERVICES, ids=lambda place: str(place.target))
def test_a_clip_of_a_service_is_chosen_priced_made_and_written_down(
    place: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_with: Callable[[ProviderEntry], OpenWindow],
    answers: BoxAnswers,
) -> None:
    with place.serve(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        window = open_with(place.entry())
        begin(window, place.entry(), place.target, place.frame)
        cost = f" · {price(place.bill_usd)}" if place.bill_usd else ""
        button = child(window.tab, QToolButton, "render_this")
        window.until(lambda: button.text() == f"Render scene{cost}")
        stages, take = made_by(window)
        assert service.purchases == 1
    agreed = [f"This clip costs {price(place.bill_usd)}."] if place.bill_usd else []
    assert [said.strip() for said in answers.heard] == agreed
    assert stages[0] is Stage.ORDER
    assert {Stage.WAIT, Stage.DENOISE} & set(stages)
    assert stages[-2:] == [Stage.DOWNLOAD, Stage.WRITE]
    assert take.cost_usd == pytest.approx(place.bill_usd)
    ledger = window.window.studio.ledger
    assert ledger.spent_usd() == pytest.approx(place.bill_usd)
    assert [one.target for one in ledger.purchases()] == ([str(place.target)] if cost else [])


def test_a_clip_of_ltx_mini_is_made_here_and_costs_nothing(
    open_with: Callable[[ProviderEntry], OpenWindow], answers: BoxAnswers
) -> None:
    entry = PROVIDERS[0]
    window = open_with(entry)
    begin(window, entry, MINI, FrameRequest(duration_s=0.5))
    stages, take = made_by(window)
    assert stages == [Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE, Stage.WRITE]
    assert take.cost_usd == 0
    assert answers.heard == []
    assert not window.window.studio.ledger.purchases()


def begin(window: OpenWindow, entry: ProviderEntry, target: Target, frame: FrameRequest) -> None:
    """A project of one scene, its target chosen in the fields."""
    window.window.projects.create("A film")
    window.until(lambda: window.window.project_model)
    scene = Scene(id=new_id("scene"), prompt="a red ball")
    window.model.edit("Scene", insert_scenes(window.model.project, 0, [scene]))
    window.tab.select([scene.id])
    info = entry.info
    window.until(lambda: field(window, "provider").count() > 1)
    choose(info.name)(field(window, "provider"))
    places = window.tab.findChild(QComboBox, "deployment")
    if places is not None and places.isVisibleTo(window.tab):
        choose(info.place)(places)
    label = window.window.studio.registry.spec(target).label
    models = field(window, "model")
    window.until(lambda: row_of(models, label) >= 0)
    choose_index(row_of(models, label))(models)
    assert window.model.project.render.target == target
    # As small as the place makes it.
    render = window.model.project.render.model_copy(update={"frame": frame})
    window.model.edit("Size", window.model.project.model_copy(update={"render": render}))


def field(window: OpenWindow, name: str) -> QComboBox:
    return child(window.tab, QComboBox, name)


def row_of(models: QComboBox, label: str) -> int:
    names = [models.itemText(row).partition(" · ")[0] for row in range(models.count())]
    return names.index(label) if label in names else -1


def made_by(window: OpenWindow) -> tuple[list[Stage], Take]:
    """Press the button; the stages that the clip went through, and its take, which is looked at."""
    stages: list[Stage] = []

    def listen(update: JobUpdate) -> None:
        if isinstance(update.event, Progressed) and update.event.stage not in stages[-1:]:
            stages.append(update.event.stage)

    window.window.studio.queue.subscribe(listen)
    button = child(window.tab, QToolButton, "render_this")
    window.until(button.isEnabled)
    click(button)
    window.until(lambda: window.num_takes() == [1])
    project = window.model.project
    (take,) = project.takes_of(project.scenes[0].id).takes
    clip = window.folder / take.path
    assert probe_clip(clip).num_frames == take.num_frames
    record = read_settings_of(clip)
    assert record is not None
    assert (record.prompt, record.cost_usd) == ("a red ball", take.cost_usd)
    assert clip.with_suffix(".json").exists()
    assert ("Cost $" in describe_take(take)) is bool(take.cost_usd)
    surface = child(child(window.tab, ClipPlayer), QWidget, "video_surface")
    window.until(lambda: not surface.accessibleDescription())
    return stages, take
