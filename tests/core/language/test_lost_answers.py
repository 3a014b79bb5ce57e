"""Answers of services that are lost, late or cut short: each is bought once, and told."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.errors import JournalError
from core.jobs.job import Cancelled, StopReason, Succeeded
from core.jobs.job_record import JobState
from core.platform.paths import Paths
from core.spending.lost_orders import strike_lost_order
from core.studio import Studio
from providers.language import LANGUAGE
from tests.core.language.asked import (
    FOX,
    LUNA,
    RENTED,
    again,
    ask,
    board_of,
    counted_usd,
    error_of,
    words,
)
from tests.fakes.program import REAL, Program
from tests.fakes.provider import ENTRY
from tests.fakes.services.language_server import LanguageService, Shape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import Terminal
LONG = "\n\n".join(
    f"Line {number} of the story is told here at some length." for number in range(90)
)
"""Three questions."""


@pytest.mark.parametrize("name", RENTED)
def test_an_answer_that_is_lost_is_told_with_its_price_and_not_asked_for_again(
    studio: Studio, rented: LanguageService, name: str
) -> None:
    rented.habits.most_posts = 1
    rented.habits.drops_answers = 1
    job_id, end = ask(studio, name)
    error = error_of(end)
    assert error.kind == "AnswerLost"
    assert "It may be billed, at most $0.00" in error.message
    assert f"buy-again {job_id}" in error.hint
    assert f"never-arrived {job_id}" in error.hint
    assert studio.queue.job(job_id).has_lost_order
    [bought] = studio.ledger.purchases()
    assert (bought.counted_usd, bought.charged_usd) == (bought.estimated_usd, None)
    assert error_of(again(studio, job_id)).kind == "AnswerLost"


def test_a_page_in_the_place_of_an_answer_is_a_lost_one(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.most_posts = 1
    rented.habits.shapes = [Shape.PAGE]
    _, end = ask(studio, LUNA)
    assert "its answer cannot be read" in error_of(end).message
    assert error_of(end).kind == "AnswerLost"
    assert counted_usd(studio) > 0


def test_a_lost_answer_may_be_bought_again_and_both_count(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.drops_answers = 1
    job_id, _ = ask(studio, LUNA)
    second = studio.buy_again(job_id)
    assert words(studio, second, studio.queue.run_job(second)) == ["A fox. In low light."]
    assert rented.purchases == 2
    assert len(studio.ledger.purchases()) == 2


def test_a_lost_answer_may_be_struck_by_a_persons_word(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.drops_answers = 1
    job_id, _ = ask(studio, LUNA)
    assert strike_lost_order(studio.queue, studio.ledger, job_id)
    assert counted_usd(studio) == 0
    assert words(studio, job_id, again(studio, job_id)) == ["A fox. In low light."]
    assert counted_usd(studio) > 0


@pytest.mark.parametrize("status", [401, 403, 429, 529])
def test_what_is_refused_costs_nothing_and_is_asked_anew_by_resuming(
    studio: Studio, rented: LanguageService, status: int
) -> None:
    rented.habits.most_posts = 1
    rented.habits.refuses = status
    job_id, end = ask(studio, LUNA)
    assert str(status) in error_of(end).message
    assert "sk-proj" not in str(error_of(end))
    assert counted_usd(studio) == 0
    assert studio.queue.job(job_id).ticket is None
    assert words(studio, job_id, again(studio, job_id)) == ["A fox. In low light."]


def test_what_was_answered_before_a_refusal_is_paid_and_kept(
    studio: Studio, rented: LanguageService
) -> None:
    task = board_of(LONG)
    assert task.num_questions == 3
    rented.habits.most_posts = 3
    rented.habits.shapes = [Shape.WHOLE, Shape.WHOLE, Shape.LIMITED]
    job_id, end = ask(studio, LUNA, task)
    assert "429" in error_of(end).message
    assert counted_usd(studio) == pytest.approx(rented.billed_usd(0.1, 0.5))
    end = again(studio, job_id)
    assert isinstance(end, Succeeded)
    assert rented.purchases == 3
    answered = studio.language.read(studio.queue.job(job_id), end.path)
    assert len(answered.answers) == 3
    assert counted_usd(studio) == pytest.approx(rented.billed_usd(0.1, 0.5))


def test_a_bad_part_is_bought_again_alone(studio: Studio, rented: LanguageService) -> None:
    rented.habits.shapes = [Shape.WHOLE, Shape.NONSENSE]
    job_id, end = ask(studio, LUNA, board_of(LONG))
    assert "what cannot be used" in error_of(end).message
    assert rented.purchases == 2
    second = studio.buy_again(job_id)
    [_, bought] = studio.ledger.purchases()
    whole = studio.language.plan(board_of(LONG), studio.language.find(LUNA)).at_most_usd
    assert (bought.estimated_usd or 0) < whole
    end = studio.queue.run_job(second)
    assert isinstance(end, Succeeded)
    assert rented.purchases == 4
    assert counted_usd(studio) == pytest.approx(rented.billed_usd(0.1, 0.5))
    assert len(studio.language.read(studio.queue.job(second), end.path).answers) == 3


def test_a_part_that_is_lost_counts_at_the_most_beside_those_that_came(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.shapes = [Shape.WHOLE, Shape.PAGE]
    job_id, end = ask(studio, LUNA, board_of(LONG))
    assert error_of(end).kind == "AnswerLost"
    luna = studio.language.find(LUNA)
    came = rented.billed_usd(0.1, 0.5) / 2
    assert counted_usd(studio) == pytest.approx(came + board_of(LONG).at_most_usd(1, luna))
    end = studio.queue.run_job(studio.buy_again(job_id))
    assert isinstance(end, Succeeded)
    # The first part is not bought again: the lost one and the last are.
    assert rented.purchases == 4


def test_what_comes_after_a_cancel_is_kept_and_not_bought_again(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.most_posts = 1
    rented.habits.stalls_answers = True
    job_id, end = _stopped(studio, rented, StopReason.CANCEL)
    assert isinstance(end, Cancelled)
    assert any("already asked, which is charged" in note for note in studio.queue.job(job_id).notes)
    assert counted_usd(studio) > 0
    rented.habits.stalls_answers = False
    folder = studio.paths.inputs_dir / job_id
    _until(lambda: any(folder.glob("answer-*.json")))
    assert words(studio, job_id, again(studio, job_id)) == ["A fox. In low light."]
    assert counted_usd(studio) == pytest.approx(rented.billed_usd(0.1, 0.5))


def test_closing_the_program_waits_for_the_answer(
    studio: Studio, rented: LanguageService, paths: Paths
) -> None:
    rented.habits.most_posts = 1
    rented.habits.stalls_answers = True

    def answer_now() -> None:
        rented.habits.stalls_answers = False

    threading.Timer(0.5, answer_now).start()
    job_id, _ = _stopped(studio, rented, StopReason.LEAVE)
    studio.close()
    later = Studio([ENTRY], paths=paths, language=LANGUAGE)
    record = later.queue.job(job_id)
    if not record.state.has_ended:
        end = later.queue.run_job(later.resume(job_id))
        assert words(later, job_id, end) == ["A fox. In low light."]
    assert counted_usd(later) == pytest.approx(rented.billed_usd(0.1, 0.5))
    later.close()


def test_an_answer_that_cannot_be_kept_counts_and_is_not_asked_for_again(
    studio: Studio, rented: LanguageService
) -> None:
    rented.habits.most_posts = 1
    job_id = studio.language.submit(studio.language.plan(FOX, studio.language.find(LUNA)))
    # As on a full disk: neither the answer nor what comes of it can be written.
    for name in ("answer-0000.json", "answers"):
        (studio.paths.inputs_dir / job_id / name).mkdir()
    error_of(studio.queue.run_job(job_id))
    assert counted_usd(studio) == pytest.approx(rented.billed_usd(0.1, 0.5))
    assert error_of(again(studio, job_id)).kind == "AnswerLost"


def test_a_ticket_of_a_render_is_none_of_an_answer(studio: Studio, rented: LanguageService) -> None:
    rented.habits.drops_answers = 1
    rented.habits.most_posts = 1
    job_id, _ = ask(studio, LUNA)
    studio.attach(job_id, "gen-1234")
    assert error_of(studio.queue.run_job(job_id)).kind == "AnswerLost"


def test_a_job_that_asks_nobody_is_not_bought_again(studio: Studio) -> None:
    with pytest.raises(JournalError, match="no job"):
        studio.buy_again("none")


def _stopped(studio: Studio, rented: LanguageService, reason: StopReason) -> tuple[str, Terminal]:
    """A job that is asked to stop while the answer is out."""
    planned = studio.language.plan(FOX, studio.language.find(LUNA))
    job_id = studio.language.submit(planned)
    ends: list[Terminal] = []
    worker = threading.Thread(target=lambda: ends.append(studio.queue.run_job(job_id)))
    worker.start()
    _until(lambda: rented.purchases == 1)
    if reason is StopReason.CANCEL:
        studio.queue.cancel(job_id)
    else:
        studio.queue.close()
    worker.join(20)
    return job_id, ends[0]


def _until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.02)


def test_a_program_that_is_killed_while_the_answer_is_out_buys_nothing_twice(
    rented: LanguageService, tmp_path: Path
) -> None:
    rented.habits.most_posts = 1
    rented.habits.stalls_answers = True
    env = {**rented.environment, "IMAGEAI_HOME": str(tmp_path / "home")}
    words_typed = ("enhance", "-p", "A fox.", "--with", LUNA, "--yes")
    program = Program(REAL, *words_typed, cwd=tmp_path, env=env)
    _until(lambda: rented.purchases == 1)
    program.process.kill()
    program.stop()
    rented.habits.stalls_answers = False
    later = Studio([ENTRY], paths=Paths.below(tmp_path / "home"), language=LANGUAGE)
    [record] = later.queue.jobs()
    assert record.state is JobState.INTERRUPTED
    assert counted_usd(later) > 0
    assert error_of(again(later, record.id)).kind == "AnswerLost"
    assert rented.purchases == 1
    later.close()
