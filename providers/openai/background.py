"""OpenAI's way in the background: an order has an id, by which its image is asked for."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from typing_extensions import override

from core.errors import RenderFailed
from core.services.service_client import Ended, Finished, Waiting
from providers.openai.client import (
    API,
    OpenAIClient,
    OpenAIError,
    form_files,
    image_cost_usd,
    order_fields,
)
from providers.openai.models import BY_IN_USD, BY_MODEL, BY_OUT_USD

if TYPE_CHECKING:
    from core.services.service_client import RemoteOrder, RemoteState
    from core.services.service_http import FormFile
    from core.video.plan import RenderPlan

_RESPONSES = f"{API}/responses"
_UNDER_WAY = ("queued", "in_progress")
_TOOL = "image_generation"
_WORDS = (
    "Call the image generation tool once. Its prompt is the text of the user, word for word; the "
    "images are those that the text is about. Say nothing yourself."
)


class OpenAIBackgroundClient(OpenAIClient):
    """Orders images that OpenAI keeps under an id; the answer with the image is kept here too."""

    answers_late = False

    def __init__(self, target: str, key: str) -> None:
        super().__init__(target, key)
        # It is answered before anything is made.
        self.http.order_s = 120.0

    @override
    def submit(self, order: RemoteOrder) -> str:
        return str(self.order(order)["id"])

    @override
    def order(self, order: RemoteOrder) -> dict[str, Any]:
        return self.http.order(_RESPONSES, order_body(order.plan))

    @override
    def find(self, attempt: str) -> str | None:
        return None

    @override
    def poll(self, remote: str) -> RemoteState:
        if not self.has_answer(remote):
            answer = self.http.hear(_place(remote))
            if answer.status in (404, 410):
                raise self.http.gone(answer.status)
            if answer.status >= 300:
                raise self.http.refusal(answer.status, json.dumps(answer.body), {})
            if not answer.body.get("status"):
                raise self.http.bad_answer("it does not say how far the image is")
            if answer.body["status"] in _UNDER_WAY:
                return Waiting()
            self.keep(remote, answer.body)
        return super().poll(remote)

    @override
    def read(self, answer: dict[str, Any]) -> Finished | Ended:
        cost_usd, calls = _cost_usd(answer), _calls_of(answer)
        made = next((call for call in calls if call.get("result")), None)
        if made is not None:
            names = ("size", "quality", "revised_prompt")
            facts = {name: str(made[name]) for name in names if made.get(name)}
            suffix = f".{made.get('output_format') or 'png'}"
            return Finished("", suffix=suffix, cost_usd=cost_usd, facts=facts)
        is_charged = True if cost_usd else None
        errors = [one["error"] for one in (answer, *calls) if one.get("error")]
        if errors:
            return Ended(self.ended_with(OpenAIError.of(errors[0])), is_charged, cost_usd)
        error = RenderFailed(
            f"OpenAI ended the order without an image ({answer['status']}).",
            target=self.http.target,
            hint="The account's usage says whether it was billed. Order it again.",
        )
        return Ended(error, is_charged, cost_usd)

    @override
    def image_in(self, answer: dict[str, Any]) -> str:
        return next(str(call["result"]) for call in _calls_of(answer) if call.get("result"))

    @override
    def abort(self, remote: str) -> bool | None:
        """What it has worked on until then it may bill, and does not say so."""
        ended = self.http.tell(f"{_place(remote)}/cancel")
        return True if ended.get("status") == "completed" else None


def order_body(plan: RenderPlan) -> dict[str, object]:
    """What is ordered: the prompt and the images for the one model, the rest for the other."""
    fields, files = order_fields(plan), form_files(plan) if plan.request.inputs else []
    prompt = fields.pop("prompt")
    images = [file for file in files if file.field != "mask"]
    tool = {"type": _TOOL, "action": "edit" if images else "generate", **fields}
    for file in files:
        if file.field == "mask":
            tool["input_image_mask"] = {"image_url": _address(file)}
    content = [
        {"type": "input_text", "text": prompt},
        *({"type": "input_image", "image_url": _address(file)} for file in images),
    ]
    return {
        "model": BY_MODEL,
        "instructions": _WORDS,
        "input": [{"role": "user", "content": content}],
        "tools": [tool],
        "tool_choice": {"type": _TOOL},
        "background": True,
        "store": True,
    }


def _address(file: FormFile) -> str:
    return f"data:{file.mime_type};base64,{base64.b64encode(file.content).decode()}"


def _place(remote: str) -> str:
    return f"{_RESPONSES}/{quote(remote, safe='')}"


def _calls_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = cast("list[dict[str, Any]]", answer.get("output") or [])
    return [one for one in found if one.get("type") == f"{_TOOL}_call"]


def _cost_usd(answer: dict[str, Any]) -> float | None:
    """What both models counted costs; None where one of them is not counted."""
    tools = cast("dict[str, Any]", answer.get("tool_usage") or {})
    usage = cast("dict[str, Any] | None", answer.get("usage"))
    image_usd = image_cost_usd(tools.get("image_gen"))
    if usage is None or image_usd is None:
        return None
    by_usd = usage["input_tokens"] * BY_IN_USD + usage["output_tokens"] * BY_OUT_USD
    return round(image_usd + by_usd, 6)
