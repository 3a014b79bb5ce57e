"""How Google's Gemini is asked for words: generateContent, with the schema of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.language.model import Ending, LanguageAnswer, LanguageModel
from providers.google.google_http import API, GoogleHttp
from providers.google.info import GEMINI_KEY
from providers.language.answers import count_of, fields_of, first_item, items_of, key_of, text_of
from providers.language.info import GOOGLE
from providers.language.models import GOOGLE_MODELS

if TYPE_CHECKING:
    from core.language.model import LanguageRequest
    from core.language.provider import LanguageContext

_ENDS = {"STOP": Ending.WHOLE, "": Ending.WHOLE, "MAX_TOKENS": Ending.CUT}


class _GeminiHttp(GoogleHttp):
    order_s = 900.0

    def __init__(self, target: str, key: str) -> None:
        super().__init__(GOOGLE.label, target, {"x-goog-api-key": key}, key)


class Gemini:
    """Google's language models, by one POST for each question."""

    def __init__(self, context: LanguageContext) -> None:
        self._keys = context.keys

    def models(self) -> tuple[LanguageModel, ...]:
        """The table's rows."""
        return GOOGLE_MODELS

    def ask(self, model: LanguageModel, request: LanguageRequest) -> LanguageAnswer:
        """One answer."""
        http = _GeminiHttp(model.name, key_of(self._keys, GEMINI_KEY, model.name))
        body = {
            "systemInstruction": {"parts": [{"text": request.instructions}]},
            "contents": [{"role": "user", "parts": [{"text": request.text}]}],
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseJsonSchema": dict(request.answer_schema),
                "maxOutputTokens": request.max_tokens,
            },
        }
        return _read(http.order(f"{API}/models/{model.id}:generateContent", body))

    def test_key(self) -> None:
        """Ask for a description, which is free."""
        http = _GeminiHttp(GOOGLE.id, key_of(self._keys, GEMINI_KEY, GOOGLE.id))
        http.prove_key(f"{API}/models/{GOOGLE_MODELS[0].id}")


def _read(found: dict[str, Any]) -> LanguageAnswer:
    feedback = fields_of(found.get("promptFeedback"))
    candidate = first_item(found.get("candidates"))
    # What it thinks by comes first, and is billed, but is no part of the answer.
    parts = items_of(fields_of(candidate.get("content")).get("parts"))
    text = "".join(text_of(part.get("text")) for part in parts if not part.get("thought"))
    word = text_of(feedback.get("blockReason")) or text_of(candidate.get("finishReason"))
    ending = _ENDS.get(word, Ending.REFUSED)
    said = text_of(feedback.get("blockReasonMessage")) or text_of(candidate.get("finishMessage"))
    usage = fields_of(found.get("usageMetadata"))
    return LanguageAnswer(
        text=text,
        ending=ending,
        said=(f"{said} ({word})" if said else word) if ending is Ending.REFUSED else "",
        tokens_in=count_of(usage.get("promptTokenCount")),
        # Of a prompt that it refused it counts what it was sent alone.
        tokens_out=count_of(
            usage.get("candidatesTokenCount"), usage.get("thoughtsTokenCount"), 0 if usage else None
        ),
    )
