"""Where other programs keep weights on this machine, and the lists of files that the hub's leave.

Places as of 2026-11, from each program's own documentation. What lies elsewhere can be named.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from providers.ltx_video.install.comfyui_paths import (
    COMFYUI_LIST,
    NamedFolders,
    folders_of_list,
)
from providers.weights.hub import NeededFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.weights.weights_spec import FileSet, WeightsSpec

_COMFYUI = ("ComfyUI", "Documents/ComfyUI", "comfy/ComfyUI")
_WAN2GP = ("Wan2GP", "Documents/Wan2GP")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_HASH = re.compile(r"[0-9a-f]{40}")
_HUB_NOTES = Path(".cache/huggingface/download")


def folders_of_programs(named: Sequence[Path] = ()) -> NamedFolders:
    """The folders that are there: of ComfyUI, LTX-Desktop and Wan2GP, and the hub's own cache.

    Args:
        named: folders that a person has named; where one is ComfyUI's, what its list names counts.
    """
    from huggingface_hub.constants import HF_HUB_CACHE

    home = Path.home()
    data = (
        os.environ.get("LOCALAPPDATA"),
        home / "Library" / "Application Support",
        os.environ.get("XDG_DATA_HOME") or home / ".local" / "share",
    )
    known = (
        *(home / place / "models" for place in _COMFYUI),
        *(Path(place) / "LTXDesktop" / "models" for place in data if place),
        *(home / place / "ckpts" for place in _WAN2GP),
        Path(HF_HUB_CACHE),
    )
    comfyui = (*(home / place for place in _COMFYUI), *named)
    lists = [folders_of_list(folder / COMFYUI_LIST) for folder in dict.fromkeys(comfyui)]
    here = (folder for folder in known if folder.is_dir())
    listed = (folder for one in lists for folder in one.folders)
    return NamedFolders(
        tuple(dict.fromkeys((*here, *listed))),
        tuple(problem for one in lists for problem in one.problems),
    )


def find_offline_list(
    spec: WeightsSpec, folders: Sequence[Path]
) -> tuple[Path, tuple[NeededFile, ...]] | None:
    """What a model consists of as the hub's own tools noted it when they fetched it, and where.

    A cache names each file by its hash, and a folder of `hf download` has a note beside each: what
    is taken by such a list is proved as by the hub's own. None where no folder has all of it.
    """
    for folder in folders:
        found: dict[str, NeededFile] = {}
        for files in spec.sets:
            listed = _of_cache(files, folder) or _of_download(files, folder)
            by_path = {file.path: file for file in listed}
            if files.missing(by_path) or not _is_known(files, by_path):
                break
            found |= {file.place: file for file in listed}
        else:
            return folder, tuple(found.values())
    return None


def _of_cache(files: FileSet, folder: Path) -> list[NeededFile]:
    """The files of a set below a hub cache; none where the cache has no such repository."""
    name = f"models--{files.repo_id.replace('/', '--')}"
    repository = folder if folder.name == name else folder / name
    commit = files.revision
    try:
        if not _COMMIT.fullmatch(commit):
            commit = (repository / "refs" / commit).read_text(encoding="ascii").strip()
        snapshot = repository / "snapshots" / commit
        links = [path for path in snapshot.rglob("*") if path.is_file()]
        listed = [
            _needed(files, path.relative_to(snapshot), commit, path.resolve().name, path)
            for path in links
        ]
    except (OSError, ValueError):
        return []
    return [file for file in listed if file is not None]


def _of_download(files: FileSet, folder: Path) -> list[NeededFile]:
    """The files of a set in a folder that was made by 'hf download --local-dir'."""
    listed: list[NeededFile | None] = []
    notes = folder / _HUB_NOTES
    try:
        for note in notes.rglob("*.metadata"):
            commit, identity = note.read_text(encoding="ascii").split("\n")[:2]
            place = note.relative_to(notes).with_suffix("")
            # What the note was written for may be of another version than the one that is needed.
            if commit == files.revision or not _COMMIT.fullmatch(files.revision):
                listed.append(_needed(files, place, commit, identity.strip(), folder / place))
    except (OSError, ValueError):
        return []
    return [file for file in listed if file is not None]


def _needed(
    files: FileSet, place: Path, commit: str, identity: str, file: Path
) -> NeededFile | None:
    """The file as the hub would list it; None where it belongs to no set or nothing proves it."""
    path = place.as_posix()
    sha256 = identity if _SHA256.fullmatch(identity) else None
    git_hash = identity if _GIT_HASH.fullmatch(identity) else None
    if not files.has(path) or not (sha256 or git_hash):
        return None
    size_bytes = file.stat().st_size
    return NeededFile(files.place(path), files.repo_id, commit, path, size_bytes, sha256, git_hash)


def _is_known(files: FileSet, by_path: dict[str, NeededFile]) -> bool:
    """Whether the files whose size or hash is known without the hub are those."""
    return all(
        known.path in by_path
        and known.size_bytes in (None, by_path[known.path].size_bytes)
        and known.sha256 in (None, by_path[known.path].sha256)
        for known in files.known_files
    )
