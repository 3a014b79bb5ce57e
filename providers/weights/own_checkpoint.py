"""A person's own checkpoint becomes a model: by links, or by a copy where that is asked for."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.jobs.lanes import Stage
from providers.weights.installed import (
    MANIFEST_NAME,
    InstalledFile,
    ModelManifest,
    hold_model,
    model_folder,
    read_chunks,
    write_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.jobs.job import JobContext
    from providers.weights.installed import OwnModel

OWN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
"""What such a model may be called."""


def add_files(
    model: str,
    own: OwnModel,
    read_sources: Callable[[], Mapping[str, Path]],
    ctx: JobContext,
    *,
    models_dir: Path,
    licence: str,
    may_copy: bool = False,
) -> None:
    """Put a checkpoint's files into a folder of its own, with the manifest that makes it a model.

    Args:
        model: its id.
        own: what its person says of it.
        read_sources: gives, by their places in the model's folder, the files that it consists of.
        ctx: asks to stop, and is told how much has been read.
        models_dir: where models lie.
        licence: by name.
        may_copy: whether files may be copied that cannot be linked.

    Raises:
        OutputError: the folder of models cannot be written.
        JobCancelled: asked to stop.
    """
    final = model_folder(models_dir, model)
    # Under a name that is no model's, so that what a killed run leaves is none.
    aside = models_dir / f".adding-{model}"
    with hold_model(models_dir, model):
        try:
            shutil.rmtree(aside, ignore_errors=True)
            files = _place_all(read_sources(), aside, ctx, may_copy=may_copy)
            manifest = ModelManifest(
                model=model,
                licence=licence,
                page_url="",
                installed_at=datetime.now(UTC),
                files=files,
                own=own,
            )
            write_manifest(aside / MANIFEST_NAME, manifest)
            aside.replace(final)
        except OSError as error:
            raise OutputError(
                f"The model cannot be added in {str(models_dir)!r}: {error.strerror or error}.",
                hint="Make room or make the folder writable, and give the same command again.",
            ) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _place_all(
    sources: Mapping[str, Path], folder: Path, ctx: JobContext, *, may_copy: bool
) -> tuple[InstalledFile, ...]:
    """Every file of the model in its folder, with its hash."""
    # Imported late: every list of models asks what a person has added, and few add.
    from providers.weights.download_progress import DownloadProgress
    from providers.weights.reuse_files import place_file

    sizes = {place: source.stat().st_size for place, source in sources.items()}
    progress = DownloadProgress(sum(sizes.values()))
    files: list[InstalledFile] = []
    for place, source in sources.items():
        digest = hashlib.sha256()
        for chunk in read_chunks(source, ctx.cancel):
            digest.update(chunk)
            progress.add_existing(len(chunk))
            progress.report(ctx, Stage.VERIFY)
        sha256, final = digest.hexdigest(), folder / place
        is_linked = place_file(source, final, sha256, ctx.cancel, may_copy=may_copy)
        files.append(
            InstalledFile(
                place=place,
                size_bytes=sizes[place],
                sha256=sha256,
                modified_ns=final.stat().st_mtime_ns,
                repo_id="",
                revision="",
                path=str(source),
                linked_to=str(source) if is_linked else "",
            )
        )
    return tuple(files)
