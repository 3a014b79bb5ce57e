"""Who has language models: services with a key, and servers of a person's own, each in its wire."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from core.language.provider import LanguageEntry
from providers.language.info import ANTHROPIC, GOOGLE, LLAMA_CPP, LM_STUDIO, OLLAMA, OPENAI, VLLM

if TYPE_CHECKING:
    from core.language.provider import LanguageContext, LanguageInfo, LanguageProvider


def _open_ollama(context: LanguageContext) -> LanguageProvider:
    # Only who asks a model pays for importing its wire.
    from providers.language.ollama import Ollama

    return Ollama(context)


def _open_own_server(info: LanguageInfo, context: LanguageContext) -> LanguageProvider:
    from providers.language.chat_completions import OwnChatServer

    return OwnChatServer(info, context)


def _open_openai(context: LanguageContext) -> LanguageProvider:
    from providers.language.chat_completions import OpenAIChat

    return OpenAIChat(context)


def _open_google(context: LanguageContext) -> LanguageProvider:
    from providers.language.gemini import Gemini

    return Gemini(context)


def _open_anthropic(context: LanguageContext) -> LanguageProvider:
    from providers.language.claude import Claude

    return Claude(context)


LANGUAGE: tuple[LanguageEntry, ...] = (
    LanguageEntry(OLLAMA, _open_ollama),
    *(
        LanguageEntry(info, partial(_open_own_server, info))
        for info in (LLAMA_CPP, LM_STUDIO, VLLM)
    ),
    LanguageEntry(OPENAI, _open_openai),
    LanguageEntry(GOOGLE, _open_google),
    LanguageEntry(ANTHROPIC, _open_anthropic),
)
"""In the order in which they are offered: those that keep everything here come first."""
