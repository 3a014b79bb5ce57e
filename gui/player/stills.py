"""Single frames of a clip, read beside the main thread: exact, and never more than one behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.media.frames import FrameReader
from gui.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtCore import SignalInstance

    from core.jobs.job import CancelToken
    from core.media.frames import ClipFrames

T = TypeVar("T")


@dataclass(frozen=True)
class Still:
    """One frame by its number."""

    number: int
    image: QImage


class Stills(QObject):
    """Opens one clip at a time and gives its frames.

    Signals:
        opened(ClipFrames)
        imaged(Still): of several frames that were wanted meanwhile, the newest.
        failed(StudioError)
    """

    opened = Signal(object)
    imaged = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # One thread: a reader is for one thread at a time.
        self._background = Background(self, threads=1)
        self._reader: FrameReader | None = None
        self._clip = 0
        self._is_open = False
        self._is_reading = False
        self._wanted: int | None = None

    def open(self, path: Path) -> None:
        """Open a clip; what was wanted of the one before is forgotten."""
        self._begin()

        def work(cancel: CancelToken) -> ClipFrames:
            self._close_reader()
            self._reader = FrameReader(path, cancel)
            return self._reader.frames

        def done(frames: ClipFrames) -> None:
            self._is_open = True
            self.opened.emit(frames)

        tells = self._while_shown(done), self._while_shown(self.failed.emit)
        self._background.run(work, *tells, key="open")

    def close(self) -> None:
        """Let go of the clip."""
        self._begin()
        self._background.run(
            lambda _: self._close_reader(), lambda _: None, self.failed.emit, key="open"
        )

    def want(self, number: int) -> None:
        """Ask for a frame; while one is read, only the newest that is asked for comes next."""
        if self._is_open:
            self._wanted = number
            self._read_next()

    def save(self, number: int, path: Path, saved: Callable[[Path], None]) -> None:
        """Write a frame of the clip as a PNG; `saved` comes while it is still that clip."""
        if not self._is_open:
            return

        def work(cancel: CancelToken) -> Path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open_reader().read(number, cancel).save(path)
            return path

        self._background.run(work, self._while_shown(saved), self.failed.emit)

    def release(self) -> None:
        """Stop reading, for good."""
        self._background.close()
        self._close_reader()

    def _begin(self) -> None:
        self._clip += 1
        self._is_open = False
        self._wanted = None

    def _while_shown(self, tell: Callable[[T], None]) -> Callable[[T], None]:
        """Tells only as long as no other clip was opened."""
        clip = self._clip

        def tell_of_clip(value: T) -> None:
            if clip == self._clip:
                tell(value)

        return tell_of_clip

    def _read_next(self) -> None:
        if self._wanted is None or self._is_reading:
            return
        number, self._wanted = self._wanted, None
        self._is_reading = True

        def work(cancel: CancelToken) -> Still:
            frame_image = self._open_reader().read(number, cancel)
            image = QImage(
                frame_image.tobytes(),
                frame_image.width,
                frame_image.height,
                3 * frame_image.width,
                QImage.Format.Format_RGB888,
            )
            # A copy, for the bytes go when this function ends.
            return Still(number, image.copy())

        self._background.run(work, self._and_go_on(self.imaged), self._and_go_on(self.failed))

    def _and_go_on(self, signal: SignalInstance) -> Callable[[object], None]:
        tell: Callable[[object], None] = self._while_shown(signal.emit)

        def arrived(value: object) -> None:
            self._is_reading = False
            tell(value)
            self._read_next()

        return arrived

    def _open_reader(self) -> FrameReader:
        assert self._reader is not None, "frames are asked for between opening and closing"
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
