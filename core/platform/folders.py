"""Whether a folder that a person names can hold files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.platform.files import exists, is_folder
from core.platform.machine import nearest_existing

if TYPE_CHECKING:
    from pathlib import Path


def folder_problem(folder: Path) -> str:
    """What is wrong with a folder, which need not exist yet; empty where nothing is."""
    folder = folder.expanduser()
    if not folder.is_absolute():
        return "Give the whole path, from the root of the disk."
    if is_folder(folder):
        return "" if os.access(folder, os.W_OK) else f"{str(folder)!r} cannot be written."
    if exists(folder):
        return f"{str(folder)!r} is a file, not a folder."
    parent = nearest_existing(folder)
    if not is_folder(parent):
        return f"{str(parent)!r} is a file, so no folder can be made below it."
    if not os.access(parent, os.W_OK):
        return f"There is no {str(folder)!r}, and it cannot be made: {str(parent)!r} is protected."
    return ""
