"""Sizes, times and prices as people read them."""

from __future__ import annotations

_LEAST_SHOWN_USD = 0.01


def clock(seconds: float) -> str:
    """A length of time, such as "8 s", "3 min 20 s" or "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 1)} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def price(cost_usd: float | None) -> str:
    """What a clip costs; what is not known is never shown as nothing."""
    if cost_usd is None:
        return "price unknown"
    if 0 < cost_usd < _LEAST_SHOWN_USD:
        return f"less than ${_LEAST_SHOWN_USD}"
    return "free" if cost_usd == 0 else f"${cost_usd:.2f}"


def dollars(usd: float) -> str:
    """A sum of money, such as "$1,204.50"; a small one is never shown as nothing."""
    if 0 < usd < _LEAST_SHOWN_USD:
        return f"<${_LEAST_SHOWN_USD}"
    return f"${usd:,.2f}"


def bytes_text(size_bytes: int | None) -> str:
    """A size on disk, such as "34 MB" or "9.4 GB"."""
    if size_bytes is None:
        return "unknown size"
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    return (
        f"{max(size_bytes / 1e6, 0.1):.1f} MB" if size_bytes < 1e7 else f"{size_bytes / 1e6:.0f} MB"
    )


def count_text(count: int, noun: str, several: str = "") -> str:
    """How many there are of something, such as "1 frame" or "1,200 frames".

    Args:
        count: how many.
        noun: for one of them.
        several: for more, where that is not the noun with an "s".
    """
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"
