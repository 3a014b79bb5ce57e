"""How Google is spoken to: its errors as objects with a status, refusals in words, files inline."""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import AuthFailed, ContentRefused, ProviderError, RateLimited, RenderFailed
from core.redaction import redacted
from core.services.service_http import ServiceHttp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = "https://generativelanguage.googleapis.com"
API = f"{HOST}/v1"
"""Where Google takes a Gemini API key."""

# Either the one word that names it, or the sentences in which Google says so.
_REFUSED_STATUS = re.compile(r"(IMAGE_)?(SAFETY|PROHIBITED_CONTENT|BLOCKLIST|SPII)", re.IGNORECASE)
_REFUSED = re.compile(
    r"Responsible AI|sensitive words|usage guidelines|violat\w+ [^.]*polic|"
    r"\bblocked\b[^.]*\b(safety|polic)",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"API key (not valid|expired|not found)|API_KEY_(INVALID|EXPIRED)", re.I)
_PEOPLE = re.compile(r"person.?generation", re.IGNORECASE)
_NOT_CHARGED = re.compile(
    r"(\bnot|\bnever|n['’]t)( be| been)? (charged|billed)\b|\b(no|without|free of) charge\b",
    re.IGNORECASE,
)
_CHARGED = re.compile(r"\b(charged|billed)\b", re.IGNORECASE)
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_MOST_WORDS = 300


@dataclass(frozen=True)
class GoogleError:
    """What Google says of a failure.

    Attributes:
        status: such as "INVALID_ARGUMENT".
        details: all else that it gives, as JSON.
        retry_s: how long it asks to wait; None where it does not say.
    """

    message: str = ""
    status: str = ""
    details: str = ""
    retry_s: float | None = None

    @property
    def is_of_content(self) -> bool:
        """Whether it is the prompt or an input that Google does not take."""
        is_named = _REFUSED_STATUS.fullmatch(self.status) is not None
        return is_named or _REFUSED.search(self.message) is not None

    @property
    def is_charged(self) -> bool | None:
        """Whether its words say that it is charged; None where they do not."""
        if _NOT_CHARGED.search(self.message):
            return False
        return True if _CHARGED.search(self.message) else None

    @property
    def sentence(self) -> str:
        """Its words, as the end of a sentence."""
        text = redacted(" ".join(self.message.split()))[:_MOST_WORDS].rstrip(".")
        return f"{text or 'it does not say why'}."


def read_error(found: object) -> GoogleError:
    """The error in an answer; an empty one where there is none.

    Args:
        found: as JSON says it: an object with an error, a list of such, or the error itself.
    """
    if isinstance(found, list):
        parts = cast("list[object]", found)
        return read_error(parts[0]) if parts else GoogleError()
    if not isinstance(found, dict):
        return GoogleError()
    fields = cast("dict[str, Any]", found)
    if "error" in fields:
        inner: object = fields["error"]
        return GoogleError(inner) if isinstance(inner, str) else read_error(inner)
    details = json.dumps(fields.get("details") or [])
    delay = _DELAY.search(details) if "retryDelay" in details else None
    status = fields.get("status") or fields.get("code") or ""
    seconds = float(delay[1]) if delay else None
    return GoogleError(str(fields.get("message") or ""), str(status), details, seconds)


def refused(error: GoogleError, target: str) -> ContentRefused:
    """The error for a prompt, an input or a clip that Google does not take."""
    return ContentRefused(
        f"Google refused the prompt, an input or what was made: {error.sentence}",
        target=target,
        hint="Say it in other words, or choose another input.",
    )


class GoogleHttp(ServiceHttp):
    """Speaks to Google, whose refusals are objects with a status and a message."""

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        found = read_error(_json(text))
        if status == 400 and _BAD_KEY.search(f"{found.message} {found.details}"):
            # Google says that of a wrong key, and 401 only where there is none.
            status = 401
        if status in (400, 403) and found.is_of_content:
            return refused(found, self.target)
        error = super().refusal(status, found.message or text, headers)
        match error:
            case RateLimited(retry_after_s=None) if found.retry_s is not None:
                return RateLimited(
                    error.message,
                    target=self.target,
                    hint=f"Resume the job in {found.retry_s:.0f} s.",
                    retry_after_s=found.retry_s,
                )
            case AuthFailed() if status == 403:
                return AuthFailed(
                    error.message,
                    target=self.target,
                    hint="Let the account use this service (its API, its role), or set another key "
                    "under Settings > Keys.",
                )
            case RenderFailed() if _PEOPLE.search(found.message):
                return RenderFailed(
                    error.message,
                    target=self.target,
                    hint="Google allows this choice of people only some projects and regions. "
                    "Leave it out, then give the command again.",
                )
            case _:
                return error

    def prove_key(self, url: str) -> None:
        """Ask for a description, which is free; that there is none proves the key as well.

        Raises:
            ProviderError: the key does not suffice.
        """
        answer = self.hear(url)
        if answer.status >= 400 and answer.status != 404:
            raise self.refusal(answer.status, json.dumps(answer.body), {})


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class InlineFile:
    """A file as it goes inside of a request: its kind, and its bytes in base64."""

    mime_type: str
    letters: str

    @classmethod
    def parse(cls, address: str) -> InlineFile:
        """The file of an address that `address_of` made."""
        head, _, content = address.partition(",")
        return cls(head.removeprefix("data:").removesuffix(";base64"), content)


def address_of(file: Path) -> str:
    """A file as a data address: an image upright as PNG or JPEG, a video as it is."""
    kind = mimetypes.guess_type(file.name)[0] or ""
    if kind.startswith("video/"):
        content = file.read_bytes()
    else:
        # Imported late: few orders have an image.
        from core.media.images import sendable_image

        kind, content = sendable_image(file)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
