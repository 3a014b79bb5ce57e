"""Checkpoints of tiny models: nothing but layers with the right shapes, and a provider for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from safetensors.numpy import save_file

from core.video.provider import ProviderEntry
from providers.ltx_video.local import LocalLTX
from tests.providers.tiny_home import ALL_MODELS, TINY_INFO, install, loras_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from providers.ltx_video.models.catalog import LocalModel

TINY_ENTRY = ProviderEntry(TINY_INFO, lambda context: LocalLTX(context, ALL_MODELS, TINY_INFO))
"""The local provider with the tiny models in the place of the real ones."""

Weights = dict[str, np.ndarray]
T = TypeVar("T")
# What the makers call what diffusers renamed, the longest names first.
MAKERS_NAMES = {
    "video_a2v_cross_attn_scale_shift_table": "scale_shift_table_a2v_ca_video",
    "audio_a2v_cross_attn_scale_shift_table": "scale_shift_table_a2v_ca_audio",
    "av_cross_attn_video_scale_shift.": "av_ca_video_scale_shift_adaln_single.",
    "av_cross_attn_audio_scale_shift.": "av_ca_audio_scale_shift_adaln_single.",
    "av_cross_attn_video_a2v_gate.": "av_ca_a2v_gate_adaln_single.",
    "av_cross_attn_audio_v2a_gate.": "av_ca_v2a_gate_adaln_single.",
    "prompt_adaln.": "prompt_adaln_single.",
    "time_embed.": "adaln_single.",
    "proj_in.": "patchify_proj.",
    "norm_q.": "q_norm.",
    "norm_k.": "k_norm.",
}


def as_the_makers_name_it(weights: Mapping[str, T], prefix: str = "") -> dict[str, T]:
    """The same under the names that other programs know."""
    renamed: dict[str, T] = {}
    for name, weight in weights.items():
        for ours, theirs in MAKERS_NAMES.items():
            name = name.replace(ours, theirs)
        renamed[prefix + name] = weight
    return renamed


def weights_like(model: LocalModel, prefix: str = "") -> Weights:
    """The layers of a model's transformer, each with its shape."""
    return {
        f"{prefix}{layer.numbered(number).name.removeprefix('transformer.')}.weight": np.zeros(
            (layer.out_features, layer.in_features), np.float16
        )
        for layer in loras_of(model).layers
        if layer.name.startswith("transformer.")
        for number in range(layer.count)
    }


def save(weights: Weights, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path)
    return path


def diffusers_folder(folder: Path, model: LocalModel) -> Path:
    """A folder in the layout of diffusers, its transformer in two shards."""
    weights = weights_like(model)
    names = sorted(weights)
    shards = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
    for shard, held in shards.items():
        save({name: weights[name] for name in held}, folder / "transformer" / shard)
    table = {name: shard for shard, held in shards.items() for name in held}
    index = folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": table}))
    save({"w": np.zeros(3, np.float32)}, folder / "vae" / "diffusion_pytorch_model.safetensors")
    parts = {"transformer": ["diffusers", "T"], "vae": ["diffusers", "V"], "absent": [None, None]}
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "P", **parts}))
    (folder / "notes.txt").write_text("mine")
    return folder


def install_layers(models_dir: Path, model: LocalModel) -> Path:
    """A model that counts as installed and can render nothing."""
    folder = diffusers_folder(models_dir / model.id, model)
    (folder / "transformer" / "config.json").write_text("{}")
    install(folder, model)
    return folder
