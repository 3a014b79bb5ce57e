"""Kinds of video files that are known to become films: each is made and measured by a test."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.markdown import markdown_table

_H264 = ("-c:v", "libx264", "-bf", "2", "-g", "20")
_MPEG2 = ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "3")
_MPEG4 = ("-c:v", "mpeg4", "-bf", "2", "-q:v", "3")


@dataclass(frozen=True)
class ClipKind:
    """A kind of file, and FFmpeg's words for its codecs.

    Attributes:
        suffix: of the file, with its dot.
        name: as people know it.
        image: the codec of its pictures.
        audio: the codec of its sound; empty for none.
        coding: what FFmpeg is told before the file's name.
    """

    suffix: str
    name: str
    image: str
    audio: str
    coding: tuple[str, ...]


CLIP_KINDS = (
    ClipKind(".mp4", "MP4", "H.264 with B-frames", "AAC", (*_H264, "-c:a", "aac")),
    ClipKind(
        ".mp4", "MP4, fragmented", "H.264", "AAC",
        ("-c:v", "libx264", "-bf", "0", "-c:a", "aac", "-movflags", "frag_keyframe+delay_moov"),
    ),
    ClipKind(
        ".mp4", "MP4", "HEVC", "AAC",
        ("-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "aac"),
    ),
    ClipKind(".mov", "QuickTime", "ProRes", "PCM", ("-c:v", "prores", "-c:a", "pcm_s16le")),
    ClipKind(".mov", "QuickTime", "Motion JPEG", "PCM", ("-c:v", "mjpeg", "-c:a", "pcm_s16le")),
    ClipKind(".mkv", "Matroska", "H.264 with B-frames", "AAC", (*_H264, "-c:a", "aac")),
    ClipKind(".mkv", "Matroska", "FFV1", "FLAC", ("-c:v", "ffv1", "-c:a", "flac")),
    ClipKind(".webm", "WebM", "VP8", "Vorbis", ("-c:v", "libvpx", "-c:a", "libvorbis")),
    ClipKind(".webm", "WebM", "VP9", "Opus", ("-c:v", "libvpx-vp9", "-c:a", "libopus")),
    ClipKind(".webm", "WebM", "AV1", "Opus", ("-c:v", "libsvtav1", "-c:a", "libopus")),
    ClipKind(".ts", "MPEG transport stream", "H.264 with B-frames", "AAC", (*_H264, "-c:a", "aac")),
    ClipKind(".mts", "AVCHD", "H.264 with B-frames", "AC-3", (*_H264, "-c:a", "ac3")),
    ClipKind(".m2ts", "Blu-ray", "MPEG-2", "AC-3", (*_MPEG2, "-c:a", "ac3")),
    ClipKind(".mpg", "MPEG programme stream", "MPEG-2 with B-frames", "MP2",
             (*_MPEG2, "-c:a", "mp2")),
    ClipKind(".mxf", "MXF", "MPEG-2 with B-frames", "PCM", (*_MPEG2, "-c:a", "pcm_s16le")),
    ClipKind(".avi", "AVI", "MPEG-4 with B-frames", "MP3", (*_MPEG4, "-c:a", "libmp3lame")),
    ClipKind(".avi", "AVI", "H.264 with B-frames", "MP3", (*_H264, "-c:a", "libmp3lame")),
    ClipKind(".flv", "Flash video", "H.264 with B-frames", "AAC", (*_H264, "-c:a", "aac")),
    ClipKind(".wmv", "Windows Media", "WMV 8", "WMA",
             ("-c:v", "wmv2", "-q:v", "3", "-c:a", "wmav2")),
    ClipKind(".ogv", "Ogg", "Theora", "Vorbis",
             ("-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis")),
    ClipKind(".h264", "raw H.264, which has no times", "H.264 with B-frames", "", (*_H264, "-an")),
)  # fmt: skip
"""Every frame of each is in the film, in order, with its sound."""


def clip_kinds() -> str:
    """The kinds of clips that are measured at every test."""
    rows = [(f"`{kind.suffix}`", kind.name, kind.image, kind.audio or "-") for kind in CLIP_KINDS]
    return markdown_table(("file", "what it is", "picture", "sound"), rows)
