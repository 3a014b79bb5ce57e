"""How Replicate is spoken to: predictions of official models, files, schemas."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import ContentRefused, ProviderError, RateLimited, RenderFailed, ResultLost
from core.redaction import redacted, remember_secret
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.services.service_http import ServiceHttp
from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.replicate.info import INFO
from providers.ltx_video.replicate.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.services.service_client import RemoteOrder

log = logging.getLogger(__name__)

API = "https://api.replicate.com/v1"

# What the models say of a prompt or an image that they do not take.
_REFUSED = re.compile(r"\bE005\b|flagged|sensitive|nsfw|content[ _](policy|filter)", re.IGNORECASE)
# Only the words of a refusal tell how long to wait.
_WAIT = re.compile(r"resets in ~?(\d+(?:\.\d+)?) ?s", re.IGNORECASE)
_MOST_WORDS = 300
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{16,}={0,2}")


class ReplicateHttp(ServiceHttp):
    """Speaks to Replicate, whose refusals are objects with a title and a detail."""

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        error = super().refusal(status, _detail(text) or text, headers)
        wait = _WAIT.search(text)
        if isinstance(error, RateLimited) and error.retry_after_s is None and wait is not None:
            wait_s = float(wait[1])
            return RateLimited(
                error.message,
                target=self.target,
                hint=f"Resume the job in {wait_s:.0f} s.",
                retry_after_s=wait_s,
            )
        return error


class ReplicateClient(ServiceClient):
    """Orders clips with one account's token."""

    def __init__(self, target: str, key: str) -> None:
        http = ReplicateHttp(INFO.label, target, {"Authorization": f"Bearer {key}"}, key)
        super().__init__(INFO.label, http)

    @override
    def upload(self, file: Path) -> str:
        return str(self.http.send_file(f"{API}/files", "content", file)["urls"]["get"])

    @override
    def submit(self, order: RemoteOrder) -> str:
        plan = order.plan
        endpoint = find_model(MODELS, plan.target.model).endpoint(plan.task)
        webhook = plan.request.delivery.webhook_url
        caller = {"webhook": webhook, "webhook_events_filter": ["completed"]} if webhook else {}
        body = {"input": endpoint.body(order), **caller}
        if endpoint.is_official:
            return str(self.http.order(f"{API}/models/{endpoint.id}/predictions", body)["id"])
        # Asked before the order goes out, and buys nothing.
        version = str(self.http.ask(f"{API}/models/{endpoint.id}")["latest_version"]["id"])
        return str(self.http.order(f"{API}/predictions", {"version": version, **body})["id"])

    @override
    def poll(self, remote: str) -> RemoteState:
        answer = self.http.ask(f"{API}/predictions/{remote}")
        match answer["status"]:
            case "succeeded":
                return self._finished(answer)
            case "failed":
                return self._failed(answer)
            case "canceled":
                return Ended(self._stopped("was cancelled there, which is charged."), True)
            case "aborted":
                return Ended(self._stopped("was ended there before it began."), False)
            case "starting":
                return Waiting(message="In line at Replicate")
            case "processing":
                return Waiting(message="Replicate makes the clip")
            case word:
                log.info("Replicate says %r of a render, taken for work in progress.", word)
                return Waiting(message="Waiting for Replicate")

    @override
    def abort(self, remote: str) -> bool | None:
        match self.http.tell(f"{API}/predictions/{remote}/cancel")["status"]:
            case "aborted":
                return False
            case "canceled" | "succeeded":
                return True
            case _:
                # It has not ended yet, and only its end tells what is charged.
                return None

    @override
    def test_key(self) -> None:
        self.http.ask(f"{API}/account")

    def webhook_secret(self) -> str:
        """With which Replicate signs the calls that it makes for this account."""
        found: object = self.http.ask(f"{API}/webhooks/default/secret").get("key")
        if not isinstance(found, str) or not _WEBHOOK_SECRET.fullmatch(found):
            raise self.http.bad_answer("there is no secret for calls in it")
        return found

    @override
    def describe(self) -> dict[str, object]:
        """What each model of the table says it takes."""
        found: dict[str, object] = {}
        for name in dict.fromkeys(one.id for model in MODELS for one in model.endpoints):
            answer = self.http.hear(f"{API}/models/{name}")
            if answer.status >= 400:
                log.info("Replicate does not describe %s (%s).", name, answer.status)
                continue
            part: Any = answer.body
            for key in ("latest_version", "openapi_schema", "components", "schemas"):
                part = cast("dict[str, Any]", part).get(key) if isinstance(part, dict) else None
            found[name] = part
        return found

    def _finished(self, answer: dict[str, Any]) -> RemoteState:
        output: Any = answer.get("output")
        urls = cast("list[Any]", output if isinstance(output, list) else [output])
        url = urls[0] if urls else None
        target = self.http.target
        if url:
            # Whoever has the address has the clip.
            remember_secret(str(url))
            return Finished(str(url))
        if answer.get("data_removed"):
            raise ResultLost(
                "Replicate made the clip and has removed it: it keeps results for an hour.",
                target=target,
                hint="The render was paid for. To have the clip, order it again.",
            )
        error = RenderFailed(
            "Replicate says that the clip is done and gives none.",
            target=target,
            hint="Look into the account at replicate.com/predictions, then give the command again.",
        )
        return Ended(error)

    def _failed(self, answer: dict[str, Any]) -> RemoteState:
        said, target = str(answer.get("error") or ""), self.http.target
        if _REFUSED.search(said):
            error = ContentRefused(
                f"Replicate refused the prompt or an input: {_sentence(said)}",
                target=target,
                hint="Say it in other words, or choose another input.",
            )
            return Ended(error)
        return Ended(self._stopped(f"failed there: {_sentence(said)}"))

    def _stopped(self, how: str) -> RenderFailed:
        return RenderFailed(
            f"The render at Replicate {how}",
            target=self.http.target,
            hint="Give the command again; if it happens again, choose another model.",
        )


def _detail(text: str) -> str:
    """The words of a refusal; empty where it is no object that has any."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        return ""
    return str(cast("dict[str, Any]", found).get("detail") or "") if isinstance(found, dict) else ""


def _sentence(said: str) -> str:
    """What the service says, as the end of a sentence."""
    text = redacted(" ".join(said.split()))[:_MOST_WORDS].rstrip(".")
    return f"{text or 'it does not say why'}."
