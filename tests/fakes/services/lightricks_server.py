"""The LTX API on loopback: its jobs and its storage, on the very hosts that it has."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.media.ffmpeg import probe_clip
from core.video.provider import ProviderEntry
from providers.ltx_video.lightricks.info import INFO
from providers.ltx_video.lightricks.provider import LightricksLTX
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

    from core.media.ffmpeg import ClipFacts
    from core.video.provider import ProviderContext, VideoProvider

KEY = "ltxv-secret-0b7731"
API, STORE = "api.ltx.video", "storage.googleapis.com"
_REFRAME = "video-to-video-reframe"
_REFRAMED = (
    *("720x720", "1080x1080", "720x900", "1080x1350", "900x720", "1350x1080"),
    *("720x1280", "1080x1920", "1280x720", "1920x1080"),
)
_ENDPOINTS = (
    "text-to-video",
    "image-to-video",
    "audio-to-video",
    "retake",
    "extend",
    _REFRAME,
)


@dataclass
class LightricksJob(RemoteJob):
    """With the endpoint that makes it."""

    endpoint: str = ""


@dataclass
class LightricksHabits(Habits):
    """And what this service alone does.

    Attributes:
        words: statuses that are answered first, one a question.
        kind: of the error that a render ends in.
        is_empty: the result has no clip in it.
        most: how many renders it makes at a time; one more is refused with 429.
    """

    words: list[str] = field(default_factory=list)
    kind: str = "api_error"
    is_empty: bool = False
    most: int = 2


@dataclass
class LightricksServer(StubService[LightricksHabits, LightricksJob]):
    """The service and its books."""

    at_once: int = 0
    given: list[str] = field(default_factory=list)

    def working(self) -> int:
        """How many renders are being made."""
        most = self.habits.polls_until_done
        return sum(job.polls <= most for job in self.jobs.values())

    def sent(self, address: str) -> ClipFacts:
        """What a video holds that was put with the service."""
        name = address.rpartition("/")[2]
        path = self.folder / f"{name}.mp4"
        path.write_bytes(self.uploads[name])
        return probe_clip(path)

    @override
    def ordered(self, job: LightricksJob) -> Ordered:
        body = job.body
        width, height = map(int, body.get("resolution", "1920x1080").split("x"))
        fps = body.get("fps", 25)
        if job.endpoint == _REFRAME:
            sent = self.sent(body["video_uri"])
            return Ordered(
                width, height, round(sent.fps), sent.num_frames, has_audio=sent.has_audio
            )
        return Ordered(
            width,
            height,
            fps,
            round(float(body.get("duration", 6)) * fps),
            has_audio=body.get("generate_audio", True),
        )


class _Site(StubHandler[LightricksServer]):
    """Both hosts."""

    @override
    def complaint(self, said: object, kind: str = "api_error") -> dict[str, Any]:
        return {"type": "error", "error": {"type": kind, "message": said}}

    @override
    def post(self) -> None:
        body = self.body()
        match (self.headers["Host"], self.path.strip("/").split("/")):
            case (host, ["v1", "upload"]) if host == API:
                if self._is_known():
                    name = f"file-{len(self.service.given) + 1}"
                    self.service.given.append(name)
                    self.say(
                        200,
                        {
                            "upload_url": f"https://{STORE}/put/{name}?signature=put-5510",
                            "storage_uri": f"storage://uploads/{name}",
                            "required_headers": {"x-goog-content-length-range": "0,104857600"},
                        },
                    )
            case (host, ["v2", endpoint]) if host == API and endpoint in _ENDPOINTS:
                if self._is_known():
                    self._order(endpoint, json.loads(body))
            case _:
                self.say(404, self.complaint("no such place", "not_found_error"))

    @override
    def put(self) -> None:
        body = self.body()
        is_right = self.headers["Host"] == STORE and "Authorization" not in self.headers
        if not is_right or "x-goog-content-length-range" not in self.headers:
            self.say(403, self.complaint("not with this key, nor without the headers"))
            return
        self.service.uploads[self.path.split("?")[0].split("/")[-1]] = body
        self.say(200, {})

    @override
    def get(self) -> None:
        match (self.headers["Host"], self.path.split("?")[0].strip("/").split("/")):
            case (host, ["results", name]) if host == STORE:
                self.send_clip(self.service.jobs.get(name))
            case (host, ["v2", endpoint, name]) if host == API:
                if self._is_known():
                    self._tell(endpoint, name)
            case _:
                self.say(404, self.complaint("no such place", "not_found_error"))

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {KEY}":
            return True
        said = f"the key {self.headers.get('Authorization')} is wrong"
        self.say(401, self.complaint(said, "authentication_error"))
        return False

    def _order(self, endpoint: str, body: dict[str, Any]) -> None:
        service = self.service
        if self.has_refused(KEY):
            return
        if endpoint == _REFRAME and (
            body.keys() != {"video_uri", "resolution"} or body["resolution"] not in _REFRAMED
        ):
            said = f"that is no order of this endpoint: {sorted(body)}"
            self.say(400, self.complaint(said, "invalid_request_error"))
            return
        with service.lock:
            service.at_once = max(service.at_once, service.working() + 1)
            if service.working() >= service.habits.most:
                said = self.complaint("too many at a time", "concurrency_limit_error")
                self.say(429, said, {"Retry-After": "5"})
                return
            name = f"00000000-0000-4000-8000-{service.purchases + 1:012d}"
            service.jobs[name] = LightricksJob(name, body, endpoint=endpoint)
        if not self.has_dropped():
            self.say(202, {"id": name, "created_at": "2026-11-30T10:00:00.000Z"})

    def _tell(self, endpoint: str, name: str) -> None:
        job, habits = self.service.jobs.get(name), self.service.habits
        if self.has_put_off():
            return
        if job is None or job.endpoint != endpoint:
            self.say(404, self.complaint("Job not found", "not_found_error"))
            return
        job.polls += 1
        told: dict[str, Any] = {"id": name, "created_at": "2026-11-30T10:00:00.000Z"}
        if habits.words:
            self.say(200, {**told, "status": habits.words.pop(0)})
        elif job.polls <= habits.polls_until_done:
            word = "pending" if job.polls == 1 else "processing"
            self.say(200, {**told, "status": word})
        elif habits.fails:
            # Services do repeat what they were sent.
            error = {"type": habits.kind, "message": f"it did not work ({KEY})"}
            self.say(200, {**told, "status": "failed", "error": error})
        else:
            url = f"https://{STORE}/results/{name}?signature=get-7720"
            result = {} if habits.is_empty else {"video_url": url}
            self.say(200, {**told, "status": "completed", "result": result})


@contextmanager
def lightricks_server(folder: Path) -> Iterator[LightricksServer]:
    """The LTX API, running behind a proxy on a free port of loopback."""
    service = LightricksServer(folder, LightricksHabits())
    with proxied(service, _Site, (API, STORE)) as environment:
        service.environment = {**environment, "LTX_API_KEY": KEY}
        yield service


def lightricks_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it may there."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = LightricksLTX(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(INFO, opened)
