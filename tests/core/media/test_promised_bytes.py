"""How long a WAV or an MP3 is by its own head, of real files of FFmpeg and of cut ones."""

from __future__ import annotations

import math
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from core.errors import UnreadableClip
from core.media.ffmpeg_program import find_ffmpeg
from core.media.promised_bytes import promised_bytes
from core.media.source_clip import read_audio_facts

if TYPE_CHECKING:
    from pathlib import Path

# By name: the words for FFmpeg behind its input.
KINDS = {
    "plain.wav": (),
    "stereo.wav": ("-ac", "2", "-c:a", "pcm_s24le", "-metadata", "title=A tone"),
    "fixed.mp3": ("-b:a", "128k"),
    "varying.mp3": ("-q:a", "2", "-ac", "2", "-metadata", "title=A tone"),
}


def tone(path: Path, *words: str) -> Path:
    made = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=4")
    command = [str(find_ffmpeg()), "-y", "-v", "error", *made, *words, str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_file_is_as_long_as_its_head_says(tmp_path: Path, name: str) -> None:
    path = tone(tmp_path / name, *KINDS[name])
    assert promised_bytes(path) == path.stat().st_size
    assert read_audio_facts(path).duration_s == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("name", KINDS)
def test_a_cut_off_one_is_refused_with_how_much_of_it_is_there(tmp_path: Path, name: str) -> None:
    path = tone(tmp_path / name, *KINDS[name])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 4])
    with pytest.raises(UnreadableClip, match=r"is cut off: 25% of it are there\."):
        read_audio_facts(path)


def test_what_no_head_promises_is_taken_as_it_is(tmp_path: Path) -> None:
    plain = tone(tmp_path / "plain.wav").read_bytes()
    # As a program leaves it that writes into a pipe, and as one that was ended.
    place = plain.index(b"data") + 4
    for size in (0, 0xFFFF_FFFF):
        path = tmp_path / f"{size}.wav"
        path.write_bytes(plain[:place] + struct.pack("<I", size) + plain[place + 4 :])
        assert promised_bytes(path) is None
    bare = tone(tmp_path / "bare.mp3", "-write_xing", "0", "-id3v2_version", "0")
    bare.write_bytes(bare.read_bytes()[:20_000])
    assert promised_bytes(bare) is None
    assert read_audio_facts(bare).silent_s < math.inf


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"ID3\x04\0\0\xff\xff\xff\xff"]
)
def test_a_head_that_ends_early_promises_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert promised_bytes(path) is None
