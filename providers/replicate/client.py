"""How Replicate is spoken to: predictions, files, schemas."""

from __future__ import annotations

import json
import logging
import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import ContentRefused, ProviderError, RateLimited, RenderFailed, ResultLost
from core.redaction import redacted, remember_secret
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.services.service_http import ServiceHttp
from providers.replicate.info import LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.services.service_client import RemoteOrder

log = logging.getLogger(__name__)

API = "https://api.replicate.com/v1"

# What the models say of a prompt or an image that they do not take.
_REFUSED = re.compile(r"\bE005\b|flagged|sensitive|nsfw|content[ _](policy|filter)", re.IGNORECASE)
# Only the words of a refusal tell how long to wait.
_WAIT = re.compile(r"resets in ~?(\d+(?:\.\d+)?) ?s", re.IGNORECASE)
_MOST_WORDS = 300
# The version of a model that is ordered by its name alone.
_HIDDEN = "hidden"
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


@dataclass(frozen=True)
class ReplicateOrder:
    """What is ordered of a model.

    Attributes:
        model: "owner/name".
        fields: its input, word for word.
        is_official: whether it is ordered by its name; any other is by the version that it has.
            None where only Replicate knows.
    """

    model: str
    fields: dict[str, object]
    is_official: bool | None


class ReplicateClient(ServiceClient):
    """Orders with one account's token; what is ordered is its children's affair.

    Attributes:
        noun: what is made, in sentences.
    """

    noun: str

    def __init__(self, target: str, key: str) -> None:
        http = ReplicateHttp(LABEL, target, {"Authorization": f"Bearer {key}"}, key)
        super().__init__(LABEL, http)

    @property
    @abstractmethod
    def models(self) -> Sequence[str]:
        """The models that are asked what they take."""

    @abstractmethod
    def order(self, order: RemoteOrder) -> ReplicateOrder:
        """What is sent for a plan."""

    def suffix_of(self, url: str) -> str:
        """Of the kind of a finished file."""
        return ".mp4"

    @override
    def upload(self, file: Path) -> str:
        return str(self.http.send_file(f"{API}/files", "content", file)["urls"]["get"])

    @override
    def submit(self, order: RemoteOrder) -> str:
        wanted = self.order(order)
        webhook = order.plan.request.delivery.webhook_url
        caller = {"webhook": webhook, "webhook_events_filter": ["completed"]} if webhook else {}
        body = {"input": wanted.fields, **caller}
        by_name = f"{API}/models/{wanted.model}/predictions"
        if wanted.is_official:
            return str(self.http.order(by_name, body)["id"])
        # Asked before the order goes out, and buys nothing.
        described = self.http.ask(f"{API}/models/{wanted.model}")
        version = str(described["latest_version"]["id"])
        if wanted.is_official is None and (described.get("is_official") or version == _HIDDEN):
            return str(self.http.order(by_name, body)["id"])
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
                return Waiting(message=f"Replicate makes the {self.noun}")
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
        """What each of the models says it takes; without those that are not there."""
        found: dict[str, object] = {}
        for name in self.models:
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
            # Whoever has the address has the file.
            remember_secret(str(url))
            return Finished(str(url), suffix=self.suffix_of(str(url)))
        if answer.get("data_removed"):
            raise ResultLost(
                f"Replicate made the {self.noun} and has removed it: it keeps results for an hour.",
                target=target,
                hint=f"The render was paid for. To have the {self.noun}, order it again.",
            )
        error = RenderFailed(
            f"Replicate says that the {self.noun} is done and gives none.",
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
