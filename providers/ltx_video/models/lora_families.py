"""The layers that a LoRA can change in each family of LTX models, worked out of their shapes.

The shapes are those of the models' own config files; a test holds the layers against the classes
of diffusers. Names in `others` are those of the makers' own files, which ComfyUI uses too.
"""

from __future__ import annotations

from core.frozen import Frozen
from core.lora.lora_family import LoraFamily, LoraLayer
from providers.ltx_video.models.control_video import FOR_SHEETS

_TIMES = 256  # what a time is written as before the first layer reads it
_FEED_FORWARD = 4


class VideoShape(Frozen):
    """What decides about the layers of LTX-Video; words as in its config."""

    num_attention_heads: int = 32
    attention_head_dim: int = 64
    num_layers: int = 28
    in_channels: int = 128
    out_channels: int = 128
    caption_channels: int = 4096


class AVShape(VideoShape):
    """What decides about the layers of LTX-2, its connectors included.

    Attributes:
        has_gates: attention has a gate for each head (2.3 and later).
        has_prompt_times: the prompt is modulated by the time (2.3; 2.5 dropped it).
        reads_prompt: the transformer projects the prompt itself; else the connectors do.
        connector_width, audio_connector_width: of the connectors' layers.
        connector_layers: 0 for connectors without.
        text_features: what all layers of the text encoder give together for one token.
    """

    attention_head_dim: int = 128
    num_layers: int = 48
    caption_channels: int = 3840
    audio_num_attention_heads: int = 32
    audio_attention_head_dim: int = 64
    audio_in_channels: int = 128
    audio_out_channels: int = 128
    has_gates: bool = False
    has_prompt_times: bool = False
    reads_prompt: bool = True
    connector_heads: int = 30
    connector_width: int = 3840
    audio_connector_heads: int = 30
    audio_connector_width: int = 3840
    connector_layers: int = 2
    text_features: int = 3840 * 49


def video_layers(shape: VideoShape) -> tuple[LoraLayer, ...]:
    """The layers of an LTX-Video transformer."""
    width = shape.num_attention_heads * shape.attention_head_dim
    return (
        _layer("proj_in", shape.in_channels, width, "patchify_proj"),
        *_times("time_embed", "adaln_single", width, 6),
        *_captions("caption_projection", shape.caption_channels, width),
        *_attention("transformer_blocks.*.attn1", shape.num_layers, width, width),
        *_attention("transformer_blocks.*.attn2", shape.num_layers, width, width),
        *_feed_forward("transformer_blocks.*.ff", shape.num_layers, width),
        _layer("proj_out", width, shape.out_channels),
    )


def av_layers(shape: AVShape) -> tuple[LoraLayer, ...]:
    """The layers of an LTX-2 transformer and its connectors."""
    video = shape.num_attention_heads * shape.attention_head_dim
    audio = shape.audio_num_attention_heads * shape.audio_attention_head_dim
    heads, audio_heads = (
        _gates(shape, shape.num_attention_heads),
        _gates(shape, shape.audio_num_attention_heads),
    )
    count, block = shape.num_layers, "transformer_blocks.*"
    layers = [
        _layer("proj_in", shape.in_channels, video, "patchify_proj"),
        _layer("audio_proj_in", shape.audio_in_channels, audio, "audio_patchify_proj"),
        _layer("proj_out", video, shape.out_channels),
        _layer("audio_proj_out", audio, shape.audio_out_channels),
    ]
    if shape.reads_prompt:
        layers += _captions("caption_projection", shape.caption_channels, video)
        layers += _captions("audio_caption_projection", shape.caption_channels, audio)
    usual = 9 if shape.has_gates else 6
    cross = "av_cross_attn"
    for name, other, width, parts in (
        ("time_embed", "adaln_single", video, usual),
        ("audio_time_embed", "audio_adaln_single", audio, usual),
        (f"{cross}_video_scale_shift", "av_ca_video_scale_shift_adaln_single", video, 4),
        (f"{cross}_audio_scale_shift", "av_ca_audio_scale_shift_adaln_single", audio, 4),
        (f"{cross}_video_a2v_gate", "av_ca_a2v_gate_adaln_single", video, 1),
        (f"{cross}_audio_v2a_gate", "av_ca_v2a_gate_adaln_single", audio, 1),
    ):
        layers += _times(name, other, width, parts)
    if shape.has_prompt_times:
        layers += _times("prompt_adaln", "prompt_adaln_single", video, 2)
        layers += _times("audio_prompt_adaln", "audio_prompt_adaln_single", audio, 2)
    for name in ("attn1", "attn2"):
        layers += _attention(f"{block}.{name}", count, video, video, gates=heads)
        layers += _attention(f"{block}.audio_{name}", count, audio, audio, gates=audio_heads)
    # Both of these compute in the audio's width; one reads video and gives it, one audio.
    for name, reads, knows in (
        ("audio_to_video_attn", video, audio),
        ("video_to_audio_attn", audio, video),
    ):
        layers += _attention(f"{block}.{name}", count, reads, audio, knows=knows, gates=audio_heads)
    layers += _feed_forward(f"{block}.ff", count, video)
    layers += _feed_forward(f"{block}.audio_ff", count, audio)
    return (*layers, *_connectors(shape, video, audio))


def _connectors(shape: AVShape, video: int, audio: int) -> tuple[LoraLayer, ...]:
    layers: list[LoraLayer] = []
    projection = "text_embedding_projection"
    if shape.reads_prompt:
        layers.append(
            _connector_layer(
                "text_proj_in",
                shape.text_features,
                shape.caption_channels,
                f"{projection}.aggregate_embed",
            )
        )
    else:
        for kind, width in (("video", video), ("audio", audio)):
            other = f"{projection}.{kind}_aggregate_embed"
            layers.append(
                _connector_layer(f"{kind}_text_proj_in", shape.text_features, width, other)
            )
    if not shape.connector_layers:
        return tuple(layers)
    for kind, heads, width in (
        ("video", shape.connector_heads, shape.connector_width),
        ("audio", shape.audio_connector_heads, shape.audio_connector_width),
    ):
        inner = [
            *_attention("attn1", 1, width, width, gates=_gates(shape, heads)),
            *_feed_forward("ff", 1, width),
        ]
        for layer in inner:
            name = layer.name.removeprefix("transformer.")
            layers.append(
                _connector_layer(
                    f"{kind}_connector.transformer_blocks.*.{name}",
                    layer.in_features,
                    layer.out_features,
                    f"{kind}_embeddings_connector.transformer_1d_blocks.*.{name}",
                    count=shape.connector_layers,
                )
            )
    return tuple(layers)


def _gates(shape: AVShape, heads: int) -> int:
    return heads if shape.has_gates else 0


def _layer(
    name: str, in_features: int, out_features: int, *others: str, count: int = 1
) -> LoraLayer:
    return LoraLayer(
        name=f"transformer.{name}",
        in_features=in_features,
        out_features=out_features,
        count=count,
        others=others,
    )


def _connector_layer(
    name: str, in_features: int, out_features: int, other: str, *, count: int = 1
) -> LoraLayer:
    return LoraLayer(
        name=f"connectors.{name}",
        in_features=in_features,
        out_features=out_features,
        count=count,
        others=(other,),
    )


def _times(name: str, other: str, width: int, parts: int) -> tuple[LoraLayer, ...]:
    """What turns the time of a step into `parts` values for each of `width`."""
    return tuple(
        _layer(f"{name}.{inner}", into, out, f"{other}.{inner}")
        for inner, into, out in (
            ("emb.timestep_embedder.linear_1", _TIMES, width),
            ("emb.timestep_embedder.linear_2", width, width),
            ("linear", width, parts * width),
        )
    )


def _captions(name: str, channels: int, width: int) -> tuple[LoraLayer, ...]:
    return (
        _layer(f"{name}.linear_1", channels, width),
        _layer(f"{name}.linear_2", width, width),
    )


def _attention(
    name: str, count: int, reads: int, width: int, *, knows: int | None = None, gates: int = 0
) -> tuple[LoraLayer, ...]:
    """Attention of `width` that reads values of one width and knows those of another."""
    knows = reads if knows is None else knows
    layers = (
        _layer(f"{name}.to_q", reads, width, count=count),
        _layer(f"{name}.to_k", knows, width, count=count),
        _layer(f"{name}.to_v", knows, width, count=count),
        _layer(f"{name}.to_out.0", width, reads, count=count),
    )
    if not gates:
        return layers
    return (*layers, _layer(f"{name}.to_gate_logits", reads, gates, count=count))


def _feed_forward(name: str, count: int, width: int) -> tuple[LoraLayer, ...]:
    inner = _FEED_FORWARD * width
    return (
        _layer(f"{name}.net.0.proj", width, inner, count=count),
        _layer(f"{name}.net.2", inner, width, count=count),
    )


VIDEO_2B = VideoShape()
VIDEO_13B = VideoShape(attention_head_dim=128, num_layers=48)
AV_19B = AVShape()
AV_23 = AVShape(
    has_gates=True,
    has_prompt_times=True,
    reads_prompt=False,
    connector_heads=32,
    connector_width=4096,
    audio_connector_heads=32,
    audio_connector_width=2048,
    connector_layers=8,
)
AV_25 = AV_23.model_copy(update={"has_prompt_times": False})
MINI = AVShape(
    num_attention_heads=8,
    attention_head_dim=24,
    num_layers=6,
    in_channels=64,
    out_channels=64,
    audio_num_attention_heads=4,
    audio_attention_head_dim=24,
    audio_in_channels=32,
    audio_out_channels=32,
    reads_prompt=False,
    connector_heads=8,
    connector_width=192,
    audio_connector_heads=4,
    audio_connector_width=96,
    connector_layers=1,
    text_features=192,
)

LTX_VIDEO_2B = LoraFamily(
    id="ltx-video-2b",
    label="LTX-Video 2B",
    layers=video_layers(VIDEO_2B),
    marks=("2b",),
)
LTX_VIDEO_13B = LoraFamily(
    id="ltx-video-13b",
    label="LTX-Video 13B",
    layers=video_layers(VIDEO_13B),
    marks=("13b",),
)
LTX_2_19B = LoraFamily(
    id="ltx-2-19b", label="LTX-2 19B", layers=av_layers(AV_19B), marks=("19b", "2.0")
)
LTX_2_3 = LoraFamily(
    id="ltx-2.3",
    label="LTX-2.3",
    layers=av_layers(AV_23),
    marks=("2.3", "2_3", "2-3"),
    sheet_lora=FOR_SHEETS["ltx-2.3"],
)
LTX_2_5 = LoraFamily(
    id="ltx-2.5",
    label="LTX-2.5",
    layers=av_layers(AV_25),
    marks=("2.5", "2_5", "2-5"),
    sheet_lora=FOR_SHEETS["ltx-2.5"],
)
LTX_MINI = LoraFamily(
    id="ltx-mini", label="LTX Mini", layers=av_layers(MINI), marks=("ltx-mini", "ltx mini")
)

LORA_FAMILIES: tuple[LoraFamily, ...] = (
    LTX_2_5,
    LTX_2_3,
    LTX_2_19B,
    LTX_VIDEO_13B,
    LTX_VIDEO_2B,
    LTX_MINI,
)
"""Every family, best first."""
