"""How the LTX API is spoken to: jobs of its second version, files by addresses that it gives."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import ContentRefused, ProviderError, RenderFailed
from core.redaction import redacted, remember_secret
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.services.service_http import ServiceHttp
from core.video.terms import Target
from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.lightricks.info import INFO
from providers.ltx_video.lightricks.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.services.service_client import RemoteOrder

log = logging.getLogger(__name__)

API = "https://api.ltx.video"

_FILTERED = "content_filtered"
_MOST_WORDS = 300


class LightricksHttp(ServiceHttp):
    """Speaks to the LTX API, whose refusals are objects with a kind and a sentence."""

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        kind, said = _error_of(text)
        if _FILTERED in kind or (status == 422 and not kind):
            return _refused(said, self.target)
        return super().refusal(status, said or text, headers)


class LightricksClient(ServiceClient):
    """Orders clips with one account's key."""

    def __init__(self, target: str, key: str) -> None:
        http = LightricksHttp(INFO.label, target, {"Authorization": f"Bearer {key}"}, key)
        super().__init__(INFO.label, http)

    @override
    def upload(self, file: Path) -> str:
        place = self.http.tell(f"{API}/v1/upload")
        address, headers = str(place["upload_url"]), dict(place.get("required_headers") or {})
        # Whoever has it may put a file there.
        remember_secret(address)
        self.http.store(address, file, headers)
        return str(place["storage_uri"])

    @override
    def submit(self, order: RemoteOrder) -> str:
        plan = order.plan
        endpoint = find_model(MODELS, plan.target.model).endpoint(plan.task)
        answer = self.http.order(f"{API}/v2/{endpoint.id}", endpoint.body(order))
        return f"{endpoint.id}/{answer['id']}"

    @override
    def poll(self, remote: str) -> RemoteState:
        answer = self._job(remote)
        match answer["status"]:
            case "completed":
                return self._finished(answer)
            case "failed":
                return self._failed(answer)
            case "pending":
                return Waiting(message="In line at Lightricks")
            case "processing":
                return Waiting(message="Lightricks makes the clip")
            case word:
                log.info("The LTX API says %r of a render, taken for work in progress.", word)
                return Waiting(message="Waiting for Lightricks")

    @override
    def abort(self, remote: str) -> bool | None:
        # The service knows no such call: what was ordered is made and charged.
        return True

    @override
    def test_key(self) -> None:
        # A place for a file that nobody sends, which costs nothing.
        self.http.tell(f"{API}/v1/upload")

    def _job(self, remote: str) -> dict[str, Any]:
        """What is told of a render; a person knows only the last part of what it is found by."""
        if "/" in remote:
            return self.http.ask(f"{API}/v2/{remote}")
        model = find_model(MODELS, Target.parse(self.http.target).model)
        for endpoint in model.endpoints[:-1]:
            answer = self.http.hear(f"{API}/v2/{endpoint.id}/{remote}")
            if answer.status < 400:
                return answer.body
        return self.http.ask(f"{API}/v2/{model.endpoints[-1].id}/{remote}")

    def _finished(self, answer: dict[str, Any]) -> RemoteState:
        result: dict[str, Any] = answer.get("result") or {}
        url = result.get("video_url")
        if not url:
            error = RenderFailed(
                "Lightricks says that the clip is done and gives none.",
                target=self.http.target,
                hint="Look into the account at console.ltx.video, then give the command again.",
            )
            return Ended(error)
        # Whoever has the address has the clip.
        remember_secret(str(url))
        return Finished(str(url))

    def _failed(self, answer: dict[str, Any]) -> RemoteState:
        kind, said = _error_of(json.dumps(answer))
        if _FILTERED in kind:
            return Ended(_refused(said, self.http.target))
        error = RenderFailed(
            f"Lightricks could not make the clip: {_sentence(said)}",
            target=self.http.target,
            hint="Give the command again; if it happens again, choose another model.",
        )
        return Ended(error)


def _error_of(text: str) -> tuple[str, str]:
    """Kind and words of an error; both empty where there are none."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        return "", ""
    error = cast("dict[str, Any]", found).get("error") if isinstance(found, dict) else None
    if isinstance(error, str):
        return "", error
    if not isinstance(error, dict):
        return "", ""
    fields = cast("dict[str, Any]", error)
    return str(fields.get("type", "")), str(fields.get("message", ""))


def _refused(said: str, target: str) -> ContentRefused:
    return ContentRefused(
        f"Lightricks refused the prompt or an input: {_sentence(said)}",
        target=target,
        hint="Say it in other words, or choose another input.",
    )


def _sentence(said: str) -> str:
    """What the service says, as the end of a sentence."""
    text = redacted(" ".join(said.split()))[:_MOST_WORDS].rstrip(".")
    return f"{text or 'it does not say why'}."
