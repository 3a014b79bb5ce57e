"""What a service refuses, as an error of ours: by its status, in its own words, with a way on."""

from __future__ import annotations

import math
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from core.errors import (
    AuthFailed,
    BadResponse,
    ContentRefused,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    RateLimited,
    RenderFailed,
    ResultLost,
)
from core.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_WORDS = 300
"""Of a service's own words, so many letters are told."""


def refusal(
    label: str, target: str, status: int, text: str, headers: Mapping[str, str]
) -> ProviderError:
    """The error for an answer that is none of success.

    Args:
        label: what the service is called in sentences.
        target: in its text form.
        status: of the answer.
        text: what it says.
        headers: by names in small letters.
    """
    said = redacted(" ".join(text.split()))[:MOST_WORDS]
    words = f": {said}" if said else ""
    match status:
        case _ if status < 400:
            return BadResponse(
                f"{label} answered with a redirect ({status}), which is not followed with the "
                f"key{words}.",
                target=target,
                hint="Resume the job later; the service may have moved.",
            )
        case 401 | 403:
            return AuthFailed(
                f"{label} rejected the key ({status}){words}.",
                target=target,
                hint="Set another one under Settings > Keys, or by 'main.py keys set'.",
            )
        case 402:
            return QuotaExceeded(
                f"The account at {label} has no credit left (402){words}.",
                target=target,
                hint="Add credit there, then resume the job.",
            )
        case 404 | 410:
            return ResultLost(
                f"{label} does not know this render any more ({status}){words}.",
                target=target,
                hint="Look into the account there: what was made may still be in its history.",
            )
        case 429:
            wait_s = retry_after_s(headers)
            later = f"in {wait_s:.0f} s" if wait_s else "in a minute"
            return RateLimited(
                f"{label} asks for fewer requests (429){words}.",
                target=target,
                hint=f"Resume the job {later}.",
                retry_after_s=wait_s,
            )
        case 451:
            return ContentRefused(
                f"{label} refused the prompt or an input (451){words}.",
                target=target,
                hint="Say it in other words.",
            )
        case _ if status < 500:
            return RenderFailed(
                f"{label} did not accept what it was sent ({status}){words}.",
                target=target,
                hint="Change what it complains of, then give the command again.",
            )
        case _:
            return ProviderUnavailable(
                f"{label} is out of order ({status}){words}.",
                target=target,
                hint="Resume the job later.",
            )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long a service asks to wait; None where it does not say."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
