"""What lies in a model's folder: the manifest written last, and whether the files still fit it."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from core.errors import OutputError
from core.frozen import Frozen
from core.jobs.lanes import Stage
from core.platform.files import hold_file, write_text_atomically
from core.video.model_store import Installation, OnDisk

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken, JobContext
    from providers.weights.download_progress import DownloadProgress
    from providers.weights.hub import NeededFile
    from providers.weights.weights_spec import WeightsSpec

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
        linked_to: the file of another program or model that it is one with; empty where it is our
            own alone.
    """

    place: str
    size_bytes: int
    sha256: str
    modified_ns: int
    repo_id: str
    revision: str
    path: str
    linked_to: str = ""


class OwnModel(Frozen):
    """What a person said of a checkpoint of their own.

    Attributes:
        label: its name as it was given.
        like: the model of the catalogue whose family it is of, and whose settings it is run with;
            empty where there is none.
        added_from: where its files lie.
        transformer_file: its single file, in the model's folder; None where that has the layout of
            diffusers.
        is_mapped: whether it is stored in the 16 bit in which it is computed.
        quantization: what most of it is stored in, such as "Q4_K"; empty where it is no GGUF file.
        pipeline_class: what its index says that it is run by; empty where only `like` says it.
    """

    label: str
    like: str
    added_from: str
    transformer_file: str | None = None
    is_mapped: bool = True
    quantization: str = ""
    pipeline_class: str = ""


class ModelManifest(Frozen):
    """Everything about an installed model; `own` is None for one of the catalogue."""

    schema_number: Literal[1] = 1
    model: str
    licence: str
    page_url: str
    installed_at: datetime
    files: tuple[InstalledFile, ...]
    own: OwnModel | None = None

    @property
    def size_bytes(self) -> int:
        """The sum of all files."""
        return sum(file.size_bytes for file in self.files)


def model_folder(models_dir: Path, model: str) -> Path:
    """Where a model lies when it is installed."""
    return models_dir / model


def check_installed(models_dir: Path, model: str) -> Installation:
    """Whether a model is whole, by sizes and times alone: fast, offline, never raises."""
    folder = model_folder(models_dir, model)
    try:
        manifest = read_manifest(folder / MANIFEST_NAME)
        if manifest is None:
            return _without_manifest(folder)
        changed = [file for file in manifest.files if not _is_believed(folder, file)]
        missing = [file for file in changed if not (folder / file.place).exists()]
        shared_bytes = _shared_bytes(folder)
    except ValueError as error:
        return _damaged(folder, str(error))
    except OSError as error:
        return _damaged(folder, f"{str(folder)!r} cannot be read: {error.strerror}")
    if not changed:
        return Installation(OnDisk.WHOLE, folder, manifest.size_bytes, shared_bytes=shared_bytes)
    still_there = [file for file in changed if file not in missing]
    return _damaged(
        folder,
        "; ".join(
            f"{what}: {_listing([file.place for file in files])}"
            for what, files in (("missing", missing), ("changed", still_there))
            if files
        ),
        _about_links(changed),
    )


def check_parts(models_dir: Path, model: str, weights: WeightsSpec | None) -> Installation:
    """As `check_installed`, with the parts that a whole model was installed without."""
    found = check_installed(models_dir, model)
    if found.on_disk is not OnDisk.WHOLE or weights is None:
        return found
    return replace(found, missing_parts=missing_parts(found.folder, weights))


def verify_model(models_dir: Path, model: str, ctx: JobContext) -> Installation:
    """Whether a model is whole, by reading every byte; the manifest learns what was found.

    Raises:
        JobCancelled: asked to stop.
        OutputError: another process is changing the model.
    """
    state = check_installed(models_dir, model)
    if state.on_disk is OnDisk.NOTHING:
        return state
    folder = state.folder
    with hold_model(models_dir, model):
        manifest = manifest_of(folder)
        if manifest is None:
            return check_installed(models_dir, model)
        # Imported late: every list of models looks at what is on disk, and few read all of it.
        from providers.weights.download_progress import DownloadProgress

        progress = DownloadProgress(manifest.size_bytes)
        files = tuple(_reread(folder, file, ctx, progress) for file in manifest.files)
        if files != manifest.files:
            # A silent defect keeps size and time, so the next quick check must see it from here.
            proved = manifest.model_copy(update={"files": files})
            write_manifest(folder / MANIFEST_NAME, proved)
        return check_installed(models_dir, model)


def _reread(
    folder: Path, file: InstalledFile, ctx: JobContext, progress: DownloadProgress
) -> InstalledFile:
    """The record of a file after reading it: one that is never believed where it is another."""
    path, modified_ns = folder / file.place, _NEVER_NS
    with suppress(OSError):
        before_ns = path.stat().st_mtime_ns
        digest = hashlib.sha256()
        for chunk in read_chunks(path, ctx.cancel):
            digest.update(chunk)
            progress.add_existing(len(chunk))
            progress.report(ctx, Stage.VERIFY)
        if digest.hexdigest() == file.sha256:
            modified_ns = before_ns
    return file.model_copy(update={"modified_ns": modified_ns})


def remove_model(models_dir: Path, model: str) -> int:
    """Delete an installed or half-installed model and give the bytes set free.

    What other models or programs hold too stays with them, and sets nothing free.

    Raises:
        OutputError: another process is changing the model, or a file cannot be deleted.
    """
    folder = model_folder(models_dir, model)
    if not folder.exists():
        return 0
    with hold_model(models_dir, model):
        try:
            freed = present_bytes(folder) - _shared_bytes(folder)
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


def _shared_bytes(folder: Path) -> int:
    """What of a folder stays on the disk when the folder is deleted.

    Raises:
        OSError: it cannot be read.
    """
    shared = 0
    for file in folder.rglob("*"):
        if file.is_file():
            found = file.stat()
            shared += found.st_size if found.st_nlink > 1 or file.is_symlink() else 0
    return shared


def manifest_of(folder: Path) -> ModelManifest | None:
    """What is known of an installed model's files; None where nothing is or it is damaged."""
    with suppress(ValueError, OSError):
        return read_manifest(folder / MANIFEST_NAME)
    return None


def missing_parts(folder: Path, weights: WeightsSpec) -> tuple[str, ...]:
    """The parts of which an installed model has nothing, because they came to it later."""
    manifest = manifest_of(folder)
    return weights.missing_parts(manifest.files if manifest else ())


def _without_manifest(folder: Path) -> Installation:
    found_bytes = present_bytes(folder)
    if not found_bytes:
        return Installation(OnDisk.NOTHING, folder, 0, "It is not installed.")
    reason = (
        f"Its installation is not finished: {found_bytes / 1e9:.2f} GB of it are in "
        f"{str(folder)!r}."
    )
    shared_bytes = _shared_bytes(folder)
    return Installation(OnDisk.PARTLY, folder, found_bytes, reason, shared_bytes)


def _damaged(folder: Path, what: str, links: str = "") -> Installation:
    size_bytes = shared_bytes = 0
    with suppress(OSError):
        size_bytes, shared_bytes = present_bytes(folder), _shared_bytes(folder)
    reason = f"Its files in {str(folder)!r} are damaged ({what}).{links}"
    return Installation(OnDisk.DAMAGED, folder, size_bytes, reason, shared_bytes)


def _about_links(changed: Sequence[InstalledFile]) -> str:
    """That it was another program which changed or deleted a file."""
    links = [file.linked_to for file in changed if file.linked_to]
    if not links:
        return ""
    return f" Another program changed or deleted {_listing(links)}, to which this is a link."


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


class VerifiedFiles:
    """The files proved so far, by place; on disk after each, and under its true name at the end.

    A model to which parts are only added stays installed meanwhile, as it was.
    """

    def __init__(
        self, folder: Path, manifest: ModelManifest, records: dict[str, InstalledFile]
    ) -> None:
        self.records = dict(records)
        self._folder = folder
        self._manifest = manifest
        self._write(tuple(self.records.values()))
        installed = manifest_of(folder)
        if installed is None or any(file.place not in records for file in installed.files):
            # From here on the folder is under change and no installed model.
            (folder / MANIFEST_NAME).unlink(missing_ok=True)

    def record(self, file: NeededFile, sha256: str, linked_to: str = "") -> None:
        """Record a file that is in place and right."""
        self.records[file.place] = InstalledFile(
            place=file.place,
            size_bytes=file.size_bytes,
            sha256=sha256,
            modified_ns=(self._folder / file.place).stat().st_mtime_ns,
            repo_id=file.repo_id,
            revision=file.commit,
            path=file.path,
            linked_to=linked_to,
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


# The holder's number stands behind the locked byte: Windows lets nobody read that one.
_NUMBER_AT = 1


@contextmanager
def hold_model(models_dir: Path, model: str) -> Generator[None]:
    """Keep everyone else from installing, verifying or removing a model.

    Raises:
        OutputError: someone else is at it, or the folder cannot be written.
    """
    path = models_dir / f".{model}.lock"
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        lock = hold_file(path)
        with path.open("rb" if lock is None else "r+b", buffering=0) as file:
            file.seek(_NUMBER_AT)
            if lock is None:
                number = file.read(20).decode("ascii", "replace").strip()
            else:
                file.truncate()
                number = str(os.getpid())
                file.write(number.encode("ascii"))
    except OSError as error:
        raise OutputError(
            f"Models cannot be kept in {str(models_dir)!r}: {error.strerror}.",
            hint="Make the folder writable, or choose another one: "
            "'main.py config set folders.models FOLDER'.",
        ) from error
    if lock is None:
        raise OutputError(
            f"The model {model!r} is being installed or removed by another process"
            f"{f' (number {number})' if number else ''}.",
            hint="Wait until it has ended, or stop it; an installation that is stopped goes "
            "on where it was.",
        )
    try:
        yield
    finally:
        lock.release()
