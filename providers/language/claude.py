"""How Anthropic's Claude is asked: messages, with the schema of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.language.model import Ending, LanguageAnswer, LanguageModel
from core.services.service_http import ServiceHttp
from providers.language.answers import count_of, fields_of, items_of, key_of, text_of
from providers.language.info import ANTHROPIC, ANTHROPIC_KEY
from providers.language.models import ANTHROPIC_MODELS

if TYPE_CHECKING:
    from core.language.model import LanguageRequest
    from core.language.provider import LanguageContext

API = "https://api.anthropic.com/v1"
_VERSION = "2026-10-21"
_ENDS = {"max_tokens": Ending.CUT, "refusal": Ending.REFUSED}


class _ClaudeHttp(ServiceHttp):
    order_s = 900.0

    def __init__(self, target: str, key: str) -> None:
        headers = {"x-api-key": key, "anthropic-version": _VERSION}
        super().__init__(ANTHROPIC.label, target, headers, key)


class Claude:
    """Anthropic's language models, by one POST for each question."""

    def __init__(self, context: LanguageContext) -> None:
        self._keys = context.keys

    def models(self) -> tuple[LanguageModel, ...]:
        """The table's rows."""
        return ANTHROPIC_MODELS

    def ask(self, model: LanguageModel, request: LanguageRequest) -> LanguageAnswer:
        """One answer."""
        http = _ClaudeHttp(model.name, key_of(self._keys, ANTHROPIC_KEY, model.name))
        answer_format = {"type": "json_schema", "schema": dict(request.answer_schema)}
        body = {
            "model": model.id,
            "max_tokens": request.max_tokens,
            "system": request.instructions,
            "messages": [{"role": "user", "content": request.text}],
            "output_config": {"format": answer_format},
        }
        return _read(http.order(f"{API}/messages", body))

    def test_key(self) -> None:
        """Ask for the list of models, which is free."""
        http = _ClaudeHttp(ANTHROPIC.id, key_of(self._keys, ANTHROPIC_KEY, ANTHROPIC.id))
        http.ask(f"{API}/models")


def _read(found: dict[str, Any]) -> LanguageAnswer:
    blocks = items_of(found.get("content"))
    text = "".join(text_of(block.get("text")) for block in blocks if block.get("type") == "text")
    ending = _ENDS.get(text_of(found.get("stop_reason")), Ending.WHOLE)
    usage = fields_of(found.get("usage"))
    return LanguageAnswer(
        text=text,
        ending=ending,
        said=text if ending is Ending.REFUSED else "",
        tokens_in=count_of(usage.get("input_tokens")),
        tokens_out=count_of(usage.get("output_tokens")),
    )
