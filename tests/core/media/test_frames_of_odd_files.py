"""Single frames of files whose streams or times are not as simple as one would like."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.jobs.job import CancelToken
from core.media.ffmpeg import probe_clip
from core.media.frames import FrameReader, write_last_frame
from tests.film.counted_clips import mark_of
from tests.film.real_files import H264, counted, glued, made, tones

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = CancelToken()


def number(image: Image.Image) -> int | None:
    # From full range back to that of video, in which the marks are told apart.
    light = np.asarray(image.convert("L")).astype(float) * 219 / 255 + 16
    mark = mark_of(light)
    return mark.frame if mark else None


def numbers(path: Path) -> list[int | None]:
    """Every frame, and then some of them in any order."""
    with closing(FrameReader(path, TOKEN)) as reader:
        count = reader.frames.count
        found = [number(reader.read(at, TOKEN)) for at in range(count)]
        for at in (count - 1, 0, count // 2, count // 2, count // 2 - 1):
            assert number(reader.read(at, TOKEN)) == found[at]
    return found


def test_joined_transport_streams_show_each_frame(tmp_path: Path) -> None:
    parts = [
        made(tmp_path / f"{n}.ts", *counted(tmp_path, 20, first=20 * n), *H264) for n in range(2)
    ]
    path = glued(tmp_path / "both.ts", *parts)
    assert numbers(path) == list(range(40))
    write_last_frame(path, tmp_path / "last.png", TOKEN)
    with Image.open(tmp_path / "last.png") as image:
        assert number(image) == 39
    with closing(FrameReader(path, TOKEN)) as reader:
        assert reader.frames.duration_s == pytest.approx(1.6)


@pytest.mark.parametrize("name", ["b.avi", "b.ts", "b.h264", "b.mpg", "b.mkv"])
def test_frames_come_in_the_order_in_which_they_are_seen(tmp_path: Path, name: str) -> None:
    codec = ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "2") if name == "b.mpg" else H264
    assert numbers(made(tmp_path / name, *counted(tmp_path, 20), *codec)) == list(range(20))


def test_lead_in_and_what_does_not_decode_are_no_frames(tmp_path: Path) -> None:
    words = ("-c:v", "libx264", "-x264-params", "open-gop=1:keyint=12:bframes=2")
    whole = made(tmp_path / "whole.ts", *counted(tmp_path), *words)
    path = tmp_path / "mid.ts"
    path.write_bytes(whole.read_bytes()[188 * 20 :])
    assert numbers(path) == list(range(12, 40))
    clip = made(tmp_path / "whole.mp4", *counted(tmp_path), *H264)
    cut = made(tmp_path / "cut.mp4", "-ss", "0.6", "-i", str(clip), "-c", "copy")
    assert numbers(cut) == list(range(15, 40))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_cover_before_the_video_is_not_the_clip(tmp_path: Path, suffix: str) -> None:
    Image.new("RGB", (320, 320), (255, 0, 0)).save(tmp_path / "cover.jpg")
    clip = made(tmp_path / "v.mp4", *counted(tmp_path, 20), *tones(tmp_path, 0.8), *H264)
    both = ("-i", str(tmp_path / "cover.jpg"), "-i", str(clip), "-map", "0", "-map", "1")
    path = made(tmp_path / f"cover.{suffix}", *both, "-c", "copy")
    assert numbers(path) == list(range(20))
    facts = probe_clip(path)
    assert (facts.num_frames, facts.width, facts.height) == (20, 144, 96)
    assert facts.has_audio
