"""The arguments with which FFmpeg writes each codec."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from core.film.build.hardware_encoders import encoder_name
from core.film.model.delivery import (
    AUDIO_ENCODERS,
    CODECS,
    USUAL_AUDIO_KBPS,
    AudioCodec,
    Container,
    ExportSettings,
    Hardware,
    ProResProfile,
    Quality,
    VideoCodec,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from core.film.picture.graph import Value

_LEVELS = (Quality.HIGH, Quality.MEDIUM, Quality.LOW)
# FFmpeg counts them from the smallest on.
_PRORES_PROFILES = tuple(ProResProfile)
_MIN_TICKS = 10_000
# x264's tree of macroblocks reads memory that it never wrote, so the same frames become other bytes
# from run to run. It saves a fifth of the bytes, or two steps of quality.
_X264_PARAMS = "stitchable=1:mbtree=0"
_WITHOUT_TREE = 2


def working_settings(settings: ExportSettings) -> ExportSettings:
    """The settings with which the pieces of a film are made.

    Files that hold pictures only are made from lossless pieces, in one run over the whole film.
    """
    if not settings.container.is_images:
        return settings
    lossless = {"video_codec": VideoCodec.H264, "quality": Quality.LOSSLESS, "bit_depth": 8}
    return settings.model_copy(
        update={**lossless, "crf": None, "video_kbps": None, "hardware": Hardware.OFF}
    )


def pixel_format(settings: ExportSettings) -> str:
    """FFmpeg's name of the pixel format that these settings ask for."""
    if settings.video_codec is VideoCodec.PRORES:
        is_full = settings.prores_profile is ProResProfile.P4444
        return "yuv444p10le" if is_full else "yuv422p10le"
    return "yuv420p10le" if settings.bit_depth == 10 else "yuv420p"


def timescale(rate: Fraction) -> int:
    """Ticks a second for a film of that rate: every frame lies exactly on one."""
    factor = 1
    while rate.numerator * factor < _MIN_TICKS:
        factor *= 2
    return rate.numerator * factor


def segment_suffix(settings: ExportSettings) -> str:
    """The kind of file in which a piece of film lies in the store."""
    return ".mov" if settings.video_codec is VideoCodec.PRORES else ".mp4"


def video_arguments(
    settings: ExportSettings, rate: Fraction, hardware: Hardware = Hardware.OFF
) -> Mapping[str, Value | None]:
    """FFmpeg's options for the pictures of one piece; all pieces of a film get the same.

    Every piece begins with a keyframe that nothing before it is needed for, so that pieces are
    joined by copying.
    """
    common: dict[str, Value | None] = {
        "an": None,
        "fps_mode": "passthrough",
        "video_track_timescale": timescale(rate),
        "pix_fmt": pixel_format(settings),
    }
    if hardware is not Hardware.OFF:
        # The pictures come to the chip in its own form: see `hardware_encoders.hardware_filters`.
        del common["pix_fmt"]
        return {**common, **_on_hardware(settings, hardware)}
    codec = settings.video_codec
    traits = CODECS[codec]
    common["c:v"] = traits.encoder
    rated = _rate_control(settings)
    match codec:
        case VideoCodec.H264:
            # B-frames have no place in AVI, which knows no order but that of decoding.
            bare = {"bf": 0} if settings.container is Container.AVI else {}
            return {**common, "preset": "fast", "x264-params": _X264_PARAMS, **bare, **rated}
        case VideoCodec.HEVC:
            lossless = ":lossless=1" if _is_lossless(settings) else ""
            params = f"log-level=error:open-gop=0{lossless}"
            return {**common, "preset": "fast", "tag:v": "hvc1", "x265-params": params, **rated}
        case VideoCodec.VP9:
            speed = {"deadline": "good", "cpu-used": 4, "row-mt": 1, "auto-alt-ref": 1}
            return {**common, **speed, **rated}
        case VideoCodec.AV1:
            params = "irefresh-type=2"
            if settings.video_kbps is not None:
                # Its variable rate misses short pieces by half; the constant one hits them, and
                # only without frames that lean on later ones.
                params += ":rc=2:pred-struct=1"
            return {**common, "preset": 8, "svtav1-params": params, **rated}
        case VideoCodec.PRORES:
            profile = _PRORES_PROFILES.index(settings.prores_profile)
            return {**common, "profile:v": profile, "vendor": "apl0"}
        case _:
            assert_never(codec)


def audio_arguments(settings: ExportSettings) -> list[str]:
    """FFmpeg's options for the sound."""
    codec = settings.audio_codec
    if codec is AudioCodec.NONE:
        return ["-an"]
    chosen = ["-c:a", AUDIO_ENCODERS[codec]]
    kbps = settings.audio_kbps or USUAL_AUDIO_KBPS.get(codec)
    if kbps and codec in USUAL_AUDIO_KBPS:
        chosen += ["-b:a", f"{kbps}k"]
    if codec is AudioCodec.PCM and settings.bit_depth == 10:
        chosen[1] = "pcm_s24le"
    return chosen


def _is_lossless(settings: ExportSettings) -> bool:
    return (
        settings.quality is Quality.LOSSLESS
        and settings.crf is None
        and settings.video_kbps is None
    )


def constant_quality(settings: ExportSettings) -> int:
    """The codec's own number for the asked quality."""
    if settings.crf is not None:
        return settings.crf
    if settings.quality is Quality.LOSSLESS:
        return 0
    return CODECS[settings.video_codec].crf[_LEVELS.index(settings.quality)]


def _software_quality(settings: ExportSettings) -> int:
    """The same for encoders in software: an H.264 level takes as many bytes as with the tree."""
    is_level = settings.crf is None and settings.quality is not Quality.LOSSLESS
    is_x264 = settings.video_codec is VideoCodec.H264
    return constant_quality(settings) + (_WITHOUT_TREE if is_level and is_x264 else 0)


def _rate_control(settings: ExportSettings) -> Mapping[str, Value | None]:
    kbps = settings.video_kbps
    if kbps is not None:
        return {"b:v": f"{kbps}k", **_rate_limits(settings.video_codec, kbps)}
    if _is_lossless(settings):
        if settings.video_codec is VideoCodec.H264:
            return {"qp": 0}
        if settings.video_codec is VideoCodec.VP9:
            return {"lossless": 1}
        return {}
    quality = _software_quality(settings)
    if settings.video_codec is VideoCodec.VP9:
        return {"b:v": 0, "crf": quality}
    return {"crf": quality}


def _rate_limits(codec: VideoCodec, kbps: int) -> Mapping[str, Value | None]:
    """How far from the asked rate an encoder may stray; a piece is short, so not far."""
    rate = f"{kbps}k"
    match codec:
        case VideoCodec.HEVC:
            return {"maxrate": rate, "bufsize": rate}
        case VideoCodec.VP9:
            # Left to itself it stays a quarter below, which a floor alone cures.
            return {"minrate": rate, "maxrate": rate, "bufsize": rate}
        case VideoCodec.AV1:
            # SVT-AV1 takes a ceiling only together with a constant quality.
            return {}
        case _:
            return {"maxrate": f"{kbps * 3 // 2}k", "bufsize": f"{kbps * 2}k"}


def _on_hardware(settings: ExportSettings, hardware: Hardware) -> Mapping[str, Value | None]:
    name: dict[str, Value | None] = {"c:v": encoder_name(hardware, settings.video_codec)}
    if settings.video_codec is VideoCodec.HEVC:
        name["tag:v"] = "hvc1"
    if settings.video_kbps is not None:
        return {**name, "b:v": f"{settings.video_kbps}k"}
    quality = constant_quality(settings)
    by_quality: dict[Hardware, dict[str, Value | None]] = {
        Hardware.NVENC: {"rc": "vbr", "cq": quality, "b:v": 0},
        Hardware.QSV: {"global_quality": quality},
        # Its scale goes the other way, from 1 to 100.
        Hardware.VIDEOTOOLBOX: {"q:v": max(1, 100 - 2 * quality)},
        Hardware.VAAPI: {"qp": quality},
    }
    return {**name, **by_quality[hardware]}
