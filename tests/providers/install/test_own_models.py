"""Checkpoints of a person's own: added by links, refused with the reason, listed, removed."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import JobCancelled, NotConfigured, UnsupportedRequest
from core.jobs.job import CancelToken
from core.video.model_store import AddedModel, OnDisk
from core.video.provider import NotReady, Ready
from core.video.request import RenderRequest
from core.video.terms import AUTO
from providers.ltx_video.install.checkpoint import read_checkpoint
from providers.ltx_video.install.model_files import BUILTIN_FOLDER
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.lora_families import LORA_FAMILIES
from providers.weights.installed import check_installed, manifest_of
from tests.fakes.checkpoints import (
    Weights,
    diffusers_folder,
    install_layers,
    save,
    weights_like,
)
from tests.providers.test_local import target
from tests.providers.tiny_home import (
    ALL_MODELS,
    TINY_AV,
    TINY_AV_23,
    TINY_AV_25,
    TINY_AV_GUIDED,
    TINY_INFO,
    TINY_VIDEO,
    context_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.lora.lora_family import LoraFamily
    from providers.ltx_video.install.store import LTXStore
    from providers.ltx_video.models.catalog import LocalModel


class Shop:
    """A provider with tiny models, of which some are installed."""

    def __init__(self, home: Path, *installed: LocalModel) -> None:
        context = context_of(home)
        self.models_dir = context.paths.models_dir
        for model in installed:
            install_layers(self.models_dir, model)
        self.provider = LocalLTX(context, ALL_MODELS, TINY_INFO)

    @property
    def store(self) -> LTXStore:
        return self.provider.store

    def add(
        self, path: Path, name: str = "My Mix", like: str | None = None, *, may_copy: bool = False
    ) -> AddedModel:
        token = CancelToken()
        return self.store.add(path, name, like, token, lambda _: None, may_copy=may_copy)

    def refused(self, path: Path, name: str = "My Mix", like: str | None = None) -> str:
        before = sorted(self.models_dir.rglob("*"))
        with pytest.raises(UnsupportedRequest) as caught:
            self.add(path, name, like)
        assert [path for path in sorted(self.models_dir.rglob("*")) if path not in before] == []
        return "\n".join(problem.message for problem in caught.value.problems)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "home", TINY_VIDEO, TINY_AV)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return tmp_path / "theirs"


def test_a_single_file_becomes_a_model_by_links_alone(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_VIDEO, "model.diffusion_model."), theirs / "mix.safetensors")
    added = shop.add(file)
    assert added.model == "my-mix"
    assert any("run like tiny-video" in note for note in added.notes)
    spec = next(spec for spec in shop.provider.models() if spec.id == "my-mix")
    assert (spec.label, spec.lora_family) == ("My Mix", TINY_VIDEO.spec.lora_family)
    folder = shop.models_dir / "my-mix"
    assert (folder / "transformer" / "mix.safetensors").samefile(file)
    base = shop.models_dir / TINY_VIDEO.id
    vae = "vae/diffusion_pytorch_model.safetensors"
    assert (folder / vae).samefile(base / vae)
    assert not list((folder / "transformer").glob("one*"))
    found = check_installed(shop.models_dir, "my-mix")
    assert (found.on_disk, found.freed_bytes) == (OnDisk.WHOLE, 0)
    assert isinstance(shop.provider.check(target("my-mix")), Ready)


def test_a_folder_becomes_a_model_with_the_files_of_its_parts(shop: Shop, theirs: Path) -> None:
    folder = diffusers_folder(theirs, TINY_AV_23)
    assert shop.add(folder).model == "my-mix"
    manifest = manifest_of(shop.models_dir / "my-mix")
    assert manifest is not None
    assert {file.place for file in manifest.files} == {
        "model_index.json",
        "transformer/diffusion_pytorch_model.safetensors.index.json",
        "transformer/one.safetensors",
        "transformer/two.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    }
    found = shop.store.verify("my-mix", CancelToken(), lambda _: None)
    assert found.on_disk is OnDisk.WHOLE


@pytest.mark.parametrize(
    "model", [TINY_VIDEO, TINY_AV, TINY_AV_23, TINY_AV_25], ids=lambda model: model.id
)
def test_the_family_is_read_from_the_shapes(tmp_path: Path, theirs: Path, model) -> None:
    shop = Shop(tmp_path / "home", model)
    named_wrongly = save(weights_like(model), theirs / "ltx-2.5-13b.safetensors")
    shop.add(named_wrongly)
    row = next(spec for spec in shop.provider.models() if spec.id == "my-mix")
    assert row.lora_family == model.spec.lora_family


@pytest.mark.parametrize("family", LORA_FAMILIES, ids=lambda family: family.id)
def test_the_real_families_are_told_apart(tmp_path: Path, family: LoraFamily) -> None:
    """2.3 has every layer of 2.5 with the same shape, and some more. The weights are a hole."""
    head: dict[str, object] = {}
    end = 0
    for layer in family.layers:
        name = layer.others[0] if layer.others else layer.name.removeprefix("transformer.")
        for number in range(layer.count if layer.name.startswith("transformer.") else 0):
            first, end = end, end + 2 * layer.in_features * layer.out_features
            head[f"model.diffusion_model.{name.replace('*', str(number))}.weight"] = {
                "dtype": "BF16",
                "shape": [layer.out_features, layer.in_features],
                "data_offsets": [first, end],
            }
    text = json.dumps(head).encode()
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text)
    os.truncate(file, 8 + len(text) + end)
    found = read_checkpoint(file, LORA_FAMILIES)
    assert (found.family, found.is_bfloat16) == (family, True)


def test_a_relative_of_the_built_in_model_is_none_that_can_be_added(shop: Shop) -> None:
    assert "LTX Mini is built in" in shop.refused(BUILTIN_FOLDER)


def test_what_is_converted_when_it_is_loaded_is_counted(shop: Shop, theirs: Path) -> None:
    """numpy has no bfloat16: these are in another 16 bit."""
    shop.add(save(weights_like(TINY_VIDEO), theirs / "mix.safetensors"))
    manifest = manifest_of(shop.models_dir / "my-mix")
    assert manifest is not None
    assert manifest.own is not None
    assert not manifest.own.is_mapped


def test_a_folder_with_scaled_weights_is_refused(shop: Shop, theirs: Path) -> None:
    folder = diffusers_folder(theirs, TINY_VIDEO)
    weights = weights_like(TINY_VIDEO)
    weights["proj_in.weight_scale"] = np.ones((), np.float32)
    (folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json").unlink()
    save(weights, folder / "transformer" / "one.safetensors")
    assert "in 8 bit with scales" in shop.refused(folder)


def test_it_is_run_like_the_model_that_is_named(shop: Shop, theirs: Path) -> None:
    Shop(shop.models_dir.parent, TINY_AV_GUIDED)
    file = save(weights_like(TINY_AV), theirs / "mix.safetensors")
    shop.add(file, like=TINY_AV_GUIDED.id)
    row = next(spec for spec in shop.provider.models() if spec.id == "my-mix")
    assert row.takes_negative_prompt is TINY_AV_GUIDED.spec.takes_negative_prompt


def test_files_are_copied_on_demand(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    shop.add(file, may_copy=True)
    file.unlink()
    found = shop.store.verify("my-mix", CancelToken(), lambda _: None)
    assert found.on_disk is OnDisk.WHOLE


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def pickled(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + b"x" * 500)


def other_shape(weights: Weights) -> Weights:
    return weights | {"proj_in.weight": np.zeros((7, 7), np.float16)}


def without_a_layer(weights: Weights) -> Weights:
    return {name: weight for name, weight in weights.items() if "blocks.1.attn1.to_q" not in name}


def with_a_third_block(weights: Weights) -> Weights:
    block = {name: weight for name, weight in weights.items() if "blocks.1." in name}
    return weights | {
        name.replace("blocks.1.", "blocks.2."): weight for name, weight in block.items()
    }


def of_another_kind(weights: Weights) -> Weights:
    return {"unet.down.0.weight": np.zeros((4, 4), np.float16)}


def in_whole_numbers(weights: Weights) -> Weights:
    return {name: weight.astype(np.int8) for name, weight in weights.items()}


def with_text(weights: Weights, name: str, text: object) -> Weights:
    return weights | {name: np.frombuffer(json.dumps(text).encode(), np.uint8)}


def in_turned_rows(weights: Weights) -> Weights:
    turned = {"format": "int8_tensorwise", "convrot": True}
    return with_text(weights, "proj_in.comfy_quant", turned)


def in_nvfp4(weights: Weights) -> Weights:
    return with_text(weights, "proj_in.comfy_quant", {"format": "nvfp4"})


def in_fp4(weights: Weights) -> Weights:
    return with_text(weights, "proj_in.weight.quant_state.bitsandbytes__fp4", {})


def packed_into_too_little(weights: Weights) -> Weights:
    state = {"quant_type": "nf4", "blocksize": 64, "shape": [32, 8]}
    name = "proj_in.weight"
    packed = {
        name: np.zeros((64, 1), np.uint8),
        f"{name}.absmax": np.zeros(4, np.float32),
        f"{name}.quant_map": np.zeros(16, np.float32),
    }
    return with_text(weights | packed, f"{name}.quant_state.bitsandbytes__nf4", state)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_shape, "'proj_in.weight' has the shape [7, 7], there [32, 8]"),
        (without_a_layer, "1 of its layers are missing, such as 'transformer_blocks.1.attn1.to_q'"),
        (with_a_third_block, "that family has no layer 'transformer_blocks.2."),
        (of_another_kind, "is of no known family"),
        (in_whole_numbers, "holds layers in 8 bit without scales"),
        (in_turned_rows, "holds layers in convrot"),
        (in_nvfp4, "holds layers in nvfp4"),
        (in_fp4, "holds layers in fp4"),
        (packed_into_too_little, "how 'proj_in.weight' is packed contradicts itself"),
    ],
)
def test_what_is_no_model_of_a_family_is_refused_with_the_reason(
    shop: Shop, theirs: Path, change: Callable[[Weights], Weights], said: str
) -> None:
    file = save(change(weights_like(TINY_VIDEO)), theirs / "mix.safetensors")
    assert said in shop.refused(file)


@pytest.mark.parametrize(
    ("spoil", "said"), [(cut_off, "is cut off"), (pickled, "is a pickle under the name of")]
)
def test_a_file_that_is_none_is_refused(shop: Shop, theirs: Path, spoil, said: str) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    spoil(file)
    assert said in shop.refused(file)


@pytest.mark.parametrize(("name", "said"), [("a.ckpt", "is a pickle"), ("a.gif", "is no .safe")])
def test_files_of_other_kinds_are_refused_by_name(
    shop: Shop, theirs: Path, name: str, said: str
) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / name)
    assert said in shop.refused(file)


def spoil_folder(folder: Path, what: str) -> None:
    match what:
        case "index":
            (folder / "model_index.json").unlink()
        case "part":
            shutil.rmtree(folder / "vae")
        case "shard":
            (folder / "transformer" / "two.safetensors").unlink()
        case "cut":
            cut_off(folder / "vae" / "diffusion_pytorch_model.safetensors")
        case "pickle":
            file = folder / "vae" / "diffusion_pytorch_model.safetensors"
            file.rename(file.with_suffix(".bin"))
        case _:
            index = {"transformer": ["diffusers", "T"], "../../evil": ["diffusers", "E"]}
            (folder / "model_index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("index", "is no folder in the layout of diffusers"),
        ("part", "vae/ is missing"),
        ("shard", "transformer/two.safetensors is missing, one of 2 shards"),
        ("cut", "is empty"),
        ("pickle", "vae/diffusion_pytorch_model.bin is a pickle"),
        ("name", "names a part that is no folder's name"),
    ],
)
def test_a_broken_folder_is_refused_with_the_reason(
    shop: Shop, theirs: Path, what: str, said: str
) -> None:
    folder = diffusers_folder(theirs, TINY_VIDEO)
    spoil_folder(folder, what)
    assert said in shop.refused(folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (TINY_VIDEO.id, "is taken"),
        ("auto", "is taken"),
        ("loras", "is taken"),
        ("../up", "is no name for a model"),
        ("", "is no name for a model"),
    ],
)
def test_a_name_that_cannot_be_is_refused(shop: Shop, theirs: Path, name: str, said: str) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    assert said in shop.refused(file, name)


def test_everything_that_is_wrong_is_told_at_once(shop: Shop, theirs: Path) -> None:
    said = shop.refused(theirs / "nothing", "a/b", "tiny-vidoe")
    assert "is no name" in said
    assert "Did you mean 'tiny-video'" in said
    assert "There is nothing at" in said


def test_a_single_file_without_its_relatives_names_the_command(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_AV_23), theirs / "mix.safetensors")
    with pytest.raises(NotConfigured, match=f"One of these has them: {TINY_AV_23.id}") as caught:
        shop.add(file)
    assert f"setup_ltx_video.py --model {TINY_AV_23.id}" in caught.value.hint
    assert "setup_ltx_video" not in caught.value.message
    assert "are not installed" in shop.refused(file, name="a/b")


def test_a_model_of_another_family_is_none_to_be_like(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    assert "'tiny-av' is none. These are: tiny-video" in shop.refused(file, like="tiny-av")


def test_removal_leaves_their_files_and_frees_the_name(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    shop.add(file)
    assert shop.store.remove("my-mix") < 20_000
    assert file.is_file()
    assert check_installed(shop.models_dir, TINY_VIDEO.id).on_disk is OnDisk.WHOLE
    assert "my-mix" not in {spec.id for spec in shop.provider.models()}
    shop.add(file)


def test_a_file_that_its_owner_changes_is_told_with_the_way_back(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    shop.add(file)
    cut_off(file)
    found = shop.provider.check(target("my-mix"))
    assert isinstance(found, NotReady)
    assert str(file) in found.reason
    assert "main.py models remove my-mix" in found.fix
    installation = shop.store.installation("my-mix")
    assert installation is not None
    assert installation.is_own
    with pytest.raises(UnsupportedRequest, match="nobody can download it"):
        shop.store.install_job("my-mix")


def test_stopped_on_its_way_nothing_is_left(shop: Shop, theirs: Path) -> None:
    file = save(weights_like(TINY_VIDEO), theirs / "mix.safetensors")
    token = CancelToken()

    def stop(_: float) -> None:
        token.cancel()

    with pytest.raises(JobCancelled):
        shop.store.add(file, "My Mix", None, token, stop)
    assert not list(shop.models_dir.glob("*mix"))
    left_by_a_killed_run = shop.models_dir / ".adding-my-mix" / "transformer"
    left_by_a_killed_run.mkdir(parents=True)
    assert shop.add(file).model == "my-mix"
    assert not left_by_a_killed_run.exists()


def test_auto_never_stands_for_ones_own(tmp_path: Path, theirs: Path) -> None:
    shop = Shop(tmp_path / "home")
    shop.add(diffusers_folder(theirs, TINY_VIDEO))
    request = RenderRequest(target=target(AUTO), prompt="a boat")
    assert shop.provider.resolve(request).model != "my-mix"
