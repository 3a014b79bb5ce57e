"""What every service has in common that takes an order and gives the clip later.

A provider of this kind is a table of models and a few short methods: `service`, `submit`, `poll`,
`abort`, `test_key` and, where inputs have to lie with the service first, `upload`. Everything that
money depends on is here: the ticket is written down before the order goes out and again when the
service has answered, so that no crash, restart or broken line buys a clip twice or loses one.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from core.errors import (
    JobCancelled,
    NotConfigured,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    ResultLost,
    SubmitUnknown,
    UnreadableClip,
)
from core.frozen import Frozen
from core.jobs.job import CancelToken, Charged, Notice, Progressed, StopReason
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.services.service_http import Limiter
from core.video.provider import (
    ModelChoice,
    NotReady,
    Provenance,
    Ready,
    ReasonCode,
    Rendered,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.config.api_keys import KeySpec
    from core.jobs.job import JobContext
    from core.services.service_http import ServiceHttp
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, ProviderInfo, Readiness
    from core.video.request import RenderRequest, Target
    from core.video.spec import ModelSpec

T = TypeVar("T")

_LONGEST_POLL_S = 10.0
_SLOWER = 1.4
_JITTER = 0.2
_OUTAGE_S = 600.0
_ABORT_S = 5.0
_DOWNLOAD_TRIES = 5
_AWAITED_SHARE = 0.9
# What reading an answer raises in which something is missing or of another kind.
_MISREAD = (KeyError, IndexError, TypeError, ValueError)


class Ticket(Frozen):
    """A purchase as the job keeps it; `remote` is empty until the service has answered.

    Attributes:
        attempt: drawn before the order; services that know such keys are given it.
        remote: with which the service finds the render again.
    """

    attempt: str
    remote: str = ""
    ordered_at: datetime


@dataclass(frozen=True)
class RemoteOrder:
    """What is to be ordered: the plan, and by path where its inputs lie with the service."""

    plan: RenderPlan
    attempt: str
    uploads: Mapping[Path, str]


@dataclass(frozen=True)
class Waiting:
    """The service is not done; `fraction` None where it does not say how far it is."""

    fraction: float | None = None
    message: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Finished:
    """The service is done.

    Attributes:
        url: of the file.
        suffix: of its kind, such as ".mp4".
        cost_usd: what the service asks for; None where it does not say.
        seed: what it took, where it says so.
        facts: what else it tells of this render.
    """

    url: str
    suffix: str = ".mp4"
    cost_usd: float | None = None
    seed: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Ended:
    """The service made nothing; `is_charged` None where it does not say whether it charges."""

    error: ProviderError
    is_charged: bool | None = None


RemoteState = Waiting | Finished | Ended


class PollingProvider(ABC):
    """A provider of remote renders; see the module's own words."""

    info: ProviderInfo
    specs: tuple[ModelSpec, ...]
    store: None = None
    trainer: None = None
    enhancer: None = None
    poll_s: float = 1.0
    """How long the first wait between two questions is; the next ones are longer."""
    gap_s: float = 0.0
    """The least time between two calls of any job; what the service allows."""

    def __init__(self, context: ProviderContext) -> None:
        self._context = context
        self._limiter = Limiter(self.gap_s)

    @abstractmethod
    def submit(self, service: ServiceHttp, order: RemoteOrder) -> str:
        """Order it by exactly one POST; gives what the service finds it by.

        Raises:
            SubmitUnknown: there is no telling whether the order arrived.
            ProviderError: it was refused, so nothing was bought.
        """

    @abstractmethod
    def poll(self, service: ServiceHttp, remote: str) -> RemoteState:
        """How far a render is.

        Raises:
            ProviderError: `retryable` where asking again may help.
        """

    @abstractmethod
    def abort(self, service: ServiceHttp, remote: str) -> bool | None:
        """End a render; whether the service asks for money all the same, None where unknown.

        Raises:
            ProviderError: the service could not be told.
        """

    @abstractmethod
    def service(self, target: str, key: str) -> ServiceHttp:
        """The way to speak to the service with this key."""

    def upload(self, service: ServiceHttp, file: Path) -> str:
        """Put an input where the service reads it; gives its address there."""
        raise NotConfigured(
            f"{self.info.label} takes no files.",
            target=service.target,
            hint="Leave the input out, or choose another model.",
        )

    def find(self, service: ServiceHttp, attempt: str) -> str | None:
        """The render of an attempt whose answer was lost.

        Empty where the service knows that there is none; None where it cannot tell.
        """
        return None

    @abstractmethod
    def test_key(self, service: ServiceHttp) -> None:
        """Ask something that costs nothing and needs the key.

        Raises:
            ProviderError: the key does not suffice.
        """

    def models(self) -> tuple[ModelSpec, ...]:
        """The table, best first."""
        return self.specs

    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The first model of the table."""
        return ModelChoice(self.specs[0].id)

    def check(self, target: Target) -> Readiness:
        """Whether the key is there."""
        for key in self.info.keys:
            if self._context.keys.find(key) is None:
                return NotReady(
                    ReasonCode.KEY_MISSING,
                    f"{self.info.label} needs a key of {key.label}.",
                    f"Run 'main.py keys set {key.id}', or set {key.variables[0]}. Get one at "
                    f"{key.url}.",
                )
        return Ready()

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan as it is: memory is the service's affair."""
        return plan

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """Nothing: memory is the service's affair."""
        return None

    def refresh_prices(self) -> None:  # noqa: B027 - few services tell their prices
        """Nothing: the table says what it costs."""

    def check_key(self, key: KeySpec) -> Readiness:
        """Ask the service."""
        found = self._context.keys.find(key)
        if found is None:
            return NotReady(
                ReasonCode.KEY_MISSING, f"The {key.label} key is not set.", f"Get it at {key.url}."
            )
        try:
            self.test_key(self.service(self.info.id, found.value))
        except ProviderError as error:
            return NotReady(ReasonCode.KEY_MISSING, error.message, error.hint)
        return Ready(note=f"{self.info.label} accepts the key.")

    def close(self) -> None:  # noqa: B027 - a provider with a client of its own closes it
        """Nothing stays open between two calls."""

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Order the clip, or go on with what was ordered before, and fetch it."""
        service = self.service(str(plan.target), self._key(plan))
        ticket = _read_ticket(ctx.ticket)
        if ticket is None:
            ticket = self._buy(service, plan, ctx)
        try:
            if not ticket.remote:
                ticket = self._find_lost(service, ticket, ctx)
            finished = self._wait(service, ticket, plan, ctx)
            path = self._fetch(service, finished, ctx)
        except JobCancelled:
            if ctx.cancel.reason is StopReason.CANCEL:
                self._end(service, ticket, ctx)
            raise
        facts = {"remote_id": ticket.remote, **finished.facts}
        return Rendered(path, Provenance(), finished.cost_usd, finished.seed, facts)

    def _key(self, plan: RenderPlan) -> str:
        if not self.info.keys:
            return ""
        key = self.info.keys[0]
        found = self._context.keys.find(key)
        if found is None:
            raise NotConfigured(
                f"{plan.spec.label} needs a key of {key.label}, and none is set.",
                target=str(plan.target),
                hint=f"Set it by 'main.py keys set {key.id}', then resume the job.",
            )
        return found.value

    def _buy(self, service: ServiceHttp, plan: RenderPlan, ctx: JobContext) -> Ticket:
        ctx.report(Progressed(stage=Stage.ENCODE, fraction=0.0, message="Sending the order"))
        uploads: dict[Path, str] = {}
        for path in dict.fromkeys(item.path for item in plan.request.inputs):
            upload = partial(self.upload, service, path)
            uploads[path] = self._call(service, ctx.cancel, upload)
        self._await_turn(service, ctx.cancel)
        ctx.cancel.check()
        ticket = Ticket(attempt=uuid.uuid4().hex, ordered_at=datetime.now(UTC))
        ctx.save_ticket(ticket.model_dump_json())
        try:
            # Not left behind by a cancel: whether something was bought has to be known.
            remote = self.submit(service, RemoteOrder(plan, ticket.attempt, uploads))
        except SubmitUnknown as error:
            raise self._unknown(error, ctx) from error
        except _MISREAD as error:
            raise self._unknown(service.bad_answer(repr(error)), ctx) from error
        except ProviderError:
            ctx.save_ticket(None)
            raise
        ticket = ticket.model_copy(update={"remote": remote})
        ctx.save_ticket(ticket.model_dump_json())
        return ticket

    def _find_lost(self, service: ServiceHttp, ticket: Ticket, ctx: JobContext) -> Ticket:
        """The ticket of an order whose answer never came, completed where the service can tell."""
        remote = self._ask(service, ctx, lambda: self.find(service, ticket.attempt))
        if remote is None:
            lost = f"The answer of {self.info.label} was lost: the order may have arrived or not."
            raise self._unknown(SubmitUnknown(lost, target=service.target), ctx)
        if not remote:
            ctx.save_ticket(None)
            # Not ordered here and now: what it is made from, and the cap, are looked at first.
            raise ProviderUnavailable(
                f"The order never arrived at {self.info.label}, so nothing was bought.",
                target=service.target,
                hint="Resume the job: it orders the clip.",
            )
        ticket = ticket.model_copy(update={"remote": remote})
        ctx.save_ticket(ticket.model_dump_json())
        return ticket

    def _unknown(self, error: ProviderError, ctx: JobContext) -> SubmitUnknown:
        return SubmitUnknown(
            error.message,
            target=error.target,
            hint="Look into the account. If the render is there, give its id above the window's "
            f"jobs or to 'main.py jobs attach {ctx.job_id} ITS-ID', and it is fetched. If not, "
            f"order it again there or with 'main.py jobs buy-again {ctx.job_id}'.",
        )

    def _wait(
        self, service: ServiceHttp, ticket: Ticket, plan: RenderPlan, ctx: JobContext
    ) -> Finished:
        wait_s = self.poll_s
        while True:
            ctx.cancel.check()
            state = self._ask(service, ctx, lambda: self.poll(service, ticket.remote))
            match state:
                case Finished(cost_usd=cost_usd):
                    if cost_usd is not None:
                        # At once: it is owed whether or not the file can be fetched.
                        ctx.report(Charged(cost_usd=cost_usd))
                    return state
                case Ended(error=error, is_charged=is_charged):
                    if is_charged is False:
                        ctx.save_ticket(None)
                    raise error
                case Waiting():
                    share = None if state.fraction is None else state.fraction * _AWAITED_SHARE
                    message = state.message or f"Waiting for {plan.spec.label}"
                    ctx.report(Progressed(stage=Stage.DENOISE, fraction=share, message=message))
                    ctx.cancel.wait(state.retry_after_s or _jittered(wait_s))
                    wait_s = min(wait_s * _SLOWER, _LONGEST_POLL_S)

    def _fetch(self, service: ServiceHttp, finished: Finished, ctx: JobContext) -> Path:
        part = ctx.workdir / f"clip{finished.suffix}.part"

        def on_bytes(have: int, total: int | None) -> None:
            fraction = _AWAITED_SHARE + (1 - _AWAITED_SHARE) * (have / total if total else 1.0)
            ctx.report(Progressed(stage=Stage.DOWNLOAD, fraction=fraction))

        for tries_left in reversed(range(_DOWNLOAD_TRIES)):
            try:
                self._call(
                    service,
                    ctx.cancel,
                    lambda: service.download(finished.url, part, ctx.cancel, on_bytes),
                )
                probe_clip(part, ctx.cancel)
            except UnreadableClip:
                # What came last is kept: only a readable one can be had by asking again.
                if tries_left:
                    part.unlink()
                    continue
            except ProviderError as error:
                if not error.retryable or not tries_left:
                    raise
                ctx.cancel.wait(_jittered(self.poll_s))
                continue
            break
        return part.rename(part.with_suffix(""))

    def _end(self, service: ServiceHttp, ticket: Ticket, ctx: JobContext) -> None:
        """Tell the service that the render is not wanted, and the person what that costs."""
        ended: list[bool | None] = []

        def tell() -> None:
            with suppress(ProviderError, *_MISREAD):
                self._await_turn(service, CancelToken())
                remote = ticket.remote or self.find(service, ticket.attempt)
                if remote is not None:
                    ended.append(self.abort(service, remote) if remote else False)

        thread = threading.Thread(target=tell, name="abort", daemon=True)
        thread.start()
        thread.join(_ABORT_S)
        label = self.info.label
        match ended:
            case [False]:
                ctx.save_ticket(None)
                message = f"{label} has ended the render and charges nothing for it."
            case [True]:
                message = (
                    f"{label} charges for the render all the same. If it was finished, 'main.py "
                    f"jobs resume {ctx.job_id}' fetches it."
                )
            case [None]:
                message = f"{label} has ended the render; it does not say whether it charges."
            case _:
                message = (
                    f"{label} could not be told to end the render, which may go on and be charged."
                )
        ctx.report(Notice(message=message))

    def _ask(self, service: ServiceHttp, ctx: JobContext, ask: Callable[[], T]) -> T:
        """The answer to a question that is asked again while failures may pass."""
        wait_s, began = self.poll_s, time.monotonic()
        while True:
            try:
                return self._call(service, ctx.cancel, ask)
            except ProviderError as error:
                if not error.retryable or time.monotonic() - began > _OUTAGE_S:
                    raise
                asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
                ctx.cancel.wait(asked_s or _jittered(wait_s))
                wait_s = min(wait_s * _SLOWER, _LONGEST_POLL_S)

    def _call(self, service: ServiceHttp, cancel: CancelToken, call: Callable[[], T]) -> T:
        self._await_turn(service, cancel)
        try:
            return cancel.run(call)
        except _MISREAD as error:
            raise service.bad_answer(repr(error)) from error

    def _await_turn(self, service: ServiceHttp, cancel: CancelToken) -> None:
        self._limiter.wait(cancel)
        self._context.network.check(f"{self.info.label} is not asked", target=service.target)


def ticket_for(remote: str) -> str:
    """The ticket of a render that a person found in the account, by the id that it has there."""
    return Ticket(attempt="", remote=remote, ordered_at=datetime.now(UTC)).model_dump_json()


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


def _jittered(seconds: float) -> float:
    """About so long, so that jobs that began together do not ask together."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)
