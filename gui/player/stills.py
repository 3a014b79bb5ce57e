"""Single frames of a clip, read beside the main thread: exact, and never more than one behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.media.frames import FrameReader
from gui.background import Background

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.media.frames import ClipFrames


@dataclass(frozen=True)
class Still:
    """One frame by its number."""

    number: int
    image: QImage


@dataclass(frozen=True)
class _Asked:
    """Belongs to the clip that was open when it was asked."""

    clip: int
    number: int


class Stills(QObject):
    """Opens one clip at a time and gives its frames.

    Signals:
        opened(ClipFrames)
        imaged(Still): of several frames that were wanted meanwhile, the newest.
        saved(Path): a frame that was to be written.
        failed(StudioError)
    """

    opened = Signal(object)
    imaged = Signal(object)
    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # One thread: a reader is for one thread at a time.
        self._background = Background(self, threads=1)
        self._reader: FrameReader | None = None
        self._clip = 0
        self._is_open = False
        self._running: _Asked | None = None
        self._wanted: int | None = None

    def open(self, path: Path) -> None:
        """Open a clip; what was wanted of the one before is forgotten."""
        clip = self._begin()

        def work(cancel: CancelToken) -> ClipFrames:
            self._close_reader()
            self._reader = FrameReader(path, cancel)
            return self._reader.frames

        def done(frames: ClipFrames) -> None:
            if clip == self._clip:
                self._is_open = True
                self.opened.emit(frames)

        def failed(error: StudioError) -> None:
            if clip == self._clip:
                self.failed.emit(error)

        self._background.run(work, done, failed, key="open")

    def close(self) -> None:
        """Let go of the clip."""
        self._begin()
        self._background.run(self._shut, lambda _: None, self.failed.emit, key="open")

    def want(self, number: int) -> None:
        """Ask for a frame; while one is read, only the newest that is asked for comes next."""
        if self._is_open:
            self._wanted = number
            if self._running is None:
                self._read_next()

    def save(self, number: int, path: Path) -> None:
        """Write a frame of the clip that is open as a PNG."""
        if not self._is_open:
            return

        def work(cancel: CancelToken) -> Path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open_reader().read(number, cancel).save(path)
            return path

        self._background.run(work, self.saved.emit, self.failed.emit)

    def release(self) -> None:
        """Stop reading, for good."""
        self._background.close()
        self._close_reader()

    def _begin(self) -> int:
        self._clip += 1
        self._is_open = False
        self._wanted = None
        return self._clip

    def _read_next(self) -> None:
        if self._wanted is None:
            return
        asked = _Asked(self._clip, self._wanted)
        self._running, self._wanted = asked, None

        def work(cancel: CancelToken) -> Still:
            frame_image = self._open_reader().read(asked.number, cancel)
            image = QImage(
                frame_image.tobytes(),
                frame_image.width,
                frame_image.height,
                3 * frame_image.width,
                QImage.Format.Format_RGB888,
            )
            # A copy, for the bytes go when this function ends.
            return Still(asked.number, image.copy())

        self._background.run(work, self._deliver, self._fail_to_read)

    def _deliver(self, still: Still) -> None:
        asked, self._running = self._running, None
        if asked is not None and asked.clip == self._clip:
            self.imaged.emit(still)
        self._read_next()

    def _fail_to_read(self, error: StudioError) -> None:
        asked, self._running = self._running, None
        if asked is not None and asked.clip == self._clip:
            self.failed.emit(error)
        self._read_next()

    def _open_reader(self) -> FrameReader:
        assert self._reader is not None, "frames are asked for between opening and closing"
        return self._reader

    def _shut(self, _: CancelToken) -> None:
        self._close_reader()

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
