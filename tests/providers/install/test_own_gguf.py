"""Transformers in GGUF as models: known by their shapes, refused by name, counted as stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter

from core.errors import NotConfigured
from core.platform.gguf_head import read_gguf_head
from core.video.provider import Ready
from providers.ltx_video.install.checkpoint import read_checkpoint
from providers.ltx_video.install.own_models import every_model
from providers.ltx_video.models.lora_families import LORA_FAMILIES
from providers.weights.installed import manifest_of
from tests.fakes.checkpoints import Weights, as_the_makers_name_it, weights_like
from tests.providers.gguf_files import write_gguf
from tests.providers.install.test_own_models import Shop
from tests.providers.test_local import target
from tests.providers.tiny_home import (
    EVERY_GENERATION,
    TINY_AV,
    TINY_AV_23,
    TINY_VIDEO,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.lora.lora_family import LoraFamily
    from providers.ltx_video.models.catalog import LocalModel


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "home", TINY_VIDEO)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "theirs" / "mix-Q8.gguf", weights_like(TINY_VIDEO), "Q8_0")


def test_it_becomes_a_model_by_a_link_and_says_its_precision(shop: Shop, file: Path) -> None:
    added = shop.add(file)
    said = "Its transformer is kept in Q8_0 (GGUF)."
    assert said in added.notes
    assert f"All of it but the transformer is that of {TINY_VIDEO.id}." in added.notes
    assert (shop.models_dir / "my-mix" / "transformer" / file.name).samefile(file)
    spec = next(spec for spec in shop.provider.models() if spec.id == "my-mix")
    assert str(spec.needs).endswith(said)
    assert isinstance(shop.provider.check(target("my-mix")), Ready)
    manifest = manifest_of(shop.models_dir / "my-mix")
    assert manifest is not None
    assert manifest.own is not None
    assert (manifest.own.quantization, manifest.own.is_mapped) == ("Q8_0", False)


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
@pytest.mark.parametrize("model", EVERY_GENERATION, ids=lambda model: model.id)
def test_the_family_is_read_from_the_shapes_whatever_the_file_says(
    tmp_path: Path, model: LocalModel, prefix: str
) -> None:
    shop = Shop(tmp_path / "home", model)
    named = as_the_makers_name_it(weights_like(model), prefix)
    shop.add(write_gguf(tmp_path / "ltx-2.5.gguf", named, architecture="pig"))
    row = next(spec for spec in shop.provider.models() if spec.id == "my-mix")
    assert row.lora_family == model.spec.lora_family


@pytest.mark.parametrize("family", LORA_FAMILIES, ids=lambda family: family.id)
def test_the_real_families_are_told_apart(tmp_path: Path, family: LoraFamily) -> None:
    """At full size, as converters write them; the weights are a hole."""
    file = tmp_path / "a.gguf"
    writer = GGUFWriter(file, "ltxv")
    data_bytes = 0
    for layer in family.layers:
        name = layer.others[0] if layer.others else layer.name.removeprefix("transformer.")
        rows, columns = layer.out_features, layer.in_features
        # As llama.cpp does where rows are no multiple of its blocks.
        kind = GGMLQuantizationType.Q4_K if columns % 256 == 0 else GGMLQuantizationType.F16
        values, size_bytes = GGML_QUANT_SIZES[kind]
        stored = rows * columns // values * size_bytes
        for number in range(layer.count if layer.name.startswith("transformer.") else 0):
            key = f"{name.replace('*', str(number))}.weight"
            writer.add_tensor_info(key, (rows, columns), np.dtype(np.float16), stored, kind)
            data_bytes += -(-stored // 32) * 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    os.truncate(file, -(-file.stat().st_size // 32) * 32 + data_bytes)
    found = read_checkpoint(file, LORA_FAMILIES)
    assert (found.family, found.is_bfloat16) == (family, False)
    if family.id != "ltx-mini":
        assert found.quantization == "Q4_K"


def of_a_language_model(_: Weights) -> Weights:
    return {
        "token_embd.weight": np.zeros((64, 32), np.float16),
        "blk.0.attn_q.weight": np.zeros((32, 32), np.float16),
        "blk.0.attn_k.weight": np.zeros((32, 32), np.float16),
    }


def of_flux(_: Weights) -> Weights:
    return {"double_blocks.0.img_attn.qkv.weight": np.zeros((96, 32), np.float16)}


@pytest.mark.parametrize(
    ("change", "kind"), [(of_a_language_model, "llama"), (of_flux, "flux"), (of_flux, "ltxv")]
)
def test_a_gguf_of_another_model_is_refused_by_name(
    shop: Shop, tmp_path: Path, change: Callable[[Weights], Weights], kind: str
) -> None:
    file = write_gguf(tmp_path / "a.gguf", change({}), architecture=kind)
    said = shop.refused(file)
    assert f"a GGUF file of the kind {kind!r}, is of no known family of models" in said


@pytest.mark.parametrize("model", [TINY_AV, TINY_AV_23], ids=lambda model: model.id)
def test_an_ltx_model_whose_relatives_are_not_installed_names_the_command(
    shop: Shop, tmp_path: Path, model: LocalModel
) -> None:
    file = write_gguf(tmp_path / "a.gguf", weights_like(model))
    with pytest.raises(NotConfigured, match=f"setup_ltx_video.py --model {model.id}"):
        shop.add(file)


def without_a_layer(weights: Weights) -> Weights:
    return {name: weight for name, weight in weights.items() if "blocks.1.attn1.to_q" not in name}


def of_another_width(weights: Weights) -> Weights:
    return weights | {"proj_in.weight": np.zeros((32, 64), np.float16)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_a_layer, "1 of its layers are missing, such as 'transformer_blocks.1.attn1.to_q'"),
        (of_another_width, "'proj_in.weight' has the shape [32, 64], there [32, 8]"),
    ],
)
def test_what_is_no_whole_model_is_refused_with_the_reason(
    shop: Shop, tmp_path: Path, change: Callable[[Weights], Weights], said: str
) -> None:
    file = write_gguf(tmp_path / "a.gguf", change(weights_like(TINY_VIDEO)))
    assert said in shop.refused(file)


def cut_off(content: bytes) -> bytes:
    return content[:-100]


def in_an_unknown_quantisation(content: bytes) -> bytes:
    """Behind the name: two dimensions, the quantisation, the place."""
    at = content.index(b"proj_in.weight") + len(b"proj_in.weight") + 4 + 16
    return content[:at] + (39).to_bytes(4, "little") + content[at + 4 :]


def with_a_row_more(content: bytes) -> bytes:
    """The head claims more than the file holds; all that follows would be read from elsewhere."""
    at = content.index(b"proj_in.weight") + len(b"proj_in.weight") + 4 + 8
    return content[:at] + (4096).to_bytes(8, "little") + content[at + 8 :]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_off, "is cut off"),
        (in_an_unknown_quantisation, "in the quantisation MXFP4, which is not read here"),
        (with_a_row_more, "its head contradicts itself"),
        (lambda content: content[4:], "is no GGUF file"),
    ],
    ids=["cut", "quantisation", "lie", "other"],
)
def test_a_spoilt_file_is_refused_with_the_reason(
    shop: Shop, file: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    file.write_bytes(spoil(file.read_bytes()))
    assert said in shop.refused(file)


def test_it_is_counted_as_it_is_stored(tmp_path: Path) -> None:
    sizes: dict[str, float] = {}
    for kind in ("Q8_0", "Q4_0"):
        shop = Shop(tmp_path / kind, TINY_VIDEO)
        file = write_gguf(tmp_path / f"{kind}.gguf", weights_like(TINY_VIDEO), kind)
        assert read_gguf_head(file, "It").quantization == kind
        shop.add(file)
        row = every_model(shop.models_dir, {TINY_VIDEO.id: TINY_VIDEO})["my-mix"]
        assert row.footprint.quantization == kind
        sizes[kind] = row.footprint.quantized_gb
        assert sizes[kind] == file.stat().st_size / 1e9
    assert sizes["Q4_0"] < 0.7 * sizes["Q8_0"]
