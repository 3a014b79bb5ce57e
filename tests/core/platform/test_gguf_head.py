"""Heads of GGUF files: what they tell, and what in them is not believed."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize

from core.errors import UnreadableWeights
from core.platform.gguf_head import _FORMATS, _OTHER_FORMATS, read_gguf_head
from tests.providers.gguf_files import pack, write_gguf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = {"Q8_0": 0.01, "Q6_K": 0.04, "Q5_K": 0.04, "Q4_K": 0.08, "Q4_0": 0.11, "Q3_K": 0.25}
"""With the error that each may have, as a share of what the values are like."""


def values(rows: int = 8, columns: int = 512) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(rows, columns)).astype(np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    weights = {"a.weight": values(), "a.bias": values()[0], "b.weight": values(4, 32)}
    return write_gguf(tmp_path / "a.gguf", weights, "Q4_K")


@pytest.mark.parametrize(("kind", "most"), KINDS.items())
def test_the_files_of_these_tests_are_as_the_formats_own_library_reads_them(
    kind: str, most: float
) -> None:
    read = dequantize(pack(values(), kind), GGMLQuantizationType[kind])
    assert read.shape == values().shape
    assert 0 < np.sqrt(np.mean((read - values()) ** 2)) < most


def test_the_table_of_quantisations_is_that_of_the_formats_own_library() -> None:
    for number, stored in _FORMATS.items():
        kind = GGMLQuantizationType(number)
        assert (stored.name, stored.values, stored.size_bytes) == (
            kind.name,
            *GGML_QUANT_SIZES[kind],
        )
    assert {number: GGMLQuantizationType(number).name for number in _OTHER_FORMATS} == (
        _OTHER_FORMATS
    )


def test_a_head_tells_what_is_in_the_file(file: Path) -> None:
    head = read_gguf_head(file, "It")
    assert (head.architecture, head.quantization) == ("ltxv", "Q4_K")
    told = {name: (one.dtype, one.shape, one.end) for name, one in head.tensors.items()}
    reader = GGUFReader(file)
    assert told == {
        one.name: (
            one.tensor_type.name,
            tuple(reversed(one.shape.tolist())),
            one.data_offset - reader.data_offset + one.n_bytes,
        )
        for one in reader.tensors
    }
    assert {dtype for dtype, _, _ in told.values()} == {"Q4_K", "F16", "F32"}


def test_notes_of_every_kind_are_passed_over(tmp_path: Path) -> None:
    writer = GGUFWriter(tmp_path / "a.gguf", "ltxv")
    writer.add_array("words", ["a", "b"])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_bool("yes", val=True)
    writer.add_float64("half", 0.5)
    writer.add_custom_alignment(64)
    writer.add_tensor("a.weight", values(3, 5))
    writer.add_tensor("b.weight", values(3, 5))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    head = read_gguf_head(tmp_path / "a.gguf", "It")
    assert [(one.shape, one.end) for one in head.tensors.values()] == [((3, 5), 60), ((3, 5), 124)]


def test_wherever_a_file_is_cut_off_it_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    # The last bytes only fill up to a multiple of 32.
    for size in [*range(0, 400, 7), len(whole) // 2, len(whole) - 33]:
        file.write_bytes(whole[:size])
        with pytest.raises(UnreadableWeights, match=r"is cut off|is no GGUF"):
            read_gguf_head(file, "It")


Change = "Callable[[bytes], bytes]"


def at(place: int, layout: str, number: int) -> Callable[[bytes], bytes]:
    """Write a number over what stands there."""

    def change(content: bytes) -> bytes:
        packed = struct.pack(layout, number)
        return content[:place] + packed + content[place + len(packed) :]

    return change


def behind(name: bytes, skipped: int, layout: str, number: int) -> Callable[[bytes], bytes]:
    """Write a number some bytes behind the name of a tensor."""

    def change(content: bytes) -> bytes:
        return at(content.index(name) + len(name) + skipped, layout, number)(content)

    return change


NAME = b"a.weight"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at(0, "<I", 0), "is no GGUF file"),
        (at(4, "<I", 1), "of version 1 of GGUF"),
        (at(4, "<I", 3 << 24), "of version 50331648 of GGUF"),
        (at(8, "<Q", 2**60), "leads past the end of the file|contradicts itself"),
        (at(16, "<Q", 2**60), "leads past the end of the file|unknown kind"),
        (at(24, "<Q", 2**62), "leads past the end of the file"),
        (behind(NAME, 0, "<I", 5), "'a.weight' is there twice or has 5 dimensions"),
        (behind(NAME, 4, "<Q", 511), "'a.weight' cannot lie where it says"),
        (behind(NAME, 4, "<Q", 0), "'a.weight' cannot lie where it says"),
        (behind(NAME, 12, "<Q", 2**40), "'a.bias' cannot lie where it says"),
        (behind(NAME, 20, "<I", 39), "in the quantisation MXFP4"),
        (behind(NAME, 20, "<I", 777), "in the quantisation of number 777"),
        (behind(NAME, 24, "<Q", 32), "'a.weight' cannot lie where it says"),
        (behind(b"a.bias", 24 - 8, "<Q", 0), "'a.bias' cannot lie where it says"),
        (behind(b"b.weight", 12, "<Q", 400), "is cut off: "),
        (behind(b"b.weight", 12, "<Q", 1), "belong to nothing"),
    ],
)
def test_a_head_that_lies_is_refused_with_the_reason(
    file: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(UnreadableWeights, match=f"It (is|has) .*({said})|It {said}"):
        read_gguf_head(file, "It")


def test_a_head_of_any_bytes_is_refused_and_nothing_else_happens(file: Path) -> None:
    whole = file.read_bytes()
    random = np.random.default_rng(5)
    for _ in range(300):
        content = bytearray(whole)
        for place in random.integers(4, 400, 3):
            content[place] = random.integers(256)
        file.write_bytes(content)
        try:
            head = read_gguf_head(file, "It")
        except UnreadableWeights:
            continue
        assert len(head.tensors) == 3


def test_a_part_of_a_model_is_told_as_one(tmp_path: Path) -> None:
    writer = GGUFWriter(tmp_path / "a.gguf", "ltxv")
    writer.add_uint16("split.count", 3)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(UnreadableWeights, match="It is one of 3 parts of a model"):
        read_gguf_head(tmp_path / "a.gguf", "It")
