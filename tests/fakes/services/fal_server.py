"""Fal on loopback: its queue, its storage and its prices, on the very hosts that it has.

Whoever speaks to it goes through a proxy on loopback that ends the encryption by a certificate of
its own, so the shipped client is what the tests drive, untouched: `FalServer.stand_in`.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import trustme

from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.video.provider import ProviderEntry
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.provider import FalLTX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from core.video.provider import ProviderContext, VideoProvider

KEY = "fal-id-41c2:secret-9be07d"
QUEUE, STORE, UPLOADS, PLATFORM = "queue.fal.run", "rest.fal.ai", "v3.fal.media", "api.fal.ai"
_RESULTS = "v3b.fal.media"
_TOKEN = "cdn-token-5521"
_PART_BYTES = 10 * 1024 * 1024


@dataclass
class FalJob:
    """One purchase as Fal knows it."""

    id: str
    endpoint: str
    body: dict[str, Any]
    webhook: str = ""
    polls: int = 0
    is_cancelled: bool = False

    @property
    def app(self) -> str:
        """What follow-up addresses keep of the endpoint."""
        return "/".join(self.endpoint.split("/")[:2])


@dataclass
class FalHabits:
    """How Fal behaves; a test changes what it is about. Names as in `cloud_server.Habits`.

    Attributes:
        words: statuses that are answered first, one a question.
        error: what the queue says of a render that ended without a clip.
        detail: what the result says in place of a clip, with `detail_status`.
        is_empty: the result has no clip in it.
        gives_retry_after: whether 429 says how long to wait.
        page_outages: how many questions are answered with a page of a gateway first.
        moves_to: the app that follow-up addresses name in place of the endpoint's own.
        prices: by endpoint, what the platform tells.
    """

    polls_until_done: int = 2
    extra_frames: int = 0
    size: tuple[int, int] | None = None
    stalls_orders: bool = False
    drops_answers: int = 0
    refuses: int | None = None
    refusal: object = "no"
    limits: int = 0
    limit_s: float = 0.4
    outages: int = 0
    fails: bool = False
    is_charged: bool = False
    truncates: int = 0
    is_gone: bool = False
    garbles: bool = False
    drip_s: float = 0.0
    charges_aborted: bool = False
    words: list[str] = field(default_factory=list)
    error: str = ""
    error_type: str = ""
    detail: object = None
    detail_status: int = 422
    is_empty: bool = False
    gives_retry_after: bool = True
    page_outages: int = 0
    moves_to: str = ""
    upload_failures: int = 0
    prices: dict[str, tuple[float, str]] = field(default_factory=dict)


@dataclass
class FalServer:
    """Fal and its books."""

    folder: Path
    habits: FalHabits = field(default_factory=FalHabits)
    jobs: dict[str, FalJob] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    questions: list[float] = field(default_factory=list)
    asked_prices: int = 0
    hosts: set[str] = field(default_factory=set)
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
    def last(self) -> FalJob:
        """The newest purchase."""
        return list(self.jobs.values())[-1]

    def clip_of(self, job: FalJob) -> bytes:
        """The finished file."""
        if self.habits.garbles:
            return b"this is no video" * 100
        path = self.folder / f"{job.id}.mp4"
        with self.lock:
            if not path.exists():
                _make_clip(path, job.body, self.habits)
        return path.read_bytes()


_WIDE = {"720p": (1280, 720), "1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160)}


def _make_clip(path: Path, body: dict[str, Any], habits: FalHabits) -> None:
    fps = body.get("fps", 25)
    size = body.get("video_size")
    wide = _WIDE[body.get("resolution", "1080p")]
    ordered = (size["width"], size["height"]) if size else wide
    width, height = habits.size or (
        ordered[::-1] if body.get("aspect_ratio") == "9:16" else ordered
    )
    frames = body.get("num_frames") or round(float(body.get("duration", 6)) * fps)
    frames += habits.extra_frames
    colour = f"color=c=0x{body.get('seed', 7) % 0xFFFFFF:06x}:s={width}x{height}:r={fps}"
    arguments = ["-f", "lavfi", "-i", colour]
    if body.get("generate_audio", True):
        arguments += ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=16000"]
        arguments += ["-t", f"{frames / fps:.6f}", "-c:a", "aac"]
    arguments += ["-frames:v", str(frames), "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    run_ffmpeg([*arguments, "-preset", "ultrafast", str(path)], CancelToken())


class _Answers(BaseHTTPRequestHandler):
    """What is the same for the proxy and for what is behind it."""

    protocol_version = "HTTP/1.1"
    fal: FalServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def handle(self) -> None:
        """Whoever asks may be killed meanwhile."""
        with suppress(ConnectionError, ssl.SSLError):
            super().handle()


class _Site(_Answers):
    """All hosts of Fal."""

    def do_POST(self) -> None:
        body = self._body()
        url = urlsplit(self.path)
        match (self._host(), url.path.strip("/").split("/")):
            case (host, ["storage", "auth", "token"]) if host == STORE:
                if self._is_known():
                    self._say(
                        200,
                        {
                            "token": _TOKEN,
                            "token_type": "Bearer",
                            "base_url": f"https://{UPLOADS}",
                            "expires_at": "2126-01-01T00:00:00+00:00",
                        },
                    )
            case (host, ["files", "upload"]) if host == UPLOADS:
                self._store(body)
            case (host, ["files", "upload", "multipart"]) if host == UPLOADS:
                name = self._new_file(b"")
                self._say(200, {"access_url": f"https://{UPLOADS}/files/{name}", "uploadId": "u1"})
            case (host, ["files", name, "multipart", "u1", "complete"]) if host == UPLOADS:
                assert [part["partNumber"] for part in json.loads(body)["parts"]]
                self._say(200, {"access_url": f"https://{UPLOADS}/files/{name}"})
            case (host, endpoint) if host == QUEUE:
                if self._is_known():
                    webhook = parse_qs(url.query).get("fal_webhook", [""])[0]
                    self._order("/".join(endpoint), json.loads(body), webhook)
            case _:
                self._say(404, {"detail": "Not Found"})

    def do_PUT(self) -> None:
        body = self._body()
        match (self._host(), self.path.strip("/").split("/")):
            case (host, ["files", name, "multipart", "u1", number]) if host == UPLOADS:
                with self.fal.lock:
                    before = self.fal.uploads[name]
                    begin = (int(number) - 1) * _PART_BYTES
                    self.fal.uploads[name] = (
                        before.ljust(begin, b"\0")[:begin] + body + before[begin + len(body) :]
                    )
                self._say(200, {}, {"ETag": f"part-{number}"})
            case (host, [owner, app, "requests", name, "cancel"]) if host == QUEUE:
                if self._is_known():
                    self._cancel(f"{owner}/{app}", name)
            case _:
                self._say(405, {"detail": "Method Not Allowed"})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match (self._host(), url.path.strip("/").split("/")):
            case (host, ["results", name]) if host == _RESULTS:
                self._send_clip(name)
            case (host, ["v1", "models", "pricing"]) if host == PLATFORM:
                if self._is_known():
                    self._tell_prices(parse_qs(url.query)["endpoint_id"][0].split(","))
            case (host, [owner, app, "requests", name, *rest]) if host == QUEUE:
                if self._is_known():
                    job = self.fal.jobs.get(name)
                    is_there = job is not None and f"{owner}/{app}" == (
                        self.fal.habits.moves_to or job.app
                    )
                    if job is None or not is_there:
                        self._say(404, {"detail": "Request not found"})
                    elif rest == ["status"]:
                        self._tell(job)
                    else:
                        self._give(job)
            case _:
                # As for the whole path of an endpoint: follow-up addresses keep owner and app.
                self._say(405, {"detail": "Method Not Allowed"})

    def _host(self) -> str:
        host = self.headers.get("Host", "")
        self.fal.hosts.add(host)
        return host

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Key {KEY}":
            return True
        self._say(401, {"detail": f"the key {self.headers.get('Authorization')} is wrong"})
        return False

    def _new_file(self, content: bytes) -> str:
        with self.fal.lock:
            name = f"file-{len(self.fal.uploads) + 1}"
            self.fal.uploads[name] = content
            self.fal.names.append(self.headers.get("X-Fal-File-Name", ""))
        return name

    def _store(self, body: bytes) -> None:
        if self.headers.get("Authorization") != f"Bearer {_TOKEN}":
            self._say(401, {"detail": "the storage takes its own token alone"})
        elif self.fal.habits.upload_failures:
            self.fal.habits.upload_failures -= 1
            self._say(413, {"detail": "the file is too large"})
        else:
            self._say(200, {"access_url": f"https://{UPLOADS}/files/{self._new_file(body)}"})

    def _order(self, endpoint: str, body: dict[str, Any], webhook: str) -> None:
        habits = self.fal.habits
        if habits.refuses is not None:
            status, habits.refuses = habits.refuses, None
            wait = {"Retry-After": "7"} if status == 429 and habits.gives_retry_after else {}
            # Services do repeat what they were sent.
            said = habits.refusal
            self._say(
                status, {"detail": f"{said} ({KEY})" if isinstance(said, str) else said}, wait
            )
            return
        if habits.stalls_orders:
            while habits.stalls_orders and not self.fal.is_closed:
                time.sleep(0.02)
            self.close_connection = True
            return
        with self.fal.lock:
            name = f"00000000-0000-4000-8000-{self.fal.purchases + 1:012d}"
            job = FalJob(name, endpoint, body, webhook)
            self.fal.jobs[name] = job
        if habits.drops_answers:
            habits.drops_answers -= 1
            self.close_connection = True
            return
        url = f"https://{QUEUE}/{habits.moves_to or job.app}/requests/{name}"
        self._say(
            200,
            {
                "status": "IN_QUEUE",
                "request_id": name,
                "queue_position": 1,
                "response_url": url,
                "status_url": f"{url}/status",
                "cancel_url": f"{url}/cancel",
            },
        )

    def _cancel(self, app: str, name: str) -> None:
        job, habits = self.fal.jobs.get(name), self.fal.habits
        if job is None or job.app != app:
            self._say(404, {"status": "NOT_FOUND"})
            return
        is_done = job.polls > habits.polls_until_done
        job.is_cancelled = True
        if is_done or habits.charges_aborted:
            self._say(400, {"status": "ALREADY_COMPLETED"})
        else:
            self._say(202, {"status": "CANCELLATION_REQUESTED"})

    def _tell(self, job: FalJob) -> None:
        habits = self.fal.habits
        self.fal.questions.append(time.monotonic())
        if habits.limits:
            habits.limits -= 1
            wait = {"Retry-After": f"{habits.limit_s}"} if habits.gives_retry_after else {}
            self._say(429, {"detail": "too many"}, wait)
            return
        if habits.outages:
            habits.outages -= 1
            self._say(503, {"detail": "down"})
            return
        if habits.page_outages:
            habits.page_outages -= 1
            self._send(502, b"<html><center>nginx</center></html>", "text/html")
            return
        job.polls += 1
        if habits.words:
            self._say(200, {"status": habits.words.pop(0), "request_id": job.id})
        elif job.is_cancelled:
            self._say(200, self._completed(error="Request was cancelled"))
        elif job.polls <= habits.polls_until_done:
            answers: list[dict[str, object]] = [
                {"status": "IN_QUEUE", "queue_position": 1},
                {"status": "IN_PROGRESS", "logs": None},
            ]
            self._say(202, answers[min(job.polls - 1, 1)])
        elif habits.error or (habits.fails and not habits.is_charged):
            # Services do repeat what they were sent.
            error = habits.error or f"Runner disconnected ({KEY})"
            kind = habits.error_type or "runner_disconnected"
            self._say(200, self._completed(error=error, error_type=kind))
        else:
            self._say(200, self._completed())

    def _completed(self, **more: str) -> dict[str, object]:
        return {"status": "COMPLETED", "logs": None, "metrics": {"inference_time": 3.5}, **more}

    def _give(self, job: FalJob) -> None:
        habits = self.fal.habits
        if job.polls <= habits.polls_until_done:
            self._say(400, {"detail": "Request is still in progress"})
        elif habits.is_empty:
            self._say(200, {"images": []})
        elif habits.detail is not None or habits.fails:
            row = {
                "loc": ["body", "prompt"],
                "msg": f"it did not work ({KEY})",
                "type": "value_error",
            }
            detail = habits.detail if habits.detail is not None else [row]
            self._say(habits.detail_status, {"detail": detail}, {"X-Fal-Retryable": "false"})
        else:
            content = self.fal.clip_of(job)
            video = {
                "url": f"https://{_RESULTS}/results/{job.id}?signature=sig-77aa31",
                "content_type": "video/mp4",
                "file_name": "output.mp4",
                "file_size": len(content),
            }
            seed = {"seed": job.body["seed"]} if "seed" in job.body else {}
            self._say(200, {"video": video, **seed})

    def _tell_prices(self, names: list[str]) -> None:
        self.fal.asked_prices += 1
        known = self.fal.habits.prices
        rows = [
            {"endpoint_id": name, "unit_price": known[name][0], "unit": known[name][1]}
            for name in names
            if name in known
        ]
        self._say(200, {"prices": [{**row, "currency": "USD"} for row in rows]})

    def _send_clip(self, name: str) -> None:
        habits, job = self.fal.habits, self.fal.jobs.get(name)
        if "Authorization" in self.headers:
            self._say(400, {"detail": "the key has no business here"})
            return
        if job is None or habits.is_gone:
            self._say(404, {"detail": "gone"})
            return
        content = self.fal.clip_of(job)
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
        self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        self._send(status, json.dumps(answer).encode(), "application/json", headers)

    def _send(
        self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Proxy(_Answers):
    """Takes every connection to Fal to the site here."""

    tls: ssl.SSLContext
    site: type[_Site]

    def do_CONNECT(self) -> None:
        self.send_response(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            inner = self.tls.wrap_socket(self.connection, server_side=True)
            self.site(inner, self.client_address, self.server)
            inner.close()


@contextmanager
def fal_server(folder: Path) -> Iterator[FalServer]:
    """Fal, running behind a proxy on a free port of loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    fal = FalServer(folder)
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(QUEUE, STORE, UPLOADS, PLATFORM, _RESULTS).configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    site = type("Site", (_Site,), {"fal": fal})
    proxy = type("Proxy", (_Proxy,), {"fal": fal, "tls": tls, "site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), proxy)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}"
    fal.environment = {
        "HTTPS_PROXY": url,
        "https_proxy": url,
        "NO_PROXY": "",
        "no_proxy": "",
        "SSL_CERT_FILE": str(folder / "authority.pem"),
        "FAL_KEY": KEY,
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fal
    finally:
        fal.is_closed = True
        server.shutdown()
        thread.join()
        server.server_close()


def fal_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it may there."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = FalLTX(context)
        provider.poll_s = 0.1
        return provider

    return ProviderEntry(INFO, opened)
