"""A model's shapes without its weights: LTX-2.3 as it is, and a tiny one of the same classes."""

# pyright: standard

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accelerate import init_empty_weights
from diffusers.models.autoencoders.autoencoder_kl_ltx2 import AutoencoderKLLTX2Video
from diffusers.models.autoencoders.autoencoder_kl_ltx2_audio import AutoencoderKLLTX2Audio
from diffusers.models.transformers.transformer_ltx2 import LTX2VideoTransformer3DModel
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from diffusers.pipelines.ltx2.vocoder import LTX2VocoderWithBWE
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import Gemma3Config, Gemma3ForConditionalGeneration, PreTrainedTokenizerFast

from core.video.spec import Precision
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.footprint import Footprint
from providers.ltx_video.models.info import LTXModel

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from providers.ltx_video.models.profiles import Profile

MODEL = BY_ID[LTXModel.LTX_2_3_DISTILLED.value]
"""The model that is measured."""

_CLASSES: dict[str, Any] = {
    "transformer": LTX2VideoTransformer3DModel,
    "connectors": LTX2TextConnectors,
    "vae": AutoencoderKLLTX2Video,
    "audio_vae": AutoencoderKLLTX2Audio,
    "vocoder": LTX2VocoderWithBWE,
    "text_encoder": Gemma3ForConditionalGeneration,
}
# The index of a model names parts of the pipeline by its folder.
_LIBRARIES = {"connectors": "ltx2", "vocoder": "ltx2", "text_encoder": "transformers"}


@dataclass(frozen=True)
class ClipSize:
    """A clip in pixels and frames."""

    width: int
    height: int
    num_frames: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.num_frames}"


@dataclass(frozen=True)
class Shapes:
    """A model without weights.

    Attributes:
        configs: of each part, what its class is given; the rest is as the class has it.
        clips: of which sizes clips are measured.
        profile: how it is run.
        footprint: what the memory plan knows of it; None has it counted.
    """

    name: str
    configs: dict[str, dict[str, Any]]
    clips: tuple[ClipSize, ...]
    profile: Profile = MODEL.profile
    footprint: Footprint | None = None


# As converted by diffusers' own script for 2.3 (scripts/convert_ltx2_to_diffusers.py), but for
# what its classes have by default.
_TRANSFORMER = {
    "gated_attn": True,
    "cross_attn_mod": True,
    "audio_gated_attn": True,
    "audio_cross_attn_mod": True,
    "use_prompt_embeddings": False,
    "perturbed_attn": True,
    "rope_type": "split",
}
_CONNECTORS = {
    "video_gated_attn": True,
    "audio_gated_attn": True,
    "rope_type": "split",
    "per_modality_projections": True,
    "proj_bias": True,
}
_VAE = {
    "decoder_causal": False,
    "decoder_spatial_padding_mode": "zeros",
    "decoder_spatio_temporal_scaling": (True, True, True, True),
    "decoder_inject_noise": (False, False, False, False, False),
    "upsample_type": ("spatiotemporal", "spatiotemporal", "temporal", "spatial"),
    "upsample_residual": (False, False, False, False),
    "upsample_factor": (2, 2, 1, 2),
    "spatial_compression_ratio": 32,
    "temporal_compression_ratio": 8,
}
LTX_2_3 = Shapes(
    name="LTX-2.3",
    configs={
        "transformer": _TRANSFORMER,
        "connectors": {
            **_CONNECTORS,
            "video_connector_num_attention_heads": 32,
            "video_connector_num_layers": 8,
            "audio_connector_num_attention_heads": 32,
            "audio_connector_attention_head_dim": 64,
            "audio_connector_num_layers": 8,
        },
        "vae": {
            **_VAE,
            "block_out_channels": (256, 512, 1024, 1024),
            "decoder_block_out_channels": (256, 512, 512, 1024),
            "layers_per_block": (4, 6, 4, 2, 2),
            "decoder_layers_per_block": (4, 6, 4, 2, 2),
        },
        "audio_vae": {},
        "vocoder": {},
        # Gemma 3 12B.
        "text_encoder": {
            "text_config": {
                "vocab_size": 262_208,
                "hidden_size": 3840,
                "intermediate_size": 15_360,
                "num_hidden_layers": 48,
                "num_attention_heads": 16,
                "num_key_value_heads": 8,
                "head_dim": 256,
                "sliding_window": 1024,
            },
            "vision_config": {
                "hidden_size": 1152,
                "intermediate_size": 4304,
                "num_hidden_layers": 27,
                "num_attention_heads": 16,
                "image_size": 896,
                "patch_size": 14,
            },
        },
    },
    clips=(ClipSize(768, 512, 121), ClipSize(1216, 704, 121)),
    footprint=MODEL.footprint,
)
TINY = Shapes(
    name="A tiny stand-in for LTX-2.3",
    configs={
        "transformer": {
            **_TRANSFORMER,
            "in_channels": 8,
            "out_channels": 8,
            "num_attention_heads": 2,
            "attention_head_dim": 16,
            "cross_attention_dim": 32,
            "audio_in_channels": 8,
            "audio_out_channels": 8,
            "audio_num_attention_heads": 2,
            "audio_attention_head_dim": 8,
            "audio_cross_attention_dim": 16,
            "num_layers": 2,
        },
        "connectors": {
            **_CONNECTORS,
            "caption_channels": 16,
            "text_proj_in_factor": 3,
            "video_hidden_dim": 32,
            "audio_hidden_dim": 16,
            "video_connector_num_attention_heads": 2,
            "video_connector_attention_head_dim": 16,
            "video_connector_num_layers": 1,
            "audio_connector_num_attention_heads": 2,
            "audio_connector_attention_head_dim": 8,
            "audio_connector_num_layers": 1,
        },
        "vae": {
            **_VAE,
            "latent_channels": 8,
            "block_out_channels": (8, 8, 8, 8),
            "decoder_block_out_channels": (8, 16, 16, 32),
            "layers_per_block": (1, 1, 1, 1, 1),
            "decoder_layers_per_block": (1, 1, 1, 1, 1),
        },
        "audio_vae": {
            "base_channels": 8,
            "num_res_blocks": 1,
            "latent_channels": 2,
            "mel_bins": 16,
        },
        "vocoder": {
            "in_channels": 32,
            "hidden_channels": 64,
            "resnet_kernel_sizes": [3],
            "resnet_dilations": [[1]],
            "bwe_hidden_channels": 32,
            "bwe_resnet_kernel_sizes": [3],
            "bwe_resnet_dilations": [[1]],
        },
        "text_encoder": {
            "text_config": {
                "vocab_size": 64,
                "hidden_size": 16,
                "intermediate_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "sliding_window": 8,
                "max_position_embeddings": 2048,
            },
            "vision_config": {
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "image_size": 28,
                "patch_size": 14,
            },
            "mm_tokens_per_image": 4,
            "image_token_index": 60,
            "boi_token_index": 61,
            "eoi_token_index": 62,
        },
    },
    clips=(ClipSize(96, 64, 17),),
    # On a processor decoders compute in 32 bit, and one call of diffusers rounds in between.
    profile=MODEL.profile.model_copy(update={"dtype": Precision.FLOAT32}),
)


def empty_part(part_class: Any, config: Any) -> torch.nn.Module:
    """A part that has its shapes and no weights; what it computes by itself it has."""
    with init_empty_weights(include_buffers=False):
        if isinstance(config, Gemma3Config):
            part = part_class(config)
        else:
            part = part_class.from_config(config)
    if isinstance(config, Gemma3Config):
        part.tie_weights()
    return part


def empty_parts(shapes: Shapes) -> dict[str, torch.nn.Module]:
    """Every part of a model without weights, by name."""
    return {
        name: empty_part(_CLASSES[name], Gemma3Config(**config))
        if name == "text_encoder"
        else empty_part(_CLASSES[name], config)
        for name, config in shapes.configs.items()
    }


def write_model_folder(shapes: Shapes, folder: Path) -> Path:
    """A model in the layout of diffusers that has everything but weights."""
    folder.mkdir(parents=True)
    index: dict[str, Any] = {"_class_name": "LTX2ConditionPipeline"}
    for name, part in empty_parts(shapes).items():
        index[name] = [_LIBRARIES.get(name, "diffusers"), type(part).__name__]
        if isinstance(part, Gemma3ForConditionalGeneration):
            part.config.save_pretrained(folder / name)
        else:
            part.save_config(folder / name)  # type: ignore[operator] - of every class of diffusers
    index["scheduler"] = ["diffusers", FlowMatchEulerDiscreteScheduler.__name__]
    FlowMatchEulerDiscreteScheduler().save_pretrained(folder / "scheduler")
    index["tokenizer"] = ["transformers", PreTrainedTokenizerFast.__name__]
    _tokenizer().save_pretrained(folder / "tokenizer")
    (folder / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    """One that knows no word; the model reads as many places as ever, whatever stands there."""
    vocabulary = {"<pad>": 0, "</s>": 1, "<bos>": 2, "<unk>": 3}
    words = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<bos>",
        unk_token="<unk>",
        model_max_length=MODEL.profile.max_sequence_length,
    )


def counted_footprint(shapes: Shapes) -> Footprint:
    """The parameters of a model's parts, counted."""
    parts = empty_parts(shapes)
    billions = {
        name: sum(parameter.numel() for parameter in part.parameters()) / 1e9
        for name, part in parts.items()
    }
    transformer: Any = parts["transformer"].config
    vae: Any = parts["vae"].config
    return Footprint(
        transformer=billions["transformer"],
        text_encoder=billions["text_encoder"],
        connectors=billions["connectors"],
        video_vae=billions["vae"],
        audio=billions["audio_vae"] + billions["vocoder"],
        hidden_size=transformer.num_attention_heads * transformer.attention_head_dim,
        block_count=transformer.num_layers,
        decoder_channels=vae.decoder_block_out_channels[0] // 2,
    )
