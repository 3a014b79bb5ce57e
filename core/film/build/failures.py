"""What a failure of FFmpeg means to the person who exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import AssemblyError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import FFmpegFailed


def explained(error: FFmpegFailed, what: str, folder: Path) -> AssemblyError | OutputError:
    """The failure in words for the user: what could not be done, and FFmpeg's last lines.

    Args:
        error: how FFmpeg ended.
        what: what cannot be done, as the beginning of a sentence.
        folder: where it was writing.
    """
    if error.is_disk_full:
        return OutputError(
            f"The disk of {str(folder)!r} is full.",
            hint="Free some space, then resume the job. What is encoded so far is kept.",
        )
    said = " / ".join(error.last_lines[-3:]) or "it said nothing"
    how = "was killed" if error.exit_code < 0 else f"ended with exit code {error.exit_code}"
    return AssemblyError(
        f"{what}: FFmpeg {how}: {said}",
        hint="Resume the job to try again; what is encoded so far is kept.",
    )
