"""Tiny pipelines with random weights, of the very classes that the real models have."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo
from diffusers.models.autoencoders.autoencoder_kl_ltx2 import AutoencoderKLLTX2Video
from diffusers.models.autoencoders.autoencoder_kl_ltx2_audio import AutoencoderKLLTX2Audio
from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel
from diffusers.models.transformers.transformer_ltx2 import LTX2VideoTransformer3DModel
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import (
    LTX2ConditionPipeline,
)
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3ImageProcessorPil,
    Gemma3Processor,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    Gemma4ImageProcessorPil,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from tests.providers.plain_diffusers.plain_clips import bare_ltx_2, bare_ltx_video

WORDS = (
    "a red blue ball moving right left at sunset grey low quality blurry the camera".split()  # noqa: SIM905 - a list of words is harder to read
)


def save_tiny_ltx_video(folder: Path, *, head_width: int = 8, seed: int = 0) -> None:
    """An LTX-Video 0.9.x model of under 1 MB, its decoder conditioned on time as in 0.9.1."""
    torch.manual_seed(seed)
    pipeline = LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=AutoencoderKLLTXVideo(
            latent_channels=8,
            block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 8, 8, 8),
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1, 1),
            spatio_temporal_scaling=(True, True, True, False),
            decoder_spatio_temporal_scaling=(True, True, True, False),
            timestep_conditioning=True,
            patch_size=4,
            encoder_causal=True,
            decoder_causal=False,
        ),
        text_encoder=T5EncoderModel(
            T5Config(
                vocab_size=64,
                d_model=32,
                d_kv=8,
                d_ff=64,
                num_layers=2,
                num_heads=4,
                pad_token_id=0,
            )
        ).eval(),
        tokenizer=_tokenizer("$A </s>", {"</s>": 1}, max_length=256),
        transformer=LTXVideoTransformer3DModel(
            in_channels=8,
            out_channels=8,
            num_attention_heads=4,
            attention_head_dim=head_width,
            cross_attention_dim=4 * head_width,
            num_layers=2,
            caption_channels=32,
        ),
    )
    pipeline.save_pretrained(folder)


def _save_as_one_file(folder: Path, like: Path) -> None:
    """The same model as the makers publish it: the transformer in one file, under other names."""
    transformer = LTXVideoTransformer3DModel.from_pretrained(like, subfolder="transformer")
    renamed = {"proj_in.": "patchify_proj.", "time_embed.": "adaln_single."}
    renamed |= {"norm_q.": "q_norm.", "norm_k.": "k_norm."}
    weights = {"vae.decoder.unused": torch.zeros(3)}
    for name, weight in transformer.state_dict().items():
        for ours, theirs in renamed.items():
            name = name.replace(ours, theirs)
        weights[f"model.diffusion_model.{name}"] = weight.contiguous()
    shutil.copytree(like, folder)
    for file in (folder / "transformer").glob("*.safetensors"):
        file.unlink()
    save_file(weights, folder / "transformer" / "tiny.safetensors")


_GATED = {"gated_attn": True, "cross_attn_mod": True, "audio_gated_attn": True}
_LTX_23 = {
    **_GATED,
    "audio_cross_attn_mod": True,
    "perturbed_attn": True,
    "use_prompt_embeddings": False,
}
TRANSFORMERS: dict[str, dict[str, Any]] = {
    "2.0": {"caption_channels": 16},
    "2.3": _LTX_23,
    "2.5": {
        **_LTX_23,
        "use_prompt_adaln_single": False,
        "ff_bias": False,
        "audio_ff_bias": False,
        "use_keyframes_abs_pos_embedding": True,
    },
}
"""What the transformers of the generations differ in."""
_TEXT: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "sliding_window": 8,
}
_VISION: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
"""What the language models of all generations have in common."""


def save_tiny_ltx_2(folder: Path, generation: str = "2.0") -> None:
    """An LTX-2 model of about 2 MB, sound included."""
    torch.manual_seed(0)
    is_first = generation == "2.0"
    projections: dict[str, Any] = {
        "per_modality_projections": True,
        "video_hidden_dim": 32,
        "audio_hidden_dim": 16,
        "video_gated_attn": True,
        "audio_gated_attn": True,
        "proj_bias": True,
    }
    gemma = Gemma3ForConditionalGeneration(
        Gemma3Config(
            text_config=_TEXT | {"max_position_embeddings": 512},
            vision_config=_VISION | {"image_size": 28, "patch_size": 14},
            mm_tokens_per_image=4,
            image_token_index=60,
            boi_token_index=61,
            eoi_token_index=62,
        )
    ).eval()
    pipeline = LTX2ConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.1),
        vae=AutoencoderKLLTX2Video(
            latent_channels=8,
            block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 16, 32),
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1),
            spatial_compression_ratio=32,
            temporal_compression_ratio=8,
        ),
        audio_vae=AutoencoderKLLTX2Audio(
            base_channels=8, ch_mult=(1, 2, 4), num_res_blocks=1, latent_channels=2, mel_bins=16
        ),
        text_encoder=gemma,
        tokenizer=_tokenizer("<bos> $A", {"<bos>": 2}, max_length=1024),
        connectors=LTX2TextConnectors(
            caption_channels=16,
            text_proj_in_factor=3,
            video_connector_num_attention_heads=2,
            video_connector_attention_head_dim=8 if is_first else 16,
            video_connector_num_layers=1,
            video_connector_num_learnable_registers=32,
            audio_connector_num_attention_heads=2,
            audio_connector_attention_head_dim=8,
            audio_connector_num_layers=1,
            audio_connector_num_learnable_registers=32,
            **({} if is_first else projections),
        ),
        transformer=LTX2VideoTransformer3DModel(
            in_channels=8,
            out_channels=8,
            num_attention_heads=2,
            attention_head_dim=16,
            cross_attention_dim=32,
            audio_in_channels=8,
            audio_out_channels=8,
            audio_num_attention_heads=2,
            audio_attention_head_dim=8,
            audio_cross_attention_dim=16,
            num_layers=2,
            **TRANSFORMERS[generation],
        ),
        vocoder=LTX2Vocoder(
            in_channels=32,
            hidden_channels=16,
            upsample_kernel_sizes=[16, 15, 8],
            upsample_factors=[10, 10, 6],
            resnet_kernel_sizes=[3],
            resnet_dilations=[[1]],
        ),
    )
    pipeline.save_pretrained(folder)


_CHAT = """{% for message in messages %}{% if message.content is string %}{{ message.content }} \
{% else %}{% for part in message.content %}{% if part.type == 'image' %}IMAGE {% else %}\
{{ part.text }} {% endif %}{% endfor %}{% endif %}{% endfor %}"""


def _chatting_tokenizer(image: str) -> PreTrainedTokenizerFast:
    """One with a word for every number that a tiny language model may write, and for an image."""
    vocabulary = {"<pad>": 0, "</s>": 1, "<bos>": 2, "<unk>": 3, "<image>": 60}
    vocabulary |= {"<boi>": 61, "<eoi>": 62, "<audio>": 58, "<video>": 59}
    vocabulary |= {word: number for number, word in enumerate(WORDS, start=4)}
    known = set(vocabulary.values())
    vocabulary |= {f"word{n}": n for n in range(64) if n not in known}
    words = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    names = ("image", "boi", "eoi", "audio", "video")
    special = {f"{name}_token": f"<{name}>" for name in names}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<bos>",
        unk_token="<unk>",
        extra_special_tokens=special | {"boa_token": "<boi>", "eoa_token": "<eoi>"},
    )
    tokenizer.chat_template = _CHAT.replace("IMAGE", image)
    return tokenizer


def save_tiny_gemma_3_processor(folder: Path) -> None:
    """What lets the text encoder of a tiny LTX-2.0 or 2.3 rewrite prompts."""
    images = Gemma3ImageProcessorPil(size={"height": 28, "width": 28})
    processor = Gemma3Processor(images, _chatting_tokenizer("<boi>"), image_seq_length=4)
    processor.save_pretrained(folder / "processor")


def save_tiny_gemma_4(folder: Path) -> None:
    """What rewrites the prompts of a tiny LTX-2.5."""
    torch.manual_seed(1)
    text_config = _TEXT | {
        "global_head_dim": 8,
        "vocab_size_per_layer_input": 64,
        "hidden_size_per_layer_input": 4,
        "layer_types": ["sliding_attention", "full_attention"],
        "max_position_embeddings": 4096,
    }
    vision_config = _VISION | {
        "num_key_value_heads": 2,
        "head_dim": 8,
        "patch_size": 4,
        "pooling_kernel_size": 2,
        "position_embedding_size": 64,
    }
    Gemma4ForConditionalGeneration(
        Gemma4Config(
            text_config=text_config,
            vision_config=vision_config,
            audio_config=None,
            image_token_id=60,
            boi_token_id=61,
            eoi_token_id=62,
            audio_token_id=58,
            video_token_id=59,
        )
    ).eval().save_pretrained(folder / "prompt_enhancer")
    images = Gemma4ImageProcessorPil(patch_size=4, pooling_kernel_size=2, max_soft_tokens=70)
    _chatting_tokenizer("<image>").save_pretrained(folder / "processor")
    settings = {
        "processor_class": "Gemma4Processor",
        "image_seq_length": 70,
        "image_processor": images.to_dict(),
    }
    text = json.dumps(settings, default=str)
    (folder / "processor" / "processor_config.json").write_text(text, encoding="utf-8")


def _tokenizer(template: str, special: dict[str, int], max_length: int) -> PreTrainedTokenizerFast:
    vocabulary = {"<pad>": 0, "</s>": 1, "<bos>": 2, "<unk>": 3}
    vocabulary |= {word: number for number, word in enumerate(WORDS, start=4)}
    words = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(single=template, special_tokens=list(special.items()))
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<bos>",
        unk_token="<unk>",
        model_max_length=max_length,
    )


def main(folder: Path) -> None:
    """Write the tiny models, a start image and what plain diffusers makes with them."""
    image = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    image.save(folder / "start.png")
    save_tiny_ltx_video(folder / "tiny-video")
    _save_as_one_file(folder / "tiny-video-single", folder / "tiny-video")
    save_tiny_ltx_2(folder / "tiny-av")
    for version in ("2.3", "2.5"):
        save_tiny_ltx_2(folder / f"tiny-av-{version}", version)
    for task, start in (("t2v", None), ("i2v", image)):
        bare_ltx_video(folder / "tiny-video", start).save(folder / f"tiny-video-{task}.npz")
        for model, is_guided in (("tiny-av", False), ("tiny-av-guided", True)):
            reference = bare_ltx_2(folder / "tiny-av", start, is_guided=is_guided)
            reference.save(folder / f"{model}-{task}.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
