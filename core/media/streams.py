"""Which of a file's streams is the picture and which the sound, as a person would choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

# FFmpeg's bits of a stream's disposition.
_DEFAULT, _COVER, _THUMBNAILS, _STILL = 0x1, 0x400, 0x800, 0x100000
_IMAGE_CODECS = {"bmp", "gif", "jpeg2000", "jpegxl", "mjpeg", "png", "tiff", "webp"}


def moving_streams(container: InputContainer) -> Sequence[VideoStream]:
    """The streams that move, in the file's order; covers and thumbnails where nothing else is."""
    every = container.streams.video
    return [video for video in every if not _is_cover(video)] or every


def choose_video(container: InputContainer) -> VideoStream | None:
    """The picture that people mean: the default one, else the largest; None where there is none."""
    return max(moving_streams(container), key=_importance, default=None)


def audio_streams(container: InputContainer) -> Sequence[AudioStream]:
    """The streams of sound, the likeliest first: the default one, else that of most channels."""
    # PyAV gives a stream whose codec it does not know no number of channels.
    return sorted(
        container.streams.audio,
        key=lambda audio: (not _is(audio, _DEFAULT), -getattr(audio, "channels", 0)),
    )


def choose_audio(container: InputContainer) -> AudioStream | None:
    """The likeliest sound; None where there is none."""
    return next(iter(audio_streams(container)), None)


def _is_cover(video: VideoStream) -> bool:
    if _is(video, _COVER | _THUMBNAILS | _STILL):
        return True
    # Some programs put a picture among the streams without saying what it is.
    name = getattr(video.codec_context, "name", "")
    return name in _IMAGE_CODECS and video.frames <= 1


def _importance(video: VideoStream) -> tuple[bool, int]:
    return _is(video, _DEFAULT), (video.width or 0) * (video.height or 0)


def _is(stream: Any, flags: int) -> bool:
    return bool(int(stream.disposition) & flags)
