"""A tiny model in every quantisation, and what plain diffusers makes with each file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel
from diffusers.quantizers.quantization_config import GGUFQuantizationConfig
from safetensors.numpy import load_file

from tests.fakes.checkpoints import as_the_makers_name_it
from tests.providers.gguf_files import write_gguf
from tests.providers.plain_diffusers.plain_clips import bare_ltx_video
from tests.providers.plain_diffusers.tiny_models import save_tiny_ltx_video

if TYPE_CHECKING:
    import numpy as np

KINDS = ("Q8_0", "Q6_K", "Q5_K", "Q4_K", "Q4_0", "Q3_K")
WIDE = "wide-video"
OTHER = "other-weights"
STEPS = 2


def main(folder: Path) -> None:
    """Write the model, its transformer in each quantisation, and the clips of plain diffusers."""
    save_tiny_ltx_video(folder / WIDE, head_width=64)
    save_tiny_ltx_video(folder / OTHER, head_width=64, seed=1)
    other = LTXVideoTransformer3DModel.from_pretrained(folder / OTHER, subfolder="transformer")
    for name, transformer in ((WIDE, None), (OTHER, other)):
        bare_ltx_video(folder / WIDE, None, transformer, steps=STEPS).save(folder / f"{name}.npz")
    weights = transformer_of(folder / WIDE)
    for kind in KINDS:
        file = write_gguf(folder / f"{kind}.gguf", as_the_makers_name_it(weights), kind)
        transformer = LTXVideoTransformer3DModel.from_single_file(
            str(file),
            config=str(folder / WIDE),
            subfolder="transformer",
            quantization_config=GGUFQuantizationConfig(torch.float32),
            dtype=torch.float32,
            local_files_only=True,
        )
        bare_ltx_video(folder / WIDE, None, transformer, steps=STEPS).save(folder / f"{kind}.npz")


def transformer_of(folder: Path) -> dict[str, np.ndarray]:
    """The weights of a model's transformer by their names in diffusers."""
    (file,) = (folder / "transformer").glob("*.safetensors")
    return load_file(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
