"""The key of the hub that weights come from."""

from __future__ import annotations

from core.config.api_keys import KeySpec

HUGGINGFACE_KEY = KeySpec(
    id="huggingface",
    label="Hugging Face",
    variables=("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    url="https://huggingface.co/settings/tokens",
    purpose="downloads models whose licence must be accepted on their page first",
)
