"""Takes over files that lie on disk already: found by size, proved by hash, linked or copied."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from core.errors import OutputError
from core.platform.machine import free_disk_bytes
from providers.ltx_video.install.hub import ContentCheck
from providers.ltx_video.install.installed import read_chunks
from providers.ltx_video.install.transfer import part_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from providers.ltx_video.install.hub import NeededFile


class LocalCopies:
    """The files below some folders, by size; whatever layout they are in."""

    def __init__(self, folders: Iterable[Path], cancel: CancelToken) -> None:
        self._by_size: dict[int, list[Path]] = {}
        seen: set[Path] = set()
        for top in folders:
            for folder, _, names in os.walk(top):
                cancel.check()
                for path in (top.joinpath(folder, name) for name in names):
                    # A hub cache shows each file twice, as a link and as what it points to.
                    with suppress(OSError):
                        real = path.resolve()
                        if real.is_file() and real not in seen:
                            seen.add(real)
                            self._by_size.setdefault(real.stat().st_size, []).append(path)

    def candidates(self, file: NeededFile) -> Sequence[Path]:
        """The files of the right size, those with the right name first."""
        found = self._by_size.get(file.size_bytes, [])
        return sorted(found, key=lambda path: not path.as_posix().endswith(f"/{file.path}"))


def hub_cache_folders(repo_ids: Iterable[str]) -> list[Path]:
    """Where the hub's own tools keep these repositories on this machine."""
    from pathlib import Path

    from huggingface_hub.constants import HF_HUB_CACHE

    names = [f"models--{repo_id.replace('/', '--')}" for repo_id in repo_ids]
    return [folder for folder in (Path(HF_HUB_CACHE) / name for name in names) if folder.is_dir()]


def check_content(
    path: Path, file: NeededFile, cancel: CancelToken, on_bytes: Callable[[int], None]
) -> str | None:
    """The SHA-256 of a file that is the needed one, None when it is another.

    Raises:
        JobCancelled: asked to stop.
        OSError: it cannot be read.
    """
    check = ContentCheck(file)
    for chunk in read_chunks(path, cancel):
        check.update(chunk)
        on_bytes(len(chunk))
    if check.is_right():
        return check.sha256
    on_bytes(-check.size_bytes)
    return None


def reuse(
    file: NeededFile,
    copies: LocalCopies,
    folder: Path,
    cancel: CancelToken,
    on_bytes: Callable[[int], None],
) -> str | None:
    """Put a local copy of a file in place and give its SHA-256; None when there is none.

    Raises:
        JobCancelled: asked to stop.
        OutputError: it has to be copied, and there is no room.
        OSError: the model's folder cannot be written.
    """
    for path in copies.candidates(file):
        sha256 = None
        # A file that cannot be read is no candidate; the hub has another.
        with suppress(OSError):
            sha256 = check_content(path, file, cancel, on_bytes)
        if sha256 is not None:
            _place(path.resolve(), file, folder, cancel)
            return sha256
    return None


def _place(source: Path, file: NeededFile, folder: Path, cancel: CancelToken) -> None:
    final, aside = folder / file.place, part_path(folder, file)
    final.parent.mkdir(parents=True, exist_ok=True)
    aside.unlink(missing_ok=True)
    try:
        # A link costs no space and outlives the removal of the other name.
        os.link(source, aside)
    except OSError:
        _copy(source, aside, file, cancel)
    aside.replace(final)


def _copy(source: Path, aside: Path, file: NeededFile, cancel: CancelToken) -> None:
    free_bytes = free_disk_bytes(aside.parent)
    if free_bytes < file.size_bytes:
        raise OutputError(
            f"{str(source)!r} is on another disk and has to be copied: it needs "
            f"{file.size_bytes / 1e9:.1f} GB, and {free_bytes / 1e9:.1f} GB are free.",
            hint="Make room, or keep the models on that disk: "
            "'main.py config set folders.models FOLDER'.",
        )
    check = ContentCheck(file)
    with aside.open("wb") as copy:
        for chunk in read_chunks(source, cancel):
            copy.write(chunk)
            check.update(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    if not check.is_right():
        aside.unlink()
        raise OutputError(
            f"{str(source)!r} changed while it was copied.", hint="Give the same command again."
        )
