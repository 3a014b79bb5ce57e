"""Every error this program raises on purpose, each a sentence for the user.

    StudioError                      message: what happened and why; hint: what to do
    ├── UnsupportedRequest           problems: everything wrong with what was asked for, at once
    ├── SettingsError                a setting or the settings file cannot be used
    ├── KeyStoreError                the keyring cannot keep or give a key
    ├── JournalError                 the job journal, or a job in it, cannot be used
    ├── SpendingError                the ledger of paid renders cannot be used
    ├── SpendingCapReached           a paid render would pass a cap
    ├── HistoryError                 the list of everything made cannot be read or written
    ├── OutputError                  the finished file cannot be put where it belongs
    ├── FFmpegMissing                no FFmpeg on this machine that can be used
    ├── FFmpegFailed                 command, exit_code, last_lines
    │   └── FFmpegCrashed            FFmpeg was ended by a fault of its own
    ├── UnreadableClip               a video file does not decode
    ├── UnreadableMusic              a piece of music does not decode
    ├── UnreadableWeights            a file of weights is damaged, or of another kind
    ├── UnreadableLora               a LoRA is missing, damaged or none
    ├── ProjectError                 a film or project file cannot be read or written
    │   ├── NoSuchProject            there is none in the folder that was named
    │   └── FilmFileMistaken         values in it make no sense (core/film/model/film_file.py)
    ├── AssemblyError                the film cannot be put together, or came out wrong
    ├── UnreadableText               a text or subtitle file is damaged
    │   └── UnknownEncoding          its letters cannot be told (core/platform/text_files.py)
    ├── TextRendererUnavailable      texts cannot be drawn on this machine
    ├── NoWords                      a prompt enhancer wrote nothing (providers/ltx_video/engine)
    ├── NoWindow                     a window cannot be opened here (gui/platform_check.py)
    └── ProviderError                target, retryable
        ├── NotConfigured            a model, package or key is missing
        ├── AuthFailed               the key was rejected
        ├── RateLimited              retry_after_s
        ├── QuotaExceeded            the account is out of credit
        ├── ContentRefused           the service refuses the prompt or the result
        ├── ProviderUnavailable      the service cannot be reached or is down
        ├── SubmitUnknown            no telling whether the order arrived
        │   └── AnswerLost           and what was made came with its answer alone
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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence


MOST_PROBLEMS = 25
"""As many things that are wrong are told at once; nobody reads more of them."""
MOST_OF_A_KIND = 20
"""As many of one kind among them, so that those of other kinds are told as well."""


def num_shown(count: int, most: int = MOST_PROBLEMS) -> int:
    """How many of that many sentences are told; the last one takes no more room than its number."""
    return count if count <= most + 1 else most


def first_of(
    sentences: Sequence[str],
    most: int = MOST_PROBLEMS,
    rest: str = "And {:,} more of the kind.",
) -> list[str]:
    """The first of many sentences, and in `rest` how many there are more."""
    shown = list(sentences[: num_shown(len(sentences), most)])
    more = len(sentences) - len(shown)
    return [*shown, rest.format(more)] if more else shown


class StudioError(Exception):
    """What went wrong and why (`message`), and what to do about it (`hint`); without secrets."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = redacted(message)
        self.hint = redacted(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a request.

    Attributes:
        field: names the part, e.g. "frame.duration_s".
        is_of_setup: the request is right, and this machine is not set up for it.
        is_taken: what is named exists, and is replaced where that is asked for; whoever asked says
            by which option or argument of theirs (`with_replacing`).
        reason: where a model has to be installed or repaired, what the message says without the
            command for that, which is no advice for whoever has a page of models before them.
    """

    field: str
    message: str
    is_of_setup: bool = False
    is_taken: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", redacted(self.message))
        object.__setattr__(self, "reason", redacted(self.reason))

    def __str__(self) -> str:
        return self.message

    def with_replacing(self, means: str) -> Problem:
        """The same, with what replaces a thing that exists, such as "use --force"."""
        if not self.is_taken:
            return self
        return replace(self, message=f"{self.message.removesuffix('.')}, or {means} to replace it.")


FFMPEG_FIELD = "ffmpeg"
"""The field of a problem that is none of the request: this machine's FFmpeg cannot be used."""


class UnsupportedRequest(StudioError):
    """The request cannot be done as asked; `problems` lists every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(first_of([problem.message for problem in problems])))
        self.problems = tuple(problems)

    def with_replacing(self, means: str) -> UnsupportedRequest:
        """The same, with what replaces the things that exist (see `Problem.with_replacing`)."""
        return UnsupportedRequest([problem.with_replacing(means) for problem in self.problems])


class SettingsError(StudioError):
    """A setting or the settings file cannot be used."""


class KeyStoreError(StudioError):
    """The keyring cannot keep or give a key."""


class JournalError(StudioError):
    """The job journal, or a job in it, cannot be used."""


class SpendingError(StudioError):
    """The ledger of paid renders cannot be used."""


class SpendingCapReached(StudioError):
    """A paid render would cost more than what is left of a cap."""


class HistoryError(StudioError):
    """The list of everything that was made cannot be read or written."""


class OutputError(StudioError):
    """The finished file cannot be put where it belongs."""


class FFmpegMissing(StudioError):
    """There is no FFmpeg on this machine that can be used."""


class FFmpegFailed(StudioError):
    """FFmpeg ended with an error."""

    def __init__(self, command: Sequence[str], exit_code: int, last_lines: Sequence[str]) -> None:
        said = last_lines[-1] if last_lines else "it said nothing"
        super().__init__(f"FFmpeg ended with exit code {exit_code}: {said}")
        self.command = tuple(command)
        self.exit_code = exit_code
        self.last_lines = tuple(redacted(line) for line in last_lines)

    @property
    def is_disk_full(self) -> bool:
        """Whether it ended because nothing more could be written."""
        return any(os.strerror(errno.ENOSPC) in line for line in self.last_lines)


class FFmpegCrashed(FFmpegFailed):
    """FFmpeg was ended by a fault of its own; says which FFmpeg, and how to use the bundled one."""

    def __init__(
        self,
        command: Sequence[str],
        exit_code: int,
        last_lines: Sequence[str],
        *,
        message: str,
        hint: str,
    ) -> None:
        super().__init__(command, exit_code, last_lines)
        self.args = (message,)
        self.message, self.hint = message, hint


class UnreadableClip(StudioError):
    """A video file is missing, damaged or holds no picture."""


class UnreadableMusic(StudioError):
    """A piece of music is missing, damaged or holds no sound."""


class UnreadableWeights(StudioError):
    """A file of weights is damaged, or of another kind than it is named for."""


class UnreadableLora(StudioError):
    """A LoRA's file is missing, damaged or holds none."""


class ProjectError(StudioError):
    """A film or project file cannot be read or written."""


class NoSuchProject(ProjectError):
    """There is no project in the folder that was named."""


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


class AnswerLost(SubmitUnknown):
    """The answer to an order is lost, and with it what may have been made: nobody keeps it."""


class ResultLost(ProviderError):
    """The clip was made, but can no longer be fetched."""


class OutOfMemory(ProviderError):
    """The plan needs more memory than this machine has free; `is_of_gpu`: than its accelerator."""

    retryable = True

    def __init__(
        self, message: str, *, target: str = "", hint: str = "", is_of_gpu: bool = False
    ) -> None:
        super().__init__(message, target=target, hint=hint)
        self.is_of_gpu = is_of_gpu


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


def shortened(text: str) -> str:
    """A text that a person is to read: of a very long one its beginning and its end."""
    if len(text) <= _LONGEST:
        return text
    left_out = len(text) - _LONGEST
    return f"{text[: _LONGEST - _END]} [… {left_out} characters …] {text[-_END:]}"


_LONGEST, _END = 4000, 500
_DO_ABOUT = {
    errno.ENOSPC: "Free some space there, then try again.",
    errno.EDQUOT: "Free some space there, or ask for more, then try again.",
    errno.EACCES: "Allow this user to use it, or name another place.",
    errno.EPERM: "Allow this user to use it, or name another place.",
    errno.EROFS: "Make its disk writable, or name another place.",
    errno.ENOENT: "It was moved or removed meanwhile; put it back, then try again.",
    errno.ENOTDIR: "Move away the file that lies where a folder is needed, then try again.",
    errno.EEXIST: "Move away what lies there, then try again.",
    errno.EISDIR: "Move away the folder that lies where a file is needed, then try again.",
    errno.EMFILE: "Close other programs or raise the limit of open files, then try again.",
    errno.ENFILE: "Close other programs, then try again.",
    errno.EIO: "Check the disk and its connection, then try again.",
}
_CHECK = "Check the disk, its connection and its permissions, then try again."


def outside_cause(error: BaseException) -> StudioError | None:
    """What the machine or its user did that made a call fail, in words; None for a defect of ours.

    A disk may fill, a folder may vanish and memory may run out at any moment: no check before can
    keep that from happening.
    """
    match error:
        case OSError():
            place = f"{str(error.filename)!r} cannot be used" if error.filename else "A step failed"
            reason = os.strerror(error.errno) if error.errno else first_line(error)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                of_what = f" of {str(error.filename)!r}" if error.filename else ""
                place, reason = f"The disk{of_what} is full", ""
            hint = _DO_ABOUT.get(error.errno or 0, _CHECK)
            return OutputError(f"{place}{f': {reason}' if reason else ''}.", hint=hint)
        case MemoryError():
            return OutOfMemory(
                "This machine's memory ran out.", hint="Close other programs, then try again."
            )
        case RecursionError():
            return UnreadableText(
                "A file is nested far deeper than any that a program writes, so it cannot be read.",
                hint="Check where it comes from.",
            )
        case _:
            return None
