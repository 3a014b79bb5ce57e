"""Clips of a person's own checkpoints: the very clip of the model with the same weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.video.spec import Precision
from core.video.terms import Residency
from providers.ltx_video.engine.loading.packed_weights import unpacked_nf4
from providers.ltx_video.local import LocalLTX
from tests.fakes.checkpoints import as_the_makers_name_it
from tests.providers.tiny_home import (
    ALL_MODELS,
    EVERY_GENERATION,
    TINY_AV_23,
    TINY_INFO,
    TINY_VIDEO,
    adding,
    context_of,
    home_with,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

WEIGHTS = "diffusion_pytorch_model.safetensors"


def as_one_file(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """One file with everything, as it is published for other programs."""
    others = ("vae.decoder.unused", "model.diffusion_model.video_embeddings_connector.unused")
    named = as_the_makers_name_it(weights, "model.diffusion_model.")
    return named | {name: torch.zeros(3) for name in others}


@pytest.fixture(scope="module")
def home(tiny_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of this file's own: what is added to another would be in its lists."""
    return home_with(tmp_path_factory.mktemp("home"), {tiny_files: EVERY_GENERATION})


@pytest.fixture(scope="module")
def provider(home: Path) -> Iterator[LocalLTX]:
    with_engine = LocalLTX(context_of(home), ALL_MODELS, TINY_INFO)
    yield with_engine
    with_engine.close()


@pytest.fixture
def add(provider: LocalLTX, home: Path) -> Iterator[Callable[[Path, str], LocalModel]]:
    """Adds a checkpoint for one test, and gives the model that it has become."""
    with adding(provider, home, ALL_MODELS) as make_model:
        yield make_model


def weights_of(tiny_files: Path, model: LocalModel) -> dict[str, torch.Tensor]:
    return load_file(tiny_files / model.id / "transformer" / WEIGHTS)


def frames(provider: LocalLTX, watched: Watch, model: LocalModel, **layout: object) -> np.ndarray:
    plan = plan_for(provider, model)
    assert plan.memory_plan is not None
    memory = plan.memory_plan.model_copy(update=layout)
    clip = provider.render(plan.model_copy(update={"memory_plan": memory}), watched().context).path
    with av.open(str(clip)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize("model", EVERY_GENERATION, ids=lambda model: model.id)
def test_a_single_file_of_each_generation_makes_the_same_clip(
    provider: LocalLTX, add, watched: Watch, tiny_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    weights = weights_of(tiny_files, model)
    save_file(as_one_file(weights), tmp_path / "checkpoint.safetensors")
    usual = frames(provider, watched, model)
    mine = add(tmp_path / "checkpoint.safetensors")
    assert np.array_equal(frames(provider, watched, mine), usual)


@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV_23], ids=lambda model: model.id)
def test_a_folder_with_other_weights_makes_another_clip_and_its_own_file_the_same(
    provider: LocalLTX, add, watched: Watch, tiny_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    tuned = {
        name: weight * 1.2 if "blocks.1." in name else weight
        for name, weight in weights_of(tiny_files, model).items()
    }
    folder = tmp_path / "tuned"
    shutil.copytree(tiny_files / model.id, folder)
    save_file(tuned, folder / "transformer" / WEIGHTS)
    save_file(tuned, tmp_path / "bare names.safetensors")
    as_folder = frames(provider, watched, add(folder, "as folder"))
    assert not np.array_equal(as_folder, frames(provider, watched, model))
    as_file = frames(provider, watched, add(tmp_path / "bare names.safetensors", "as file"))
    assert np.array_equal(as_folder, as_file)


@pytest.mark.parametrize("scale_name", ["weight_scale", "scale_weight"])
def test_scaled_8_bit_weights_are_read_as_what_they_stand_for(
    provider: LocalLTX, add, watched: Watch, tiny_files: Path, tmp_path: Path, scale_name: str
) -> None:
    kept, exact = {}, {}
    for name, weight in weights_of(tiny_files, TINY_AV_23).items():
        if name.endswith(".to_q.weight"):
            scale = weight.abs().max() / 448
            kept[name] = (weight / scale).to(torch.float8_e4m3fn)
            kept[name.replace(".weight", f".{scale_name}")] = scale
            kept[name.replace(".weight", ".input_scale")] = torch.ones(())
            exact[name] = kept[name].float() * scale
        else:
            kept[name] = exact[name] = weight
    save_file(kept, tmp_path / "kept.safetensors")
    save_file(exact, tmp_path / "exact.safetensors")
    from_8_bit = frames(provider, watched, add(tmp_path / "kept.safetensors", "kept"))
    from_32_bit = frames(provider, watched, add(tmp_path / "exact.safetensors", "exact"))
    assert np.array_equal(from_8_bit, from_32_bit)


@pytest.mark.parametrize("stored", [torch.float8_e4m3fn, torch.float8_e5m2, torch.int8], ids=str)
@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV_23], ids=lambda model: model.id)
def test_scaled_8_bit_weights_stay_as_they_are_where_the_plan_wants_8_bit(
    provider: LocalLTX,
    add,
    watched: Watch,
    tiny_files: Path,
    tmp_path: Path,
    model: LocalModel,
    stored: torch.dtype,
) -> None:
    """All layers, so that nothing else is cast: not one value may differ."""
    kept: dict[str, torch.Tensor] = {}
    for name, weight in weights_of(tiny_files, model).items():
        if weight.ndim == 2 and name.endswith(".weight"):
            # 8 bit of whole numbers have a scale for each row.
            is_int = stored is torch.int8
            largest = weight.abs().amax(dim=1, keepdim=True) if is_int else weight.abs().max()
            scale = largest / (127 if is_int else 448)
            numbers = (weight / scale).round() if is_int else weight / scale
            kept[name] = numbers.to(stored)
            kept[name.replace(".weight", ".weight_scale")] = scale
        else:
            kept[name] = weight
    assert any(name.endswith("_scale") for name in kept)
    save_file(as_the_makers_name_it(kept, "model.diffusion_model."), tmp_path / "a.safetensors")
    mine = add(tmp_path / "a.safetensors")
    computed = frames(provider, watched, mine)
    in_8_bit = frames(provider, watched, mine, precision=Precision.FLOAT8)
    assert np.array_equal(in_8_bit, computed)
    streamed = {"precision": Precision.FLOAT8, "residency": Residency.GROUP_OFFLOAD}
    assert np.array_equal(frames(provider, watched, mine, **streamed), computed)


PACKED = Path(__file__).parents[2] / "fixtures" / "bitsandbytes" / "nf4.safetensors"


@pytest.mark.parametrize("name", ["plain", "nested"])
def test_what_bitsandbytes_packed_is_unpacked_to_its_very_numbers(name: str) -> None:
    with safe_open(PACKED, framework="pt") as opened:
        found = unpacked_nf4(opened, f"{name}.weight", list(opened.keys()))
        assert torch.equal(found, opened.get_tensor(f"{name}.unpacked"))


def packed_like_the_fixture(weight: torch.Tensor, name: str) -> dict[str, torch.Tensor]:
    """Weights in 4 bit with the table of numbers that bitsandbytes has, in blocks of 8."""
    table = load_file(PACKED)["plain.weight.quant_map"]
    blocks = weight.flatten().view(-1, 8)
    largest = blocks.abs().amax(dim=1)
    places = ((blocks / largest[:, None])[..., None] - table).abs().argmin(dim=-1)
    pairs = places.to(torch.uint8).view(-1, 2)
    state = {"quant_type": "nf4", "blocksize": 8, "dtype": "float32", "shape": [*weight.shape]}
    return {
        name: (pairs[:, 0] << 4 | pairs[:, 1])[:, None].contiguous(),
        f"{name}.absmax": largest,
        f"{name}.quant_map": table,
        f"{name}.quant_state.bitsandbytes__nf4": torch.tensor(
            list(json.dumps(state).encode()), dtype=torch.uint8
        ),
    }


@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV_23], ids=lambda model: model.id)
def test_a_checkpoint_in_4_bit_makes_what_its_numbers_stand_for(
    provider: LocalLTX, add, watched: Watch, tiny_files: Path, tmp_path: Path, model: LocalModel
) -> None:
    packed: dict[str, torch.Tensor] = {}
    exact: dict[str, torch.Tensor] = {}
    for name, weight in weights_of(tiny_files, model).items():
        if name.endswith((".to_q.weight", ".to_k.weight")):
            parts = packed_like_the_fixture(weight, name)
            packed |= parts
            table, largest = parts[f"{name}.quant_map"], parts[f"{name}.absmax"]
            low_and_high = torch.stack((parts[name] >> 4, parts[name] & 15), dim=1)
            numbers = table[low_and_high.flatten().to(torch.int64)].view(-1, 8)
            exact[name] = (numbers * largest[:, None]).view(weight.shape)
        else:
            packed[name] = exact[name] = weight
    save_file(packed, tmp_path / "packed.safetensors")
    save_file(exact, tmp_path / "exact.safetensors")
    from_4_bit = frames(provider, watched, add(tmp_path / "packed.safetensors", "packed"))
    from_32_bit = frames(provider, watched, add(tmp_path / "exact.safetensors", "exact"))
    assert np.array_equal(from_4_bit, from_32_bit)
