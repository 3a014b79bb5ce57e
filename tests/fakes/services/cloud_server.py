"""A rendering service on loopback that behaves, and misbehaves on request.

It takes orders, makes real clips, keeps accounts of what it charges, and counts every purchase.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "secret-7f3a9"


@dataclass
class RemoteJob:
    """One purchase as the service knows it."""

    id: str
    body: dict[str, Any]
    attempt: str
    polls: int = 0
    is_cancelled: bool = False


@dataclass
class Habits:
    """How the service behaves; a test changes what it is about.

    Attributes:
        polls_until_done: how often "working" is answered before "done".
        extra_frames: more than was ordered.
        size: of every clip, whatever was ordered; None for the size that was ordered.
        stalls_orders: orders are neither accepted nor answered.
        drops_answers: an order is accepted, and the connection closed without a word.
        refuses: the status with which the next order is refused, with `refusal` as its text.
        limits: how many questions are answered 429 first, with a Retry-After of `limit_s`.
        outages: how many questions are answered 503 first.
        fails: the render ends in an error; `is_charged` says whether it is billed.
        truncates: so many downloads end half-way first.
        is_gone: the finished file cannot be had any more.
        garbles: the finished file is no video at all.
        drip_s: the pause after each chunk of a download.
        knows_attempts: whether lost orders can be found by their attempt.
        charges_aborted: whether an aborted render is billed.
    """

    polls_until_done: int = 2
    extra_frames: int = 0
    size: tuple[int, int] | None = None
    stalls_orders: bool = False
    drops_answers: int = 0
    refuses: int | None = None
    refusal: str = "no"
    limits: int = 0
    limit_s: float = 0.4
    outages: int = 0
    fails: bool = False
    is_charged: bool = False
    truncates: int = 0
    is_gone: bool = False
    garbles: bool = False
    drip_s: float = 0.0
    knows_attempts: bool = False
    charges_aborted: bool = False


@dataclass
class CloudServer:
    """The service and its books."""

    folder: Path
    habits: Habits = field(default_factory=Habits)
    jobs: dict[str, RemoteJob] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    questions: list[float] = field(default_factory=list)
    url: str = ""
    is_closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def purchases(self) -> int:
        """How many orders were accepted."""
        return len(self.jobs)

    def clip_of(self, job: RemoteJob) -> bytes:
        """The finished file."""
        if self.habits.garbles:
            return b"this is no video" * 100
        path = self.folder / f"{job.id}.mp4"
        with self.lock:
            if not path.exists():
                _make_clip(path, job, self.habits)
        return path.read_bytes()


def _make_clip(path: Path, job: RemoteJob, habits: Habits) -> None:
    body = job.body
    width, height = habits.size or (body["width"], body["height"])
    frames = body["frames"] + habits.extra_frames
    colour = f"color=c=0x{job.body['seed'] % 0xFFFFFF:06x}:s={width}x{height}:r={body['fps']}"
    arguments = ["-f", "lavfi", "-i", colour]
    if body["audio"]:
        arguments += ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=16000"]
        arguments += ["-t", f"{frames / body['fps']:.6f}", "-c:a", "aac"]
    arguments += ["-frames:v", str(frames), "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    run_ffmpeg([*arguments, "-preset", "ultrafast", str(path)], CancelToken())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: CloudServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def handle(self) -> None:
        """Whoever asks may be killed meanwhile."""
        with suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self._is_known():
            return
        match self.path.strip("/").split("/"):
            case ["jobs"]:
                self._order(json.loads(body))
            case ["jobs", name, "cancel"]:
                self._cancel(name)
            case ["files"]:
                name = f"file-{len(self.cloud.uploads) + 1}"
                self.cloud.uploads[name] = body
                self._say(200, {"address": name})
            case _:
                self._say(404, {"error": "no such place"})

    def do_GET(self) -> None:
        match self.path.strip("/").split("/"):
            case ["results", name]:
                self._send_clip(name)
            case ["account"]:
                if self._is_known():
                    self._say(200, {"credit": 10})
            case ["attempts", attempt]:
                if self._is_known():
                    found = [j.id for j in self.cloud.jobs.values() if j.attempt == attempt]
                    known = self.cloud.habits.knows_attempts
                    self._say(200, {"ids": found if known else None})
            case ["jobs", name]:
                if self._is_known():
                    self._tell(name)
            case _:
                self._say(404, {"error": "no such place"})

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Key {KEY}":
            return True
        self._say(401, {"error": f"the key {self.headers.get('Authorization')} is wrong"})
        return False

    def _order(self, body: dict[str, Any]) -> None:
        habits = self.cloud.habits
        if habits.refuses is not None:
            status, habits.refuses = habits.refuses, None
            wait = {"Retry-After": "7"} if status == 429 else {}
            # Services do repeat what they were sent.
            self._say(status, {"error": f"{habits.refusal} ({KEY})"}, wait)
            return
        if habits.stalls_orders:
            while habits.stalls_orders and not self.cloud.is_closed:
                time.sleep(0.02)
            self.close_connection = True
            return
        with self.cloud.lock:
            name = f"remote-{self.cloud.purchases + 1}"
            job = RemoteJob(name, body, self.headers.get("X-Attempt", ""))
            self.cloud.jobs[name] = job
        if habits.drops_answers:
            habits.drops_answers -= 1
            self.close_connection = True
            return
        self._say(202, {"id": name})

    def _cancel(self, name: str) -> None:
        job = self.cloud.jobs[name]
        is_done = job.polls > self.cloud.habits.polls_until_done
        job.is_cancelled = not is_done
        self._say(200, {"charged": is_done or self.cloud.habits.charges_aborted})

    def _tell(self, name: str) -> None:
        habits, job = self.cloud.habits, self.cloud.jobs.get(name)
        self.cloud.questions.append(time.monotonic())
        if habits.limits:
            habits.limits -= 1
            self._say(429, {"error": "too many"}, {"Retry-After": f"{habits.limit_s}"})
            return
        if habits.outages:
            habits.outages -= 1
            self._say(503, {"error": "down"})
            return
        if job is None:
            self._say(404, {"error": "no such job"})
            return
        job.polls += 1
        if job.is_cancelled:
            charged = habits.charges_aborted
            self._say(200, {"state": "failed", "error": "cancelled", "charged": charged})
        elif job.polls <= habits.polls_until_done:
            self._say(200, {"state": "working", "done": min(0.9, job.polls / 10)})
        elif habits.fails:
            # Services do repeat what they were sent.
            error = f"it did not work ({KEY})"
            self._say(200, {"state": "failed", "error": error, "charged": habits.is_charged})
        else:
            seed = job.body["seed"]
            url = f"{self.cloud.url}/results/{name}"
            cost = round(job.body["frames"] * 0.01, 2)
            self._say(200, {"state": "done", "url": url, "cost": cost, "seed": seed})

    def _send_clip(self, name: str) -> None:
        habits, job = self.cloud.habits, self.cloud.jobs.get(name)
        if "Authorization" in self.headers:
            self._say(400, {"error": "the key has no business here"})
            return
        if job is None or habits.is_gone:
            self._say(404, {"error": "gone"})
            return
        content = self.cloud.clip_of(job)
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        rest = content[begin:]
        self.send_response(206 if begin else 200)
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

    def _say(
        self, status: int, answer: dict[str, object], headers: dict[str, str] | None = None
    ) -> None:
        text = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def cloud_server(folder: Path) -> Iterator[CloudServer]:
    """The service, running on a free port of loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    cloud = CloudServer(folder)
    handler = type("Handler", (_Handler,), {"cloud": cloud})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield cloud
    finally:
        cloud.is_closed = True
        server.shutdown()
        thread.join()
        server.server_close()
