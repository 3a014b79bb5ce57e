"""What an import found, repaired, missed and left out, for the person to read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImportReport:
    """Sentences, by what became of things."""

    found: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it as plain text, a line for each."""
        parts = {
            "Imported": self.found,
            "Found in another place": self.repaired,
            "Missing": self.missing,
            "Left out": self.left_out,
        }
        return "\n\n".join(
            "\n".join([f"{title}:", *(f"- {line}" for line in lines)])
            for title, lines in parts.items()
            if lines
        )
