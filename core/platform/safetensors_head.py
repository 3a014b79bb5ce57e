"""The head of a safetensors file: its tensors with their shapes, and its notes, without weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnreadableWeights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIX = ".safetensors"
"""Files of other kinds that hold weights can run programs when they are opened."""

BYTES_OF_NUMBERS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}
"""How many bytes a number takes, by what the format calls its kind."""

# The file begins with the length of its table of contents, in this many bytes.
_LENGTH_FIELD = 8
# As much as the format's own library reads.
_MOST_HEADER_BYTES = 100_000_000
_METADATA = "__metadata__"
_ADVICE = "Get a whole copy of it."
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as the head tells it; `end` is where its bytes end."""

    dtype: str
    shape: tuple[int, ...]
    end: int


@dataclass(frozen=True)
class SafetensorsHead:
    """What a file holds, by name, and what it says of itself.

    Attributes:
        data_at: where in the file its weights begin; ends of tensors count from there.
    """

    tensors: dict[str, StoredTensor]
    metadata: Mapping[str, str]
    data_at: int = 0

    def read_text(self, path: Path, name: str) -> str:
        """A text that the file holds as a tensor of bytes; what is no UTF-8 in it is replaced.

        Raises:
            OSError: the file cannot be read.
        """
        tensor = self.tensors[name]
        size = prod(tensor.shape)
        with path.open("rb") as file:
            file.seek(self.data_at + tensor.end - size)
            return file.read(size).decode("utf-8", "replace")


def read_head(path: Path, name: str) -> SafetensorsHead:
    """The head of a file that is as long as the head says; quick, however large the file is.

    Args:
        path: of a file that is there.
        name: what to call it in sentences, such as "The LoRA 'x'".

    Raises:
        UnreadableWeights: it is a pickle, cut off, damaged or of another kind, in one sentence.
    """
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_LENGTH_FIELD)
            header_bytes = int.from_bytes(start, "little")
            # A head may be as long as the first bytes of a pickle say: those alone prove nothing.
            if header_bytes > _MOST_HEADER_BYTES and start.startswith(_PICKLES):
                raise UnreadableWeights(
                    f"{name} is a pickle under the name of a {SUFFIX} file; pickles can run "
                    "programs and are not opened.",
                    hint=f"Get it as a {SUFFIX} file.",
                )
            if not start:
                raise UnreadableWeights(f"{name} is empty.", hint=_ADVICE)
            if len(start) < _LENGTH_FIELD:
                raise UnreadableWeights(
                    f"{name} is no {SUFFIX} file: it ends after {len(start)} of the "
                    f"{_LENGTH_FIELD + 2} bytes that the shortest has.",
                    hint=_ADVICE,
                )
            if header_bytes > _MOST_HEADER_BYTES:
                raise UnreadableWeights(
                    f"{name} is no {SUFFIX} file, or a damaged one: its head claims "
                    f"{header_bytes / 1e9:,.1f} GB.",
                    hint=_ADVICE,
                )
            if header_bytes > size_bytes - _LENGTH_FIELD:
                raise UnreadableWeights(f"{name} is cut off.", hint=_ADVICE)
            header = json.loads(file.read(header_bytes))
    except (ValueError, RecursionError) as error:
        raise UnreadableWeights(
            f"{name} is no {SUFFIX} file, or a damaged one: its head cannot be understood.",
            hint=_ADVICE,
        ) from error
    except OSError as error:
        raise UnreadableWeights(f"{name} cannot be read: {error.strerror or error}.") from error
    head = replace(_tables(header, name), data_at=_LENGTH_FIELD + header_bytes)
    end = max((tensor.end for tensor in head.tensors.values()), default=0)
    data_bytes = size_bytes - _LENGTH_FIELD - header_bytes
    if end > data_bytes:
        raise UnreadableWeights(
            f"{name} is cut off: {data_bytes:,} of {end:,} bytes of weights are there.",
            hint=_ADVICE,
        )
    if end < data_bytes:
        raise UnreadableWeights(
            f"{name} is damaged: {data_bytes - end:,} bytes in it belong to nothing.",
            hint=_ADVICE,
        )
    return head


def _tables(header: object, name: str) -> SafetensorsHead:
    """The tensors and the notes of a head.

    Raises:
        UnreadableWeights: it contradicts itself.
    """
    damaged = UnreadableWeights(f"{name} is damaged: its head contradicts itself.", hint=_ADVICE)
    if not isinstance(header, dict):
        raise damaged
    table = cast("dict[str, Any]", header)
    notes = cast("dict[Any, Any]", table.pop(_METADATA, None) or {})
    tensors: dict[str, StoredTensor] = {}
    try:
        for key, entry in table.items():
            first, end = map(int, entry["data_offsets"])
            tensor = StoredTensor(str(entry["dtype"]), tuple(map(int, entry["shape"])), end)
            size = BYTES_OF_NUMBERS.get(tensor.dtype)
            is_right = size is None or end - first == prod(tensor.shape) * size
            if not is_right or not 0 <= first <= end or min(tensor.shape, default=0) < 0:
                raise damaged
            tensors[key] = tensor
        metadata = {str(key): str(value) for key, value in notes.items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise damaged from error
    return SafetensorsHead(tensors, metadata)
