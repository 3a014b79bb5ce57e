"""How the Gemini API is spoken to: interactions in the background, and files by the key."""

from __future__ import annotations

import base64
import json
import logging
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import (
    AuthFailed,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    RenderFailed,
    ResultLost,
)
from core.redaction import remember_secret
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.video.terms import Role
from providers.google.google_http import (
    API,
    HOST,
    GoogleError,
    GoogleHttp,
    InlineFile,
    address_of,
    read_error,
    refused,
)
from providers.google.info import OMNI
from providers.google.omni.models import MODELS
from providers.google.omni.prompt import sent_inputs, task_of
from providers.google.video import find_model, resolution_word, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.services.service_client import RemoteOrder

log = logging.getLogger(__name__)

_INTERACTIONS = f"{API}/interactions"
# What Google says of an id that it does not know, with 400 and not 404.
_UNKNOWN_ID = "invalid interaction name"
_MEDIA = "alt=media"


class OmniHttp(GoogleHttp):
    """Speaks to the Gemini API, which gives finished files for the key alone."""

    # An order is answered at once in the background; where Google makes the clip before it answers,
    # a line that was closed earlier would lose what was paid for.
    order_s = 900.0

    def __init__(self, target: str, key: str) -> None:
        super().__init__(OMNI.label, target, {"x-goog-api-key": key}, key, results_at=HOST)

    @override
    def download(
        self,
        url: str,
        part: Path,
        cancel: CancelToken,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        """Fetch a file; of an interaction's own address the small clip that lies inside of it."""
        if not url.startswith(f"{_INTERACTIONS}/"):
            super().download(url, part, cancel, on_bytes)
            return
        video = _video_of(self.ask(url))
        try:
            content = base64.b64decode(video["data"])
        except (KeyError, ValueError) as error:
            raise self._incomplete(f"it cannot be decoded ({error!r})") from error
        part.write_bytes(content)
        on_bytes(len(content), len(content))


class OmniClient(ServiceClient):
    """Orders clips with one key."""

    http: OmniHttp

    def __init__(self, target: str, key: str) -> None:
        super().__init__(OMNI.label, OmniHttp(target, key))

    @override
    def upload(self, file: Path) -> str:
        return address_of(file)

    @override
    def submit(self, order: RemoteOrder) -> str:
        return str(self.http.order(_INTERACTIONS, order_body(order))["id"])

    @override
    def poll(self, remote: str) -> RemoteState:
        url = f"{_INTERACTIONS}/{remote}"
        answer = self.http.hear(url)
        if answer.status >= 400:
            raise self._unanswered(answer.status, answer.body)
        match answer.body["status"]:
            case "completed" | "incomplete":
                return self._finished(url, answer.body)
            case "failed":
                return self._failed(answer.body)
            case "cancelled":
                return Ended(self._stopped("was cancelled there."))
            case "budget_exceeded":
                error = QuotaExceeded(
                    "Google ended the render: a budget of the account is used up.",
                    target=self.http.target,
                    hint="Raise it or add credit there, then give the command again.",
                )
                return Ended(error)
            case "requires_action" | "requires_continuation" as word:
                return Ended(self._stopped(f"stopped there and waits for more ({word})."))
            case "queued":
                return Waiting(message="In line at Google")
            case "in_progress":
                return Waiting(message="Google makes the clip")
            case word:
                log.info("The Gemini API says %r of a render, taken for work in progress.", word)
                return Waiting(message="Waiting for Google")

    @override
    def abort(self, remote: str) -> bool | None:
        answer = self.http.tell(f"{_INTERACTIONS}/{remote}/cancel")
        # What is made is charged; of one that was cancelled nothing is said.
        return True if answer.get("status") == "completed" else None

    @override
    def test_key(self) -> None:
        self.http.prove_key(f"{API}/models/{MODELS[0].wire}")

    def _unanswered(self, status: int, body: dict[str, Any]) -> ProviderError:
        """The error for a question about a render that was not answered."""
        found = read_error(body)
        if status == 404 or _UNKNOWN_ID in found.message.lower():
            return ResultLost(
                f"Google does not know this render any more ({status}): {found.sentence}",
                target=self.http.target,
                hint="Look into the account there. What was made is gone after a while, and was "
                "paid for.",
            )
        refusal = self.http.refusal(status, json.dumps(body), {})
        if isinstance(refusal, AuthFailed):
            return refusal
        # Google has said 400 of renders that were going on, and some moments later how they are.
        return ProviderUnavailable(
            f"Google does not tell how the render is ({status}): {found.sentence}",
            target=self.http.target,
            hint="Resume the job later: it asks again and buys nothing.",
        )

    def _finished(self, url: str, body: dict[str, Any]) -> RemoteState:
        video, target = _video_of(body), self.http.target
        if video.get("uri") or video.get("data"):
            address = _file_address(str(video["uri"])) if video.get("uri") else url
            is_part = body["status"] == "incomplete"
            return Finished(address, facts={"status": "incomplete"} if is_part else {})
        if _has_video_tokens(body):
            error = RenderFailed(
                "Google says that it made a clip and gives none.",
                target=target,
                hint="Look into the account at aistudio.google.com; the clip was paid for.",
            )
            return Ended(error, is_charged=True)
        # The model's own words, which say why, and nothing that counts of the price.
        said = GoogleError(" ".join(_texts_of(body)))
        error = refused(said, target)
        if not said.message:
            error = RenderFailed(
                "Google says that the clip is done and gives none, without a word why.",
                target=target,
                hint="So it answers what it refuses, and videos to extend from the EEA, the United "
                "Kingdom, Switzerland and some states of the USA. Say it in other words, or leave "
                "the video out.",
            )
        return Ended(error)

    def _failed(self, body: dict[str, Any]) -> RemoteState:
        found = read_error({"error": body.get("error") or {}})
        if found.is_of_content:
            return Ended(refused(found, self.http.target), found.is_charged)
        return Ended(self._stopped(f"failed there: {found.sentence}"), found.is_charged)

    def _stopped(self, how: str) -> RenderFailed:
        return RenderFailed(
            f"The render at Google {how}",
            target=self.http.target,
            hint="Give the command again; if it happens again, choose another model.",
        )


def order_body(order: RemoteOrder) -> dict[str, object]:
    """What is ordered, word for word."""
    plan, content = order.plan, list[dict[str, str]]()
    for item in sent_inputs(plan):
        file = InlineFile.parse(order.uploads[item.path])
        kind = file.mime_type.partition("/")[0]
        content.append({"type": kind, "data": file.letters, "mime_type": file.mime_type})
    content.append({"type": "text", "text": plan.prompt})
    task, shape = task_of(plan), dict[str, str]()
    if not plan.request.of_role(Role.SOURCE_VIDEO):
        # A video that is edited keeps its length.
        shape["duration"] = f"{round(plan.num_new / plan.fps)}s"
    return {
        "model": find_model(MODELS, plan.target.model).wire,
        "input": [{"type": "user_input", "content": content}],
        "background": True,
        "store": True,
        "response_format": {
            "type": "video",
            "aspect_ratio": size_of(plan).aspect.value,
            "resolution": resolution_word(plan),
            "delivery": "uri",
            **shape,
        },
        "generation_config": {
            "seed": plan.seed,
            **({"video_config": {"task": task}} if task else {}),
        },
    }


def _video_of(body: dict[str, Any]) -> dict[str, Any]:
    """The clip in an answer; empty where there is none."""
    if isinstance(body.get("output_video"), dict):
        return cast("dict[str, Any]", body["output_video"])
    nothing = dict[str, Any]()
    return next((part for part in _outputs_of(body) if part.get("type") == "video"), nothing)


def _texts_of(body: dict[str, Any]) -> list[str]:
    return [str(part["text"]) for part in _outputs_of(body) if part.get("text")]


def _outputs_of(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts that the model has made; what was sent to it stands beside them."""
    for step in cast("list[dict[str, Any]]", body.get("steps") or []):
        if step.get("type") == "model_output":
            yield from cast("list[dict[str, Any]]", step.get("content") or [])


def _has_video_tokens(body: dict[str, Any]) -> bool:
    usage = cast("dict[str, Any]", body.get("usage") or {})
    counted = cast("list[dict[str, Any]]", usage.get("output_tokens_by_modality") or [])
    return any(
        str(one.get("modality")).lower() == "video" and int(one.get("tokens") or 0)
        for one in counted
    )


def _file_address(uri: str) -> str:
    """Where the bytes of a file lie; Google also names a file without saying that."""
    if uri.startswith("files/"):
        uri = f"{API}/{uri}"
    if not uri.startswith(f"{HOST}/"):
        # Whoever has the address has the clip.
        remember_secret(uri)
        return uri
    address, _, query = uri.partition("?")
    if not address.endswith(":download"):
        address += ":download"
    return f"{address}?{query if _MEDIA in query else _MEDIA}"
