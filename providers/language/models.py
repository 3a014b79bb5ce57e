"""The language models of services, as rows: what they are called there and what tokens cost."""

from __future__ import annotations

from datetime import date

from core.language.model import LanguageModel, TextPrice

_LIST = "price table of litellm 1.110, names in the vendors' Python libraries"
_READ = date(2026, 11, 29)


def _row(
    provider: str, name: str, label: str, usd_in: float, usd_out: float, summary: str
) -> LanguageModel:
    price = TextPrice(usd_in=usd_in, usd_out=usd_out, as_of=_READ, source=_LIST)
    return LanguageModel(provider=provider, id=name, label=label, summary=summary, price=price)


_CHEAP = "Quick and cheap: good enough for prompts and most storyboards."
_MIDDLE = "Writes better scenes of long or difficult texts."
_BEST = "The best of them, for a text that matters."

OPENAI_MODELS = (
    _row("openai", "gpt-6-luna", "GPT-6 Luna", 0.1, 0.5, _CHEAP),
    _row("openai", "gpt-6.1-terra", "GPT-6.1 Terra", 1, 5, _MIDDLE),
    _row("openai", "gpt-6.1-sol", "GPT-6.1 Sol", 2, 10, _BEST),
)
GOOGLE_MODELS = (
    _row("google", "gemini-3.5-flash-lite", "Gemini 3.5 Flash-Lite", 0.3, 2.5, _CHEAP),
    _row("google", "gemini-3.8-flash", "Gemini 3.8 Flash", 0.75, 3.75, _MIDDLE),
    _row("google", "gemini-4-hydrogen", "Gemini 4 Hydrogen", 1.5, 7.5, _BEST),
)
ANTHROPIC_MODELS = (
    _row("anthropic", "claude-haiku-5-5", "Claude Haiku 5.5", 0.1, 0.5, _CHEAP),
    _row("anthropic", "claude-sonnet-5-5", "Claude Sonnet 5.5", 2, 10, _MIDDLE),
    _row("anthropic", "claude-opus-5-5", "Claude Opus 5.5", 4, 20, _BEST),
)
"""Of each the first is what its provider's name alone stands for."""
