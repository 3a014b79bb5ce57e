"""Which files a model needs, as the hub tells it or, where nobody can ask it, what is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotConfigured, ProviderUnavailable
from core.jobs.job import Notice
from providers.ltx_video.install.other_programs import find_offline_list, folders_of_programs
from providers.weights.hub import OFFLINE, FileList, NeededFile
from providers.weights.installed import MANIFEST_NAME, manifest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.jobs.job import JobContext
    from providers.weights.weights_spec import WeightsSpec


def list_files(
    weights: WeightsSpec,
    label: str,
    reuse_from: Sequence[Path],
    ctx: JobContext,
    ask_hub: Callable[[], FileList],
) -> FileList:
    """What is to be installed, and what of the model cannot be.

    Args:
        weights: of the model.
        label: its name.
        reuse_from: folders that a person named; an installation of the model among them tells all.
        ctx: told when the list is not the hub's.
        ask_hub: gives the hub's list.

    Raises:
        JobCancelled: asked to stop.
        ProviderError: neither the hub nor the disk tells it.
    """
    for folder in reuse_from:
        files = _files_of_copy(folder, weights)
        if files:
            return _listed_by(folder, files, weights)
    try:
        return ask_hub()
    except (ProviderUnavailable, NotConfigured) as error:
        elsewhere = (*reuse_from, *folders_of_programs(reuse_from).folders)
        known = find_offline_list(weights, elsewhere)
        if known is not None:
            folder, files = known
            message = f"The list of its files is that of {str(folder)!r}, since the hub gives none."
            ctx.report(Notice(message=f"{message} {error.message}"))
            return _listed_by(folder, files, weights)
        if not reuse_from:
            raise
        # The advice to give a folder would go to somebody who did just that.
        folders = ", ".join(repr(str(folder)) for folder in reuse_from)
        raise type(error)(
            f"{error.message} What belongs to {label} is not told by {folders} "
            f"either: neither {MANIFEST_NAME} of this model nor the whole list of a hub "
            "cache or of 'hf download' lies there.",
            target=error.target,
            hint=f"Go online once, for the list alone. {OFFLINE}",
        ) from error


def _listed_by(folder: Path, files: tuple[NeededFile, ...], weights: WeightsSpec) -> FileList:
    left_out = (
        f"The {part} is left out: {str(folder)!r} has none of its files."
        for part in weights.missing_parts(files)
    )
    return FileList(files, tuple(left_out))


def _files_of_copy(folder: Path, weights: WeightsSpec) -> tuple[NeededFile, ...]:
    """What another installation of ours consists of: with it no hub is needed."""
    manifest = manifest_of(folder)
    if manifest is None or manifest.model != weights.model:
        return ()
    return tuple(
        NeededFile(
            place=file.place,
            repo_id=file.repo_id,
            commit=file.revision,
            path=file.path,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            git_hash=None,
        )
        for file in manifest.files
    )
