"""Google's image models on loopback, on the very host that the Gemini API has."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.google.images.models import find_model
from providers.google.images.provider import GoogleImages
from providers.google.info import IMAGES
from tests.fakes.services.image_service import (
    ImageHabits,
    ImageHandler,
    ImageService,
    letters_of,
)
from tests.fakes.services.omni_server import API, KEY, STATUSES
from tests.fakes.services.stub_service import proxied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.services.image_service import ImageJob

_IMAGE_TOKENS = {"1K": 1120, "2K": 1120, "4K": 2000}
_MOST_IMAGES = 14


@dataclass
class GoogleImageHabits(ImageHabits):
    """And what this service alone does.

    Attributes:
        end: the word that an answer ends with.
        block: the word by which the prompt itself is refused; nothing is made then.
        says: words that stand where the image should be.
        is_url_safe: base64 is written as Google's own library does.
    """

    end: str = "STOP"
    block: str = ""
    says: str = ""
    is_url_safe: bool = True


@dataclass
class GoogleImageService(ImageService[GoogleImageHabits]):
    """The service and its books."""


class _Site(ImageHandler[GoogleImageService]):
    @override
    def complaint(self, said: object, status: int = 400) -> dict[str, Any]:
        return {"error": {"code": status, "message": said, "status": STATUSES.get(status, "")}}

    @override
    def get(self) -> None:
        if self._is_known():
            self.say(200, {"name": self.path.removeprefix("/v1/")})

    @override
    def post(self) -> None:
        body = json.loads(self.body())
        if not self._is_known() or self.has_refused(KEY):
            return
        name, _, verb = self.path.removeprefix("/v1/models/").partition(":")
        assert verb == "generateContent"
        parts = body["contents"][0]["parts"]
        images = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
        if len(images) > _MOST_IMAGES:
            self.say(400, self.complaint(f"At most {_MOST_IMAGES} images, not {len(images)}."))
            return
        job = self.service.accept({**body, "model": name})
        for letters in images:
            content = base64.b64decode(letters.translate(str.maketrans("-_", "+/")))
            self.service.uploads[f"{job.id}-{len(self.service.uploads)}"] = content
        answer = self._answer(job, len(images))
        if not self.has_failed_to_answer(json.dumps(answer).encode()):
            self.say(200, answer)

    def _is_known(self) -> bool:
        assert self.headers["Host"] == API
        assert "key=" not in self.path, "a key stands in no address"
        if self.headers.get("x-goog-api-key") == KEY:
            return True
        self.say(400, self.complaint("API key not valid. Please pass a valid API key."))
        return False

    def _answer(self, job: ImageJob, sent: int) -> dict[str, Any]:
        habits, config = self.service.habits, job.body["generationConfig"]["imageConfig"]
        told = {"responseId": f"resp-{job.id}", "modelVersion": job.body["model"]}
        usage = {"promptTokenCount": 20 + 500 * sent}
        if habits.block:
            return {**told, "promptFeedback": {"blockReason": habits.block}, "usageMetadata": usage}
        price = find_model(job.body["model"]).tokens
        made, thoughts = _IMAGE_TOKENS[config["imageSize"]], 0
        job.usd = round(usage["promptTokenCount"] * price.sent_usd + made * price.image_usd, 6)
        usage |= {
            "candidatesTokenCount": made,
            "thoughtsTokenCount": thoughts,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": made}],
        }
        candidate: dict[str, Any] = {"finishReason": habits.end, "index": 0}
        if habits.end == "STOP" and not habits.gives_nothing:
            candidate["content"] = {"role": "model", "parts": self._parts(config)}
        return {**told, "candidates": [candidate], "usageMetadata": usage}

    def _parts(self, config: dict[str, Any]) -> list[dict[str, Any]]:
        if self.service.habits.says:
            return [{"text": self.service.habits.says}]
        draft = {"mimeType": "image/png", "data": letters_of(b"a draft that is no result")}
        image = {
            "mimeType": f"image/{self.service.habits.kind.lower()}",
            "data": self._written(self.service.image_of(_size(config))),
        }
        return [
            {"thought": True, "text": "First I think of a ball."},
            {"thought": True, "inlineData": draft},
            {"inlineData": image, "thoughtSignature": "c2lnbmVk"},
        ]

    def _written(self, content: bytes) -> str:
        if self.service.habits.is_url_safe:
            return base64.urlsafe_b64encode(content).decode().rstrip("=")
        return letters_of(content)


def _size(config: dict[str, Any]) -> tuple[int, int]:
    size = next(
        size
        for size in find_model("gemini-3-pro-image").spec.sizes
        if (size.aspect.value, size.resolution) == (config["aspectRatio"], config["imageSize"])
    )
    return size.width, size.height


@contextmanager
def google_images_server(folder: Path) -> Iterator[GoogleImageService]:
    """The Gemini API, running behind a proxy on a free port of loopback."""
    service = GoogleImageService(folder, GoogleImageHabits())
    with proxied(service, _Site, (API,)) as environment:
        service.environment = {**environment, "GEMINI_API_KEY": KEY}
        yield service


def google_images_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list."""
    return ProviderEntry(IMAGES, GoogleImages)
