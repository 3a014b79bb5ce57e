"""What is asked, what becomes of every kind of answer, and what each costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.config.setting_fields import with_text
from core.errors import NotConfigured, SpendingCapReached, UnsupportedRequest
from core.language.tasks.prompts import EnhanceTask, ScenePrompt
from core.video.provider import NotReady, Ready
from tests.core.language.asked import (
    FOX,
    LOCAL,
    LUNA,
    RENTED,
    again,
    ask,
    counted_usd,
    error_of,
    words,
)
from tests.fakes.services.language_server import (
    TOKENS_IN,
    LanguageService,
    Shape,
    own_server,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from core.config.settings import Settings
    from core.studio import Studio
    from tests.fakes.services.language_server import Question


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


@pytest.mark.parametrize("shape", [Shape.WHOLE, Shape.FENCED])
def test_a_model_of_this_machine_costs_nothing(
    studio: Studio, own: LanguageService, shape: Shape
) -> None:
    own.habits.shapes = [shape]
    job_id, end = ask(studio, LOCAL)
    assert words(studio, job_id, end) == ["A fox. In low light."]
    assert studio.ledger.purchases() == []


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (Shape.HALF, "the answer ends in the middle of its object"),
        (Shape.NONSENSE, "it begins with 'Sure! Here is your storyboard.'"),
        (Shape.REFUSED, "refused to write this"),
        (Shape.BLOCKED, "refused to write this"),
        (Shape.CUT, "was cut off"),
    ],
)
@pytest.mark.parametrize("name", RENTED)
def test_a_paid_answer_that_cannot_be_used_is_told_as_billed_and_never_asked_for_again(
    studio: Studio, rented: LanguageService, name: str, shape: Shape, sentence: str
) -> None:
    rented.habits.most_posts = 1
    rented.habits.shapes = [shape]
    job_id, end = ask(studio, name)
    assert sentence in error_of(end).message
    assert "It was billed, about $0.0" in error_of(end).message
    assert f"buy-again {job_id}" in error_of(end).hint
    first = counted_usd(studio)
    assert first > 0
    # Resuming reads what is kept, whatever it is, and buys nothing.
    assert sentence in error_of(again(studio, job_id)).message
    assert counted_usd(studio) == first


def test_a_prompt_that_google_blocks_costs_what_was_read(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.shapes = [Shape.BLOCKED]
    ask(studio, RENTED[1])
    assert counted_usd(studio) == pytest.approx(TOKENS_IN * 0.3 / 1e6)


def test_what_a_service_does_not_count_is_taken_for_the_most(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.shapes = [Shape.UNCOUNTED]
    ask(studio, LUNA)
    [bought] = studio.ledger.purchases()
    assert bought.charged_usd == pytest.approx(bought.estimated_usd)


@pytest.mark.parametrize("shape", [Shape.HALF, Shape.NONSENSE])
def test_a_free_model_is_asked_once_more_with_what_was_wrong(
    studio: Studio, own: LanguageService, shape: Shape
) -> None:
    own.habits.shapes = [shape]
    job_id, end = ask(studio, LOCAL)
    assert words(studio, job_id, end) == ["A fox. In low light."]
    assert own.purchases == 2
    assert "Your last answer could not be used: the answer" in own.asked[1].text
    assert any("is asked once more" in note for note in studio.queue.job(job_id).notes)


def test_a_free_model_that_answers_nonsense_twice_is_not_asked_a_third_time(
    studio: Studio, own: LanguageService
) -> None:
    own.habits.shapes = [Shape.NONSENSE, Shape.HALF]
    _, end = ask(studio, LOCAL)
    assert "answered twice what cannot be used" in error_of(end).message
    assert own.purchases == 2


def test_an_answer_that_is_cut_says_after_how_much(studio: Studio, own: LanguageService) -> None:
    own.habits.shapes = [Shape.CUT]
    _, end = ask(studio, LOCAL)
    assert "was cut off after 4,096 tokens" in error_of(end).message
    assert own.purchases == 1


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        ([], "it lacks the prompts 1"),
        ([{"number": 1, "prompt": "a"}, {"number": 1, "prompt": "b"}], "it has 2 prompts"),
        ([{"number": 1, "prompt": "a"}, {"number": 7, "prompt": "b"}], "it has 2 prompts"),
        ([{"number": 1, "prompt": " "}], "one of its prompts is empty"),
        ([{"number": "one", "prompt": "a"}], "takes a whole number"),
        ([{"number": 1}], "prompt is missing"),
    ],
)
def test_prompts_are_held_against_what_was_asked(
    studio: Studio, own: LanguageService, prompts: list[object], sentence: str
) -> None:
    own.habits.writes = lambda _: {"prompts": prompts}
    _, end = ask(studio, LOCAL)
    assert sentence in error_of(end).message


@pytest.mark.parametrize("name", ["llama.cpp", "lm-studio", "vllm"])
def test_servers_of_chat_completions_write_too(
    studio: Studio, own: LanguageService, tmp_path: Path, name: str
) -> None:
    with own_server(tmp_path / "other") as (other, address):
        setting = f"language.{name.replace('.', '_').replace('-', '_')}"
        studio.apply_settings(with_text(studio.settings, setting, address))
        [listed] = studio.language.listed(name)
        assert [(model.id, model.label) for model in listed.models] == [
            ("/models/qwen3.gguf", "qwen3.gguf")
        ]
        other.habits.shapes = [Shape.HALF]
        job_id, end = ask(studio, name)
        assert words(studio, job_id, end) == ["A fox. In low light."]
        assert other.purchases == 2
        other.habits.shapes = [Shape.CUT, Shape.REFUSED]
        assert "was cut off" in error_of(ask(studio, name)[1]).message
        assert (
            "refused to write this: I can't help with that"
            in error_of(ask(studio, name)[1]).message
        )
    assert own.purchases == 0
    [gone] = studio.language.listed(name)
    assert "does not answer at" in str(gone.error)


def test_a_server_that_hangs_up_or_answers_a_page_is_told_and_costs_nothing(
    studio: Studio, own: LanguageService
) -> None:
    own.habits.drops_answers = 1
    _, end = ask(studio, LOCAL)
    assert error_of(end).kind == "ProviderUnavailable"
    assert "did not answer: the connection broke" in error_of(end).message
    own.habits.shapes = [Shape.PAGE]
    _, end = ask(studio, LOCAL)
    assert "its answer cannot be read" in error_of(end).message
    assert studio.ledger.purchases() == []


def test_many_prompts_are_asked_for_in_parts_and_come_back_in_order(
    studio: Studio, own: LanguageService
) -> None:
    prompts = tuple(
        ScenePrompt(prompt=f"Scene {number}.", scene_id=f"s{number}") for number in range(30)
    )
    job_id, end = ask(studio, LOCAL, EnhanceTask(prompts=prompts))
    assert words(studio, job_id, end) == [f"Scene {n}. In low light." for n in range(30)]
    assert own.purchases == 3


def test_without_network_a_service_is_not_asked_and_this_machine_is(
    studio: Studio, rented: LanguageService, own: LanguageService
) -> None:
    studio.apply_settings(_off(studio.settings))
    planned = studio.language.plan(FOX, studio.language.find(LUNA))
    with pytest.raises(NotConfigured, match="network is switched off"):
        studio.language.submit(planned)
    assert rented.purchases == 0
    job_id, end = ask(studio, LOCAL)
    assert words(studio, job_id, end)


def test_a_job_that_waits_asks_nobody_once_the_network_is_off(
    studio: Studio, rented: LanguageService
) -> None:
    job_id = studio.language.submit(studio.language.plan(FOX, studio.language.find(LUNA)))
    studio.apply_settings(_off(studio.settings))
    assert "network is switched off" in error_of(studio.queue.run_job(job_id)).message
    assert (rented.purchases, counted_usd(studio)) == (0, 0)


def _off(settings: Settings) -> Settings:
    network = settings.network.model_copy(update={"is_off": True})
    return settings.model_copy(update={"network": network})


def test_a_cap_is_held_before_anything_is_asked(studio: Studio, rented: LanguageService) -> None:
    cloud = studio.settings.cloud.model_copy(update={"daily_cap_usd": 0.0001})
    studio.apply_settings(studio.settings.model_copy(update={"cloud": cloud}))
    planned = studio.language.plan(FOX, studio.language.find(LUNA))
    with pytest.raises(SpendingCapReached):
        studio.language.check_caps(planned)
    with pytest.raises(SpendingCapReached):
        studio.language.submit(planned)
    assert (rented.purchases, studio.queue.jobs()) == (0, ())


def test_without_its_key_a_service_is_listed_and_not_asked(
    studio: Studio, rented: LanguageService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    [listed] = studio.language.listed("anthropic")
    assert isinstance(listed.readiness, NotReady)
    assert "keys set anthropic" in listed.readiness.fix
    planned = studio.language.plan(FOX, listed.models[0])
    with pytest.raises(NotConfigured, match="Anthropic key is not set"):
        studio.language.submit(planned)
    assert rented.purchases == 0


def test_the_keys_of_words_are_known_and_tested(studio: Studio, rented: LanguageService) -> None:
    known = studio.known_keys()["anthropic"]
    assert known.target is None
    assert studio.check_key(known.target, known.key) == Ready()
    assert rented.purchases == 0


def test_servers_of_ones_own_are_told_apart_from_others(
    studio: Studio, own: LanguageService
) -> None:
    own.habits.is_another = True
    [listed] = studio.language.listed("ollama")
    assert listed.error is not None
    assert "is no Ollama (200, text/html)" in str(listed.error)
    assert "config set language.ollama" in str(listed.error)


def test_a_variable_that_is_no_address_is_told_and_the_others_are_listed(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "not an address")
    listed = {item.info.id: item for item in studio.language.listed()}
    assert "OLLAMA_HOST is no address" in str(listed["ollama"].error)
    assert listed["openai"].models


def test_models_that_do_not_write_are_not_listed(studio: Studio, own: LanguageService) -> None:
    [listed] = studio.language.listed("ollama")
    assert [model.id for model in listed.models] == ["gemma4:e4b", "qwen3.5:4b"]
    assert all(model.is_local and model.is_free for model in listed.models)


def test_a_model_that_is_not_there_is_told_with_those_that_are(
    studio: Studio, own: LanguageService
) -> None:
    with pytest.raises(UnsupportedRequest, match="Did you mean 'ollama/gemma4:e4b'"):
        studio.language.find("ollama/gemma4:e4")
    assert studio.language.find("ollama").id == "gemma4:e4b"


def test_the_question_says_how_all_of_it_should_look(studio: Studio, own: LanguageService) -> None:
    seen: list[str] = []

    def remember(question: Question) -> object:
        seen.append(question.system)
        return write(question)

    own.habits.writes = remember
    ask(studio, LOCAL, FOX.model_copy(update={"style": "ink on paper"}))
    assert "All of them look like this: ink on paper" in seen[0]
