"""What is asked, what becomes of every kind of answer, and what each costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.jobs.job import Succeeded
from core.language.tasks.prompts import EnhanceTask, ScenePrompt
from tests.fakes.services.language_server import Shape

if TYPE_CHECKING:
    from core.jobs.job import Terminal
    from core.studio import Studio
    from tests.fakes.services.language_server import LanguageService

RENTED = ("openai/gpt-6-luna", "google/gemini-3.5-flash-lite", "anthropic/claude-haiku-5-5")
LOCAL = "ollama/gemma4:e4b"
FOX = EnhanceTask(prompts=(ScenePrompt(prompt="A fox."),))


def ask(studio: Studio, name: str, task: EnhanceTask = FOX) -> tuple[str, Terminal]:
    planned = studio.language.plan(task, studio.language.find(name))
    job_id = studio.language.submit(planned)
    return job_id, studio.queue.run_job(job_id)


def words(studio: Studio, job_id: str, end: Terminal) -> list[str]:
    assert isinstance(end, Succeeded), end
    answered = studio.language.read(studio.queue.job(job_id), end.path)
    assert isinstance(answered.task, EnhanceTask)
    return [one.text for one in answered.task.rewritten(answered.answers)]


@pytest.mark.parametrize("shape", [Shape.WHOLE, Shape.FENCED])
@pytest.mark.parametrize("name", RENTED)
def test_each_service_writes_and_is_paid_by_its_count(
    studio: Studio, rented: LanguageService, name: str, shape: Shape
) -> None:
    rented.habits.most_posts = 1
    rented.habits.shapes = [shape]
    job_id, end = ask(studio, name)
    assert words(studio, job_id, end) == ["A fox. In low light."]
    price = studio.language.find(name).price
    assert price is not None
    [bought] = studio.ledger.purchases()
    assert bought.charged_usd == pytest.approx(rented.billed_usd(price.usd_in, price.usd_out))
    assert (bought.target, bought.task) == (name, "words")
    assert bought.estimated_usd is not None
    assert bought.estimated_usd >= (bought.charged_usd or 0)


def test_a_model_of_this_machine_costs_nothing(studio: Studio, own: LanguageService) -> None:
    job_id, end = ask(studio, LOCAL)
    assert words(studio, job_id, end) == ["A fox. In low light."]
    assert studio.ledger.purchases() == []
