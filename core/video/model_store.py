"""What a provider promises whose models are files on this disk: to install and remove them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from core.errors import Problem, UnreadableWeights, UnsupportedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, Job


class OnDisk(StrEnum):
    """How much of a model is on this disk."""

    NOTHING = "nothing"
    PARTLY = "partly"
    WHOLE = "whole"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Installation:
    """What there is of a model.

    Attributes:
        reason: one or two sentences where it is not whole.
        shared_bytes: how much of `size_bytes` other models or programs hold too.
        is_own: whether it is a person's own checkpoint, which nobody can download.
        missing_parts: what it was installed without and makes clips without, and what installing it
            once more adds.
    """

    on_disk: OnDisk
    folder: Path
    size_bytes: int
    reason: str = ""
    shared_bytes: int = 0
    is_own: bool = False
    missing_parts: tuple[str, ...] = ()

    @property
    def without(self) -> str:
        """The same in words: "without its prompt enhancer and duration head"; else empty."""
        return f"without its {' and '.join(self.missing_parts)}" if self.missing_parts else ""

    @property
    def freed_bytes(self) -> int:
        """What its removal sets free."""
        return self.size_bytes - self.shared_bytes


@dataclass(frozen=True)
class FoundFiles:
    """Files in another folder of this machine that have the sizes of a model's files."""

    folder: Path
    file_count: int
    size_bytes: int


@dataclass(frozen=True)
class InstallSurvey:
    """What installing a model means here and now.

    Attributes:
        total_bytes: the size of the installed model.
        fetch_bytes: what has to be downloaded: neither in place nor elsewhere on this machine.
        free_bytes: room on the disk of `folder`.
        found: where what need not be downloaded lies; the content is read when it is installed.
        page_url: where the model and its licence are described.
        passed_over: where was not looked for files and why, each a sentence.
        parts: of each part with a licence of its own the name, the size, and that licence.
        left_out: the parts that cannot be had, without which it makes clips, and why.
    """

    folder: Path
    file_count: int
    total_bytes: int
    fetch_bytes: int
    free_bytes: int
    page_url: str
    found: tuple[FoundFiles, ...] = ()
    passed_over: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class AddedModel:
    """A person's own checkpoint as a model: its id, and what is to be known of it."""

    model: str
    notes: tuple[str, ...] = ()


class ModelStore(Protocol):
    """Installs, checks and removes the models of one provider; a model that is built in is none.

    Every method but `installation` raises `UnsupportedRequest` for a model that
    cannot be installed.
    """

    def installation(self, model: str) -> Installation | None:
        """What is on disk, by sizes and times alone, or None for a model that is built in."""
        ...

    def survey(self, model: str, reuse_from: Sequence[Path], cancel: CancelToken) -> InstallSurvey:
        """What would be fetched; asks the hub and changes nothing.

        Raises:
            JobCancelled: asked to stop.
            StudioError: it could not be installed, with the reason that shows before a download.
        """
        ...

    def install_job(
        self, model: str, reuse_from: Sequence[Path] = (), *, may_copy: bool = False
    ) -> Job:
        """The job that installs the model; what has arrived is kept when it is stopped.

        Files that lie elsewhere on this machine are linked, or copied where `may_copy` says so.
        """
        ...

    def recognise(self, path: Path) -> str:
        """What kind of model a checkpoint is, by the heads of its files, in a few words.

        Raises:
            UnreadableWeights: it is none of those that this provider runs, and why.
        """
        ...

    def add(
        self,
        path: Path,
        name: str,
        like: str | None,
        cancel: CancelToken,
        on_fraction: Callable[[float], None],
        *,
        may_copy: bool = False,
    ) -> AddedModel:
        """Make a person's own checkpoint a model; its files are linked and stay where they are.

        Args:
            path: a folder in the layout of diffusers, or one file with the main part of a model.
            name: what it is to be called.
            like: the model whose settings it is run with, and whose other parts a single file
                needs; None lets the files and their names decide.
            cancel: asks to stop; nothing is left then.
            on_fraction: told how much has been read.
            may_copy: copy the files instead.

        Raises:
            UnsupportedRequest: with all that is wrong with path, name and `like`.
            NotConfigured: nothing is, but it takes parts of a model that is not installed.
            JobCancelled: asked to stop.
            OutputError: the folder of models cannot be written.
        """
        ...

    def verify(
        self, model: str, cancel: CancelToken, on_fraction: Callable[[float], None]
    ) -> Installation:
        """Whether the model is whole, by reading every byte of it.

        Raises:
            JobCancelled: asked to stop.
            OutputError: someone else is changing the model.
        """
        ...

    def remove(self, model: str) -> int:
        """Delete the model, also a half-installed one, and give the bytes set free.

        What other models or programs hold too stays with them.

        Raises:
            OutputError: someone else is changing the model, or a file cannot be deleted.
        """
        ...


def add_checkpoint(
    stores: Sequence[ModelStore],
    path: Path,
    name: str,
    like: str | None,
    cancel: CancelToken,
    on_fraction: Callable[[float], None],
    *,
    may_copy: bool = False,
) -> AddedModel:
    """Make a person's own checkpoint a model of the provider that knows it; see `ModelStore.add`.

    `stores` are those of all providers whose models are files of this machine, at least one.

    Raises:
        UnsupportedRequest: with all that is wrong, and what each provider says where none knows it.
        NotConfigured: it takes parts of a model that is not installed.
        JobCancelled: asked to stop.
        OutputError: the folder of models cannot be written.
    """
    wanted = path.expanduser().absolute()
    refusals: dict[str, UnreadableWeights] = {}
    knowing: ModelStore | None = None
    for store in stores:
        try:
            store.recognise(wanted)
        except UnreadableWeights as error:
            refusals.setdefault(error.message, error)
        else:
            knowing = store
            break
    chosen = knowing or stores[0]
    try:
        return chosen.add(path, name, like, cancel, on_fraction, may_copy=may_copy)
    except UnsupportedRequest as error:
        if knowing is not None:
            raise
        # The first of them is told among the problems.
        others = [Problem("path", str(one)) for one in list(refusals.values())[1:]]
        raise UnsupportedRequest([*error.problems, *others]) from error
