"""Tiny image models with random weights, and what plain diffusers makes with them.

Run as a module, with a folder: one model a family below it, each in the layout of diffusers.
"""

# pyright: basic, reportPrivateImportUsage=false
# What diffusers annotates is less than its classes take.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    QwenImageEditPlusPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen2VLImageProcessorPil,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
)

from tests.providers.plain_diffusers.bare_images import draw_inputs

_CHAT = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>\n' }}{% endfor %}"
)
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
            "<|image_pad|>", "<|video_pad|>")  # fmt: skip
_VOCABULARY = 300


def _qwen_tokenizer() -> Qwen2Tokenizer:
    letters = sorted(ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], model_max_length=4096)
    tokenizer.add_special_tokens({"additional_special_tokens": list(_SPECIAL)})
    tokenizer.pad_token = "<|endoftext|>"
    tokenizer.chat_template = _CHAT
    return tokenizer


def _clip_tokenizer() -> CLIPTokenizer:
    letters = sorted(ByteLevel.alphabet())
    ends = [f"{letter}</w>" for letter in letters]
    special = ["<|startoftext|>", "<|endoftext|>"]
    words = {word: number for number, word in enumerate([*letters, *ends, *special])}
    return CLIPTokenizer(vocab=words, merges=[], model_max_length=77)


def _qwen3(hidden: int, layers: int) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=_VOCABULARY,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=hidden // 2,
        max_position_embeddings=4096,
    )


def _vae(channels: int, **more: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        layers_per_block=1,
        norm_num_groups=4,
        **more,
    )


def save_z_image(folder: Path, seed: int = 0) -> None:
    """Z-Image."""
    torch.manual_seed(seed)
    transformer = ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 64, 64],
    )
    for name in ("x_pad_token", "cap_pad_token"):
        torch.nn.init.normal_(getattr(transformer, name), std=0.02)
    ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_vae(4, scaling_factor=0.36, shift_factor=0.11, use_quant_conv=False,
                 use_post_quant_conv=False),
        text_encoder=Qwen3Model(_qwen3(16, 2)),
        tokenizer=_qwen_tokenizer(),
        transformer=transformer,
    ).save_pretrained(folder)  # fmt: skip


def save_klein(folder: Path, seed: int = 0) -> None:
    """FLUX.2 klein, distilled."""
    torch.manual_seed(seed)
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=4
    )
    vae.bn.running_mean.normal_(std=0.1)
    vae.bn.running_var.fill_(1.2)
    Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=vae,
        # Of 28 layers three are read, and their number stands in the pipeline.
        text_encoder=Qwen3ForCausalLM(_qwen3(16, 28)),
        tokenizer=_qwen_tokenizer(),
        transformer=Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=48,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ),
        is_distilled=True,
    ).save_pretrained(folder)


def _unet(cross: int, **more: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=(2, 4),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        use_linear_projection=True,
        cross_attention_dim=cross,
        **more,
    )


def _clip_config(width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=600,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=width,
        max_position_embeddings=77,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )


def save_sdxl(folder: Path, seed: int = 0) -> None:
    """SDXL."""
    torch.manual_seed(seed)
    StableDiffusionXLPipeline(
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", timestep_spacing="leading"),
        vae=_vae(4, scaling_factor=0.13),
        text_encoder=CLIPTextModel(_clip_config(16)),
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(16)),
        tokenizer=_clip_tokenizer(),
        tokenizer_2=_clip_tokenizer(),
        unet=_unet(
            32,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=64,
            transformer_layers_per_block=(1, 1),
        ),
    ).save_pretrained(folder)


def save_sd_1(folder: Path, seed: int = 0) -> None:
    """Stable Diffusion 1, which is not offered."""
    torch.manual_seed(seed)
    StableDiffusionPipeline(
        scheduler=EulerDiscreteScheduler(),
        vae=_vae(4),
        text_encoder=CLIPTextModel(_clip_config(16)),
        tokenizer=_clip_tokenizer(),
        unet=_unet(16),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def _qwen_vl() -> Qwen2_5_VLForConditionalGeneration:
    tokens = {name: 256 + number for number, name in enumerate(_SPECIAL)}
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": _VOCABULARY,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_scaling": {"type": "default", "mrope_section": [1, 1, 2]},
            "max_position_embeddings": 4096,
        },
        vision_config={
            "depth": 2,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
            "fullatt_block_indexes": [1],
        },
        image_token_id=tokens["<|image_pad|>"],
        video_token_id=tokens["<|video_pad|>"],
        vision_start_token_id=tokens["<|vision_start|>"],
        vision_end_token_id=tokens["<|vision_end|>"],
    )
    return Qwen2_5_VLForConditionalGeneration(config)


def _qwen_parts() -> dict[str, Any]:
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        "vae": AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=[0.1, -0.1, 0.2, 0.0],
            latents_std=[1.1, 0.9, 1.2, 1.0],
        ),
        "text_encoder": _qwen_vl(),
        "tokenizer": _qwen_tokenizer(),
        "transformer": QwenImageTransformer2DModel(
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            axes_dims_rope=(8, 4, 4),
        ),
    }


def save_qwen_image(folder: Path, seed: int = 0) -> None:
    """Qwen-Image."""
    torch.manual_seed(seed)
    QwenImagePipeline(**_qwen_parts()).save_pretrained(folder)


def save_qwen_edit(folder: Path, seed: int = 0) -> None:
    """Qwen-Image-Edit, which takes several images."""
    torch.manual_seed(seed)
    parts = _qwen_parts()
    images = Qwen2VLImageProcessorPil(size={"shortest_edge": 28 * 28, "longest_edge": 4 * 28 * 28})
    QwenImageEditPlusPipeline(processor=None, **parts).save_pretrained(folder)
    for part in (images, parts["tokenizer"]):
        part.save_pretrained(folder / "processor")
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    index["processor"] = ["transformers", "Qwen2VLProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index), encoding="utf-8")


def save_z_image_file(file: Path, like: Path) -> None:
    """Its transformer in one file, as its makers' own program writes it."""
    weights = ZImageTransformer2DModel.from_pretrained(like, subfolder="transformer").state_dict()
    renamed = {"all_final_layer.2-1.": "final_layer.", "all_x_embedder.2-1.": "x_embedder."}
    renamed |= {
        ".attention.to_out.0.": ".attention.out.",
        ".attention.norm_k.": ".attention.k_norm.",
    }
    renamed |= {".attention.norm_q.": ".attention.q_norm."}
    theirs: dict[str, torch.Tensor] = {}
    for name, weight in weights.items():
        if ".attention.to_q." in name:
            three = [weights[name.replace("to_q", part)] for part in ("to_q", "to_k", "to_v")]
            theirs[name.replace("to_q", "qkv")] = torch.cat(three)
        elif ".attention.to_k." not in name and ".attention.to_v." not in name:
            for ours, other in renamed.items():
                name = name.replace(ours, other)
            theirs[name] = weight
    save_file({name: weight.contiguous() for name, weight in theirs.items()}, file)


SAVED = {
    "tiny-z": save_z_image,
    "tiny-klein": save_klein,
    "tiny-sdxl": save_sdxl,
    "tiny-qwen": save_qwen_image,
    "tiny-qwen-edit": save_qwen_edit,
    "tiny-sd": save_sd_1,
}

if __name__ == "__main__":
    target = Path(sys.argv[1])
    for name, save in SAVED.items():
        save(target / name)
    save_z_image_file(target / "z-image-own.safetensors", target / "tiny-z")
    draw_inputs(target)
