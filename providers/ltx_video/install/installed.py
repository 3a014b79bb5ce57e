"""What lies in a model's folder: the manifest written last, and whether the files still fit it."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from core.errors import OutputError
from core.frozen import Frozen
from core.platform.files import write_text_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from core.jobs.job import CancelToken

MANIFEST_NAME = "imageai-model.json"
UNFINISHED_NAME = f"{MANIFEST_NAME}.part"
PART_SUFFIX = ".part"

_CHUNK_BYTES = 4 * 2**20
# No file was ever changed at this time, so a record that carries it is never believed.
_NEVER_NS = -1


class InstalledFile(Frozen):
    """One file whose content was checked against its hash, and where it came from.

    Attributes:
        place: relative to the model's folder, with slashes.
        modified_ns: the file's time of change when it was checked.
        revision: the commit of the repository.
    """

    place: str
    size_bytes: int
    sha256: str
    modified_ns: int
    repo_id: str
    revision: str
    path: str


class ModelManifest(Frozen):
    """Everything about an installed model."""

    schema_number: Literal[1] = 1
    model: str
    licence: str
    page_url: str
    installed_at: datetime
    files: tuple[InstalledFile, ...]

    @property
    def size_bytes(self) -> int:
        """The sum of all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True)
class Complete:
    """Every file is there, with the size and time it had when it was verified."""

    folder: Path
    manifest: ModelManifest


@dataclass(frozen=True)
class Absent:
    """Nothing of the model is on disk."""

    folder: Path

    @property
    def reason(self) -> str:
        """One sentence."""
        return "It is not installed."


@dataclass(frozen=True)
class Partial:
    """An installation was begun, or files were put there that were never verified."""

    folder: Path
    present_bytes: int

    @property
    def reason(self) -> str:
        """One sentence."""
        return (
            f"Its installation is not finished: {self.present_bytes / 1e9:.2f} GB of it are in "
            f"{str(self.folder)!r}."
        )


@dataclass(frozen=True)
class Damaged:
    """The model was complete once; since then files are gone or have changed."""

    folder: Path
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    detail: str = ""

    @property
    def reason(self) -> str:
        """One sentence, naming the files."""
        parts = [
            f"{what}: {_listing(names)}"
            for what, names in (("missing", self.missing), ("changed", self.changed))
            if names
        ]
        if self.detail:
            parts.append(self.detail)
        return f"Its files in {str(self.folder)!r} are damaged ({'; '.join(parts)})."


InstallState = Complete | Absent | Partial | Damaged


def model_folder(models_dir: Path, model: str) -> Path:
    """Where a model lies when it is installed."""
    return models_dir / model


def check_installed(models_dir: Path, model: str) -> InstallState:
    """Whether a model is whole, by sizes and times alone: fast, offline, never raises."""
    folder = model_folder(models_dir, model)
    try:
        manifest = read_manifest(folder / MANIFEST_NAME)
        if manifest is None:
            found_bytes = present_bytes(folder)
            return Partial(folder, found_bytes) if found_bytes else Absent(folder)
        changed = [file.place for file in manifest.files if not _is_believed(folder, file)]
        missing = [place for place in changed if not (folder / place).exists()]
    except ValueError as error:
        return Damaged(folder, detail=str(error))
    except OSError as error:
        return Damaged(folder, detail=f"{str(folder)!r} cannot be read: {error.strerror}")
    if changed:
        still_there = tuple(place for place in changed if place not in missing)
        return Damaged(folder, tuple(missing), still_there)
    return Complete(folder, manifest)


def verify_installed(
    models_dir: Path,
    model: str,
    cancel: CancelToken,
    on_bytes: Callable[[int], None],
) -> InstallState:
    """Whether a model is whole, by reading every byte; the manifest learns what was found.

    Args:
        models_dir: the parent of all models.
        model: the model's id.
        cancel: ends the reading.
        on_bytes: told how many more bytes have been read.

    Raises:
        JobCancelled: asked to stop.
    """
    folder = model_folder(models_dir, model)
    quick = check_installed(models_dir, model)
    manifest = _manifest_or_none(folder)
    if isinstance(quick, Absent | Partial) or manifest is None:
        return quick
    files: list[InstalledFile] = []
    for file in manifest.files:
        path = folder / file.place
        modified_ns = _NEVER_NS
        with suppress(OSError):
            before_ns = path.stat().st_mtime_ns
            if _sha256(path, cancel, on_bytes) == file.sha256:
                modified_ns = before_ns
        files.append(file.model_copy(update={"modified_ns": modified_ns}))
    if tuple(files) != manifest.files:
        # A silent defect keeps size and time, so the next quick check must see it from here.
        write_manifest(folder / MANIFEST_NAME, manifest.model_copy(update={"files": tuple(files)}))
    return check_installed(models_dir, model)


def remove_installed(models_dir: Path, model: str) -> int:
    """Delete a model's folder, also a half-installed one, and give the bytes set free.

    Raises:
        OutputError: a file cannot be deleted.
    """
    folder = model_folder(models_dir, model)
    if not folder.exists():
        return 0
    try:
        freed = present_bytes(folder)
        # First of all, so that a removal that is cut short never looks like a model.
        (folder / MANIFEST_NAME).unlink(missing_ok=True)
        shutil.rmtree(folder)
    except OSError as error:
        raise OutputError(
            f"{error.filename!r} cannot be deleted: {error.strerror}.",
            hint="Close the program that uses it and try again.",
        ) from error
    return freed


def read_manifest(path: Path) -> ModelManifest | None:
    """The manifest, or None where there is none.

    Raises:
        ValueError: it is there and cannot be understood.
        OSError: it is there and cannot be read.
    """
    try:
        return ModelManifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ValueError(f"{path.name} cannot be understood") from error


def write_manifest(path: Path, manifest: ModelManifest) -> None:
    """Write the manifest, never half of it."""
    write_text_atomically(path, manifest.model_dump_json(indent=1) + "\n")


def believed_files(folder: Path) -> dict[str, InstalledFile]:
    """By place, the files that an earlier run verified and that have not changed since."""
    records: dict[str, InstalledFile] = {}
    for name in (MANIFEST_NAME, UNFINISHED_NAME):
        with suppress(ValueError, OSError):
            manifest = read_manifest(folder / name)
            for file in manifest.files if manifest else ():
                if _is_believed(folder, file):
                    records[file.place] = file
    return records


def read_chunks(path: Path, cancel: CancelToken) -> Generator[bytes]:
    """A file's content, piece by piece.

    Raises:
        JobCancelled: asked to stop.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            cancel.check()
            yield chunk


def _sha256(path: Path, cancel: CancelToken, on_bytes: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    for chunk in read_chunks(path, cancel):
        digest.update(chunk)
        on_bytes(len(chunk))
    return digest.hexdigest()


def _is_believed(folder: Path, file: InstalledFile) -> bool:
    try:
        found = (folder / file.place).stat()
    except FileNotFoundError:
        return False
    return found.st_size == file.size_bytes and found.st_mtime_ns == file.modified_ns


def present_bytes(folder: Path) -> int:
    """The size of everything below a folder.

    Raises:
        OSError: it cannot be read.
    """
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _manifest_or_none(folder: Path) -> ModelManifest | None:
    with suppress(ValueError, OSError):
        return read_manifest(folder / MANIFEST_NAME)
    return None


def _listing(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
