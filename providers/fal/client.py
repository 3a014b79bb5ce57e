"""How Fal is spoken to: orders by its queue, files by its own client, prices by its platform."""

from __future__ import annotations

import json
import logging
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from typing_extensions import override

from core.errors import ContentRefused, ProviderError, QuotaExceeded, RenderFailed
from core.redaction import redacted
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.services.service_http import ServiceHttp
from core.video.terms import Target
from providers.fal.info import LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.services.service_client import RemoteOrder
    from core.services.service_http import Answer

log = logging.getLogger(__name__)

QUEUE = "https://queue.fal.run"
PLATFORM = "https://api.fal.ai/v1"

_REFUSED_CONTENT = "content_policy_violation"
_MOST_WORDS = 300
# The result of what was made: gone, or out of reach for now.
_NOT_OF_THE_MODEL = frozenset({404, 410, 502, 503, 504})
_ENDS_WITHIN_S = 3.0
_ASK_END_S = 0.5


class FalHttp(ServiceHttp):
    """Speaks to Fal, whose refusals say more than their status does."""

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        error = _model_error(_object(text), self.target) if status == 422 else None
        if error is not None:
            return error
        if status == 403 and any(word in text.casefold() for word in ("balance", "locked")):
            return QuotaExceeded(
                f"The account at Fal is locked or has no credit left (403): {_said(text)}",
                target=self.target,
                hint="Add credit at fal.ai/dashboard/billing, then resume the job.",
            )
        return super().refusal(status, text, headers)


class FalClient(ServiceClient):
    """Orders of Fal's queue with one account's key; what is ordered is its children's affair.

    Attributes:
        noun: what is made, in sentences.
    """

    noun: str

    def __init__(self, target: str, key: str) -> None:
        http = FalHttp(LABEL, target, {"Authorization": f"Key {key}"}, key)
        super().__init__(LABEL, http)
        self._key = key

    @property
    @abstractmethod
    def endpoints(self) -> Sequence[str]:
        """The ids of all that may be ordered."""

    @abstractmethod
    def app_of(self, model: str) -> str:
        """What orders of a model are asked after by: of its endpoints' ids the first two parts."""

    @abstractmethod
    def order(self, order: RemoteOrder) -> tuple[str, dict[str, object]]:
        """The id of the endpoint, and what is sent to it word for word."""

    @abstractmethod
    def made(self, answer: Mapping[str, Any]) -> Finished | None:
        """The file that a result names; None where it names none."""

    @override
    def upload(self, file: Path) -> str:
        # Imported late: only who sends a file to Fal pays for loading its client.
        from providers.fal.uploads import upload

        return upload(self.http, self._key, file)

    @override
    def submit(self, order: RemoteOrder) -> str:
        endpoint, body = self.order(order)
        webhook = order.plan.request.delivery.webhook_url
        query = f"?fal_webhook={quote(webhook, safe='')}" if webhook else ""
        answer = self.http.order(f"{QUEUE}/{endpoint}{query}", body)
        request_id = str(answer["request_id"])
        # Fal's word counts, should an endpoint have moved to another app; its host does not.
        path = urlsplit(str(answer.get("response_url", ""))).path.strip("/")
        is_usual = path in ("", self._path(request_id))
        return request_id if is_usual else path

    @override
    def poll(self, remote: str) -> RemoteState:
        service, path = self.http, self._path(remote)
        status = service.ask(f"{QUEUE}/{path}/status?logs=false")
        match status["status"]:
            case "COMPLETED" if status.get("error"):
                return self._ended(status["error"], status.get("error_type"))
            case "COMPLETED":
                return self._result(service.hear(f"{QUEUE}/{path}"))
            case "IN_QUEUE":
                place = status.get("queue_position")
                return Waiting(message=f"In line at Fal{_before(place)}")
            case "IN_PROGRESS":
                return Waiting(message=f"Fal makes the {self.noun}")
            case word:
                log.info("Fal says %r of a render, which is taken for work in progress.", word)
                return Waiting(message="Waiting for Fal")

    @override
    def abort(self, remote: str) -> bool | None:
        service, path = self.http, self._path(remote)
        answer = service.hear(f"{QUEUE}/{path}/cancel", "PUT")
        is_over = answer.body.get("status") == "ALREADY_COMPLETED"
        if answer.status >= 400 and not is_over:
            raise service.refusal(answer.status, json.dumps(answer.body), {})
        # Only asked for: what is billed is what comes of it all the same.
        until = time.monotonic() + _ENDS_WITHIN_S
        while time.monotonic() < until:
            match self.poll(remote):
                case Finished():
                    return True
                case Ended(is_charged=is_charged):
                    return is_charged
                case Waiting():
                    time.sleep(_ASK_END_S)
        return None

    @override
    def test_key(self) -> None:
        # Whatever it says of that endpoint, it says it to a key that it takes.
        self.http.hear(f"{PLATFORM}/models/pricing?endpoint_id={self.endpoints[0]}")

    @override
    def describe(self) -> dict[str, object]:
        """What each endpoint costs this account; without those that it cannot tell."""
        names = self.endpoints
        found = self._quotes(names)
        if found is None:
            # One that it does not know spoils the answer for all.
            each = [self._quotes([name]) for name in names]
            found = {name: quote for quotes in each if quotes for name, quote in quotes.items()}
        return found

    def _quotes(self, names: Sequence[str]) -> dict[str, object] | None:
        """The prices of some endpoints; None where it does not know one of them."""
        answer = self.http.hear(f"{PLATFORM}/models/pricing?endpoint_id={','.join(names)}")
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise self.http.refusal(answer.status, json.dumps(answer.body), {})
        rows: Any = answer.body.get("prices", [])
        return {str(_field(row, "endpoint_id")): row for row in rows}

    def _path(self, remote: str) -> str:
        """Where a render is asked after; a person knows only the last part of it."""
        if "/" in remote:
            return remote
        return f"{self.app_of(Target.parse(self.http.target).model)}/requests/{remote}"

    def _result(self, answer: Answer) -> RemoteState:
        service = self.http
        made = self.made(answer.body)
        if made is not None:
            return made
        if answer.status == 400 and "progress" in str(answer.body.get("detail")):
            # The two words of Fal may come from two of its machines.
            return Waiting(message="Waiting for Fal")
        if answer.status in _NOT_OF_THE_MODEL:
            raise service.refusal(answer.status, json.dumps(answer.body), {})
        if answer.status < 400:
            error = RenderFailed(
                f"Fal says that the {self.noun} is done and gives none.",
                target=service.target,
                hint="Look into the account at fal.ai/dashboard, then give the command again.",
            )
            return Ended(error)
        error = _model_error(answer.body, service.target)
        if error is not None:
            return Ended(error)
        return self._ended(answer.body.get("detail"), answer.body.get("error_type"))

    def _ended(self, said: object, kind: object) -> Ended:
        """The end that Fal tells in words: it bills what came, and nothing came."""
        target = self.http.target
        if kind == _REFUSED_CONTENT or _REFUSED_CONTENT in str(said):
            return Ended(_refused(_said(said), target))
        error = RenderFailed(
            f"Fal could not make the {self.noun}: {_said(said)}",
            target=target,
            hint="Give the command again; if it happens again, choose another model.",
        )
        return Ended(error, is_charged=False)


def _before(place: object) -> str:
    return f", {place} before it" if isinstance(place, int) and place > 0 else ""


def _model_error(body: dict[str, Any], target: str) -> ProviderError | None:
    """The error for what a model complains of, field by field; None where it is no such list."""
    details = body.get("detail")
    if not isinstance(details, list):
        return None
    rows = cast("list[object]", details)
    said = " ".join(filter(None, map(_row_text, rows)))
    if any(_field(row, "type") == _REFUSED_CONTENT for row in rows):
        return _refused(said, target)
    return RenderFailed(
        f"Fal did not accept the order: {said}",
        target=target,
        hint="Change what it complains of, then give the command again.",
    )


def _row_text(row: object) -> str:
    place, words = _field(row, "loc"), _field(row, "msg")
    parts = cast("list[object]", place) if isinstance(place, list) else []
    where = ".".join(str(part) for part in parts if part != "body")
    text = _said(row if words is None else words)
    return f"{where}: {text}" if where else text


def _field(row: object, name: str) -> object:
    return cast("dict[str, object]", row).get(name) if isinstance(row, dict) else None


def _refused(said: str, target: str) -> ContentRefused:
    return ContentRefused(
        f"Fal refused the prompt or an input: {said}",
        target=target,
        hint="Say it in other words, or choose another input.",
    )


def _said(said: object) -> str:
    """What a service says, as the end of a sentence."""
    text = redacted(" ".join(str(said).split()))[:_MOST_WORDS].rstrip(".")
    return f"{text or 'it does not say why'}."


def _object(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
