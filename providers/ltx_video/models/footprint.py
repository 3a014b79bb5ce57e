"""How large the parts of a model are, and what its pictures are made of."""

from __future__ import annotations

from pydantic import Field

from core.frozen import Frozen


class Footprint(Frozen):
    """The parameters of a model's parts, in billions, and what its pictures are made of.

    Attributes:
        transformer: the diffusion model.
        text_encoder, connectors: what turns the prompt into conditions.
        word_table: of the text encoder's what stays in 16 bit where its layers are in fewer.
        upsampler: what enlarges latents between two stages.
        enhancer: what rewrites prompts, where that is not the text encoder.
        video_vae, audio: the video encoder with its decoder; the audio decoder with its vocoder.
        hidden_size: width of the transformer, for the size of its activations.
        block_count: number of transformer blocks; offloading moves one after the other.
        decoder_channels: what the last stage of the video decoder computes for each 4×4 pixels.
        is_mapped: whether the transformer is stored in the 16 bit in which it is computed, so that
            its file is used as it lies there; else all of it is computed anew in main memory.
        quantization: what most of the transformer is stored in, such as "Q4_K", where its file is a
            GGUF; it stays so in memory, and each layer is unpacked when it is at work.
        quantized_gb: the size of the transformer then.
    """

    transformer: float = Field(gt=0)
    text_encoder: float = Field(gt=0)
    word_table: float = Field(default=0.0, ge=0)
    connectors: float = Field(default=0.0, ge=0)
    video_vae: float = Field(gt=0)
    upsampler: float = Field(default=0.0, ge=0)
    enhancer: float = Field(default=0.0, ge=0)
    audio: float = Field(default=0.0, ge=0)
    hidden_size: int = Field(gt=0)
    block_count: int = Field(gt=0)
    decoder_channels: int = Field(gt=0)
    is_mapped: bool = True
    quantization: str = ""
    quantized_gb: float = Field(default=0.0, ge=0)
