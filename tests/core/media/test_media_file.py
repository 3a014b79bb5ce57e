"""Files from outside: what is opened, what is refused, and that nothing else is reached for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from core.errors import UnreadableClip, UnreadableMusic, UnreadableText, UnsupportedRequest
from core.film.model.source import opened_music, read_source
from core.jobs.job import CancelToken
from core.media.ffmpeg import probe_clip, run_ffmpeg
from core.media.frames import FrameReader
from core.media.images import read_image
from core.media.media_file import input_words, open_media
from core.platform.text_files import read_text_file

BARS = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4"]
TONE = ["-f", "lavfi", "-i", "sine=d=0.4:r=48000"]
VIDEO = ("mp4", "mov", "mkv", "webm", "avi", "ts", "mpg", "flv", "wmv", "ogv", "mxf", "y4m")
KINDS = (*VIDEO, "gif", "apng", "h264", "wav", "flac", "mp3", "opus", "aiff")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    place = tmp_path / "real.mp4"
    run_ffmpeg([*BARS, *TONE, "-pix_fmt", "yuv420p", str(place)], CancelToken())
    return place


def traps(clip: Path) -> dict[str, str]:
    """Texts that make FFmpeg play another file, or that it takes for media."""
    name = clip.name
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.4,\n{name}\n#EXT-X-ENDLIST\n"
    return {
        "hls.m3u8": hls,
        "hls.mp4": f"\ufeff{hls}",
        "script.ffconcat": f"ffconcat version 1.0\nfile '{name}'\n",
        "script.mov": f"ffconcat version 1.0\nfile '{clip}'\n",
        "words.mp4": ";FFMETADATA1\ntitle=a film\n",
        "drawing.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        "drawing.png": "<?xml version='1.0'?>\n<svg width='9' height='9'/>",
        "dash.mp4": "<?xml version='1.0'?><MPD type='static'><Period/></MPD>",
        "stream.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n",
        "titles.mp4": "1\n00:00:00,000 --> 00:00:01,000\nwords\n",
        "list.mp4": "[playlist]\nFile1=real.mp4\n",
    }


@pytest.mark.parametrize("name", traps(Path("/x/real.mp4")))
def test_what_leads_to_other_files_or_is_no_media_is_refused_by_every_reader(
    clip: Path, name: str
) -> None:
    trap = clip.with_name(name)
    trap.write_text(traps(clip)[name], encoding="utf-8")
    with pytest.raises(OSError, match="it is "):
        open_media(trap)
    with pytest.raises(UnreadableClip, match="it is "):
        read_source(trap)
    with pytest.raises(UnreadableClip, match="it is "):
        probe_clip(trap)
    with pytest.raises(UnreadableClip):
        FrameReader(trap, CancelToken())
    with pytest.raises(UnreadableMusic, match="it is "), opened_music(trap):
        pass


@pytest.mark.parametrize("name", traps(Path("/x/real.mp4")))
def test_the_ffmpeg_of_an_export_does_not_follow_them_either(clip: Path, name: str) -> None:
    trap = clip.with_name(name)
    trap.write_text(traps(clip)[name], encoding="utf-8")
    out = clip.with_name("out.mkv")
    with pytest.raises(Exception, match="FFmpeg ended"):
        run_ffmpeg([*input_words(trap), "-c", "copy", str(out)], CancelToken())
    assert not out.exists() or out.stat().st_size == 0


def test_a_name_like_a_row_of_pictures_opens_that_one_file(tmp_path: Path) -> None:
    for name, colour in (("a%d.jpg", "red"), ("a1.jpg", "blue"), ("b*.png", "red")):
        image = ["-f", "lavfi", "-i", f"color={colour}:s=32x32", "-frames:v", "1"]
        run_ffmpeg([*image, "-f", "image2pipe", str(tmp_path / name)], CancelToken())
    for name in ("a%d.jpg", "b*.png"):
        with open_media(tmp_path / name) as container:
            (frame,) = container.decode(video=0)
            red, _, blue = frame.to_ndarray(format="rgb24")[16, 16]
            assert red > 200, name
            assert blue < 60, name


@pytest.mark.parametrize("kind", KINDS)
def test_media_of_each_kind_opens_whatever_its_name(tmp_path: Path, kind: str) -> None:
    place = tmp_path / f"clip.{kind}"
    run_ffmpeg([*BARS, *TONE, "-shortest", str(place)], CancelToken())
    strange = place.rename(tmp_path / "clip.dat")
    with open_media(strange) as container:
        assert container.streams.video or container.streams.audio


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files in folders")
def test_a_pipe_or_a_device_is_told_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    link = tmp_path / "link.mp4"
    link.symlink_to(pipe)
    for path, what in ((pipe, "a pipe"), (link, "a pipe"), (Path("/dev/zero"), "a device")):
        with pytest.raises(UnreadableClip, match=what):
            read_source(path)
        with pytest.raises(UnreadableMusic, match=what), opened_music(path):
            pass
        with pytest.raises(UnreadableText, match=what):
            read_text_file(path)
        with pytest.raises(UnsupportedRequest, match=what):
            read_image(path, "start image", "inputs.start")
