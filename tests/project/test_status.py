from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.project.model.edits import change_scenes, with_prompt
from core.project.model.status import (
    Done,
    InQueue,
    LastRenderFailed,
    Missing,
    NoPrompt,
    Rendering,
    SceneJob,
    SceneJobState,
    SceneStatus,
    Stale,
    WaitingFor,
    project_statuses,
)
from core.project.render.planning import missing_or_stale
from tests.fakes.scenes import make_project, make_take

if TYPE_CHECKING:
    from core.project.model.project import VideoProject

QUEUED = SceneJob("s2", SceneJobState.QUEUED)
FAILED = SceneJob("s2", SceneJobState.FAILED, reason="No memory.")
EVERY = (
    NoPrompt(),
    Missing(),
    WaitingFor(3),
    InQueue(),
    Rendering(),
    Rendering(0.42),
    Done(),
    Stale(),
    LastRenderFailed("The disk is full."),
)


def status(
    project: VideoProject, *, fingerprint: str = "", job: SceneJob | None = None, number: int = 2
) -> SceneStatus:
    scene = project.scenes[number - 1]
    fingerprints = {scene.id: fingerprint}
    return project_statuses(project, fingerprints, {scene.id: job} if job else {})[number - 1]


def with_fingerprint(text: str) -> VideoProject:
    project = make_project()
    takes = project.takes_of("s2").with_take(make_take("t", fingerprint=text))
    return project.with_takes("s2", takes)


@pytest.mark.parametrize(("made_from", "asked"), [("", "new"), ("old", ""), ("old", "old")])
def test_what_is_shown_as_done_is_not_rendered_as_missing(made_from: str, asked: str) -> None:
    project = with_fingerprint(made_from)
    assert status(project, fingerprint=asked) == Done()
    assert missing_or_stale(project, {"s2": asked}, project.scenes[1:2]) == ()


def test_what_is_shown_as_out_of_date_is_rendered_as_missing() -> None:
    project = with_fingerprint("old")
    assert status(project, fingerprint="new") == Stale()
    scenes = project.scenes[1:2]
    assert missing_or_stale(project, {"s2": "new"}, scenes) == scenes


def test_scene_without_prompt_says_so() -> None:
    project = change_scenes(make_project(), {"s2"}, lambda scene: with_prompt(scene, "  "))
    assert status(project) == NoPrompt()


def test_scene_without_clip_is_missing() -> None:
    assert status(make_project()) == Missing()


def test_clip_is_done_while_the_request_is_the_one_it_was_made_from() -> None:
    assert status(with_fingerprint("a"), fingerprint="a") == Done()
    assert status(with_fingerprint("a"), fingerprint="b") == Stale()


@pytest.mark.parametrize(("made_from", "now"), [("", "b"), ("a", "")])
def test_clip_is_not_called_stale_when_that_is_not_known(made_from: str, now: str) -> None:
    assert status(with_fingerprint(made_from), fingerprint=now) == Done()


def test_job_counts_more_than_the_clip_of_before() -> None:
    for job, shown in (
        (QUEUED, InQueue()),
        (SceneJob("s2", SceneJobState.RUNNING, 0.5), Rendering(0.5)),
        (FAILED, LastRenderFailed("No memory.")),
    ):
        assert status(with_fingerprint("a"), fingerprint="a", job=job) == shown
        assert job.state.is_under_way == (job is not FAILED)


def test_scene_that_waits_names_the_scene_before_it() -> None:
    project = make_project().model_copy(update={"to_render": ("s2", "s1")})
    assert status(project) == WaitingFor(1)
    assert status(project, job=FAILED) == WaitingFor(1)
    assert status(project, job=SceneJob("s2", SceneJobState.RUNNING)) == Rendering()
    assert status(project, number=1) == Missing()


def test_clip_that_is_not_chosen_leaves_the_scene_without() -> None:
    project = with_fingerprint("a")
    takes = project.takes_of("s2").model_copy(update={"chosen": None})
    assert status(project.with_takes("s2", takes)) == Missing()


def test_every_status_has_words_of_its_own() -> None:
    assert len({one.label for one in EVERY}) == len(EVERY)
    assert all(one.explanation.endswith(".") for one in EVERY)
    assert Rendering(0.42).label == "Rendering 42%"
