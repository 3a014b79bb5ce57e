"""A provider of remote renders: a table of models, and the client that speaks to its service."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from core.errors import NotConfigured, ProviderError
from core.video.provider import ModelChoice, NotReady, Ready, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Generator
    from concurrent.futures import Executor

    from core.config.api_keys import KeySpec
    from core.jobs.job import CancelToken, JobContext
    from core.services.service_client import ServiceClient
    from core.services.webhooks import WebhookCheck
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, ProviderInfo, Readiness, ServiceNews
    from core.video.rendered import Rendered
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec
    from core.video.terms import Target

_LOOK_S = 0.2
_PROOFS_AT_ONCE = 2


class PollingProvider(ABC):
    """Orders clips of a service and fetches them when they are done.

    Each list of models opens it, so that it knows its client only once something is asked of the
    service.
    """

    info: ProviderInfo
    specs: tuple[ModelSpec, ...]
    store: None = None
    trainer: None = None
    enhancer: None = None
    poll_s: float = 1.0
    """How long the first wait between two questions is; the next ones are longer."""
    leave_s: float = 5.0
    """How long the answer to an order is waited for once the program closes."""
    gap_s: float = 0.0
    """The least time between two calls of any job; what the service allows."""
    most_at_once: int | None = None
    """How many renders an account may have at a time; None where the service sets no such end."""

    def __init__(self, context: ProviderContext) -> None:
        self._context = context
        self._limiter = Limiter(self.gap_s)
        self._proofs: Executor | None = None
        self._opening = threading.Lock()
        self._places = threading.Semaphore(self.most_at_once) if self.most_at_once else None

    def _proof_threads(self) -> Executor:
        """Those that decode what came, shared by all renders."""
        with self._opening:
            if self._proofs is None:
                # Imported late: only a render pays for it.
                from concurrent.futures import ThreadPoolExecutor

                # Memory stays with the thread that decoded: few threads hold little of it.
                self._proofs = ThreadPoolExecutor(_PROOFS_AT_ONCE, thread_name_prefix="proof")
            return self._proofs

    @property
    def uses_network(self) -> bool:
        """A service is elsewhere."""
        return True

    @abstractmethod
    def client(self, target: str, key: str) -> ServiceClient:
        """What speaks to the service with this key; `target` in its text form, for errors."""

    def models(self) -> tuple[ModelSpec, ...]:
        """The table, best first."""
        return self.specs

    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The first model of the table that takes the files and does this kind of work."""
        # Imported late: a list of models looks at no inputs.
        from core.video.inputs import limit_problems

        specs = self.models()
        # One that does the work but does not take a file says which, and another one would not.
        doing = [spec for spec in specs if request.task in spec.tasks] or [*specs]
        able = (spec.id for spec in doing if not limit_problems(request, spec))
        return ModelChoice(next(able, doing[0].id))

    def check(self, target: Target) -> Readiness:
        """Whether the key is there."""
        for key in self.info.keys:
            if not self._context.keys.is_set(key):
                return NotReady(
                    ReasonCode.KEY_MISSING,
                    f"Renders at {self.info.label} need its key.",
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

    def refresh(self) -> None:  # noqa: B027 - few services tell more than their table
        """Nothing: the table says all that is known."""

    def learn(self, model: str) -> None:  # noqa: B027 - few services have more than they list
        """Nothing: the table has all that there is."""

    def ask_anew(self) -> ServiceNews | None:
        """Nothing: the table says all that is known."""
        return None

    def webhook_check(self) -> WebhookCheck | None:
        """What tells the service's own calls from others; None where it makes none.

        Raises:
            NotConfigured: its key, or a package that this takes, is missing.
        """
        return None

    def check_key(self, key: KeySpec) -> Readiness:
        """Ask the service."""
        found = self._context.keys.find(key)
        if found is None:
            return NotReady(
                ReasonCode.KEY_MISSING, f"The {key.label} key is not set.", f"Get it at {key.url}."
            )
        try:
            self.client(self.info.id, found.value).test_key()
        except ProviderError as error:
            # Its hint may speak of a job, and there is none here.
            fix = "Try it again later." if error.retryable else error.hint
            return NotReady(ReasonCode.KEY_MISSING, error.message, fix)
        return Ready(note=f"{self.info.label} accepts the key.")

    def close(self) -> None:  # noqa: B027 - a provider with a client of its own closes it
        """Nothing stays open between two calls."""

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Order the clip, or go on with what was ordered before, and fetch it."""
        # Imported late: only who orders something pays for it.
        from core.services.polling import RemoteRender

        with self._place(ctx), closing(self.client_for(plan, ctx)) as client:
            if ctx.ticket is None:
                plan = self.prepare(plan, ctx)
            turn, proofs = self._await_turn, self._proof_threads()
            render = RemoteRender(client, plan, ctx, turn, self.poll_s, self.leave_s, proofs)
            return render.run()

    def client_for(self, plan: RenderPlan, ctx: JobContext) -> ServiceClient:
        """What speaks to the service for one render."""
        return self.client(str(plan.target), self._key(plan))

    def prepare(self, plan: RenderPlan, ctx: JobContext) -> RenderPlan:
        """The plan as it is ordered, its files as the service takes them; here as it is."""
        return plan

    @contextmanager
    def _place(self, ctx: JobContext) -> Generator[None]:
        """One of the renders that the service makes at a time, once there is room for it."""
        places = self._places
        if places is None:
            yield
            return
        if not places.acquire(blocking=False):
            # Imported late, as what renders is.
            from core.jobs.job import Progressed
            from core.jobs.lanes import Stage

            most = f"{self.info.label} makes {self.most_at_once} clips at a time"
            ctx.report(Progressed(stage=Stage.WAIT, message=f"Waiting for room: {most}"))
            while not places.acquire(blocking=False):
                ctx.cancel.wait(_LOOK_S)
        try:
            yield
        finally:
            places.release()

    def _key(self, plan: RenderPlan) -> str:
        if not self.info.keys:
            return ""
        then = ", then resume the job"
        return self.find_key(f"{plan.spec.label} needs a key", str(plan.target), then)

    def find_key(self, what: str, target: str, then: str = "") -> str:
        """The service's key.

        Raises:
            NotConfigured: none is set, and `what`, such as "A model needs a key", cannot be done.
        """
        key = self.info.keys[0]
        found = self._context.keys.find(key)
        if found is None:
            raise NotConfigured(
                f"{what} of {key.label}, and none is set.",
                target=target,
                hint=f"Set it by 'main.py keys set {key.id}'{then}.",
            )
        return found.value

    def _await_turn(self, client: ServiceClient, cancel: CancelToken) -> None:
        self._limiter.wait(cancel)
        if client.uses_network:
            self._context.network.check(f"{client.label} is not asked", target=client.http.target)


class Limiter:
    """Keeps the calls of all jobs of a service apart."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, cancel: CancelToken) -> None:
        """Wait for this call's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap_s
        if turn > now:
            cancel.wait(turn - now)
