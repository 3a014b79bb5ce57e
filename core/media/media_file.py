"""Opens video, sound and pictures with FFmpeg: the given file alone, and only of known formats."""

from __future__ import annotations

import errno
import os
import re
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import TYPE_CHECKING

from core.platform.files import special_kind

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer

# What holds media in itself. Playlists, scripts, manifests, patterns of names, devices, drawings
# and generators are not among them: each makes FFmpeg reach for more than the file.
_FORMATS = (
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,nut,mxf,gxf,dv,rm,wtv,ivf,obu,"
    "h261,h263,h264,hevc,vvc,m4v,vc1,dirac,av1,mjpeg,yuv4mpegpipe,dnxhd,gif,apng,webp_anim,"
    "wav,w64,aiff,caf,au,flac,mp3,aac,ac3,eac3,dts,dtshd,truehd,mlp,amr,ape,wv,tta,tak,mpc,mpc8,"
    "dsf,voc,loas,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,gif_pipe"
)
_LIMITS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
# By its suffix FFmpeg takes a picture for one of a numbered row, and would read others too.
_STILL_HEADS = (
    (re.compile(rb"\xff\xd8\xff"), "jpeg_pipe"),
    (re.compile(rb"\x89PNG\r\n(?s:.*)acTL"), "apng"),
    (re.compile(rb"\x89PNG\r\n"), "png_pipe"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF(?s:....)WEBP(?!(?s:.*)ANIM)"), "webp_pipe"),
    (re.compile(rb"BM(?s:....)\0\0\0\0"), "bmp_pipe"),
    (re.compile(rb"II\*\0|MM\0\*"), "tiff_pipe"),
)

# How files begin that are media, whatever has become of the rest of them.
_MARK_BYTES = 16
_MEDIA_MARKS = (b"ftyp", b"RIFF", b"\x1aE\xdf\xa3", b"OggS", b"fLaC", b"ID3", b"FORM", b"FLV\x01")

_OPEN_S = 60.0
_HEAD_BYTES = 4096
# How files begin that FFmpeg would follow to other files, and that are often named like a clip.
_TEXTS = (
    ("#extm3u", "a playlist, which names other files"),
    ("[playlist]", "a playlist, which names other files"),
    ("ffconcat version", "a script that names other files"),
    (";ffmetadata", "a text that describes a film"),
    ("v=0", "a description of a stream, which names a server"),
)
_MARKUP = (
    ("<svg", "a drawing (SVG), not a film or a photo"),
    ("<mpd", "a playlist (DASH), which names other files"),
    ("<asx", "a playlist, which names other files"),
    ("<smil", "a playlist, which names other files"),
)


def input_options(path: Path) -> dict[str, str]:
    """The options that FFmpeg must get for an input that came from outside, without dashes."""
    head = b""
    with suppress(OSError):  # FFmpeg says itself what is wrong with it
        head = _head(path)
    demuxer = _still_format(head)
    return {**_LIMITS, "f": demuxer} if demuxer else dict(_LIMITS)


def input_words(path: Path) -> list[str]:
    """What FFmpeg's command line says to read a file that came from outside."""
    options = input_options(path).items()
    words = [word for name, value in options for word in (f"-{name}", value)]
    return [*words, "-i", str(path.absolute())]


def open_media(path: Path) -> InputContainer:
    """Open a file that came from outside; to be closed, or used in a `with`.

    Raises:
        FileNotFoundError: there is none.
        OSError: it is a folder, pipe or device, empty, a text, damaged, or of a format that is not
            opened; `strerror` says so in words that go on after "cannot be read:".
        FFmpegError: it cannot be read for another reason.
    """
    # Imported late: PyAV loads FFmpeg's libraries.
    import av
    from av.error import FFmpegError, InvalidDataError

    head = _head(path)
    try:
        return av.open(
            os.fspath(path.absolute()),
            format=_still_format(head),
            options=dict(_LIMITS),
            metadata_errors="replace",
            timeout=(_OPEN_S, None),
        )
    except FFmpegError as error:
        if isinstance(error, InvalidDataError | EOFError) or error.errno == errno.EINVAL:
            raise OSError(errno.EINVAL, _why_unknown(head), str(path)) from error
        raise


def _why_unknown(head: bytes) -> str:
    """What a file may be that FFmpeg does not open, by how it begins."""
    if any(mark in head[:_MARK_BYTES] for mark in _MEDIA_MARKS):
        return "it is damaged or cut off"
    # The last letter of the head may be there in part.
    with suppress(UnicodeDecodeError):
        text = getincrementaldecoder("utf-8")().decode(head)
        if all(letter.isprintable() or letter.isspace() for letter in text):
            return "it is a text, not media"
    return "it is of no format of video, sound or pictures"


def _still_format(head: bytes) -> str | None:
    return next((name for begin, name in _STILL_HEADS if begin.match(head)), None)


def _head(path: Path) -> bytes:
    """How a file begins that may be opened as media."""
    # Asked before it is opened: a pipe that nobody writes to would be waited for without an end.
    kind = special_kind(path)
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    kind = _kind_of_text(head) if head else "empty"
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}", str(path))
    return head


def _kind_of_text(head: bytes) -> str:
    """What a file is that begins so, where it is a text that leads to other files; else empty."""
    text = head.decode("utf-8-sig", "replace").lstrip("\0 \t\r\n\ufeff").lower()
    for begin, kind in _TEXTS:
        if text.startswith(begin):
            return kind
    if not text.startswith("<"):
        return ""
    return next((kind for tag, kind in _MARKUP if tag in text), "a text (XML or HTML), not media")
