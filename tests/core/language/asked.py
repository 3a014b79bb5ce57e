"""How these tests ask a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.job import Failed, Succeeded
from core.language.tasks.prompts import EnhanceTask, ScenePrompt
from core.language.tasks.storyboards import StoryboardTask

if TYPE_CHECKING:
    from core.jobs.job import ErrorReport, Terminal
    from core.language.ask_job import AnyTask
    from core.studio import Studio

RENTED = ("openai/gpt-6-luna", "google/gemini-3.5-flash-lite", "anthropic/claude-haiku-5-5")
LUNA = RENTED[0]
LOCAL = "ollama/gemma4:e4b"
FOX = EnhanceTask(prompts=(ScenePrompt(prompt="A fox."),))


def board_of(text: str, **parts: object) -> StoryboardTask:
    """The task of a storyboard, for clips of 1 to 10 seconds."""
    limits = {"clip_s": 5, "min_s": 1, "max_s": 10}
    return StoryboardTask.model_validate({"text": text, **limits, **parts})


def ask(studio: Studio, name: str, task: AnyTask = FOX) -> tuple[str, Terminal]:
    """The job of a task, and how it ended."""
    planned = studio.language.plan(task, studio.language.find(name))
    job_id = studio.language.submit(planned)
    return job_id, studio.queue.run_job(job_id)


def again(studio: Studio, job_id: str) -> Terminal:
    """How a job ends that is resumed."""
    return studio.queue.run_job(studio.resume(job_id))


def words(studio: Studio, job_id: str, end: Terminal) -> list[str]:
    """What was made of the prompts."""
    assert isinstance(end, Succeeded), end
    return [one.text for one in studio.language.read(studio.queue.job(job_id), end.path).rewritten]


def error_of(end: Terminal) -> ErrorReport:
    """Why a job has failed."""
    assert isinstance(end, Failed), end
    return end.error


def counted_usd(studio: Studio) -> float:
    """What counts towards the caps."""
    return sum(one.counted_usd or 0 for one in studio.ledger.purchases())
