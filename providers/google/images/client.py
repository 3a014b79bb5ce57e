"""How Google is asked for images: the answer to one request is the image, after its drafts."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import RenderFailed
from core.services.answer_client import AnswerClient
from core.services.service_client import Ended, Finished
from core.video.terms import Role
from providers.google.google_http import (
    API,
    GoogleError,
    GoogleHttp,
    InlineFile,
    address_of,
    refused,
)
from providers.google.images.models import MODELS, find_model
from providers.google.info import IMAGES

if TYPE_CHECKING:
    from pathlib import Path

    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan
    from providers.google.images.models import TokenPrice

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
# Words that end an answer without saying that anything was refused.
_PLAIN_ENDS = ("", "STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED")


class GoogleImageHttp(GoogleHttp):
    """Speaks to the Gemini API, which makes an image before it answers."""

    # A large image takes minutes, and a line that is closed earlier loses what is paid for.
    order_s = 900.0

    def __init__(self, target: str, key: str) -> None:
        super().__init__(IMAGES.label, target, {"x-goog-api-key": key}, key)


class GoogleImageClient(AnswerClient):
    """Orders images with one key."""

    http: GoogleImageHttp
    not_sent = frozenset((Role.START, Role.REFERENCE, Role.MASK))

    def __init__(self, target: str, key: str) -> None:
        super().__init__(IMAGES.label, GoogleImageHttp(target, key))
        self._model = target.rpartition("/")[2]

    @override
    def order(self, order: RemoteOrder) -> dict[str, Any]:
        url = f"{API}/models/{order.plan.target.model}:generateContent"
        return self.http.order(url, order_body(order.plan))

    @override
    def read(self, answer: dict[str, Any]) -> Finished | Ended:
        cost_usd = _cost_usd(answer, find_model(self._model).tokens)
        images = _images_of(answer)
        if images:
            name = answer.get("responseId")
            facts = {"remote_id": str(name)} if name else {}
            suffix = _SUFFIXES.get(_kind_of(images[-1]), ".png")
            return Finished("", suffix=suffix, cost_usd=cost_usd, facts=facts)
        # What it has worked on it bills, whatever it gives; of a prompt it refused it says nothing.
        is_charged = True if cost_usd else None
        word, said = _why_not(answer)
        if word:
            error = refused(
                GoogleError(f"{said} ({word})" if said else word, word), self.http.target
            )
        else:
            why = GoogleError(said).sentence if said else "it does not say why."
            error = RenderFailed(
                f"Google answers without an image: {why}",
                target=self.http.target,
                hint="Say it in other words, or choose another model.",
            )
        if is_charged:
            error.message += f" Google bills it all the same, at about ${cost_usd:.4f}."
        return Ended(error, is_charged, cost_usd if is_charged else None)

    @override
    def image_in(self, answer: dict[str, Any]) -> str:
        return str(_images_of(answer)[-1]["data"])

    @override
    def test_key(self) -> None:
        self.http.prove_key(f"{API}/models/{MODELS[0].spec.id}")


def order_body(plan: RenderPlan) -> dict[str, object]:
    """What is ordered, word for word: the image that is edited, its mask, others, the prompt."""
    parts: list[dict[str, Any]] = []
    for item in plan.request.of_role(Role.START):
        parts.append(_part(InlineFile.parse(address_of(item.path))))
    for item in plan.request.of_role(Role.MASK):
        parts.append(_part(_mask(item.path)))
    for item in plan.request.of_role(Role.REFERENCE):
        parts.append(_part(InlineFile.parse(address_of(item.path))))
    parts.append({"text": plan.prompt})
    pixels = (plan.width, plan.height)
    size = next(size for size in plan.spec.sizes if (size.width, size.height) == pixels)
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": size.aspect.value, "imageSize": size.resolution},
            "seed": plan.seed % 2**31,
        },
    }


def _part(file: InlineFile) -> dict[str, Any]:
    return {"inlineData": {"mimeType": file.mime_type, "data": file.letters}}


def _mask(path: Path) -> InlineFile:
    # Imported late, as what reads images is.
    from core.media.masks import read_mask

    written = BytesIO()
    read_mask(path).save(written, "PNG")
    return InlineFile("image/png", base64.b64encode(written.getvalue()).decode())


def _parts_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model has made, without the drafts that it thinks by."""
    found = cast("list[dict[str, Any]]", answer.get("candidates") or [])
    parts: list[dict[str, Any]] = []
    for candidate in found:
        content = cast("dict[str, Any]", candidate.get("content") or {})
        parts += cast("list[dict[str, Any]]", content.get("parts") or [])
    return [part for part in parts if not part.get("thought")]


def _images_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = (part.get("inlineData") or part.get("inline_data") for part in _parts_of(answer))
    files = [cast("dict[str, Any]", file) for file in found if file]
    return [file for file in files if _kind_of(file).startswith("image/") and file.get("data")]


def _kind_of(file: dict[str, Any]) -> str:
    return str(file.get("mimeType") or file.get("mime_type") or "")


def _why_not(answer: dict[str, Any]) -> tuple[str, str]:
    """The word by which Google refuses, empty where it does not, and what it says besides."""
    feedback = cast("dict[str, Any]", answer.get("promptFeedback") or {})
    found = cast("list[dict[str, Any]]", answer.get("candidates") or [])
    texts = " ".join(str(part["text"]) for part in _parts_of(answer) if part.get("text"))
    words = [str(one.get("finishReason") or "") for one in found]
    word = next((word for word in words if word not in _PLAIN_ENDS), "")
    messages = (str(one["finishMessage"]) for one in found if one.get("finishMessage"))
    message = str(feedback.get("blockReasonMessage") or next(messages, "") or texts)
    return str(feedback.get("blockReason") or word), message


def _cost_usd(answer: dict[str, Any], price: TokenPrice) -> float | None:
    """What the counted tokens cost; None where they are not counted."""
    usage = cast("dict[str, Any] | None", answer.get("usageMetadata"))
    if not usage:
        return None
    details = cast("list[dict[str, Any]]", usage.get("candidatesTokensDetails") or [])
    images = sum(
        int(one.get("tokenCount") or 0) for one in details if one.get("modality") == "IMAGE"
    )
    made = int(usage.get("candidatesTokenCount") or 0)
    thoughts = int(usage.get("thoughtsTokenCount") or 0)
    if not made and not thoughts:
        # Nothing was made of it; whether the words that were sent are billed it does not say.
        return None
    sent = int(usage.get("promptTokenCount") or 0)
    words = max(0, made - images) + thoughts
    total = sent * price.sent_usd + words * price.words_usd + images * price.image_usd
    return round(total, 6)
