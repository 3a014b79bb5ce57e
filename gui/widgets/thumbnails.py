"""Small pictures of picture files and clips, read beside the main thread and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QImageReader, QPainter, QPixmap

from core.errors import UnreadableClip
from core.media.frames import as_seen
from core.media.images import read_image
from core.media.media_file import open_media
from core.media.render_cache import key_of
from core.media.streams import choose_video
from gui import theme
from gui.background import Background

if TYPE_CHECKING:
    from pathlib import Path

    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream
    from PIL import Image

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

Moment = Literal["start", "end"]
_MIB = 1 << 20
_AT_A_TIME = 2
# More than a screen shows; what was scrolled past is asked for again when it comes back.
_WAITING = 48
# So long nothing new is asked for before reading begins: what flies past is not read, and the
# threads that read do not take from the main thread the processor that it scrolls with.
_REST_MS = 50
# What the cache keeps: enough for every tile, and no more than a screen of them takes a moment.
_KEPT, _QUALITY, _SUFFIX = 512, 90, ".thumb"


@dataclass(frozen=True)
class Thumbnail:
    """Which small picture: of which file, how large at most in device pixels, at which moment."""

    path: Path
    size: QSize
    at: Moment


class Thumbnails(QObject):
    """Gives small pictures at once where they are known, else reads them and tells.

    Signals:
        ready(Path): there is a picture now, or a mark of a broken one, of this file.
    """

    ready = Signal(object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        capacity_bytes: int = 64 * _MIB,
        cache: RenderCache | None = None,
    ) -> None:
        """Make it.

        Args:
            parent: whose it is.
            capacity_bytes: so much is kept in memory.
            cache: keeps them on disk as well, so that the next start has them at once.
        """
        super().__init__(parent)
        self._cache = cache
        self._background = Background(self, threads=_AT_A_TIME)
        self._capacity_bytes = capacity_bytes
        self._known: OrderedDict[Thumbnail, QPixmap] = OrderedDict()
        self._broken: dict[Thumbnail, str] = {}
        self._waiting: OrderedDict[Thumbnail, None] = OrderedDict()
        self._reading: set[Thumbnail] = set()
        self._size_bytes = 0
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._read_on)

    @property
    def size_bytes(self) -> int:
        """What all pictures that are kept take in memory."""
        return self._size_bytes

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being read or waits for it."""
        return not self._reading and not self._waiting

    def pixmap(self, path: Path, size: QSize, at: Moment = "start") -> QPixmap | None:
        """The picture as large as fits into the size, or None; then `ready` tells of it later.

        Args:
            path: a picture or a clip.
            size: in device pixels.
            at: which frame of a clip: its first or its last.
        """
        wanted = Thumbnail(path, QSize(size), at)
        found = self._known.get(wanted)
        if found is not None:
            self._known.move_to_end(wanted)
            return found
        if wanted not in self._reading:
            if wanted not in self._waiting:
                self._rest.start()
            # The newest comes first: it is what is on the screen now.
            self._waiting[wanted] = None
            self._waiting.move_to_end(wanted)
            while len(self._waiting) > _WAITING:
                self._waiting.popitem(last=False)
        return None

    def problem(self, path: Path, size: QSize, at: Moment = "start") -> str:
        """Why there is only a mark in the place of the picture; empty where there is a picture."""
        return self._broken.get(Thumbnail(path, QSize(size), at), "")

    def forget(self, path: Path) -> None:
        """Read the file anew when it is asked for next: it has changed, or is there again."""
        for known in [known for known in self._known if known.path == path]:
            self._drop(known)

    def close(self) -> None:
        """Stop reading; to be called before the program ends."""
        self._waiting.clear()
        self._background.close()

    @Slot()
    def _read_on(self) -> None:
        while self._waiting and len(self._reading) < _AT_A_TIME:
            wanted, _ = self._waiting.popitem()
            self._reading.add(wanted)
            self._read(wanted)

    def _read(self, wanted: Thumbnail) -> None:
        size, cache = (wanted.size.width(), wanted.size.height()), self._cache

        def arrived(image: QImage) -> None:
            self._keep(wanted, QPixmap.fromImage(image))

        def failed(error: StudioError) -> None:
            self._broken[wanted] = str(error)
            self._keep(wanted, _broken_mark(wanted.size))

        self._background.run(
            lambda cancel: _read(wanted.path, size, wanted.at, cancel, cache), arrived, failed
        )

    def _keep(self, wanted: Thumbnail, pixmap: QPixmap) -> None:
        self._reading.discard(wanted)
        self._known[wanted] = pixmap
        self._size_bytes += _size_of(pixmap)
        while self._size_bytes > self._capacity_bytes and len(self._known) > 1:
            self._drop(next(iter(self._known)))
        if not self._rest.isActive():
            self._read_on()
        self.ready.emit(wanted.path)

    def _drop(self, known: Thumbnail) -> None:
        self._size_bytes -= _size_of(self._known.pop(known))
        self._broken.pop(known, None)


def _size_of(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * pixmap.depth() // 8


def _broken_mark(size: QSize) -> QPixmap:
    side = max(8, min(size.width(), size.height()) * 2 // 3)
    mark = QPixmap(side, side)
    mark.fill(Qt.GlobalColor.transparent)
    painter = QPainter(mark)
    icon = theme.icon("image-broken-variant", QGuiApplication.palette())
    icon.paint(painter, mark.rect())
    painter.end()
    return mark


CLIP_SUFFIXES = frozenset(
    (".mp4", ".mov", ".mkv", ".webm", ".m4v", ".avi", ".mxf", ".ts", ".mpg", ".mpeg", ".ogv")
)
# Before the end of the clip: most clips hold a whole picture at least that often.
_NEAR_END_S = 2.0


def is_clip(path: Path) -> bool:
    """Whether a file is a clip and no picture, by its name."""
    return path.suffix.lower() in CLIP_SUFFIXES


def _read(
    path: Path, size: tuple[int, int], at: Moment, cancel: CancelToken, cache: RenderCache | None
) -> QImage:
    """A small picture, from the cache where it is known; else it is kept there.

    Raises:
        StudioError: it cannot be read.
        JobCancelled: asked to stop.
    """
    key = "" if cache is None or max(size) > _KEPT else _key(path, at)
    if cache is None or not key:
        return read_small_image(path, size, at, cancel)

    def make(place: Path) -> None:
        image = read_small_image(path, (_KEPT, _KEPT), at, cancel)
        kind = "PNG" if image.hasAlphaChannel() else "JPEG"
        if not image.save(str(place), kind, _QUALITY):  # pyright: ignore[reportCallIssue, reportArgumentType] - Qt takes the name of a format as text
            raise OSError(f"{place} cannot be written")

    reader = QImageReader(str(cache.keep(key, _SUFFIX, make)))
    reader.setDecideFormatFromContent(True)
    whole = reader.size()
    fitted = whole.scaled(QSize(*size), Qt.AspectRatioMode.KeepAspectRatio)
    if fitted.width() < whole.width():
        reader.setScaledSize(fitted)
    image = reader.read()
    # One that was damaged on the disk is read from where it came.
    return read_small_image(path, size, at, cancel) if image.isNull() else image


def _key(path: Path, at: Moment) -> str:
    """What the cache knows it by; empty for a file that cannot be asked about."""
    try:
        now = path.stat()
    except OSError:
        return ""
    return key_of(
        {"thumbnail": str(path), "at": at, "bytes": now.st_size, "changed": now.st_mtime_ns}
    )


def read_small_image(path: Path, size: tuple[int, int], at: Moment, cancel: CancelToken) -> QImage:
    """The picture, or a clip's first or last frame, as large as fits into the size.

    Raises:
        UnsupportedRequest: a picture that is missing, damaged or huge.
        UnreadableClip: a clip that is missing, damaged or empty.
        JobCancelled: asked to stop.
    """
    if is_clip(path):
        return _frame(path, size, at, cancel)
    return _image(path, size)


def _image(path: Path, size: tuple[int, int]) -> QImage:
    image = read_image(path, "picture", "picture").image
    image.thumbnail(size)
    return as_qt_image(image)


def as_qt_image(image: Image.Image) -> QImage:
    """The same for Qt; where nothing is transparent, it says so."""
    kind, letters = QImage.Format.Format_RGB888, 3
    if image.mode != "RGB":
        image, kind, letters = image.convert("RGBA"), QImage.Format.Format_RGBA8888, 4
    data = image.tobytes()
    # A copy: the bytes belong to this function.
    return QImage(data, image.width, image.height, letters * image.width, kind).copy()


def _frame(path: Path, size: tuple[int, int], at: Moment, cancel: CancelToken) -> QImage:
    # Loaded late: it brings FFmpeg's libraries.
    from av.error import FFmpegError

    try:
        with open_media(path) as container:
            # Several are read at a time; to set up more threads for a frame takes longer than it.
            video = choose_video(container)
            if video is None:
                raise UnreadableClip(f"The clip {path.name!r} holds no picture.")
            video.codec_context.thread_count = 1
            frame = _last(container, video, cancel) if at == "end" else _first(container, video)
            if frame is not None:
                aspect = video.sample_aspect_ratio or Fraction(1)
                return as_qt_image(as_seen(frame, aspect, size))
    except (FFmpegError, OSError) as error:
        raise UnreadableClip(f"The clip {path.name!r} cannot be read.") from error
    raise UnreadableClip(f"The clip {path.name!r} holds no picture.")


def _first(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    return next(container.decode(stream), None)


def _last(container: InputContainer, stream: VideoStream, cancel: CancelToken) -> VideoFrame | None:
    if stream.duration is not None and stream.time_base is not None:
        start = stream.start_time or 0
        near = start + stream.duration - int(_NEAR_END_S / stream.time_base)
        if near > start:
            container.seek(near, stream=stream)
    last = _decoded_last(container, stream, cancel)
    if last is None:
        # In some files, MPEG-TS above all, seeking lands behind the last keyframe.
        container.seek(container.start_time or 0)
        last = _decoded_last(container, stream, cancel)
    return last


def _decoded_last(
    container: InputContainer, stream: VideoStream, cancel: CancelToken
) -> VideoFrame | None:
    last = None
    for frame in container.decode(stream):
        cancel.check()
        last = frame
    return last
