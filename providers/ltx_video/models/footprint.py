"""How much of each part a model has, which is what its memory need is computed from."""

from __future__ import annotations

from pydantic import Field

from core.frozen import Frozen


class Footprint(Frozen):
    """The parameters of a model's parts, in billions, and what its pictures are made of.

    Attributes:
        transformer: the diffusion model; the only part that is ever stored in fewer bits.
        text_encoder, connectors: what turns the prompt into conditions.
        video_vae, audio: the video encoder with its decoder; the audio decoder with its vocoder.
        hidden_size: width of the transformer, for the size of its activations.
        block_count: number of transformer blocks; offloading moves one after the other.
        decoder_channels: what the last stage of the video decoder computes for each 4×4 pixels.
    """

    transformer: float = Field(gt=0)
    text_encoder: float = Field(gt=0)
    connectors: float = Field(default=0.0, ge=0)
    video_vae: float = Field(gt=0)
    audio: float = Field(default=0.0, ge=0)
    hidden_size: int = Field(gt=0)
    block_count: int = Field(gt=0)
    decoder_channels: int = Field(gt=0)
