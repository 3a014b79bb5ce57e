"""Writing the finished pictures and sound as one MP4 file."""

# pyright: standard

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# Below this, one pixel of the clip is many on the screen and every artefact shows.
_SMALL_PIXELS = 256 * 256
_CRF_SMALL = "11"
_CRF = "18"
_AUDIO_BIT_RATE = 192_000
_AUDIO_CHUNK = 1024
_SOFT_S = 0.005


@dataclass(frozen=True)
class Audio:
    """Samples as (channels, count) float32, -1 to 1."""

    samples: np.ndarray
    rate_hz: int

    def as_long_as(self, num_frames: int, fps: int) -> Audio:
        """The sound cut, or filled with silence, to the exact length of the picture.

        The audio decoder works in steps of its own, so it misses the length by a little.
        """
        count = round(Fraction(num_frames, fps) * self.rate_hz)
        short = count - self.samples.shape[1]
        samples = self.samples[:, :count]
        if short > 0:
            samples = np.pad(samples, ((0, 0), (0, short)))
        return Audio(np.ascontiguousarray(samples), self.rate_hz)

    def with_soft_ends(self, num_frames: int, fps: int) -> Audio:
        """The sound, no longer than the picture, faded in and out for a moment.

        At both ends of what it makes, the vocoder rings, and a sound that is cut off clicks: both
        are heard where nothing else is.
        """
        count = round(Fraction(num_frames, fps) * self.rate_hz)
        samples = self.samples[:, :count].copy()
        length = min(round(_SOFT_S * self.rate_hz), samples.shape[1] // 2)
        fade = np.linspace(0, 1, length, dtype=np.float32)
        samples[:, :length] *= fade
        samples[:, samples.shape[1] - length :] *= fade[::-1]
        return Audio(samples, self.rate_hz)


def write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    fps: int,
    waveform: Audio | None,
    on_frame: Callable[[int], None],
) -> None:
    """Write H.264 with AAC, each frame once, the sound exactly as long as the picture.

    PyAV and not a child process: when the engine is killed, nothing is left running.

    Args:
        path: the file, which must not exist.
        frames: each (height, width, 3) uint8; at least one.
        fps: frames per second.
        waveform: None for a silent clip without a sound track.
        on_frame: told how many frames are written; may raise to stop.
    """
    coming, num_frames = iter(frames), 0
    first = next(coming)
    height, width, _ = first.shape
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, fps)
        video.options = {
            "crf": _CRF_SMALL if height * width <= _SMALL_PIXELS else _CRF,
            "preset": "medium",
            # Where a row's macroblocks are no multiple of 8, x264's tree of macroblocks reads
            # memory that it never wrote: the same frames become other bytes from run to run. At the
            # same size it costs one to two steps of quality, none of which is seen at these.
            "x264-params": "mbtree=0",
        }
        # Players guess the colours of an untagged clip by its size, and guess differently.
        video.codec_context.color_primaries = ColorPrimaries.BT709
        video.codec_context.color_trc = ColorTrc.BT709
        video.codec_context.colorspace = Colorspace.ITU709
        video.codec_context.color_range = ColorRange.MPEG
        audio = None
        if waveform is not None:
            layout = "stereo" if waveform.samples.shape[0] == 2 else "mono"
            audio = container.add_stream("aac", rate=waveform.rate_hz, layout=layout)
            audio.bit_rate = _AUDIO_BIT_RATE
        for index, image in enumerate(chain((first,), coming)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
                format="yuv420p",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(video.encode(frame))
            num_frames = index + 1
            on_frame(num_frames)
        container.mux(video.encode(None))
        if audio is not None and waveform is not None:
            _write_audio(
                container, audio, waveform.as_long_as(num_frames, fps), on_frame, num_frames
            )


def _write_audio(container, stream, waveform: Audio, on_frame, num_frames: int) -> None:
    count = waveform.samples.shape[1]
    for start in range(0, count, _AUDIO_CHUNK):
        chunk = np.ascontiguousarray(waveform.samples[:, start : start + _AUDIO_CHUNK])
        frame = av.AudioFrame.from_ndarray(chunk, format="fltp", layout=stream.layout.name)
        frame.sample_rate, frame.pts = waveform.rate_hz, start
        frame.time_base = Fraction(1, waveform.rate_hz)
        container.mux(stream.encode(frame))
        on_frame(num_frames)
    container.mux(stream.encode(None))
