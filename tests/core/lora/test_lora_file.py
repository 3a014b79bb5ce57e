"""What the head of a LoRA's file tells, and every file that is none."""

from __future__ import annotations

import json
import struct
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import UnreadableLora
from core.lora.lora_file import read_lora
from tests.fakes.loras import smallest_lora, write_lora

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOWN, UP = np.ones((4, 6), "<f4"), np.ones((8, 4), "<f4")
PAIR = {"blocks.0.to_q.lora_A.weight": DOWN, "blocks.0.to_q.lora_B.weight": UP}


def test_a_pair_is_found_with_its_rank_and_sizes(tmp_path: Path) -> None:
    path = write_lora(tmp_path / "a.safetensors", PAIR, {"note": "mine"})
    file = read_lora(path)
    (pair,) = file.pairs
    assert (pair.layer, pair.alpha) == ("blocks.0.to_q", "")
    assert (pair.rank, pair.in_features, pair.out_features) == (4, 6, 8)
    assert file.ranks == (4,)
    assert file.billions == pytest.approx(4 * (6 + 8) / 1e9)
    assert file.metadata == {"note": "mine"}
    assert file.size_bytes == path.stat().st_size
    assert file.reference == ""


@pytest.mark.parametrize(
    ("down", "up"),
    [
        ("lora_A.weight", "lora_B.weight"),
        ("lora_A.default.weight", "lora_B.default.weight"),
        ("lora_down.weight", "lora_up.weight"),
        ("lora.down.weight", "lora.up.weight"),
    ],
)
def test_each_way_to_name_the_matrices_is_known(tmp_path: Path, down: str, up: str) -> None:
    tensors = {f"x.{up}": UP, "x.alpha": np.array(2, "<f4"), f"x.{down}": DOWN}
    (pair,) = read_lora(write_lora(tmp_path / "a.safetensors", tensors)).pairs
    assert (pair.layer, pair.down, pair.up) == ("x", f"x.{down}", f"x.{up}")
    assert pair.alpha == "x.alpha"


@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        ({"transformer.r": 4, "transformer.lora_alpha": 8}, 2.0),
        ({"transformer.lora_alpha": 8, "transformer.use_rslora": True}, 4.0),
        ({"transformer.lora_alpha": 8, "transformer.alpha_pattern": {"to_q": 1}}, 0.25),
        ({"connectors.lora_alpha": 8}, 1.0),
        ("no JSON", 1.0),
    ],
)
def test_the_scale_that_diffusers_writes_into_the_head_counts(
    tmp_path: Path, settings: object, scale: float
) -> None:
    text = settings if isinstance(settings, str) else json.dumps(settings)
    notes = {"lora_adapter_metadata": text}
    file = read_lora(smallest_lora(tmp_path / "a.safetensors", notes))
    assert file.scale_of("transformer.blocks.0.to_q", 4) == scale


@pytest.mark.parametrize(
    ("note", "value"),
    [("reference_downscale_factor", "2"), ("reference_temporal_scale_factor", "2")],
)
def test_a_reference_in_the_head_is_told(tmp_path: Path, note: str, value: str) -> None:
    file = read_lora(smallest_lora(tmp_path / "a.safetensors", {note: value, "other": "1"}))
    assert file.reference == f"{note} = {value}"


@pytest.mark.parametrize(
    ("notes", "downscale"),
    [
        ({}, 1),
        ({"reference_downscale_factor": "2"}, 2),
        ({"reference_downscale_factor": "2.0", "ic_lora_rank": "64"}, 2),
        ({"reference_downscale_factor": "1", "reference_temporal_scale_factor": "1"}, 1),
        ({"reference_downscale_factor": "1.5"}, None),
        ({"reference_downscale_factor": "0"}, None),
        ({"reference_downscale_factor": "half"}, None),
        ({"reference_downscale_factor": "2", "reference_temporal_scale_factor": "2"}, None),
        ({"reference_spatial_scale_factor": "2"}, None),
        ({"reference_slot_0": "image"}, None),
    ],
)
def test_how_much_smaller_the_reference_is_is_read_off_the_head(
    tmp_path: Path, notes: dict[str, str], downscale: int | None
) -> None:
    file = read_lora(smallest_lora(tmp_path / "a.safetensors", notes))
    assert file.reference_downscale == downscale
    assert file.is_for_reference == bool(notes)


@pytest.mark.parametrize(
    ("name", "is_named"),
    [
        ("ltx-2-19b-ic-lora-canny-control", True),
        ("LTX-Video-ICLoRA-pose-13b-0.9.7", True),
        ("music-lora", False),
        ("magic_lora", False),
    ],
)
def test_a_name_may_say_that_a_reference_is_needed(
    tmp_path: Path, name: str, is_named: bool
) -> None:
    file = read_lora(smallest_lora(tmp_path / f"{name}.safetensors"))
    assert file.is_named_for_reference == is_named


def cut(path: Path) -> None:
    write_lora(path, PAIR)
    path.write_bytes(path.read_bytes()[:-7])


def cut_in_its_head(path: Path) -> None:
    write_lora(path, PAIR)
    path.write_bytes(path.read_bytes()[:40])


def lengthened(path: Path) -> None:
    write_lora(path, PAIR)
    path.write_bytes(path.read_bytes() + b"more")


def huge(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 10_000_000_000) + b"{}")


def pickled(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")


def nested(path: Path) -> None:
    head = b"[" * 100_000
    path.write_bytes(struct.pack("<Q", len(head)) + head)


def head(entries: dict[str, object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        text = json.dumps(entries).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(64))

    return write


def tensors(found: dict[str, np.ndarray]) -> Callable[[Path], None]:
    return lambda path: write_lora(path, found) and None


WRONG = {
    "cut": (cut, "cut off: 217 of 224 bytes"),
    "cut in its head": (cut_in_its_head, "is cut off"),
    "lengthened": (lengthened, "4 bytes in it belong to nothing"),
    "huge": (huge, "its head claims 10.0 GB"),
    "pickled": (pickled, "is a pickle under the name of a .safetensors file"),
    "nested": (nested, "its head cannot be understood"),
    "a text": (lambda path: path.write_text("a LoRA, believe me"), "its head claims"),
    "six letters": (lambda path: path.write_text("weight"), "it ends after 6 of the 10 bytes"),
    "empty": (lambda path: path.touch(), "is empty"),
    "a list": (lambda path: path.write_bytes(struct.pack("<Q", 2) + b"[]"), "contradicts itself"),
    "negative": (
        head({"a": {"dtype": "F32", "shape": [-1, 2], "data_offsets": [0, 64]}}),
        "contradicts itself",
    ),
    "of another size": (
        head({"a": {"dtype": "F32", "shape": [4, 2], "data_offsets": [0, 64]}}),
        "contradicts itself",
    ),
    "without places": (head({"a": {"dtype": "F32", "shape": [4, 4]}}), "contradicts itself"),
    "no tensors": (tensors({}), "holds no LoRA: it has no tensors"),
    "a model": (tensors({"to_q.weight": DOWN}), "none of its 1 tensors is a pair"),
    "one half": (tensors({"x.lora_A.weight": DOWN}), "holds no LoRA"),
    "half a pair more": (tensors({**PAIR, "y.lora_A.weight": DOWN}), "only in part: 1 of its 3"),
    "weights besides": (tensors({**PAIR, "y.diff": DOWN}), "such as 'y.diff'"),
    "LoKr": (tensors({"x.lokr_w1": DOWN}), "is a LoKr"),
    "LoHa": (tensors({"x.hada_w1_a": DOWN}), "is a LoHa"),
    "DoRA": (tensors({**PAIR, "blocks.0.to_q.dora_scale": DOWN}), "is a DoRA"),
    "whole numbers": (
        tensors({name: value.astype("<i4") for name, value in PAIR.items()}),
        "stored in I32 numbers",
    ),
    "ranks that differ": (
        tensors({"x.lora_A.weight": DOWN, "x.lora_B.weight": np.ones((8, 3), "<f4")}),
        "do not go together",
    ),
    "a convolution": (
        tensors({"x.lora_A.weight": DOWN.reshape(4, 6, 1, 1), "x.lora_B.weight": UP}),
        "do not go together",
    ),
    "nothing in it": (
        tensors({"x.lora_A.weight": DOWN[:0], "x.lora_B.weight": UP[:, :0]}),
        "are empty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_whole_lora_is_told_in_a_sentence(tmp_path: Path, kind: str) -> None:
    make, says = WRONG[kind]
    path = tmp_path / "a.safetensors"
    make(path)
    with pytest.raises(UnreadableLora) as caught:
        read_lora(path)
    message = caught.value.message
    assert says in message
    assert "a.safetensors" in message
    assert message.endswith(".")


def test_a_file_that_is_not_there_or_of_another_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableLora, match="There is no LoRA at"):
        read_lora(tmp_path / "a.safetensors")
    with pytest.raises(UnreadableLora, match="There is no LoRA at"):
        read_lora(tmp_path / "ink")
    (tmp_path / "a.pt").write_bytes(b"\x80\x02")
    with pytest.raises(UnreadableLora, match=r"is no \.safetensors file"):
        read_lora(tmp_path / "a.pt")
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(UnreadableLora, match="is a folder"):
        read_lora(tmp_path / "folder.safetensors")


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = write_lora(tmp_path / "a.safetensors", PAIR)
    assert read_lora(path) is read_lora(path)
    write_lora(path, {**PAIR, "y.lora_A.weight": DOWN, "y.lora_B.weight": UP})
    assert len(read_lora(path).pairs) == 2
