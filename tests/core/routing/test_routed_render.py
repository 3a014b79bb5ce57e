"""A render that goes on elsewhere: when it does, when it never does, and what is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.config.settings import CloudSettings
from core.jobs.job import Failed, Succeeded
from core.jobs.lanes import Lane
from core.routing.route_plan import Fallbacks
from core.services.polling import Ticket, is_ordered
from core.video.record import read_settings_of
from core.video.request import Input, RenderRequest, Sampling
from core.video.terms import Role
from tests.core.routing.conftest import FIRST, LOCAL, SECOND, SecondCloud, Services, at

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import Terminal
    from core.jobs.job_record import JobRecord
    from core.studio import Studio
    from core.video.terms import FallbackTarget, Target

# The fake's memory never suffices for this one.
BROKE = "a broke ball"


def submitted(
    studio: Studio,
    *targets: FallbackTarget,
    target: Target = LOCAL,
    prompt: str = BROKE,
    inputs: tuple[Input, ...] = (),
) -> str:
    request = RenderRequest(target=target, prompt=prompt, sampling=Sampling(seed=5), inputs=inputs)
    planned = studio.plan(request, fallbacks=Fallbacks(targets, to_paid=True))
    return studio.submit_render(planned)


def outcome(studio: Studio, job_id: str) -> tuple[Terminal, JobRecord]:
    return studio.queue.run_job(job_id), studio.queue.job(job_id)


def test_what_does_not_fit_here_is_made_elsewhere_and_the_record_tells(
    studio: Studio, services: Services
) -> None:
    job_id = submitted(studio, at(FIRST), at(SECOND))
    assert studio.queue.job(job_id).lane is Lane.GPU
    ended, job = outcome(studio, job_id)
    assert isinstance(ended, Succeeded)
    assert (services.purchases, job.lane) == ((1, 0), Lane.CLOUD)
    record = read_settings_of(ended.path)
    assert record is not None
    assert (record.request.target, record.job_id) == (FIRST, job_id)
    assert [(one.target, one.reason) for one in record.passed_over] == [
        (LOCAL, "The fake ran out of memory.")
    ]
    assert job.notes[-2:] == (
        "Fake Small (fake/local/fake-small) was passed over: The fake ran out of memory.",
        "It goes on at Cloud Full (cloud/fake/cloud-full), $0.04.",
    )
    (purchase,) = studio.ledger.purchases()
    assert (purchase.target, purchase.counted_usd) == (str(FIRST), record.cost_usd)


@pytest.mark.parametrize("status", [401, 402, 429, 503])
def test_a_service_that_takes_no_order_is_passed_over(
    studio: Studio, services: Services, status: int
) -> None:
    services.first.habits.refuses = status
    ended, _ = outcome(studio, submitted(studio, at(SECOND), target=FIRST, prompt="a ball"))
    assert isinstance(ended, Succeeded)
    assert services.purchases == (0, 1)
    assert [one.target for one in studio.ledger.purchases()] == [str(SECOND)]


@pytest.mark.parametrize(("status", "kind"), [(451, "ContentRefused"), (400, "RenderFailed")])
def test_what_a_service_refuses_is_not_taken_to_another(
    studio: Studio, services: Services, status: int, kind: str
) -> None:
    services.first.habits.refuses = status
    ended, job = outcome(studio, submitted(studio, at(SECOND), target=FIRST, prompt="a ball"))
    assert isinstance(ended, Failed)
    assert ended.error.kind == kind
    assert (services.purchases, job.notes) == ((0, 0), ())
    assert studio.ledger.spent_usd() == 0


def test_nothing_goes_on_once_an_order_was_taken_even_one_that_is_not_charged(
    studio: Studio, services: Services
) -> None:
    services.first.habits.fails = True
    ended, _ = outcome(studio, submitted(studio, at(SECOND), target=FIRST, prompt="a ball"))
    assert isinstance(ended, Failed)
    assert services.second.purchases == 0


def test_nothing_goes_on_while_nobody_knows_whether_the_order_arrived(
    studio: Studio, services: Services
) -> None:
    services.first.habits.drops_answers = 1
    ended, job = outcome(studio, submitted(studio, at(SECOND), target=FIRST, prompt="a ball"))
    assert isinstance(ended, Failed)
    assert (ended.error.kind, job.ticket is None) == ("SubmitUnknown", False)
    again, _ = outcome(studio, studio.resume(job.id))
    assert isinstance(again, Failed)
    assert services.purchases == (1, 0)


def test_an_order_that_is_lost_later_is_not_bought_elsewhere(
    studio: Studio, services: Services
) -> None:
    services.first.habits.is_gone = True
    ended, _ = outcome(studio, submitted(studio, at(SECOND), target=FIRST, prompt="a ball"))
    assert isinstance(ended, Failed)
    assert services.purchases == (1, 0)


def test_a_cap_refuses_the_next_target_before_its_order(studio: Studio, services: Services) -> None:
    job_id = submitted(studio, at(FIRST), at(SECOND))
    cloud = CloudSettings(spending_cap_usd=0.01)
    studio.apply_settings(studio.settings.model_copy(update={"cloud": cloud}))
    ended, job = outcome(studio, job_id)
    assert isinstance(ended, Failed)
    assert ended.error.message == "The fake ran out of memory."
    assert services.purchases == (0, 0)
    assert len([note for note in job.notes if "would pass the month's cap" in note]) == 2
    assert studio.ledger.purchases() == []


def test_a_price_that_rose_over_its_limit_refuses_before_the_order(
    studio: Studio, services: Services
) -> None:
    job_id = submitted(studio, at(SECOND, 0.05), at(FIRST))
    provider = studio.registry.open(SECOND)
    assert isinstance(provider, SecondCloud)
    provider.risen_usd = 0.9
    ended, job = outcome(studio, job_id)
    assert isinstance(ended, Succeeded)
    assert services.purchases == (1, 0)
    assert any("It costs $0.90, which is over its limit" in note for note in job.notes)


def test_a_free_target_takes_the_purchase_of_the_one_before_it_out_of_the_ledger(
    studio: Studio, services: Services
) -> None:
    job_id = submitted(studio, at(LOCAL), target=FIRST, prompt="a ball")
    assert studio.ledger.spent_usd() > 0
    studio.registry.network.is_off = True
    ended, job = outcome(studio, job_id)
    assert isinstance(ended, Succeeded)
    assert (job.lane, services.purchases) == (Lane.GPU, (0, 0))
    assert studio.ledger.purchases() == []


def test_where_the_last_one_fails_its_error_is_told_and_those_before_in_notes(
    studio: Studio, services: Services
) -> None:
    services.first.habits.refuses = services.second.habits.refuses = 402
    ended, job = outcome(studio, submitted(studio, at(FIRST), at(SECOND)))
    assert isinstance(ended, Failed)
    assert "402" in ended.error.message
    assert len([note for note in job.notes if "was passed over" in note]) == 2
    assert studio.ledger.spent_usd() == 0


def test_what_is_resumed_goes_on_where_it_was_and_counts_once(
    studio: Studio, services: Services
) -> None:
    services.first.habits.refuses = 503
    ended, job = outcome(studio, submitted(studio, at(FIRST)))
    assert isinstance(ended, Failed)
    ended, _ = outcome(studio, studio.resume(job.id))
    assert isinstance(ended, Succeeded)
    assert services.purchases == (1, 0)
    assert [one.target for one in studio.ledger.purchases()] == [str(FIRST)]


def test_another_target_reads_the_files_that_were_stored_when_it_was_queued(
    studio: Studio, services: Services, tmp_path: Path
) -> None:
    image = tmp_path / "start.png"
    Image.new("RGB", (96, 64), "red").save(image)
    content = image.read_bytes()
    start = Input(role=Role.START, path=image)
    job_id = submitted(studio, at(FIRST), inputs=(start,))
    image.unlink()
    ended, _ = outcome(studio, job_id)
    assert isinstance(ended, Succeeded)
    assert list(services.first.uploads.values()) == [content]


def test_a_cancelled_render_goes_nowhere(studio: Studio, services: Services) -> None:
    job_id = submitted(studio, at(FIRST), prompt="a hang ball")
    studio.queue.cancel(job_id)
    ended, _ = outcome(studio, job_id)
    assert ended.event == "cancelled"
    assert services.purchases == (0, 0)


def test_an_id_that_is_chosen_here_is_no_order_before_the_service_has_taken_it() -> None:
    ticket = Ticket(attempt="a", remote="a", ordered_at=datetime.now(UTC))
    taken = ticket.model_copy(update={"is_taken": True})
    texts = (ticket.model_dump_json(), taken.model_dump_json(), "of another version")
    assert [is_ordered(text) for text in texts] == [False, True, True]
