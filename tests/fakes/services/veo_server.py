"""Vertex AI on loopback: its operations and access tokens, on the very hosts that it has."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.google.info import VEO
from providers.google.veo.provider import GoogleVeo
from tests.fakes.services.omni_server import STATUSES
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

TOKEN = "ya29.secret-91ab0c"
EXPRESS = "AQ.secret-express-77d1"
PROJECT, LOCATION = "my-project", "us-central1"
API, GLOBAL = f"{LOCATION}-aiplatform.googleapis.com", "aiplatform.googleapis.com"
ELSEWHERE, OAUTH = "europe-west4-aiplatform.googleapis.com", "oauth2.googleapis.com"
_WIDE = {"720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}
_EXTENSION_S, _THERE_S = 7, 3


@dataclass
class VeoJob(RemoteJob):
    """With the address that it was ordered at, and by whom."""

    host: str = ""
    model: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class VeoHabits(Habits):
    """And what this service alone does.

    Attributes:
        error: what an operation that failed says.
        filtered: the reasons for which the clip is held back; None where it is not.
        is_empty: the operation is done and has nothing.
        bucket: where the clip lies, instead of in the answer.
        escapes: base64 is written with escapes, as some writers of JSON do.
        gives_tokens: whether credentials are exchanged for an access token.
    """

    error: dict[str, Any] = field(default_factory=dict)
    filtered: list[str] | None = None
    is_empty: bool = False
    bucket: str = ""
    escapes: bool = False
    gives_tokens: bool = True


@dataclass
class VeoServer(StubService[VeoHabits, VeoJob]):
    """The service and its books."""

    grants: list[str] = field(default_factory=list)

    @override
    def ordered(self, job: VeoJob) -> Ordered:
        asked, (instance,) = job.body["parameters"], job.body["instances"]
        width, height = _WIDE[asked["resolution"]]
        if asked["aspectRatio"] == "9:16":
            width, height = height, width
        seconds = asked.get("durationSeconds", _EXTENSION_S)
        seconds += _THERE_S if "video" in instance else 0
        return Ordered(width, height, 24, seconds * 24, asked["seed"], asked["generateAudio"])

    def account(self, kind: str = "service_account", **more: str) -> str:
        """The text of a credentials file."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        fields = {
            "type": kind,
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": "clips@my-project.iam.gserviceaccount.com",
            "token_uri": f"https://{OAUTH}/token",
            "client_id": "someone",
            "client_secret": "somebody",
            "refresh_token": "1//refresh-secret",
        }
        return json.dumps(fields | more)


class _Site(StubHandler[VeoServer]):
    """All hosts."""

    @override
    def complaint(self, said: object, status: int = 400) -> dict[str, Any]:
        error = {"code": status, "message": said, "status": STATUSES.get(status, "")}
        return {"error": error}

    @override
    def get(self) -> None:
        if self._is_known():
            self.say(200, {"name": self.path.removeprefix("/v1beta1/")})

    @override
    def post(self) -> None:
        body = self.body()
        if self.headers["Host"] == OAUTH:
            self._grant(parse_qs(body.decode()))
            return
        if not self._is_known():
            return
        path, _, verb = self.path.removeprefix("/v1beta1/").partition(":")
        match verb:
            case "predictLongRunning":
                self._order(path, json.loads(body))
            case "fetchPredictOperation":
                self._tell(path, json.loads(body)["operationName"])
            case _:
                self.say(404, self.complaint("no such place", 404))

    def _grant(self, asked: dict[str, list[str]]) -> None:
        (kind,) = asked["grant_type"]
        if not self.service.habits.gives_tokens:
            said = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            self.say(400, said)
            return
        assert "assertion" in asked or asked["refresh_token"] == ["1//refresh-secret"]
        self.service.grants.append(kind)
        self.say(200, {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    def _is_known(self) -> bool:
        host, path = self.headers["Host"], self.path
        bearer, key = self.headers.get("Authorization", ""), self.headers.get("x-goog-api-key", "")
        if bearer == f"Bearer {TOKEN}" and host in (API, ELSEWHERE) and "/projects/" in path:
            return True
        if key == EXPRESS and host == GLOBAL and "/projects/" not in path:
            return True
        self.say(401, self.complaint(f"Request had invalid credentials ({bearer}{key}).", 401))
        return False

    def _order(self, path: str, body: dict[str, Any]) -> None:
        service = self.service
        if self.has_refused(TOKEN):
            return
        with service.lock:
            name = f"{path}/operations/00000000-0000-4000-8000-{service.purchases + 1:012d}"
            (instance,) = body["instances"]
            parts = [instance[key] for key in ("image", "lastFrame", "video") if key in instance]
            parts += [one["image"] for one in instance.get("referenceImages", [])]
            for part in parts:
                content = base64.b64decode(part["bytesBase64Encoded"])
                service.uploads[f"{name}-{len(service.uploads)}"] = content
            host, model = self.headers["Host"], path.rpartition("/")[2]
            headers = {key.lower(): value for key, value in self.headers.items()}
            service.jobs[name] = VeoJob(name, body, host=host, model=model, headers=headers)
        if not self.has_dropped():
            self.say(200, {"name": name})

    def _tell(self, path: str, name: str) -> None:
        job, habits = self.service.jobs.get(name), self.service.habits
        if self.has_put_off():
            return
        if job is None or path != name.rpartition("/operations/")[0]:
            self.say(404, self.complaint("Operation not found.", 404))
            return
        job.polls += 1
        if job.polls <= habits.polls_until_done:
            self.say(200, {"name": name})
            return
        if habits.is_gone:
            self.say(404, self.complaint("The operation has expired.", 404))
            return
        if habits.fails:
            # Services do repeat what they were sent.
            error = {"code": 13, "message": f"it did not work ({TOKEN})"}
            self.say(200, {"name": name, "done": True, "error": habits.error or error})
            return
        response = self._response(job)
        told = {"name": name, "done": True, "response": response}
        text = json.dumps(told)
        if habits.escapes:
            text = text.replace("=", "\\u003d").replace("/", "\\/")
        self.send_in_pieces(text.encode())

    def _response(self, job: VeoJob) -> dict[str, Any]:
        habits = self.service.habits
        if habits.is_empty:
            return {}
        if habits.filtered is not None:
            count = max(1, len(habits.filtered))
            held = {"raiMediaFilteredCount": count}
            return held | ({"raiMediaFilteredReasons": habits.filtered} if habits.filtered else {})
        video = {"mimeType": "video/mp4"}
        if habits.bucket:
            video["gcsUri"] = habits.bucket
        else:
            video["bytesBase64Encoded"] = base64.b64encode(self.service.clip_of(job)).decode()
        return {"raiMediaFilteredCount": 0, "videos": [video]}


@contextmanager
def veo_server(folder: Path) -> Iterator[VeoServer]:
    """Vertex AI, running behind a proxy on a free port of loopback."""
    service = VeoServer(folder, VeoHabits())
    with proxied(service, _Site, (API, GLOBAL, ELSEWHERE, OAUTH)) as environment:
        service.environment = {
            **environment,
            "GOOGLE_APPLICATION_CREDENTIALS": "",
            "CLOUDSDK_AUTH_ACCESS_TOKEN": TOKEN,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "GOOGLE_CLOUD_LOCATION": "",
        }
        yield service


def veo_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it may there."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = GoogleVeo(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(VEO, opened)
