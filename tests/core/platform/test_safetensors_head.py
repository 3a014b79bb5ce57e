"""Heads of files of weights that look like something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from core.errors import UnreadableWeights
from core.platform.safetensors_head import read_head

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("header_bytes", [0x0280, 0x0380, 0x0480, 0x0580])
def test_a_head_that_is_as_long_as_a_pickle_begins_is_read(
    tmp_path: Path, header_bytes: int
) -> None:
    head = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})
    content = header_bytes.to_bytes(8, "little") + head.ljust(header_bytes).encode() + bytes(8)
    assert content[:1] == b"\x80"
    (tmp_path / "a.safetensors").write_bytes(content)
    assert list(read_head(tmp_path / "a.safetensors", "It").tensors) == ["w"]


@pytest.mark.parametrize("start", [b"PK\x03\x04\x00\x00\x08\x08", b"\x80\x02}q\x00(X\x05"])
def test_a_pickle_is_told_as_one(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(start + b"x" * 500)
    with pytest.raises(UnreadableWeights, match="It is a pickle"):
        read_head(tmp_path / "a.safetensors", "It")
