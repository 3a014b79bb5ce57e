"""How long a WAV or an MP3 is by its own head, which tells one that was cut off.

FFmpeg takes such a file for as long as it is, since it only counts what is there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

_RIFF, _WAVE, _DATA = b"RIFF", b"WAVE", b"data"
# What writers put there that do not know it yet, such as into a pipe.
_UNKNOWN = (0, 0xFFFF_FFFF)
_MOST_CHUNKS = 1000
_ID3, _ID3_HEAD = b"ID3", 10
# Where encoders note frames and bytes in the first frame of an MP3, behind its side information.
_TAGS, _TAG_PLACES = (b"Xing", b"Info"), (13, 21, 36)
_HAS_FRAMES, _HAS_BYTES = 1, 2


def promised_bytes(path: Path) -> int | None:
    """How many bytes the file has by its own head; None where that does not say so.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(len(_RIFF) + 8)
        if head[:4] == _RIFF and head[8:] == _WAVE:
            return _end_of_wave(file)
        return _end_of_mp3(file, head)


def _end_of_wave(file: BinaryIO) -> int | None:
    for _ in range(_MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            return None
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if name == _DATA:
            return None if size in _UNKNOWN else file.tell() + size
        file.seek(size + size % 2, 1)
    return None


def _end_of_mp3(file: BinaryIO, head: bytes) -> int | None:
    begin = 0
    if head[:3] == _ID3:
        # Seven bits of each of four bytes.
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        begin = _ID3_HEAD + size
    file.seek(begin)
    frame = file.read(max(_TAG_PLACES) + 16)
    if frame[:1] != b"\xff":
        return None
    for place in _TAG_PLACES:
        if frame[place : place + 4] not in _TAGS:
            continue
        flags = struct.unpack(">I", frame[place + 4 : place + 8])[0]
        at = place + 8 + (4 if flags & _HAS_FRAMES else 0)
        if flags & _HAS_BYTES and len(frame) >= at + 4:
            return begin + struct.unpack(">I", frame[at : at + 4])[0] or None
    return None
