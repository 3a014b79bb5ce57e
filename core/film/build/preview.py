"""Any moment of a film, exactly as the export will show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import AssemblyError
from core.film.picture.assembler import stretch
from core.film.picture.graph import arguments
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from core.film.model.timeline import Timeline
    from core.film.picture.assembler import Overlays
    from core.jobs.job import CancelToken


@dataclass(frozen=True)
class FilmPreview:
    """Renders moments of a film with the very graph that exports it.

    Attributes:
        timeline: the film, laid out.
        dressing: what lies on its pictures, as `core.film.picture.overlays.dress` gives it.
    """

    timeline: Timeline
    overlays: Overlays

    def frame_number(self, seconds: Fraction) -> int:
        """The number of the frame that is seen at that moment; the last one from the end on."""
        number = int(seconds * self.timeline.rate)
        return min(max(number, 0), self.timeline.num_frames - 1)

    def write_frame(self, number: int, path: Path, cancel: CancelToken) -> None:
        """Write one frame of the film as a PNG.

        Raises:
            ValueError: the film has no such frame.
            AssemblyError: it cannot be made.
            JobCancelled: asked to stop.
        """
        self.write_frames(number, number + 1, path, cancel)
        if not path.is_file():
            raise AssemblyError(
                f"Frame {number} of the film cannot be made.",
                hint="The clip that it comes from may be damaged.",
            )

    def write_frames(self, first: int, end: int, pattern: Path, cancel: CancelToken) -> None:
        """Write the frames from `first` up to `end`; a pattern such as `%06d.png` numbers them.

        Raises:
            ValueError: the film has no such frames.
            FFmpegFailed: they cannot be made.
            JobCancelled: asked to stop.
        """
        image = stretch(self.timeline, first, end, self.overlays)
        options = {"pix_fmt": "rgb24", "fps_mode": "passthrough", "update": int(end - first == 1)}
        run_ffmpeg(arguments(image, str(pattern), options), cancel)
