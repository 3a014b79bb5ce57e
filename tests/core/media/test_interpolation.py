"""Clips with frames made between their own, by a real FFmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.errors import FFmpegFailed, JobCancelled
from core.jobs.job import CancelToken
from core.media.ffmpeg import probe_clip
from core.media.interpolation import interpolate_clip
from providers.ltx_video.engine.clip import write_clip
from tests.fakes.clips import moving_clip
from tests.film.bundled import run_bundled

if TYPE_CHECKING:
    from pathlib import Path

FRAMES, FPS, STEP = 12, 16, 6


def square_that_moves(path: Path) -> Path:
    """A white square that goes six pixels to the right with each frame."""
    frames = np.full((FRAMES, 128, 192, 3), 40, np.uint8)
    for number, frame in enumerate(frames):
        frame[48:80, 20 + STEP * number : 52 + STEP * number] = 230
    write_clip(path, frames, FPS, None, lambda _: None)
    return path


def centres(path: Path) -> list[float]:
    """Where the square is in each frame, across."""
    with av.open(str(path)) as container:
        found = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return [float(np.argwhere(frame > 135)[:, 1].mean()) for frame in found]


def between(clip: Path, wanted_fps: int, num_frames: int) -> Path:
    told: list[float] = []
    made = clip.with_name("made.mp4")
    interpolate_clip(
        clip,
        made,
        fps=FPS,
        wanted_fps=wanted_fps,
        num_frames=num_frames,
        cancel=CancelToken(),
        on_progress=told.append,
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
    return made


@pytest.mark.parametrize("wanted_fps", [24, 48, 60])
def test_the_frames_between_follow_what_moves(tmp_path: Path, wanted_fps: int) -> None:
    num_frames = round(FRAMES * wanted_fps / FPS)
    made = between(square_that_moves(tmp_path / "clip.mp4"), wanted_fps, num_frames)
    facts = probe_clip(made)
    assert (facts.num_frames, facts.fps) == (num_frames, wanted_fps)
    # Behind the last frame nothing moves any more.
    moving = [number for number in range(num_frames) if number * FPS / wanted_fps <= FRAMES - 1]
    first = 20 + 15.5
    for number in moving:
        where = first + STEP * number * FPS / wanted_fps
        assert centres(made)[number] == pytest.approx(where, abs=1.5), number


def test_the_sound_is_copied(tmp_path: Path) -> None:
    clip = moving_clip(tmp_path / "clip.mp4", FRAMES, FPS, has_audio=True)

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(audio=0)]

    assert packets(between(clip, 48, 3 * FRAMES)) == packets(clip)


RAMP_WIDTH, RAMP_HEIGHT, RAMP_STEP = 512, 64, 4


def ramp_of_ten_bits(path: Path) -> Path:
    """Light that rises by one step of 10 bits a pixel and goes to the right; HDR, without loss."""
    rise = np.broadcast_to(np.arange(RAMP_WIDTH), (RAMP_HEIGHT, RAMP_WIDTH))
    colour = 300 + rise[: RAMP_HEIGHT // 2, : RAMP_WIDTH // 2]
    raw = path.with_suffix(".yuv")
    with raw.open("wb") as file:
        for number in range(FRAMES):
            for plane in (200 + rise - RAMP_STEP * number, colour, colour[::-1]):
                file.write(plane.astype("<u2").tobytes())
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=limited"
    form = ["-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-s", f"{RAMP_WIDTH}x{RAMP_HEIGHT}"]
    words = [*form, "-framerate", str(FPS), "-i", str(raw), "-vf", tags, "-c:v", "libx265"]
    run_bundled([*words, "-x265-params", "log-level=error:lossless=1", str(path)])
    return path


def test_a_clip_of_ten_bits_keeps_them_and_its_hdr(tmp_path: Path) -> None:
    clip = ramp_of_ten_bits(tmp_path / "clip.mp4")
    made = between(clip, 3 * FPS, 3 * FRAMES)
    with av.open(str(made)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        assert (stream.format.name, stream.codec_tag) == ("yuv420p10le", "hvc1")
        # BT.2020 with the light of PQ, in video's range.
        numbers = (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range)
        assert numbers == (9, 16, 9, 1)
        frames = [frame.to_ndarray().astype(int) for frame in container.decode(stream)]
    assert len(frames) == 3 * FRAMES
    inner = slice(32, RAMP_WIDTH - 32)
    for number, frame in enumerate(frames[: 3 * (FRAMES - 1) + 1]):
        light = frame[:RAMP_HEIGHT, inner]
        wanted = 200 + np.arange(RAMP_WIDTH)[inner] - RAMP_STEP * number / 3
        # In 8 bits nothing is nearer than 1 on average, nor are there more than 113 values.
        assert np.abs(light - wanted).mean() < 0.6, number
        assert len(np.unique(light)) > 400, number


def test_what_is_no_clip_fails_and_a_wish_to_stop_is_heard(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"no clip")
    with pytest.raises(FFmpegFailed):
        between(clip, 48, 36)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        interpolate_clip(
            square_that_moves(clip),
            tmp_path / "made.mp4",
            fps=FPS,
            wanted_fps=48,
            num_frames=36,
            cancel=cancel,
            on_progress=lambda _: None,
        )
