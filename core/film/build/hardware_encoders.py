"""Encoders in chips: which of them work here is found out by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import FFmpegFailed
from core.film.model.delivery import Hardware, VideoCodec
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.job import CancelToken

HARDWARE = (Hardware.NVENC, Hardware.VIDEOTOOLBOX, Hardware.QSV, Hardware.VAAPI)
_NAMES = {VideoCodec.H264: "h264", VideoCodec.HEVC: "hevc", VideoCodec.AV1: "av1"}
_TRIAL = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=0.2"]
VAAPI_DEVICE = "/dev/dri/renderD128"


def encoder_name(hardware: Hardware, codec: VideoCodec) -> str | None:
    """FFmpeg's name of a chip's encoder; None where chips do not know the codec."""
    name = _NAMES.get(codec)
    return None if name is None else f"{name}_{hardware.value}"


def device_arguments(hardware: Hardware) -> list[str]:
    """What FFmpeg must be told before its inputs."""
    return ["-vaapi_device", VAAPI_DEVICE] if hardware is Hardware.VAAPI else []


def hardware_filters(hardware: Hardware, bit_depth: int) -> tuple[tuple[str, ...], ...]:
    """The filters that bring pictures into the form that a chip takes: their names and values."""
    if hardware is Hardware.OFF:
        return ()
    planes = ("format", "p010le" if bit_depth == 10 else "nv12")
    return (planes, ("hwupload",)) if hardware is Hardware.VAAPI else (planes,)


def works(hardware: Hardware, codec: VideoCodec, bit_depth: int, cancel: CancelToken) -> bool:
    """Whether the chip encodes a fifth of a second."""
    name = encoder_name(hardware, codec)
    if name is None:
        return False
    filters = ",".join(map("=".join, hardware_filters(hardware, bit_depth)))
    words = [*device_arguments(hardware), *_TRIAL, "-vf", filters, "-c:v", name]
    try:
        run_ffmpeg([*words, "-f", "null", "-"], cancel)
    except FFmpegFailed:
        return False
    return True


def choose(
    asked: Hardware, codec: VideoCodec, is_working: Callable[[Hardware], bool]
) -> tuple[Hardware, str]:
    """The chip to use, or OFF, and a sentence for the user where it is not what was asked for."""
    if asked is Hardware.OFF:
        return Hardware.OFF, ""
    candidates = HARDWARE if asked is Hardware.AUTO else (asked,)
    for hardware_encoder in candidates:
        if is_working(hardware_encoder):
            return hardware_encoder, ""
    if asked is Hardware.AUTO:
        return Hardware.OFF, f"No chip here encodes {codec.value}, so the processor does it."
    return (
        Hardware.OFF,
        f"{asked.value} does not encode {codec.value} on this machine, so the processor does it.",
    )
