"""LoRAs over image models: what fits changes the picture, what is of another kind is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from core.errors import UnsupportedRequest
from providers.engine.events import LaidLora, Made, Refused
from tests.providers.local_images.hosted_engine import Hosted, order_for
from tests.providers.local_images.tiny_rows import TINY_SDXL, TINY_Z, lora, tiny_request
from tests.providers.plain_diffusers.bare_images import HEIGHT, PROMPT, SEED, STEPS, WIDTH, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest

    Fitted = Callable[[RenderRequest], RenderPlan]


def _save_lora(file: Path, made: Path, model: str, part: str, layers: dict[str, str]) -> Path:
    """A LoRA of rank 2: by the layer of the model, what the file calls it."""
    weights: dict[str, torch.Tensor] = {}
    for stored in (made / model / part).glob("*.safetensors"):
        weights |= load_file(stored)
    generator = torch.Generator().manual_seed(3)
    tensors: dict[str, torch.Tensor] = {}
    down, up = ("lora_down", "lora_up") if "lora_unet" in str(layers) else ("lora_A", "lora_B")
    for layer, name in layers.items():
        out, into = weights[f"{layer}.weight"].shape
        tensors[f"{name}.{down}.weight"] = torch.randn(2, into, generator=generator)
        tensors[f"{name}.{up}.weight"] = torch.randn(out, 2, generator=generator)
    save_file(tensors, file)
    return file


@pytest.fixture(scope="module")
def z_lora(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = (
        f"layers.{block}.attention.{name}" for block in (0, 1) for name in ("to_q", "to_out.0")
    )
    file = tmp_path_factory.mktemp("loras") / "ink.safetensors"
    return _save_lora(
        file, made, "tiny-z", "transformer", {one: f"transformer.{one}" for one in names}
    )


def _picture(models_home: Path, plan: RenderPlan, workdir: Path, *loras: LaidLora) -> np.ndarray:
    workdir.mkdir()
    model = TINY_Z if plan.target.model == TINY_Z.id else TINY_SDXL
    made = Hosted(lambda: 0.0).answer(order_for(models_home, model, plan, workdir, *loras))[-1]
    assert isinstance(made, Made), made
    return np.asarray(Image.open(made.file)).astype(int)


def test_a_lora_works_as_in_diffusers_and_by_its_scale(
    models_home: Path, fitted: Fitted, tmp_path: Path, made: Path, z_lora: Path
) -> None:
    plan = fitted(tiny_request(TINY_Z, lora(z_lora, 0.8)))
    plain = _picture(models_home, plan, tmp_path / "plain")
    full = _picture(models_home, plan, tmp_path / "full", LaidLora(path=z_lora, scale=0.8))
    none = _picture(models_home, plan, tmp_path / "none", LaidLora(path=z_lora, scale=0.0))
    assert np.array_equal(none, plain)
    assert np.abs(full - plain).max() > 4

    pipeline = load(made / "tiny-z", "ZImagePipeline")
    pipeline.load_lora_weights(str(z_lora.parent), weight_name=z_lora.name, adapter_name="ink")
    pipeline.set_adapters(["ink"], [0.8])
    theirs = pipeline(
        prompt=PROMPT, width=WIDTH, height=HEIGHT, num_inference_steps=STEPS, guidance_scale=0.0,
        generator=torch.Generator("cpu").manual_seed(SEED),
    ).images[0]  # fmt: skip
    assert np.abs(full - np.asarray(theirs).astype(int)).max() <= 1


def test_several_add_up_in_any_order(
    models_home: Path, fitted: Fitted, tmp_path: Path, made: Path, z_lora: Path
) -> None:
    layer = "layers.1.feed_forward.w1"
    # As other programs write it, with the prefix of theirs.
    other = _save_lora(
        tmp_path / "paper.safetensors", made, "tiny-z", "transformer",
        {layer: f"diffusion_model.{layer}"},
    )  # fmt: skip
    plan = fitted(tiny_request(TINY_Z, lora(z_lora), lora(other, 0.5)))
    both = LaidLora(path=z_lora, scale=1.0), LaidLora(path=other, scale=0.5)
    one = _picture(models_home, plan, tmp_path / "one", both[0])
    two = _picture(models_home, plan, tmp_path / "two", *both)
    swapped = _picture(models_home, plan, tmp_path / "swapped", *reversed(both))
    assert np.array_equal(two, swapped)
    assert not np.array_equal(one, two)


def test_the_names_of_sdxl_are_those_of_kohya_and_of_its_makers(
    fitted: Fitted, tmp_path: Path, made: Path
) -> None:
    attention = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    for name in (
        f"lora_unet_{attention.replace('.', '_')}",
        "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q",
        f"unet.{attention}",
    ):
        file = _save_lora(
            tmp_path / f"{len(name)}.safetensors", made, "tiny-sdxl", "unet", {attention: name}
        )
        plan = fitted(tiny_request(TINY_SDXL, lora(file)))
        assert plan.memory_plan is not None


def test_one_of_another_family_is_refused_before_anything_is_loaded(
    fitted: Fitted, z_lora: Path
) -> None:
    with pytest.raises(UnsupportedRequest) as refused:
        fitted(tiny_request(TINY_SDXL, lora(z_lora)))
    (problem,) = refused.value.problems
    assert problem.field == "inputs.lora"
    assert "'ink.safetensors' is for another kind of model than tiny-sdxl" in problem.message


def test_one_of_another_size_is_refused(fitted: Fitted, tmp_path: Path) -> None:
    layer = "transformer.layers.0.attention.to_q"
    tensors = {
        f"{layer}.lora_A.weight": torch.ones(2, 48),
        f"{layer}.lora_B.weight": torch.ones(48, 2),
    }
    save_file(tensors, tmp_path / "wide.safetensors")
    with pytest.raises(UnsupportedRequest, match="another size than tiny-z"):
        fitted(tiny_request(TINY_Z, lora(tmp_path / "wide.safetensors")))


def test_the_engine_refuses_it_too_and_goes_on(
    models_home: Path, fitted: Fitted, tmp_path: Path, z_lora: Path
) -> None:
    """Whatever was planned: a file may be another by the time that it is read."""
    plan = fitted(tiny_request(TINY_SDXL))
    order = order_for(models_home, TINY_SDXL, plan, tmp_path, LaidLora(path=z_lora, scale=1.0))
    hosted = Hosted(lambda: 0.0)
    refused = hosted.answer(order)[-1]
    assert isinstance(refused, Refused), refused
    assert refused.kind == "UnsupportedRequest"
    assert not (tmp_path / "image.png").exists()
    made = hosted.answer(order_for(models_home, TINY_SDXL, plan, tmp_path))[-1]
    assert isinstance(made, Made)
