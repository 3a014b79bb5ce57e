"""Single pictures out of a clip, exactly those that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UnreadableClip

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs import CancelToken

LAST = -1
"""The number of a clip's last frame."""


def write_frame(clip: Path, number: int, picture: Path, cancel: CancelToken) -> None:
    """Write one frame of a clip, counted from 0 or `LAST`, as a PNG.

    Decoded from the start: no index of a file is trusted, and frames are few.

    Raises:
        UnreadableClip: the clip cannot be read or has no such frame.
        OSError: the picture cannot be written.
        JobCancelled: asked to stop.
    """
    # Loaded late: most commands never look into a clip.
    import av
    import av.error

    found = None
    try:
        with av.open(str(clip)) as container:
            for index, frame in enumerate(container.decode(video=0)):
                cancel.check()
                if number in (LAST, index):
                    found = frame
                if index == number:
                    break
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise UnreadableClip(
            f"The clip {clip.name!r} cannot be read.", hint="Render the scene again."
        ) from error
    if found is None:
        raise UnreadableClip(f"The clip {clip.name!r} has no frame {number}.")
    aside = picture.with_name(f".{picture.name}.part")
    found.to_image().save(aside, format="PNG")
    aside.replace(picture)
