"""Replicate on loopback: its predictions, files and model pages, on the very hosts that it has."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.ltx_video.replicate import endpoints
from providers.ltx_video.replicate.info import INFO
from providers.ltx_video.replicate.provider import ReplicateLTX
from providers.replicate.images.provider import ReplicateImages
from providers.replicate.info import IMAGES
from tests.fakes.services import replicate_image_models
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
    from email.message import EmailMessage
    from pathlib import Path

    from core.video.provider import ProviderContext, VideoProvider

KEY = "r8_secret-4f2a90"
WEBHOOK_SECRET = "whsec_c2lnbnMtdGhlLWNhbGxzLW9mLXRoaXMtYWNjb3VudA=="
_UNOFFICIAL = (endpoints.LTX_VIDEO, replicate_image_models.SKETCH)
API, RESULTS = "api.replicate.com", "replicate.delivery"
_WIDE = {"1080p": (1920, 1080), "2k": (2560, 1440), "4k": (3840, 2160)}


VERSIONS = {
    endpoints.DISTILLED: "6707072d3b2a513cee6ab771021d355b5aa52997dded5e1c97d1bebe8d93f920",
    endpoints.LTX_VIDEO: "8c47da666861d081eeb4d1261853087de23923a268a69b63febdf5dc1dee08e4",
    **replicate_image_models.VERSIONS,
}
"""Of the models that tell one; the others are run by their name alone."""
_NUMBER, _WHOLE, _TEXT, _URI = (
    {"type": "number"},
    {"type": "integer"},
    {"type": "string"},
    {"type": "string", "format": "uri"},
)


def choice(*values: object) -> dict[str, Any]:
    """A schema of what may be chosen."""
    return {"enum": list(values), "type": "string", "title": "choice"}


_DISTILLED_CHOICES = {"aspect_ratio": choice("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")}
_DISTILLED_FIELDS: dict[str, Any] = {
    "prompt": _TEXT,
    "image": _URI,
    "num_frames": {**_WHOLE, "minimum": 25, "maximum": 241, "default": 121},
    "seed": _WHOLE,
    "enhance_prompt": {"type": "boolean", "default": False},
    "image_strength": {**_NUMBER, "minimum": 0, "maximum": 1, "default": 1},
}
_VIDEO_CHOICES = {
    "target_size": choice(512, 576, 640, 704, 768, 832, 896, 960, 1024),
    "aspect_ratio": choice(
        *("1:1", "1:2", "2:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "9:21"),
        "21:9",
    ),
    "length": choice(97, 129, 161, 193, 225, 257),
    "model": choice("0.9.1", "0.9"),
}
_VIDEO_FIELDS: dict[str, Any] = {
    "prompt": _TEXT,
    "negative_prompt": _TEXT,
    "image": _URI,
    "image_noise_scale": {**_NUMBER, "minimum": 0, "maximum": 1, "default": 0.15},
    "cfg": {**_NUMBER, "minimum": 1, "maximum": 20, "default": 3},
    "steps": {**_WHOLE, "minimum": 1, "maximum": 50, "default": 30},
    "seed": _WHOLE,
}


def schemas_of(model: str, **more: Any) -> dict[str, Any]:
    """What a model says that it takes, written as Replicate writes it: choices lie apart."""
    match model:
        case endpoints.DISTILLED:
            return _described(_DISTILLED_CHOICES, _DISTILLED_FIELDS | more)
        case endpoints.LTX_VIDEO:
            # It needs nothing at all, and makes a clip of its own words then.
            return _described(_VIDEO_CHOICES, _VIDEO_FIELDS | more, required=())
        case _ if model.startswith("lightricks/"):
            return _schemas_of_23(model, more)
        case _:
            return replicate_image_models.SCHEMAS.get(model, {})


def _schemas_of_23(model: str, more: dict[str, Any]) -> dict[str, Any]:
    tasks = ["text_to_video", "image_to_video"]
    fast = model.endswith("fast")
    tasks += [] if fast else ["audio_to_video", "retake", "extend"]
    choices = {
        "task": choice(*tasks),
        "resolution": choice("1080p", "2k", "4k"),
        "aspect_ratio": choice("16:9", "9:16"),
        "fps": choice(24, 25, 48, 50),
        "camera_motion": choice(
            "none",
            "dolly_in",
            "dolly_out",
            "dolly_left",
            "dolly_right",
            "jib_up",
            "jib_down",
            "static",
            "focus_shift",
        ),
    }
    fields: dict[str, Any] = {
        name: {"type": "string", "format": "uri"} for name in ("image", "last_frame_image")
    }
    fields |= {"prompt": {"type": "string"}, "generate_audio": {"type": "boolean"}}
    fields["duration"] = {"type": "integer", "minimum": 1, "maximum": 20 if fast else 10}
    if not fast:
        fields |= {name: {"type": "string", "format": "uri"} for name in ("audio", "video")}
        fields["duration"]["maximum"] = 20
        fields["extend_mode"] = choice("start", "end")
        fields["retake_start_time"] = {"type": "number", "minimum": 0}
        fields["retake_duration"] = {"type": "number", "minimum": 2}
        fields["retake_mode"] = choice("replace_audio", "replace_video", "replace_audio_and_video")
    return _described(choices, fields | more)


def _described(
    choices: dict[str, Any], fields: dict[str, Any], required: tuple[str, ...] = ("prompt",)
) -> dict[str, Any]:
    chosen = {
        name: {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "x-order": number}
        for number, name in enumerate(choices)
    }
    described = {"type": "object", "properties": chosen | fields, "required": [*required]}
    return {"Input": described, "Output": {"type": "string", "format": "uri"}, **choices}


@dataclass
class ReplicateJob(RemoteJob):
    """With the model that makes it."""

    model: str = ""
    webhook: str = ""
    end: str = ""

    @property
    def makes_images(self) -> bool:
        return not self.model.startswith("lightricks/")


@dataclass
class ReplicateHabits(ImageFile, Habits):
    """And what Replicate alone does.

    Attributes:
        words: statuses that are answered first, one a question.
        error: what a failed render says.
        is_empty: the result has no clip in it.
        is_removed: the hour is over.
        gives_list: the output is a list of addresses.
        models: by name, the schemas that a model tells; the usual ones where it is not named.
        retired: models that are not there.
        ends_late: a render that is cancelled goes on for a while.
        webhook_secret: the whole answer to who asks with what calls are signed.
    """

    words: list[str] = field(default_factory=list)
    error: str = ""
    is_empty: bool = False
    is_removed: bool = False
    gives_list: bool = False
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    ends_late: bool = False
    webhook_secret: dict[str, object] = field(default_factory=lambda: {"key": WEBHOOK_SECRET})


@dataclass
class ReplicateServer(StubService[ReplicateHabits, ReplicateJob]):
    """The service and its books."""

    asked_models: list[str] = field(default_factory=list)
    file_names: list[str] = field(default_factory=list)

    def image_of(self, size: tuple[int, int]) -> bytes:
        """The finished file of an image."""
        if self.habits.garbles:
            return b"this is no image" * 100
        return image_bytes(self.habits.size or size, self.habits)

    @override
    def clip_of(self, job: ReplicateJob) -> bytes:
        if not job.makes_images:
            return super().clip_of(job)
        body = job.body
        if "width" in body:
            return self.image_of((body["width"], body["height"]))
        return self.image_of(_sides(1024, body.get("aspect_ratio", "1:1")))

    @override
    def ordered(self, job: ReplicateJob) -> Ordered:
        body = job.body
        seed = body.get("seed", 7)
        match job.model:
            case endpoints.DISTILLED:
                width, height = _sides(1024, body["aspect_ratio"])
                return Ordered(width, height, 24, body["num_frames"], seed)
            case endpoints.LTX_VIDEO:
                width, height = _sides(body["target_size"], body["aspect_ratio"])
                return Ordered(width, height, 25, body["length"], seed, has_audio=False)
            case _:
                return self._ordered_of_23(body, seed)

    def _ordered_of_23(self, body: dict[str, Any], seed: int) -> Ordered:
        width, height = _WIDE[body.get("resolution", "1080p")]
        if body.get("aspect_ratio") == "9:16":
            width, height = height, width
        fps = body.get("fps", 25)
        frames = round(float(body.get("duration", 6)) * fps)
        has_audio = body.get("generate_audio", True)
        return Ordered(width, height, fps, frames, seed, has_audio)


def _sides(side: int, aspect: str) -> tuple[int, int]:
    """As large as a square of that side, in steps of 32."""
    across, down = map(int, aspect.split(":"))
    scale = (side * side / (across * down)) ** 0.5
    return round(across * scale / 32) * 32, round(down * scale / 32) * 32


class _Site(StubHandler[ReplicateServer]):
    """Both hosts."""

    @override
    def complaint(self, said: object) -> dict[str, Any]:
        return {"title": "Not done", "detail": said, "status": 400}

    @override
    def post(self) -> None:
        body = self.body()
        if self.headers["Host"] != API or not self._is_known():
            return
        match self.path.strip("/").split("/"):
            case ["v1", "files"]:
                self._take_file(body)
            case ["v1", "models", owner, name, "predictions"]:
                model = f"{owner}/{name}"
                if model in _UNOFFICIAL:
                    self.say(404, self.complaint("The requested resource could not be found."))
                else:
                    self._order(model, json.loads(body))
            case ["v1", "predictions"]:
                asked = json.loads(body)
                names = {version: name for name, version in VERSIONS.items()}
                if asked["version"] in names:
                    self._order(names[asked["version"]], asked)
                else:
                    said = "Invalid version or not permitted"
                    self.say(422, self.complaint(said))
            case ["v1", "predictions", name, "cancel"]:
                job = self.service.jobs[name]
                job.is_cancelled = True
                if not self.service.habits.ends_late:
                    job.end = job.end or self._end_of(job)
                self.say(200, self._told(job))
            case _:
                self.say(404, self.complaint("no such place"))

    @override
    def get(self) -> None:
        match (self.headers["Host"], self.path.strip("/").split("/")):
            case (host, ["results", name]) if host == RESULTS:
                self.send_clip(self.service.jobs.get(name.partition(".")[0]))
            case (host, ["v1", *rest]) if host == API:
                if self._is_known():
                    self._answer(rest)
            case _:
                self.say(404, self.complaint("no such place"))

    def _answer(self, path: list[str]) -> None:
        habits = self.service.habits
        match path:
            case ["webhooks", "default", "secret"]:
                self.say(200, habits.webhook_secret)
            case ["account"]:
                self.say(200, {"type": "user", "username": "someone"})
            case ["models", owner, name]:
                model = f"{owner}/{name}"
                self.service.asked_models.append(model)
                if model in habits.retired:
                    self.say(404, self.complaint("The requested resource could not be found."))
                    return
                schemas = habits.models.get(model, schemas_of(model))
                if not schemas:
                    self.say(404, self.complaint("The requested resource could not be found."))
                    return
                document = {"openapi": "3.0.2", "components": {"schemas": schemas}}
                named = VERSIONS.get(model, "hidden")
                version = {"id": named, "openapi_schema": document}
                self.say(200, {"owner": owner, "name": name, "latest_version": version})
            case ["predictions", name]:
                self._tell(name)
            case _:
                self.say(404, self.complaint("no such place"))

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {KEY}":
            return True
        said = f"the token {self.headers.get('Authorization')} is wrong"
        self.say(401, self.complaint(said))
        return False

    def _take_file(self, body: bytes) -> None:
        kind = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = cast("EmailMessage", BytesParser(policy=HTTP).parsebytes(kind + body))
        (part,) = form.iter_parts()
        name = f"file-{len(self.service.uploads) + 1}"
        assert part.get_param("name", header="content-disposition") == "content"
        self.service.file_names.append(str(part.get_filename()))
        self.service.uploads[name] = cast("bytes", part.get_payload(decode=True))
        urls = {"get": f"https://{API}/v1/files/{name}"}
        self.say(201, {"id": name, "urls": urls, "expires_at": "2026-12-02T00:00:00Z"})

    def _order(self, model: str, body: dict[str, Any]) -> None:
        service = self.service
        if self.has_refused(KEY):
            return
        with service.lock:
            name = f"pred{service.purchases + 1:022d}"
            job = ReplicateJob(name, body["input"], model=model, webhook=body.get("webhook", ""))
            service.jobs[name] = job
        if not self.has_dropped():
            self.say(201, self._told(job))

    def _tell(self, name: str) -> None:
        job, habits = self.service.jobs.get(name), self.service.habits
        if self.has_put_off():
            return
        if job is None:
            self.say(404, self.complaint("Prediction not found"))
            return
        job.polls += 1
        if habits.words:
            self.say(200, {**self._told(job), "status": habits.words.pop(0)})
            return
        if not job.end and job.polls > habits.polls_until_done:
            job.end = "failed" if habits.fails else "succeeded"
        self.say(200, self._told(job))

    def _end_of(self, job: ReplicateJob) -> str:
        return "canceled" if self.service.habits.charges_aborted else "aborted"

    def _told(self, job: ReplicateJob) -> dict[str, Any]:
        habits = self.service.habits
        status = job.end or ("starting" if job.polls < 2 else "processing")
        told = {
            "id": job.id,
            "model": job.model,
            "version": "hidden",
            "input": job.body,
            "logs": "",
            "error": None,
            "output": None,
            "status": status,
            "data_removed": False,
        }
        if status == "failed":
            # Services do repeat what they were sent.
            told["error"] = f"{habits.error or 'it did not work'} ({KEY})"
        elif status == "succeeded" and habits.is_removed:
            told |= {"data_removed": True, "input": {}}
        elif status == "succeeded" and not habits.is_empty:
            suffix = habits.kind.lower() if job.makes_images else "mp4"
            url = f"https://{RESULTS}/results/{job.id}.{suffix}"
            is_list = habits.gives_list or job.model == endpoints.LTX_VIDEO
            told["output"] = [url] if is_list else url
        return told


@contextmanager
def replicate_server(folder: Path) -> Iterator[ReplicateServer]:
    """Replicate, running behind a proxy on a free port of loopback."""
    service = ReplicateServer(folder, ReplicateHabits())
    with proxied(service, _Site, (API, RESULTS)) as environment:
        service.environment = {**environment, "REPLICATE_API_TOKEN": KEY}
        yield service


def replicate_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it may there."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = ReplicateLTX(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(INFO, opened)


def replicate_image_entry(_: str = "") -> ProviderEntry:
    """The same of the line for images."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = ReplicateImages(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(IMAGES, opened)
