"""Encoders in chips: which of them work here is found out by trying."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import FFmpegFailed
from core.film.model.delivery import Hardware, VideoCodec
from core.media.ffmpeg import run_ffmpeg
from core.media.ffmpeg_program import fault_of, ffmpeg_with_encoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.model.delivery import ExportSettings
    from core.jobs.job import CancelToken

HARDWARE = (Hardware.NVENC, Hardware.VIDEOTOOLBOX, Hardware.QSV, Hardware.VAAPI)
_NAMES = {VideoCodec.H264: "h264", VideoCodec.HEVC: "hevc", VideoCodec.AV1: "av1"}
_TRIAL = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=0.2"]
VAAPI_DEVICE = "/dev/dri/renderD128"


@dataclass(frozen=True)
class HardwareChoice:
    """Who encodes the pictures of an export.

    Attributes:
        hardware: the chip, or OFF for the processor.
        program: the FFmpeg that knows the chip; None for the one in use.
        notes: what the user should know about it.
    """

    hardware: Hardware = Hardware.OFF
    program: Path | None = None
    notes: tuple[str, ...] = ()


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


def works(
    hardware: Hardware,
    codec: VideoCodec,
    bit_depth: int,
    cancel: CancelToken,
    program: Path | None = None,
) -> bool:
    """Whether the chip encodes a fifth of a second, with this FFmpeg or the one in use."""
    name = encoder_name(hardware, codec)
    if name is None:
        return False
    filters = ",".join(map("=".join, hardware_filters(hardware, bit_depth)))
    words = [*device_arguments(hardware), *_TRIAL, "-vf", filters, "-c:v", name]
    try:
        run_ffmpeg([*words, "-f", "null", "-"], cancel, program=program)
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


def choose_for(settings: ExportSettings, cancel: CancelToken) -> HardwareChoice:
    """Who encodes an export's pictures: the chip that is asked for, wherever an FFmpeg knows it.

    The bundled FFmpeg may have been built without a chip's encoder that the machine's own has: then
    that one encodes the pictures of this export, and nothing else.

    Raises:
        JobCancelled: asked to stop.
    """
    asked, codec, depth = settings.hardware, settings.video_codec, settings.bit_depth
    chip, sentence = choose(asked, codec, lambda chip: works(chip, codec, depth, cancel))
    choice = HardwareChoice(chip, notes=(sentence,) if sentence else ())
    if asked is Hardware.OFF or chip is not Hardware.OFF:
        return choice
    for candidate in HARDWARE if asked is Hardware.AUTO else (asked,):
        name = encoder_name(candidate, codec)
        other = ffmpeg_with_encoder(name) if name else None
        if other is None:
            continue
        if fault := fault_of(other):
            note = f"The FFmpeg at {str(other.path)!r} has {name}, but cannot be used: {fault}"
            choice = replace(choice, notes=(*choice.notes, note))
        elif works(candidate, codec, depth, cancel, other.path):
            note = (
                f"The FFmpeg that comes with ImageAI has no {name}, so the one at "
                f"{str(other.path)!r} encodes the pictures of this film."
            )
            return HardwareChoice(candidate, other.path, (note,))
    return choice
