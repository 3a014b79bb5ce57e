"""One style through all scenes: drawn from them, or given; before and after of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.jobs.job import SubjectKind, Succeeded
from core.language.tasks.prompts import ContinuityTask, prompts_of
from core.project.model.edits import with_enhanced_words
from core.project.model.project import Scene, new_project
from tests.core.language.asked import LOCAL, ask

if TYPE_CHECKING:
    from core.project.model.project import VideoProject
    from core.studio import Studio
    from tests.fakes.services.language_server import LanguageService


def project(*prompts: str) -> VideoProject:
    scenes = tuple(
        Scene(id=f"scene-{number}", prompt=prompt) for number, prompt in enumerate(prompts, start=1)
    )
    made = new_project("Film", datetime(2026, 12, 1, tzinfo=UTC))
    return made.model_copy(update={"scenes": scenes})


def test_the_style_is_drawn_from_all_and_given_to_each(
    studio: Studio, own: LanguageService
) -> None:
    film = project("A lake.", "A road.")
    task = ContinuityTask(prompts=prompts_of(film), project_id=film.id)
    assert (task.subject.kind, task.subject.id) == (SubjectKind.PROJECT, film.id)
    job_id, end = ask(studio, LOCAL, task)
    assert isinstance(end, Succeeded)
    assert own.asked[0].text == "1. A lake.\n\n2. A road."
    assert "Grainy film, cold blue light." in own.asked[1].system
    answered = studio.language.read(studio.queue.job(job_id), end.path)
    assert isinstance(answered.task, ContinuityTask)
    assert answered.task.style_of(answered.answers) == "Grainy film, cold blue light."
    assert [(one.scene_id, one.prompt, one.text) for one in answered.rewritten] == [
        ("scene-1", "A lake.", "A lake. In low light."),
        ("scene-2", "A road.", "A road. In low light."),
    ]


def test_a_style_that_is_given_is_not_asked_for(studio: Studio, own: LanguageService) -> None:
    task = ContinuityTask(prompts=prompts_of(project("A lake.")), style="ink on paper")
    assert task.num_questions == 1
    ask(studio, LOCAL, task)
    assert "ink on paper" in own.asked[0].system


def test_an_empty_style_is_none(studio: Studio, own: LanguageService) -> None:
    own.habits.writes = lambda _: {"style": "  "}
    task = ContinuityTask(prompts=prompts_of(project("A lake.")))
    _, end = ask(studio, LOCAL, task)
    assert not isinstance(end, Succeeded)
    assert own.purchases == 2


def test_what_was_enhanced_before_goes_on_from_there_or_from_the_own_prompt() -> None:
    film = project("A lake.", "")
    film = film.with_scene(with_enhanced_words(film.scenes[0], "A lake at dawn."))
    assert [item.prompt for item in prompts_of(film)] == ["A lake."]
    assert [item.prompt for item in prompts_of(film, is_own=False)] == ["A lake at dawn."]


def test_everything_that_is_wrong_with_the_scenes_is_told_at_once() -> None:
    film = project("A lake.", "", "word " * 2001)
    with pytest.raises(UnsupportedRequest) as caught:
        prompts_of(film, [1, 2, 3, 9])
    assert [problem.message for problem in caught.value.problems] == [
        "There is no scene 9: the project has 3 scenes.",
        "Scene 2 has no prompt. Write one first.",
        "A prompt of 2,001 words is too long; at most 2,000 are read.",
    ]
    with pytest.raises(UnsupportedRequest, match="No scene of the project has a prompt"):
        prompts_of(project(""))
