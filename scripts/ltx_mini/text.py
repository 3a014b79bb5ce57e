"""LTX Mini's tokenizer, which knows its vocabulary, and its text encoder, never trained."""

from __future__ import annotations

import torch
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordLevel
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)

from providers.ltx_video.mini.vocabulary import replacements, tokens

MAX_TOKENS = 32
HIDDEN = 64
LAYERS = 2
_SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>", "<image>", "<boi>", "<eoi>")
_ENCODER_SEED = 7


def build_tokenizer() -> PreTrainedTokenizerFast:
    """One token for each value of the vocabulary, whatever synonym names it.

    All other words are left out.
    """
    words = [*_SPECIAL, *(f"<{token}>" for token in tokens())]
    tokenizer = Tokenizer(
        WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>")
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            *(normalizers.Replace(Regex(pattern), token) for pattern, token in replacements()),
            normalizers.Replace(Regex(r"(?:^|(?<=>))[^<]*"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        model_max_length=MAX_TOKENS,
    )


def build_text_encoder() -> Gemma3ForConditionalGeneration:
    """A Gemma 3 of two layers with random weights.

    It tells words apart; the connectors learn what they mean.
    """
    torch.manual_seed(_ENCODER_SEED)
    text = Gemma3TextConfig(
        vocab_size=len(_SPECIAL) + len(tokens()),
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=256,
        sliding_window=256,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    vision = SiglipVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    config = Gemma3Config(
        text_config=text.to_dict(),
        vision_config=vision.to_dict(),
        mm_tokens_per_image=1,
        image_token_index=4,
        boi_token_index=5,
        eoi_token_index=6,
    )
    encoder = Gemma3ForConditionalGeneration(config).eval()
    words = encoder.get_input_embeddings()
    assert isinstance(words, torch.nn.Embedding)
    with torch.no_grad():
        # With this spread every word's vector is as long as the others and far from them.
        words.weight.normal_(0, 1 / HIDDEN**0.5)
    return encoder.requires_grad_(False)


@torch.no_grad()
def encode(
    tokenizer: PreTrainedTokenizerFast, encoder: Gemma3ForConditionalGeneration, captions: list[str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hidden states (n, 32, hidden x layers) and mask (n, 32), as the LTX-2 pipelines make them."""
    read = tokenizer(
        captions, padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt"
    )
    states = encoder(
        input_ids=read.input_ids, attention_mask=read.attention_mask, output_hidden_states=True
    )
    return torch.stack(states.hidden_states, dim=-1).flatten(2, 3), read.attention_mask
