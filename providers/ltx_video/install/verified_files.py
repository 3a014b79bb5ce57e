"""Keeps on disk which files of a model are proved, so that a kill costs no second proof."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from providers.ltx_video.install.installed import (
    MANIFEST_NAME,
    PART_SUFFIX,
    UNFINISHED_NAME,
    InstalledFile,
    believed_files,
    write_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from providers.ltx_video.install.hub import NeededFile
    from providers.ltx_video.install.installed import ModelManifest


class VerifiedFiles:
    """The files proved so far, by place; on disk after each, and under its true name at the end."""

    def __init__(
        self, folder: Path, manifest: ModelManifest, records: dict[str, InstalledFile]
    ) -> None:
        self.records = dict(records)
        self._folder = folder
        self._manifest = manifest
        self._write(tuple(self.records.values()))
        # From here on the folder is under change and no installed model.
        (folder / MANIFEST_NAME).unlink(missing_ok=True)

    def record(self, file: NeededFile, sha256: str) -> None:
        """Record a file that is in place and right."""
        self.records[file.place] = InstalledFile(
            place=file.place,
            size_bytes=file.size_bytes,
            sha256=sha256,
            modified_ns=(self._folder / file.place).stat().st_mtime_ns,
            repo_id=file.repo_id,
            revision=file.commit,
            path=file.path,
        )
        self._write(tuple(self.records.values()))

    def finish(self, files: Sequence[NeededFile]) -> None:
        """Declare the model installed."""
        self._write(tuple(self.records[file.place] for file in files))
        (self._folder / UNFINISHED_NAME).replace(self._folder / MANIFEST_NAME)
        for stale in self._folder.rglob(f"*{PART_SUFFIX}"):
            stale.unlink()

    def _write(self, files: tuple[InstalledFile, ...]) -> None:
        manifest = self._manifest.model_copy(
            update={"files": files, "installed_at": datetime.now(UTC)}
        )
        write_manifest(self._folder / UNFINISHED_NAME, manifest)


def fitting_records(folder: Path, files: Sequence[NeededFile]) -> dict[str, InstalledFile]:
    """What an earlier run has proved, as far as it is what is needed now."""
    believed = believed_files(folder)
    fitting: dict[str, InstalledFile] = {}
    for file in files:
        record = believed.get(file.place)
        if record is None:
            continue
        origin = (record.repo_id, record.revision, record.path)
        is_same = origin == (file.repo_id, file.commit, file.path)
        if record.sha256 == file.sha256 or (file.sha256 is None and is_same):
            fitting[file.place] = record
    return fitting
