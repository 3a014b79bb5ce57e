"""Calls by which services say that a render has ended: who may be believed, and what it wakes."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from typing_extensions import override

from core.errors import Problem, ProviderError, StudioError, UnsupportedRequest
from core.jobs.job_record import JobState
from core.services.polling import remote_of
from core.video.record import read_settings_of
from core.video.render import KIND, RenderPayload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.jobs.job_record import JobRecord
    from core.jobs.queue import JobQueue

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000
TOLERANCE_S = 300.0
"""How far the time of a call may be from the time here."""
_READ_WITHIN_S = 10.0
_MOST_DIGITS = 15


class WebhookRefused(Exception):
    """A call that is not believed; the text says why, and repeats nothing of it."""


@dataclass(frozen=True)
class WebhookCall:
    """A call that a service itself has made.

    Attributes:
        id: of this very message; whoever sends it again sends the same.
        remote: what the service calls the render.
    """

    id: str
    remote: str


class WebhookCheck(ABC):
    """Tells the calls of one service from those of anybody else."""

    @abstractmethod
    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> WebhookCall:
        """What a call says, if the service has made it.

        Args:
            headers: by names of which the case is of no account.
            body: as it came, byte for byte.
            now: in seconds, as `time.time` has them.

        Raises:
            WebhookRefused: it is another's, or too old.
            ProviderError: the service cannot be asked what its calls are checked with.
        """


def check_age(timestamp: str, now: float) -> None:
    """Do nothing for a call of just now.

    Raises:
        WebhookRefused: its time is none, or too far from the time here.
    """
    if not _is_number(timestamp):
        raise WebhookRefused("It says no time.")
    if abs(now - int(timestamp)) > TOLERANCE_S:
        raise WebhookRefused("It is too old, or the clock here is wrong.")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


@dataclass(frozen=True)
class Reply:
    """What a caller is answered: a status of HTTP, and a sentence."""

    status: int
    message: str


class WebhookReceiver:
    """Takes calls, and lets the jobs whose renders have ended fetch their clips."""

    def __init__(
        self,
        checks: Mapping[str, WebhookCheck],
        queue: JobQueue,
        resume: Callable[[str], str],
        now: Callable[[], float] = time.time,
    ) -> None:
        """Opens no port.

        Args:
            checks: by the place that is called, such as "ltx-video/fal".
            queue: where the jobs are looked for.
            resume: puts a job back in line, by its id.
            now: the time in seconds.
        """
        self._checks = dict(checks)
        self._queue = queue
        self._resume = resume
        self._now = now
        self._taken: dict[str, float] = {}
        self._lock = threading.Lock()

    def receive(self, place: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Check one call and do what follows from it."""
        check = self._checks.get(place)
        if check is None:
            return Reply(404, "Nobody is called here.")
        now = self._now()
        try:
            call = check.verify(headers, body, now)
        except WebhookRefused as error:
            return Reply(401, str(error))
        except ProviderError as error:
            log.warning("a call of %s cannot be checked: %s", place, error)
            return Reply(503, "It cannot be checked now.")
        with self._lock:
            self._taken = {one: at for one, at in self._taken.items() if now - at < 2 * TOLERANCE_S}
            if call.id in self._taken:
                return Reply(409, "It came before.")
            reply = self._wake(place, call.remote)
            if reply.status < 300:
                # What was refused may come again: its job may not have been written down yet.
                self._taken[call.id] = now
        return reply

    def _wake(self, place: str, remote: str) -> Reply:
        try:
            record = self._find(place, remote)
            if record is None:
                return Reply(404, "No job here has ordered this render.")
            if record.state not in (JobState.INTERRUPTED, JobState.FAILED):
                return Reply(200, f"Its job is {record.state.value}.")
            self._resume(record.id)
        except StudioError as error:
            log.warning("a call of %s wakes no job: %s", place, error)
            return Reply(503, "Its job cannot be taken up now.")
        return Reply(200, "Its job fetches it.")

    def _find(self, place: str, remote: str) -> JobRecord | None:
        """The job that has ordered a render at this place."""
        for record in reversed(self._queue.jobs()):
            if record.kind != KIND or _ordered_at(record) != place:
                continue
            if _remote_of(record) == remote:
                return record
        return None


def _ordered_at(record: JobRecord) -> str:
    target = RenderPayload.model_validate_json(record.payload).plan.target
    return f"{target.provider}/{target.deployment}"


def _remote_of(record: JobRecord) -> str:
    """What the service calls a job's render; a job that is done has it in its clip's record."""
    if record.ticket is not None:
        return remote_of(record.ticket)
    made = None if record.path is None else read_settings_of(record.path)
    return "" if made is None else made.facts.get("remote_id", "").rpartition("/")[2]


class _Handler(BaseHTTPRequestHandler):
    """Reads one call; writes nothing of it anywhere."""

    receiver: WebhookReceiver
    server_version, sys_version = "ImageAI", ""
    timeout = _READ_WITHIN_S

    def do_POST(self) -> None:
        """Take a call, whose body is read only where it has a length that can be."""
        length = self.headers.get("Content-Length", "")
        if not _is_number(length):
            self._say(Reply(411, "How long it is must be said."))
        elif int(length) > MAX_BODY_BYTES:
            self._say(Reply(413, "It is too large."))
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                return
            place = urlsplit(self.path).path.strip("/")
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._say(self.receiver.receive(place, headers, body))

    def _say(self, reply: Reply) -> None:
        log.info("a call is answered %d: %s", reply.status, reply.message)
        content = f"{reply.message}\n".encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    @override
    def handle(self) -> None:
        try:
            super().handle()
        except OSError as error:
            log.info("a call broke off: %s", error)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `_say` does, and an address may hold what nobody is to read."""


def webhook_server(receiver: WebhookReceiver, host: str, port: int) -> ThreadingHTTPServer:
    """The port is open from now on; whoever calls `serve_forever` answers.

    Raises:
        UnsupportedRequest: the port cannot be opened.
    """
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        message = (
            f"{host}:{port} cannot be listened at: {error.strerror}. Name another port, or end the "
            "program that listens there."
        )
        raise UnsupportedRequest([Problem("port", message)]) from error
    server.daemon_threads = True
    return server
