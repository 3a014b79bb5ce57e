"""What an import found, repaired, missed and left out, for the person to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class ImportReport:
    """Sentences, by what became of things; `found` counts them in a few words each."""

    found: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        """Every sentence, with what it is about."""
        yield f"Imported: {', '.join(self.found)}."
        for title, lines in self._lists():
            for line in lines:
                yield f"{title}: {line}"

    @property
    def text(self) -> str:
        """All of it as plain text, a line for each."""
        parts = (("Imported", self.found), *self._lists())
        return "\n\n".join(
            "\n".join([f"{title}:", *(f"- {line}" for line in lines)]) for title, lines in parts
        )

    def _lists(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        lists = (
            ("Found in another place", self.repaired),
            ("Missing", self.missing),
            ("Left out", self.left_out),
        )
        return tuple((title, lines) for title, lines in lists if lines)
