"""How Ollama is asked: by its own wire, since the other one drops the length of the context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.language.model import Ending, LanguageAnswer, LanguageModel
from core.platform.server_address import is_this_machine
from providers.language.answers import OwnServerHttp, count_of, fields_of, items_of, text_of
from providers.language.info import OLLAMA

if TYPE_CHECKING:
    from core.language.model import LanguageRequest
    from core.language.provider import LanguageContext

_LEAST_CONTEXT, _STEP = 8192, 2048
# Long enough for the next question, and not so long that a render finds the memory taken.
_KEEP_ALIVE = "30s"
_TEMPERATURE = 0.6


class Ollama:
    """Models that an Ollama has fetched."""

    def __init__(self, context: LanguageContext) -> None:
        self._context = context

    def models(self) -> tuple[LanguageModel, ...]:
        """Every model that can write, as Ollama lists them: the newest first."""
        address = self._address
        found = OwnServerHttp(OLLAMA, address).look("/api/tags")
        if not isinstance(found.get("models"), list):
            raise OwnServerHttp(OLLAMA, address).another("it lists no models")
        return tuple(
            LanguageModel(
                provider=OLLAMA.id,
                id=name,
                label=name,
                summary=text_of(fields_of(item.get("details")).get("parameter_size")),
                address=address,
                is_local=is_this_machine(address),
            )
            for item in items_of(found["models"])
            if (name := text_of(item.get("name")))
            and "bert" not in text_of(fields_of(item.get("details")).get("family"))
            and "embed" not in name
        )

    def ask(self, model: LanguageModel, request: LanguageRequest) -> LanguageAnswer:
        """One answer."""
        needed = request.tokens_in + request.max_tokens
        context = max(_LEAST_CONTEXT, -(-needed // _STEP) * _STEP)
        body: dict[str, object] = {
            "model": model.id,
            "messages": [
                {"role": "system", "content": request.instructions},
                {"role": "user", "content": request.text},
            ],
            "stream": False,
            "think": False,
            "format": dict(request.answer_schema),
            "options": {
                "num_ctx": context,
                "num_predict": request.max_tokens,
                "temperature": _TEMPERATURE,
            },
            "keep_alive": _KEEP_ALIVE,
        }
        found = OwnServerHttp(OLLAMA, model.address).ask_model("/api/chat", body)
        is_cut = found.get("done_reason") == "length"
        return LanguageAnswer(
            text=text_of(fields_of(found.get("message")).get("content")),
            ending=Ending.CUT if is_cut else Ending.WHOLE,
            tokens_in=count_of(found.get("prompt_eval_count")),
            tokens_out=count_of(found.get("eval_count")),
        )

    def test_key(self) -> None:
        """It has none."""

    @property
    def _address(self) -> str:
        assert OLLAMA.address is not None, "it is a server of one's own"
        return OLLAMA.address(self._context.read_settings())
