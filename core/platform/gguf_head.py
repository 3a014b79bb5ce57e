"""The head of a GGUF file: its tensors with shapes and quantisations, without weights."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from core.errors import UnreadableWeights
from core.platform.safetensors_head import StoredTensor

if TYPE_CHECKING:
    from pathlib import Path

GGUF_SUFFIX = ".gguf"


class _Format(NamedTuple):
    name: str
    values: int
    size_bytes: int


# By its number in the file: so many values are stored together in so many bytes. These are what
# diffusers 0.42 computes values from.
_FORMATS = {
    0: _Format("F32", 1, 4),
    1: _Format("F16", 1, 2),
    2: _Format("Q4_0", 32, 18),
    3: _Format("Q4_1", 32, 20),
    6: _Format("Q5_0", 32, 22),
    7: _Format("Q5_1", 32, 24),
    8: _Format("Q8_0", 32, 34),
    10: _Format("Q2_K", 256, 84),
    11: _Format("Q3_K", 256, 110),
    12: _Format("Q4_K", 256, 144),
    13: _Format("Q5_K", 256, 176),
    14: _Format("Q6_K", 256, 210),
    20: _Format("IQ4_NL", 32, 18),
    23: _Format("IQ4_XS", 256, 136),
    30: _Format("BF16", 1, 2),
}
GGUF_FORMATS = frozenset(one.name for one in _FORMATS.values())
"""The number formats and quantisations that are read, as the format calls them."""
_OTHER_FORMATS = {
    9: "Q8_1",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    21: "IQ3_S",
    22: "IQ2_S",
    24: "I8",
    25: "I16",
    26: "I32",
    27: "I64",
    28: "F64",
    29: "IQ1_M",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
    40: "NVFP4",
}

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
# Those of language models, which hold their vocabulary, have some 20 MB.
_MOST_HEAD_BYTES = 32_000_000
_MOST_DIMENSIONS = 4
# The kinds of notes by their numbers: of numbers, with the bytes that each takes, and others.
_NUMBER_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_UINT16, _UINT32, _TEXT, _ARRAY = 2, 4, 8, 9
_ARCHITECTURE, _ALIGNMENT, _PARTS = "general.architecture", "general.alignment", "split.count"
_USUAL_ALIGNMENT = 32
_ADVICE = "Get a whole copy of it."


@dataclass(frozen=True)
class GgufHead:
    """What a file holds.

    Attributes:
        architecture: the kind of model as the file says it; empty where it does not.
        tensors: by name.
        quantization: what most bytes of it are stored in, such as "Q4_K".
    """

    architecture: str
    tensors: dict[str, StoredTensor]
    quantization: str


def read_gguf_head(path: Path, name: str) -> GgufHead:
    """The head of a file that is as long as the head says; quick, however large the file is.

    Args:
        path: of a file that is there.
        name: what to call it in sentences.

    Raises:
        UnreadableWeights: it is cut off, damaged, of another kind, or stored in what is not read
            here, in one sentence.
    """
    try:
        with path.open("rb") as file:
            return _HeadReader(file, path.stat().st_size, name).read()
    except OSError as error:
        raise UnreadableWeights(f"{name} cannot be read: {error.strerror or error}.") from error


@dataclass(frozen=True)
class _Notes:
    architecture: str = ""
    alignment: int = _USUAL_ALIGNMENT


class _HeadReader:
    """Goes through a head from its first byte on; nothing in it is believed."""

    def __init__(self, file: BinaryIO, size_bytes: int, name: str) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._name = name
        self._at = 0

    def read(self) -> GgufHead:
        """See `read_gguf_head`."""
        if self._size_bytes < len(_MAGIC) or self._take(len(_MAGIC)) != _MAGIC:
            raise UnreadableWeights(f"{self._name} is no GGUF file.", hint=_ADVICE)
        version = self._number("<I")
        if version not in _VERSIONS:
            raise UnreadableWeights(
                f"{self._name} is of version {version} of GGUF, which is not read here.",
                hint=f"Get it in version {_VERSIONS[-1]}, with the byte order of common machines.",
            )
        tensor_count, note_count = self._number("<Q"), self._number("<Q")
        notes = self._notes(note_count)
        return self._tensors(tensor_count, notes)

    def _notes(self, count: int) -> _Notes:
        architecture, alignment = "", _USUAL_ALIGNMENT
        for _ in range(count):
            key, kind = self._text(), self._number("<I")
            if (key, kind) == (_ARCHITECTURE, _TEXT):
                architecture = self._text()
            elif (key, kind) == (_ALIGNMENT, _UINT32):
                alignment = self._number("<I")
            elif (key, kind) == (_PARTS, _UINT16):
                self._refuse_parts(self._number("<H"))
            else:
                self._pass_over(kind)
        if alignment < 1 or alignment & (alignment - 1):
            raise self._contradiction(f"its alignment is {alignment}")
        return _Notes(architecture, alignment)

    def _tensors(self, count: int, notes: _Notes) -> GgufHead:
        tensors: dict[str, StoredTensor] = {}
        held: Counter[str] = Counter()
        end = 0
        for _ in range(count):
            key = self._text()
            dimensions = self._number("<I")
            if key in tensors or dimensions > _MOST_DIMENSIONS:
                raise self._contradiction(f"{key!r} is there twice or has {dimensions} dimensions")
            # The quickest dimension comes first there.
            shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
            stored = self._format(self._number("<I"), key)
            row, rest = divmod(shape[-1] if shape else 1, stored.values)
            first = self._number("<Q")
            # Each begins where the one before it ends, as the format's own programs demand too.
            if rest or not row or first != _aligned(end, notes.alignment):
                raise self._contradiction(f"{key!r} cannot lie where it says")
            size_bytes = prod(shape[:-1]) * row * stored.size_bytes
            end = first + size_bytes
            tensors[key] = StoredTensor(stored.name, shape, end)
            held[stored.name] += size_bytes
        self._check_length(end, notes.alignment)
        most = held.most_common(1)
        return GgufHead(notes.architecture, tensors, most[0][0] if most else "")

    def _check_length(self, end: int, alignment: int) -> None:
        data_bytes = self._size_bytes - _aligned(self._at, alignment)
        if end > data_bytes:
            raise UnreadableWeights(
                f"{self._name} is cut off: {max(data_bytes, 0):,} of {end:,} bytes of weights are "
                "there.",
                hint=_ADVICE,
            )
        if data_bytes > _aligned(end, alignment):
            raise UnreadableWeights(
                f"{self._name} is damaged: {data_bytes - end:,} bytes in it belong to nothing.",
                hint=_ADVICE,
            )

    def _format(self, number: int, key: str) -> _Format:
        if number in _FORMATS:
            return _FORMATS[number]
        known = _OTHER_FORMATS.get(number, f"of number {number}")
        raise UnreadableWeights(
            f"{self._name} has {key!r} in the quantisation {known}, which is not read here.",
            hint=f"Get it in one of: {', '.join(sorted(GGUF_FORMATS))}.",
        )

    def _refuse_parts(self, count: int) -> None:
        if count > 1:
            raise UnreadableWeights(
                f"{self._name} is one of {count} parts of a model.", hint="Get it in one file."
            )

    def _pass_over(self, kind: int) -> None:
        if kind == _TEXT:
            self._text()
            return
        if kind != _ARRAY:
            self._skip(self._bytes_of(kind))
            return
        inner, count = self._number("<I"), self._number("<Q")
        if inner != _TEXT:
            self._skip(self._bytes_of(inner) * count)
            return
        for _ in range(count):
            self._text()

    def _bytes_of(self, kind: int) -> int:
        if kind not in _NUMBER_BYTES:
            raise self._contradiction(f"it has a note of the unknown kind {kind}")
        return _NUMBER_BYTES[kind]

    def _text(self) -> str:
        return self._take(self._number("<Q")).decode("utf-8", errors="replace")

    def _number(self, layout: str) -> int:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))[0]

    def _take(self, count: int) -> bytes:
        self._advance(count)
        return self._file.read(count)

    def _skip(self, count: int) -> None:
        self._advance(count)
        self._file.seek(count, 1)

    def _advance(self, count: int) -> None:
        """Go on by some bytes, where there are so many."""
        self._at += count
        if self._at > self._size_bytes:
            raise UnreadableWeights(
                f"{self._name} is cut off, or its head is damaged: it leads past the end of the "
                "file.",
                hint=_ADVICE,
            )
        if self._at > _MOST_HEAD_BYTES:
            raise UnreadableWeights(
                f"{self._name} is damaged, or of another kind of model: its head claims more than "
                f"{_MOST_HEAD_BYTES / 1e6:.0f} MB.",
                hint=_ADVICE,
            )

    def _contradiction(self, what: str) -> UnreadableWeights:
        return UnreadableWeights(
            f"{self._name} is damaged: its head contradicts itself: {what}.", hint=_ADVICE
        )


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment
