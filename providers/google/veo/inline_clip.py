"""A clip that lies inside of an answer as base64: found and decoded while the answer arrives."""

from __future__ import annotations

import base64
import re
from typing import Final

_KEY: Final = b"bytesBase64Encoded"
_BEGIN = re.compile(rb'"bytesBase64Encoded"\s*:\s*"')
# Longer than the beginning ever is, with blanks around its colon.
_TAIL = 256
# How some writers of JSON escape what base64 is made of; the longest first letter aside.
_ESCAPES = ((rb"\/", b"/"), (rb"\u003d", b"="), (rb"\u003D", b"="), (rb"\n", b""))
_LONGEST_ESCAPE = 6


def has_begun(answer: bytes | bytearray) -> bool:
    """Whether the beginning of a clip is in what has arrived of an answer."""
    return _KEY in answer


class InlineClip:
    """Takes an answer in pieces and gives the clip in it in pieces; the rest is let go."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._waiting = b""
        self._is_inside = False
        self.is_whole = False

    def feed(self, piece: bytes) -> bytes:
        """The next bytes of the clip, as far as they are known now.

        Raises:
            ValueError: what stands there is no base64.
        """
        if self.is_whole:
            return b""
        self._waiting += piece
        if not self._is_inside:
            begin = _BEGIN.search(self._waiting)
            if begin is None:
                self._waiting = self._waiting[-_TAIL:]
                return b""
            self._waiting, self._is_inside = self._waiting[begin.end() :], True
        letters, quote, _ = self._waiting.partition(b'"')
        self.is_whole = bool(quote)
        cut = len(letters)
        if not self.is_whole:
            # An escape may be cut in two by the end of the piece.
            last = letters.rfind(b"\\", max(0, cut - _LONGEST_ESCAPE + 1))
            cut = last if last >= 0 else cut
        plain = letters[:cut]
        if b"\\" in plain:
            for escape, letter in _ESCAPES:
                plain = plain.replace(escape, letter)
        # Groups of four letters are decoded, and the rest waits for its own.
        whole = len(plain) if self.is_whole else len(plain) // 4 * 4
        self._waiting = plain[whole:] + letters[cut:]
        group = plain[:whole].translate(bytes.maketrans(b"-_", b"+/"))
        return base64.b64decode(group + b"=" * (-len(group) % 4), validate=True)
