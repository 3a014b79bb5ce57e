"""Secrets that this process knows, taken out of every sentence and line of the log.

What a service, a library or a keyring says may repeat the key that it was given. So errors and the
log go through `redacted`, and whoever finds a secret outside of the environment remembers it here.
"""

from __future__ import annotations

import base64
import json
import os
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus

REDACTED = "[secret]"
_MIN_LETTERS = 8
"""Of a secret: what is shorter would take parts out of common words."""
_SECRET_NAME = re.compile(r"(?:^|_)(?:KEYS?|TOKENS?|SECRETS?|PASSWORD|PASSWD|PAT)$", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+@")

# The one state that belongs to the process and to nobody in it: an error may be made anywhere.
_remembered: set[str] = set()


def remember_secret(value: str) -> None:
    """Take this value out of every error and log line from now on."""
    _remembered.add(value)


def redacted(text: str) -> str:
    """The text without any secret that is known, as it is or as URLs, JSON and base64 write it."""
    values = (os.environ.get(name, "").strip() for name in os.environ if _is_secret(name))
    # A path to a key is no key.
    named = {value for value in values if not value.startswith(("/", "~", "."))}
    secrets = frozenset(value for value in named | _remembered if len(value) >= _MIN_LETTERS)
    known = _pattern(secrets).sub(REDACTED, text) if secrets else text
    return _URL_PASSWORD.sub(rf"\g<1>{REDACTED}@", known)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


@lru_cache(maxsize=4)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _forms(secret)}
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))


def _forms(secret: str) -> set[str]:
    escaped = json.dumps(secret)[1:-1], repr(secret)[1:-1]
    forms = {secret, quote(secret, safe=""), quote_plus(secret), *escaped}
    raw = secret.encode("utf-8", "replace")
    # In the middle of something longer it begins at any of three places in a group of letters; the
    # letters at both ends hold bits of what is around it.
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(bytes(before) + raw).decode()[first:end])
    return {form for form in forms if len(form) >= _MIN_LETTERS}
