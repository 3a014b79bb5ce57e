"""Calls of Fal, signed with the keys that it publishes."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import NotConfigured
from core.services.service_http import ServiceHttp
from core.services.webhooks import WebhookCall, WebhookCheck, WebhookRefused, check_age
from core.video.packages import Packages
from providers.fal.info import LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.platform.network import NetworkSwitch

KEYS = "https://rest.fal.ai/.well-known/jwks.json"
PACKAGES = Packages(
    file="requirements-webhooks.txt", names=("cryptography",), download="a download of about 5 MB"
)

_PREFIX = "x-fal-webhook-"
_SIGNED = ("request-id", "user-id", "timestamp")
_KEPT_S = 24 * 3600.0
# A call that no key fits may be signed with a new one; strangers make this ask no oftener.
_ANEW_S = 60.0


class FalWebhook(WebhookCheck):
    """Believes what one of Fal's public keys has signed."""

    def __init__(self, network: NetworkSwitch) -> None:
        """Asks nothing yet.

        Raises:
            NotConfigured: the package that reads such signatures is missing.
        """
        try:
            # Imported late: most people receive no calls, and have no such package.
            from cryptography.hazmat.primitives.asymmetric import ed25519
        except ImportError as error:
            raise NotConfigured(
                f"The calls of Fal cannot be checked without a package that is missing: "
                f"{PACKAGES}.",
                target=LABEL,
                hint=PACKAGES.by_hand,
            ) from error
        self._read_key = ed25519.Ed25519PublicKey.from_public_bytes
        self._network = network
        self._keys: tuple[bytes, ...] = ()
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    @override
    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> WebhookCall:
        named = [headers.get(f"{_PREFIX}{name}", "") for name in (*_SIGNED, "signature")]
        if not all(named):
            raise WebhookRefused("It is not signed as those of Fal are.")
        *signed, text = named
        check_age(signed[-1], now)
        try:
            signature = bytes.fromhex(text)
        except ValueError as error:
            raise WebhookRefused("Its signature is none.") from error
        message = "\n".join((*signed, hashlib.sha256(body).hexdigest())).encode()
        if not self._is_signed(message, signature, now):
            raise WebhookRefused("Its signature is wrong.")
        remote, *others = _ids(body)
        if not remote or signed[0] not in (remote, *others):
            raise WebhookRefused("It speaks of another render than its head.")
        return WebhookCall(f"fal:{text.lower()}", remote)

    def _is_signed(self, message: bytes, signature: bytes, now: float) -> bool:
        with self._lock:
            for longest_s in (_KEPT_S, _ANEW_S):
                if now - self._asked_at > longest_s:
                    self._keys = self._ask()
                    self._asked_at = now
                if any(self._fits(key, message, signature) for key in self._keys):
                    return True
        return False

    def _fits(self, key: bytes, message: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self._read_key(key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _ask(self) -> tuple[bytes, ...]:
        """The keys that Fal publishes; the account's own is not sent there."""
        self._network.check("the keys of Fal's calls are not asked for", target=LABEL)
        http = ServiceHttp(LABEL, LABEL, {}, "")
        rows: Any = http.ask(KEYS).get("keys")
        found = cast("list[Any]", rows) if isinstance(rows, list) else []
        keys = tuple(key for row in found if (key := _public_key(row)) is not None)
        if not keys:
            raise http.bad_answer("it publishes no key")
        return keys


def _public_key(row: object) -> bytes | None:
    """The 32 bytes of a key of the kind that signs calls; None for any other."""
    match row:
        case {"kty": "OKP", "crv": "Ed25519", "x": str(text)}:
            try:
                key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            except ValueError:
                return None
            return key if len(key) == 32 else None
        case _:
            return None


def _ids(body: bytes) -> tuple[str, str]:
    """The render's own id, and that of the gateway that passed it on; empty where there is none."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    said = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return str(said.get("request_id") or ""), str(said.get("gateway_request_id") or "")
