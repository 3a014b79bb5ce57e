"""What the benchmark and the bare diffusers script say to each other: one line of JSON each."""

from __future__ import annotations

from core.frozen import Frozen
from providers.ltx_video.engine.protocol import RenderOrder


class BareOrder(Frozen):
    """Make a clip with diffusers alone; `compares` asks to hold it against the engine's stages."""

    order: RenderOrder
    compares: bool = False


class BareAnswer(Frozen):
    """What the clip took; how pictures and sound compare, where that was asked for."""

    seconds: float
    clip: str
    num_frames: int
    identical_frames: int | None = None
    is_audio_identical: bool | None = None
