"""What is known of who has language models before anybody is asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.config.api_keys import KeySpec
from core.errors import NotConfigured
from core.language.provider import LanguageInfo
from core.platform.server_address import server_address
from providers.google.info import GEMINI_KEY
from providers.openai.info import OPENAI_KEY

if TYPE_CHECKING:
    from core.config.settings import Settings

ANTHROPIC_KEY = KeySpec(
    id="anthropic",
    label="Anthropic",
    variables=("ANTHROPIC_API_KEY",),
    url="https://platform.claude.com/settings/keys",
    purpose="writes prompts and storyboards with Claude, which costs money",
)
OLLAMA_VARIABLE = "OLLAMA_HOST"
"""By which Ollama itself is told where to listen; it goes before the setting."""


def _ollama_address(settings: Settings) -> str:
    found = os.environ.get(OLLAMA_VARIABLE, "").strip()
    if not found:
        return settings.language.ollama
    try:
        address = server_address(found)
    except ValueError as error:
        raise NotConfigured(
            f"{OLLAMA_VARIABLE} is no address of a server: {error}.",
            target="ollama",
            hint=f"Correct or unset {OLLAMA_VARIABLE}.",
        ) from error
    has_port = address.rpartition(":")[2].isdecimal()
    return address if has_port else f"{address}:11434"


OLLAMA = LanguageInfo(
    id="ollama",
    label="Ollama",
    summary="Runs models on this machine; 'ollama pull gemma4:e4b' fetches a good small one.",
    address=_ollama_address,
    start="run 'ollama serve'",
)
LLAMA_CPP = LanguageInfo(
    id="llama.cpp",
    label="llama.cpp server",
    summary="Runs one GGUF file on this machine: 'llama-server -m FILE'.",
    address=lambda settings: settings.language.llama_cpp,
    start="run 'llama-server -m FILE'",
)
LM_STUDIO = LanguageInfo(
    id="lm-studio",
    label="LM Studio",
    summary="Runs models on this machine; its server is started under Developer.",
    address=lambda settings: settings.language.lm_studio,
    start="start its server under Developer",
)
VLLM = LanguageInfo(
    id="vllm",
    label="vLLM",
    summary="Runs models on this machine, quickly: 'vllm serve MODEL'.",
    address=lambda settings: settings.language.vllm,
    start="run 'vllm serve MODEL'",
)
OPENAI = LanguageInfo(
    id="openai",
    label="OpenAI",
    summary="Rented: the words are sent to OpenAI and paid for by the token.",
    key=OPENAI_KEY,
)
GOOGLE = LanguageInfo(
    id="google",
    label="Google",
    summary="Rented: the words are sent to Google and paid for by the token.",
    key=GEMINI_KEY,
)
ANTHROPIC = LanguageInfo(
    id="anthropic",
    label="Anthropic",
    summary="Rented: the words are sent to Anthropic and paid for by the token.",
    key=ANTHROPIC_KEY,
)
