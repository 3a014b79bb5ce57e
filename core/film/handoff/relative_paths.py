"""Where a media file lies, seen from the folder of a file that names it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


def relative_path(media: Path, folder: Path) -> Path | None:
    """The way from a folder to a file; None when they lie on different drives."""
    # Links are followed in the folders only: ".." leads astray behind one, and the file's own
    # name is the one that people know.
    whole = media.parent.resolve() / media.name
    try:
        return Path(os.path.relpath(whole, folder.resolve()))
    except ValueError:
        return None


def relative_url(media: Path, folder: Path) -> str:
    """The same as a percent-encoded URL; an absolute one when there is no way."""
    way = relative_path(media, folder)
    if way is None:
        return (media.parent.resolve() / media.name).as_uri()
    return quote(os.fsencode(way.as_posix()))
