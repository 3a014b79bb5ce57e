"""How Vertex AI is spoken to: one order, an operation that is asked after, a clip in its answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.config.api_keys import names_file
from core.errors import AuthFailed, BadResponse, ProviderError, RenderFailed
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.video.terms import Role, Target
from providers.google.google_http import (
    GoogleError,
    GoogleHttp,
    InlineFile,
    address_of,
    read_error,
    refused,
)
from providers.google.info import NO_VEO_BY_KEY, VEO
from providers.google.veo.credentials import LOCATION, VertexCredentials
from providers.google.veo.inline_clip import InlineClip, has_begun
from providers.google.veo.models import MODELS
from providers.google.video import find_model, resolution_word, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import httpx2

    from core.jobs.job import CancelToken
    from core.services.service_client import RemoteOrder
    from core.services.service_http import Answer

VERSION = "v1beta1"

_LOCATION = re.compile(r"/locations/([^/]+)/")
# An answer without a clip is a few hundred bytes.
_MOST_WITHOUT_CLIP = 4_000_000


@dataclass(frozen=True)
class Operation:
    """How far a render is; `body` is the answer, empty of one that has a clip in it."""

    body: dict[str, Any]
    has_clip: bool = False


class VeoHttp(GoogleHttp):
    """Speaks to Vertex AI with what lets one in at the moment of each call."""

    def __init__(self, target: str, secret: str) -> None:
        """Reads the credentials file where one is named.

        Raises:
            NotConfigured: the credentials cannot be used.
        """
        super().__init__(VEO.label, target, {}, "" if names_file(secret) else secret)
        self.credentials = VertexCredentials(secret, target)

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        error = super().refusal(status, text, headers)
        if isinstance(error, AuthFailed) and not self.credentials.project:
            # A key alone looks the same whatever it is for.
            hint = f"{error.hint} {NO_VEO_BY_KEY}"
            return AuthFailed(error.message, target=self.target, hint=hint)
        return error

    @override
    def order(
        self,
        url: str,
        body: Mapping[str, object],
        headers: Mapping[str, str] | None = None,
        *,
        is_answer: Callable[[dict[str, Any]], bool] | None = None,
    ) -> dict[str, Any]:
        self._sign_in()
        return super().order(url, body, headers, is_answer=is_answer)

    @override
    def hear(self, url: str, method: str = "GET") -> Answer:
        self._sign_in()
        return super().hear(url, method)

    def operation(self, name: str) -> Operation:
        """Ask how far a render is; of an answer with a clip no more is read than that it has one.

        Raises:
            ProviderError: there is no proper answer; `retryable` where asking again may help.
        """
        import httpx2

        head = bytearray()
        try:
            with self._asked(name) as response:
                self._refuse_failures(response)
                for piece in response.iter_bytes():
                    head += piece
                    if has_begun(head):
                        return Operation({}, has_clip=True)
                    if len(head) > _MOST_WITHOUT_CLIP:
                        raise self.bad_answer("it is huge and has no clip in it")
        except httpx2.HTTPError as error:
            raise self.unreachable(error) from error
        try:
            found: Any = json.loads(head)
        except ValueError as error:
            raise self.bad_answer("it is no JSON") from error
        if not isinstance(found, dict):
            raise self.bad_answer("it is no object")
        return Operation(cast("dict[str, Any]", found))

    @override
    def download(
        self,
        url: str,
        part: Path,
        cancel: CancelToken,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        """Take the clip out of the answer of the operation that `url` names, while it arrives."""
        import httpx2

        clip, have = InlineClip(), 0
        try:
            with self._asked(url) as response, part.open("wb") as file:
                self._refuse_failures(response)
                length = response.headers.get("Content-Length", "")
                total = int(length) if length.isdigit() else None
                for piece in response.iter_bytes():
                    cancel.check()
                    file.write(clip.feed(piece))
                    have += len(piece)
                    on_bytes(have, total)
        except httpx2.HTTPError as error:
            raise self._incomplete(str(error)) from error
        except ValueError as error:
            raise self._incomplete(f"it cannot be decoded ({error})") from error
        if not clip.is_whole:
            raise self._incomplete("it ends in the middle of the clip")

    def address(self, path: str) -> str:
        """The address of something that lies there, on the machines of its location."""
        found = _LOCATION.search(f"/{path}")
        place = found[1] if found else "global"
        if not LOCATION.fullmatch(place):
            raise BadResponse(
                f"{place!r} is no location of Google Cloud.",
                target=self.target,
                hint="Give the whole name of the operation, as Google Cloud writes it.",
            )
        host = "aiplatform" if place == "global" else f"{place}-aiplatform"
        return f"https://{host}.googleapis.com/{VERSION}/{path}"

    def _asked(self, name: str) -> AbstractContextManager[httpx2.Response]:
        self._sign_in()
        place = name.rpartition("/operations/")[0]
        url = self.address(f"{place}:fetchPredictOperation")
        return self.streamed("POST", url, {"operationName": name})

    def _refuse_failures(self, response: httpx2.Response) -> None:
        if not response.is_success:
            response.read()
            raise self.refusal(response.status_code, response.text, response.headers)

    def _sign_in(self) -> None:
        self._headers = self.credentials.headers()


class VeoClient(ServiceClient):
    """Orders clips of Veo in one project."""

    http: VeoHttp

    def __init__(self, target: str, secret: str) -> None:
        super().__init__(VEO.label, VeoHttp(target, secret))

    @override
    def upload(self, file: Path) -> str:
        return address_of(file)

    @override
    def submit(self, order: RemoteOrder) -> str:
        wire = find_model(MODELS, order.plan.target.model).wire
        url = self.http.address(f"{self._model(wire)}:predictLongRunning")
        return str(self.http.order(url, order_body(order))["name"])

    @override
    def poll(self, remote: str) -> RemoteState:
        operation = self.http.operation(self._name(remote))
        if operation.has_clip:
            return Finished(self._name(remote))
        body = operation.body
        if not body.get("done"):
            return Waiting(message="Google makes the clip")
        failure = read_error(body.get("error"))
        if body.get("error"):
            return Ended(self._failed(failure), failure.is_charged)
        return self._without_clip(body.get("response") or {})

    @override
    def abort(self, remote: str) -> bool | None:
        # The service knows no such call: what was ordered is made and charged.
        return True

    @override
    def test_key(self) -> None:
        wire = MODELS[0].wire
        self.http.prove_key(self.http.address(self._model(wire)))

    def _model(self, wire: str) -> str:
        return f"{self.http.credentials.home}publishers/google/models/{wire}"

    def _name(self, remote: str) -> str:
        """An operation's whole name; a person may know only the last part of it."""
        if "/" in remote:
            return remote
        wire = find_model(MODELS, Target.parse(self.http.target).model).wire
        return f"{self._model(wire)}/operations/{remote}"

    def _failed(self, failure: GoogleError) -> ProviderError:
        if failure.is_of_content:
            return refused(failure, self.http.target)
        return RenderFailed(
            f"Google could not make the clip: {failure.sentence}",
            target=self.http.target,
            hint="Give the command again; if it happens again, choose another model.",
        )

    def _without_clip(self, response: dict[str, Any]) -> RemoteState:
        """What is told of a render that is done and has no clip in its answer."""
        reasons = [str(reason) for reason in response.get("raiMediaFilteredReasons") or ()]
        if reasons or int(response.get("raiMediaFilteredCount") or 0):
            failure = GoogleError(" ".join(reasons))
            return Ended(refused(failure, self.http.target), failure.is_charged)
        places = [str(video.get("gcsUri") or "") for video in response.get("videos") or ()]
        if any(places):
            error = RenderFailed(
                f"Google has put the clip into a bucket of yours: {places[0]}.",
                target=self.http.target,
                hint=f"Fetch it by 'gcloud storage cp {places[0]} .'; it was paid for.",
            )
            return Ended(error, is_charged=True)
        error = RenderFailed(
            "Google says that the clip is done and gives none.",
            target=self.http.target,
            hint="Look at the project's bill in the Google Cloud console, then give the command "
            "again.",
        )
        return Ended(error)


def order_body(order: RemoteOrder) -> dict[str, object]:
    """What is ordered, word for word."""
    plan, request = order.plan, order.plan.request

    def sent(path: Path) -> dict[str, str]:
        file = InlineFile.parse(order.uploads[path])
        return {"bytesBase64Encoded": file.letters, "mimeType": file.mime_type}

    instance: dict[str, object] = {"prompt": plan.prompt}
    for role, name in (
        (Role.START, "image"),
        (Role.END, "lastFrame"),
        (Role.EXTEND_VIDEO, "video"),
    ):
        path = request.path_of(role)
        if path is not None:
            instance[name] = sent(path)
    references = request.of_role(Role.REFERENCE)
    if references:
        instance["referenceImages"] = [
            {"image": sent(item.path), "referenceType": "asset"} for item in references
        ]
    parameters: dict[str, object] = {
        "sampleCount": 1,
        "aspectRatio": size_of(plan).aspect.value,
        "resolution": resolution_word(plan),
        "generateAudio": plan.has_audio,
        "seed": plan.seed,
    }
    if not request.of_role(Role.EXTEND_VIDEO):
        # What is added to a video is of one length, and none is named.
        parameters["durationSeconds"] = round(plan.duration_s)
    if plan.negative_prompt:
        parameters["negativePrompt"] = plan.negative_prompt
    if request.person_generation is not None:
        parameters["personGeneration"] = request.person_generation.value
    return {"instances": [instance], "parameters": parameters}
