"""The wire of OpenAI's chat completions, which servers of a person's own speak too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.language.model import Ending, LanguageAnswer, LanguageModel
from core.platform.server_address import is_this_machine
from providers.language.answers import (
    OwnServerHttp,
    count_of,
    fields_of,
    first_item,
    items_of,
    key_of,
    text_of,
)
from providers.language.info import OPENAI
from providers.language.models import OPENAI_MODELS
from providers.openai.client import API, OpenAIHttp
from providers.openai.info import OPENAI_KEY

if TYPE_CHECKING:
    from core.language.model import LanguageRequest
    from core.language.provider import LanguageContext, LanguageInfo

_REFUSED = "content_filter"


class OpenAIChat:
    """OpenAI's language models, by one POST for each question."""

    def __init__(self, context: LanguageContext) -> None:
        self._keys = context.keys

    def models(self) -> tuple[LanguageModel, ...]:
        """The table's rows."""
        return OPENAI_MODELS

    def ask(self, model: LanguageModel, request: LanguageRequest) -> LanguageAnswer:
        """One answer."""
        http = OpenAIHttp(model.name, key_of(self._keys, OPENAI_KEY, model.name))
        body = {**_body(model, request), "max_completion_tokens": request.max_tokens}
        return _read(http.order(f"{API}/chat/completions", body))

    def test_key(self) -> None:
        """Ask for the list of models, which is free."""
        OpenAIHttp(OPENAI.id, key_of(self._keys, OPENAI_KEY, OPENAI.id)).ask(f"{API}/models")


class OwnChatServer:
    """The models of a llama.cpp server, LM Studio or vLLM."""

    def __init__(self, info: LanguageInfo, context: LanguageContext) -> None:
        self._info = info
        self._context = context

    def models(self) -> tuple[LanguageModel, ...]:
        """Every model that can write."""
        assert self._info.address is not None, "it is a server of one's own"
        address = self._info.address(self._context.read_settings())
        http = OwnServerHttp(self._info, address)
        found = http.look("/v1/models")
        if not isinstance(found.get("data"), list):
            raise http.another("it lists no models")
        return tuple(
            LanguageModel(
                provider=self._info.id,
                id=name,
                label=name.replace("\\", "/").rpartition("/")[2],
                address=address,
                is_local=is_this_machine(address),
            )
            for item in items_of(found["data"])
            if (name := text_of(item.get("id"))) and "embed" not in name
        )

    def ask(self, model: LanguageModel, request: LanguageRequest) -> LanguageAnswer:
        """One answer."""
        body = {**_body(model, request), "max_tokens": request.max_tokens}
        return _read(
            OwnServerHttp(self._info, model.address).ask_model("/v1/chat/completions", body)
        )

    def test_key(self) -> None:
        """It has none."""


def _body(model: LanguageModel, request: LanguageRequest) -> dict[str, object]:
    schema = {"name": "answer", "strict": True, "schema": dict(request.answer_schema)}
    return {
        "model": model.id,
        "messages": [
            {"role": "system", "content": request.instructions},
            {"role": "user", "content": request.text},
        ],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def _read(found: dict[str, Any]) -> LanguageAnswer:
    choice = first_item(found.get("choices"))
    message, usage = fields_of(choice.get("message")), fields_of(found.get("usage"))
    said, reason = text_of(message.get("refusal")), text_of(choice.get("finish_reason"))
    ending = Ending.CUT if reason == "length" else Ending.WHOLE
    if said or reason == _REFUSED:
        ending = Ending.REFUSED
    return LanguageAnswer(
        text=text_of(message.get("content")),
        ending=ending,
        said=said,
        tokens_in=count_of(usage.get("prompt_tokens")),
        tokens_out=count_of(usage.get("completion_tokens")),
    )
