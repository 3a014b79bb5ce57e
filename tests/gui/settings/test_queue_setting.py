"""The switch that lets renders of the loaded model come first, in the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QAbstractButton, QTabWidget

from core.config.setting_fields import with_text
from core.config.settings import ConfigManager
from core.jobs.turns import MOST_PASSED
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from gui.jobs.jobs_panel import JobsPanel
from tests.fakes.provider import FreeProvider, entry_of
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.jobs.job_panels import click, select, titles
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

MODELS = ("fake-small", "fake-full") * 3
AS_THEY_CAME, GROUPED = "012345", "024135"


@pytest.fixture
def provider() -> FreeProvider:
    return FreeProvider()


@pytest.fixture
def opened(tmp_path: Path, qtbot: QtBot, provider: FreeProvider) -> Iterator[OpenWindow]:
    window = OpenWindow(tmp_path / "home", qtbot, entry_of(provider))
    yield window
    window.close()


@pytest.fixture
def ids(opened: OpenWindow) -> list[str]:
    """Renders of two models in turns that wait, since the queue is paused."""
    studio = opened.window.studio
    click(controls_of(panel_of(opened))["pause"])
    requests = [
        RenderRequest(
            target=Target(provider="fake", deployment="local", model=model),
            prompt=str(number),
            sampling=Sampling(seed=7),
        )
        for number, model in enumerate(MODELS)
    ]
    ids = [studio.submit_render(studio.plan(request)) for request in requests]
    opened.until(lambda: shown(opened) == AS_THEY_CAME)
    return ids


def panel_of(opened: OpenWindow) -> JobsPanel:
    return child(opened.window, JobsPanel, "jobs_panel")


def shown(opened: OpenWindow) -> str:
    """The prompts of the jobs in the list."""
    return "".join(title[-1] for title in titles(panel_of(opened)))


@pytest.mark.usefixtures("ids")
def test_switched_on_the_queue_shows_and_takes_those_of_one_model_together(
    opened: OpenWindow, provider: FreeProvider
) -> None:
    studio = opened.window.studio
    # Out of sight the list is not read anew every few seconds: what is shown was told.
    child(opened.window, QTabWidget, "jobs_tabs").setCurrentIndex(1)
    opened.window.tabs.show_settings()
    switch = child(opened.window, QAbstractButton, "queue_groups_by_model")
    assert not switch.isChecked()
    assert f"At most {MOST_PASSED} that came later" in switch.toolTip()
    switch.click()
    opened.until(lambda: shown(opened) == GROUPED)
    opened.until(
        lambda: ConfigManager(studio.paths.settings_file).load().settings.queue.groups_by_model
    )
    switch.click()
    opened.until(lambda: shown(opened) == AS_THEY_CAME)
    switch.click()
    opened.until(lambda: shown(opened) == GROUPED)

    click(controls_of(panel_of(opened))["pause"])
    opened.until(lambda: all(job.state.has_ended for job in studio.queue.jobs()))
    assert "".join(plan.request.prompt for plan in provider.rendered) == GROUPED
    assert len(provider.loaded) == 2


def test_a_job_that_is_moved_stays_where_it_was_put(opened: OpenWindow, ids: list[str]) -> None:
    studio = opened.window.studio
    studio.apply_settings(with_text(studio.settings, "queue.groups_by_model", "yes"))
    opened.window.jobs.follow_settings()
    opened.until(lambda: shown(opened) == GROUPED)
    select(panel_of(opened), ids[1])
    click(controls_of(panel_of(opened))["up"])
    opened.until(lambda: shown(opened) == "021435")
    # What the journal says by then, and not only what the list showed at once.
    opened.until(lambda: "".join(job.title[-1] for job in studio.queue.jobs()) == "021435")
