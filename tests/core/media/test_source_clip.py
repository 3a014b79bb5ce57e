"""Frames of a clip at any rate, and its sound from the first frame on."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.jobs.job import CancelToken
from core.media.source_clip import (
    VideoFacts,
    read_video_facts,
    sample_frames,
    write_clip_audio,
)
from tests.fakes.clips import RATE_HZ, moving_clip

if TYPE_CHECKING:
    from pathlib import Path


def brightness(path: Path, num_frames: int, fps: int) -> list[int]:
    frames = sample_frames(path, num_frames, fps, CancelToken())
    return [round(np.asarray(frame)[..., 0].mean() / 8) for frame in frames]


def grey_clip(path: Path, ticks: list[int]) -> Path:
    """A clip whose frame n has a grey of 8n and is shown at so many hundredths of a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "0", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 100)
        for number, tick in enumerate(ticks):
            image = np.full((64, 64, 3), number * 8, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_at_its_own_rate_each_frame_comes_once(tmp_path: Path) -> None:
    clip = grey_clip(tmp_path / "a.mkv", [0, 4, 8, 12, 16, 20])
    assert brightness(clip, 6, 25) == [0, 1, 2, 3, 4, 5]


def test_at_other_rates_frames_come_again_or_are_left_out(tmp_path: Path) -> None:
    clip = grey_clip(tmp_path / "a.mkv", [0, 4, 8, 12, 16, 20])
    assert brightness(clip, 12, 50) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert brightness(clip, 3, 12) == [1, 3, 5]


def test_frames_that_come_unevenly_are_taken_when_they_are_seen(tmp_path: Path) -> None:
    clip = grey_clip(tmp_path / "a.mkv", [0, 4, 20, 24])
    assert read_video_facts(clip).fps is None
    assert brightness(clip, 6, 25) == [0, 1, 1, 1, 1, 2]


def test_a_changed_file_is_looked_at_again(tmp_path: Path) -> None:
    path = grey_clip(tmp_path / "a.mkv", [0, 4, 8, 12])
    assert read_video_facts(path).num_frames == 4
    grey_clip(path, [0, 4, 8, 12, 16, 20, 24, 28])
    assert read_video_facts(path).num_frames == 8


@pytest.mark.parametrize(
    ("fps", "at", "count"), [(24.0, 24, 49), (24.0, 48, 98), (23.976, 24, 49), (None, 24, 49)]
)
def test_how_many_frames_there_are_at_a_rate(fps: float | None, at: int, count: int) -> None:
    facts = VideoFacts(96, 64, 49, fps, 49 / (fps or 24.0), has_audio=False)
    assert facts.frames_at(at) == count


def test_the_sound_is_as_long_as_asked_and_silent_behind_its_end(tmp_path: Path) -> None:
    clip = moving_clip(tmp_path / "a.mp4", 24, 24, has_audio=True)
    out = tmp_path / "a.f32"
    write_clip_audio(clip, out, 1.5, RATE_HZ, CancelToken())
    samples = np.fromfile(out, "<f4").reshape(-1, 2)
    assert len(samples) == 1.5 * RATE_HZ
    assert np.abs(samples[4800:43_000]).max() == pytest.approx(0.3, abs=0.03)
    assert np.abs(samples[50_000:]).max() < 0.001
