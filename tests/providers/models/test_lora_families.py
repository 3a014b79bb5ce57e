"""The layers of each family against the classes of diffusers, built without any weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from providers.ltx_video.models import lora_families
from providers.ltx_video.models.catalog import MODELS
from providers.ltx_video.models.lora_families import LORA_FAMILIES

if TYPE_CHECKING:
    from core.lora.lora_family import LoraFamily

ROOT = Path(__file__).resolve().parents[3]
MINI = ROOT / "providers" / "ltx_video" / "mini"

# The differences of each generation's published config files from the defaults of the classes.
_GATED = {
    "gated_attn": True,
    "cross_attn_mod": True,
    "audio_gated_attn": True,
    "audio_cross_attn_mod": True,
    "use_prompt_embeddings": False,
    "perturbed_attn": True,
}
_CONNECTORS = {
    "video_connector_num_attention_heads": 32,
    "video_connector_num_layers": 8,
    "video_gated_attn": True,
    "audio_connector_num_attention_heads": 32,
    "audio_connector_attention_head_dim": 64,
    "audio_connector_num_layers": 8,
    "audio_gated_attn": True,
    "per_modality_projections": True,
    "proj_bias": True,
}
CONFIGS: dict[str, dict[str, object]] = {
    "ltx-video-2b": {"video": {}},
    "ltx-video-13b": {
        "video": {"attention_head_dim": 128, "num_layers": 48, "cross_attention_dim": 4096}
    },
    "ltx-2-19b": {"av": {}, "connectors": {}},
    "ltx-2.3": {"av": _GATED, "connectors": _CONNECTORS},
    "ltx-2.5": {
        "av": {**_GATED, "use_prompt_adaln_single": False, "ff_bias": False},
        "connectors": _CONNECTORS,
    },
    "ltx-mini": {
        "av": json.loads((MINI / "transformer" / "config.json").read_text()),
        "connectors": json.loads((MINI / "connectors" / "config.json").read_text()),
    },
}
_LIST_LAYERS = """
import json, sys, torch
from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel as Video
from diffusers.models.transformers.transformer_ltx2 import LTX2VideoTransformer3DModel as AV
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors as Connectors
classes = {"video": (Video, "transformer"), "av": (AV, "transformer")}
classes["connectors"] = (Connectors, "connectors")
found = {}
for family, parts in json.load(sys.stdin).items():
    layers = found[family] = {}
    for part, config in parts.items():
        kind, name = classes[part]
        with torch.device("meta"):
            model = kind.from_config(config)
        for inner, module in model.named_modules():
            if isinstance(module, torch.nn.Linear):
                layers[f"{name}.{inner}"] = [module.in_features, module.out_features]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def listed() -> dict[str, dict[str, list[int]]]:
    """The linear layers of diffusers' own models, from a process that builds them all."""
    process = subprocess.run(
        [sys.executable, "-c", _LIST_LAYERS],
        input=json.dumps(CONFIGS),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(process.stdout.splitlines()[-1])


def layers_of(family: LoraFamily) -> dict[str, list[int]]:
    return {
        layer.name.replace("*", str(number)): [layer.in_features, layer.out_features]
        for layer in family.layers
        for number in range(layer.count)
    }


@pytest.mark.parametrize("family", LORA_FAMILIES, ids=lambda family: family.id)
def test_the_layers_are_those_of_the_classes(
    family: LoraFamily, listed: dict[str, dict[str, list[int]]]
) -> None:
    assert layers_of(family) == listed[family.id]


def test_each_model_of_the_catalogue_has_its_family() -> None:
    assert {model.id: model.spec.lora_family for model in MODELS} == {
        "ltx-2.5-distilled": "ltx-2.5",
        "ltx-2.5-distilled-q4": "ltx-2.5",
        "ltx-2.5-distilled-q3": "ltx-2.5",
        "ltx-2.5": "ltx-2.5",
        "ltx-2.5-q4": "ltx-2.5",
        "ltx-2.3-distilled": "ltx-2.3",
        "ltx-2.3-distilled-fp8": "ltx-2.3",
        "ltx-2.3-distilled-q4": "ltx-2.3",
        "ltx-2.3-distilled-q3": "ltx-2.3",
        "ltx-2.3": "ltx-2.3",
        "ltx-2.3-fp8": "ltx-2.3",
        "ltx-2.3-q4": "ltx-2.3",
        "ltx-2-19b-distilled": "ltx-2-19b",
        "ltx-2-19b": "ltx-2-19b",
        "ltx-video-13b-0.9.8-distilled": "ltx-video-13b",
        "ltx-video-13b-0.9.8-distilled-fp8": "ltx-video-13b",
        "ltx-video-13b-0.9.8-distilled-q3": "ltx-video-13b",
        "ltx-video-13b-0.9.8-dev": "ltx-video-13b",
        "ltx-video-13b-0.9.8-dev-fp8": "ltx-video-13b",
        "ltx-video-13b-0.9.7-distilled": "ltx-video-13b",
        "ltx-video-13b-0.9.7-distilled-q4": "ltx-video-13b",
        "ltx-video-13b-0.9.7-dev": "ltx-video-13b",
        "ltx-video-13b-0.9.7-dev-q4": "ltx-video-13b",
        "ltx-video-2b-0.9.8-distilled": "ltx-video-2b",
        "ltx-video-2b-0.9.8-distilled-fp8": "ltx-video-2b",
        "ltx-video-2b-0.9.6-distilled": "ltx-video-2b",
        "ltx-video-2b-0.9.6-distilled-q4": "ltx-video-2b",
        "ltx-video-2b-0.9.6-dev": "ltx-video-2b",
        "ltx-video-2b-0.9.5": "ltx-video-2b",
        "ltx-mini": "ltx-mini",
    }
    assert len({family.id for family in lora_families.LORA_FAMILIES}) == len(LORA_FAMILIES)
