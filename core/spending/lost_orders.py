"""Orders whose answer was lost, once a person has looked into the account and found none there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import JournalError
from core.jobs.job_record import JobState
from core.services.polling import is_ordered

if TYPE_CHECKING:
    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue
    from core.spending.caps import Purchase
    from core.spending.ledger import Ledger


def lost_order(queue: JobQueue, ledger: Ledger, text: str) -> JobRecord:
    """The job of which nobody here knows whether its order arrived.

    Args:
        queue: of all jobs.
        ledger: of all purchases.
        text: how the job's id begins.

    Raises:
        JournalError: no such job, or what became of its order is known, with what that is.
        SpendingError: the ledger cannot be read.
    """
    record = queue.job(text)
    if not record.state.has_ended:
        is_left = record.state is JobState.INTERRUPTED
        way = (
            f"'main.py jobs resume {record.id}' asks the service" if is_left else "Wait for its end"
        )
        raise JournalError(
            f"Job {record.id} is {record.state.value}: whether its order is lost is not known yet.",
            hint=f"{way}.",
        )
    if record.ticket is None:
        raise JournalError(
            f"Job {record.id} has no order of which something is unknown, so none counts for it."
        )
    bought = _purchase(ledger, record.id)
    if is_ordered(record.ticket) or (bought is not None and bought.charged_usd is not None):
        raise JournalError(
            f"The service took the order of job {record.id}, so it did arrive, and counts.",
            hint=f"'main.py jobs resume {record.id}' fetches what became of it.",
        )
    return record


def strike_lost_order(queue: JobQueue, ledger: Ledger, text: str) -> float | None:
    """Take a person's word that a lost order never arrived; gives what no longer counts.

    The job may then be resumed as one for which nothing was ordered yet: under the caps of that
    moment.

    Args:
        queue: of all jobs.
        ledger: of all purchases.
        text: how the job's id begins.

    Returns:
        US dollars; None where the price was not known, 0 where it cost nothing.

    Raises:
        JournalError: as `lost_order`; nothing is changed then.
        SpendingError: the ledger cannot be used.
    """
    record = lost_order(queue, ledger, text)
    bought = _purchase(ledger, record.id)
    # The ledger first: killed between the two, the same can be said again.
    ledger.release(record.id)
    queue.attach(record.id, None)
    return 0.0 if bought is None else bought.estimated_usd


def _purchase(ledger: Ledger, job_id: str) -> Purchase | None:
    return next((one for one in ledger.purchases() if one.job_id == job_id), None)
