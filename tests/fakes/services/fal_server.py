"""Fal on loopback: its queue, its storage and its prices, on the very hosts that it has.

Whoever speaks to it goes through a proxy on loopback that ends the encryption by a certificate of
its own, so the shipped client is what the tests drive, untouched: `FalServer.stand_in`.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.fal.images.provider import FalImages
from providers.fal.info import IMAGES
from providers.ltx_video.fal.info import INFO
from providers.ltx_video.fal.provider import FalLTX
from tests.fakes.services.image_service import ImageFile, image_bytes
from tests.fakes.services.stub_service import (
    Habits,
    Ordered,
    RemoteJob,
    StubHandler,
    StubService,
    proxied,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.video.provider import ProviderContext, VideoProvider

KEY = "fal-id-41c2:secret-9be07d"
QUEUE, STORE, UPLOADS, PLATFORM = "queue.fal.run", "rest.fal.ai", "v3.fal.media", "api.fal.ai"
_RESULTS = "v3b.fal.media"
_TOKEN = "cdn-token-5521"
_PART_BYTES = 10 * 1024 * 1024


@dataclass
class FalJob(RemoteJob):
    """With the endpoint that makes it."""

    endpoint: str = ""
    webhook: str = ""
    is_stopped: bool = False

    @property
    def app(self) -> str:
        """What follow-up addresses keep of the endpoint."""
        return "/".join(self.endpoint.split("/")[:2])

    @property
    def makes_images(self) -> bool:
        return "video" not in self.endpoint and "ltx" not in self.endpoint


@dataclass
class FalHabits(ImageFile, Habits):
    """And what Fal alone does.

    Attributes:
        words: statuses that are answered first, one a question.
        error: what the queue says of a render that ended without a clip.
        detail: what the result says in place of a clip, with `detail_status`.
        is_empty: the result has no clip in it.
        result_outages: how many times the result is asked for in vain first.
        result_lags: how many times the result is said to be in progress though the queue is done.
        unknown: endpoints that the platform does not know any more.
        page_outages: how many questions are answered with a page of a gateway first.
        moves_to: the app that follow-up addresses name in place of the endpoint's own.
        prices: by endpoint, what the platform tells.
        is_flagged: the safety checker has flagged the image.
    """

    words: list[str] = field(default_factory=list)
    error: str = ""
    error_type: str = ""
    detail: object = None
    detail_status: int = 422
    is_empty: bool = False
    result_outages: int = 0
    result_lags: int = 0
    unknown: tuple[str, ...] = ()
    page_outages: int = 0
    moves_to: str = ""
    upload_failures: int = 0
    prices: dict[str, tuple[float, str]] = field(default_factory=dict)
    is_flagged: bool = False


# These name the one image of their answer, all others a list.
_ONE_IMAGE = (
    "fal-ai/seedvr/", "fal-ai/clarity-upscaler", "fal-ai/esrgan", "fal-ai/birefnet/",
)  # fmt: skip
_WIDE = {"720p": (1280, 720), "1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160)}


@dataclass
class FalServer(StubService[FalHabits, FalJob]):
    """Fal and its books."""

    names: list[str] = field(default_factory=list)
    asked_prices: int = 0
    hosts: set[str] = field(default_factory=set)
    published: list[dict[str, str]] = field(default_factory=list)
    key_asks: int = 0

    def image_of(self, size: tuple[int, int]) -> bytes:
        """The finished file of an image."""
        if self.habits.garbles:
            return b"this is no image" * 100
        return image_bytes(self.habits.size or size, self.habits)

    @override
    def clip_of(self, job: FalJob) -> bytes:
        return self.image_of(_size_of(job.body)) if job.makes_images else super().clip_of(job)

    @override
    def ordered(self, job: FalJob) -> Ordered:
        body = job.body
        fps, size = body.get("fps", 25), body.get("video_size")
        wide = _WIDE[body.get("resolution", "1080p")]
        width, height = (size["width"], size["height"]) if size else wide
        across, down = map(int, body.get("aspect_ratio", "16:9").split(":"))
        if not size:
            # Of each aspect the shorter side is as long.
            width = height * max(across, down) // min(across, down)
        if across < down:
            width, height = height, width
        return Ordered(
            width,
            height,
            fps,
            body.get("num_frames") or round(float(body.get("duration", 6)) * fps),
            seed=body.get("seed", 7),
            has_audio=body.get("generate_audio", True),
        )


def _size_of(body: dict[str, Any]) -> tuple[int, int]:
    """Of an image that is ordered by its pixels, or by a ratio and a name."""
    size = body.get("image_size")
    if size:
        return size["width"], size["height"]
    if "aspect_ratio" not in body:
        # As large as the image that is worked on, which nobody here decodes.
        return 256, 256
    across, down = map(int, body["aspect_ratio"].split(":"))
    side = 1024 * int(body["resolution"].removesuffix("K"))
    return side * across // max(across, down), side * down // max(across, down)


class _Site(StubHandler[FalServer]):
    """All hosts of Fal."""

    @override
    def complaint(self, said: object) -> dict[str, Any]:
        return {"detail": said}

    @override
    def post(self) -> None:
        body = self.body()
        url = urlsplit(self.path)
        match (self._host(), url.path.strip("/").split("/")):
            case (host, ["storage", "auth", "token"]) if host == STORE:
                if self._is_known():
                    self.say(
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
                self.say(200, {"access_url": f"https://{UPLOADS}/files/{name}", "uploadId": "u1"})
            case (host, ["files", name, "multipart", "u1", "complete"]) if host == UPLOADS:
                assert [part["partNumber"] for part in json.loads(body)["parts"]]
                self.say(200, {"access_url": f"https://{UPLOADS}/files/{name}"})
            case (host, endpoint) if host == QUEUE:
                if self._is_known():
                    webhook = parse_qs(url.query).get("fal_webhook", [""])[0]
                    self._order("/".join(endpoint), json.loads(body), webhook)
            case _:
                self.say(404, {"detail": "Not Found"})

    @override
    def put(self) -> None:
        body = self.body()
        match (self._host(), self.path.strip("/").split("/")):
            case (host, ["files", name, "multipart", "u1", number]) if host == UPLOADS:
                with self.service.lock:
                    before = self.service.uploads[name]
                    begin = (int(number) - 1) * _PART_BYTES
                    self.service.uploads[name] = (
                        before.ljust(begin, b"\0")[:begin] + body + before[begin + len(body) :]
                    )
                self.say(200, {}, {"ETag": f"part-{number}"})
            case (host, [owner, app, "requests", name, "cancel"]) if host == QUEUE:
                if self._is_known():
                    self._cancel(f"{owner}/{app}", name)
            case _:
                self.say(405, {"detail": "Method Not Allowed"})

    @override
    def get(self) -> None:
        url = urlsplit(self.path)
        match (self._host(), url.path.strip("/").split("/")):
            case (host, [".well-known", "jwks.json"]) if host == STORE:
                # Whoever asks for public keys shows no key of its own.
                assert "Authorization" not in self.headers
                self.service.key_asks += 1
                self.say(200, {"keys": self.service.published})
            case (host, ["results", name]) if host == _RESULTS:
                self.send_clip(self.service.jobs.get(name))
            case (host, ["v1", "models", "pricing"]) if host == PLATFORM:
                if self._is_known():
                    self._tell_prices(parse_qs(url.query)["endpoint_id"][0].split(","))
            case (host, [owner, app, "requests", name, *rest]) if host == QUEUE:
                if self._is_known():
                    job = self.service.jobs.get(name)
                    is_there = job is not None and f"{owner}/{app}" == (
                        self.service.habits.moves_to or job.app
                    )
                    if job is None or not is_there:
                        self.say(404, {"detail": "Request not found"})
                    elif rest == ["status"]:
                        self._tell(job)
                    else:
                        self._give(job)
            case _:
                # As for the whole path of an endpoint: follow-up addresses keep owner and app.
                self.say(405, {"detail": "Method Not Allowed"})

    def _host(self) -> str:
        host = self.headers.get("Host", "")
        self.service.hosts.add(host)
        return host

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Key {KEY}":
            return True
        self.say(401, {"detail": f"the key {self.headers.get('Authorization')} is wrong"})
        return False

    def _new_file(self, content: bytes) -> str:
        with self.service.lock:
            name = f"file-{len(self.service.uploads) + 1}"
            self.service.uploads[name] = content
            self.service.names.append(self.headers.get("X-Fal-File-Name", ""))
        return name

    def _store(self, body: bytes) -> None:
        if self.headers.get("Authorization") != f"Bearer {_TOKEN}":
            self.say(401, {"detail": "the storage takes its own token alone"})
        elif self.service.habits.upload_failures:
            self.service.habits.upload_failures -= 1
            self.say(413, {"detail": "the file is too large"})
        else:
            self.say(200, {"access_url": f"https://{UPLOADS}/files/{self._new_file(body)}"})

    def _order(self, endpoint: str, body: dict[str, Any], webhook: str) -> None:
        if self.has_refused(KEY):
            return
        # It would come in the answer and be stored nowhere.
        assert not body.get("sync_mode")
        with self.service.lock:
            name = f"00000000-0000-4000-8000-{self.service.purchases + 1:012d}"
            job = FalJob(name, body, endpoint=endpoint, webhook=webhook)
            self.service.jobs[name] = job
        if self.has_dropped():
            return
        url = f"https://{QUEUE}/{self.service.habits.moves_to or job.app}/requests/{name}"
        self.say(
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
        job, habits = self.service.jobs.get(name), self.service.habits
        if job is None or job.app != app:
            self.say(404, {"status": "NOT_FOUND"})
            return
        is_done = job.polls > habits.polls_until_done
        job.is_cancelled, job.is_stopped = True, not (is_done or habits.charges_aborted)
        if is_done or habits.charges_aborted:
            # It was finished in the meantime.
            job.polls = max(job.polls, habits.polls_until_done)
            self.say(400, {"status": "ALREADY_COMPLETED"})
        else:
            self.say(202, {"status": "CANCELLATION_REQUESTED"})

    def _tell(self, job: FalJob) -> None:
        habits = self.service.habits
        if self.has_put_off():
            return
        if habits.page_outages:
            habits.page_outages -= 1
            self.send(502, b"<html><center>nginx</center></html>", "text/html")
            return
        job.polls += 1
        if habits.words:
            self.say(200, {"status": habits.words.pop(0), "request_id": job.id})
        elif job.is_stopped:
            self.say(200, self._completed(error="Request was cancelled"))
        elif job.polls <= habits.polls_until_done:
            answers: list[dict[str, object]] = [
                {"status": "IN_QUEUE", "queue_position": 1},
                {"status": "IN_PROGRESS", "logs": None},
            ]
            self.say(202, answers[min(job.polls - 1, 1)])
        elif habits.error or (habits.fails and not habits.is_charged):
            # Services do repeat what they were sent.
            error = habits.error or f"Runner disconnected ({KEY})"
            kind = habits.error_type or "runner_disconnected"
            self.say(200, self._completed(error=error, error_type=kind))
        else:
            self.say(200, self._completed())

    def _completed(self, **more: str) -> dict[str, object]:
        return {"status": "COMPLETED", "logs": None, "metrics": {"inference_time": 3.5}, **more}

    def _give(self, job: FalJob) -> None:
        habits = self.service.habits
        if job.polls <= habits.polls_until_done:
            self.say(400, {"detail": "Request is still in progress"})
        elif habits.result_outages:
            habits.result_outages -= 1
            self.say(503, {"detail": "upstream connect error"})
        elif habits.result_lags:
            habits.result_lags -= 1
            self.say(400, {"detail": "Request is still in progress"})
        elif habits.is_empty:
            self.say(200, {"images": []})
        elif habits.detail is not None or habits.fails:
            row = {
                "loc": ["body", "prompt"],
                "msg": f"it did not work ({KEY})",
                "type": "value_error",
            }
            detail = habits.detail if habits.detail is not None else [row]
            self.say(habits.detail_status, {"detail": detail}, {"X-Fal-Retryable": "false"})
        elif job.makes_images:
            content = self.service.clip_of(job)
            kind = f"image/{habits.kind.lower()}"
            image = {
                "url": f"https://{_RESULTS}/results/{job.id}?signature=sig-77aa31",
                "content_type": kind,
                "file_name": "output",
                "file_size": len(content),
            }
            seed = {"seed": job.body["seed"]} if "seed" in job.body else {}
            if job.endpoint.startswith(_ONE_IMAGE):
                self.say(200, {"image": image, **seed})
                return
            self.say(200, {"images": [image], "has_nsfw_concepts": [habits.is_flagged], **seed})
        else:
            content = self.service.clip_of(job)
            video = {
                "url": f"https://{_RESULTS}/results/{job.id}?signature=sig-77aa31",
                "content_type": "video/mp4",
                "file_name": "output.mp4",
                "file_size": len(content),
            }
            seed = {"seed": job.body["seed"]} if "seed" in job.body else {}
            self.say(200, {"video": video, **seed})

    def _tell_prices(self, names: list[str]) -> None:
        self.service.asked_prices += 1
        if set(names) & set(self.service.habits.unknown):
            self.say(404, {"error": {"type": "not_found", "message": "Endpoint not found"}})
            return
        known = self.service.habits.prices
        rows = [
            {"endpoint_id": name, "unit_price": known[name][0], "unit": known[name][1]}
            for name in names
            if name in known
        ]
        self.say(200, {"prices": [{**row, "currency": "USD"} for row in rows]})


@contextmanager
def fal_server(folder: Path) -> Iterator[FalServer]:
    """Fal, running behind a proxy on a free port of loopback."""
    fal = FalServer(folder, FalHabits())
    hosts = (QUEUE, STORE, UPLOADS, PLATFORM, _RESULTS)
    with proxied(fal, _Site, hosts) as environment:
        fal.environment = {**environment, "FAL_KEY": KEY}
        yield fal


def fal_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it may there."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = FalLTX(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(INFO, opened)


def fal_image_entry(_: str = "") -> ProviderEntry:
    """The same of the line for images."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = FalImages(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(IMAGES, opened)
