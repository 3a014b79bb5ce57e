"""How OpenAI is spoken to: an order is answered with its image, and edits go as a form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import AuthFailed, ContentRefused, ProviderError, QuotaExceeded, RenderFailed
from core.redaction import redacted
from core.services.answer_client import AnswerClient
from core.services.service_client import Ended, Finished
from core.services.service_http import FormFile, ServiceHttp
from core.video.terms import Role
from providers.openai.info import OPENAI
from providers.openai.models import IMAGE_IN_USD, IMAGE_OUT_USD, PREVIEWS, TEXT_USD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan

API = "https://api.openai.com/v1"
_MOST_WORDS = 300
_PARTIAL = ("image_generation.partial_image", "image_edit.partial_image")
_COMPLETED = ("image_generation.completed", "image_edit.completed")
_ERROR = "error"
_REFUSED = ("moderation_blocked", "content_policy_violation")


@dataclass(frozen=True)
class OpenAIError:
    """What OpenAI says of a failure; empty where it does not."""

    message: str = ""
    code: str = ""
    type: str = ""

    @classmethod
    def read(cls, text: str) -> OpenAIError:
        """The error in an answer."""
        try:
            found: Any = json.loads(text)
        except ValueError:
            return cls()
        return cls.of(cast("dict[str, Any]", found).get("error") if isinstance(found, dict) else 0)

    @classmethod
    def of(cls, error: object) -> OpenAIError:
        """An error as an answer has it."""
        if isinstance(error, str):
            return cls(error)
        if not isinstance(error, dict):
            return cls()
        fields = cast("dict[str, Any]", error)
        return cls(*(str(fields.get(name) or "") for name in ("message", "code", "type")))

    @property
    def is_refusal(self) -> bool:
        """Whether it is said of the prompt, an image that was sent, or the one that was made."""
        return self.code in _REFUSED or self.type == "image_generation_user_error"

    @property
    def sentence(self) -> str:
        """Its words, as the end of a sentence."""
        text = redacted(" ".join(self.message.split()))[:_MOST_WORDS].rstrip(".")
        return f"{text or 'it does not say why'}."


class OpenAIHttp(ServiceHttp):
    """Speaks to OpenAI, whose refusals are objects with a code and a message."""

    # The slowest image takes minutes, and a line that is closed earlier loses what is paid for.
    order_s = 900.0

    def __init__(self, target: str, key: str) -> None:
        super().__init__(OPENAI.label, target, {"Authorization": f"Bearer {key}"}, key)

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        found = OpenAIError.read(text)
        if found.is_refusal:
            return ContentRefused(
                f"OpenAI refused the prompt or an image: {found.sentence}",
                target=self.target,
                hint="Say it in other words, or choose another image. Nothing was bought.",
            )
        if found.code == "insufficient_quota":
            return QuotaExceeded(
                f"The account at OpenAI has no credit left ({status}): {found.sentence}",
                target=self.target,
                hint="Add credit at platform.openai.com, then resume the job.",
            )
        error = super().refusal(status, found.message or text, headers)
        if status == 403:
            return AuthFailed(
                error.message,
                target=self.target,
                hint="Verify the organisation at platform.openai.com and give its project this "
                "model, or set another key under Settings > Keys.",
            )
        return error


class OpenAIClient(AnswerClient):
    """Orders images with one key."""

    http: OpenAIHttp
    not_sent = frozenset((Role.START, Role.REFERENCE, Role.MASK))

    def __init__(self, target: str, key: str) -> None:
        super().__init__(OPENAI.label, OpenAIHttp(target, key))

    @override
    def order(self, order: RemoteOrder) -> dict[str, Any]:
        plan = order.plan
        fields, is_answer = order_fields(plan), None
        if plan.request.delivery.preview:
            fields |= {"stream": True, "partial_images": PREVIEWS}
            is_answer = self._is_answer
        if not plan.request.inputs:
            return self.http.order(f"{API}/images/generations", fields, is_answer=is_answer)
        form = {name: "true" if value is True else str(value) for name, value in fields.items()}
        return self.http.order_by_form(
            f"{API}/images/edits", form, form_files(plan), is_answer=is_answer
        )

    def _is_answer(self, event: dict[str, Any]) -> bool:
        """Whether an event ends the order; one that no name of is known is neither image."""
        kind = event["type"]
        if kind in _PARTIAL and isinstance(event.get("b64_json"), str):
            suffix = f".{event.get('output_format') or 'png'}"
            self.show(event["b64_json"], suffix, "A preview has come, and the image follows")
        return kind in (*_COMPLETED, _ERROR)

    @override
    def read(self, answer: dict[str, Any]) -> Finished | Ended:
        if answer.get("type") == _ERROR:
            return Ended(self.ended_with(OpenAIError.of(answer.get("error") or answer)))
        cost_usd = image_cost_usd(answer.get("usage"))
        if not _images_of(answer):
            error = RenderFailed(
                "OpenAI answers without an image.",
                target=self.http.target,
                hint="The account's usage says whether it was billed. Order it again.",
            )
            return Ended(error, is_charged=None if cost_usd is None else True, cost_usd=cost_usd)
        facts = {name: str(answer[name]) for name in ("size", "quality") if answer.get(name)}
        suffix = f".{answer.get('output_format') or 'png'}"
        return Finished("", suffix=suffix, cost_usd=cost_usd, facts=facts)

    def ended_with(self, said: OpenAIError) -> ProviderError:
        """The error for an order that ended so after it was taken."""
        hint = "The account's usage says whether it was billed. Order it again, in other words."
        if said.is_refusal:
            message = f"OpenAI refused the prompt or the image: {said.sentence}"
            return ContentRefused(message, target=self.http.target, hint=hint)
        message = f"OpenAI gave up on the image: {said.sentence}"
        return RenderFailed(message, target=self.http.target, hint=hint)

    @override
    def image_in(self, answer: dict[str, Any]) -> str:
        return _images_of(answer)[0]

    @override
    def test_key(self) -> None:
        self.http.ask(f"{API}/models")


def _images_of(answer: dict[str, Any]) -> list[str]:
    # The event that ends a stream is the image itself, and not a list.
    found = cast("list[dict[str, Any]]", answer.get("data") or [answer])
    return [str(one["b64_json"]) for one in found if one.get("b64_json")]


def order_fields(plan: RenderPlan) -> dict[str, object]:
    """What is ordered, but for its files; the same as JSON and in a form."""
    assert plan.quality is not None, "each model has qualities"
    fields: dict[str, object] = {
        "model": plan.target.model,
        "prompt": plan.prompt,
        "size": f"{plan.width}x{plan.height}",
        # Left out, the model chooses one itself, at any price.
        "quality": plan.quality,
        "output_format": "png",
    }
    background = plan.request.background
    return fields if background is None else {**fields, "background": background.lower()}


def form_files(plan: RenderPlan) -> list[FormFile]:
    """The image that is edited, then those to look at, and the mask, clear where it is edited."""
    # Imported late, as what reads images is.
    from core.media.images import sendable_image
    from core.media.masks import clear_where_edited, read_mask

    images = plan.request.of_role(Role.START, Role.REFERENCE)
    ordered = sorted(images, key=lambda item: item.role is not Role.START)
    field = "image" if len(ordered) == 1 else "image[]"
    mask = plan.request.path_of(Role.MASK)
    files: list[FormFile] = []
    for number, item in enumerate(ordered):
        # The mask is a PNG, and an image has to be of its kind.
        kind, content = sendable_image(item.path, is_png=mask is not None)
        # A name of its own would tell what stays here.
        name = f"image-{number}.{kind.removeprefix('image/')}"
        files.append(FormFile(field, name, content, kind))
    if mask is not None:
        content = clear_where_edited(read_mask(mask))
        files.append(FormFile("mask", "mask.png", content, "image/png"))
    return files


def image_cost_usd(usage: object) -> float | None:
    """What the counted tokens cost; None where they are not counted."""
    if not isinstance(usage, dict):
        return None
    counted = cast("dict[str, Any]", usage)
    sent = counted.get("input_tokens_details") or {"text_tokens": counted["input_tokens"]}
    return round(
        sent.get("text_tokens", 0) * TEXT_USD
        + sent.get("image_tokens", 0) * IMAGE_IN_USD
        + counted["output_tokens"] * IMAGE_OUT_USD,
        6,
    )
