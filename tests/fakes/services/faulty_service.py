"""A paid service on loopback in which anything may go wrong at any step, by a script.

It keeps books of what it makes, gives and asks money for, so that they can be held against ours.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.video.provider import ProviderEntry
from tests.fakes.services.cloud_provider import INFO, CloudClient, CloudProvider
from tests.fakes.services.cloud_server import KEY
from tests.fakes.services.stub_service import (
    Habits,
    Ordered,
    RemoteJob,
    StubHandler,
    StubService,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.services.service_client import RemoteOrder, RemoteState
    from core.services.service_http import ServiceHttp
    from core.video.provider import ProviderContext


class Step(StrEnum):
    """What the service is asked for, and REST: before the next run begins."""

    UPLOAD = "upload"
    ORDER = "order"
    FIND = "find"
    POLL = "poll"
    DOWNLOAD = "download"
    ABORT = "abort"
    REST = "rest"


class Kind(StrEnum):
    """What goes wrong, or happens, at a step."""

    UNREACHABLE = "the connection is refused"
    LOST = "the connection closes without a word"
    BAD_KEY = "401"
    NO_CREDIT = "402"
    FORBIDDEN = "403"
    INVALID = "422"
    TOO_MANY = "429"
    LATER = "429 with Retry-After"
    BROKEN = "500"
    DOWN = "503"
    PAGE = "a page of HTML"
    OTHER_KIND = "another content type"
    SLOW = "it drips"
    HALF = "it breaks off half-way"
    CUT = "it ends too early, as if it were whole"
    STRANGE = "a word, or an object, that nobody knows"
    CANCEL = "the person cancels"
    CLOSE = "the program is closed"


STATUSES = {
    Kind.BAD_KEY: 401,
    Kind.NO_CREDIT: 402,
    Kind.FORBIDDEN: 403,
    Kind.INVALID: 422,
    Kind.TOO_MANY: 429,
    Kind.LATER: 429,
    Kind.BROKEN: 500,
    Kind.DOWN: 503,
}
MOMENTS = (Kind.CANCEL, Kind.CLOSE)
# After these nobody can know what became of an order.
_AMBIGUOUS = (Kind.LOST, Kind.BROKEN, Kind.PAGE, Kind.HALF, Kind.CUT, Kind.STRANGE)
_LATER_S = 0.01


@dataclass(frozen=True)
class Fault:
    """Something that happens once, the next time that its step is reached.

    Attributes:
        arrives: whether what was asked was done all the same, where the answer does not say.
    """

    step: Step
    kind: Kind
    arrives: bool = True


FAULTS = (
    *(Fault(step, kind) for step in Step if step is not Step.REST for kind in Kind),
    *(Fault(step, kind, arrives=False) for step in (Step.ORDER, Step.ABORT) for kind in _AMBIGUOUS),
    Fault(Step.REST, Kind.CANCEL),
)


class Outcome(StrEnum):
    """What becomes of a render that is not ended before."""

    CLIP = "a clip"
    OTHER_SIZE = "a clip of another size"
    EMPTY = "a file without a byte"
    EXPIRED = "a file that cannot be had any more"
    REFUSED_FREE = "refused for its content, for nothing"
    REFUSED_CHARGED = "refused for its content, and charged"
    REFUSED_UNSAID = "refused for its content, and charged without a word of it"

    @property
    def is_made(self) -> bool:
        return not self.value.startswith("refused")

    @property
    def is_given(self) -> bool:
        return self in (Outcome.CLIP, Outcome.OTHER_SIZE)


@dataclass(frozen=True)
class Script:
    """All that happens to one job.

    Attributes:
        is_hasty: the person resumes a lost order before looking into the account.
    """

    outcome: Outcome
    faults: tuple[Fault, ...]
    polls_until_done: int = 1
    knows_attempts: bool = False
    charges_aborted: bool = False
    has_image: bool = False
    is_hasty: bool = False


@dataclass
class FaultyJob(RemoteJob):
    """One purchase and what became of it."""

    attempt: str = ""


@dataclass
class World:
    """One job's share of the service: its script, and the books about it.

    Attributes:
        list_usd: what a render costs by the price list; what it says of one that is made is more.
        on_moment: does what happens at a moment of a script.
        consumed: the faults that have happened.
        second: purchases accepted while an earlier one was still to be paid.
    """

    script: Script
    url: str
    closed_url: str
    list_usd: float = 0.0
    on_moment: Callable[[Kind], None] = lambda _: None
    jobs: dict[str, FaultyJob] = field(default_factory=dict)
    consumed: list[Fault] = field(default_factory=list)
    second: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._left = list(self.script.faults)

    def next(self, step: Step, *, unreachable: bool = False) -> Fault | None:
        """The fault that is next at a step, taken; those of closed doors are asked for apart."""
        with self._lock:
            fault = next((one for one in self._left if one.step is step), None)
            if fault is None or (fault.kind is Kind.UNREACHABLE) is not unreachable:
                return None
            self._left.remove(fault)
            self.consumed.append(fault)
            return fault

    def address(self, step: Step) -> str:
        """Where the service is to be found for this step: perhaps behind a closed door."""
        return self.closed_url if self.next(step, unreachable=True) else self.url

    def accept(self, body: dict[str, Any], attempt: str) -> dict[str, Any]:
        """Take an order."""
        with self._lock:
            self.second += any(self.bill_of(job) > 0 for job in self.jobs.values())
            name = f"remote-{len(self.jobs) + 1}"
            self.jobs[name] = FaultyJob(name, body, attempt=attempt)
        return {"id": name}

    def found(self, attempt: str) -> dict[str, Any]:
        """The purchases of an attempt, where such are remembered."""
        ids = [job.id for job in self.jobs.values() if job.attempt == attempt]
        return {"ids": ids if self.script.knows_attempts else None}

    def told(self, job: FaultyJob) -> dict[str, Any]:
        """How far a render is."""
        job.polls += 1
        charged: bool | None = self.bill_of(job) > 0
        if job.is_cancelled:
            return {"state": "failed", "error": "cancelled", "charged": charged}
        if not self.is_done(job):
            return {"state": "working", "done": min(0.9, job.polls / 10)}
        if self.script.outcome.is_made:
            url = f"{self.address(Step.DOWNLOAD)}/results/{job.id}"
            cost, seed = self.bill_of(job), job.body["seed"]
            return {"state": "done", "url": url, "cost": cost, "seed": seed}
        charged = None if self.script.outcome is Outcome.REFUSED_UNSAID else charged
        return {"state": "failed", "error": "we do not like it", "charged": charged}

    def abort(self, job: FaultyJob) -> dict[str, Any]:
        """End a render, where it is not done."""
        job.is_cancelled |= not self.is_done(job)
        return {"charged": self.bill_of(job) > 0}

    def is_done(self, job: FaultyJob) -> bool:
        return job.polls > self.script.polls_until_done and not job.is_cancelled

    def bill_of(self, job: FaultyJob) -> float:
        """What a purchase costs, once it has run its course."""
        if job.is_cancelled:
            return self.list_usd if self.script.charges_aborted else 0.0
        if self.script.outcome is Outcome.REFUSED_FREE:
            return 0.0
        return self.list_usd * (1.5 if self.script.outcome.is_made else 1.0)


@dataclass
class FaultyService(StubService[Habits, FaultyJob]):
    """The service; each job lives in a world of its own, below an address of its own.

    So what an earlier program left behind on its way never meets the script of another.
    """

    url: str = ""
    closed_url: str = ""
    worlds: dict[str, World] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def world(self, script: Script) -> Iterator[World]:
        """A world for one job, which is gone with it."""
        name = f"w{next(self.numbers)}"
        self.worlds[name] = World(script, f"{self.url}/{name}", f"{self.closed_url}/{name}")
        try:
            yield self.worlds[name]
        finally:
            del self.worlds[name]

    def file_of(self, world: World, job: FaultyJob) -> bytes:
        """The finished file, as its outcome is."""
        if world.script.outcome is Outcome.EMPTY:
            return b""
        self.habits.size = (128, 96) if world.script.outcome is Outcome.OTHER_SIZE else None
        return self.clip_of(job)

    @override
    def ordered(self, job: FaultyJob) -> Ordered:
        body = job.body
        size, fps, frames = (body["width"], body["height"]), body["fps"], body["frames"]
        return Ordered(*size, fps, frames, seed=body["seed"], has_audio=body["audio"])


class _Handler(StubHandler[FaultyService]):
    @override
    def get(self) -> None:
        match self._place():
            case world, ["attempts", attempt]:
                self._serve(world, Step.FIND, lambda: world.found(attempt))
            case world, ["jobs", name]:
                self._serve(world, Step.POLL, lambda: world.told(world.jobs[name]))
            case world, ["results", name]:
                self._give(world, world.jobs[name])
            case _:
                self.say(404, {"error": "no such place"})

    @override
    def post(self) -> None:
        body = self.body()
        match self._place():
            case world, ["jobs"]:
                attempt = self.headers["X-Attempt"]
                self._serve(world, Step.ORDER, lambda: world.accept(json.loads(body), attempt))
            case world, ["jobs", name, "cancel"]:
                self._serve(world, Step.ABORT, lambda: world.abort(world.jobs[name]))
            case world, ["files"]:
                place = {"put": f"{world.url}/storage/file", "address": "file"}
                self._serve(world, Step.UPLOAD, lambda: place)
            case _:
                self.say(404, {"error": "no such place"})

    @override
    def put(self) -> None:
        self.body()
        self.say(200, {})

    def _place(self) -> tuple[World, list[str]]:
        name, *rest = self.path.strip("/").split("/")
        return self.service.worlds[name], rest

    def _serve(self, world: World, step: Step, effect: Callable[[], dict[str, Any]]) -> None:
        fault = world.next(step)
        kind = None if fault is None else fault.kind
        if self._has_refused(kind):
            return
        if kind is not None and kind in MOMENTS:
            world.on_moment(kind)
        answer = effect() if fault is None or fault.arrives else {}
        content = json.dumps(answer).encode()
        match kind:
            case Kind.LOST:
                self.close_connection = True
            case Kind.BROKEN:
                self.say(500, self.complaint("broken"))
            case Kind.STRANGE:
                self.say(200, {"state": "pondering", "mood": "grey"})
            case Kind.CUT:
                self.send(200, content[: len(content) // 2], "application/json")
            case _:
                self._send_oddly(kind, content)

    def _give(self, world: World, job: FaultyJob) -> None:
        fault = world.next(Step.DOWNLOAD)
        kind = None if fault is None else fault.kind
        if "Authorization" in self.headers:
            self.say(400, self.complaint("the key has no business here"))
        elif self._has_refused(kind):
            return
        elif world.script.outcome is Outcome.EXPIRED:
            self.say(404, self.complaint("gone"))
        elif kind is Kind.BROKEN:
            self.say(500, self.complaint("broken"))
        elif kind is Kind.STRANGE:
            # As of a file that became another one: what is missing of it cannot be told.
            self.say(416, self.complaint("no such part"))
        else:
            begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
            rest = self.service.file_of(world, job)[begin:]
            if kind is Kind.CUT:
                self.send(200, rest[: len(rest) // 2], "video/mp4")
                return
            # An empty rest is no part of anything.
            self._send_oddly(kind, rest, 206 if begin and rest else 200, world)

    def _has_refused(self, kind: Kind | None) -> bool:
        """Whether the request was answered by a status that says that nothing was done."""
        if kind is None or kind is Kind.BROKEN or kind not in STATUSES:
            return False
        later = {"Retry-After": f"{_LATER_S:g}"} if kind is Kind.LATER else {}
        self.say(STATUSES[kind], self.complaint("no"), later)
        return True

    def _send_oddly(
        self, kind: Kind | None, content: bytes, status: int = 200, world: World | None = None
    ) -> None:
        """The content as it is, or as a page, in drops, half of it, or with something between."""
        if kind is Kind.PAGE:
            self.send(status, b"<html><body>Sign in first</body></html>", "text/html")
            return
        if kind is Kind.LOST:
            self.close_connection = True
            return
        half = len(content) // 2
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if kind is Kind.OTHER_KIND else "video/mp4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:half])
        if kind is Kind.HALF:
            self.close_connection = True
            return
        if kind is Kind.SLOW:
            time.sleep(0.002)
        if kind is not None and kind in MOMENTS and world is not None:
            world.on_moment(kind)
        self.wfile.write(content[half:])


class FaultyClient(CloudClient):
    """The client of the example, which now and then finds the door closed."""

    def __init__(self, world: World, target: str, http: ServiceHttp) -> None:
        super().__init__(target, KEY, world.url)
        self.http = http
        self._world = world

    @override
    def upload(self, file: Path) -> str:
        self._url = self._world.address(Step.UPLOAD)
        return super().upload(file)

    @override
    def submit(self, order: RemoteOrder) -> str:
        self._url = self._world.address(Step.ORDER)
        return super().submit(order)

    @override
    def find(self, attempt: str) -> str | None:
        self._url = self._world.address(Step.FIND)
        return super().find(attempt)

    @override
    def poll(self, remote: str) -> RemoteState:
        self._url = self._world.address(Step.POLL)
        return super().poll(remote)

    @override
    def abort(self, remote: str) -> bool | None:
        self._url = self._world.address(Step.ABORT)
        return super().abort(remote)


class FaultyProvider(CloudProvider):
    """Its questions follow one another at once."""

    poll_s = 0.0

    def __init__(self, context: ProviderContext, world: World, http: ServiceHttp) -> None:
        super().__init__(context, world.url)
        self._world = world
        self._http = http

    @override
    def client(self, target: str, key: str) -> FaultyClient:
        return FaultyClient(self._world, target, self._http)


def faulty_entry(world: World, http: ServiceHttp) -> ProviderEntry:
    """The line of the registration list, for one job."""
    return ProviderEntry(INFO, partial(FaultyProvider, world=world, http=http))


@contextmanager
def faulty_service(folder: Path) -> Iterator[FaultyService]:
    """The service, running on a free port of loopback, and a port at which nobody listens."""
    service = FaultyService(folder, Habits())
    with socket.socket() as closed, serving(service, _Handler) as service.url:
        closed.bind(("127.0.0.1", 0))
        service.closed_url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        yield service
