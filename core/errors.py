"""Every error this program raises on purpose, each a sentence for the user.

    StudioError                      message: what happened and why; hint: what to do
    ├── UnsupportedRequest           problems: everything wrong with what was asked for, at once
    ├── SettingsError                a setting or the settings file cannot be used
    ├── KeyStoreError                the keyring cannot keep or give a key
    ├── JournalError                 the job journal, or a job in it, cannot be used
    ├── SpendingError                the ledger of paid renders cannot be used
    ├── SpendingCapReached           a paid render would pass the month's cap
    ├── HistoryError                 the list of everything made cannot be read or written
    ├── OutputError                  the finished file cannot be put where it belongs
    ├── FFmpegMissing                no FFmpeg on this machine
    ├── FFmpegFailed                 command, exit_code, last_lines
    ├── UnreadableClip               a video file does not decode
    ├── UnreadableMusic              a piece of music does not decode
    ├── ProjectError                 a film or project file cannot be read or written
    ├── AssemblyError                the film cannot be put together, or came out wrong
    ├── UnreadableText               a text or subtitle file is damaged
    ├── TextRendererUnavailable      texts cannot be drawn on this machine
    ├── NoWindow                     a window cannot be opened here (gui/platform_check.py)
    └── ProviderError                target, retryable
        ├── NotConfigured            a model, package or key is missing
        ├── AuthFailed               the key was rejected
        ├── RateLimited              retry_after_s
        ├── QuotaExceeded            the account is out of credit
        ├── ContentRefused           the service refuses the prompt or the result
        ├── ProviderUnavailable      the service cannot be reached or is down
        ├── SubmitUnknown            no telling whether the order arrived
        ├── ResultLost               the finished clip can no longer be fetched
        ├── OutOfMemory              the plan needs more memory than there is
        ├── EngineCrashed            the engine process ended by itself
        ├── RenderFailed             the model ran and no proper clip came out
        └── BadResponse              an answer that makes no sense

`JobCancelled` is no error: it is how a job that was asked to stop says that it has stopped.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class StudioError(Exception):
    """What went wrong and why (`message`), and what to do about it (`hint`)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a request; `field` names the part, e.g. "frame.duration_s"."""

    field: str
    message: str

    def __str__(self) -> str:
        return self.message


class UnsupportedRequest(StudioError):
    """The request cannot be done as asked; `problems` lists every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class SettingsError(StudioError):
    """A setting or the settings file cannot be used."""


class KeyStoreError(StudioError):
    """The keyring cannot keep or give a key."""


class JournalError(StudioError):
    """The job journal, or a job in it, cannot be used."""


class SpendingError(StudioError):
    """The ledger of paid renders cannot be used."""


class SpendingCapReached(StudioError):
    """A paid render would cost more than what is left of the month's cap."""


class HistoryError(StudioError):
    """The list of everything that was made cannot be read or written."""


class OutputError(StudioError):
    """The finished file cannot be put where it belongs."""


class FFmpegMissing(StudioError):
    """There is no FFmpeg on this machine."""


class FFmpegFailed(StudioError):
    """FFmpeg ended with an error."""

    def __init__(self, command: Sequence[str], exit_code: int, last_lines: Sequence[str]) -> None:
        said = last_lines[-1] if last_lines else "it said nothing"
        super().__init__(f"FFmpeg ended with exit code {exit_code}: {said}")
        self.command = tuple(command)
        self.exit_code = exit_code
        self.last_lines = tuple(last_lines)

    @property
    def is_disk_full(self) -> bool:
        """Whether it ended because nothing more could be written."""
        return any(os.strerror(errno.ENOSPC) in line for line in self.last_lines)


class UnreadableClip(StudioError):
    """A video file is missing, damaged or holds no picture."""


class UnreadableMusic(StudioError):
    """A piece of music is missing, damaged or holds no sound."""


class ProjectError(StudioError):
    """A film or project file cannot be read or written."""


class AssemblyError(StudioError):
    """The film cannot be put together, or came out otherwise than planned."""


class UnreadableText(StudioError):
    """A text file is missing, damaged or does not hold what it should."""


class TextRendererUnavailable(StudioError):
    """Texts cannot be drawn on this machine: Qt or a library that it needs is missing."""


class ProviderError(StudioError):
    """A provider could not do its part; `target` is its text form, "provider/deployment/model"."""

    retryable = False

    def __init__(self, message: str, *, target: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.target = target


class NotConfigured(ProviderError):
    """A model, a package or a key that this target needs is missing."""


class AuthFailed(ProviderError):
    """The service rejected the key."""


class RateLimited(ProviderError):
    """The service asks to wait."""

    retryable = True

    def __init__(
        self, message: str, *, target: str = "", hint: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, target=target, hint=hint)
        self.retry_after_s = retry_after_s


class QuotaExceeded(ProviderError):
    """The account has no credit or quota left."""


class ContentRefused(ProviderError):
    """The service refused the prompt or the result."""


class ProviderUnavailable(ProviderError):
    """The service cannot be reached or is down."""

    retryable = True


class SubmitUnknown(ProviderError):
    """The order was sent and no answer came: it may or may not have been accepted."""


class ResultLost(ProviderError):
    """The clip was made, but can no longer be fetched."""


class OutOfMemory(ProviderError):
    """The plan needs more memory than this machine has free."""

    retryable = True


class EngineCrashed(ProviderError):
    """The engine process ended by itself."""

    retryable = True


class RenderFailed(ProviderError):
    """The model ran, and no proper clip came out."""


class BadResponse(ProviderError):
    """The other side answered something that makes no sense."""

    retryable = True


class JobCancelled(Exception):
    """The job was asked to stop and has stopped."""


def first_line(error: Exception) -> str:
    """What an error of a library says, short enough for a sentence; its kind where it is mute."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
