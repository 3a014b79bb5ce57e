from __future__ import annotations

import errno
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.errors import FFmpegCrashed, FFmpegFailed, UnreadableClip
from core.jobs.job import CancelToken, JobCancelled
from core.media.ffmpeg import probe_clip, run_ffmpeg
from core.media.ffmpeg_check import version_of
from core.media.ffmpeg_choice import FFMPEG_VARIABLE
from core.media.ffmpeg_program import find_ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=12"]
AUDIO = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=24000"]
CODECS = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast"]


def make(path: Path, *, num_frames: int = 24, with_audio: bool = True) -> Path:
    arguments = [*IMAGE, *(AUDIO if with_audio else []), *CODECS]
    arguments += ["-t", f"{num_frames / 12}", "-frames:v", str(num_frames), str(path)]
    run_ffmpeg(arguments, CancelToken())
    return path


def test_clip_is_counted_to_the_frame(tmp_path: Path) -> None:
    facts = probe_clip(make(tmp_path / "a.mp4"))
    assert (facts.width, facts.height, facts.num_frames, facts.fps) == (64, 48, 24, 12)
    assert facts.has_audio
    assert facts.audio_duration_s == pytest.approx(2.0, abs=0.1)


def test_silent_clip_has_no_audio(tmp_path: Path) -> None:
    facts = probe_clip(make(tmp_path / "a.mp4", with_audio=False))
    assert not facts.has_audio
    assert facts.audio_duration_s is None


def test_cut_off_clip_is_unreadable(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableClip, match="does not decode"):
        probe_clip(path)


def test_missing_clip_and_text_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableClip, match="no clip at"):
        probe_clip(tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("not a clip", encoding="utf-8")
    with pytest.raises(UnreadableClip):
        probe_clip(tmp_path / "text.mp4")


def test_audio_alone_is_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    run_ffmpeg([*AUDIO, "-t", "0.5", str(path)], CancelToken())
    with pytest.raises(UnreadableClip, match="no picture"):
        probe_clip(path)


def test_progress_rises_to_the_frames_of_the_output(tmp_path: Path) -> None:
    seen: list[int] = []
    run_ffmpeg([*IMAGE, *CODECS, "-t", "3", str(tmp_path / "a.mp4")], CancelToken(), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 36


def test_failure_carries_command_code_and_words(tmp_path: Path) -> None:
    with pytest.raises(FFmpegFailed) as caught:
        run_ffmpeg(["-i", str(tmp_path / "none.mp4"), str(tmp_path / "b.mp4")], CancelToken())
    assert caught.value.exit_code != 0
    assert str(tmp_path / "none.mp4") in caught.value.command
    assert any("No such file" in line for line in caught.value.last_lines)


def test_cancel_ends_a_running_ffmpeg_at_once(tmp_path: Path) -> None:
    token = CancelToken()
    timer = threading.Timer(0.5, token.cancel)
    timer.start()
    endless = ["-re", *IMAGE, *CODECS, str(tmp_path / "a.mp4")]
    began = time.monotonic()
    with pytest.raises(JobCancelled):
        run_ffmpeg(endless, token)
    assert time.monotonic() - began < 3
    timer.join()


def test_cancelled_before_start_starts_nothing(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        run_ffmpeg([*IMAGE, "-t", "1", str(tmp_path / "a.mp4")], token)
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a script with signals is one of Unix")
@pytest.mark.parametrize("name", ["SEGV", "ABRT", "ILL"])
def test_crash_is_told_as_one_of_that_ffmpeg(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *crash*) kill -{name} $$;; esac\nexec "{find_ffmpeg()}" "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv(FFMPEG_VARIABLE, str(program))
    with pytest.raises(FFmpegCrashed) as caught:
        run_ffmpeg(["-i", "crash.mp4", str(tmp_path / "b.mp4")], CancelToken())
    assert str(program) in caught.value.message
    assert f"version {version_of(program)}" in caught.value.message
    assert f"crashed (SIG{name})" in caught.value.message
    assert caught.value.hint == "Unset IMAGEAI_FFMPEG to use the FFmpeg that comes with ImageAI."


@pytest.mark.skipif(sys.platform == "win32", reason="a script is one of Unix")
def test_end_of_a_file_that_could_not_be_written_is_a_failure(tmp_path: Path) -> None:
    """FFmpeg 5 tells it and ends with 0."""
    program = tmp_path / "ffmpeg"
    said = f"Error closing file a.mkv: {os.strerror(errno.ENOSPC)}"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(FFmpegFailed) as caught:
        run_ffmpeg(["-i", "a.mp4", "a.mkv"], CancelToken(), program=program)
    assert caught.value.is_disk_full


def test_what_was_killed_from_outside_is_no_crash(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nkill -KILL $$\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(FFmpegFailed) as caught:
        run_ffmpeg(["-i", "a.mp4"], CancelToken(), program=program)
    assert not isinstance(caught.value, FFmpegCrashed)
