from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.platform.paths import Paths
from core.studio import Studio
from core.video.record import read_settings_of
from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Target
from gui.background import Background
from gui.history.history_page import HistoryPage
from gui.history.history_tab import HistoryTab
from gui.widgets.thumbnails import Thumbnails
from tests.fakes.inputs import inputs_of
from tests.fakes.stills import as_image
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError
    from core.project.render.rerender import FromRecord
    from core.video.planning.render_planner import PlannedRender

FAKE = Target(provider="fake", deployment="local", model="fake-small")
REQUEST = RenderRequest(target=FAKE, prompt="a red ball", sampling=Sampling(seed=5))


class Desk:
    """A room with all that it tells; its background is closed by the fixture."""

    def __init__(self, studio: Studio, qtbot: QtBot) -> None:
        self.studio = studio
        self.qtbot = qtbot
        self.background = Background()
        self.thumbnails = Thumbnails()
        self.page = HistoryPage(studio, self.background, self.thumbnails)
        qtbot.addWidget(self.page)
        self.recipes: list[FromRecord] = []
        self.said: list[str] = []
        self.errors: list[StudioError] = []
        self.page.recipe_wanted.connect(self.recipes.append)
        self.page.message.connect(self.said.append)
        self.page.failed.connect(self.errors.append)

    def make(self, planned: PlannedRender) -> Path:
        outcome = self.studio.queue.run_job(self.studio.submit_render(planned))
        assert outcome.event == "succeeded", outcome
        return outcome.path

    def press(self, button: str) -> None:
        """Press a button for what was made last."""
        self.page.begin()
        self.settle()
        click(controls_of(self.page)[button])
        self.settle()

    def made_again(self) -> Path:
        self.press("again")
        assert self.errors == []
        (waiting,) = [job for job in self.studio.queue.jobs() if job.state == "queued"]
        outcome = self.studio.queue.run_job(waiting.id)
        assert outcome.event == "succeeded", outcome
        return outcome.path

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.background.is_idle, timeout=5000)


@pytest.fixture
def controller(studio: Studio, qtbot: QtBot) -> Iterator[Desk]:
    controller = Desk(studio, qtbot)
    controller.page.show()
    yield controller
    controller.background.close()
    controller.thumbnails.close()


def test_clip_is_made_again_frame_for_frame_under_a_name_of_its_own(controller: Desk) -> None:
    clip = controller.make(controller.studio.plan(REQUEST))
    again = controller.made_again()
    assert again != clip
    first, second = read_settings_of(clip), read_settings_of(again)
    assert first is not None
    assert second is not None
    assert (second.seed, second.num_frames, second.width) == (5, first.num_frames, first.width)
    assert "very same settings" in controller.said[0]


def test_still_that_is_made_again_is_a_still(controller: Desk) -> None:
    still = controller.make(controller.studio.plan(as_image(REQUEST)))
    again = controller.made_again()
    assert again.suffix == ".png"
    with Image.open(still) as one, Image.open(again) as two:
        assert one.tobytes() == two.tobytes()


def test_clip_whose_start_frame_is_gone_is_refused_in_a_sentence(
    controller: Desk, tmp_path: Path
) -> None:
    image = tmp_path / "start.png"
    Image.new("RGB", (96, 64)).save(image)
    inputs = inputs_of(start_image=image)
    controller.make(controller.studio.plan(REQUEST.model_copy(update={"inputs": inputs})))
    # Kept by the queue: the clip can be made again although the picture itself is gone.
    image.unlink()
    controller.made_again()
    for kept in controller.studio.paths.inputs_dir.glob(f"*/{image.name}"):
        kept.unlink()
    controller.press("again")
    assert "'start.png'" in controller.errors[0].message


def test_settings_open_with_the_names_and_the_length_of_the_model(controller: Desk) -> None:
    frame = FrameRequest(resolution="192x128")
    controller.make(controller.studio.plan(REQUEST.model_copy(update={"frame": frame})))
    controller.press("edit")
    (recipe,) = controller.recipes
    choices = recipe.choices
    assert (choices.frame.resolution, choices.frame.aspect, choices.frame.duration_s) == (
        "128p",
        "3:2",
        1.0,
    )


def test_settings_of_a_model_that_is_not_here_open_as_they_were_asked(
    controller: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    clip = controller.make(controller.studio.plan(REQUEST))
    elsewhere = Studio([], paths=Paths.below(tmp_path / "other"))
    other = Desk(elsewhere, qtbot)
    other.page.begin()
    child(other.page, HistoryTab).details.edit.wanted.emit(read_settings_of(clip))
    other.settle()
    assert other.recipes[0].choices.target == FAKE
    assert other.recipes[0].choices.frame.resolution is None
    other.background.close()
    other.thumbnails.close()
    elsewhere.close()
