"""What a film becomes for another program: a text, and what the text cannot say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """A text to be written to a file; `notes` are sentences about what it does not carry."""

    text: str
    notes: tuple[str, ...]
