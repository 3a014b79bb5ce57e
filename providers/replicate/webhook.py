"""Calls of Replicate, signed with a secret that it shares with the account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.redaction import remember_secret
from core.services.webhooks import WebhookCall, WebhookCheck, WebhookRefused, check_age

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SECRET = "whsec_"
_VERSION = "v1,"


class ReplicateWebhook(WebhookCheck):
    """Believes what is signed with the account's own secret, which it asks for once."""

    def __init__(self, ask_secret: Callable[[], str]) -> None:
        self._ask_secret = ask_secret
        self._secret = b""

    @override
    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> WebhookCall:
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        message_id, timestamp, signatures = (headers.get(name, "") for name in names)
        if not (message_id and signatures):
            raise WebhookRefused("It is not signed as those of Replicate are.")
        check_age(timestamp, now)
        signed = f"{message_id}.{timestamp}.".encode() + body
        right = base64.b64encode(hmac.digest(self._key(), signed, hashlib.sha256))
        # While a secret is exchanged for another one there is a signature with each.
        given = (one.removeprefix(_VERSION).encode() for one in signatures.split())
        if not any(hmac.compare_digest(one, right) for one in given):
            raise WebhookRefused("Its signature is wrong.")
        return WebhookCall(f"replicate:{message_id}", _prediction(body))

    def _key(self) -> bytes:
        if not self._secret:
            text = self._ask_secret()
            remember_secret(text)
            self._secret = base64.b64decode(text.removeprefix(_SECRET))
        return self._secret


def _prediction(body: bytes) -> str:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRefused("It tells of no render.") from error
    name = cast("dict[str, Any]", found).get("id") if isinstance(found, dict) else None
    if not isinstance(name, str) or not name:
        raise WebhookRefused("It tells of no render.")
    return name
