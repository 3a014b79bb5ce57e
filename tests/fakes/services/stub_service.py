"""What every service on loopback does that behaves, and misbehaves on request.

It takes orders, makes real clips, and counts every purchase.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import trustme
from typing_extensions import override

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


@dataclass
class Habits:
    """How a service behaves; a test changes what it is about.

    Attributes:
        polls_until_done: how often "working" is answered before "done".
        extra_frames: more than was ordered.
        size: of every clip, whatever was ordered; None for the size that was ordered.
        stalls_orders: orders are neither accepted nor answered.
        stalls_questions: questions how far a render is are not answered.
        stalls_answers: orders are accepted, and answered only once it is none any more.
        drops_answers: so many orders are accepted, and the connection closed without a word.
        refuses: the status with which the next order is refused, with `refusal` as its words.
        limits: how many questions are answered 429 first, with a Retry-After of `limit_s`.
        gives_retry_after: whether 429 says how long to wait.
        outages: how many questions are answered 503 first.
        fails: the render ends in an error; `is_charged` says whether it is billed.
        truncates: so many downloads end half-way first.
        is_gone: the finished file cannot be had any more.
        garbles: the finished file is no video at all.
        drip_s: the pause after each chunk of a download.
        charges_aborted: whether an aborted render is billed.
    """

    polls_until_done: int = 2
    extra_frames: int = 0
    size: tuple[int, int] | None = None
    stalls_orders: bool = False
    stalls_answers: bool = False
    stalls_questions: bool = False
    drops_answers: int = 0
    refuses: int | None = None
    refusal: object = "no"
    limits: int = 0
    limit_s: float = 0.4
    gives_retry_after: bool = True
    outages: int = 0
    fails: bool = False
    is_charged: bool = False
    truncates: int = 0
    is_gone: bool = False
    garbles: bool = False
    drip_s: float = 0.0
    charges_aborted: bool = False


@dataclass
class RemoteJob:
    """One purchase as a service knows it."""

    id: str
    body: dict[str, Any]
    polls: int = 0
    is_cancelled: bool = False


@dataclass(frozen=True)
class Ordered:
    """What a clip is made by."""

    width: int
    height: int
    fps: float
    num_frames: int
    seed: int = 7
    has_audio: bool = True


H = TypeVar("H", bound=Habits)
J = TypeVar("J", bound=RemoteJob)


@dataclass
class StubService(Generic[H, J]):
    """A service and its books.

    Attributes:
        uploads: what was put there, by the name that it got.
        questions: when it was asked how far a render is.
        environment: what makes a process take it for the real one.
    """

    folder: Path
    habits: H
    jobs: dict[str, J] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    questions: list[float] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    is_closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the real one for this process and for those that it starts."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)

    @property
    def purchases(self) -> int:
        """How many orders were accepted."""
        return len(self.jobs)

    @property
    def last(self) -> J:
        """The newest purchase."""
        return list(self.jobs.values())[-1]

    def ordered(self, job: J) -> Ordered:
        """What a clip is to be like, by the order's own words."""
        raise NotImplementedError

    def clip_of(self, job: J) -> bytes:
        """The finished file."""
        if self.habits.garbles:
            return b"this is no video" * 100
        with self.lock:
            return _clip(self.ordered(job), self.habits.size, self.habits.extra_frames)


@cache
def _clip(ordered: Ordered, size: tuple[int, int] | None, extra_frames: int) -> bytes:
    """The same order gives the same bytes, so that tests wait for each only once."""
    width, height = size or (ordered.width, ordered.height)
    frames, fps = ordered.num_frames + extra_frames, ordered.fps
    colour = f"color=c=0x{ordered.seed % 0xFFFFFF:06x}:s={width}x{height}:r={fps}"
    arguments = ["-f", "lavfi", "-i", colour]
    if ordered.has_audio:
        arguments += ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=16000"]
        arguments += ["-t", f"{frames / fps:.6f}", "-c:a", "aac"]
    arguments += ["-frames:v", str(frames), "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        run_ffmpeg([*arguments, "-preset", "ultrafast", str(path)], CancelToken())
        return path.read_bytes()


S = TypeVar("S", bound=StubService[Any, Any])


class StubHandler(BaseHTTPRequestHandler, Generic[S]):
    """Answers in JSON; `service` is set by whoever serves."""

    protocol_version = "HTTP/1.1"
    service: S

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def handle(self) -> None:
        """Whoever asks may be killed meanwhile."""
        with suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        """A question."""
        self.get()

    def do_POST(self) -> None:
        """An order, a file, or whatever changes something."""
        self.post()

    def do_PUT(self) -> None:
        """A part of a file, or a wish about what was ordered."""
        self.put()

    def do_CONNECT(self) -> None:
        """A way through a proxy."""
        self.connect()

    def get(self) -> None:
        self.say(405, self.complaint("Method Not Allowed"))

    def post(self) -> None:
        self.say(405, self.complaint("Method Not Allowed"))

    def put(self) -> None:
        self.say(405, self.complaint("Method Not Allowed"))

    def connect(self) -> None:
        self.say(405, self.complaint("Method Not Allowed"))

    def body(self) -> bytes:
        """What was sent."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def complaint(self, said: object) -> dict[str, Any]:
        """A refusal in the words of the service."""
        return {"error": said}

    def has_refused(self, secret: str) -> bool:
        """Whether the order at hand was refused, or left hanging; not yet accepted then."""
        habits = self.service.habits
        if habits.refuses is not None:
            status, habits.refuses = habits.refuses, None
            said = habits.refusal
            # Services do repeat what they were sent.
            words = f"{said} ({secret})" if isinstance(said, str) else said
            self.say(status, self.complaint(words), self._wait(status, 7))
            return True
        if habits.stalls_orders:
            self._stall("stalls_orders")
            self.close_connection = True
            return True
        return False

    def _stall(self, habit: str) -> None:
        """Say nothing as long as it is a habit."""
        while getattr(self.service.habits, habit) and not self.service.is_closed:
            time.sleep(0.02)

    def has_dropped(self) -> bool:
        """Whether the answer to an accepted order gets lost."""
        habits = self.service.habits
        self._stall("stalls_answers")
        if not habits.drops_answers:
            return False
        habits.drops_answers -= 1
        self.close_connection = True
        return True

    def has_put_off(self) -> bool:
        """Whether the question at hand was answered by asking for patience; notes it."""
        habits = self.service.habits
        self.service.questions.append(time.monotonic())
        if habits.stalls_questions:
            self._stall("stalls_questions")
            self.close_connection = True
            return True
        if habits.limits:
            habits.limits -= 1
            self.say(429, self.complaint("too many"), self._wait(429, habits.limit_s))
            return True
        if habits.outages:
            habits.outages -= 1
            self.say(503, self.complaint("down"))
            return True
        return False

    def _wait(self, status: int, seconds: float) -> dict[str, str]:
        is_told = status == 429 and self.service.habits.gives_retry_after
        return {"Retry-After": f"{seconds:g}"} if is_told else {}

    def send_clip(self, job: RemoteJob | None) -> None:
        """The finished file, or the part of it that is asked for, to whoever shows no key."""
        habits = self.service.habits
        if "Authorization" in self.headers:
            self.say(400, self.complaint("the key has no business here"))
            return
        if job is None or habits.is_gone:
            self.say(404, self.complaint("gone"))
            return
        content = self.service.clip_of(job)
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_in_pieces(content[begin:], 206 if begin else 200)

    def send_in_pieces(self, rest: bytes, status: int = 200) -> None:
        """What takes a while to arrive, or breaks off half-way."""
        habits = self.service.habits
        self.send_response(status)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if habits.truncates:
            habits.truncates -= 1
            self.wfile.write(rest[: len(rest) // 2])
            self.close_connection = True
            return
        while rest:
            # Small enough that a slow download lasts for half a minute, however busy the machine.
            size = 64 if habits.drip_s else len(rest)
            try:
                self.wfile.write(rest[:size])
            except OSError:
                return
            rest = rest[size:]
            time.sleep(habits.drip_s)

    def say(
        self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        """Answer in JSON."""
        self.send(status, json.dumps(answer).encode(), "application/json", headers)

    def send(
        self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        """Answer with these bytes."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(service: StubService[Any, Any], handler: type[StubHandler[Any]]) -> Iterator[str]:
    """Serve on a free port of loopback; gives the address."""
    service.folder.mkdir(parents=True, exist_ok=True)
    ours = type("Handler", (handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), ours)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        service.is_closed = True
        server.shutdown()
        thread.join()
        server.server_close()


class _Proxy(StubHandler[StubService[Any, Any]]):
    """Takes every connection to the service to the stub of it here."""

    tls: ssl.SSLContext
    site: type[StubHandler[Any]]

    @override
    def connect(self) -> None:
        self.send_response(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            inner = self.tls.wrap_socket(self.connection, server_side=True)
            self.site(inner, self.client_address, self.server)
            inner.close()


@contextmanager
def proxied(
    service: StubService[Any, Any], handler: type[StubHandler[Any]], hosts: tuple[str, ...]
) -> Iterator[dict[str, str]]:
    """Be these hosts, behind a proxy on loopback that ends the encryption by a certificate of ours.

    So the shipped client is what the tests drive, untouched. Gives the environment that it takes.
    """
    service.folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*hosts).configure_cert(tls)
    authority.cert_pem.write_to_path(str(service.folder / "authority.pem"))
    site = type("Site", (handler,), {"service": service})
    with serving(service, type("Proxy", (_Proxy,), {"tls": tls, "site": site})) as url:
        yield {
            "HTTPS_PROXY": url,
            "https_proxy": url,
            "NO_PROXY": "",
            "no_proxy": "",
            "SSL_CERT_FILE": str(service.folder / "authority.pem"),
        }
