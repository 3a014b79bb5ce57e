"""What a model's folder says of itself: a key that changes with its files, and their hashes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from core.video.model_store import OnDisk
from providers.weights.installed import check_installed, manifest_of, model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.rendered import ModelFile

_DESCRIBED = (".safetensors", ".json", ".model")


def described_files(folder: Path) -> list[Path]:
    """The files that decide about what a model makes."""
    return sorted(file for file in folder.rglob("*") if file.suffix in _DESCRIBED)


def model_key(folder: Path) -> str:
    """A short text that changes when any file of the model does."""
    digest = hashlib.sha256()
    for file in described_files(folder):
        found = file.stat()
        digest.update(f"{file.name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def proved_files(models_dir: Path, model: str) -> tuple[ModelFile, ...]:
    """Each file of an installed model with its hash; empty where it is not whole."""
    # Imported late: each list of models asks what is on disk, and no list what made a clip.
    from core.video.rendered import ModelFile

    manifest = manifest_of(model_folder(models_dir, model))
    if manifest is None or check_installed(models_dir, model).on_disk is not OnDisk.WHOLE:
        return ()
    return tuple(
        ModelFile(name=file.place, size_bytes=file.size_bytes, sha256=file.sha256)
        for file in manifest.files
    )
