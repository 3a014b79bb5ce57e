"""Commands that render several clips: those of one model after each other, where it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli import main
from core.platform.paths import Paths
from core.project.files.project_file import read_project, write_project
from core.project.model.project import Scene
from core.studio import Studio
from core.video.control_row import Control
from core.video.record import read_settings_of
from core.video.request import RenderChoices, RenderRequest, Sampling
from core.video.terms import Target
from tests.core.jobs.test_queue_order import forget_owner
from tests.fakes.provider import FreeProvider, entry_of
from tests.project.projects import made_project

if TYPE_CHECKING:
    from pathlib import Path

SETTING = ("config", "set", "queue.groups_by_model", "yes")


def target(model: str) -> Target:
    return Target(provider="fake", deployment="local", model=model)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Scenes of two models in turns, of which the third goes on from the second."""
    folder = tmp_path / "Storm"
    project = made_project(folder, "Storm")
    scenes = [
        Scene(id=f"s{place}", prompt=f"scene {place}", continues=place == 2).with_own(
            Control.TARGET, target(model)
        )
        for place, model in enumerate(("fake-small", "fake-full", "fake-small", "fake-small"))
    ]
    render = RenderChoices(target=target("fake-small"))
    write_project(project.model_copy(update={"scenes": tuple(scenes), "render": render}), folder)
    return folder


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("setting", "options", "order"),
    [
        ((), (), "0 1 3 2"),
        ((), ("--group-by-model",), "0 3 1 2"),
        (SETTING, (), "0 3 1 2"),
        (SETTING, ("--no-group-by-model",), "0 1 3 2"),
    ],
)
def test_scenes_of_one_model_come_together_and_linked_ones_after_their_own(
    folder: Path, setting: tuple[str, ...], options: tuple[str, ...], order: str
) -> None:
    provider = FreeProvider()
    if setting:
        assert main(setting, [entry_of(provider)]) == 0
    assert main(("render", str(folder), *options), [entry_of(provider)]) == 0
    rendered = [plan.request.prompt.removeprefix("scene ") for plan in provider.rendered]
    assert " ".join(rendered) == order
    take = read_project(folder).project.chosen_take("s2")
    assert take is not None
    record = read_settings_of(take.path)
    assert record is not None
    assert record.request.inputs, "it goes on from the last frame of the scene before it"


@pytest.mark.parametrize(("setting", "loads"), [((), 4), (SETTING, 2)])
def test_interrupted_renders_are_resumed_in_the_same_order(
    home: Path, setting: tuple[str, ...], loads: int
) -> None:
    provider = FreeProvider()
    if setting:
        assert main(setting, [entry_of(provider)]) == 0
    left = Studio([entry_of(provider)], paths=Paths.below(home))
    for model in ("fake-small", "fake-full") * 2:
        request = RenderRequest(target=target(model), prompt="a ball", sampling=Sampling(seed=7))
        left.submit_render(left.plan(request))
    left.close()
    forget_owner(Paths.below(home))
    assert main(("jobs", "resume", "--all"), [entry_of(provider)]) == 0
    assert len(provider.loaded) == loads
