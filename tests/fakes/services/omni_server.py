"""The Gemini API on loopback: its interactions and files, on the very hosts that it has."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.google.info import OMNI
from providers.google.omni.provider import GeminiOmni
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

KEY = "AIza-secret-55c1f0"
API, STORE = "generativelanguage.googleapis.com", "storage.googleapis.com"
_WIDE = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}
STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}


@dataclass
class OmniJob(RemoteJob):
    """With how it ended."""

    end: str = ""


@dataclass
class OmniHabits(Habits):
    """And what this service alone does.

    Attributes:
        words: statuses that are answered first, one a question.
        refusals: questions that are answered 400 first, with this message.
        end: the status that a render ends with; empty for the usual one.
        error: what a render that failed says.
        said: the words that stand where the clip should be; None where the clip is there.
        video_tokens: that the answer counts.
        is_inline: the clip lies inside of the answer.
        is_plain: the answer names the clip as SDKs show it, and as a file without its address.
        moves: the file's address leads on to another host.
        retry_delay: how long 429 says to wait, in the body alone.
        cancel_end: the status after a cancel.
        waits: an order is answered only once the clip is there, with all of it.
    """

    words: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    end: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    said: str | None = None
    video_tokens: int = 0
    is_inline: bool = False
    is_plain: bool = False
    moves: bool = False
    retry_delay: str = ""
    cancel_end: str = "cancelled"
    waits: bool = False


@dataclass
class OmniServer(StubService[OmniHabits, OmniJob]):
    """The service and its books."""

    keys_at: list[tuple[str, str]] = field(default_factory=list)

    @override
    def ordered(self, job: OmniJob) -> Ordered:
        asked = job.body["response_format"]
        width, height = _WIDE[asked["resolution"]]
        if asked["aspect_ratio"] == "9:16":
            width, height = height, width
        seconds = int(asked.get("duration", "0s").removesuffix("s"))
        task = job.body["generation_config"].get("video_config", {}).get("task")
        there = 3 if task in ("extend", "edit") else 0
        return Ordered(width, height, 24, (seconds + there) * 24)


class _Site(StubHandler[OmniServer]):
    """Both hosts."""

    @override
    def complaint(self, said: object, status: int = 400) -> dict[str, Any]:
        error = {"code": status, "message": said, "status": STATUSES.get(status, "")}
        delay = self.service.habits.retry_delay
        if delay:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            error["details"] = [{"@type": kind, "retryDelay": delay}]
        return {"error": error}

    @override
    def post(self) -> None:
        body = self.body()
        if self.headers["Host"] != API or not self._is_known():
            return
        match self.path.strip("/").split("/"):
            case ["v1", "interactions"]:
                self._order(json.loads(body))
            case ["v1", "interactions", name, "cancel"]:
                job = self.service.jobs[name]
                job.is_cancelled = True
                job.end = job.end or self.service.habits.cancel_end
                self.say(200, self._told(job))
            case _:
                self.say(404, self.complaint("no such place", 404))

    @override
    def get(self) -> None:
        host, (path, _, query) = self.headers["Host"], self.path.partition("?")
        self.service.keys_at.append((host, self.headers.get("x-goog-api-key", "")))
        match (host, path.strip("/").split("/")):
            case (host, ["moved", name]) if host == STORE:
                if "x-goog-api-key" in self.headers:
                    self.say(400, self.complaint("the key has no business here"))
                else:
                    self.send_clip(self.service.jobs.get(name))
            case (host, _) if host != API or not self._is_known():
                return
            case (_, ["v1", "files", file]) if query == "alt=media":
                self._send_file(file.removesuffix(":download"))
            case (_, ["v1", "models", name]):
                self.say(200, {"name": f"models/{name}"})
            case (_, ["v1", "interactions", name]):
                self._tell(name)
            case _:
                self.say(404, self.complaint("no such place", 404))

    def _send_file(self, name: str) -> None:
        if self.service.habits.moves:
            self.send(302, b"", "text/plain", {"Location": f"https://{STORE}/moved/{name}"})
            return
        self.send_clip(self.service.jobs.get(name))

    def _is_known(self) -> bool:
        assert "key=" not in self.path, "a key stands in no address"
        if self.headers.get("x-goog-api-key") == KEY:
            return True
        # Google answers so, and not with 401.
        said = "API key not valid. Please pass a valid API key."
        self.say(400, self.complaint(f"{said} ({self.headers.get('x-goog-api-key')})"))
        return False

    def _order(self, body: dict[str, Any]) -> None:
        service = self.service
        if self.has_refused(KEY):
            return
        with service.lock:
            name = f"v1_{service.purchases + 1:024d}"
            for part in body["input"][0]["content"]:
                if part["type"] != "text":
                    content = base64.b64decode(part["data"])
                    service.uploads[f"{name}-{len(service.uploads)}"] = content
            job = OmniJob(name, body)
            service.jobs[name] = job
        if service.habits.waits:
            job.end = "completed"
            self.say(200, self._told(job))
        elif not self.has_dropped():
            self.say(200, {"id": name, "object": "interaction", "status": "in_progress"})

    def _tell(self, name: str) -> None:
        job, habits = self.service.jobs.get(name), self.service.habits
        if self.has_put_off():
            return
        if habits.refusals:
            self.say(400, self.complaint(habits.refusals.pop(0)))
            return
        if job is None:
            self.say(400, self.complaint("Invalid interaction name."))
            return
        job.polls += 1
        if habits.words:
            self.say(200, {**self._told(job), "status": habits.words.pop(0)})
            return
        if not job.end and job.polls > habits.polls_until_done:
            job.end = habits.end or ("failed" if habits.fails else "completed")
        self.say(200, self._told(job))

    def _told(self, job: OmniJob) -> dict[str, Any]:
        habits = self.service.habits
        status = job.end or ("queued" if job.polls < 2 else "in_progress")
        sent = {"type": "user_input", "content": job.body["input"][0]["content"]}
        told: dict[str, Any] = {
            "id": job.id,
            "model": job.body["model"],
            "status": status,
            "steps": [sent],
            "usage": {
                "output_tokens_by_modality": [{"modality": "video", "tokens": habits.video_tokens}]
            },
        }
        if status == "failed":
            # Services do repeat what they were sent.
            error = {"code": "internal", "message": f"it did not work ({KEY})"}
            told["error"] = habits.error or error
        elif status in ("completed", "incomplete"):
            told |= self._output(job)
        return told

    def _output(self, job: OmniJob) -> dict[str, Any]:
        habits = self.service.habits
        sent = {"type": "user_input", "content": job.body["input"][0]["content"]}
        if habits.said is not None:
            texts = [{"type": "text", "text": habits.said}] if habits.said else []
            return {"steps": [sent, {"type": "model_output", "content": texts}]}
        if habits.is_plain:
            return {"output_video": {"type": "video", "uri": f"files/{job.id}"}}
        video = {"type": "video", "mime_type": "video/mp4"}
        if habits.is_inline:
            video["data"] = base64.b64encode(self.service.clip_of(job)).decode()
        else:
            video["uri"] = f"https://{API}/v1/files/{job.id}:download?alt=media"
        return {"steps": [sent, {"type": "model_output", "content": [video]}]}


@contextmanager
def omni_server(folder: Path) -> Iterator[OmniServer]:
    """The Gemini API, running behind a proxy on a free port of loopback."""
    service = OmniServer(folder, OmniHabits())
    with proxied(service, _Site, (API, STORE)) as environment:
        service.environment = {**environment, "GEMINI_API_KEY": KEY}
        yield service


def omni_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it may there."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = GeminiOmni(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(OMNI, opened)
