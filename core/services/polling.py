"""One render at a service: ordered once, waited for, fetched; what money depends on is here.

The ticket is written down before the order goes out and again when the service has answered, so
that no crash, restart or broken line buys a clip twice or loses one.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from concurrent.futures import wait
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from core.errors import (
    AnswerLost,
    AuthFailed,
    ContentRefused,
    JobCancelled,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RenderFailed,
    ResultLost,
    SubmitUnknown,
    UnreadableClip,
)
from core.frozen import Frozen
from core.jobs.job import CancelToken, Charged, Notice, Progressed, StopReason
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.media.images import check_image
from core.services.previews import Previews
from core.services.service_client import MISREAD, Ended, Finished, RemoteOrder, Waiting
from core.video.rendered import Provenance, Rendered

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    from core.jobs.job import JobContext
    from core.media.ffmpeg import ClipFacts
    from core.services.service_client import ServiceClient
    from core.video.plan import RenderPlan

T = TypeVar("T")

_LONGEST_POLL_S = 10.0
# A question after each tenth of the time so far: whoever waits long is told hardly later.
_SLOWER = 1.1
_BACKOFF = 1.4
_JITTER = 0.2
_OUTAGE_S = 600.0
_ABORT_S = 5.0
_DOWNLOAD_TRIES = 5
_AWAITED_SHARE = 0.9
_LOOK_S = 0.2


class Ticket(Frozen):
    """A purchase as the job keeps it; `remote` is empty until the service has answered.

    Attributes:
        attempt: drawn before the order; services that know such keys are given it.
        remote: with which the service finds the render again.
        is_taken: whether the service has said that it took the order.
    """

    attempt: str
    remote: str = ""
    is_taken: bool = False
    ordered_at: datetime


class RemoteRender:
    """One job's render; `run` is called once."""

    def __init__(
        self,
        client: ServiceClient,
        plan: RenderPlan,
        ctx: JobContext,
        await_turn: Callable[[ServiceClient, CancelToken], None],
        poll_s: float,
        leave_s: float,
        proofs: Executor,
    ) -> None:
        """Asks nothing yet.

        Args:
            client: speaks to the service.
            plan: what is ordered, unless `ctx` has the ticket of an earlier order.
            ctx: of the job.
            await_turn: called before every call; waits, and refuses with the network off.
            poll_s: how long the first wait between two questions is.
            leave_s: how long the answer to the order is waited for once the program closes.
            proofs: where clips are decoded.
        """
        self._client = client
        self._plan = plan
        self._ctx = ctx
        self._await_turn = await_turn
        self._poll_s = poll_s
        self._leave_s = leave_s
        self._proofs = proofs
        self._previews = Previews(ctx.workdir)

    def run(self) -> Rendered:
        """Order the clip, or go on with what was ordered before, and fetch it."""
        ctx = self._ctx
        ticket = _read_ticket(ctx.ticket)
        if ticket is None:
            ticket = self._buy()
        try:
            if not ticket.remote:
                ticket = self._find_lost(ticket)
            finished = self._wait(ticket)
            return self._fetch(ticket, finished)
        except JobCancelled:
            if ctx.cancel.reason is StopReason.CANCEL:
                self._end(ticket)
            raise

    def _buy(self) -> Ticket:
        ctx, plan = self._ctx, self._plan
        ctx.report(Progressed(stage=Stage.ORDER, fraction=0.0))
        uploads: dict[Path, str] = {}
        sent = [item for item in plan.request.inputs if item.role not in self._client.not_sent]
        for path in dict.fromkeys(item.path for item in sent):
            uploads[path] = self._call(partial(self._client.upload, path))
        self._await_turn(self._client, ctx.cancel)
        ctx.cancel.check()
        attempt = uuid.uuid4().hex
        chosen = self._client.choose_id(attempt)
        ticket = Ticket(attempt=attempt, remote=chosen, ordered_at=datetime.now(UTC))
        ctx.save_ticket(ticket.model_dump_json())
        order = RemoteOrder(plan, attempt, uploads)
        try:
            return ctx.cancel.run(lambda: self._submit(order, ticket), grace_s=self._grace_s())
        except JobCancelled:
            if ctx.cancel.reason is StopReason.CANCEL:
                self._end(ticket)
            raise
        except SubmitUnknown as error:
            if chosen:
                # Whoever is asked for it by its id says whether it arrived.
                return ticket
            raise self._unknown(error) from error
        except MISREAD as error:
            raise self._unknown(self._client.http.bad_answer(repr(error))) from error
        except ProviderError:
            ctx.save_ticket(None)
            raise

    def _submit(self, order: RemoteOrder, ticket: Ticket) -> Ticket:
        remote = self._client.submit(order)
        ticket = ticket.model_copy(update={"remote": remote, "is_taken": True})
        # Here, so that an answer is not lost that comes when nobody waits for it any more.
        self._ctx.save_ticket(ticket.model_dump_json())
        return ticket

    def _grace_s(self) -> dict[StopReason, float]:
        """How long the answer to the order is awaited once the job is asked to stop."""
        if self._client.answers_late:
            waiting = f"Waiting for {self._plan.spec.label}"
            self._ctx.report(Progressed(stage=Stage.WAIT, message=waiting))
            # What comes is all there is of it: whoever closes gets it first, whoever cancels may
            # resume.
            return {StopReason.LEAVE: inf}
        # Whoever cancels has to know whether something was bought. Nor does a program stay for it
        # that is closed: the next start says what is not known.
        return {StopReason.CANCEL: inf, StopReason.LEAVE: self._leave_s}

    def _find_lost(self, ticket: Ticket) -> Ticket:
        """The ticket of an order whose answer never came, completed where the service can tell."""
        label, target = self._client.label, self._client.http.target
        remote = self._ask(lambda: self._client.find(ticket.attempt))
        if remote is None:
            lost = f"The answer of {label} was lost: the order may have arrived or not."
            raise self._unknown(SubmitUnknown(lost, target=target))
        if not remote:
            self._ctx.save_ticket(None)
            # Not ordered here and now: what it is made from, and the cap, are looked at first.
            raise ProviderUnavailable(
                f"The order never arrived at {label}, so nothing was bought.",
                target=target,
                hint="Resume the job: it orders the clip.",
            )
        ticket = ticket.model_copy(update={"remote": remote})
        self._ctx.save_ticket(ticket.model_dump_json())
        return ticket

    def _unknown(self, error: ProviderError) -> SubmitUnknown:
        job_id = self._ctx.job_id
        hint = (
            "Look into the account. If the render is there, give its id above the window's "
            f"jobs or to 'main.py jobs attach {job_id} ITS-ID', and it is fetched. If not, "
            f"order it again there or with 'main.py jobs buy-again {job_id}', or say that it never "
            f"arrived and no longer counts with 'main.py jobs never-arrived {job_id}'."
        )
        if self._client.answers_late:
            lost = (
                f"What was made is lost, since {self._client.label} keeps nothing; the account's "
                "usage says whether it was billed. Order it again above the window's jobs or with "
                f"'main.py jobs buy-again {job_id}', or say that it was not billed and no longer "
                f"counts with 'main.py jobs never-arrived {job_id}'."
            )
            return AnswerLost(error.message, target=error.target, hint=lost)
        return SubmitUnknown(error.message, target=error.target, hint=hint)

    def _wait(self, ticket: Ticket) -> Finished:
        ctx, wait_s = self._ctx, self._poll_s
        while True:
            ctx.cancel.check()
            state = self._ask(lambda: self._client.poll(ticket.remote))
            match state:
                case Finished(cost_usd=cost_usd):
                    if cost_usd is not None:
                        # At once: it is owed whether or not the file can be fetched.
                        ctx.report(Charged(cost_usd=cost_usd))
                    return state
                case Ended(error=error, is_charged=is_charged, cost_usd=cost_usd):
                    if cost_usd is not None:
                        ctx.report(Charged(cost_usd=cost_usd))
                    if is_charged is False:
                        ctx.save_ticket(None)
                    raise error
                case Waiting():
                    share = None if state.fraction is None else state.fraction * _AWAITED_SHARE
                    message = state.message or f"Waiting for {self._plan.spec.label}"
                    ctx.report(
                        Progressed(
                            stage=Stage.WAIT if state.step is None else Stage.DENOISE,
                            fraction=share,
                            message=message,
                            step=state.step,
                            steps=state.steps,
                            preview=self._preview(state),
                        )
                    )
                    ctx.cancel.wait(state.retry_after_s or _jittered(wait_s))
                    wait_s = min(wait_s * _SLOWER, _LONGEST_POLL_S)

    def _preview(self, state: Waiting) -> Path | None:
        """The newest picture of the clip so far, as a file in the job's folder."""
        if state.preview:
            self._previews.add(state.preview, state.preview_suffix)
        return self._previews.newest

    def _fetch(self, ticket: Ticket, finished: Finished) -> Rendered:
        ctx, client = self._ctx, self._client
        part = ctx.workdir / f"clip{finished.suffix}.part"
        clip: ClipFacts | None = None

        def on_bytes(have: int, total: int | None) -> None:
            fraction = _AWAITED_SHARE + (1 - _AWAITED_SHARE) * (have / total if total else 1.0)
            ctx.report(Progressed(stage=Stage.DOWNLOAD, fraction=fraction))

        for tries_left in reversed(range(_DOWNLOAD_TRIES)):
            try:
                self._call(lambda: client.download(finished.url, part, ctx.cancel, on_bytes))
                clip = self._proven(part)
            except UnreadableClip:
                # What came last is kept: only a readable one can be had by asking again.
                if tries_left:
                    part.unlink()
                    continue
            except ProviderError as error:
                if not error.retryable or not tries_left:
                    raise _leading_back(error) from error
                ctx.cancel.wait(_jittered(self._poll_s))
                continue
            break
        path = part.rename(part.with_suffix(""))
        facts = {"remote_id": ticket.remote, **finished.facts}
        return Rendered(
            path,
            Provenance(),
            finished.cost_usd,
            finished.seed,
            facts,
            finished.notes,
            clip=clip,
        )

    def _proven(self, part: Path) -> ClipFacts | None:
        """What the clip holds, None of an image; few are decoded at a time, however many arrive."""
        cancel = self._ctx.cancel
        proof = self._proofs.submit(_decoded, self._plan, part, cancel)
        while not wait([proof], _LOOK_S).done:
            # One that has begun looks at the token itself, and has the file open until then.
            if cancel.cancelled and proof.cancel():
                raise JobCancelled
        return proof.result()

    def _end(self, ticket: Ticket) -> None:
        """Tell the service that the render is not wanted, and the person what that costs."""
        client, ended = self._client, list[bool | None]()

        def tell() -> None:
            with suppress(ProviderError, *MISREAD):
                self._await_turn(client, CancelToken())
                remote = ticket.remote or client.find(ticket.attempt)
                if remote is not None:
                    ended.append(client.abort(remote) if remote else False)

        thread = threading.Thread(target=tell, name="abort", daemon=True)
        thread.start()
        thread.join(_ABORT_S)
        if ended == [False]:
            self._ctx.save_ticket(None)
        say = self._end_of_free if client.is_free else self._end_of_paid
        self._ctx.report(Notice(message=say(ended)))

    def _end_of_free(self, ended: list[bool | None]) -> str:
        label = self._client.label
        match ended:
            case [False]:
                return f"{label} has ended the render."
            case [True]:
                return (
                    f"{label} had finished the render before: 'main.py jobs resume "
                    f"{self._ctx.job_id}' fetches it."
                )
            case [None]:
                return f"{label} ends the render at its next step."
            case _:
                return f"{label} could not be told to end the render, which may go on there."

    def _end_of_paid(self, ended: list[bool | None]) -> str:
        label = self._client.label
        match ended:
            case [False]:
                return f"{label} has ended the render and charges nothing for it."
            case [True]:
                return (
                    f"{label} charges for the render all the same. If it was finished, "
                    f"'main.py jobs resume {self._ctx.job_id}' fetches it."
                )
            case [None]:
                return f"{label} has ended the render; it does not say whether it charges."
            case _:
                return (
                    f"{label} could not be told to end the render, which may go on and be charged."
                )

    def _ask(self, ask: Callable[[], T]) -> T:
        """The answer to a question that is asked again while failures may pass."""
        wait_s, began = self._poll_s, time.monotonic()
        while True:
            try:
                return self._call(ask)
            except ProviderError as error:
                if not error.retryable or time.monotonic() - began > _OUTAGE_S:
                    raise _leading_back(error) from error
                message = f"Asking again: {error.message}"
                self._ctx.report(Progressed(stage=Stage.WAIT, message=message))
                asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
                self._ctx.cancel.wait(asked_s or _jittered(wait_s))
                wait_s = min(wait_s * _BACKOFF, _LONGEST_POLL_S)

    def _call(self, call: Callable[[], T]) -> T:
        cancel = self._ctx.cancel
        self._await_turn(self._client, cancel)
        try:
            return cancel.run(call)
        except MISREAD as error:
            raise self._client.http.bad_answer(repr(error)) from error


def _decoded(plan: RenderPlan, part: Path, cancel: CancelToken) -> ClipFacts | None:
    return check_image(part) if plan.is_image else probe_clip(part, cancel)


def ticket_for(remote: str) -> str:
    """The ticket of a render that a person found in the account, by the id that it has there."""
    return Ticket(attempt="", remote=remote, ordered_at=datetime.now(UTC)).model_dump_json()


def remote_of(ticket: str) -> str:
    """What the service calls the render of a ticket; empty where that cannot be told."""
    try:
        # Some services are asked by a path, of which their own name is the end.
        return Ticket.model_validate_json(ticket).remote.rpartition("/")[2]
    except ValidationError:
        return ""


def is_ordered(ticket: str) -> bool:
    """Whether a service has taken the order of a ticket; what cannot be read counts as taken."""
    try:
        return Ticket.model_validate_json(ticket).is_taken
    except ValidationError:
        return True


def _read_ticket(text: str | None) -> Ticket | None:
    if text is None:
        return None
    try:
        return Ticket.model_validate_json(text)
    except ValidationError as error:
        raise ResultLost(
            "The ticket of this paid render was written by another version and cannot be read.",
            hint="Look into the account at the service, and attach the render by its id there.",
        ) from error


def _leading_back(error: ProviderError) -> ProviderError:
    """The error of a call about what was ordered already; its hint says how that is fetched."""
    match error:
        case RenderFailed() | ContentRefused():
            # Said of an order that a person may change; this one has been given.
            error.hint = "What was ordered is not lost by this: resume the job later to fetch it."
        case AuthFailed():
            error.hint += " Then resume the job: it fetches what was ordered and buys nothing."
        case ResultLost():
            error.hint += " Resuming the job asks for it once more and buys nothing."
        case _:
            pass
    return error


def _jittered(seconds: float) -> float:
    """About so long, so that jobs that began together do not ask together."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)
