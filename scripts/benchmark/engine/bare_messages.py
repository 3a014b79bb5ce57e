"""What the benchmark and the bare script say to each other: one line of JSON each."""

from __future__ import annotations

from enum import StrEnum

from core.frozen import Frozen
from providers.ltx_video.engine.protocol import RenderOrder


class BareCall(StrEnum):
    """What a script calls to make a clip without the engine."""

    DIFFUSERS = "diffusers"
    OUR_PIPELINE = "our pipeline"
    OUR_STAGES = "our stages"


class BareOrder(Frozen):
    """Make a clip without the engine; `compares` asks to hold it against the engine's stages."""

    order: RenderOrder
    compares: bool = False


class BareAnswer(Frozen):
    """What the clip took; how frames and audio compare, where that was asked for."""

    call: BareCall
    seconds: float
    clip: str
    num_frames: int
    identical_frames: int | None = None
    is_audio_identical: bool | None = None
