"""A trained LoRA in diffusers itself, which loads it through peft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from core.lora.training import Targets
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.training.adapter import TrainedLora
from tests.providers.engine.lora_of_diffusers import check_like_diffusers
from tests.providers.tiny_home import (
    EVERY_GENERATION,
    TINY_INFO,
    context_of,
    loras_of,
    order_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from providers.ltx_video.models.catalog import LocalModel


@pytest.mark.parametrize("model", EVERY_GENERATION, ids=lambda model: model.id)
def test_diffusers_makes_the_same_of_a_trained_file_as_the_engine(
    tiny_home: Path, tmp_path: Path, model: LocalModel
) -> None:
    layers = Targets.ATTENTION_AND_FEED_FORWARD.layers(loras_of(model))
    lora = TrainedLora(layers, rank=4, alpha=2, seed=1, device=torch.device("cpu"))
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, parameter in lora.named_parameters():
            if name.endswith("_up"):
                parameter += 0.3 * torch.randn(parameter.shape, generator=random)
    file = tmp_path / "ink.safetensors"
    save_file(lora.tensors(), file, {"alpha": "2", "rank": "4"})
    order = order_for(
        LocalLTX(context_of(tiny_home), EVERY_GENERATION, TINY_INFO), tiny_home, model, tmp_path
    )
    check_like_diffusers(order, file, loras_of(model))
